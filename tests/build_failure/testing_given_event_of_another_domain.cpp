// SPDX-License-Identifier: MIT
// expected: castore: given() got something that is not an event of the domain; pass payloads of its castore::Events<...>, or castore::EventDetail<ThePayload> where the header matters
// expected: TrainerJoined
// lines[clang]: 16
#include <castore/castore.hpp>
#include <castore/testing/given_when_then.hpp>

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

PokemonAppeared appear(const Pokemon&) { return {}; }

int main() {
  castore::testing::given<PokemonStore>(PokemonAppeared{}).when(appear).then(PokemonAppeared{});
#ifdef OFFEND
  (void)castore::testing::given<PokemonStore>(PokemonAppeared{}, TrainerJoined{}).when(appear);
#endif
}
