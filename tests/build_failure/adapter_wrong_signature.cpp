// SPDX-License-Identifier: MIT
// expected: castore: this adapter needs a public member function `castore::PushOutcome push_events(std::span<const castore::PushRecord> records, const castore::PushOptions& options)`
// expected: MyAdapter
// errors: 1
// lines[gcc]: 16
// lines[clang]: 18
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
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, bool) { return {}; }
#else
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
#endif
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
};

static_assert(castore::explain_event_storage_adapter<MyAdapter>());

int main() {
  MyAdapter storage;
  const castore::AnyEventStorageAdapter handle{storage};
  const castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer, MyAdapter> others{"O", storage};
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
