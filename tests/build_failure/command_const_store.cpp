// SPDX-License-Identifier: MIT
// expected: castore: a command pushes to its event store; pass a store that is not const
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

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
#ifdef OFFEND
  const
#endif
      PokemonStore pokemons{"POKEMONS"};
  const castore::Command appear{"APPEAR", pokemons, [](const Pokemon&) { return PokemonAppeared{}; }};
  appear("pikachu");
}
