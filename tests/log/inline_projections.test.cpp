// SPDX-License-Identifier: MIT
#include <castore/log/inline_projections.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/testing/fake_feed.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using castore::AsyncProjection;
using castore::EventInfo;
using castore::InlineProjections;
using castore::PollResult;
using castore::SqliteTransaction;
using castore::testing::FakeFeed;
using castore::testing::FakeTransaction;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

namespace {

/// One text for each aggregate: its versions.
struct Versions {
  static constexpr std::string_view name = "versions";
  static constexpr int version = 1;
  void operator()(FakeTransaction& tx, const PokemonAppeared& event, const EventInfo<PokemonAppeared>& info) const {
    if (event.level == -2) throw castore::StorageError{"a deadlock", true};
    if (event.level < 0) throw std::runtime_error{"no room"};
    tx.rows[std::string{info.aggregate_id}] += std::to_string(info.version);
  }
  void operator()(FakeTransaction& tx, const PokemonLeveledUp&, const EventInfo<PokemonLeveledUp>& info) const {
    tx.rows[std::string{info.aggregate_id}] += std::to_string(info.version);
  }
};

struct Counts {
  static constexpr std::string_view name = "counts";
  static constexpr int version = 1;
  void create(SqliteTransaction& tx) const {
    tx.execute("CREATE TABLE counts (id TEXT PRIMARY KEY, n INTEGER, last INTEGER)");
  }
  template <class Payload>
    requires castore::EventPayload<Payload>
  void operator()(SqliteTransaction& tx, const Payload&, const EventInfo<Payload>& info) const {
    tx.execute(
        "INSERT INTO counts VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE SET n = n + 1, last = excluded.last"
        " WHERE last = excluded.last - 1",
        info.aggregate_id, info.version);
  }
};

/// Takes all of a store's events.
struct Batches {
  static constexpr std::string_view name = "batches";
  static constexpr int version = 1;
  void apply(FakeTransaction& tx, std::span<const PokemonStore::Event> events) const {
    for (const PokemonStore::Event& event : events) tx.rows[event.aggregate_id()] += std::to_string(event.version());
  }
};

/// One for all storages.
struct AnyCounts {
  static constexpr std::string_view name = "any_counts";
  static constexpr int version = 1;
  template <class Transaction>
  void operator()(Transaction&, const PokemonLeveledUp&) const {}
};

/// While somebody reads, others push.
class BusyFeed : public FakeFeed {
 public:
  std::function<void(int)> on_read = [](int) {};

  castore::ReadAllEventsResult read_all_events(castore::Position after, const castore::ReadAllEventsOptions& options,
                                               castore::SequencedEventSink sink) {
    const auto result = FakeFeed::read_all_events(after, options, sink);
    if (options.limit > 0) on_read(++reads_);
    return result;
  }

 private:
  int reads_ = 0;
};

struct Names {
  static constexpr std::string_view name = "names";
  static constexpr int version = 1;
  void operator()(castore::InMemoryTransaction& tx, const PokemonAppeared& event) const {
    tx.set(*text, *text + event.name);
  }
  std::string* text;
};

}  // namespace

TEST_CASE("an inline projection does nothing before it is handed over, and each event once after that") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore monsters{"MONSTERS", storage};
  InlineProjections inline_pokemons{pokemons, storage, Versions{}};
  inline_pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(storage.state().rows.empty());
  const auto told = [&] { return storage.state().checkpoint("versions#pushed", 1); };
  CHECK(told() == 1);  // so that who hands over sees it
  AsyncProjection list{storage, std::tie(pokemons), Versions{}};
  CHECK(list.catch_up() == PollResult{1, 1, true});
  inline_pokemons.push_event("pikachu", 2, PokemonLeveledUp{});

  inline_pokemons.hand_over();
  CHECK(storage.state().rows.at("pikachu") == "12");
  CHECK(told() == 2);
  const auto pushed = inline_pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(pushed.position == 3);
  CHECK(storage.state().rows.at("pikachu") == "123");
  CHECK(told() == 2);  // no push waits for another one to say more
  inline_pokemons.hand_over();
  CHECK(storage.state().rows.at("pikachu") == "123");
  AsyncProjection another{storage, std::tie(pokemons), Versions{}};
  CHECK(error_of<castore::ProjectionTakenOverError>([&] { another.poll(); }).position() == 3);
  CHECK(error_of<castore::ProjectionTakenOverError>([&] { list.poll(); }).name() == "versions");
  CHECK(storage.state().rows.at("pikachu") == "123");

  // A command, several events, a group with another store: a copy does it, too.
  auto copy = inline_pokemons;
  const castore::Command level_up{"LEVEL_UP", copy, [](const castore_tests::Pokemon&) { return PokemonLeveledUp{}; }};
  level_up("pikachu");
  copy.push_events("raichu", 0, PokemonAppeared{"Raichu", 3}, PokemonLeveledUp{});
  castore::push_event_group(copy.group_event("pikachu", 5, PokemonLeveledUp{}),
                            monsters.group_event("pikachu", 1, PokemonAppeared{"Mew", 1}),
                            copy.group_event("muk", 1, PokemonAppeared{"Muk", 1}));
  const std::map<std::string, std::string> rows{{"muk", "1"}, {"pikachu", "12345"}, {"raichu", "12"}};
  CHECK(storage.state().rows == rows);
}

TEST_CASE("a hand-over ends though other programs push all the time") {
  BusyFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  InlineProjections inline_pokemons{pokemons, storage, Versions{}};
  InlineProjections elsewhere{pokemons, storage, Versions{}};
  elsewhere.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  int reads = 0;
  storage.on_read = [&](int number) {
    reads = number;
    if (number > 100) throw std::logic_error{"it would not end"};
    elsewhere.push_event("pikachu", number + 1, PokemonLeveledUp{});
  };
  const auto error = error_of<castore::StorageError>([&] { inline_pokemons.hand_over(); });
  CHECK(error.what() ==
        std::string{"castore: 'versions' (version 1) was not handed over, as others pushed at each of 20 attempts; call "
                    "hand_over again when they push less"});
  CHECK(error.retryable());
  CHECK(reads == 20);
  CHECK(storage.state().checkpoint("versions#inline", 1) == 0);

  storage.on_read = [](int) {};
  inline_pokemons.hand_over();
  CHECK(storage.state().rows.at("pikachu") == "123456789101112131415161718192021");
  inline_pokemons.push_event("muk", 1, PokemonAppeared{"Muk", 1});
  CHECK(storage.state().rows.at("muk") == "1");
}

TEST_CASE("a hand-over lets its own store's pushes wait when they have come in between three times") {
  BusyFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  InlineProjections inline_pokemons{pokemons, storage, Versions{}};
  auto copy = inline_pokemons;
  copy.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  std::vector<std::future<void>> pushes;
  storage.on_read = [&](int number) {
    pushes.push_back(std::async(std::launch::async, [&copy, number] {
      copy.push_event("aggregate" + std::to_string(number), 1, PokemonAppeared{"Muk", 1});
    }));
    // One that does not wait is there soon.
    pushes.back().wait_for(std::chrono::milliseconds{number <= 3 ? 10'000 : 50});
  };
  inline_pokemons.hand_over();
  for (auto& push : pushes) push.get();
  CHECK(pushes.size() == 4);
  CHECK(storage.state().rows.size() == 5);
  CHECK(storage.state().checkpoint("versions#inline", 1) == 5);
}

TEST_CASE("a push whose inline projection throws, and one that is refused, leave neither event nor row") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  InlineProjections inline_pokemons{pokemons, storage, Versions{}};
  inline_pokemons.hand_over();
  const auto push = [&] {
    inline_pokemons.push_events("muk", 0, PokemonAppeared{"Muk", 1}, PokemonAppeared{"Muk", -1});
  };
  const auto error = error_of<castore::ProjectionError>(push);
  CHECK(error.name() == "versions");
  CHECK(error.version() == 1);
  CHECK(error.aggregate_id() == "muk");
  CHECK(error.event_version() == 2);
  CHECK(error.type() == "POKEMON_APPEARED");
  CHECK(cause_of<std::runtime_error>(push).what() == std::string_view{"no room"});
  // What may pass by itself is the push's own error: it may be tried again.
  CHECK(error_of<castore::StorageError>([&] {
          inline_pokemons.push_event("muk", 1, PokemonAppeared{"Muk", -2});
        }).retryable());
  CHECK(storage.state().rows.empty());
  CHECK(pokemons.get_events("muk").empty());

  inline_pokemons.push_event("muk", 1, PokemonAppeared{"Muk", 1});
  CHECK_FALSE(inline_pokemons.try_push_event("muk", 1, PokemonAppeared{"Muk", 1}));
  CHECK(storage.state().rows.at("muk") == "1");
}

TEST_CASE("an inline projection that takes batches gets each event of a push") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  InlineProjections inline_pokemons{pokemons, storage, Batches{}};
  inline_pokemons.hand_over();
  inline_pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  CHECK(storage.state().rows.at("pikachu") == "12");
}

TEST_CASE("inline projections refuse a storage that lacks what they need, or is not that of their store") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore_tests::RecordStorage records;
  castore::AnyEventStorageAdapter any{records};
  const auto make = [&] { const InlineProjections refused{pokemons, any, AnyCounts{}}; };
  CHECK(error_of<castore::UnsupportedOperationError>(make).operation() ==
        castore::operations::PushEventsInTransaction::name);

  castore::SqliteEventStorageAdapter sqlite{":memory:"};
  InlineProjections elsewhere{pokemons, sqlite, Counts{}};
  const auto push = [&] { elsewhere.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}); };
  CHECK(error_of<castore::StorageError>(push).what() ==
        std::string{"castore: the storage of inline projections is not that of their event store; give them the same"});
  CHECK(pokemons.get_events("pikachu").empty());
}

TEST_CASE("an inline projection works with the storages in memory") {
  castore::InMemoryEventStorageAdapter memory;
  PokemonStore pokemons{"POKEMONS", memory};
  std::string text;
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  InlineProjections inline_pokemons{pokemons, memory, Names{&text}};
  inline_pokemons.hand_over();
  inline_pokemons.push_event("muk", 1, PokemonAppeared{"Muk", 5});
  CHECK(text == "PikachuMuk");
  CHECK(inline_pokemons.get_existing_aggregate("muk").name == "Muk");

  castore::SqliteEventStorageAdapter sqlite{":memory:"};
  PokemonStore in_sqlite{"POKEMONS", sqlite};
  in_sqlite.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  InlineProjections inline_sqlite{in_sqlite, sqlite, Counts{}};
  inline_sqlite.hand_over();
  inline_sqlite.push_event("pikachu", 2, PokemonLeveledUp{});
  sqlite.transact([](SqliteTransaction& tx) { CHECK(tx.query("SELECT n FROM counts")[0].get<int>(0) == 2); });
}
