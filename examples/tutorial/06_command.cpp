// SPDX-License-Identifier: MIT
// A command is how a user changes something: it loads, decides and pushes.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <stdexcept>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [run]
  const auto appear_in_the_wild = wild_pokemon_appears(pokemons);
  const auto train = level_up_pokemon(pokemons);

  appear_in_the_wild("pikachu", "Pikachu", 99);
  const auto result = train("pikachu");
  std::cout << result.aggregate.name << " is at level " << result.aggregate.level << '\n';
  for (const auto& event : result.events) std::cout << "pushed " << event.version() << ' ' << event.type() << '\n';
  // [/run]

  // [refused]
  try {
    train("pikachu");
  } catch (const std::domain_error& error) {
    std::cout << error.what() << '\n';
  }
  try {
    appear_in_the_wild("pikachu", "Pikachu", 5);
  } catch (const std::domain_error& error) {
    std::cout << error.what() << '\n';
  }
  std::cout << pokemons.get_events("pikachu").size() << " events are stored\n";
  // [/refused]
}
