// SPDX-License-Identifier: MIT
// Events as a program with Castore (TypeScript) stored them, read and written with their own field names.

#include <castore/castore.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

// [events]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;
};

struct PokemonCaughtByTrainer {
  static constexpr std::string_view type = "POKEMON_CAUGHT_BY_TRAINER";
  struct Metadata {  // the second type parameter of Castore's EventTypeDetail
    std::string trigger;
  };
  std::string trainer_id;
  static constexpr auto json_case = castore::JsonCase::camel;  // in JSON it is trainerId, as in TypeScript
};
// [/events]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name{};
  std::string trainer_id{};
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
  void operator()(Pokemon& pokemon, const PokemonCaughtByTrainer& event) const {
    pokemon.trainer_id = event.trainer_id;
  }
};

using PokemonStore =
    castore::EventStore<castore::Events<PokemonAppeared, PokemonCaughtByTrainer>, Pokemon, PokemonReducer>;

int main() {
  // [read]
  const auto stored_by_castore = nlohmann::json::parse(R"([
    {"aggregateId": "pikachu", "version": 1, "type": "POKEMON_APPEARED", "timestamp": "2022-01-01T00:00:00.000Z",
     "payload": {"name": "Pikachu", "level": 5}},
    {"aggregateId": "pikachu", "version": 2, "type": "POKEMON_CAUGHT_BY_TRAINER",
     "timestamp": "2022-01-01T00:05:00.000Z", "payload": {"trainerId": "ash"}, "metadata": {"trigger": "user"}}
  ])");
  const auto events = stored_by_castore.get<std::vector<PokemonStore::Event>>();
  const Pokemon pikachu = PokemonStore{"POKEMONS"}.build_aggregate(events).value();
  std::cout << pikachu.name << " of " << pikachu.trainer_id << ", version " << pikachu.version << '\n';
  // [/read]

  // [write]
  std::cout << nlohmann::json(events.back()).dump(2) << '\n';
  // [/write]
}
