// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/faulty_vfs.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

// Files that are moved, deleted or replaced while they are open.

namespace {

namespace fs = std::filesystem;
using namespace castore;
using namespace castore::sqlite_tests;

/// A folder with the file "here/file.db", reached as "link.db", and a backup of another history.
struct Scene {
  TempDirectory folder;
  std::string file = folder / "here/file.db";
  std::string link = folder / "link.db";

  Scene() {
    fs::create_directory(folder / "here");
    fs::create_directory(folder / "there");
    fs::create_symlink(file, link);
    fill(file, "old", 3);
    fill(folder / "there/file.db", "restored", 2);
  }
  static void fill(const std::string& path, const std::string& payload, int events) {
    SqliteEventStorageAdapter storage{path, {.synchronous = SqliteSynchronous::normal}};
    for (int version = 1; version <= events; ++version) {
      REQUIRE(push(storage, event("pikachu", version, '"' + payload + '"')) == PushOutcome{});
    }
  }
};

struct Change {
  const char* name;
  void (*change)(const Scene&);
};
const std::vector<Change> changes{
    {"deleted", [](const Scene& scene) { fs::remove(scene.file); }},
    {"moved away", [](const Scene& scene) { fs::rename(scene.file, scene.folder / "there/moved.db"); }},
    {"replaced",
     [](const Scene& scene) {
       for (const char* end : {"-wal", "-shm"}) fs::remove(scene.file + end);
       fs::rename(scene.folder / "there/file.db", scene.file);
     }},
    {"replaced with its log left", [](const Scene& scene) { fs::rename(scene.folder / "there/file.db", scene.file); }},
    {"in a folder that was moved",
     [](const Scene& scene) { fs::rename(scene.folder / "here", scene.folder / "away"); }},
    {"a link that leads elsewhere now",
     [](const Scene& scene) {
       fs::remove(scene.link);
       fs::create_symlink(scene.folder / "there/file.db", scene.link);
     }},
    {"without its -wal", [](const Scene& scene) { fs::remove(scene.file + "-wal"); }},
    {"with another -wal",
     [](const Scene& scene) {
       fs::copy_file(scene.file + "-wal", scene.folder / "there/wal");
       fs::rename(scene.folder / "there/wal", scene.file + "-wal");
     }},
    {"without its -shm", [](const Scene& scene) { fs::remove(scene.file + "-shm"); }},
};

void check_moved(const Failure& error, const std::string& action) {
  INFO(error.what);
  CHECK(error.says("castore: cannot " + action + " SQLite file '"));
  CHECK(
      error.says("the file, or its -wal or -shm next to it, was moved, deleted or replaced while it was open; put it "
                 "back, or close every program that uses it and open it again. Reason: what is at '"));
  CHECK(error.says("' is not the file that was opened (SQLite result code 1032)"));
  CHECK_FALSE(error.retryable);
  CHECK(error.code == SQLITE_READONLY_DBMOVED);
  CHECK(error.outcome == StorageError::Outcome::not_done);
}

/// What every operation says, each twice: the second use finds what the first one left.
void check_refuses_all(SqliteEventStorageAdapter& storage) {
  for (int round = 0; round < 2; ++round) {
    check_moved(failure_of([&] { push(storage, event("pikachu", 4)); }), "push to");
    check_moved(failure_of([&] { push(storage, event("pikachu", 4), event("raichu", 1)); }), "push to");
    check_moved(failure_of([&] { push(storage, event("pikachu", 1)); }), "push to");  // a conflict, and a gap
    check_moved(failure_of([&] { push(storage, event("pikachu", 9)); }), "push to");
    check_moved(failure_of([&] { push(storage, event("raichu", 1), event("pikachu", 1)); }), "push to");
    const std::vector<PushRecord> forced{event("pikachu", 1)};
    check_moved(failure_of([&] { storage.push_events(forced, {.force = true}); }), "push to");
    check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from");
    check_moved(failure_of([&] { storage.list_aggregate_ids("POKEMONS", {}); }), "list aggregate ids from");
    check_moved(failure_of([&] { storage.list_event_stores(); }), "list event stores from");
  }
}

TEST_CASE("every operation refuses a file that is not in its place any more", "[sqlite]") {
  for (const Change& each : changes) {
    INFO(each.name);
    const bool is_settled = GENERATE(false, true);
    const Scene scene;
    SqliteEventStorageAdapter storage{scene.link};
    // When nothing has changed in the folder for a while, the adapter has looked at the folder and at all readers.
    if (is_settled) {
      fs::last_write_time(scene.folder / "here", fs::file_time_type::clock::now() - std::chrono::hours{1});
    }
    REQUIRE(push(storage, event("other", 1)) == PushOutcome{});
    if (is_settled) REQUIRE(load(storage, "pikachu").size() == 3);
    each.change(scene);
    check_refuses_all(storage);
  }
}

TEST_CASE("a folder is trusted to be unchanged once its time is so old that a change must show", "[sqlite]") {
  const TempDirectory folder;
  detail::SqliteFolder watched{folder.path().string()};
  const auto is_trusted_at_age = [&](std::chrono::nanoseconds age) {
    fs::last_write_time(folder.path(), fs::file_time_type::clock::now() - age);
    const auto changed = watched.changed();
    REQUIRE(changed);
    CHECK_FALSE(watched.is_checked(changed));
    watched.set_checked(changed);
    return watched.is_checked(watched.changed());
  };
  CHECK_FALSE(is_trusted_at_age(std::chrono::milliseconds{0}));
  CHECK_FALSE(is_trusted_at_age(std::chrono::milliseconds{-500}));
  CHECK(is_trusted_at_age(std::chrono::milliseconds{51}));
  CHECK(is_trusted_at_age(std::chrono::hours{1}));
  std::ofstream{folder / "another"};
  CHECK_FALSE(watched.is_checked(watched.changed()));

  // A time of whole seconds, as a file system that keeps nothing else would say.
  const auto seconds_ago = [](int seconds) {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) -
           std::chrono::seconds{seconds};
  };
  for (const int seconds : {1, 3}) {
    const std::optional<detail::SqliteFolder::Time> changed = seconds_ago(seconds);
    watched.set_checked(changed);
    CHECK(watched.is_checked(changed) == (seconds == 3));
  }
  detail::SqliteFolder missing{folder / "missing"};
  CHECK_FALSE(missing.changed());
  missing.set_checked(missing.changed());
  CHECK_FALSE(missing.is_checked(missing.changed()));
}

TEST_CASE("a file that grows beyond 2 GiB is in its place", "[sqlite]") {
  const Scene scene;
  SqliteEventStorageAdapter storage{scene.file};
  REQUIRE(load(storage, "pikachu").size() == 3);
  fs::resize_file(scene.file, std::uintmax_t{5} << 29U);  // takes no room on the disk
  CHECK(push(storage, event("pikachu", 4)) == PushOutcome{});
  CHECK(load(storage, "pikachu").size() == 4);
}

TEST_CASE("a connection that uses no other files misses none, whatever the current folder holds", "[sqlite]") {
  const TempDirectory folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  for (const char* const name : {"file.db", "-wal", "-shm"}) std::ofstream{name} << name;
  const detail::SqlitePlace place{folder / "file.db", ""};
  CHECK(place.is_in_place());
  for (const char* const name : {"-wal", "-shm"}) fs::remove(name);
  CHECK(place.is_in_place());
  CHECK(place.missing().empty());
  fs::remove("file.db");
  CHECK_FALSE(place.is_in_place());
  CHECK(place.missing() == folder / "file.db");
  fs::current_path(before);
}

TEST_CASE("an adapter that only reads refuses a file that is not in its place any more", "[sqlite]") {
  for (const bool is_written : {false, true}) {
    for (const Change& each : {changes[1], changes[2], changes[6]}) {
      if (!is_written && std::string{each.name}.find("-wal") != std::string::npos) continue;  // it has none then
      INFO(each.name);
      const Scene scene;
      std::optional<SqliteEventStorageAdapter> writer;
      if (is_written) {
        writer.emplace(scene.file);
        REQUIRE(push(*writer, event("other", 1)) == PushOutcome{});
      }
      SqliteEventStorageAdapter storage{scene.link, {.read_only = true}};
      REQUIRE(load(storage, "pikachu").size() == 3);
      each.change(scene);
      for (int round = 0; round < 2; ++round) {
        check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from");
        check_moved(failure_of([&] { storage.list_aggregate_ids("POKEMONS", {}); }), "list aggregate ids from");
        check_moved(failure_of([&] { storage.list_event_stores(); }), "list event stores from");
      }
    }
  }
}

TEST_CASE("a file that was put back is used as before, and what was refused is not in it", "[sqlite]") {
  const Scene scene;
  SqliteEventStorageAdapter storage{scene.file};
  REQUIRE(load(storage, "pikachu").size() == 3);
  fs::rename(scene.file, scene.folder / "there/moved.db");
  check_refuses_all(storage);
  fs::copy_file(scene.folder / "there/file.db", scene.file);
  check_refuses_all(storage);
  fs::rename(scene.folder / "there/moved.db", scene.file);
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2, 3});
  CHECK(versions(storage, "raichu").empty());
  CHECK(push(storage, event("pikachu", 4)) == PushOutcome{});
  CHECK(load(storage, "pikachu")[0].payload == "\"old\"");
}

TEST_CASE("pushes that share a transaction are refused when the file is moved away while they wait", "[sqlite]") {
  const int count = GENERATE(1, 8);
  for (const Change& each : {changes[0], changes[2], changes[6]}) {
    INFO(each.name);
    const Scene scene;
    SqliteEventStorageAdapter storage{scene.link, {.busy_timeout = std::chrono::milliseconds::max()}};
    PlainSqlite other{scene.file};
    std::vector<std::vector<PushRecord>> pushes;
    for (int index = 0; index < count; ++index) pushes.push_back({event("new-" + std::to_string(index), 1)});
    const auto results = push_at_once(storage, other, pushes, [&] { each.change(scene); });
    for (const Result& result : results) {
      CHECK_FALSE(result.outcome);
      if (result.failure) check_moved(*result.failure, "push to");
    }
    CHECK(other.value("SELECT count(*) FROM event WHERE aggregate_id LIKE 'new-%'") == "0");
  }
}

TEST_CASE("conflicts that share a transaction are not told of a file that was moved away", "[sqlite]") {
  const Scene scene;
  SqliteEventStorageAdapter storage{scene.file, {.busy_timeout = std::chrono::milliseconds::max()}};
  PlainSqlite other{scene.file};
  const auto results = push_at_once(storage, other, {8, {event("pikachu", 1)}}, [&] { fs::remove(scene.file); });
  for (const Result& result : results) {
    CHECK_FALSE(result.outcome);
    if (result.failure) check_moved(*result.failure, "push to");
  }
}

TEST_CASE("a load within a load does not read the file that another one was replaced by", "[sqlite]") {
  const Scene scene;
  SqliteEventStorageAdapter storage{scene.file};
  std::vector<std::string> seen;
  storage.get_events("POKEMONS", "pikachu", {}, [&](const EventRecordView& outer) {
    seen.emplace_back(outer.payload);
    if (outer.version > 1) return;
    changes[2].change(scene);
    check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from");
    std::jthread{[&] { check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from"); }};
  });
  CHECK(seen == std::vector<std::string>{"\"old\"", "\"old\"", "\"old\""});  // as the file was when the load began
  check_refuses_all(storage);
}

TEST_CASE("an adapter whose -wal was deleted writes its events into the file when it is closed", "[sqlite]") {
  const Scene scene;
  {
    SqliteEventStorageAdapter storage{scene.file};
    REQUIRE(push(storage, event("pikachu", 4)) == PushOutcome{});
    fs::remove(scene.file + "-wal");
    check_refuses_all(storage);
  }
  CHECK(versions(SqliteEventStorageAdapter{scene.file}, "pikachu") == std::vector<Version>{1, 2, 3, 4});
}

TEST_CASE("an adapter whose file was replaced leaves the log of the new file alone when it is closed", "[sqlite]") {
  const Scene scene;
  std::optional<SqliteEventStorageAdapter> storage;
  storage.emplace(scene.file);
  REQUIRE(load(*storage, "pikachu").size() == 3);
  fs::rename(scene.folder / "here", scene.folder / "away");
  fs::rename(scene.folder / "there", scene.folder / "here");
  SqliteEventStorageAdapter restored{scene.file};
  REQUIRE(push(restored, event("pikachu", 3)) == PushOutcome{});
  check_refuses_all(*storage);
  storage.reset();
  CHECK(fs::exists(scene.file + "-wal"));
  CHECK(fs::exists(scene.file + "-shm"));
  CHECK(push(restored, event("pikachu", 4)) == PushOutcome{});
  CHECK(versions(restored, "pikachu") == std::vector<Version>{1, 2, 3, 4});
}

TEST_CASE("a file that is replaced while a reader is opened is not read", "[sqlite]") {
  const bool is_put_back = GENERATE(false, true);
  const Scene scene;
  FaultyVfs disk;
  SqliteEventStorageAdapter storage{scene.file};
  REQUIRE(push(storage, event("other", 1)) == PushOutcome{});
  disk.before_open([&] {
    fs::rename(scene.file, scene.folder / "there/moved.db");
    fs::rename(scene.folder / "there/file.db", scene.file);
  });
  if (is_put_back) {
    disk.after_open([&] {
      fs::remove(scene.file);
      fs::rename(scene.folder / "there/moved.db", scene.file);
    });
  }
  check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from");
  if (is_put_back) {
    CHECK(load(storage, "pikachu").at(0).payload == "\"old\"");
  } else {
    check_refuses_all(storage);
  }
}

TEST_CASE("an adapter that only reads does not go on with another file", "[sqlite]") {
  const Scene scene;
  FaultyVfs disk;
  const SqliteEventStorageAdapter storage{scene.file, {.read_only = true}};
  const Failure outer = failure_of([&] {
    storage.get_events("POKEMONS", "pikachu", {.limit = 1}, [&](const EventRecordView&) {
      disk.before_open([&] { fs::rename(scene.folder / "there/file.db", scene.file); });
      check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from");
    });
  });
  CHECK(outer.says("another program wrote to it meanwhile"));
  check_moved(failure_of([&] { load(storage, "pikachu"); }), "load events from");
}

TEST_CASE("a log that is deleted while a reader is opened is noticed", "[sqlite]") {
  const Scene scene;
  FaultyVfs disk;
  SqliteEventStorageAdapter storage{scene.file};
  REQUIRE(push(storage, event("other", 1)) == PushOutcome{});
  disk.before_open([&] { fs::remove(scene.file + "-wal"); });
  CHECK((failure_of([&] { load(storage, "other"); }).code.value() & 0xFF) != SQLITE_OK);
  check_refuses_all(storage);
}

}  // namespace
