// SPDX-License-Identifier: MIT
// Three functions make a storage of your own.

#include "pokemon/commands.hpp"
#include "tutorial/json_lines_adapter.hpp"

#include <castore/castore.hpp>

#include <filesystem>
#include <fstream>
#include <ios>
#include <iostream>
#include <string>

int main() {
  std::filesystem::remove("game.jsonl");  // begin again each time

  // [play]
  {
    JsonLinesEventStorageAdapter storage{"game.jsonl"};
    PokemonStore pokemons{"POKEMONS", storage};
    TrainerStore trainers{"TRAINERS", storage};
    trainers.push_event("ash", 1, GameStarted{"Ash"});
    wild_pokemon_appears(pokemons)("pikachu", "Pikachu", 5);
    catch_pokemon(pokemons, trainers)(CatchPokemon{"pikachu", "ash"});
  }
  // [/play]

  // [crash]
  std::ofstream{"game.jsonl", std::ios::app} << R"([{"aggregateId":"pikachu","eventSt)";  // the process dies here
  // [/crash]

  // [again]
  JsonLinesEventStorageAdapter storage{"game.jsonl"};
  PokemonStore pokemons{"POKEMONS", storage};
  const auto result = level_up_pokemon(pokemons)("pikachu");
  std::cout << result.aggregate.name << " is at level " << result.aggregate.level << '\n';

  std::ifstream file{"game.jsonl"};
  for (std::string line; std::getline(file, line);) {
    std::cout << "a line of";
    for (const auto& event : nlohmann::json::parse(line)) std::cout << ' ' << event.at("type").get<std::string>();
    std::cout << '\n';
  }
  // [/again]
}
