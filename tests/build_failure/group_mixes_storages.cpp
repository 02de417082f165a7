// SPDX-License-Identifier: MIT
// expected: castore: the stores of this group keep their events in storages of different types, so the group cannot be all or nothing
// expected: MyAdapter
// expected: InMemoryEventStorageAdapter
// errors: 1
// lines[clang]: 15
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
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
};

template <class Adapter>
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer, Adapter>;

int main() {
  castore::InMemoryEventStorageAdapter memory;
  MyAdapter mine;
  PokemonStore<castore::InMemoryEventStorageAdapter> wild{"WILD", memory};
  PokemonStore<castore::InMemoryEventStorageAdapter> tame{"TAME", memory};
  PokemonStore<MyAdapter> lost{"LOST", mine};

  castore::push_event_group(wild.group_event("pikachu", 1, PokemonAppeared{}),
                            tame.group_event("pikachu", 1, PokemonAppeared{}));
#ifdef OFFEND
  castore::push_event_group(wild.group_event("bulbasaur", 1, PokemonAppeared{}),
                            lost.group_event("bulbasaur", 1, PokemonAppeared{}));
#endif
}
