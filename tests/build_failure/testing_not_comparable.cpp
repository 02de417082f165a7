// SPDX-License-Identifier: MIT
// expected: castore: the test kit cannot compare values of this type; write in it, and in the types of its fields, `friend bool operator==(const TheType&, const TheType&) = default;` or `NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, its, fields)`
// expected: Counter
// errors: 1
#include <castore/castore.hpp>
#include <castore/testing/property_check.hpp>

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

struct Counter : castore::Aggregate {
  int count = 0;
#ifndef OFFEND
  friend bool operator==(const Counter&, const Counter&) = default;
#endif
};
struct CounterReducer {
  void operator()(Counter& counter, const PokemonAppeared&) const { ++counter.count; }
};

int main() {
  using CounterDomain = castore::testing::Domain<castore::Events<PokemonAppeared>, Counter, CounterReducer>;
  castore::testing::check_reducer<CounterDomain>(PokemonAppeared{});
}
