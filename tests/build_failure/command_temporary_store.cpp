// SPDX-License-Identifier: MIT
// expected: castore: a command refers to its event stores, so they must outlive it; give the store a name and pass that, or several of them by std::tie(store_a, store_b)
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
  const castore::Command appear{"APPEAR", PokemonStore{"POKEMONS"}, [](const Pokemon&) { return PokemonAppeared{}; }};
#else
  const castore::Command appear{"APPEAR", pokemons, [](const Pokemon&) { return PokemonAppeared{}; }};
#endif
  appear("pikachu");
}
