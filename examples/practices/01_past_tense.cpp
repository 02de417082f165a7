// SPDX-License-Identifier: MIT
// An event that is named like a command invites code to refuse it.

#include <castore/castore.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

int highest_level = 100;

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};

// [fall]
struct LevelUpPokemon {
  static constexpr std::string_view type = "LEVEL_UP_POKEMON";
};
struct ObeyingReducer {
  void operator()(Pokemon& pokemon, const LevelUpPokemon&) const {
    if (pokemon.level >= highest_level) throw std::domain_error{"cannot level up"};
    ++pokemon.level;
  }
};
// [/fall]

// [way]
struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { ++pokemon.level; }
};

PokemonLeveledUp level_up(const Pokemon& pokemon) {
  if (pokemon.level >= highest_level) throw std::domain_error{"cannot level up"};
  return {};
}
// [/way]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  // [run]
  castore::EventStore<castore::Events<LevelUpPokemon>, Pokemon, ObeyingReducer> orders{"ORDERS", storage};
  castore::EventStore<castore::Events<PokemonLeveledUp>, Pokemon, PokemonReducer> facts{"FACTS", storage};
  for (castore::Version version = 1; version <= 60; ++version) {
    orders.push_event("pikachu", version, LevelUpPokemon{});
    facts.push_event("pikachu", version, PokemonLeveledUp{});
  }

  highest_level = 50;  // the next release of the game
  try {
    orders.get_aggregate("pikachu");
  } catch (const std::domain_error& error) {
    std::cout << "orders: pikachu cannot be loaded any more: " << error.what() << '\n';
  }
  std::cout << "facts: pikachu has level " << facts.get_existing_aggregate("pikachu").level << '\n';
  try {
    castore::Command{"LEVEL_UP_POKEMON", facts, level_up}("pikachu");
  } catch (const std::domain_error& error) {
    std::cout << "facts: from now on: " << error.what() << '\n';
  }
  // [/run]
}
