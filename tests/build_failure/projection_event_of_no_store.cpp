// SPDX-License-Identifier: MIT
// expected: castore: this projection has an overload for an event that none of these stores has; name the event's store in std::tie(...), or take the overload out
// expected: PokemonList
// errors: 1
#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"

#include <castore/log/projection.hpp>

#include <string_view>
#include <tuple>

struct PokemonList {
  static constexpr std::string_view name = "pokemon_list";
  static constexpr int version = 1;
  void operator()(castore::InMemoryTransaction&, const PokemonAppeared&,
                  const castore::EventInfo<PokemonAppeared>&) const {}
#ifdef OFFEND
  void operator()(castore::InMemoryTransaction&, const GameStarted&, const castore::EventInfo<GameStarted>&) const {}
#endif
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::AsyncProjection list{storage, std::tie(pokemons), PokemonList{}};
  list.catch_up();
}
