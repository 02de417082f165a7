// SPDX-License-Identifier: MIT
// expected: castore: this adapter needs a public member function `castore::PushOutcome push_events(std::span<const castore::PushRecord> records, bool force)`
// expected: MyAdapter
// errors: 1
#include <castore/castore.hpp>

#include <span>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};

struct MyAdapter {
#ifdef OFFEND
  bool push_events(std::span<const castore::PushRecord>, bool) { return true; }
#else
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, bool) { return {}; }
#endif
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
};

int main() {
  MyAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
