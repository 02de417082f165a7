// SPDX-License-Identifier: MIT
#include <castore/http/explorer.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include <castore/observers.hpp>
#include "observers/recorder.hpp"
#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <tuple>
#include <utility>

using castore::ObservedCommand;
using castore::ObservedEventStore;
using castore_tests::Recorder;
using castore_tests::Told;
using nlohmann::json;

TEST_CASE("an explorer shows observed stores and runs observed commands; what it simulates is not told", "[http]") {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  TrainerStore trainers{"TRAINERS", storage};
  const Recorder recorder;
  ObservedEventStore observed{pokemons, recorder};
  const ObservedCommand level_up_pokemon{castore::Command{"LEVEL_UP", observed, level_up}, recorder};
  const ObservedCommand catch_pokemon{castore::Command{"CATCH", std::tie(observed, trainers), handle_catch}, recorder};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  trainers.push_event("ash", 1, GameStarted{"Ash"});

  castore::Explorer explorer{storage, {.token = "a token of sixteen and more"}};
  explorer.add(observed).add(trainers).add(level_up_pokemon).add(catch_pokemon);
  const auto ask = [&](std::string method, std::string target, std::string body) {
    const auto answer = explorer.api().handle({.method = std::move(method),
                                               .target = std::move(target),
                                               .headers = {{"Host", "localhost"},
                                                           {"Content-Type", "application/json"},
                                                           {"Authorization", "Bearer a token of sixteen and more"}},
                                               .body = std::move(body)});
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
  };

  CHECK(ask("GET", "/v1/commands", "")["commands"].size() == 2);
  recorder.told();
  ask("POST", "/v1/commands/run?name=LEVEL_UP&id=pikachu&simulate=true", "{}");
  ask("POST", "/v1/commands/run?name=CATCH&simulate=true", R"({"pokemon_id":"pikachu","trainer_id":"ash"})");
  for (const std::string& line : recorder.told()) CHECK(line.find(" push ") == line.npos);
  CHECK(pokemons.get_aggregate("pikachu")->version == 1);

  ask("POST", "/v1/commands/run?name=LEVEL_UP&id=pikachu", "{}");
  ask("POST", "/v1/commands/run?name=CATCH", R"({"pokemon_id":"pikachu","trainer_id":"ash"})");
  Told pushes;
  for (std::string& line : recorder.told()) {
    if (line.find(" push ") != line.npos) pushes.push_back(std::move(line));
  }
  CHECK(pushes == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1 at 3",
                       "start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1 at 4"});
  CHECK(pokemons.get_aggregate("pikachu")->trainer_id == "ash");
}
