// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_POKEMON_COMMANDS_HPP
#define CASTORE_EXAMPLES_POKEMON_COMMANDS_HPP

/// @file
/// What players can do. Each command is a function that decides, and a `castore::Command` that runs it on a store.

#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"

#include <castore/castore.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

// --- a wild pokemon appears: wild_pokemon_appears(pokemons)("pikachu", "Pikachu", 5) ---------------------------------

// [appear]
inline PokemonAppeared appear(const std::optional<Pokemon>& pokemon, std::string_view name, int level) {
  if (pokemon) throw std::domain_error{pokemon->name + " has appeared before"};
  return {std::string{name}, level};
}

inline auto wild_pokemon_appears(PokemonStore& pokemons) {
  return castore::Command{"WILD_POKEMON_APPEAR", pokemons, appear};
}
// [/appear]

// --- level up: level_up_pokemon(pokemons)("pikachu") -----------------------------------------------------------------

// [level_up]
inline constexpr int highest_level = 100;

inline PokemonLeveledUp level_up(const Pokemon& pokemon) {
  if (pokemon.level >= highest_level) throw std::domain_error{pokemon.name + " is already at the highest level"};
  return {};
}

inline auto level_up_pokemon(PokemonStore& pokemons, castore::CommandOptions options = {}) {
  return castore::Command{"LEVEL_UP_POKEMON", pokemons, level_up, std::move(options)};
}
// [/level_up]

// --- start game: start_pokemon_game(trainers)(StartPokemonGame{"Ash"}, generate_id) returns the trainer's id ---------

// [start_game]
struct StartPokemonGame {
  std::string trainer_name;
};

inline auto start_pokemon_game(TrainerStore& trainers) {
  return castore::Command{"START_POKEMON_GAME", std::tie(trainers),
                          [](const StartPokemonGame& input, TrainerStore& store, auto& generate_id) {
                            std::string trainer_id = generate_id();
                            store.push_event(trainer_id, 1, GameStarted{input.trainer_name});
                            return trainer_id;
                          }};
}
// [/start_game]

// --- catch pokemon: catch_pokemon(pokemons, trainers)(CatchPokemon{"pikachu", "ash"}) --------------------------------

// [catch]
struct CatchPokemon {
  std::string pokemon_id;
  std::string trainer_id;
};

inline void handle_catch(const CatchPokemon& input, PokemonStore& pokemons, TrainerStore& trainers) {
  const Pokemon pokemon = pokemons.get_existing_aggregate(input.pokemon_id);
  const Trainer trainer = trainers.get_existing_aggregate(input.trainer_id);
  if (pokemon.status == PokemonStatus::caught) throw std::domain_error{pokemon.name + " is already caught"};

  castore::push_event_group(
      pokemons.group_event(input.pokemon_id, pokemon.version + 1, PokemonCaughtByTrainer{input.trainer_id}),
      trainers.group_event(input.trainer_id, trainer.version + 1, PokemonCaught{input.pokemon_id}));
}

inline auto catch_pokemon(PokemonStore& pokemons, TrainerStore& trainers) {
  return castore::Command{"CATCH_POKEMON", std::tie(pokemons, trainers), handle_catch};
}
// [/catch]

#endif
