// SPDX-License-Identifier: MIT
// expected: castore: the handler of this command cannot be called with these arguments; it takes the input, then the stores in the order of std::tie(...), then the context, all by reference (a retry needs them again), and its call operator is const
// errors: 1
#include <castore/castore.hpp>

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
  const castore::Command handler{"C", std::tie(pokemons), [](int, PokemonStore&) {}};
  handler(3);
#ifdef OFFEND
  handler();
#endif
}
