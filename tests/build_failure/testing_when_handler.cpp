// SPDX-License-Identifier: MIT
// expected: castore: when() got a command whose handler loads and pushes by itself; test it on castore::testing::mock_event_store(...)
#include <castore/castore.hpp>
#include <castore/testing/given_when_then.hpp>

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
  const castore::Command appear{"APPEAR", pokemons, [](const Pokemon&) { return PokemonAppeared{}; }};
  const castore::Command handler{"HANDLER", std::tie(pokemons), [](PokemonStore&) {}};
  castore::testing::given(PokemonAppeared{}).when(appear).then(PokemonAppeared{});
#ifdef OFFEND
  (void)castore::testing::given(PokemonAppeared{}).when(handler);
#endif
}
