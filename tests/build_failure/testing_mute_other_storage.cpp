// SPDX-License-Identifier: MIT
// expected: castore: this event store is declared for another storage than the in-memory one, so it cannot be muted; use castore::testing::mock_event_store, which makes a copy, or leave out its fourth parameter
// errors: 1
// lines[gcc]: 16
// lines[clang]: 24
#include <castore/castore.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/testing/mute_event_store.hpp>

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
  const auto muted = castore::testing::mute_event_store(pokemons);
#ifdef OFFEND
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer, castore::SqliteEventStorageAdapter>
      in_sqlite{"POKEMONS"};
  const auto offend = castore::testing::mute_event_store(in_sqlite);
#endif
}
