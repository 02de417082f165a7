// SPDX-License-Identifier: MIT
// expected: castore: the handler of this command does not match its stores; it takes the input, then the stores in the order of std::tie(...) by reference, then the context: [](const Input& input, StoreA& a, StoreB& b) { ... }
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
  TrainerStore trainers{"TRAINERS"};
  const castore::Command in_order{"C", std::tie(pokemons, trainers), [](int, PokemonStore&, TrainerStore&) {}};
  in_order(3);
#ifdef OFFEND
  const castore::Command offend{"C", std::tie(pokemons, trainers), [](int, TrainerStore&, PokemonStore&) {}};
  offend(3);
#endif
}
