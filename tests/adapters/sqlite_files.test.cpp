// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/child_process.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Which files are opened, which are refused, and that a refused file stays as it was.

namespace {

namespace fs = std::filesystem;
using namespace castore;
using namespace castore::sqlite_tests;

/// A file of the adapter's with one event, changed by plain sqlite3.
void make_file(const std::string& path, const std::string& changes) {
  {
    SqliteEventStorageAdapter storage{path};
    REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  }
  PlainSqlite{path}.rows(changes);
}

constexpr std::string_view not_ours = "its table 'event' is not the one that castore creates";
const std::string unique = ", UNIQUE (event_store_id, aggregate_id, version)";

/// A table like ours but for its key, its options and its aggregate id.
void make_table(const std::string& path, const std::string& key, const std::string& options,
                const std::string& aggregate_id = "aggregate_id TEXT NOT NULL") {
  PlainSqlite{path}.rows("CREATE TABLE event (position INTEGER PRIMARY KEY, event_store_id TEXT NOT NULL, " +
                         aggregate_id +
                         ", version INTEGER NOT NULL, type TEXT NOT NULL, timestamp TEXT NOT NULL, payload TEXT, "
                         "metadata TEXT" +
                         key + ") " + options + "; PRAGMA user_version = 1");
}

TEST_CASE("a table of our layout is taken, whoever made it", "[sqlite]") {
  const TempDirectory folder;
  make_table(folder / "file.db", unique, "STRICT");
  CHECK(push(SqliteEventStorageAdapter{folder / "file.db"}, event("pikachu", 1)) == PushOutcome{});
  make_table(folder / "index.db", "",
             "STRICT; CREATE UNIQUE INDEX key ON event (event_store_id, aggregate_id, version)");
  SqliteEventStorageAdapter storage{folder / "index.db"};
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{PushOutcome::already_exists, 0});
}

TEST_CASE("a table that replaces an event of the same version does not get to do it", "[sqlite]") {
  const TempDirectory folder;
  make_table(folder / "file.db", unique + " ON CONFLICT REPLACE", "STRICT");
  SqliteEventStorageAdapter storage{folder / "file.db"};
  REQUIRE(push(storage, event("pikachu", 1, "1")) == PushOutcome{});
  REQUIRE(push(storage, event("raichu", 1), event("raichu", 2, "1")) == PushOutcome{});
  CHECK(push(storage, event("pikachu", 1, "2")) == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(push(storage, event("eevee", 1), event("raichu", 2, "2")) == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(load(storage, "pikachu")[0].payload == "1");
}

TEST_CASE("a file that is not ours is refused with a reason and stays as it was", "[sqlite]") {
  struct Case {
    const char* name;
    void (*make)(const std::string& path);
    std::string_view reason;
  };
  const auto& [name, make, reason] = GENERATE(values<Case>({
      {"newer schema", [](const std::string& path) { make_file(path, "PRAGMA user_version = 2"); },
       "schema version 2, which is newer than version 1"},
      {"something else", [](const std::string& path) { PlainSqlite{path}.rows("CREATE TABLE notes (text)"); },
       "a database of something else"},
      {"something else with a write-ahead log",
       [](const std::string& path) { PlainSqlite{path}.rows("PRAGMA journal_mode = WAL; CREATE TABLE notes (text)"); },
       "a database of something else"},
      {"something else with a version",
       [](const std::string& path) { PlainSqlite{path}.rows("CREATE TABLE notes (text); PRAGMA user_version = 1"); },
       "a database of something else"},
      {"something else with a later version",
       [](const std::string& path) { PlainSqlite{path}.rows("CREATE TABLE notes (text); PRAGMA user_version = 7"); },
       "a database of something else"},
      {"a version and nothing else", [](const std::string& path) { PlainSqlite{path}.rows("PRAGMA user_version = 1"); },
       "a database of something else"},
      {"negative version", [](const std::string& path) { make_file(path, "PRAGMA user_version = -1"); },
       "a database of something else"},
      {"our table without a version", [](const std::string& path) { make_file(path, "PRAGMA user_version = 0"); },
       "a database of something else"},
      {"a column too few", [](const std::string& path) { make_file(path, "ALTER TABLE event DROP COLUMN metadata"); },
       not_ours},
      {"another event table",
       [](const std::string& path) {
         PlainSqlite{path}.rows("CREATE TABLE event (place TEXT, date TEXT); PRAGMA user_version = 1");
       },
       not_ours},
      {"no unique key", [](const std::string& path) { make_table(path, "", "STRICT"); }, not_ours},
      {"a partial unique index",
       [](const std::string& path) {
         make_table(path, "",
                    "STRICT; CREATE UNIQUE INDEX key ON event (event_store_id, aggregate_id, version)"
                    " WHERE version > 1");
       },
       not_ours},
      {"an index that is not unique",
       [](const std::string& path) {
         make_table(path, "", "STRICT; CREATE INDEX key ON event (event_store_id, aggregate_id, version)");
       },
       not_ours},
      {"a unique index of fewer columns",
       [](const std::string& path) {
         make_table(path, "", "STRICT; CREATE UNIQUE INDEX key ON event (aggregate_id, version)");
       },
       not_ours},
      {"a key that ignores case",
       [](const std::string& path) {
         make_table(path, "",
                    "STRICT; CREATE UNIQUE INDEX key ON event (event_store_id, aggregate_id COLLATE NOCASE,"
                    " version)");
       },
       not_ours},
      {"ids that ignore case",
       [](const std::string& path) {
         make_table(path, "",
                    "STRICT; CREATE UNIQUE INDEX key ON event (event_store_id COLLATE BINARY, aggregate_id"
                    " COLLATE BINARY, version)",
                    "aggregate_id TEXT NOT NULL COLLATE NOCASE");
       },
       not_ours},
      {"no rowid", [](const std::string& path) { make_table(path, unique, "STRICT, WITHOUT ROWID"); }, not_ours},
      {"no STRICT", [](const std::string& path) { make_table(path, unique, ""); }, not_ours},
      {"UTF-16",
       [](const std::string& path) {
         PlainSqlite{path}.rows("PRAGMA encoding = 'UTF-16'; " + std::string{detail::sqlite_create_event} +
                                "; PRAGMA user_version = 1");
       },
       not_ours},
  }));
  INFO(name);
  const TempDirectory folder;
  make(folder / "file.db");
  const auto before = folder.contents();
  const Failure error = failure_to_open(folder / "file.db");
  INFO(error.what);
  CHECK(error.says(reason));
  CHECK(error.says("SQLite file '" + folder / "file.db" + "'"));
  CHECK_FALSE(error.retryable);
  CHECK(folder.contents() == before);
  CHECK(failure_to_open(folder / "file.db", {.read_only = true}).says(reason));
  CHECK(folder.contents() == before);
}

TEST_CASE("a refused file whose log was never written back keeps its log", "[sqlite]") {
  const TempDirectory folder;
  const TempDirectory crashed;
  {
    PlainSqlite file{folder / "file.db"};
    file.rows(
        "PRAGMA journal_mode = WAL; PRAGMA user_version = 2; CREATE TABLE event (a); INSERT INTO event VALUES (1)");
    std::filesystem::copy(folder / "file.db", crashed / "file.db");
    std::filesystem::copy(folder / "file.db-wal", crashed / "file.db-wal");
  }
  auto before = crashed.contents();
  CHECK(failure_to_open(crashed / "file.db").says("newer"));
  auto after = crashed.contents();
  after.erase("file.db-shm");  // the index of the log, made again by every first reader
  CHECK(after == before);
  CHECK(PlainSqlite{crashed / "file.db"}.value("SELECT * FROM event") == "1");
}

TEST_CASE("what is not a database is refused with its name and stays as it was", "[sqlite]") {
  const TempDirectory folder;
  std::ofstream{folder / "text.db"} << std::string(5000, 'x');
  std::filesystem::create_directory(folder / "folder.db");
  const auto text_before = std::filesystem::file_size(folder / "text.db");

  const Failure text = failure_to_open(folder / "text.db");
  CHECK(text.says("cannot open SQLite file '" + folder / "text.db" + "': it is not an SQLite database"));
  CHECK(text.code == SQLITE_NOTADB);
  CHECK(std::filesystem::file_size(folder / "text.db") == text_before);

  const Failure directory = failure_to_open(folder / "folder.db");
  CHECK(directory.says("it cannot be opened or created; see that its folder exists"));
  CHECK((directory.code.value() & 0xFF) == SQLITE_CANTOPEN);

  const Failure missing = failure_to_open(folder / "missing/file.db");
  CHECK(missing.says("missing/file.db': it cannot be opened or created; see that its folder exists"));
  CHECK((missing.code.value() & 0xFF) == SQLITE_CANTOPEN);
  CHECK_FALSE(std::filesystem::exists(folder / "missing"));

  using namespace std::string_literals;
  CHECK(failure_to_open("").says("name a file"));
  CHECK(failure_to_open(folder / "a\0b"s).says("name a file"));
  CHECK(folder.contents().size() == 2);
}

TEST_CASE("an empty file becomes ours, and a file of ours in another journal mode is taken back", "[sqlite]") {
  const TempDirectory folder;
  std::ofstream{folder / "empty.db"};
  SqliteEventStorageAdapter empty{folder / "empty.db"};
  CHECK(push(empty, event("pikachu", 1)) == PushOutcome{});

  make_file(folder / "delete.db", "PRAGMA journal_mode = DELETE");
  SqliteEventStorageAdapter storage{folder / "delete.db"};
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
  CHECK(PlainSqlite{folder / "delete.db"}.value("PRAGMA journal_mode") == "wal");
}

TEST_CASE("tables, indexes and views of the user's own next to ours are left alone", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db",
            "CREATE TABLE notes (text); CREATE INDEX by_type ON event (type); CREATE VIEW last AS SELECT * FROM event");
  SqliteEventStorageAdapter storage{folder / "file.db"};
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
  CHECK(PlainSqlite{folder / "file.db"}.value(
            "SELECT count(*) FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'") == "5");
}

TEST_CASE("a path is UTF-8, whatever the system calls its files by", "[sqlite]") {
  const TempDirectory folder;
  const auto name = fs::path{u8"p\u00E9 \u65E5\u672C%41#.db"};
  const std::u8string path = (folder.path() / name).u8string();
  const std::string utf8{path.begin(), path.end()};
  {
    SqliteEventStorageAdapter storage{utf8};
    CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
  }
  CHECK(fs::exists(folder.path() / name));
  CHECK(std::distance(fs::directory_iterator{folder.path()}, fs::directory_iterator{}) == 1);
  const SqliteEventStorageAdapter reader{utf8, {.read_only = true}};
  CHECK(versions(reader, "pikachu") == std::vector<Version>{1});
  CHECK_THROWS_AS((SqliteEventStorageAdapter{utf8 + "/below.db"}), StorageError);
}

TEST_CASE("a path is a path: not a URI, kept when the process changes its folder, UTF-8", "[sqlite]") {
  const TempDirectory folder;
  const TempDirectory elsewhere;
  const auto start = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  {
    SqliteEventStorageAdapter storage{"file:p\xC3\xA9.db?mode=memory"};
    CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
    std::filesystem::current_path(elsewhere.path());
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
  }
  std::filesystem::current_path(start);
  const auto files = folder.contents();
  CHECK(files.size() == 1);
  CHECK(files.count("file:p\xC3\xA9.db?mode=memory") == 1);
  CHECK(elsewhere.contents().empty());
}

#if __has_include(<sys/wait.h>)
/// What opening says to a user who is not root.
std::string open_as_nobody(const std::string& path) {
  ChildProcess child{[&](auto send) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return send("cannot become nobody");
    try {
      SqliteEventStorageAdapter storage{path};
      send("opened");
    } catch (const StorageError& error) {
      const Failure taken = failure(error);
      send(std::to_string(taken.code.value_or(-1) & 0xFF) + (taken.retryable ? " retry " : " report ") + taken.what);
    }
  }};
  const std::string said = child.receive_all();
  CHECK(child.wait() == 0);
  return said;
}

TEST_CASE("a file that may not be written is refused at opening and stays as it was", "[sqlite]") {
  const auto setup = GENERATE(as<std::string>{}, "", "PRAGMA journal_mode = DELETE");
  const TempDirectory folder;
  make_file(folder / "file.db", setup.empty() ? "SELECT 1" : setup);
  REQUIRE(chmod((folder / "file.db").c_str(), 0444) == 0);
  const auto before = folder.contents();
  const std::string said = open_as_nobody(folder / "file.db");
  INFO(said);
  CHECK(contains(said, std::to_string(SQLITE_READONLY) + " report castore: cannot open SQLite file '" +
                           folder / "file.db" + "': it is read-only; let this process write to the file"));
  CHECK(folder.contents() == before);
}

TEST_CASE("a file in a folder that may not be written is refused at opening and stays as it was", "[sqlite]") {
  const auto setup = GENERATE(as<std::string>{}, "", "PRAGMA journal_mode = DELETE");
  const TempDirectory folder;
  make_file(folder / "file.db", setup.empty() ? "SELECT 1" : setup);
  REQUIRE(chmod((folder / "file.db").c_str(), 0666) == 0);
  REQUIRE(chmod(folder.path().c_str(), 0555) == 0);
  const auto before = folder.contents();
  const std::string existing = open_as_nobody(folder / "file.db");
  INFO(existing);
  CHECK(contains(existing, std::to_string(SQLITE_READONLY) + " report castore: cannot open SQLite file '" +
                               folder / "file.db" +
                               "': it is read-only; let this process write to the file and to "
                               "its folder"));
  const std::string created = open_as_nobody(folder / "new.db");
  INFO(created);
  CHECK(contains(created, std::to_string(SQLITE_CANTOPEN) + " report castore: cannot open SQLite file '" +
                              folder / "new.db" + "': it cannot be opened or created"));
  CHECK(folder.contents() == before);
  REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
}
#endif

TEST_CASE("a push waits for another writer up to the busy timeout, then says who may try again", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds{60}}};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  PlainSqlite other{folder / "file.db"};
  other.rows("BEGIN IMMEDIATE");
  for (const std::vector<PushRecord>& records :
       {std::vector{event("pikachu", 2)}, std::vector{event("pikachu", 2), event("raichu", 1)}}) {
    const auto start = std::chrono::steady_clock::now();
    const Failure error = failure_of([&] { storage.push_events(records, {}); });
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds{60});
    CHECK(error.says("cannot push to SQLite file '" + folder / "file.db" +
                     "': it was locked by another process for longer than the busy timeout of 60 ms"));
    CHECK(error.retryable);
    CHECK(error.code == SQLITE_BUSY);
  }
  other.rows("ROLLBACK");
  CHECK(push(storage, event("pikachu", 2), event("raichu", 1)) == PushOutcome{});
}

TEST_CASE("a push goes through when the other writer ends in time", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  for (const char* sql : {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"}) {
    PlainSqlite other{folder / "file.db"};
    other.rows(sql);
    other.rows("DELETE FROM event");
    std::thread ending{[&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
      other.rows("COMMIT");
    }};
    CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
    ending.join();
  }
}

TEST_CASE("opening waits for a lock up to the busy timeout", "[sqlite]") {
  const TempDirectory folder;
  PlainSqlite other{folder / "file.db"};
  other.rows("BEGIN EXCLUSIVE");
  const Failure error = failure_to_open(folder / "file.db", {.busy_timeout = std::chrono::milliseconds{50}});
  CHECK(error.says("cannot open SQLite file"));
  CHECK(error.says("it was locked by another process for longer than the busy timeout of 50 ms"));
  CHECK(error.retryable);
  std::thread ending{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    other.rows("COMMIT");
  }};
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::milliseconds::max()}};
  ending.join();
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
}

TEST_CASE("opening waits for a reader that keeps the journal mode from changing", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db", "PRAGMA journal_mode = DELETE");
  PlainSqlite reader{folder / "file.db"};
  reader.rows("BEGIN; SELECT * FROM event");
  const Failure error = failure_to_open(folder / "file.db", {.busy_timeout = std::chrono::milliseconds{50}});
  CHECK(error.says("it was locked by another process"));
  CHECK(error.retryable);
  std::thread ending{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    reader.rows("COMMIT");
  }};
  SqliteEventStorageAdapter storage{folder / "file.db", {.busy_timeout = std::chrono::seconds{60}}};
  ending.join();
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
}

}  // namespace
