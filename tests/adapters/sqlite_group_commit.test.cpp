// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/faulty_vfs.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

// Pushes of several threads that share a transaction.

namespace {

using namespace castore;
using namespace castore::sqlite_tests;

TEST_CASE("pushes that wait for another one share a transaction and its flush", "[sqlite]") {
  FaultyVfs disk;
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  REQUIRE(push(storage, event("raichu", 1)) == PushOutcome{});  // starts the log
  PlainSqlite other{folder / "file.db"};
  std::vector<std::vector<PushRecord>> pushes;
  for (int index = 0; index < 16; ++index) pushes.push_back({event("pikachu-" + std::to_string(index), 1)});
  const int before = disk.syncs();
  for (const Result& result : push_at_once(storage, other, pushes)) CHECK(result.outcome == PushOutcome{});
  CHECK(disk.syncs() - before < 16);
  CHECK(other.value("SELECT count(*) FROM event WHERE aggregate_id LIKE 'pikachu-%'") == "16");
}

TEST_CASE("each push of a shared transaction has its own outcome, and one that is refused leaves no trace",
          "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  REQUIRE(push(storage, event("taken", 1)) == PushOutcome{});
  PlainSqlite other{folder / "file.db"};
  const auto results = push_at_once(storage, other,
                                    {{event("first", 1)},
                                     {event("taken", 1)},
                                     {event("gap", 3)},
                                     {event("group", 1), event("group", 2)},
                                     {event("half", 1), event("half", 2), event("taken", 1)},
                                     {event("last", 1)}});
  CHECK(results[0].outcome == PushOutcome{});
  CHECK(results[1].outcome == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(results[2].outcome == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(results[3].outcome == PushOutcome{});
  CHECK(results[4].outcome == PushOutcome{PushOutcome::already_exists, 2});
  CHECK(results[5].outcome == PushOutcome{});
  CHECK(other.rows("SELECT aggregate_id, version FROM event ORDER BY 1, 2") ==
        std::vector<std::string>{"first|1", "group|1", "group|2", "last|1", "taken|1"});
}

TEST_CASE("of pushes of one version that share a transaction one wins", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  PlainSqlite other{folder / "file.db"};
  int winners = 0;
  for (const Result& result : push_at_once(storage, other, {8, {event("pikachu", 1)}})) {
    REQUIRE(result.outcome);
    if (result.outcome->status == PushOutcome::pushed) ++winners;
  }
  CHECK(winners == 1);
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
}

TEST_CASE("a push that fails in a shared transaction fails alone", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  PlainSqlite other{folder / "file.db"};
  other.rows(
      "CREATE TRIGGER no_eevee BEFORE INSERT ON event WHEN new.aggregate_id = 'eevee'"
      " BEGIN SELECT RAISE(ROLLBACK, 'no eevee here'); END");
  const auto results = push_at_once(
      storage, other,
      {{event("first", 1)}, {event("second", 1)}, {event("half", 1), event("eevee", 1)}, {event("last", 1)}});
  for (const std::size_t index : {0U, 1U, 3U}) CHECK(results[index].outcome == PushOutcome{});
  REQUIRE(results[2].failure);
  CHECK(results[2].failure->says("no eevee here"));
  CHECK(other.rows("SELECT aggregate_id FROM event ORDER BY 1") == std::vector<std::string>{"first", "last", "second"});
}

TEST_CASE("a disk that is full at the commit fails every push that shares it, and none is written", "[sqlite]") {
  FaultyVfs disk;
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  REQUIRE(push(storage, event("raichu", 1)) == PushOutcome{});
  PlainSqlite other{folder / "file.db"};
  std::vector<std::vector<PushRecord>> pushes;
  for (int index = 0; index < 4; ++index) pushes.push_back({event("pikachu-" + std::to_string(index), 1)});
  const auto results = push_at_once(storage, other, pushes, [&] { disk.fail_writes(SQLITE_FULL); });
  disk.heal();
  for (const Result& result : results) {
    REQUIRE(result.failure);
    CHECK(result.failure->says("the disk is full and nothing was written"));
  }
  CHECK(other.rows("SELECT aggregate_id FROM event") == std::vector<std::string>{"raichu"});
  CHECK(push(storage, pushes[0][0]) == PushOutcome{});
}

TEST_CASE("pushes that share a transaction have positions of their own", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  REQUIRE(push(storage, event("taken", 1)) == PushOutcome{});
  PlainSqlite other{folder / "file.db"};
  const auto results = push_at_once(storage, other,
                                    {{event("a", 1)},
                                     {event("b", 1), event("b", 2)},
                                     {event("taken", 1)},
                                     {event("c", 1), event("taken", 1)},
                                     {event("d", 1)}});
  const auto position = [&](const char* id) {
    return std::stoll(
        other.value("SELECT position FROM event WHERE aggregate_id = '" + std::string{id} + "' AND version = 1"));
  };
  CHECK(results[0].outcome.value().position == position("a"));
  CHECK(results[1].outcome.value().position == position("b"));
  CHECK(results[2].outcome.value().position == 0);
  CHECK(results[3].outcome.value().position == 0);
  CHECK(results[4].outcome.value().position == position("d"));
}

TEST_CASE("pushes that wait together for a lock that is not released each say so, and the next ones go through",
          "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds{20}}};
  PlainSqlite other{folder / "file.db"};
  const std::vector<std::vector<PushRecord>> pushes{
      {event("a", 1)}, {event("b", 1)}, {event("c", 1), event("c", 2)}, {event("d", 1)}};
  for (const Result& result : push_at_once(storage, other, pushes)) {
    REQUIRE(result.failure);
    CHECK(result.failure->says("it was locked by another process for longer than the busy timeout of 20 ms"));
    CHECK(result.failure->retryable);
    CHECK(result.failure->code == SQLITE_BUSY);
    CHECK(result.failure->outcome == StorageError::Outcome::not_done);
  }
  CHECK(other.value("SELECT count(*) FROM event") == "0");
  for (const auto& records : pushes) CHECK(storage.push_events(records, {}) == PushOutcome{});
  CHECK(other.value("SELECT count(*) FROM event") == "5");
}

TEST_CASE(
    "a disk that fails to flush a shared transaction leaves it unknown to every push, and the next ones go through",
    "[sqlite]") {
  FaultyVfs disk;
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  REQUIRE(push(storage, event("raichu", 1)) == PushOutcome{});
  PlainSqlite other{folder / "file.db"};
  std::vector<std::vector<PushRecord>> pushes;
  for (int index = 0; index < 4; ++index) pushes.push_back({event("pikachu-" + std::to_string(index), 1)});
  const auto results = push_at_once(storage, other, pushes, [&] { disk.fail_syncs(SQLITE_IOERR_FSYNC); });
  disk.heal();
  for (const Result& result : results) {
    REQUIRE(result.failure);
    CHECK(result.failure->says("Whether the push was written is unknown: load the aggregate to see"));
    CHECK(result.failure->outcome == StorageError::Outcome::unknown);
  }
  for (const auto& records : pushes) CHECK(storage.push_events(records, {}) == PushOutcome{});
}

}  // namespace
