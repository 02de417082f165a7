// SPDX-License-Identifier: MIT
// An event store keeps events: pushing one is the only way to change anything.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <iostream>

int main() {
  // [store]
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  // [/store]

  // [push]
  const auto appeared = pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  std::cout << "pushed " << appeared.event.type() << " as version " << appeared.event.version << '\n';
  std::cout << appeared.next_aggregate->name << " is at level " << appeared.next_aggregate->level << '\n';
  // [/push]

  // [next]
  const auto leveled_up =
      pokemons.push_event("pikachu", 2, PokemonLeveledUp{}, {.prev_aggregate = appeared.next_aggregate});
  std::cout << "now at level " << leveled_up.next_aggregate->level << '\n';
  // [/next]

  // [wrong]
  try {
    pokemons.push_event("pikachu", 4, PokemonLeveledUp{});
  } catch (const castore::VersionGapError& error) {
    std::cout << error.what() << '\n';
  }
  // [/wrong]
}
