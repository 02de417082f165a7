// SPDX-License-Identifier: MIT
// One aggregate for everything: users who have nothing to do with each other get in each other's way.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <map>
#include <string>
#include <string_view>

// [fall]
struct PokemonInGameLeveledUp {
  static constexpr std::string_view type = "POKEMON_IN_GAME_LEVELED_UP";
  std::string pokemon_id;
};
struct Game {
  std::string aggregate_id;
  castore::Version version = 0;
  std::map<std::string, int> levels{};  // of all pokemons
};
struct GameReducer {
  void operator()(Game& game, const PokemonInGameLeveledUp& event) const { ++game.levels[event.pokemon_id]; }
};
// [/fall]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  // [run_fall]
  castore::EventStore<castore::Events<PokemonInGameLeveledUp>, Game, GameReducer, castore::InMemoryEventStorageAdapter>
      games{"GAMES", storage};
  int conflicts = 0;
  for (int round = 0; round < 10; ++round) {
    const auto seen = games.get_aggregate("the game");
    const castore::Version next = (seen ? seen->version : 0) + 1;
    for (const char* id : {"pikachu", "psyduck"}) {  // Ash and Misty at the same time
      if (!games.try_push_event("the game", next, PokemonInGameLeveledUp{id})) ++conflicts;
    }
  }
  std::cout << "one game: " << conflicts << " conflicts in 20 trainings\n";
  // [/run_fall]

  // [way]
  PokemonStore pokemons{"POKEMONS", storage};
  for (const char* id : {"pikachu", "psyduck"}) pokemons.push_event(id, 1, PokemonAppeared{id, 5});
  conflicts = 0;
  for (castore::Version seen = 1; seen <= 10; ++seen) {
    for (const char* id : {"pikachu", "psyduck"}) {
      if (!pokemons.try_push_event(id, seen + 1, PokemonLeveledUp{})) ++conflicts;
    }
  }
  std::cout << "one pokemon each: " << conflicts << " conflicts in 20 trainings\n";
  // [/way]
}
