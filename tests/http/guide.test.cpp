// SPDX-License-Identifier: MIT
// The guide to HTTP shows what is answered.

#include <castore/adapters/http.hpp>
#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include <castore/http.hpp>
#include <castore/http/server.hpp>

#include "http/support.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"
#include "tool/support.hpp"

#include <cstdlib>
#include <iterator>
#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

using namespace castore::http_tests;
using castore::AnyEventStorageAdapter;
using castore::HttpApi;
using castore::HttpRoute;
using castore::InMemoryEventStorageAdapter;

namespace {

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Checks a file of the guide, or writes it.
void check_file(const std::string& name, const std::string& now) {
  const std::string path = std::string{castore_tests::place::sources} + "/guide/" + name;
  if (std::getenv("CASTORE_WRITE_EXPECTED") != nullptr) castore::tool_tests::write_file(path, now);
  CHECK(castore::tool_tests::contents(path) == now);
}

/// Runs the commands of a file of the guide, and compares what they print.
void check_session(const std::string& name, int port) {
  const castore::tool_tests::TempDirectory folder;
  const std::string address = "localhost:" + std::to_string(port);
  std::istringstream lines{
      castore::tool_tests::contents(std::string{castore_tests::place::sources} + "/guide/" + name)};
  std::string now;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# ") && !line.starts_with("$ ")) continue;  // what it printed then
    now += line + '\n';
    if (!line.starts_with("$ ")) continue;
    const std::string command = replaced(line.substr(2), "localhost:8080", address);
    std::string out =
        castore::tool_tests::Process{{"sh", "-c", command},
                                     {.environment = {{"TOKEN", token}}, .folder = folder.path().string()}}
            .finish()
            .out;
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    now += out;
  }
  check_file(name, now);
}

struct Training {
  int hours = 0;
};

// [client-types]
struct PokemonAppeared {
  static constexpr std::string_view type = "APPEARED";
  std::string name;
  int level = 1;
};
struct PokemonLeveledUp {
  static constexpr std::string_view type = "LEVELED_UP";
  int level = 1;
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};
struct PokemonReducer {
  Pokemon operator()(Pokemon pokemon, const PokemonAppeared& event) const {
    pokemon.level = event.level;
    return pokemon;
  }
  Pokemon operator()(Pokemon pokemon, const PokemonLeveledUp& event) const {
    pokemon.level = event.level;
    return pokemon;
  }
};
using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;
// [/client-types]

}  // namespace

TEST_CASE("the guide to HTTP shows what curl prints", "[http]") {
  InMemoryEventStorageAdapter storage;
  put_pokemons(storage);
  RunningServer server{AnyEventStorageAdapter{storage}, {.token = token}};
  server.start();
  check_session("session.txt", server.port());
}

TEST_CASE("the guide to HTTP shows what an explorer answers", "[http]") {
  InMemoryEventStorageAdapter storage;
  put_pokemons(storage);
  PokemonStore pokemons{"POKEMONS", storage, {.clock = [] { return noon_and(60); }}};
  const castore::Command trains{"TRAIN_POKEMON", pokemons, [](const Pokemon& pokemon, const Training& input) {
                                  if (input.hours < 1) throw std::domain_error{"a training takes an hour or more"};
                                  return PokemonLeveledUp{pokemon.level + input.hours};
                                }};
  castore::Explorer explorer{storage, {.token = token}};
  explorer.add(pokemons);
  explorer.add(trains);
  castore::HttpServer server{explorer.api()};
  std::thread serving{[&] { server.serve(); }};
  check_session("explorer.txt", server.port());
  server.stop();
  serving.join();
}

TEST_CASE("the guide to HTTP lists every route", "[http]") {
  InMemoryEventStorageAdapter storage;
  const HttpApi api{storage};
  const castore::Explorer explorer{storage};
  const auto list = [](const std::string& name, const auto& routes) {
    std::string text = "# [" + name + "]\n";
    for (const HttpRoute& route : routes) {
      const std::string asked = route.method + (route.method == "GET" ? "   " : "  ") + route.path;
      text += asked + std::string(26 - asked.size(), ' ') + route.summary + '\n';
    }
    return text + "# [/" + name + "]\n";
  };
  const auto more =
      std::ranges::subrange(explorer.api().routes().begin() + std::ssize(api.routes()), explorer.api().routes().end());
  check_file("routes.txt", "# SPDX-License-Identifier: MIT\n" + list("routes", api.routes()) + list("explorer", more));
}

TEST_CASE("the guide's server and client work together", "[http]") {
  InMemoryEventStorageAdapter storage;
  const std::string secret = "secret";
  // [server]
  const castore::HttpApi api{storage, {.database = "pokemons", .token = secret}};
  castore::HttpServer server{api, {.port = 0}};  // 0: a port that is free
  std::thread serving{[&] { server.serve(); }};
  // [/server]
  const std::string url = "http://localhost:" + std::to_string(server.port());
  {
    // [client]
    castore::HttpEventStorageAdapter remote{url, {.token = secret}};
    PokemonStore pokemons{"POKEMONS", remote};
    pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    const auto level_up = castore::Command{"LEVEL_UP", pokemons,
                                           [](const Pokemon& pokemon) { return PokemonLeveledUp{pokemon.level + 1}; }};
    level_up("pikachu");
    // [/client]
    CHECK(pokemons.get_existing_aggregate("pikachu").level == 6);
  }
  // [handle]
  const castore::HttpApiResponse answer =
      api.handle({.target = "/v1/events?store=POKEMONS&id=pikachu&limit=1", .headers = {{"Host", "localhost"}}});
  // [/handle]
  CHECK(answer.status == 200);
  // [stop]
  server.stop();
  serving.join();
  // [/stop]
}
