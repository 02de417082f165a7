// SPDX-License-Identifier: MIT
// expected: castore: the decide function of this command does not take the state of its store; let its first parameter be `const TheAggregate&` (it must exist) or `const std::optional<TheAggregate>&` (it may not exist yet)
// expected: Pokemon
// errors: 1
#include <castore/castore.hpp>

#include <optional>
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
  const castore::Command appear{"APPEAR", pokemons, [](const std::optional<Pokemon>&) { return PokemonAppeared{}; }};
#ifdef OFFEND
  const castore::Command offend{"OFFEND", pokemons, [](const Trainer&) { return PokemonAppeared{}; }};
#endif
}
