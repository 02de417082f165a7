// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/faulty_vfs.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <vector>

// Disks that are full or fail, damaged files, and what is said of each.

namespace {

using namespace castore;
using namespace castore::sqlite_tests;

/// A JSON text of so many bytes.
std::string json_of_size(std::size_t size) { return '"' + std::string(size - 2, 'x') + '"'; }

TEST_CASE("each result code of SQLite becomes a StorageError that says what to do", "[sqlite]") {
  struct Case {
    int code;
    bool retryable;
    std::string_view text;
  };
  const Case cases[] = {
      {SQLITE_BUSY, true, "it was locked by another process for longer than the busy timeout of 1500 ms; do it again"},
      {SQLITE_BUSY_RECOVERY, true, "it was locked by another process for longer than the busy timeout of 1500 ms"},
      {SQLITE_LOCKED, true, "it is locked by another connection of this process; do it again"},
      {SQLITE_PROTOCOL, true, "its locks are contended by other processes; do it again"},
      {SQLITE_FULL, false, "the disk is full and nothing was written; free some space and do it again"},
      {SQLITE_READONLY, false, "it is read-only; let this process write to the file and to its folder"},
      {SQLITE_READONLY_DIRECTORY, false, "it is read-only; let this process write to the file and to its folder"},
      {SQLITE_READONLY_DBMOVED, false,
       "the file, or its -wal or -shm next to it, was moved, deleted or replaced while it was open; put it back, or "
       "close "
       "every program that uses it and open it again"},
      {SQLITE_READONLY_ROLLBACK, false, "the program that wrote to it was killed"},
      {SQLITE_READONLY_RECOVERY, false, "the program that wrote to it was killed"},
      {SQLITE_READONLY_CANTINIT, false, "open the file once without read_only"},
      {SQLITE_PERM, false, "access was denied; let this process write to the file and to its folder"},
      {SQLITE_CANTOPEN, false, "it cannot be opened or created; see that its folder exists"},
      {SQLITE_CANTOPEN_ISDIR, false, "it cannot be opened or created; see that its folder exists"},
      {SQLITE_NOTADB, false, "it is not an SQLite database, or an encrypted one; choose another file"},
      {SQLITE_CORRUPT, false, "it is damaged; restore it from a backup"},
      {SQLITE_CORRUPT_INDEX, false, "it is damaged; restore it from a backup"},
      {SQLITE_IOERR, false, "reading or writing failed; check the disk and its free space"},
      {SQLITE_IOERR_FSYNC, false, "Whether the push was written is unknown: load the aggregate to see"},
      {SQLITE_IOERR_NOMEM, false, "there is not enough memory; free some and do it again"},
      {SQLITE_IOERR_CORRUPTFS, false, "its file system is damaged; check it"},
      {SQLITE_IOERR_SHMSIZE, false, "there is no room for its -shm file; free some space on its disk"},
      {SQLITE_TOOBIG, false,
       "an event is larger than SQLite allows and nothing was written; keep large data elsewhere"},
      {SQLITE_CONSTRAINT_TRIGGER, false, "a constraint or a trigger that was added to the file forbids it"},
      {SQLITE_NOMEM, false, "there is not enough memory; free some and do it again"},
      {SQLITE_MISUSE, false, "SQLite refused; report this with the reason it gave"},
  };
  const detail::SqliteFile file{"a\nb.db", std::chrono::milliseconds{1500}};
  for (const Case& expected : cases) {
    const Failure error =
        failure_of([&] { detail::throw_sqlite_error(file, "push to", expected.code, "SQLite's words"); });
    INFO(error.what);
    CHECK(error.what.starts_with("castore: cannot push to SQLite file 'a\\x0Ab.db': "));
    CHECK(error.says(expected.text));
    CHECK(error.what.ends_with(". Reason: SQLite's words (SQLite result code " + std::to_string(expected.code) + ")"));
    CHECK(error.retryable == expected.retryable);
    CHECK(error.code == expected.code);
    CHECK((error.outcome == StorageError::Outcome::unknown) == error.says("is unknown"));
    const Failure load =
        failure_of([&] { detail::throw_sqlite_error(file, "load from", expected.code, "SQLite's words"); });
    CHECK(load.outcome == StorageError::Outcome::not_done);
  }
}

TEST_CASE("a disk that is full at any write fails the push, leaves no trace, and the next push goes through",
          "[sqlite]") {
  FaultyVfs disk;
  const auto synchronous = GENERATE(SqliteSynchronous::full, SqliteSynchronous::normal);
  const auto group_size = GENERATE(std::size_t{1}, std::size_t{40});
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.synchronous = synchronous}};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  std::vector<PushRecord> records;
  for (std::size_t index = 0; index < group_size; ++index) {
    records.push_back(event("pikachu", static_cast<Version>(index) + 2, json_of_size(500)));
  }

  int writes = 0;  // of one push
  for (bool failed = true; failed;) {
    disk.fail_writes(SQLITE_FULL, ++writes);
    PushOutcome outcome;
    try {
      outcome = storage.push_events(records, {});
      failed = false;
    } catch (const StorageError& native) {
      const Failure error = failure(native);
      CHECK(error.says("cannot push to SQLite file '" + folder / "file.db" +
                       "': the disk is full and nothing was written; free some space and do it again"));
      CHECK_FALSE(error.retryable);
      CHECK(error.code == SQLITE_FULL);
      CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
      CHECK(PlainSqlite{folder / "file.db", disk.real_name()}.value(
                "SELECT group_concat(version) FROM event WHERE aggregate_id = 'pikachu'") == "1");
    }
    disk.heal();
    CHECK(outcome == PushOutcome{});
    if (failed && writes % 2 == 0) {  // the next push goes through, whether it is the same or another one
      const PushRecord other = event("pokemon after write " + std::to_string(writes), 1);
      REQUIRE(push(storage, other) == PushOutcome{});
    }
  }
  CHECK(writes > 4);
  CHECK(versions(storage, "pikachu").size() == group_size + 1);
  CHECK(PlainSqlite{folder / "file.db", disk.real_name()}.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a disk that is full while a file is created leaves a file that can be created later", "[sqlite]") {
  FaultyVfs disk;
  int writes = 0;
  for (bool failed = true; failed;) {
    const TempDirectory folder;
    disk.fail_writes(SQLITE_FULL, ++writes);
    failed = false;
    try {
      SqliteEventStorageAdapter storage{folder / "file.db"};
    } catch (const StorageError& native) {
      failed = true;
      const Failure error = failure(native);
      INFO(error.what);
      CHECK(error.says("SQLite file '" + folder / "file.db" + "': the disk is full"));
      CHECK((error.code.value() & 0xFF) == SQLITE_FULL);
    }
    disk.heal();
    SqliteEventStorageAdapter storage{folder / "file.db"};
    CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
  }
  CHECK(writes > 4);
}

TEST_CASE("a disk that fails to write or to flush is reported and the file stays whole", "[sqlite]") {
  FaultyVfs disk;
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  const bool flush = GENERATE(false, true);
  flush ? disk.fail_syncs(SQLITE_IOERR_FSYNC) : disk.fail_writes(SQLITE_IOERR_WRITE);
  for (const std::vector<PushRecord>& records :
       {std::vector{event("pikachu", 2)}, std::vector{event("pikachu", 2), event("raichu", 1)}}) {
    const Failure error = failure_of([&] { storage.push_events(records, {}); });
    INFO(error.what);
    CHECK(error.says("file.db': reading or writing failed; check the disk"));
    CHECK(error.says("Whether the push was written is unknown: load the aggregate to see"));
    CHECK(error.outcome == StorageError::Outcome::unknown);
    CHECK(error.code == (flush ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE));
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
  }
  disk.heal();
  CHECK(push(storage, event("pikachu", 2), event("raichu", 1)) == PushOutcome{});
  CHECK(PlainSqlite{folder / "file.db", disk.real_name()}.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a push is flushed to disk with full, and not with normal", "[sqlite]") {
  FaultyVfs disk;
  const TempDirectory folder;
  const auto flushes_of_ten = [&](SqliteEventStorageAdapter& storage, std::string_view id) {
    REQUIRE(push(storage, event(std::string{id}, 1)) == PushOutcome{});  // starts the log
    const int before = disk.syncs();
    for (Version version = 2; version <= 11; ++version) {
      REQUIRE(push(storage, event(std::string{id}, version)) == PushOutcome{});
    }
    return disk.syncs() - before;
  };
  SqliteEventStorageAdapter by_default{folder / "default.db"};
  CHECK(flushes_of_ten(by_default, "pikachu") == 10);
  SqliteEventStorageAdapter full{folder / "full.db", {.synchronous = SqliteSynchronous::full}};
  CHECK(flushes_of_ten(full, "pikachu") == 10);
  SqliteEventStorageAdapter normal{folder / "normal.db", {.synchronous = SqliteSynchronous::normal}};
  CHECK(flushes_of_ten(normal, "pikachu") == 0);
}

/// Fills 4096 bytes of the file with a pattern that a page cannot have.
void damage_page(const std::string& path, int page, std::size_t offset = 0) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp((page - 1) * 4096 + static_cast<std::streamoff>(offset));
  file << std::string(4096 - offset, '\xFF');
}

TEST_CASE("a damaged page is reported with the file's name and what to do", "[sqlite]") {
  const TempDirectory folder;
  {
    SqliteEventStorageAdapter storage{folder / "file.db"};
    std::vector<PushRecord> records;
    for (Version version = 1; version <= 200; ++version) {
      records.push_back(event("pikachu", version, json_of_size(200)));
    }
    REQUIRE(storage.push_events(records, {}) == PushOutcome{});
  }
  const int root =
      std::stoi(PlainSqlite{folder / "file.db"}.value("SELECT rootpage FROM sqlite_schema WHERE name = 'event'"));
  std::filesystem::copy(folder / "file.db", folder / "schema.db");
  damage_page(folder / "file.db", root);
  damage_page(folder / "schema.db", 1, 100);

  const Failure closed = failure_to_open(folder / "schema.db");
  CHECK(closed.says("cannot open SQLite file '" + folder / "schema.db" + "': it is damaged; restore it from a backup"));
  CHECK((closed.code.value() & 0xFF) == SQLITE_CORRUPT);

  SqliteEventStorageAdapter storage{folder / "file.db"};
  for (int round = 0; round < 2; ++round) {
    const Failure loading = failure_of([&] { load(storage, "pikachu"); });
    CHECK(loading.says("cannot load events from SQLite file '" + folder / "file.db" +
                       "': it is damaged; restore it from a backup"));
    CHECK_FALSE(loading.retryable);
    CHECK((loading.code.value() & 0xFF) == SQLITE_CORRUPT);
    const Failure pushing = failure_of([&] { push(storage, event("pikachu", 201)); });
    CHECK(pushing.says("cannot push to SQLite file"));
    CHECK((pushing.code.value() & 0xFF) == SQLITE_CORRUPT);
  }
}

TEST_CASE("an event larger than SQLite allows leaves no trace", "[sqlite]") {
  // Every new connection gets a small limit, so that no gigabyte is needed.
  const auto limit = reinterpret_cast<void (*)()>(+[](sqlite3* handle, const char**, const void*) {
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 10'000);
    return SQLITE_OK;
  });
  REQUIRE(sqlite3_auto_extension(limit) == SQLITE_OK);
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  sqlite3_cancel_auto_extension(limit);
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  for (const std::size_t size : {std::size_t{10'001}, std::size_t{9'990}}) {  // one value, and the row as a whole
    const PushRecord large = event("pikachu", 2, json_of_size(size));
    for (const std::vector<PushRecord>& records : {std::vector{large}, std::vector{event("raichu", 1), large}}) {
      const Failure error = failure_of([&] { storage.push_events(records, {}); });
      CHECK(error.says("file.db': an event is larger than SQLite allows and nothing was written"));
      CHECK_FALSE(error.retryable);
      CHECK(error.code == SQLITE_TOOBIG);
    }
  }
  CHECK(PlainSqlite{folder / "file.db"}.rows("SELECT aggregate_id, version FROM event") ==
        std::vector<std::string>{"pikachu|1"});
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
}

TEST_CASE("a constraint or trigger of the user's own refuses an event with its reason", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  PlainSqlite{folder / "file.db"}.rows(
      "CREATE UNIQUE INDEX one_payload ON event (payload);"
      "CREATE TRIGGER no_eevee BEFORE INSERT ON event WHEN new.aggregate_id = 'eevee'"
      " BEGIN SELECT RAISE(ABORT, 'no eevee here'); END");
  REQUIRE(push(storage, event("pikachu", 1, "1")) == PushOutcome{});

  const Failure unique = failure_of([&] { push(storage, event("pikachu", 2, "1")); });
  CHECK(unique.says("a constraint or a trigger that was added to the file forbids it and nothing was written"));
  CHECK(unique.says("UNIQUE constraint failed: event.payload"));
  CHECK(unique.code == SQLITE_CONSTRAINT_UNIQUE);
  const Failure trigger = failure_of([&] { push(storage, event("raichu", 1, "2"), event("eevee", 1, "3")); });
  CHECK(trigger.says("no eevee here"));
  CHECK(trigger.code == SQLITE_CONSTRAINT_TRIGGER);
  CHECK(versions(storage, "raichu").empty());
  CHECK(push(storage, event("pikachu", 2, "2")) == PushOutcome{});
}

TEST_CASE("an index of the user's own that ignores case lets force write over no other event", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  push(storage, event("pikachu", 1, "1"));
  PlainSqlite{folder / "file.db"}.rows(
      "CREATE UNIQUE INDEX more ON event (event_store_id, aggregate_id COLLATE NOCASE, version)");
  const std::vector<PushRecord> other{event("Pikachu", 1, "2")};
  CHECK(failure_of([&] {
          storage.push_events(other, {.force = true});
        }).says("a constraint or a trigger that was added"));
  CHECK(load(storage, "pikachu").at(0).payload == "1");
  CHECK(load(storage, "Pikachu").empty());
}

TEST_CASE("a trigger that ignores an event has not pushed it", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  PlainSqlite{folder / "file.db"}.rows(
      "CREATE TRIGGER no_eevee BEFORE INSERT ON event WHEN new.aggregate_id = 'eevee'"
      " BEGIN SELECT RAISE(IGNORE); END");
  const Failure error = failure_of([&] { push(storage, event("raichu", 1), event("eevee", 1)); });
  CHECK(error.says("a trigger ignored the event"));
  CHECK(error.code == SQLITE_CONSTRAINT_TRIGGER);
  CHECK(versions(storage, "raichu").empty());
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
}

TEST_CASE("a trigger that meets a NULL of its own is not taken for a version gap", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  PlainSqlite{folder / "file.db"}.rows(
      "CREATE TABLE audit (text TEXT NOT NULL); CREATE TRIGGER audited AFTER INSERT ON event"
      " WHEN new.payload IS NULL BEGIN INSERT INTO audit VALUES (NULL); END");
  for (const std::vector<PushRecord>& records :
       {std::vector{event("pikachu", 2, "")}, std::vector{event("raichu", 1, "")},
        std::vector{event("raichu", 1), event("pikachu", 2, "")}}) {
    const Failure error = failure_of([&] { storage.push_events(records, {}); });
    CHECK(error.says("NOT NULL constraint failed: audit.text"));
    CHECK(error.code == SQLITE_CONSTRAINT_NOTNULL);
  }
  CHECK(push(storage, event("pikachu", 3, "")) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
}

}  // namespace
