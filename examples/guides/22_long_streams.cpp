// SPDX-License-Identifier: MIT
// A long stream, loaded from a snapshot, and from memory.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/snapshots.hpp>
#include <castore/testing/property_check.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

// [aggregate]
struct Champion {  // all fields its own, so they are found
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name;
  int level = 0;
};

struct ChampionReducer {
  static constexpr int version = 2;  // raise it when this code, or Champion, changes

  void operator()(Champion& champion, const PokemonAppeared& event) const {
    champion.name = event.name;
    champion.level = event.level;
  }
  void operator()(Champion&, const PokemonCaughtByTrainer&) const {}
  void operator()(Champion& champion, const PokemonLeveledUp&) const { ++champion.level; }
};
// [/aggregate]

using ChampionStore = castore::EventStore<PokemonEvents, Champion, ChampionReducer>;

int main() {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  ChampionStore champions{"CHAMPIONS", storage};
  champions.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  for (castore::Version version = 2; version <= 250; ++version) {
    champions.push_event("pikachu", version, PokemonLeveledUp{});
  }

  // [fast]
  castore::SnapshotEventStore fast{champions, storage, {.policy = castore::every(100)}};
  auto level_up = castore::Command{"LEVEL_UP", fast, [](const Champion&) { return PokemonLeveledUp{}; }};
  level_up("pikachu");  // reads 250 events and saves a snapshot
  level_up("pikachu");  // reads the snapshot, and 1 event after it
  std::cout << "level " << fast.get_existing_aggregate("pikachu").level << '\n';
  // [/fast]

  // [statistics]
  const castore::SnapshotStatistics statistics = fast.statistics();
  std::cout << statistics.hits << " loads from a snapshot, " << statistics.tails << " events after them, "
            << statistics.misses << " from the first event\n";
  // [/statistics]

  // [rewind]
  std::cout << "at version 100: level " << fast.get_existing_aggregate("pikachu", {.max_version = 100}).level << '\n';
  // [/rewind]

  // [options]
  castore::SnapshotEventStore hourly{champions,
                                     storage,
                                     {.policy = castore::every(std::chrono::hours{1}),
                                      .on_snapshot_ignored =
                                          [](const castore::IgnoredSnapshot& ignored) {
                                            std::cerr << "snapshot " << ignored.version << " of "
                                                      << ignored.aggregate_id << " was not used: " << ignored.reason
                                                      << '\n';
                                          },
                                      .on_snapshot_failed =
                                          [](std::string_view aggregate_id, const std::exception_ptr&) {
                                            std::cerr << "no snapshot of " << aggregate_id << " was saved\n";
                                          }}};
  castore::SnapshotEventStore own{champions, storage, {.policy = [](const castore::SnapshotTail& tail) {
                                    return tail.events >= 50 && tail.version >= 1000;
                                  }}};
  // [/options]

  // [prune]
  fast.prune();                                   // the newest one of each aggregate stays
  fast.delete_snapshots({.reducer_version = 1});  // of a release that no program runs any more
  // [/prune]

  // [cache]
  castore::CachedEventStore cached{fast, {.max_aggregates = 10'000}};
  cached.get_aggregate("pikachu");  // from the snapshot
  cached.get_aggregate("pikachu");  // from memory, and what is new
  std::cout << cached.statistics().hits << " load from memory\n";
  // [/cache]

  // [apart]
  castore::InMemorySnapshotStorage snapshots;  // or an SQLite file next to the program
  castore::SnapshotEventStore apart{champions, snapshots};
  // [/apart]

  // [check]
  castore::testing::check_snapshots<ChampionStore>(PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  // [/check]
  std::cout << "level " << own.get_existing_aggregate("pikachu").level << ", "
            << hourly.get_existing_aggregate("pikachu").level << ", " << apart.get_existing_aggregate("pikachu").level
            << '\n';
}
