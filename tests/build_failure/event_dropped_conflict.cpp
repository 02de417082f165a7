// SPDX-License-Identifier: MIT
// expected: castore: look at the result, which is empty on a conflict, or call push_event, which throws then
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
#ifndef OFFEND
  static_cast<void>(pokemons.try_push_event("pikachu", 1, PokemonAppeared{}));
#else
  pokemons.try_push_event("pikachu", 1, PokemonAppeared{});
#endif
}
