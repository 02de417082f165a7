// SPDX-License-Identifier: MIT
// A snapshot is a cache of what the events say: it says which reducer made it, and is thrown away when it may be wrong.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/snapshots.hpp>

#include <iostream>
#include <map>
#include <string>

struct Champion {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};

// [wrong]
struct WrongReducer {  // of a release whose levels were one too low
  static constexpr int version = 1;
  void operator()(Champion& champion, const PokemonAppeared& event) const { champion.level = event.level - 1; }
  void operator()(Champion&, const PokemonCaughtByTrainer&) const {}
  void operator()(Champion& champion, const PokemonLeveledUp&) const { ++champion.level; }
};
// [/wrong]

// [way]
struct MendedReducer {
  static constexpr int version = 2;  // raised with every change of the reducer or the aggregate
  void operator()(Champion& champion, const PokemonAppeared& event) const { champion.level = event.level; }
  void operator()(Champion&, const PokemonCaughtByTrainer&) const {}
  void operator()(Champion& champion, const PokemonLeveledUp&) const { ++champion.level; }
};
// [/way]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<PokemonEvents, Champion, WrongReducer> wrong{"CHAMPIONS", storage};
  castore::EventStore<PokemonEvents, Champion, MendedReducer> champions{"CHAMPIONS", storage};
  champions.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  for (castore::Version version = 2; version <= 50; ++version) {
    champions.push_event("pikachu", version, PokemonLeveledUp{});
  }

  // [fall]
  std::map<std::string, Champion> truth;
  truth["pikachu"] = wrong.get_existing_aggregate("pikachu");  // saved by the wrong release
  champions.push_event("pikachu", 51, PokemonLeveledUp{});     // the reducer has been corrected since
  std::cout << "snapshot as truth: level " << champions.extend_aggregate(truth["pikachu"]).level << '\n';
  // [/fall]

  castore::SnapshotEventStore before{wrong, storage, {.policy = castore::every(10)}};
  std::cout << "before: level " << before.get_existing_aggregate("pikachu").level << '\n';
  // [run]
  castore::SnapshotEventStore fast{champions, storage, {.policy = castore::every(10)}};
  std::cout << "snapshot as cache: level " << fast.get_existing_aggregate("pikachu").level << '\n';
  champions.push_event("pikachu", 52, PokemonLeveledUp{});
  std::cout << "snapshot as cache: level " << fast.get_existing_aggregate("pikachu").level << '\n';
  std::cout << "from the first event: " << fast.statistics().misses << ", from a snapshot: " << fast.statistics().hits
            << '\n';
  // [/run]
}
