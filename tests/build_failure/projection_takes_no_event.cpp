// SPDX-License-Identifier: MIT
// expected: castore: this projection takes none of the events of these stores; write in it for each event that it is to see: `void operator()(TheTransaction& tx, const ThePayload& event, const castore::EventInfo<ThePayload>& info) const`, with the transaction of this storage
// expected: PokemonList
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/log/projection.hpp>

#include <string_view>
#include <tuple>

struct OtherTransaction {};

struct PokemonList {
  static constexpr std::string_view name = "pokemon_list";
  static constexpr int version = 1;
#ifdef OFFEND
  void operator()(OtherTransaction&, const PokemonAppeared&) const {}
#else
  void operator()(castore::InMemoryTransaction&, const PokemonAppeared&) const {}
#endif
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::AsyncProjection list{storage, std::tie(pokemons), PokemonList{}};
  list.catch_up();
}
