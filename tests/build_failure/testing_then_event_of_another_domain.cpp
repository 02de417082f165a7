// SPDX-License-Identifier: MIT
// expected: castore: then() got something that no decision of this domain can be; pass payloads of its castore::Events<...>, with metadata by castore::with_metadata(...), castore::testing::throws<TheError>() or castore::testing::nothing
// expected: TrainerJoined
// errors: 1
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
  castore::testing::given<PokemonStore>(PokemonAppeared{}).when(appear).then(TrainerJoined{});
#endif
}
