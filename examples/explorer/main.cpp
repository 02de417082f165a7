// SPDX-License-Identifier: MIT

/// @file
/// explorer [DATABASE [PORT]]: the web page for the types of the Pokemon domain, with states and commands, on the
/// events of an SQLite file (default: pokemons.db), in which some happen first if it has none. `scripts/explorer`
/// builds and opens it.

#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/http.hpp>
#include <castore/http/server.hpp>

#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

// [input]
struct WildPokemonAppear {
  std::string name;
  int level = 1;

  static void validate(const WildPokemonAppear& input) {
    if (input.level < 1 || input.level > highest_level)
      throw castore::InvalidEventError{"level", "it is from 1 to 100"};
  }
};

PokemonAppeared appear_once(const std::optional<Pokemon>& pokemon, const WildPokemonAppear& input) {
  return appear(pokemon, input.name, input.level);
}
// [/input]

GameStarted start_once(const std::optional<Trainer>& trainer, const StartPokemonGame& input) {
  if (trainer) throw std::domain_error{trainer->name + " plays already"};
  return {input.trainer_name};
}

void let_some_happen(PokemonStore& pokemons, TrainerStore& trainers) {
  const auto appears = wild_pokemon_appears(pokemons);
  const auto level_up = level_up_pokemon(pokemons);
  const auto catches = catch_pokemon(pokemons, trainers);
  trainers.push_event("ash", 1, GameStarted{"Ash"});
  trainers.push_event("misty", 1, GameStarted{"Misty"});
  appears("pikachu", "Pikachu", 5);
  appears("eevee", "Eevee", 12);
  appears("magikarp", "Magikarp", 98);
  appears("mew/150", "Mew", 70);  // an id may be any text
  for (int time = 0; time < 3; ++time) level_up("pikachu");
  catches({"pikachu", "ash"});
  for (int time = 0; time < 2; ++time) level_up("magikarp");
  for (int time = 0; time < 4; ++time) level_up("pikachu");
  catches({"magikarp", "misty"});
}

void explore(const std::string& database, int port) {
  // [explorer]
  castore::SqliteEventStorageAdapter storage{database};
  PokemonStore pokemons{"POKEMONS", storage};
  TrainerStore trainers{"TRAINERS", storage};
  const castore::Command appears{"WILD_POKEMON_APPEAR", pokemons, appear_once};
  const castore::Command starts_game{"START_POKEMON_GAME", trainers, start_once};
  const auto levels_up = level_up_pokemon(pokemons);
  const auto catches = catch_pokemon(pokemons, trainers);

  castore::Explorer explorer{storage, {.database = "pokemons"}};
  explorer.add(pokemons).add(trainers);
  explorer.add(appears).add(levels_up).add(catches).add(starts_game);
  // [/explorer]
  if (storage.list_event_stores().empty()) let_some_happen(pokemons, trainers);
  // [serve]
  explorer.serve({.port = port, .on_listening = [](const std::string& url) { std::cout << url << std::endl; }});
  // [/serve]
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 3) {
    std::cerr << "usage: explorer [DATABASE [PORT]]\n";
    return 2;
  }
  try {
    explore(count > 1 ? arguments[1] : "pokemons.db", count > 2 ? std::stoi(arguments[2]) : 0);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
