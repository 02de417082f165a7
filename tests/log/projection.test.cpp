// SPDX-License-Identifier: MIT
#include <castore/log/projection.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/testing/fake_feed.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using castore::AsyncProjection;
using castore::EventInfo;
using castore::PollResult;
using castore::Position;
using castore::ProjectionVersions;
using castore::SqliteTransaction;
using castore::testing::FakeFeed;
using castore::testing::FakeTransaction;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

namespace {

/// Levels by id, in a table; another table for each version.
template <int number>
struct Levels {
  static constexpr std::string_view name = "levels";
  static constexpr int version = number;

  static std::string table() { return "levels_" + std::to_string(number); }
  void create(SqliteTransaction& tx) const {
    tx.execute("CREATE TABLE " + table() + " (id TEXT PRIMARY KEY, level INTEGER, position INTEGER)");
  }
  void drop(SqliteTransaction& tx) const { tx.execute("DROP TABLE " + table()); }
  void activate(SqliteTransaction& tx) const {
    tx.execute("DROP VIEW IF EXISTS levels; CREATE VIEW levels AS SELECT * FROM " + table());
  }
  void operator()(SqliteTransaction& tx, const PokemonAppeared& event, const EventInfo<PokemonAppeared>& info) const {
    tx.execute("INSERT INTO " + table() + " VALUES (?, ?, 0)", info.aggregate_id, event.level);
  }
  void operator()(SqliteTransaction& tx, const PokemonLeveledUp&, const EventInfo<PokemonLeveledUp>& info,
                  const castore::EventPlace& place) const {
    tx.execute("UPDATE " + table() + " SET level = level + 1, position = ? WHERE id = ?", place.position,
               info.aggregate_id);
  }
};

std::string rows(castore::SqliteEventStorageAdapter& storage, std::string_view table) {
  std::string text;
  storage.transact([&](SqliteTransaction& tx) {
    for (const castore::SqlRow& row : tx.query("SELECT id, level FROM " + std::string{table} + " ORDER BY id")) {
      text += row.get<std::string>(0) + "=" + row.get<std::string>(1) + " ";
    }
  });
  return text;
}

/// Gets whole batches.
struct Batches {
  static constexpr std::string_view name = "batches";
  static constexpr int version = 1;
  void apply(FakeTransaction& tx, std::span<const PokemonStore::Event> events) const {
    sizes->push_back(events.size());
    for (const PokemonStore::Event& event : events) {
      if (event.version() == 3) throw std::runtime_error{"no room"};
      tx.rows[event.aggregate_id()] += std::to_string(event.version());
    }
  }
  std::vector<std::size_t>* sizes;
};

/// One for all storages.
struct Counts {
  static constexpr std::string_view name = "counts";
  static constexpr int version = 1;
  template <class Transaction>
  void operator()(Transaction&, const PokemonLeveledUp&) const {
    ++*count;
  }
  int* count;
};

/// Writes elsewhere.
struct Elsewhere {
  static constexpr std::string_view name = "elsewhere";
  static constexpr int version = 3;
  void operator()(const PokemonAppeared& event, const EventInfo<PokemonAppeared>& info) const {
    names->push_back(event.name + std::to_string(info.version));
  }
  void operator()(const PokemonLeveledUp&, const EventInfo<PokemonLeveledUp>& info,
                  const castore::EventPlace& place) const {
    names->push_back(std::to_string(info.version) + " at " + std::to_string(place.position));
  }
  std::vector<std::string>* names;
};

}  // namespace

TEST_CASE("a projection is created once and follows the events it names, in SQLite") {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  AsyncProjection list{storage, std::tie(pokemons), Levels<1>{}};
  CHECK(list.name() == "levels");
  CHECK(list.version() == 1);
  CHECK(list.poll() == PollResult{2, 2, true});
  CHECK(rows(storage, "levels_1") == "pikachu=6 ");
  const auto pushed = pokemons.push_event("raichu", 1, PokemonAppeared{"Raichu", 9});
  CHECK(list.lag() == 1);
  CHECK(list.catch_up() == PollResult{1, 3, true});
  CHECK(list.wait_until(*pushed.position, std::chrono::milliseconds{0}));
  AsyncProjection again{storage, std::tie(pokemons), Levels<1>{}};
  CHECK(again.catch_up() == PollResult{0, 3, true});
  CHECK(rows(storage, "levels_1") == "pikachu=6 raichu=9 ");
}

TEST_CASE("a new version is built next to the old one, and takes over when it has caught up") {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  AsyncProjection old_list{storage, std::tie(pokemons), Levels<1>{}};
  old_list.catch_up();
  ProjectionVersions versions{storage, "levels"};
  CHECK_FALSE(versions.active());
  versions.activate(Levels<1>{});
  CHECK(versions.active() == 1);
  CHECK(rows(storage, "levels") == "pikachu=6 ");

  AsyncProjection new_list{storage, std::tie(pokemons), Levels<2>{}, {.batch_size = 1}};
  new_list.poll();
  const auto behind = error_of<castore::ProjectionBehindError>([&] { versions.activate(Levels<2>{}); });
  CHECK(behind.version() == 2);
  CHECK(behind.position() == 1);
  CHECK(behind.active_version() == 1);
  CHECK(behind.active_position() == 2);
  CHECK(versions.active() == 1);
  CHECK(rows(storage, "levels") == "pikachu=6 ");
  CHECK(rows(storage, "levels_2") == "pikachu=5 ");
  CHECK(old_list.catch_up() == PollResult{0, 2, true});

  new_list.catch_up();
  CHECK_THROWS_AS(versions.retire(Levels<1>{}), std::invalid_argument);
  ProjectionVersions others{storage, "others"};
  CHECK_THROWS_AS(others.activate(Levels<2>{}), std::invalid_argument);
  CHECK_THROWS_AS(others.retire(Levels<2>{}), std::invalid_argument);
  CHECK_FALSE(others.active());
  CHECK(others.position(1) == 0);
  versions.activate(Levels<2>{});
  CHECK(versions.active() == 2);
  versions.retire(Levels<1>{});
  CHECK(versions.position(1) == 0);
  CHECK(versions.position(2) == 2);
  CHECK(rows(storage, "levels") == "pikachu=6 ");
  storage.transact(
      [](SqliteTransaction& tx) { CHECK(tx.query("SELECT 1 FROM sqlite_schema WHERE name = ?", "levels_1").empty()); });

  // It may come again, from the beginning; the one that was at work meanwhile is told.
  pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(error_of<castore::ProjectionTakenOverError>([&] { old_list.poll(); }).position() == 2);
  AsyncProjection third{storage, std::tie(pokemons), Levels<1>{}};
  CHECK(third.catch_up() == PollResult{3, 3, true});

  // By its number alone a version is activated and forgotten, and its table stays as it is.
  new_list.catch_up();
  versions.activate(1);
  CHECK(versions.active() == 1);
  CHECK(rows(storage, "levels") == "pikachu=7 ");
  CHECK_THROWS_AS(versions.retire(1), std::invalid_argument);
  versions.retire(2);
  CHECK(versions.position(2) == 0);
  CHECK(rows(storage, "levels_2") == "pikachu=7 ");
}

TEST_CASE("a projection may take its events in batches; the one that fails is found all the same") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  std::vector<std::size_t> sizes;
  AsyncProjection list{storage, std::tie(pokemons), Batches{&sizes}};
  CHECK(list.catch_up() == PollResult{2, 2, true});
  CHECK(sizes == std::vector<std::size_t>{2});
  pokemons.push_events("raichu", 0, PokemonAppeared{"Raichu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  const auto error = error_of<castore::SubscriptionStoppedError>([&] { list.catch_up(); });
  CHECK(error.position() == 5);
  CHECK(list.position() == 4);
  const std::map<std::string, std::string> expected{{"pikachu", "12"}, {"raichu", "12"}};
  CHECK(storage.state().rows == expected);

  // A look that finds nothing for it moves its checkpoint, does not call it, and creates nothing.
  sizes.clear();
  FakeFeed other_storage;
  PokemonStore others{"OTHERS", other_storage};
  others.push_event("muk", 1, PokemonAppeared{"Muk", 1});
  PokemonStore nobodys{"POKEMONS", other_storage};
  AsyncProjection idle{other_storage, std::tie(nobodys), Batches{&sizes}};
  CHECK(idle.poll() == PollResult{0, 1, true});
  CHECK(sizes.empty());
  const std::size_t commits = other_storage.commits();
  CHECK(idle.poll() == PollResult{0, 1, true});
  CHECK(other_storage.commits() == commits);
}

TEST_CASE("a projection may be for any storage, or keep its read model elsewhere") {
  FakeFeed feed;
  castore::InMemoryEventStorageAdapter memory;
  std::vector<std::string> names;
  int count = 0;
  {
    PokemonStore pokemons{"POKEMONS", feed};
    pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
    AsyncProjection counts{feed, std::tie(pokemons), Counts{&count}};
    CHECK(counts.catch_up() == PollResult{1, 2, true});
    const auto checkpoints = std::make_shared<castore::InMemoryCheckpointStore>();
    AsyncProjection elsewhere{feed, std::tie(pokemons), Elsewhere{&names}, {.checkpoints = checkpoints}};
    CHECK(elsewhere.catch_up() == PollResult{2, 2, true});
    CHECK(checkpoints->checkpoint("elsewhere", 3) == 2);
  }
  PokemonStore pokemons{"POKEMONS", memory};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  AsyncProjection counts{memory, std::tie(pokemons), Counts{&count}};
  CHECK(counts.catch_up() == PollResult{1, 2, true});
  CHECK(count == 2);
  CHECK(names == std::vector<std::string>{"Pikachu1", "2 at 2"});
}
