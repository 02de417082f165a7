// SPDX-License-Identifier: MIT
// expected: castore: `change` of copy_events takes all events of an aggregate and returns those that the target is to have; write `[](std::span<const From::Event> events) -> std::vector<To::Event> { ... }` with the types of the two stores
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/maintenance/copy_events.hpp>

#include <span>
#include <vector>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore copies{"COPIES", storage};
#ifdef OFFEND
  castore::copy_events(pokemons, copies, [](const PokemonStore::Event& event) { return event; });
#else
  castore::copy_events(pokemons, copies, [](std::span<const PokemonStore::Event> events) {
    return std::vector<PokemonStore::Event>(events.begin(), events.end());
  });
#endif
}
