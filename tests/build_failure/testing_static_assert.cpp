// SPDX-License-Identifier: MIT
// expected: the_decision_is_another_than_expected
// errors[clang]: 1
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

struct Name {
  constexpr Name& operator=(std::string_view) { return *this; }
  friend constexpr bool operator==(const Name&, std::string_view) { return true; }
};
struct Counter {
  Name aggregate_id{};
  castore::Version version = 0;
};
struct CounterReducer {
  constexpr void operator()(Counter&, const PokemonAppeared&) const {}
};
using CounterDomain = castore::testing::Domain<castore::Events<PokemonAppeared>, Counter, CounterReducer>;

constexpr PokemonAppeared appear(const Counter&) { return {}; }

static_assert(castore::testing::given<CounterDomain>(PokemonAppeared{}).when(appear).then(PokemonAppeared{}));
#ifdef OFFEND
static_assert(castore::testing::given<CounterDomain>(PokemonAppeared{}).when(appear).then(castore::testing::nothing));
#endif
