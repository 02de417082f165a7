// SPDX-License-Identifier: MIT
// A field that changes its unit under the same type makes every old event wrong, and nothing fails.

#include <castore/castore.hpp>

#include <iostream>
#include <string_view>

// [events]
struct PokemonWeighed {
  static constexpr std::string_view type = "POKEMON_WEIGHED";
  double weight = 0;  // pounds, until release 2 wrote kilograms
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonWeighed, weight)
};
// [/events]

// [way]
struct PokemonWeighedInKilograms {
  static constexpr std::string_view type = "POKEMON_WEIGHED_IN_KILOGRAMS";
  double kilograms = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonWeighedInKilograms, kilograms)
};

struct Pokemon : castore::Aggregate {
  double kilograms = 0;
  double heaviest = 0;
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonWeighed& event) const { weigh(pokemon, event.weight * 0.45359237); }
  void operator()(Pokemon& pokemon, const PokemonWeighedInKilograms& event) const { weigh(pokemon, event.kilograms); }

 private:
  static void weigh(Pokemon& pokemon, double kilograms) {
    pokemon.kilograms = kilograms;
    if (kilograms > pokemon.heaviest) pokemon.heaviest = kilograms;
  }
};
// [/way]

struct CarelessReducer {
  // [fall]
  void operator()(Pokemon& pokemon, const PokemonWeighed& event) const {
    pokemon.kilograms = event.weight;
    if (event.weight > pokemon.heaviest) pokemon.heaviest = event.weight;
  }
  // [/fall]
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  // [run]
  castore::EventStore<castore::Events<PokemonWeighed>, Pokemon, CarelessReducer> careless{"CARELESS", storage};
  careless.push_event("pikachu", 1, PokemonWeighed{12});  // release 1: pounds
  careless.push_event("pikachu", 2, PokemonWeighed{7});   // release 2: kilograms
  std::cout << "careless: heaviest ever " << careless.get_existing_aggregate("pikachu").heaviest << " kg\n";

  castore::EventStore<castore::Events<PokemonWeighed, PokemonWeighedInKilograms>, Pokemon, PokemonReducer> pokemons{
      "POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonWeighed{12});
  pokemons.push_event("pikachu", 2, PokemonWeighedInKilograms{7});
  std::cout << "new meaning, new type: heaviest ever " << pokemons.get_existing_aggregate("pikachu").heaviest
            << " kg\n";
  // [/run]
}
