// SPDX-License-Identifier: MIT
// expected: castore: the reducer has no overload for this event; write in it one of:
// expected: PokemonReducer
// expected: PokemonLeveledUp
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};

struct Pokemon : castore::Aggregate {
  int level = 1;
};

struct PokemonReducer {
  Pokemon operator()(Pokemon pokemon, const PokemonAppeared&) const { return pokemon; }
#ifndef OFFEND
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { ++pokemon.level; }
#endif
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared, PokemonLeveledUp>, Pokemon, PokemonReducer> pokemons{"POKEMONS",
                                                                                                            storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
  [[maybe_unused]] const int level = pokemons.get_existing_aggregate("pikachu").level;
}
