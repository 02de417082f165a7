// SPDX-License-Identifier: MIT
// The one order of all events in an SQLite file, while other processes write to it, and what a reader can see of it.

#include <castore/adapters/sqlite.hpp>

#include "adapters/support/child_process.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::sqlite_tests;
using namespace std::chrono_literals;

std::string read(const SqliteEventStorageAdapter& storage, Position after, const ReadAllEventsOptions& options = {}) {
  std::string text;
  const ReadAllEventsResult result = storage.read_all_events(after, options, [&](const SequencedEventView& place) {
    text += std::string{place.event.aggregate_id} + std::to_string(place.event.version) + " ";
  });
  return text + "next " + std::to_string(result.next) + " head " + std::to_string(result.head) +
         (result.is_caught_up ? " end" : "");
}

#if __has_include(<sys/wait.h>)
TEST_CASE("a follower sees what four processes push once and in order, also when one of them is killed", "[sqlite]") {
  const TempDirectory folder;
  const std::string file = folder / "file.db";
  SqliteEventStorageAdapter{file, {.synchronous = SqliteSynchronous::normal}};
  std::vector<ChildProcess> children;
  for (int process = 0; process < 4; ++process) {
    children.emplace_back([&](auto) {
      SqliteEventStorageAdapter storage{file, {.synchronous = SqliteSynchronous::normal}};
      const std::string id = std::to_string(process / 2);          // two push to one aggregate
      for (int round = 0; round < 250 || process == 3; ++round) {  // the last one goes on until it is killed
        const Version next = static_cast<Version>(load(storage, id).size()) + 1;
        round % 3 == 0 ? push(storage, event(id, next), event("a" + std::to_string(process), round / 3 + 1))
                       : push(storage, event(id, next));
      }
    });
  }
  SqliteEventStorageAdapter storage{file};
  std::vector<Position> seen;
  ReadAllEventsResult result;
  std::vector<Version> last(2);
  const auto read_on = [&] {
    result = storage.read_all_events(result.next, {.limit = 20}, [&](const SequencedEventView& place) {
      seen.push_back(place.position);
      if (place.event.aggregate_id.size() > 1) return;
      CHECK(place.event.version == ++last[static_cast<std::size_t>(place.event.aggregate_id[0] - '0')]);
    });
  };
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (seen.size() < 300 && std::chrono::steady_clock::now() < deadline) {
    read_on();
    if (result.is_caught_up) storage.wait_for_events(result.next, 1s);
  }
  children.back().kill();
  for (ChildProcess& child : children) child.wait();
  do read_on();
  while (!result.is_caught_up);
  std::vector<Position> stored;
  for (const std::string& row : PlainSqlite{file}.rows("SELECT position FROM event ORDER BY position")) {
    stored.push_back(std::stoll(row));
  }
  CHECK(stored.size() >= 300);
  CHECK(seen == stored);
}
#endif

TEST_CASE("a reading selects by store and type, and says how far it came", "[sqlite]") {
  for (const bool in_memory : {false, true}) {
    const TempDirectory folder;
    SqliteEventStorageAdapter storage{in_memory ? ":memory:" : folder / "file.db"};
    CHECK(read(storage, 0) == "next 0 head 0 end");
    std::vector<PushRecord> records{event("a", 1, "5", "6"), event("b", 1), event("a", 2)};
    records[1].event_store_id = "TRAINERS";
    records[2].record.type = "OTHER";
    std::vector<Position> positions(3);
    CHECK(storage.push_events(records, {.positions = positions}) == PushOutcome{});
    CHECK(positions == std::vector<Position>{1, 2, 3});
    const std::string_view pokemons = "POKEMONS";
    const std::string_view other = "OTHER";
    CHECK(read(storage, 0, {.limit = 2}) == "a1 b1 next 2 head 3");
    CHECK(read(storage, 2, {.limit = 1}) == "a2 next 3 head 3 end");
    CHECK(read(storage, 0, {.limit = 0}) == "next 0 head 3");
    CHECK(read(storage, 0, {.limit = 1, .event_store_ids = {&pokemons, 1}}) == "a1 next 1 head 3");
    CHECK(read(storage, 1, {.event_store_ids = {&pokemons, 1}}) == "a2 next 3 head 3 end");
    CHECK(read(storage, 0, {.types = {&other, 1}}) == "a2 next 3 head 3 end");
    CHECK(read(storage, 0, {.event_store_ids = {&other, 1}}) == "next 3 head 3 end");
    storage.read_all_events(0, {.limit = 1}, [&](const SequencedEventView& place) {
      CHECK(place.event_store_id == "POKEMONS");
      CHECK(place.event.to_record() == EventRecord{"a", 1, "LEVELED_UP", noon, "5", "6"});
    });
    // A forced event that was there keeps its position; one past a gap gets a new one.
    const std::vector<PushRecord> forced{event("a", 1), event("a", 9)};
    storage.push_events(forced, {.force = true, .positions = positions});
    CHECK(positions[0] == 1);
    CHECK(positions[1] > 3);
    CHECK(read(storage, 3).substr(0, 8) == "a9 next ");
  }
}

TEST_CASE("a head below what was seen says that the file went back", "[sqlite]") {
  const TempDirectory folder;
  const std::string file = folder / "file.db";
  {
    SqliteEventStorageAdapter storage{file};
    push(storage, event("a", 1), event("a", 2), event("a", 3));
    PlainSqlite{file}.rows("DELETE FROM event WHERE version > 1");
    CHECK(read(storage, 3) == "next 3 head 3 end");  // they were given out, and never come again
    CHECK(read(storage, 4) == "next 4 head 3 end");
    CHECK(push(storage, event("a", 2)).position == 4);
  }
  const std::string old = folder / "old.db";  // as the first versions made it
  SqliteEventStorageAdapter{old};
  {
    PlainSqlite plain{old};
    std::string create = plain.value("SELECT sql FROM sqlite_schema WHERE name = 'event'");
    create.erase(create.find(" AUTOINCREMENT"), 14);
    plain.rows("DROP TABLE event; " + create);
  }
  SqliteEventStorageAdapter storage{old};
  push(storage, event("a", 1), event("a", 2));
  PlainSqlite{old}.rows("DELETE FROM event WHERE version > 1");
  CHECK(read(storage, 2) == "next 2 head 1 end");
}

TEST_CASE("an event whose ids no reader could handle is refused by name, and those before it are read", "[sqlite]") {
  const TempDirectory folder;
  const std::string file = folder / "file.db";
  SqliteEventStorageAdapter storage{file};
  for (const char* const column : {"aggregate_id", "event_store_id"}) {
    push(storage, event("a", 1), event("b", 1));
    PlainSqlite{file}.rows("UPDATE event SET " + std::string{column} +
                           " = CAST(X'61FF' AS TEXT) WHERE aggregate_id = 'b'");
    CHECK(read(storage, 0, {.limit = 1}).substr(0, 3) == "a1 ");
    const Failure error = failure_of([&] { read(storage, 0); });
    CHECK(error.says(" is damaged: event 1 of aggregate '"));
    CHECK(error.says(
        "has no valid ids: write UTF-8 text without NUL; correct its row or restore the file from a backup"));
    CHECK_FALSE(error.retryable);
    PlainSqlite{file}.rows("DELETE FROM event");
  }
}

#if __has_include(<sys/wait.h>)
TEST_CASE("a wait ends with a push of this adapter or another process, with a stop, or with its time", "[sqlite]") {
  const TempDirectory folder;
  const std::string file = folder / "file.db";
  SqliteEventStorageAdapter in_memory{":memory:"};
  std::optional<ChildProcess> child;
  SqliteEventStorageAdapter{file};
  child.emplace([&](auto) {
    SqliteEventStorageAdapter mine{file};
    while (load(mine, "a").empty()) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(30ms);
    push(mine, event("a", 2));
  });
  SqliteEventStorageAdapter storage{file};
  for (SqliteEventStorageAdapter* const each : {&in_memory, &storage}) {
    CHECK_FALSE(each->wait_for_events(0, 10ms));
    std::thread pusher{[&] {
      std::this_thread::sleep_for(30ms);
      push(*each, event("a", 1));
    }};
    CHECK(each->wait_for_events(0, 10s));
    pusher.join();
    CHECK(each->wait_for_events(0, 0ms));
    std::stop_source stop;
    std::thread stopper{[&] { stop.request_stop(); }};
    CHECK_FALSE(each->wait_for_events(9, 10s, stop.get_token()));
    stopper.join();
  }
  CHECK(storage.wait_for_events(1, 10s));
  CHECK(child->wait() == 0);
  const SqliteEventStorageAdapter reads{file, {.read_only = true}};
  CHECK(reads.wait_for_events(1, 0ms));
  CHECK(read(reads, 0) == "a1 a2 next 2 head 2 end");
}
#endif

TEST_CASE("a sink that throws ends a reading, and the adapter goes on", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  push(storage, event("a", 1), event("a", 2));
  int seen = 0;
  CHECK_THROWS_AS(storage.read_all_events(0, {}, [&](const SequencedEventView&) { throw ++seen; }), int);
  CHECK(seen == 1);
  // And one may push from within.
  storage.read_all_events(0, {.limit = 1}, [&](const SequencedEventView&) { push(storage, event("a", 3)); });
  CHECK(read(storage, 0) == "a1 a2 a3 next 3 head 3 end");
}

}  // namespace
