// SPDX-License-Identifier: MIT
// expected: castore: this projection does not take this event with this transaction; take the event out of given(...) or project(...), or write in the projection `void operator()(TheTransaction& tx, const ThePayload& event, const castore::EventInfo<ThePayload>& info) const`
// expected: PokemonList
// expected: PokemonLeveledUp
// errors: 1
#include "pokemon/pokemon.hpp"

#include "castore/testing/project.hpp"  // in quotes, as another case must not have it

struct PokemonList {
  void operator()(castore::InMemoryTransaction&, const PokemonAppeared&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  storage.transact([](castore::InMemoryTransaction& tx) {
    castore::testing::given(PokemonAppeared{"Pikachu", 5}).project(PokemonList{}, tx);
#ifdef OFFEND
    castore::testing::given(PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}).project(PokemonList{}, tx);
#endif
  });
}
