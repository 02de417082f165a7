// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_CORE_POKEMONS_HPP
#define CASTORE_TESTS_CORE_POKEMONS_HPP

#include <castore/castore.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace castore_tests {

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;

  friend bool operator==(const PokemonAppeared&, const PokemonAppeared&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, level)
};

struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  struct Metadata {
    std::string trainer;

    friend bool operator==(const Metadata&, const Metadata&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, trainer)
  };
  int balls = 1;

  friend bool operator==(const PokemonCaught&, const PokemonCaught&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, balls)
};

/// Its metadata may be absent.
struct PokemonHealed {
  static constexpr std::string_view type = "POKEMON_HEALED";
  struct Nurse {
    std::string name;

    friend bool operator==(const Nurse&, const Nurse&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Nurse, name)
  };
  using Metadata = std::optional<Nurse>;
};

using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp, PokemonCaught, PokemonHealed>;

struct Pokemon : castore::Aggregate {
  std::string name;
  int level = 0;
  std::string trainer;

  friend bool operator==(const Pokemon& left, const Pokemon& right) {
    return left.aggregate_id == right.aggregate_id && left.version == right.version && left.name == right.name &&
           left.level == right.level && left.trainer == right.trainer;
  }
};

struct PokemonReducer {
  int levels_per_step = 1;

  Pokemon operator()(Pokemon pokemon, const PokemonAppeared& event) const {
    pokemon.name = event.name;
    pokemon.level = event.level;
    return pokemon;
  }
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { pokemon.level += levels_per_step; }
  void operator()(Pokemon& pokemon, const PokemonCaught&, const castore::EventInfo<PokemonCaught>& info) const {
    pokemon.trainer = info.metadata.trainer;
  }
  void operator()(Pokemon&, const PokemonHealed&) const {}
};

using PokemonEvent = castore::Event<PokemonEvents>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

}  // namespace castore_tests

#endif
