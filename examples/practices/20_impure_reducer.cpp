// SPDX-License-Identifier: MIT
// A reducer that asks the world gives another past on another day.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>

int bonus_today = 2;  // a service of the game: double points at the weekend

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  int points = 0;
};

// [fall]
struct PokemonFought {
  static constexpr std::string_view type = "POKEMON_FOUGHT";
};
struct ImpureReducer {
  void operator()(Pokemon& pokemon, const PokemonFought&) const { pokemon.points += 10 * bonus_today; }
};
// [/fall]

// [way]
struct PokemonScored {
  static constexpr std::string_view type = "POKEMON_SCORED";
  int points = 0;  // what the fight was worth then
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonScored& event) const { pokemon.points += event.points; }
};

PokemonScored score(const Pokemon&, int bonus) { return {10 * bonus}; }
// [/way]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  using castore::Events, castore::EventStore, castore::InMemoryEventStorageAdapter;
  // [run]
  EventStore<Events<PokemonFought>, Pokemon, ImpureReducer, InMemoryEventStorageAdapter> impure{"IMPURE", storage};
  EventStore<Events<PokemonScored>, Pokemon, PokemonReducer, InMemoryEventStorageAdapter> pokemons{"POKEMONS", storage};
  impure.push_events("pikachu", 0, PokemonFought{}, PokemonFought{});
  pokemons.push_event("pikachu", 1, score({}, bonus_today));
  castore::Command{"SCORE", pokemons, score}("pikachu", bonus_today);

  const auto print = [&](std::string_view day) {
    std::cout << day << ": impure " << impure.get_existing_aggregate("pikachu").points << ", pure "
              << pokemons.get_existing_aggregate("pikachu").points << " points\n";
  };
  print("Sunday");
  bonus_today = 1;
  print("Monday");
  // [/run]
}
