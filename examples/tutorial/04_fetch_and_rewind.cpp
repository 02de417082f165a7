// SPDX-License-Identifier: MIT
// A store gives back what happened, what is, and what was.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <optional>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  pokemons.push_event("pikachu", 3, PokemonCaughtByTrainer{"ash"});
  pokemons.push_event("pikachu", 4, PokemonLeveledUp{});

  // [now]
  const Pokemon now = pokemons.get_existing_aggregate("pikachu");
  std::cout << "version " << now.version << ": level " << now.level << '\n';
  // [/now]

  // [rewind]
  const Pokemon then = pokemons.get_existing_aggregate("pikachu", {.max_version = 2});
  std::cout << "version " << then.version << ": level " << then.level << '\n';
  // [/rewind]

  // [events]
  std::cout << "the last two events:\n";
  for (const auto& event : pokemons.get_events("pikachu", {.limit = 2, .reverse = true})) {
    std::cout << "  " << event.version() << ' ' << event.type() << '\n';
  }
  // [/events]

  // [history]
  const PokemonStore::History history = pokemons.get_history("pikachu", {.max_version = 3});
  std::cout << history.events.size() << " events, the last one is " << history.last_event()->type() << '\n';
  // [/history]

  // [unknown]
  const std::optional<Pokemon> raichu = pokemons.get_aggregate("raichu");
  std::cout << "raichu " << (raichu ? "exists" : "does not exist") << '\n';
  try {
    pokemons.get_existing_aggregate("raichu");
  } catch (const castore::AggregateNotFoundError& error) {
    std::cout << error.what() << '\n';
  }
  // [/unknown]
}
