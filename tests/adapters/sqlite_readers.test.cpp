// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/child_process.hpp"
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// How many connections read at once, and how long the write-ahead log becomes.

namespace {

namespace fs = std::filesystem;
using namespace castore;
using namespace castore::sqlite_tests;
using namespace std::chrono_literals;

/// Loads in so many threads at once. @return How many of them were in their sinks at the same time, at most.
int load_at_once(const SqliteEventStorageAdapter& storage, int threads, std::chrono::milliseconds in_sink,
                 std::atomic<int>& done) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::barrier start{threads};
  {
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([&] {
        start.arrive_and_wait();
        try {
          storage.get_events("POKEMONS", "pikachu", {.limit = 1}, [&](const EventRecordView&) {
            const int now = ++inside;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
            std::this_thread::sleep_for(in_sink);
            --inside;
          });
          ++done;
        } catch (const StorageError&) {
        }
      });
    }
  }
  return most;
}

TEST_CASE("as many loads run at once as may, more wait, and each gets its turn", "[sqlite]") {
  const auto max_readers = GENERATE(std::size_t{1}, std::size_t{3});
  const bool read_only = GENERATE(false, true);
  const TempDirectory folder;
  REQUIRE(push(SqliteEventStorageAdapter{folder / "file.db"}, event("pikachu", 1)) == PushOutcome{});
  const SqliteEventStorageAdapter storage{folder / "file.db", {.read_only = read_only, .max_readers = max_readers}};
  for (int round = 0; round < 2; ++round) {
    std::atomic<int> done{0};
    CHECK(load_at_once(storage, 12, 5ms, done) == static_cast<int>(max_readers));
    CHECK(done == 12);
  }
}

/// Readers of an adapter's file, which is not looked at.
detail::SqliteReaders readers_of(const std::string& path, std::size_t max_readers, std::chrono::milliseconds patience) {
  return {[file = detail::SqliteFile{path, 5s}](std::string_view action) {
            return std::make_unique<detail::SqliteConnection>(file.path, SQLITE_OPEN_READWRITE, file, action);
          },
          max_readers, patience};
}

TEST_CASE("a load within a load does not wait for its own", "[sqlite]") {
  const TempDirectory folder;
  { SqliteEventStorageAdapter storage{folder / "file.db"}; }
  auto readers = readers_of(folder / "file.db", 1, 20ms);
  auto outer = readers.take("load events from");
  auto inner = readers.take("load events from");
  auto innermost = readers.take("load events from");
  readers.put_back(std::move(innermost));
  readers.put_back(std::move(inner));
  std::jthread{[&] { CHECK(failure_of([&] { readers.take("load events from"); }).retryable); }};
  readers.put_back(std::move(outer));
  std::jthread{[&] {
    auto only = readers.take("load events from");  // what was opened besides does not count from then on
    std::jthread{[&] { CHECK(failure_of([&] { readers.take("load events from"); }).retryable); }};
    readers.put_back(std::move(only));
  }};
}

TEST_CASE("a load that waits gets the connection that is put back", "[sqlite]") {
  const TempDirectory folder;
  { SqliteEventStorageAdapter storage{folder / "file.db"}; }
  auto readers = readers_of(folder / "file.db", 1, 5s);
  auto reader = readers.take("load events from");
  const detail::SqliteConnection* const first = reader.get();
  const detail::SqliteConnection* second = nullptr;
  std::jthread waiting{[&] {
    auto taken = readers.take("load events from");
    second = taken.get();
    readers.put_back(std::move(taken));
  }};
  std::this_thread::sleep_for(30ms);
  readers.put_back(std::move(reader));
  waiting.join();
  CHECK(second == first);
}

TEST_CASE("a load that waits for too long says what to do, and the next one goes through", "[sqlite]") {
  const TempDirectory folder;
  { SqliteEventStorageAdapter storage{folder / "file.db"}; }
  auto readers = readers_of(folder / "file.db", 1, 20ms);
  auto reader = readers.take("load events from");
  CHECK(readers.is_reading());
  for (int round = 0; round < 2; ++round) {
    std::jthread{[&] {
      CHECK_FALSE(readers.is_reading());
      const auto start = std::chrono::steady_clock::now();
      const Failure error = failure_of([&] { readers.take("load events from"); });
      CHECK(std::chrono::steady_clock::now() - start >= 20ms);
      CHECK(error.what ==
            "castore: all connections that may read an SQLite file at once (max_readers) were in use for 20 ms; do it "
            "again, or give the adapter a greater max_readers");
      CHECK(error.retryable);
    }};
  }
  readers.put_back(std::move(reader));
  CHECK_FALSE(readers.is_reading());
  std::jthread{[&] { readers.put_back(readers.take("load events from")); }};
  readers.put_back(readers.take("load events from"));
}

TEST_CASE("an exception that is not a StorageError gives its turn back, too", "[sqlite]") {
  int opened = 0;
  detail::SqliteReaders readers{[&](std::string_view) -> std::unique_ptr<detail::SqliteConnection> {
                                  ++opened;
                                  throw std::bad_alloc{};
                                },
                                1, 1s};
  for (int round = 0; round < 3; ++round) CHECK_THROWS_AS(readers.take("load events from"), std::bad_alloc);
  CHECK(opened == 3);
  CHECK_FALSE(readers.is_reading());
}

#if __has_include(<sys/wait.h>)
std::ptrdiff_t open_files() { return std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{}); }

TEST_CASE("after many loads at once the process has most of its files back", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  const auto before = open_files();
  std::atomic<int> done{0};
  CHECK(load_at_once(storage, 60, 2ms, done) <= 16);
  CHECK(done == 60);
  // SQLite itself keeps one of each reader until the adapter is closed, as closing it would end the locks of the
  // others.
  CHECK(open_files() - before <= 16 + static_cast<std::ptrdiff_t>(detail::SqliteReaders::max_idle));
}

/// Lets this process open so many more files.
void allow_files(int more) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<int> next;
  for (int file = 0; file <= more; ++file) next.push_back(dup(0));
  for (const int file : next) close(file);
  limit.rlim_cur = static_cast<rlim_t>(next.back());
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_CASE("where a process may open few files, loads wait for each other instead of failing", "[sqlite]") {
  const TempDirectory folder;
  ChildProcess child{[&](auto send) {
    SqliteEventStorageAdapter storage{folder / "file.db"};
    push(storage, event("pikachu", 1));
    allow_files(7);
    std::atomic<int> done{0};
    load_at_once(storage, 40, 2ms, done);
    std::FILE* const other = std::fopen("/dev/null", "r");
    send(std::to_string(done) + " loads done, another file " +
         (other == nullptr ? "cannot be opened" : "can be opened"));
    if (other != nullptr) std::fclose(other);
    send(push(storage, event("pikachu", 2)) == PushOutcome{} ? ", pushed" : ", refused");
  }};
  CHECK(child.receive_all() == "40 loads done, another file can be opened, pushed");
  CHECK(child.wait() == 0);
}

TEST_CASE("where a process may open no file at all, a load says so, and the next one goes through when it may",
          "[sqlite]") {
  const TempDirectory folder;
  ChildProcess child{[&](auto send) {
    SqliteEventStorageAdapter storage{folder / "file.db"};
    push(storage, event("pikachu", 1));
    for (const int files : {0, 1}) {  // 1: enough for the file, not for its log
      allow_files(files);
      try {
        load(storage, "pikachu");
        send("loaded");
      } catch (const StorageError& error) {
        send(std::string{error.retryable() ? "retry: " : "report: "} + error.what() + '\n');
      }
    }
    push(storage, event("pikachu", 2));
    allow_files(10);
    send(std::to_string(load(storage, "pikachu").size()) + " loaded");
  }};
  const std::string said = child.receive_all();
  INFO(said);
  CHECK(child.wait() == 0);
  const std::string expected =
      "retry: castore: cannot load events from SQLite file '" + folder / "file.db" +
      "': this process has as many files open as it may; close some, allow it more (ulimit -n), "
      "or give the adapter a smaller max_readers. Reason: ";
  CHECK(said.starts_with(expected));
  CHECK(said.find(expected, 1) != std::string::npos);
  CHECK(said.ends_with("2 loaded"));
}
#endif

/// A file with pages of 512 bytes, so that a log of many pages is written soon. Its longest log then has 2 MB.
std::string small_pages(const TempDirectory& folder) {
  PlainSqlite{folder / "file.db"}.rows("PRAGMA page_size = 512; CREATE TABLE first (a); DROP TABLE first");
  return folder / "file.db";
}
constexpr std::uintmax_t longest_log = 536 * (detail::SqliteConnectionPool::longest_log + 200);

std::vector<PushRecord> group_of(const std::string& id, std::size_t events) {
  std::vector<PushRecord> records;
  for (std::size_t version = 1; version <= events; ++version) {
    records.push_back(event(id, static_cast<Version>(version), '"' + std::string(10'000, 'x') + '"'));
  }
  return records;
}

TEST_CASE("the log stays within its bound although there is always a load under way", "[sqlite]") {
  const TempDirectory folder;
  const std::string path = small_pages(folder);
  SqliteEventStorageAdapter storage{path, {.synchronous = SqliteSynchronous::normal}};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  REQUIRE(PlainSqlite{path}.value("PRAGMA page_size") == "512");
  std::atomic<bool> stopped{false};
  std::atomic<int> started{0};
  std::uintmax_t longest = 0;
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 2; ++reader) {
      readers.emplace_back([&] {
        while (!stopped) {
          storage.get_events("POKEMONS", "pikachu", {}, [&](const EventRecordView&) {
            const int mine = ++started;
            while (started == mine && !stopped) std::this_thread::yield();  // until the next load is under way
          });
        }
      });
    }
    while (started < 2) std::this_thread::yield();
    for (int number = 0; number < 100; ++number) {
      CHECK(storage.push_events(group_of("raichu-" + std::to_string(number), 10), {}) == PushOutcome{});
      longest = std::max(longest, fs::file_size(path + "-wal"));
    }
    stopped = true;
  }
  CHECK(started > 100);
  CHECK(longest < 5'000'000);  // on a busy machine a try may fail, and half of what was written is enough to tell
  CHECK(fs::file_size(path) > 9'000'000);
  CHECK(PlainSqlite{path}.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a load that goes on keeps the log, but no push waits for it in its own thread, and the next one empties it",
          "[sqlite]") {
  const TempDirectory folder;
  const std::string path = small_pages(folder);
  SqliteEventStorageAdapter storage{path, {.synchronous = SqliteSynchronous::normal}};
  REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{});
  std::vector<Version> seen;
  storage.get_events("POKEMONS", "pikachu", {}, [&](const EventRecordView& view) {
    seen.push_back(view.version);
    const auto start = std::chrono::steady_clock::now();
    CHECK(storage.push_events(group_of("raichu-" + std::to_string(view.version), 250), {}) == PushOutcome{});
    CHECK(std::chrono::steady_clock::now() - start < detail::SqliteConnectionPool::log_patience);
    CHECK(fs::file_size(path + "-wal") > longest_log);
  });
  CHECK(seen == std::vector<Version>{1, 2});
  CHECK(storage.push_events(group_of("eevee", 60), {}) == PushOutcome{});
  CHECK(fs::file_size(path + "-wal") < 1'000'000);
  CHECK(versions(storage, "raichu-2").size() == 250);
}

TEST_CASE("the log stays within its bound when pushes share a transaction, too", "[sqlite]") {
  const TempDirectory folder;
  const std::string path = small_pages(folder);
  SqliteEventStorageAdapter storage{path, {.busy_timeout = std::chrono::milliseconds::max()}};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  PlainSqlite other{path};
  std::vector<std::vector<PushRecord>> pushes{{event("first", 1)}};
  for (int index = 0; index < 4; ++index) pushes.push_back(group_of("raichu-" + std::to_string(index), 90));
  for (const Result& result : push_at_once(storage, other, pushes)) CHECK(result.outcome == PushOutcome{});
  CHECK(fs::file_size(path + "-wal") <= longest_log);  // of 3.9 MB written
}

TEST_CASE("the log is written into the file and begins again without being long", "[sqlite]") {
  const TempDirectory folder;
  const std::string path = small_pages(folder);
  SqliteEventStorageAdapter storage{path, {.synchronous = SqliteSynchronous::normal}};
  for (int number = 0; number < 30; ++number) {
    REQUIRE(storage.push_events(group_of("raichu-" + std::to_string(number), 10), {}) == PushOutcome{});
    CHECK(fs::file_size(path + "-wal") < 536 * (detail::SqliteConnectionPool::first_checkpoint + 600));
  }
  CHECK(fs::file_size(path) > 2'000'000);
}

}  // namespace
