// SPDX-License-Identifier: MIT
// expected: castore: given(...).project(...) needs a header more: #include <castore/testing/project.hpp>
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/testing/given_when_then.hpp>
#ifndef OFFEND
#include "castore/testing/project.hpp"
#endif

struct PokemonList {
  void operator()(castore::InMemoryTransaction&, const PokemonAppeared&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  storage.transact([](castore::InMemoryTransaction& tx) {
    castore::testing::given(PokemonAppeared{"Pikachu", 5}).project(PokemonList{}, tx);
  });
}
