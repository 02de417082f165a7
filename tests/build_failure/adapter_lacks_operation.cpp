// SPDX-License-Identifier: MIT
// expected: castore: this adapter needs a public member function `void get_events(std::string_view event_store_id, std::string_view aggregate_id, const castore::GetEventsOptions& options, castore::RecordSink sink)`
// expected: MyAdapter
// errors: 1
// lines[gcc]: 20
// lines[clang]: 30
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
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
#ifndef OFFEND
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
#endif
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
};

int main() {
  MyAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
