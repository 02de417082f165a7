// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/faulty_vfs.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <thread>
#include <vector>

// Adapters that are opened with read_only.

namespace {

namespace fs = std::filesystem;
using namespace castore;
using namespace castore::sqlite_tests;

constexpr SqliteEventStorageAdapterOptions read_only{.read_only = true};

void make_file(const std::string& path, Version events = 2) {
  SqliteEventStorageAdapter storage{path};
  for (Version version = 1; version <= events; ++version) {
    REQUIRE(push(storage, event("pikachu", version)) == PushOutcome{});
  }
}

/// What a program that is killed leaves: the file, and a log with an event that is not in the file.
void make_file_of_killed(const TempDirectory& folder, const std::string& name, bool with_index) {
  const TempDirectory alive;
  make_file(alive / "file.db", 1);
  SqliteEventStorageAdapter storage{alive / "file.db"};
  REQUIRE(push(storage, event("pikachu", 2)) == PushOutcome{});
  for (const char* end : {"", "-wal", "-shm"}) {
    if (with_index || std::string{end} != "-shm") fs::copy_file(alive / "file.db" + end, folder / name + end);
  }
}

TEST_CASE("an adapter that only reads loads and lists, and leaves the folder as it was", "[sqlite]") {
  const auto name = GENERATE(as<std::string>{}, "file.db", "file:a?b#c%20d.db");
  const TempDirectory folder;
  make_file(folder / name);
  const auto before = folder.contents();
  {
    const SqliteEventStorageAdapter storage{folder / name, read_only};
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2});
    CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
    CHECK(storage.list_event_stores() == std::vector<std::string>{"POKEMONS"});
    CHECK(folder.contents() == before);
  }
  CHECK(folder.contents() == before);
}

TEST_CASE("a push to an adapter that only reads is refused and changes nothing", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db");
  const auto before = folder.contents();
  SqliteEventStorageAdapter storage{folder / "file.db", read_only};
  const std::vector<PushRecord> third{event("pikachu", 3)};
  for (const Failure& error : {failure_of([&] { storage.push_events(third, {}); }),
                               failure_of([&] { storage.push_events(third, {.force = true}); }),
                               failure_of([&] { push(storage, event("pikachu", 3), event("raichu", 1)); }),
                               failure_of([&] { push(storage, event("pikachu", 1)); })}) {
    CHECK(error.what == "castore: cannot push to SQLite file '" + folder / "file.db" +
                            "': this adapter is read_only; open one without");
    CHECK_FALSE(error.retryable);
    CHECK(error.outcome == StorageError::Outcome::not_done);
  }
  CHECK(storage.push_events({}, {}) == PushOutcome{});
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2});
  CHECK(folder.contents() == before);
}

TEST_CASE(
    "a file that is missing, empty or a folder is an error for an adapter that only reads, and nothing is created",
    "[sqlite]") {
  const TempDirectory folder;
  const Failure missing = failure_to_open(folder / "missing.db", read_only);
  CHECK(missing.says("cannot open SQLite file '" + folder / "missing.db" + "': it does not exist or may not be read"));
  CHECK((missing.code.value() & 0xFF) == SQLITE_CANTOPEN);
  CHECK_FALSE(missing.retryable);
  CHECK(failure_to_open(folder / "missing/file.db", read_only).says("it does not exist or may not be read"));
  CHECK(folder.contents().empty());

  std::ofstream{folder / "empty.db"};
  fs::create_directory(folder / "folder.db");
  const auto before = folder.contents();
  CHECK(failure_to_open(folder / "empty.db", read_only)
            .says("cannot open SQLite file '" + folder / "empty.db" +
                  "': it is empty, and an adapter that is read_only "
                  "creates nothing"));
  CHECK((failure_to_open(folder / "folder.db", read_only).code.value() & 0xFF) == SQLITE_CANTOPEN);
  CHECK(failure_to_open(":memory:", read_only).says("a database in memory cannot be read_only"));
  CHECK(folder.contents() == before);
}

TEST_CASE("an adapter that only reads sees what others push from then on", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db");
  const SqliteEventStorageAdapter storage{folder / "file.db", read_only};
  REQUIRE(versions(storage, "pikachu").size() == 2);
  for (std::size_t events = 3; events <= 6; ++events) {
    SqliteEventStorageAdapter writer{folder / "file.db"};
    CHECK(versions(storage, "pikachu").size() == events - 1);  // others have it open and have not written
    REQUIRE(push(writer, event("pikachu", static_cast<Version>(events))) == PushOutcome{});
    CHECK(versions(storage, "pikachu").size() == events);
    CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
  }
  CHECK(versions(storage, "pikachu").size() == 6);
  CHECK(versions(SqliteEventStorageAdapter{folder / "file.db"}, "pikachu").size() == 6);
}

TEST_CASE("a load of an adapter that only reads says so when the file is written to meanwhile", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db");
  const SqliteEventStorageAdapter storage{folder / "file.db", read_only};
  const auto push_another = [&](Version version) {
    SqliteEventStorageAdapter writer{folder / "file.db"};
    REQUIRE(push(writer, event("pikachu", version)) == PushOutcome{});
  };
  const Failure error = failure_of([&] {
    storage.get_events("POKEMONS", "pikachu", {}, [&](const EventRecordView& view) {
      if (view.version == 1) push_another(3);
    });
  });
  CHECK(error.what == "castore: cannot load events from SQLite file '" + folder / "file.db" +
                          "': another program wrote to it meanwhile; do it again");
  CHECK(error.retryable);
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2, 3});
}

TEST_CASE("a list of an adapter that only reads says so when the file is written to meanwhile", "[sqlite]") {
  FaultyVfs disk;
  const TempDirectory folder;
  make_file(folder / "file.db");
  Version last = 2;
  const auto fails = [&](auto read) {
    const SqliteEventStorageAdapter storage{folder / "file.db", read_only};
    disk.before_read([&] {
      SqliteEventStorageAdapter writer{folder / "file.db"};
      REQUIRE(push(writer, event("pikachu", ++last)) == PushOutcome{});
    });
    const Failure error = failure_of([&] { read(storage); });
    INFO(error.what);
    CHECK(error.says("SQLite file '" + folder / "file.db" + "': another program wrote to it meanwhile; do it again"));
    CHECK(error.retryable);
    read(storage);
  };
  fails([](const auto& storage) { load(storage, "pikachu"); });
  fails([](const auto& storage) { storage.list_aggregate_ids("POKEMONS", {}); });
  fails([](const auto& storage) { storage.list_event_stores(); });
  CHECK(last == 5);
}

TEST_CASE("a file that was written to within the last moment could be written to again at the same time", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db");
  fs::create_symlink(folder / "file.db", folder / "link.db");
  const auto stamp = [&] { return detail::SqliteStamp::of(folder / "link.db").value(); };
  const auto touch = [&](std::chrono::milliseconds age) {
    fs::last_write_time(folder / "file.db", fs::file_time_type::clock::now() - age);
    return stamp();
  };
  CHECK_FALSE(touch(std::chrono::milliseconds{0}).is_settled());
  CHECK_FALSE(touch(std::chrono::milliseconds{-20}).is_settled());
  CHECK(touch(std::chrono::milliseconds{50}).is_settled());
  CHECK(touch(std::chrono::hours{-1}).is_settled());
  // Times of whole seconds, as some systems have no others.
  for (const int seconds : {1, 2, 4}) {
    const auto now = std::chrono::floor<std::chrono::seconds>(fs::file_time_type::clock::now());
    fs::last_write_time(folder / "file.db", now - std::chrono::seconds{seconds});
    CHECK(stamp().is_settled() == (seconds == 4));
  }
  const auto before = touch(std::chrono::hours{1});
  CHECK(stamp() == before);
  std::ofstream{folder / "file.db-wal"};
  CHECK(stamp() == before);
  std::ofstream{folder / "file.db-wal"} << 'x';
  CHECK_FALSE(detail::SqliteStamp::of(folder / "link.db"));
  CHECK_FALSE(detail::SqliteStamp::of(folder / "missing.db"));
  fs::remove(folder / "file.db-wal");
  std::ofstream{folder / "file.db", std::ios::app} << 'x';
  fs::last_write_time(folder / "file.db", fs::last_write_time(folder / "file.db") - std::chrono::hours{1});
  CHECK_FALSE(stamp() == before);
}

TEST_CASE("an adapter that only reads works where nothing can be written", "[sqlite]") {
  const auto journal = GENERATE(as<std::string>{}, "WAL", "DELETE");
  const TempDirectory folder;
  make_file(folder / "file.db");
  PlainSqlite{folder / "file.db"}.rows("PRAGMA journal_mode = " + journal);
  FaultyVfs disk;
  disk.mount_read_only();
  const auto before = folder.contents();
  {
    const SqliteEventStorageAdapter storage{folder / "file.db", read_only};
    std::vector<std::vector<Version>> loads(4);
    {
      std::vector<std::jthread> threads;
      for (auto& load : loads) threads.emplace_back([&] { load = versions(storage, "pikachu"); });
    }
    for (const auto& load : loads) CHECK(load == std::vector<Version>{1, 2});
  }
  CHECK(failure_to_open(folder / "file.db").says("it is read-only; let this process write to the file"));
  CHECK(failure_to_open(folder / "missing.db", read_only).says("it does not exist or may not be read"));
  CHECK(folder.contents() == before);
}

TEST_CASE("an adapter that only reads waits for a program that writes without a log", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db");
  PlainSqlite other{folder / "file.db"};
  other.rows("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; DELETE FROM event");
  const Failure error =
      failure_to_open(folder / "file.db", {.busy_timeout = std::chrono::milliseconds{20}, .read_only = true});
  CHECK(error.says("it was locked by another process for longer than the busy timeout of 20 ms"));
  CHECK(error.retryable);
  CHECK(error.code == SQLITE_BUSY);
  other.rows("ROLLBACK");
  CHECK(versions(SqliteEventStorageAdapter{folder / "file.db", read_only}, "pikachu") == std::vector<Version>{1, 2});
}

TEST_CASE("what a killed program left is read where nothing can be written, if it left the log's index, too",
          "[sqlite]") {
  const TempDirectory folder;
  make_file_of_killed(folder, "whole.db", true);
  make_file_of_killed(folder, "index.db", false);
  FaultyVfs disk;
  disk.mount_read_only();
  const auto before = folder.contents();
  CHECK(versions(SqliteEventStorageAdapter{folder / "whole.db", read_only}, "pikachu") == std::vector<Version>{1, 2});
  const Failure error = failure_to_open(folder / "index.db", read_only);
  CHECK(error.says("or a program that was killed left its -wal in a folder that is read-only"));
  CHECK(error.says("open the file once without read_only"));
  CHECK(folder.contents() == before);

  disk.heal();
  CHECK(versions(SqliteEventStorageAdapter{folder / "index.db"}, "pikachu") == std::vector<Version>{1, 2});
  CHECK(versions(SqliteEventStorageAdapter{folder / "index.db", read_only}, "pikachu") == std::vector<Version>{1, 2});
}

TEST_CASE("what a killed program left is read where it can be written", "[sqlite]") {
  const TempDirectory folder;
  make_file_of_killed(folder, "file.db", GENERATE(false, true));
  CHECK(versions(SqliteEventStorageAdapter{folder / "file.db", read_only}, "pikachu") == std::vector<Version>{1, 2});
  CHECK(versions(SqliteEventStorageAdapter{folder / "file.db"}, "pikachu") == std::vector<Version>{1, 2});
}

TEST_CASE("an adapter that only reads takes a path relative to the folder it was opened in", "[sqlite]") {
  const TempDirectory folder;
  const TempDirectory elsewhere;
  make_file(folder / "file.db");
  const auto start = fs::current_path();
  fs::current_path(folder.path());
  {
    const SqliteEventStorageAdapter storage{"file.db", read_only};
    fs::current_path(elsewhere.path());
    make_file(folder / "file.db", 0);
    SqliteEventStorageAdapter writer{folder / "file.db"};
    REQUIRE(push(writer, event("pikachu", 3)) == PushOutcome{});
    CHECK(versions(storage, "pikachu").size() == 3);
  }
  fs::current_path(start);
  CHECK(elsewhere.contents().empty());
}

}  // namespace
