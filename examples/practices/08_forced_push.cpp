// SPDX-License-Identifier: MIT
// force overwrites what somebody else has stored, and nobody is told.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <string_view>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const auto print = [&](std::string_view id) {
    const Pokemon pokemon = pokemons.get_existing_aggregate(id);
    std::cout << id << ": version " << pokemon.version << ", level " << pokemon.level << ", "
              << (pokemon.status == PokemonStatus::caught ? "caught by " + pokemon.trainer_id : "wild") << '\n';
  };
  for (const char* id : {"pikachu", "raichu"}) pokemons.push_event(id, 1, PokemonAppeared{id, 5});

  // [fall]
  const Pokemon seen = pokemons.get_existing_aggregate("pikachu");
  pokemons.push_event("pikachu", 2, PokemonCaughtByTrainer{"misty"});  // acknowledged
  pokemons.push_event("pikachu", seen.version + 1, PokemonLeveledUp{}, {.force = true});
  print("pikachu");
  // [/fall]

  // [way]
  const Pokemon seen_before = pokemons.get_existing_aggregate("raichu");
  pokemons.push_event("raichu", 2, PokemonCaughtByTrainer{"misty"});
  if (!pokemons.try_push_event("raichu", seen_before.version + 1, PokemonLeveledUp{})) {
    level_up_pokemon(pokemons)("raichu");  // loads it again and decides again
  }
  print("raichu");
  // [/way]
}
