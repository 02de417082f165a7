// SPDX-License-Identifier: MIT
// What the program of the README is measured by: the same structs to JSON and back with nlohmann_json alone.
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

struct PokemonAppeared {
  std::string name;
  int level = 1;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, level)
};

int main() {
  const std::string text = nlohmann::json(PokemonAppeared{"Pikachu", 5}).dump();
  std::cout << nlohmann::json::parse(text).get<PokemonAppeared>().level << '\n';
}
