// SPDX-License-Identifier: MIT
// Two players change one pokemon at the same time: one of them is told, and tries again.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <chrono>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});

  // [conflict]
  const Pokemon seen_by_ash = pokemons.get_existing_aggregate("pikachu");
  const Pokemon seen_by_misty = pokemons.get_existing_aggregate("pikachu");
  pokemons.push_event("pikachu", seen_by_ash.version + 1, PokemonLeveledUp{});
  try {
    pokemons.push_event("pikachu", seen_by_misty.version + 1, PokemonLeveledUp{});
  } catch (const castore::EventAlreadyExistsError& error) {
    std::cout << error.what() << '\n';
  }
  // [/conflict]

  // [retry]
  bool misty_was_faster = false;
  const auto decide = [&](const Pokemon& pokemon) {
    std::cout << "deciding on version " << pokemon.version << '\n';
    if (!std::exchange(misty_was_faster, true)) {
      pokemons.push_event("pikachu", pokemon.version + 1, PokemonLeveledUp{});
    }
    return level_up(pokemon);
  };
  const auto report = [](const castore::EventAlreadyExistsError& error, castore::CommandAttempt attempt) {
    std::cout << "attempt " << attempt.attempt_number << ": version " << error.version() << " exists, "
              << attempt.retries_left << " retries left\n";
  };
  const auto train = castore::Command{"LEVEL_UP_POKEMON", pokemons, decide, {.on_event_already_exists = report}};
  const auto result = train("pikachu");
  std::cout << "pushed version " << result.aggregate.version << '\n';
  // [/retry]

  // [threads]
  const auto train_hard = level_up_pokemon(
      pokemons, {.event_already_exists_retries = 1000, .backoff = {.first = std::chrono::microseconds{50}}});
  std::vector<std::jthread> players;
  for (int player = 0; player < 4; ++player) {
    players.emplace_back([&train_hard] {
      for (int time = 0; time < 10; ++time) train_hard("pikachu");
    });
  }
  players.clear();  // waits for them
  std::cout << "level " << pokemons.get_existing_aggregate("pikachu").level << " after 40 more\n";
  // [/threads]
}
