// SPDX-License-Identifier: MIT
#include <castore/snapshots/snapshot_event_store.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event_group.hpp>
#include <castore/log/inline_projections.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/message_json.hpp>
#include <castore/snapshots/cached_event_store.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include "adapters/support/sqlite.hpp"
#include "snapshots/domain.hpp"
#include "support/catch.hpp"
#include "support/records_only_adapter.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Not without a name, where Clang would miss uses of what NLOHMANN_DEFINE_TYPE_INTRUSIVE defines.
namespace snapshot_store_tests {

using namespace castore;
using namespace castore::snapshot_tests;

struct Told {
  std::vector<SnapshotFault> ignored{};
  std::vector<std::string> failed{};

  SnapshotEventStoreOptions options(SnapshotPolicy policy) {
    return {.policy = std::move(policy),
            .on_snapshot_ignored = [this](const IgnoredSnapshot& snapshot) { ignored.push_back(snapshot.fault); },
            .on_snapshot_failed =
                [this](std::string_view, std::exception_ptr error) {
                  try {
                    std::rethrow_exception(error);
                  } catch (const std::exception& reason) {
                    failed.emplace_back(reason.what());
                  }
                }};
  }
};

SnapshotRecord record_of(const std::string& id, Version version, const std::string& state, Timestamp event_timestamp,
                         std::int64_t history = 0) {
  return {.event_store_id = "S",
          .aggregate_id = id,
          .reducer_version = 3,
          .version = version,
          .event_timestamp = event_timestamp,
          .state = state,
          .history = history};
}

TEST_CASE("a load begins with the newest snapshot, and statistics tell what it read") {
  InMemoryEventStorageAdapter storage;
  StoryStore stories{"S", storage};
  SnapshotEventStore fast{stories, storage, {.policy = every(3)}};
  push_all(stories, "a", 2);
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  CHECK(fast.statistics() == SnapshotStatistics{.misses = 1});
  push_all(stories, "a", 4, 3);
  CHECK(fast.get_existing_aggregate("a").text == "1 2 3 4 ");
  push_all(stories, "a", 6, 5);
  CHECK(fast.get_existing_aggregate("a").text == "1 2 3 4 5 6 ");
  CHECK(fast.get_aggregate("a", {.max_version = 3})->text == "1 2 3 ");
  CHECK(fast.get_aggregate("a", {.max_version = 5})->text == "1 2 3 4 5 ");
  CHECK(fast.statistics() == SnapshotStatistics{.hits = 2, .misses = 3, .tails = 3, .saved = 1});
  CHECK(fast.get_aggregate("a")->version == 6);
  CHECK(fast.get_aggregate("a")->aggregate_id == "a");
  CHECK(fast.reducer_version() == 3);
  CHECK(&fast.event_store() == &stories);
  CHECK_FALSE(fast.get_aggregate("nobody"));
  try {
    (void)fast.get_existing_aggregate("nobody");
    FAIL("no error");
  } catch (const AggregateNotFoundError& error) {
    CHECK(error.aggregate_id() == "nobody");
    CHECK(error.event_store_id() == "S");
  }
}

TEST_CASE("policies say after which loads a snapshot is saved: by events, by time, by a function") {
  InMemoryEventStorageAdapter storage;
  Timestamp now{std::chrono::hours{1'000'000}};
  StoryStore stories{"S", storage, {.clock = [&now] { return now; }}};
  push_all(stories, "a", 1);
  SnapshotEventStore hourly{stories, storage, {.policy = every(std::chrono::hours{1})}};
  (void)hourly.get_aggregate("a");
  CHECK(hourly.statistics().saved == 1);
  push_all(stories, "a", 2, 2);
  now += std::chrono::minutes{59};
  (void)hourly.get_aggregate("a");
  CHECK(hourly.statistics().saved == 1);
  now += std::chrono::minutes{1};
  (void)hourly.get_aggregate("a");
  (void)hourly.get_aggregate("a");
  CHECK(hourly.statistics().saved == 2);

  std::vector<std::string> seen;
  SnapshotEventStore own{stories, storage, {.policy = [&seen](const SnapshotTail& tail) {
                           seen.push_back(std::string{tail.aggregate_id} + std::to_string(tail.version) + "/" +
                                          std::to_string(tail.events) +
                                          (tail.snapshot_created_at ? " after a snapshot" : ""));
                           return tail.version == 4;
                         }}};
  push_all(stories, "a", 3, 3);
  (void)own.get_aggregate("a");
  push_all(stories, "a", 4, 4);
  (void)own.get_aggregate("a");
  (void)own.get_aggregate("a");
  (void)own.get_aggregate("a", {.max_version = 3});
  CHECK(seen == std::vector<std::string>{"a3/1 after a snapshot", "a4/2 after a snapshot"});
  CHECK(own.statistics().saved == 1);
  REQUIRE_THROWS_AS(every(0), std::invalid_argument);
  REQUIRE_THROWS_AS(SnapshotPolicy{std::function<bool(const SnapshotTail&)>{}}, std::invalid_argument);
}

struct AnyReducer {
  template <class Payload>
  void operator()(Story&, const Payload&) const {}
};
/// As of a release before `StoryReducer`, with a mistake in it.
struct WrongReducer {
  static constexpr int version = 2;
  void operator()(Story& story, const Noted& noted) const { (story.text += noted.text) += '?'; }
};

TEST_CASE("a reducer that was mended, and has another version, never sees what the wrong one saved") {
  InMemoryEventStorageAdapter storage;
  EventStore<Events<Noted>, Story, WrongReducer> of_before{"S", storage};
  StoryStore of_today{"S", storage};
  SnapshotEventStore before{of_before, storage, {.policy = every(1)}};
  SnapshotEventStore today{of_today, storage, {.policy = every(1)}};
  for (Version version = 1; version <= 4; ++version) {  // both releases run at the same time
    push_all(of_before, "a", version, version);
    CHECK(today.get_existing_aggregate("a").text.find('?') == std::string::npos);
    CHECK(before.get_existing_aggregate("a").text.find(' ') == std::string::npos);
  }
  CHECK(today.statistics().hits == 3);
  today.delete_snapshots({.reducer_version = 2});
  CHECK(before.get_existing_aggregate("a").text == "1?2?3?4?");
  CHECK(before.statistics().misses == 2);
  SnapshotEventStore by_option{of_today, storage, {.reducer_version = 7}};
  CHECK(by_option.reducer_version() == 7);
}

TEST_CASE("a snapshot that cannot be used is told with the reason, and is not used") {
  InMemoryEventStorageAdapter storage;
  Told told;
  StoryStore stories{"S", storage, {.clock = [] { return Timestamp{std::chrono::hours{500'000}}; }}};
  const Timestamp then = stories.options().clock();
  SnapshotEventStore fast{stories, storage, told.options(every(100))};
  push_all(stories, "a", 2);
  const auto save = [&](const SnapshotRecord& record) {
    SnapshotRecord now = record;
    now.history = storage.load_snapshot({}, 0, [](const SnapshotView&) {});
    CHECK(storage.save_snapshot(now));
  };
  save(record_of("a", 1, "{", then));
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  save(record_of("a", 1, R"({"aggregate_id":"b","version":1,"text":""})", then));
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  save(record_of("a", 1, R"({"aggregate_id":"a","version":1,"text":""})", then + std::chrono::milliseconds{1}));
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  save(record_of("a", 3, R"({"aggregate_id":"a","version":3,"text":""})", then));
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  using enum SnapshotFault;
  CHECK(told.ignored == std::vector{damaged, of_another, not_in_history, not_in_history});
  CHECK(fast.statistics() == SnapshotStatistics{.misses = 4, .damaged = 1, .of_another = 1, .not_in_history = 2});
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");  // the last two were deleted
  CHECK(told.ignored.size() == 4);
}

TEST_CASE("a snapshot that cannot be loaded or saved is told, and the load succeeds") {
  InMemoryEventStorageAdapter storage;
  testing::FaultInjectingAdapter faulty{storage};
  Told told;
  StoryStore stories{"S", storage};
  SnapshotEventStore fast{stories, faulty, told.options(every(1))};
  push_all(stories, "a", 2);
  faulty.inject(StorageOperation::save_snapshot, testing::fails_before());
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  REQUIRE(told.failed.size() == 1);
  CHECK(told.failed[0].find("save_snapshot") != std::string::npos);
  faulty.inject(StorageOperation::load_snapshot, testing::fails_before());
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  CHECK(told.ignored == std::vector{SnapshotFault::unreadable});
  CHECK(fast.statistics() == SnapshotStatistics{.misses = 2, .failed = 1, .unreadable = 1});
  faulty.inject(StorageOperation::save_snapshot,
                testing::follows([&] { stories.push_event("a", 1, Noted{"one"}, {.force = true}); }));
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  CHECK(fast.statistics().outdated == 1);
  CHECK(fast.get_existing_aggregate("a").text == "one 2 ");
  CHECK(fast.get_existing_aggregate("a").text == "one 2 ");
  CHECK(fast.statistics().hits == 1);
}

TEST_CASE("a storage of its own has the snapshots of events whose adapter keeps none") {
  RecordsOnlyAdapter events;
  InMemorySnapshotStorage snapshots;
  StoryStore stories{"S", events};
  SnapshotEventStore fast{stories, snapshots, {.policy = every(1)}};
  push_all(fast, "a", 3);
  CHECK(fast.get_existing_aggregate("a").text == "1 2 3 ");
  fast.push_event("a", 2, Noted{"two"}, {.force = true});
  CHECK(fast.get_existing_aggregate("a").text == "1 two 3 ");
  CHECK(fast.statistics() == SnapshotStatistics{.misses = 2, .saved = 2});
  push_event_group(PushEventGroupOptions{.force = true}, fast.group_event("a", 3, Noted{"three"}),
                   fast.group_event("a", 4, Noted{"4"}));
  CHECK(fast.get_existing_aggregate("a").text == "1 two three 4 ");
  CHECK(fast.statistics().hits == 0);
  // by a store that does not know of the snapshots
  stories.push_event("a", 1, Noted{"one"}, {.force = true});
  fast.delete_snapshots({.aggregate_id = "a"});
  CHECK(fast.get_existing_aggregate("a").text == "one two three 4 ");
}

TEST_CASE("what is saved while a forced push into another storage is under way does not stay") {
  InMemoryEventStorageAdapter events;
  testing::FaultInjectingAdapter faulty{events};
  InMemorySnapshotStorage snapshots;
  StoryStore stories{"S", faulty};
  SnapshotEventStore fast{stories, snapshots, {.policy = every(1)}};
  push_all(stories, "a", 2);
  faulty.inject(StorageOperation::push_events, testing::follows([&] { (void)fast.get_aggregate("a"); }));
  fast.push_event("a", 1, Noted{"one"}, {.force = true});
  CHECK(fast.statistics().saved == 1);
  CHECK(fast.get_existing_aggregate("a").text == "one 2 ");
}

struct StoryLengths {
  static constexpr std::string_view name = "lengths";
  static constexpr int version = 1;
  std::size_t* length;
  void operator()(InMemoryTransaction& tx, const Noted& noted, const EventInfo<Noted>&) const {
    tx.set(*length, *length + noted.text.size());
  }
};

struct Recording {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions&) {
    for (const MessageView& message : messages) json.push_back(message.to_json());
  }
  std::vector<std::string> json;
};

TEST_CASE("it works in commands, groups, connected and inline stores, and they load from snapshots") {
  InMemoryEventStorageAdapter storage;
  StoryStore stories{"S", storage};
  SnapshotEventStore fast{stories, storage, {.policy = every(1)}};
  std::size_t length = 0;
  InlineProjections inlined{fast, storage, StoryLengths{&length}};
  inlined.hand_over();
  Recording adapter;
  StateCarryingMessageBus bus{"BUS", inlined, adapter};
  ConnectedEventStore connected{inlined, bus, [](const auto&, std::exception_ptr) { FAIL("not published"); }};

  Command note{"NOTE", connected, [](const std::optional<Story>& story) {
                 return Noted{story ? std::to_string(story->version + 1) : "1"};
               }};
  for (int times = 0; times < 3; ++times) note("a");
  push_event_group(connected.group_event("a", 4, Noted{"4"}), connected.group_event("b", 1, Noted{"1"}));
  CHECK(connected.get_existing_aggregate("a").text == "1 2 3 4 ");
  CHECK(adapter.json.size() == 5);
  CHECK(nlohmann::json::parse(adapter.json[3])["aggregate"]["text"] == "1 2 3 4 ");
  CHECK(length == 5);
  CHECK(fast.statistics().hits >= 2);
  CHECK(fast.statistics().saved >= 2);
}

/// Without id and version in its JSON.
struct Declared : Aggregate {
  std::string text;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Declared, text)
};
struct DeclaredReducer {
  void operator()(Declared& declared, const Noted& noted) const { declared.text += noted.text; }
};

TEST_CASE("aggregates have declared fields as well as found ones, in every storage and behind handles") {
  InMemoryEventStorageAdapter memory;
  SqliteEventStorageAdapter sqlite{":memory:"};
  for (AnyEventStorageAdapter storage : {AnyEventStorageAdapter{memory}, AnyEventStorageAdapter{sqlite}}) {
    EventStore<Events<Noted>, Declared, DeclaredReducer> stories{"S", storage};
    SnapshotEventStore fast{stories, storage, {.policy = every(1)}};
    push_all(stories, "a", 3);
    (void)fast.get_aggregate("a");
    push_all(stories, "a", 4, 4);
    const Declared loaded = fast.get_existing_aggregate("a");
    CHECK(loaded.text == "1234");
    CHECK(loaded.version == 4);
    CHECK(loaded.aggregate_id == "a");
    CHECK(fast.reducer_version() == 1);
    CHECK(fast.statistics() == SnapshotStatistics{.hits = 1, .misses = 1, .tails = 1, .saved = 2});
  }
  AnyEventStorageAdapter without;
  StoryStore stories{"S", memory};
  REQUIRE_THROWS_AS((SnapshotEventStore{stories, without}), UnsupportedOperationError);
}

TEST_CASE("an SQLite file has a table of snapshots when one is asked for; a file that is read only goes without") {
  const castore::sqlite_tests::TempDirectory folder;
  const std::string path = folder / "events.db";
  const auto tables = [&path] {
    SqliteEventStorageAdapter file{path};
    std::string names;
    file.transact([&](SqliteTransaction& tx) {
      for (const SqlRow& row : tx.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                        "'sqlite%' ORDER BY name")) {
        names += row.get<std::string>(0) + " ";
      }
      names += tx.query("PRAGMA user_version")[0].get<std::string>(0);
    });
    return names;
  };
  {
    SqliteEventStorageAdapter storage{path};
    StoryStore stories{"S", storage};
    push_all(stories, "a", 3);
    stories.push_event("a", 2, Noted{"two"}, {.force = true});
  }
  CHECK(tables() == "event 1");
  Told told;
  {
    SqliteEventStorageAdapter storage{path, {.read_only = true}};
    StoryStore stories{"S", storage};
    SnapshotEventStore fast{stories, storage, told.options(every(1))};
    CHECK(fast.get_existing_aggregate("a").text == "1 two 3 ");
    CHECK(fast.statistics().outdated == 1);
  }
  CHECK(tables() == "event 1");
  {
    SqliteEventStorageAdapter storage{path};
    StoryStore stories{"S", storage};
    SnapshotEventStore fast{stories, storage, told.options(every(1))};
    CHECK(fast.get_existing_aggregate("a").text == "1 two 3 ");
    CHECK(fast.statistics().saved == 1);
  }
  CHECK(tables() == "castore_snapshot event 1");
  {
    SqliteEventStorageAdapter storage{path, {.read_only = true}};
    StoryStore stories{"S", storage};
    SnapshotEventStore fast{stories, storage, told.options(every(1))};
    CHECK(fast.get_existing_aggregate("a").text == "1 two 3 ");
    CHECK(fast.statistics().hits == 1);
  }
  CHECK(told.ignored.empty());
  CHECK(told.failed.empty());
}

TEST_CASE("prune keeps the newest snapshots of each aggregate") {
  InMemoryEventStorageAdapter storage;
  StoryStore stories{"S", storage};
  SnapshotEventStore fast{stories, storage, {.policy = every(1)}};
  for (Version version = 1; version <= 4; ++version) {
    push_all(stories, "a", version, version);
    (void)fast.get_aggregate("a");
  }
  const auto misses = [&fast](Version max_version) {
    const auto before = fast.statistics().misses;
    (void)fast.get_aggregate("a", {.max_version = max_version});
    return fast.statistics().misses - before;
  };
  CHECK(misses(2) == 0);
  fast.prune(2);
  CHECK(misses(2) == 1);
  CHECK(misses(3) == 0);
  fast.prune();
  CHECK(misses(3) == 1);
  CHECK(misses(4) == 0);
}

struct Sung {
  static constexpr std::string_view type = "SUNG";
};

TEST_CASE("what lacks an event of a type that is not known is neither saved nor kept, nor decided on") {
  RecordsOnlyAdapter events;
  InMemorySnapshotStorage snapshots;
  EventStore<Events<Noted, Sung>, Story, AnyReducer> newer{"S", events};
  StoryStore stories{"S", events, {.unknown_events = UnknownEvents::skip}};
  SnapshotEventStore fast{stories, snapshots, {.policy = every(1)}};
  CachedEventStore cached{fast};
  push_all(newer, "a", 2);
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  newer.push_event("a", 3, Sung{});
  newer.push_event("a", 4, Noted{"4"});
  CHECK(cached.get_existing_aggregate("a").text == "1 2 4 ");
  CHECK(cached.get_existing_aggregate("a").text == "1 2 4 ");
  CHECK(fast.statistics() == SnapshotStatistics{});
  CHECK(cached.statistics().aggregates == 0);
  Command note{"NOTE", cached, [](const Story&) { return Noted{"5"}; }};
  REQUIRE_THROWS_AS(note("a"), UnknownEventTypeError);
  REQUIRE_THROWS_AS(fast.get_aggregate("a", {.unknown_events = UnknownEvents::fail}), UnknownEventTypeError);

  StoryStore strict_stories{"S", events};
  SnapshotEventStore strict_fast{strict_stories, snapshots, {.policy = every(1)}};
  CachedEventStore strict_cached{strict_fast};
  CHECK(strict_cached.get_existing_aggregate("a", {.unknown_events = UnknownEvents::skip}).text == "1 2 4 ");
  REQUIRE_THROWS_AS(strict_cached.get_aggregate("a"), UnknownEventTypeError);
}

}  // namespace snapshot_store_tests
