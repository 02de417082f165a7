// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_POKEMON_POKEMON_HPP
#define CASTORE_EXAMPLES_POKEMON_POKEMON_HPP

/// @file
/// Pokemons: what can happen to one, and what it is after that.

#include <castore/castore.hpp>

#include <string>
#include <string_view>

// [events]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;
};

struct PokemonCaughtByTrainer {
  static constexpr std::string_view type = "POKEMON_CAUGHT_BY_TRAINER";
  std::string trainer_id;
};

struct PokemonLeveledUp {  // that it happened says it all
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};

using PokemonEvents = castore::Events<PokemonAppeared, PokemonCaughtByTrainer, PokemonLeveledUp>;
// [/events]

// [aggregate]
enum class PokemonStatus { wild, caught };

struct Pokemon {
  std::string aggregate_id;  // kept by the library, as version is
  castore::Version version = 0;
  std::string name{};
  int level = 0;
  PokemonStatus status = PokemonStatus::wild;
  std::string trainer_id{};  // empty while it is wild

  friend bool operator==(const Pokemon&, const Pokemon&) = default;  // for tests
};
// [/aggregate]

// [reducer]
struct PokemonReducer {
  Pokemon operator()(Pokemon pokemon, const PokemonAppeared& event) const {
    pokemon.name = event.name;
    pokemon.level = event.level;
    return pokemon;
  }
  Pokemon operator()(Pokemon pokemon, const PokemonCaughtByTrainer& event) const {
    pokemon.status = PokemonStatus::caught;
    pokemon.trainer_id = event.trainer_id;
    return pokemon;
  }
  Pokemon operator()(Pokemon pokemon, const PokemonLeveledUp&) const {
    ++pokemon.level;
    return pokemon;
  }
};
// [/reducer]

// [store]
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;
// [/store]

#endif
