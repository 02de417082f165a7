// SPDX-License-Identifier: MIT
// Events that an old program stored, read by a new one whose events have changed.

#include <castore/castore.hpp>

#include <array>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace old_program {

// [old]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
};
struct PokemonTrained {
  static constexpr std::string_view type = "POKEMON_TRAINED";
  int minutes = 0;
};
// [/old]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
};
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
  static constexpr auto added_fields = castore::fields(&PokemonAppeared::region);
};
// [/optional]

// [upcast]
struct PokemonCaught1 {  // as it is stored
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
};
struct PokemonCaught {  // as of today
  static constexpr std::string_view type = "POKEMON_CAUGHT_2";
  std::string trainer_id;  // was called "trainer"
  std::string ball;        // new
  using upcasts = castore::Upcasts<PokemonCaught1>;
  static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = std::move(old.trainer), .ball = "POKE"}; }
};
// [/upcast]

// [meaning]
struct PokemonTrained1 {
  static constexpr std::string_view type = "POKEMON_TRAINED";
  int minutes = 0;
};
struct PokemonTrained {  // another unit is another type
  static constexpr std::string_view type = "POKEMON_TRAINED_SECONDS";
  int seconds = 0;
  using upcasts = castore::Upcasts<PokemonTrained1>;
  static constexpr PokemonTrained upcast(PokemonTrained1 old) { return {.seconds = old.minutes * 60}; }
};
static_assert(PokemonTrained::upcast({.minutes = 2}).seconds == 120);
// [/meaning]

// [former]
struct PokemonFreed {
  static constexpr std::string_view type = "POKEMON_FREED";
  static constexpr std::array<std::string_view, 1> former_types{"POKEMON_RELEASED"};
};
// [/former]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string region{};
  std::string trainer_id{};
  int seconds = 0;
};

// [reducer]
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.region = event.region; }
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.trainer_id = event.trainer_id; }
  void operator()(Pokemon& pokemon, const PokemonTrained& event) const { pokemon.seconds += event.seconds; }
  void operator()(Pokemon& pokemon, const PokemonFreed&) const { pokemon.trainer_id.clear(); }
};
using PokemonEvents = castore::Events<PokemonAppeared, PokemonCaught, PokemonTrained, PokemonFreed>;
// [/reducer]
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

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

  // [skip]
  const old_program::Store reader{"POKEMONS", storage, {.unknown_events = castore::UnknownEvents::skip}};
  std::cout << "without what it does not know it reads " << reader.get_events("pikachu").size() << '\n';
  // [/skip]

  // [decode]
  try {
    strict_program::Store{"POKEMONS", storage}.get_events("pikachu", {.max_version = 1});
  } catch (const castore::EventDecodeError& error) {
    std::cout << error.what() << '\n';
  }
  // [/decode]
}
