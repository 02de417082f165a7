// SPDX-License-Identifier: MIT
// expected: castore: the decide function of this command returns something that is not an event of its store; return a payload
// expected: TrainerJoined
// errors: 1
#include <castore/castore.hpp>

#include <optional>
#include <string_view>
#include <tuple>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer>;

struct TrainerJoined {
  static constexpr std::string_view type = "TRAINER_JOINED";
};
struct Trainer : castore::Aggregate {};
struct TrainerReducer {
  void operator()(Trainer&, const TrainerJoined&) const {}
};
using TrainerStore = castore::EventStore<castore::Events<TrainerJoined>, Trainer, TrainerReducer>;

int main() {
  PokemonStore pokemons{"POKEMONS"};
  const castore::Command appear{"APPEAR", pokemons, [](const std::optional<Pokemon>&) {
#ifdef OFFEND
                                  return std::tuple{PokemonAppeared{}, TrainerJoined{}};
#else
                                  return std::tuple{PokemonAppeared{}, PokemonAppeared{}};
#endif
                                }};
  appear("pikachu");
}
