// SPDX-License-Identifier: MIT
// expected: castore: this payload has no event type; write in it: static constexpr std::string_view type =
// expected: CheckedPayload<PokemonCaught>
// errors[gcc]: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct PokemonCaught {
#ifndef OFFEND
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared, PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS",
                                                                                                         storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
