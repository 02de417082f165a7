// SPDX-License-Identifier: MIT
// Copying an event store into another one through a function that changes its events.

#include <castore/maintenance/copy_events.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>

#include "maintenance/support.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

using namespace castore_tests;
using castore::CopyConflictError;
using castore::CopyInterruptedError;
using castore::CopyResult;
using castore::EventDetail;
using castore::InMemoryEventStorageAdapter;
using castore::InvalidEventError;
using castore::SqliteEventStorageAdapter;

namespace {

/// Levels by the number, and no names.
struct Trained {
  static constexpr std::string_view type = "TRAINED";
  int levels = 0;
  friend bool operator==(const Trained&, const Trained&) = default;
};
struct Began {
  static constexpr std::string_view type = "BEGAN";
  friend bool operator==(const Began&, const Began&) = default;
};
struct Beast {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};
struct BeastReducer {
  void operator()(Beast&, const Began&) const {}
  void operator()(Beast& beast, const Trained& event) const { beast.level += event.levels; }
};
using BeastStore = castore::EventStore<castore::Events<Began, Trained>, Beast, BeastReducer>;
using BeastEvents = std::vector<BeastStore::Event>;
using MonsterSpan = std::span<const MonsterStore::Event>;
using MonsterList = std::vector<MonsterStore::Event>;

/// Splits the first event, joins all of one millisecond after it, and drops monsters without a name that have one
/// event.
BeastEvents to_beast(MonsterSpan events) {
  BeastEvents changed;
  if (events.size() == 1) return changed;
  const std::string& id = events.front().aggregate_id();
  changed.push_back(EventDetail<Began>{.aggregate_id = id, .timestamp = events.front().timestamp(), .payload = {}});
  std::optional<EventDetail<Trained>> joined;
  for (const MonsterStore::Event& event : events) {
    const int levels = event.get_if<LeveledUp>() ? 1 : 0;
    if (joined && joined->timestamp == event.timestamp()) {
      joined->payload.levels += levels;
      continue;
    }
    if (joined) changed.push_back(*joined);
    joined = {.aggregate_id = id, .version = 77, .timestamp = event.timestamp(), .payload = {levels}};
  }
  changed.push_back(*joined);
  return changed;
}
bool has_same_level(const Monster& monster, const Beast& beast) {
  return monster.level == beast.level && monster.aggregate_id == beast.aggregate_id;
}

/// Leaves out the names.
MonsterList without_names(MonsterSpan events) {
  MonsterList changed;
  for (const MonsterStore::Event& event : events) {
    if (!event.get_if<Appeared>()) changed.push_back(event);
  }
  return changed;
}
MonsterList same(MonsterSpan events) { return {events.begin(), events.end()}; }

struct Monsters {
  Monsters() {
    monsters.push_events("a", 0, Appeared{"Pikachu"}, LeveledUp{});
    monsters.push_event("a", 3, LeveledUp{}, {.timestamp = at(5)});
    monsters.push_event("a", 4, LeveledUp{}, {.timestamp = at(5)});
    monsters.push_event("alone", 1, LeveledUp{}, {.timestamp = at(1)});
    monsters.push_event("b", 1, Appeared{"Eevee"}, {.timestamp = at(2)});
    monsters.push_event("b", 2, LeveledUp{}, {.timestamp = at(3)});
  }

  InMemoryEventStorageAdapter storage{};
  MonsterStore monsters{"MONSTERS", storage, {.clock = [] { return at(0); }}};
};

BeastStore::Event trained(std::string id, castore::Version version, int time, int levels) {
  return EventDetail<Trained>{std::move(id), version, at(time), {levels}};
}
BeastStore::Event began(std::string id, int time) { return EventDetail<Began>{std::move(id), 1, at(time), {}}; }

}  // namespace

TEST_CASE("a change splits, joins and drops events, which are numbered again and keep their timestamps") {
  const Monsters from;
  SqliteEventStorageAdapter file{":memory:"};
  BeastStore beasts{"BEASTS", file};
  const std::size_t page_size = GENERATE(1U, 2U, 500U);
  const CopyResult result =
      castore::copy_events(from.monsters, beasts, to_beast, {.check = has_same_level, .page_size = page_size});
  CHECK(result == CopyResult{.read_count = 7,
                             .written_count = 6,
                             .already_there_count = 0,
                             .dropped_count = 1,
                             .aggregate_count = 3,
                             .is_complete = true});
  CHECK(beasts.get_events("a") == BeastEvents{began("a", 0), trained("a", 2, 0, 1), trained("a", 3, 5, 2)});
  CHECK(beasts.get_events("b") == BeastEvents{began("b", 2), trained("b", 2, 2, 0), trained("b", 3, 3, 1)});
  CHECK(beasts.get_events("alone").empty());
}

TEST_CASE("another copy of a changed store writes what has come since, in memory, too") {
  Monsters from;
  InMemoryEventStorageAdapter memory;
  BeastStore beasts{"BEASTS", memory};
  castore::copy_events(from.monsters, beasts, to_beast);
  from.monsters.push_event("b", 3, LeveledUp{}, {.timestamp = at(9)});
  const CopyResult result = castore::copy_events(from.monsters, beasts, to_beast);
  CHECK(result.already_there_count == 6);
  CHECK(result.written_count == 1);
  CHECK(beasts.get_events("b").back() == trained("b", 4, 9, 1));
}

TEST_CASE("what the target has and the copy has not, or not so, is a conflict") {
  Monsters from;
  InMemoryEventStorageAdapter memory;
  MonsterStore copies{"COPIES", memory};
  const auto conflict = [&](auto change) {
    const auto error = error_of<CopyConflictError>([&] { castore::copy_events(from.monsters, copies, change); });
    CHECK(error.event_store_id() == "COPIES");
    CHECK_THROWS_AS(castore::copy_events(from.monsters, copies, change, {.dry_run = true}), CopyConflictError);
    return error.aggregate_id() + '#' + std::to_string(error.version()) + ' ' + error.field();
  };
  castore::copy_events(from.monsters, copies, same);
  CHECK(conflict([](MonsterSpan) { return MonsterList{}; }) == "a#1 version");
  CHECK(conflict([](MonsterSpan events) { return MonsterList(events.begin(), events.begin() + 1); }) == "a#2 version");
  CHECK(conflict([](MonsterSpan events) { return MonsterList(events.rbegin(), events.rend()); }) == "a#1 type");
  copies.push_event("b", 3, LeveledUp{});
  const auto error = error_of<CopyConflictError>([&] { castore::copy_events(from.monsters, copies, same); });
  CHECK(std::string{error.what()} ==
        "castore: event 3 of aggregate 'b' in event store 'COPIES' is in the target, but not among the events to copy; "
        "it "
        "was left as it is; copy into an event store that holds nothing else");
}

TEST_CASE("an aggregate that the check refuses is not written") {
  const Monsters from;
  InMemoryEventStorageAdapter memory;
  MonsterStore copies{"COPIES", memory};
  const auto without_last_of_b = [](MonsterSpan events) {
    return events.front().aggregate_id() == "b" ? MonsterList(events.begin(), events.end() - 1) : same(events);
  };
  const bool is_dry = GENERATE(false, true);
  const auto error = error_of<castore::CopyCheckError>([&] {
    castore::copy_events(from.monsters, copies, without_last_of_b, {.check = castore::folds_agree, .dry_run = is_dry});
  });
  CHECK(error.event_store_id() == "MONSTERS");
  CHECK(error.aggregate_id() == "b");
  CHECK(std::string{error.what()} ==
        "castore: the check of a copy refused aggregate 'b' of event store 'MONSTERS' after its events were changed; "
        "nothing of it was written; mend the change or the check");
  CHECK(copies.get_events("b").empty());
  castore::copy_events(from.monsters, copies, same, {.check = castore::folds_agree, .dry_run = is_dry});
  CHECK(copies.get_events("b").empty() == is_dry);
}

TEST_CASE("folds that are to agree may be of another number of events") {
  const Monster four{{"a", 4}, "Pikachu", 1};
  CHECK(castore::folds_agree(four, Monster{{"a", 3}, "Pikachu", 1}));
  CHECK_FALSE(castore::folds_agree(four, Monster{{"a", 4}, "Pikachu", 2}));
  CHECK_FALSE(castore::folds_agree(four, Monster{{"b", 4}, "Pikachu", 1}));
}

TEST_CASE("events of another aggregate, and events without a timestamp, are refused with the aggregate's name") {
  const Monsters from;
  InMemoryEventStorageAdapter memory;
  MonsterStore copies{"COPIES", memory};
  const auto refused = [&](std::string id, castore::Timestamp timestamp) {
    const auto copy = [&] {
      castore::copy_events(from.monsters, copies, [&](MonsterSpan) {
        return MonsterList{EventDetail<LeveledUp>{id, 1, timestamp, {}}};
      });
    };
    const auto error = error_of<CopyInterruptedError>(copy);
    const auto cause = cause_of<InvalidEventError>(copy);
    CHECK(std::string{error.what()} ==
          "castore: a copy was interrupted after 0 event(s), at aggregate 'a' in event store 'MONSTERS': " +
              cause.field() + ": " + cause.reason() + "; copy again with the error's resume_token()");
    return cause.field() + ": " + cause.reason();
  };
  CHECK(refused("z", at(1)) == "aggregate_id: `change` was given the events of aggregate 'a' and returned one of 'z'");
  CHECK(refused("a", castore::unset_timestamp) == "timestamp: it lies outside the years 0000 to 9999");
  CHECK(copies.list_aggregate_ids().aggregate_ids.empty());
}

TEST_CASE("no hook is called and no message is published of what is copied") {
  const Monsters from;
  InMemoryEventStorageAdapter memory;
  int pushed = 0;
  MonsterStore copies{"COPIES", memory, {.on_event_pushed = [&](const auto&) { ++pushed; }}};
  RecordingAdapter channel;
  castore::NotificationMessageBus bus{"BUS", copies, channel};
  castore::ConnectedEventStore connected{copies, bus, [](const auto&, const std::exception_ptr&) {}};
  CHECK(castore::copy_events(from.monsters, connected, same).written_count == 7);
  CHECK(connected.get_events("a") == from.monsters.get_events("a"));
  CHECK(pushed == 0);
  CHECK(channel.published.empty());
}

TEST_CASE("a copy of a changed store that fails at any call, or stops at any push, is completed by another") {
  Monsters from;
  castore::testing::FaultInjectingAdapter faulty_source{from.storage};
  const MonsterStore monsters{"MONSTERS", faulty_source};
  using Operation = castore::StorageOperation;
  const auto& [operation, is_of_target] = GENERATE(table<Operation, bool>({{Operation::list_aggregate_ids, false},
                                                                           {Operation::get_events, false},
                                                                           {Operation::get_events, true},
                                                                           {Operation::push_events, true}}));
  std::size_t failures = 0;
  for (std::size_t nth = 1;; ++nth) {
    InMemoryEventStorageAdapter memory;
    castore::testing::FaultInjectingAdapter faulty_target{memory};
    BeastStore beasts{"BEASTS", faulty_target};
    is_of_target ? faulty_target.inject(operation, castore::testing::fails_before(), nth)
                 : faulty_source.inject(operation, castore::testing::fails_before(), nth);
    std::optional<std::string> token;
    try {
      castore::copy_events(monsters, beasts, to_beast, {.page_size = 2});
      faulty_source.clear();
      break;
    } catch (const CopyInterruptedError& error) {
      ++failures;
      token = error.resume_token();
    }
    if (nth % 2 == 0) token.reset();
    CHECK(castore::copy_events(monsters, beasts, to_beast, {.resume_token = token}).is_complete);
    CHECK(beasts.get_events("a").size() == 3);
    CHECK(beasts.get_events("b").size() == 3);
  }
  CHECK(failures > 0);

  for (std::size_t stops_at = 1; stops_at <= 4; ++stops_at) {
    InMemoryEventStorageAdapter memory;
    BeastStore beasts{"BEASTS", memory};
    std::stop_source stop;
    std::size_t pushes = 0;
    const CopyResult first =
        castore::copy_events(monsters, beasts, to_beast,
                             {.page_size = 1, .stop_token = stop.get_token(), .on_progress = [&](const CopyResult&) {
                                if (++pushes == stops_at) stop.request_stop();
                              }});
    CHECK_FALSE(first.is_complete);
    CHECK(castore::copy_events(monsters, beasts, to_beast, {.resume_token = first.resume_token}).is_complete);
    CHECK(beasts.get_events("b").size() == 3);
  }
}

TEST_CASE("an event that the source does not know, or lacks, ends the copy of a store") {
  InMemoryEventStorageAdapter memory;
  InMemoryEventStorageAdapter other;
  MonsterStore monsters{"MONSTERS", memory, {.unknown_events = castore::UnknownEvents::skip}};
  MonsterStore copies{"COPIES", other};
  BeastStore beasts{"MONSTERS", memory};
  monsters.push_event("a", 1, LeveledUp{});
  beasts.push_event("a", 2, Began{});
  const auto copy = [&] { castore::copy_events(monsters, copies, same); };
  CHECK_THROWS_WITH((copy()), Catch::Contains("BEGAN"));
  monsters.push_event("a", 2, LeveledUp{}, {.force = true});
  monsters.push_event("a", 4, LeveledUp{}, {.force = true});
  CHECK_THROWS_WITH((copy()), Catch::Contains("event 3"));
  CHECK(copies.get_events("a").empty());
}

TEST_CASE("an event store is not copied onto itself through a change") {
  InMemoryEventStorageAdapter memory;
  MonsterStore monsters{"MONSTERS", memory};
  MonsterStore again{"MONSTERS", memory};
  CHECK_THROWS_WITH(castore::copy_events(monsters, again, same),
                    "castore: copy_events would change the event store that it reads; give the target another "
                    "event_store_id or another storage");
}

TEST_CASE("what a change throws ends the copy, which says at which aggregate, and where to go on") {
  const Monsters from;
  InMemoryEventStorageAdapter memory;
  MonsterStore copies{"COPIES", memory};
  const auto fails_at_b = [](MonsterSpan events) {
    if (events.front().aggregate_id() == "b") throw std::runtime_error{"what is this?"};
    return same(events);
  };
  const auto error = error_of<CopyInterruptedError>(
      [&] { castore::copy_events(from.monsters, copies, fails_at_b, {.page_size = 2}); });
  CHECK(std::string{error.what()} ==
        "castore: a copy was interrupted after 5 event(s), at aggregate 'b' in event store 'MONSTERS': what is this?; "
        "copy again with the error's resume_token()");
  const CopyResult rest = castore::copy_events(from.monsters, copies, same, {.resume_token = error.resume_token()});
  CHECK(rest.read_count == 2);
  CHECK(rest.is_complete);
  MonsterStore others{"OTHERS", memory};
  CHECK(error_of<castore::InvalidResumeTokenError>([&] {
          castore::copy_events(others, copies, same, {.resume_token = error.resume_token()});
        }).resume_token() == error.resume_token());
}

TEST_CASE("a dry run of a changed store gives the report of the copy and writes nothing") {
  const Monsters from;
  InMemoryEventStorageAdapter memory;
  MonsterStore copies{"COPIES", memory};
  copies.push_event("b", 1, LeveledUp{}, {.timestamp = at(3)});
  const CopyResult dry = castore::copy_events(from.monsters, copies, without_names, {.dry_run = true});
  CHECK(copies.get_events("a").empty());
  CHECK(dry == castore::copy_events(from.monsters, copies, without_names));
  CHECK(dry.already_there_count == 1);
  CHECK(copies.get_existing_aggregate("a").name.empty());
}
