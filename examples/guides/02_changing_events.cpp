// SPDX-License-Identifier: MIT
// Events that an old program stored, read by a new one whose events have changed.

#include <castore/castore.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <string_view>

namespace old_program {

// [old]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name)
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, trainer)
};
struct PokemonTrained {
  static constexpr std::string_view type = "POKEMON_TRAINED";
  int minutes = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonTrained, minutes)
};
// [/old]

struct Pokemon : castore::Aggregate {};
struct Reducer {
  void operator()(Pokemon&, const auto&) const {}
};
using Store = castore::EventStore<castore::Events<PokemonAppeared, PokemonCaught, PokemonTrained>, Pokemon, Reducer>;

}  // namespace old_program

namespace strict_program {

// [strict]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string region;  // new, and without a default
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, region)
};
// [/strict]

struct Reducer {
  void operator()(old_program::Pokemon&, const PokemonAppeared&) const {}
};
using Store = castore::EventStore<castore::Events<PokemonAppeared>, old_program::Pokemon, Reducer>;

}  // namespace strict_program

// [optional]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string region = "Kanto";  // new: what was stored without it gets this value
  NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(PokemonAppeared, name, region)
};
// [/optional]

// [upcast]
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;     // was called "trainer"
  std::string ball = "POKE";  // new
};
void to_json(nlohmann::json& json, const PokemonCaught& event) {
  json = {{"trainer_id", event.trainer_id}, {"ball", event.ball}};
}
void from_json(const nlohmann::json& json, PokemonCaught& event) {
  const bool is_old = json.contains("trainer");
  event.trainer_id = json.at(is_old ? "trainer" : "trainer_id").get<std::string>();
  event.ball = json.value("ball", event.ball);
}
// [/upcast]

// [meaning]
struct PokemonTrainedMinutes {  // renamed in C++; what is stored is the type, which stays
  static constexpr std::string_view type = "POKEMON_TRAINED";
  int minutes = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonTrainedMinutes, minutes)
};
struct PokemonTrained {  // another unit is another type
  static constexpr std::string_view type = "POKEMON_TRAINED_SECONDS";
  int seconds = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonTrained, seconds)
};
// [/meaning]

struct Pokemon : castore::Aggregate {
  std::string region{};
  std::string trainer_id{};
  int seconds = 0;
};

// [reducer]
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.region = event.region; }
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.trainer_id = event.trainer_id; }
  void operator()(Pokemon& pokemon, const PokemonTrained& event) const { pokemon.seconds += event.seconds; }
  void operator()(Pokemon& pokemon, const PokemonTrainedMinutes& event) const {
    (*this)(pokemon, PokemonTrained{event.minutes * 60});
  }
};
// [/reducer]
using PokemonStore =
    castore::EventStore<castore::Events<PokemonAppeared, PokemonCaught, PokemonTrainedMinutes, PokemonTrained>, Pokemon,
                        PokemonReducer>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  // [run]
  old_program::Store old_pokemons{"POKEMONS", storage};
  old_pokemons.push_events("pikachu", 0, old_program::PokemonAppeared{"Pikachu"}, old_program::PokemonCaught{"ash"},
                           old_program::PokemonTrained{2});

  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 4, PokemonTrained{30});
  const Pokemon pikachu = pokemons.get_existing_aggregate("pikachu");
  std::cout << pikachu.region << ", caught by " << pikachu.trainer_id << ", trained for " << pikachu.seconds << " s\n";
  // [/run]

  // [unknown]
  try {
    old_pokemons.get_events("pikachu");
  } catch (const castore::UnknownEventTypeError& error) {
    std::cout << error.what() << '\n';
  }
  std::cout << "up to version 3 the old program reads " << old_pokemons.get_events("pikachu", {.max_version = 3}).size()
            << " events\n";
  // [/unknown]

  // [decode]
  try {
    strict_program::Store{"POKEMONS", storage}.get_events("pikachu", {.max_version = 1});
  } catch (const castore::EventDecodeError& error) {
    std::cout << error.what() << '\n';
  }
  // [/decode]
}
