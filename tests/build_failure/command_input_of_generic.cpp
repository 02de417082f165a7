// SPDX-License-Identifier: MIT
// expected: castore: the input of a generic function is not known; name its parameters
// errors[gcc]: 1
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
  const castore::Command command{"C", pokemons, [](const Pokemon&, auto&) {}};
#else
  const castore::Command command{"C", pokemons, [](const Pokemon&, int) {}};
#endif
  using Input = castore::CommandInput<decltype(command)>;
  static_assert(sizeof(Input*) > 0);
}
