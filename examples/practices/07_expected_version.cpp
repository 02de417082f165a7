// SPDX-License-Identifier: MIT
// After a conflict, decide again: the first decision was made on an old state.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <stdexcept>
#include <utility>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  for (const char* id : {"pikachu", "raichu"}) pokemons.push_event(id, 1, PokemonAppeared{id, 99});

  // [fall]
  Pokemon seen = pokemons.get_existing_aggregate("pikachu");
  const PokemonLeveledUp decision = level_up(seen);                      // allowed: it has level 99
  pokemons.push_event("pikachu", seen.version + 1, PokemonLeveledUp{});  // somebody else is faster
  while (!pokemons.try_push_event("pikachu", ++seen.version, decision)) std::cout << "taken, next version\n";
  std::cout << "pikachu has level " << pokemons.get_existing_aggregate("pikachu").level << " of 100\n";
  // [/fall]

  // [way]
  bool is_first = true;
  const auto decide = [&](const Pokemon& pokemon) {
    const PokemonLeveledUp leveled_up = level_up(pokemon);
    if (std::exchange(is_first, false)) pokemons.push_event("raichu", pokemon.version + 1, leveled_up);
    return leveled_up;
  };
  try {
    castore::Command{"LEVEL_UP", pokemons, decide}("raichu");
  } catch (const std::domain_error& error) {
    std::cout << error.what() << '\n';
  }
  std::cout << "raichu has level " << pokemons.get_existing_aggregate("raichu").level << " of 100\n";
  // [/way]
}
