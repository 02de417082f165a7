// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_POKEMON_TRAINER_HPP
#define CASTORE_EXAMPLES_POKEMON_TRAINER_HPP

/// @file
/// Trainers: those who play the game and catch pokemons.

#include <castore/castore.hpp>

#include <string>
#include <string_view>
#include <vector>

// [events]
struct GameStarted {
  static constexpr std::string_view type = "GAME_STARTED";
  std::string trainer_name;
};

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string pokemon_id;
};

using TrainerEvents = castore::Events<GameStarted, PokemonCaught>;
// [/events]

struct Trainer {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name{};
  std::vector<std::string> caught_pokemon_ids{};
};

// [reducer]
struct TrainerReducer {
  void operator()(Trainer& trainer, const GameStarted& event) const { trainer.name = event.trainer_name; }
  void operator()(Trainer& trainer, const PokemonCaught& event) const {
    trainer.caught_pokemon_ids.push_back(event.pokemon_id);
  }
};
// [/reducer]

using TrainerStore = castore::EventStore<TrainerEvents, Trainer, TrainerReducer>;

#endif
