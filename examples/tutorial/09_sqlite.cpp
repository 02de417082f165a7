// SPDX-License-Identifier: MIT
// Several stores share one SQLite file, and the events outlive the program.

#include "pokemon/commands.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>

#include <filesystem>
#include <iostream>
#include <string>

namespace {

// [stores]
struct Game {
  castore::SqliteEventStorageAdapter storage{"game.db"};
  PokemonStore pokemons{"POKEMONS", storage};
  TrainerStore trainers{"TRAINERS", storage};
};
// [/stores]

}  // namespace

int main() {
  std::filesystem::remove("game.db");  // begin again each time

  // [play]
  {
    Game game;
    wild_pokemon_appears(game.pokemons)("pikachu", "Pikachu", 5);
    const std::string ash =
        start_pokemon_game(game.trainers)(StartPokemonGame{"Ash"}, [] { return std::string{"ash"}; });
    catch_pokemon(game.pokemons, game.trainers)(CatchPokemon{"pikachu", ash});
  }  // the file is closed here
  // [/play]

  // [again]
  Game game;
  level_up_pokemon(game.pokemons)("pikachu");

  const Pokemon pikachu = game.pokemons.get_existing_aggregate("pikachu");
  std::cout << pikachu.name << " is at level " << pikachu.level << ", caught by " << pikachu.trainer_id << '\n';
  for (const auto& entry : game.trainers.aggregate_ids()) {
    std::cout << entry.aggregate_id << " has " << game.trainers.get_events(entry.aggregate_id).size() << " events\n";
  }
  // [/again]
}
