// SPDX-License-Identifier: MIT
// A decision may run several times, so it must have no side effects.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <utility>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});

  const auto send_mail = [](const Pokemon& pokemon, int level) {
    std::cout << "mail: " << pokemon.name << " is now at level " << level << '\n';
  };
  bool misty_was_faster = false;
  const auto misty_is_faster_once = [&](const Pokemon& pokemon) {
    if (!std::exchange(misty_was_faster, true)) {
      pokemons.push_event("pikachu", pokemon.version + 1, PokemonLeveledUp{});
    }
  };

  // [fall]
  const auto decide_and_tell = [&](const Pokemon& pokemon) {
    send_mail(pokemon, pokemon.level + 1);
    misty_is_faster_once(pokemon);
    return level_up(pokemon);
  };
  std::cout << "side effect inside:\n";
  castore::Command{"LEVEL_UP", pokemons, decide_and_tell}("pikachu");
  // [/fall]

  misty_was_faster = false;
  // [way]
  const auto decide = [&](const Pokemon& pokemon) {
    misty_is_faster_once(pokemon);
    return level_up(pokemon);
  };
  std::cout << "side effect after the command:\n";
  const auto result = castore::Command{"LEVEL_UP", pokemons, decide}("pikachu");
  if (!result.events.empty()) send_mail(result.aggregate, result.aggregate.level);
  // [/way]
}
