// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/child_process.hpp"
#include "adapters/support/faulty_vfs.hpp"
#include "adapters/support/sqlite.hpp"
#include "core/upcast_chain.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Files of other versions of the schema. There is only one version so far, so a later one is made up here.

namespace {

namespace fs = std::filesystem;
using namespace castore;
using namespace castore::sqlite_tests;

/// The file that the first versions of this library wrote.
void make_first_file(const std::string& path) {
  PlainSqlite{path}.rows(
      "CREATE TABLE event (\n"
      "  position INTEGER PRIMARY KEY,\n"
      "  event_store_id TEXT NOT NULL,\n"
      "  aggregate_id TEXT NOT NULL,\n"
      "  version INTEGER NOT NULL,\n"
      "  type TEXT NOT NULL,\n"
      "  timestamp TEXT NOT NULL,\n"
      "  payload TEXT,\n"
      "  metadata TEXT,\n"
      "  UNIQUE (event_store_id, aggregate_id, version)\n"
      ") STRICT;"
      "CREATE INDEX event_initial ON event (event_store_id, timestamp, aggregate_id) WHERE version = 1;"
      "PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"
      "INSERT INTO event VALUES (1, 'POKEMONS', 'pikachu', 1, 'APPEARED', '2022-01-01T12:00:00.000Z', '{}', NULL),"
      " (7, 'POKEMONS', 'pikachu', 2, 'LEVELED_UP', '2022-01-01T12:00:01.000Z', NULL, '[]')");
}

TEST_CASE("a file of the first versions is used as it is", "[sqlite]") {
  const TempDirectory folder;
  make_first_file(folder / "file.db");
  const auto schema = [&] { return PlainSqlite{folder / "file.db"}.rows("SELECT * FROM sqlite_schema"); };
  const auto before = schema();
  {
    const SqliteEventStorageAdapter reading{folder / "file.db", {.read_only = true}};
    CHECK(versions(reading, "pikachu") == std::vector<Version>{1, 2});
  }
  for (Version version = 3; version <= 4; ++version) {
    SqliteEventStorageAdapter storage{folder / "file.db"};
    const PushOutcome outcome = push(storage, event("pikachu", version));
    CHECK(outcome == PushOutcome{});
    CHECK(outcome.position == version + 5);
    CHECK(push(storage, event("pikachu", 1)) == PushOutcome{PushOutcome::already_exists, 0});
    CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids == std::vector<AggregateIdEntry>{{"pikachu", noon}});
    CHECK(storage.list_event_stores() == std::vector<std::string>{"POKEMONS"});
  }
  CHECK(schema() == before);
  CHECK(PlainSqlite{folder / "file.db"}.value("PRAGMA user_version") == "1");
}

TEST_CASE("events of four releases in a file of the first versions are read in their newest form", "[sqlite]") {
  const TempDirectory folder;
  make_first_file(folder / "file.db");
  std::string rows;
  for (const auto& [type, payload] : castore_tests::upcast_chain::stored) {
    const std::string version = std::to_string(1 + static_cast<int>(type.back() == 'T' ? 0 : type.back() - '1'));
    rows += std::string{rows.empty() ? "" : ", "} + "('BALLS', 'ball', " + version + ", '" + std::string{type} +
            "', '2022-01-01T12:00:00.00" + version + "Z', '" + std::string{payload} + "', NULL)";
  }
  PlainSqlite{folder / "file.db"}.rows(
      "INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata) VALUES " + rows);
  SqliteEventStorageAdapter storage{folder / "file.db"};
  castore_tests::upcast_chain::check_forms(storage, "ball");
}

TEST_CASE("a new file gives out no position twice, also when its last events were deleted", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2)).position == 1);
  PlainSqlite{folder / "file.db"}.rows("DELETE FROM event");
  CHECK(push(storage, event("raichu", 1)).position == 3);
  CHECK(push(SqliteEventStorageAdapter{folder / "file.db"}, event("raichu", 2)).position == 4);
}

constexpr std::string_view description_with_note =
    "position INTEGER 0 1,event_store_id TEXT 1 0,aggregate_id TEXT 1 0,version INTEGER 1 0,type TEXT 1 0,"
    "timestamp TEXT 1 0,payload TEXT 0 0,metadata TEXT 0 0,note TEXT 0 0 strict 1 unique 1 UTF-8";
const detail::SqliteUpgrade upgrades[] = {
    {"ALTER TABLE event ADD COLUMN note TEXT; CREATE TABLE upgrade (text); INSERT INTO upgrade VALUES ('to 2')"},
    {"UPDATE event SET note = 'upgraded'; INSERT INTO upgrade VALUES ('to 3')"}};
const detail::SqliteSchema third{3, "", description_with_note, upgrades};

std::unique_ptr<detail::SqliteConnection> open(const std::string& path, const detail::SqliteSchema& schema) {
  return detail::open_sqlite_writer({path, std::chrono::seconds{60}}, path, SqliteSynchronous::normal, schema);
}

void check_is_first(const std::string& path) {
  PlainSqlite file{path};
  CHECK(file.value("PRAGMA user_version") == "1");
  CHECK(file.value("SELECT count(*) FROM pragma_table_info('event') WHERE name = 'note'") == "0");
  CHECK(file.value("SELECT count(*) FROM sqlite_schema WHERE name = 'upgrade'") == "0");
  CHECK(file.value("SELECT count(*) FROM event") == "2");
  CHECK(file.value("PRAGMA integrity_check") == "ok");
}

void check_is_third(const std::string& path) {
  PlainSqlite file{path};
  CHECK(file.value("PRAGMA user_version") == "3");
  CHECK(file.rows("SELECT version, note FROM event") == std::vector<std::string>{"1|upgraded", "2|upgraded"});
  CHECK(file.rows("SELECT * FROM upgrade") == std::vector<std::string>{"to 2", "to 3"});
  CHECK(file.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a file of an older version is upgraded step by step, once", "[sqlite]") {
  const TempDirectory folder;
  make_first_file(folder / "first.db");
  for (int round = 0; round < 2; ++round) {
    open(folder / "first.db", third);
    check_is_third(folder / "first.db");
  }
  make_first_file(folder / "second.db");
  PlainSqlite{folder / "second.db"}.rows(
      "ALTER TABLE event ADD COLUMN note TEXT; CREATE TABLE upgrade (text); PRAGMA user_version = 2");
  open(folder / "second.db", third);
  CHECK(PlainSqlite{folder / "second.db"}.rows("SELECT * FROM upgrade") == std::vector<std::string>{"to 3"});

  const auto before = folder.contents();
  CHECK(failure_to_open(folder / "first.db").says("schema version 3, which is newer than version 1"));
  CHECK(failure_to_open(folder / "first.db", {.read_only = true}).says("schema version 3, which is newer"));
  CHECK(folder.contents() == before);
}

TEST_CASE("an adapter that only reads refuses a file of an older version and leaves it as it was", "[sqlite]") {
  const TempDirectory folder;
  make_first_file(folder / "file.db");
  const auto before = folder.contents();
  const Failure error = failure_of([&] {
    detail::open_sqlite_read_only({folder / "file.db", std::chrono::seconds{1}, true}, folder / "file.db", "open",
                                  third);
  });
  CHECK(error.says("its events are stored in an older schema, and an adapter that is read_only upgrades nothing"));
  CHECK(folder.contents() == before);
}

TEST_CASE("an upgrade that fails leaves the file as it was", "[sqlite]") {
  struct Case {
    const char* second_step;
    std::string_view reason;
  };
  for (const Case& each : {Case{"INSERT INTO nowhere VALUES (1)", "no such table: nowhere"},
                           Case{"ALTER TABLE event DROP COLUMN metadata", "its table 'event' is not the one"}}) {
    const detail::SqliteUpgrade failing[] = {upgrades[0], {each.second_step}};
    const TempDirectory folder;
    make_first_file(folder / "file.db");
    const auto before = folder.contents();
    const Failure error = failure_of([&] { open(folder / "file.db", {3, "", description_with_note, failing}); });
    INFO(error.what);
    CHECK(error.says("SQLite file '" + folder / "file.db" + "'"));
    CHECK(error.says(each.reason));
    check_is_first(folder / "file.db");
    CHECK(folder.contents().size() == before.size());
    CHECK(versions(SqliteEventStorageAdapter{folder / "file.db"}, "pikachu") == std::vector<Version>{1, 2});
  }
}

TEST_CASE("a disk that is full at any write of an upgrade leaves a file of the old version, or a whole new one",
          "[sqlite]") {
  FaultyVfs disk;
  int writes = 0;
  for (bool failed = true; failed;) {
    const TempDirectory folder;
    make_first_file(folder / "file.db");
    disk.fail_writes(SQLITE_FULL, ++writes);
    failed = false;
    try {
      open(folder / "file.db", third);
    } catch (const StorageError& error) {
      failed = true;
      CHECK((failure(error).code.value() & 0xFF) == SQLITE_FULL);
    }
    disk.heal();
    if (failed) check_is_first(folder / "file.db");
    open(folder / "file.db", third);
    check_is_third(folder / "file.db");
  }
  CHECK(writes > 3);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("a process that is killed in the middle of an upgrade leaves a file of the old version", "[sqlite]") {
  const auto journal = GENERATE(as<std::string>{}, "WAL", "DELETE");
  const TempDirectory folder;
  make_first_file(folder / "file.db");
  PlainSqlite{folder / "file.db"}.rows("PRAGMA journal_mode = " + journal);
  ChildProcess child{[&](auto) {
    const auto add_die = reinterpret_cast<void (*)()>(+[](sqlite3* handle, const char**, const void*) {
      const auto die = [](sqlite3_context*, int, sqlite3_value**) { ::kill(getpid(), SIGKILL); };
      return sqlite3_create_function(handle, "die", 0, SQLITE_UTF8, nullptr, die, nullptr, nullptr);
    });
    sqlite3_auto_extension(add_die);
    const detail::SqliteUpgrade killing[] = {upgrades[0], {"UPDATE event SET note = 'half'; SELECT die()"}};
    open(folder / "file.db", {3, "", description_with_note, killing});
  }};
  CHECK(child.wait() == -SIGKILL);
  check_is_first(folder / "file.db");
  open(folder / "file.db", third);
  check_is_third(folder / "file.db");
}

TEST_CASE("several processes may upgrade one file at the same time, and it is done once", "[sqlite]") {
  for (int round = 0; round < 4; ++round) {
    const TempDirectory folder;
    make_first_file(folder / "file.db");
    {
      std::vector<ChildProcess> children;
      for (int process = 0; process < 4; ++process) {
        children.emplace_back([&](auto send) {
          std::vector<std::jthread> threads;
          for (int thread = 0; thread < 2; ++thread) threads.emplace_back([&] { open(folder / "file.db", third); });
          threads.clear();
          send("upgraded");
        });
      }
      for (ChildProcess& child : children) {
        CHECK(child.receive_all() == "upgraded");
        CHECK(child.wait() == 0);
      }
    }
    check_is_third(folder / "file.db");
  }
}
#endif

}  // namespace
