// SPDX-License-Identifier: MIT
// expected: castore: this needs a storage that keeps snapshots; give it the public member functions `bool save_snapshot(const castore::SnapshotRecord& snapshot)`, `std::int64_t load_snapshot(const castore::SnapshotKey& key, castore::Version max_version, castore::SnapshotSink sink)` and `void delete_snapshots(std::string_view event_store_id, const castore::DeleteSnapshotsOptions& which)`, or take another storage for them, such as a castore::InMemorySnapshotStorage
// expected: MyAdapter
// errors: 1
#include <castore/castore.hpp>
#include <castore/snapshots.hpp>

#include <span>
#include <string>
#include <string_view>

struct MyAdapter {
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
};

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
};

int main() {
  MyAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
#ifdef OFFEND
  castore::SnapshotEventStore fast{pokemons, storage};
#else
  castore::InMemorySnapshotStorage snapshots;
  castore::SnapshotEventStore fast{pokemons, snapshots};
#endif
  (void)fast.get_aggregate("pikachu");
}
