// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_POKEMONS_HPP
#define CASTORE_TESTS_TESTING_POKEMONS_HPP

#include <castore/castore.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The domain that the tests of the test kit share.
namespace kit_tests {

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, level)
};
struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  struct Metadata {
    std::string trainer;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, trainer)
  };
};

using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp, PokemonCaught>;

struct Pokemon : castore::Aggregate {
  std::string name;
  int level = 0;
  std::string trainer;
  castore::Timestamp changed_at{};

  friend bool operator==(const Pokemon& left, const Pokemon& right) {
    return left.aggregate_id == right.aggregate_id && left.version == right.version && left.name == right.name &&
           left.level == right.level && left.trainer == right.trainer && left.changed_at == right.changed_at;
  }
};

struct PokemonReducer {
  int step = 1;

  void operator()(Pokemon& pokemon, const PokemonAppeared& event, const castore::EventInfo<PokemonAppeared>& info) const {
    pokemon.name = event.name;
    pokemon.level = event.level;
    pokemon.changed_at = info.timestamp;
  }
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&, const castore::EventInfo<PokemonLeveledUp>& info) const {
    pokemon.level += step;
    pokemon.changed_at = info.timestamp;
  }
  void operator()(Pokemon& pokemon, const PokemonCaught&, const castore::EventInfo<PokemonCaught>& info) const {
    pokemon.trainer = info.metadata.trainer;
    pokemon.changed_at = info.timestamp;
  }
};

using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

inline PokemonLeveledUp level_up(const Pokemon& pokemon) {
  if (pokemon.level >= 100) throw std::domain_error{"already at the maximum level"};
  return {};
}

inline std::optional<PokemonAppeared> appear(const std::optional<Pokemon>& pokemon, const std::string& name, int level) {
  if (pokemon) return std::nullopt;
  return PokemonAppeared{name, level};
}

/// Trainers, for groups over two stores.
struct TrainerJoined {
  static constexpr std::string_view type = "TRAINER_JOINED";
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(TrainerJoined, name)
  std::string name;
};
struct Trainer : castore::Aggregate {
  std::string name;
};
struct TrainerReducer {
  void operator()(Trainer& trainer, const TrainerJoined& event) const { trainer.name = event.name; }
};
using TrainerStore = castore::EventStore<castore::Events<TrainerJoined>, Trainer, TrainerReducer>;

}  // namespace kit_tests

#endif
