// SPDX-License-Identifier: MIT
// A field that changes its unit under the same type makes every old event wrong, and nothing fails.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>

// [events]
struct PokemonWeighed {
  static constexpr std::string_view type = "POKEMON_WEIGHED";
  double weight = 0;  // pounds, until release 2 wrote kilograms
};
// [/events]

// [way]
struct PokemonWeighedInKilograms {
  static constexpr std::string_view type = "POKEMON_WEIGHED_IN_KILOGRAMS";
  double kilograms = 0;
  using upcasts = castore::Upcasts<PokemonWeighed>;
  static PokemonWeighedInKilograms upcast(PokemonWeighed old) { return {.kilograms = old.weight * 0.45359237}; }
};

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  double kilograms = 0;
  double heaviest = 0;
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonWeighedInKilograms& event) const {
    pokemon.kilograms = event.kilograms;
    if (event.kilograms > pokemon.heaviest) pokemon.heaviest = event.kilograms;
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

  castore::EventStore<castore::Events<PokemonWeighed>, Pokemon, CarelessReducer> before{"POKEMONS", storage};
  before.push_event("pikachu", 1, PokemonWeighed{12});
  castore::EventStore<castore::Events<PokemonWeighedInKilograms>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 2, PokemonWeighedInKilograms{7});
  std::cout << "new meaning, new type: heaviest ever " << pokemons.get_existing_aggregate("pikachu").heaviest
            << " kg\n";
  // [/run]
}
