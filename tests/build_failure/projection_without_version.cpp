// SPDX-License-Identifier: MIT
// expected: castore: this projection has no name or no version; write in it: static constexpr std::string_view name = "my_list"; static constexpr int version = 1;
// expected: PokemonList
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/log/projection.hpp>

#include <string_view>
#include <tuple>

struct PokemonList {
  static constexpr std::string_view name = "pokemon_list";
#ifndef OFFEND
  static constexpr int version = 1;
#endif
  void operator()(castore::InMemoryTransaction&, const PokemonAppeared&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::AsyncProjection list{storage, std::tie(pokemons), PokemonList{}};
  list.catch_up();
}
