// SPDX-License-Identifier: MIT
// expected: castore: this event is not stored yet; give it to push_event_group
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
  push_event_group(pokemons.group_event("pikachu", 1, PokemonAppeared{}));
#else
  pokemons.group_event("pikachu", 1, PokemonAppeared{});
#endif
}
