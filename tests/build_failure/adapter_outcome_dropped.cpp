// SPDX-License-Identifier: MIT
// expected: castore: the outcome says whether the events were stored; look at its status
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
  const castore::PushOutcome outcome = pokemons.event_storage_adapter().push_events({}, {});
  static_cast<void>(outcome.status);
#else
  pokemons.event_storage_adapter().push_events({}, {});
#endif
}
