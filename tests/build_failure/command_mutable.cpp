// SPDX-License-Identifier: MIT
// expected: castore: the decide function of this command cannot be called with the state and these arguments; it takes `const` state first, then the arguments in this order, by reference (a retry needs them again), and its call operator is const
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
  PokemonStore pokemons{"POKEMONS"};
#ifdef OFFEND
  const castore::Command appear{"APPEAR", pokemons, [count = 0](const Pokemon&) mutable {
                                  if (++count > 1) throw count;
                                  return PokemonAppeared{};
                                }};
#else
  const castore::Command appear{"APPEAR", pokemons, [](const Pokemon&) { return PokemonAppeared{}; }};
#endif
  appear("pikachu");
}
