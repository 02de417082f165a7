// SPDX-License-Identifier: MIT
// Many threads and processes on one table, and a server that is killed under them.

#include <castore/adapters/postgres.hpp>

#include "adapters/support/child_process.hpp"
#include "postgres/support/own_server.hpp"
#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using castore::sqlite_tests::ChildProcess;
using namespace std::chrono_literals;

const std::vector<std::string> accounts{"a", "b", "c", "d", "e"};

/// Moves money between two accounts chosen by chance, in one group, as often as it is told to; others do so too.
/// @return What went wrong, nothing else.
std::string transfer(PostgresEventStorageAdapter& storage, unsigned seed, int times) {
  std::mt19937 random{seed};
  try {
    for (int time = 0; time < times; ++time) {
      const std::size_t from = random() % accounts.size();
      const std::size_t to = (from + 1 + random() % (accounts.size() - 1)) % accounts.size();
      const std::string amount = std::to_string(1 + random() % 100);
      while (true) {
        const auto next = [&](std::size_t account) {
          const auto last = versions(storage, accounts[account], {.limit = 1, .reverse = true});
          return last.empty() ? Version{1} : last.front() + 1;
        };
        const PushOutcome outcome =
            push(storage, event(accounts[from], next(from), "-" + amount), event(accounts[to], next(to), amount));
        if (outcome == PushOutcome{}) break;
        if (outcome.status == PushOutcome::version_gap) return "a gap";
      }
    }
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Checks that there were so many transfers, and no money came from nowhere.
void check_transfers(PostgresEventStorageAdapter& storage, std::size_t transfers) {
  std::size_t events = 0;
  int money = 0;
  for (const std::string& account : accounts) {
    Version expected = 0;
    for (const EventRecord& event : load(storage, account)) {
      if (event.version != ++expected) FAIL("version " << event.version << " instead of " << expected);
      money += std::stoi(event.payload);
      ++events;
    }
  }
  CHECK(events == transfers * 2);
  CHECK(money == 0);
}

TEST_CASE("sixteen threads that move money between accounts lose and double nothing", "[postgres]") {
  Storage storage;
  std::vector<std::string> errors(16);
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 16; ++thread) {
    threads.emplace_back([&, thread] { errors[thread] = transfer(*storage, thread, 8); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) CHECK(error == "");
  check_transfers(*storage, 16 * 8);
}

TEST_CASE("four processes that move money between accounts lose and double nothing", "[postgres]") {
  const TempTable table;
  {
    std::vector<ChildProcess> children;
    for (unsigned process = 0; process < 4; ++process) {
      children.emplace_back([&](auto send) {
        PostgresEventStorageAdapter storage{connection(), table.options()};
        storage.create_event_table();
        std::vector<std::string> errors(4);
        std::vector<std::thread> threads;
        for (unsigned thread = 0; thread < 4; ++thread) {
          threads.emplace_back([&, thread] { errors[thread] = transfer(storage, process * 4 + thread, 8); });
        }
        for (std::thread& thread : threads) thread.join();
        for (const std::string& error : errors) send(error);
      });
    }
    for (ChildProcess& child : children) {
      CHECK(child.receive_all() == "");
      CHECK(child.wait() == 0);
    }
  }
  PostgresEventStorageAdapter storage{connection(), table.options()};
  check_transfers(storage, 4 * 4 * 8);
}

TEST_CASE("a server killed during writes and started again loses and doubles no acknowledged event", "[postgres]") {
  OwnServer server;
  PostgresEventStorageAdapter{server.connection()}.create_event_table();
  PostgresEventStorageAdapter storage{server.connection()};
  std::atomic<bool> is_over{false};
  std::vector<std::vector<std::string>> acknowledged(4);  // the payload of each version
  std::vector<std::atomic<std::size_t>> sizes(4);
  std::vector<std::string> wrong(4);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < acknowledged.size(); ++thread) {
    threads.emplace_back([&, thread] {
      const std::string id = std::to_string(thread);
      auto& mine = acknowledged[thread];
      for (int attempt = 0; !is_over; ++attempt) {
        const auto next = static_cast<Version>(mine.size()) + 1;
        const std::string payload = std::to_string(attempt);
        try {
          // Even threads push groups.
          const PushOutcome outcome = thread % 2 == 0
                                          ? push(storage, event(id, next, payload), event(id, next + 1, payload))
                                          : push(storage, event(id, next, payload));
          if (outcome != PushOutcome{}) {
            wrong[thread] = "nobody else pushes, and version " + std::to_string(next) + " was refused";
            return;
          }
          mine.insert(mine.end(), thread % 2 == 0 ? 2 : 1, payload);
          sizes[thread] = mine.size();
        } catch (const StorageError& error) {
          std::this_thread::sleep_for(10ms);
          if (error.retryable()) continue;
          // The outcome is unknown, and to be seen when the server is there again.
          try {
            const auto events = load(storage, id, {.min_version = next});
            for (const EventRecord& stored : events) mine.push_back(stored.payload);
          } catch (const StorageError&) {
            wrong[thread] = error.what();
            return;
          }
        }
      }
    });
  }
  for (const std::size_t pushed : {3U, 6U, 9U}) {
    CHECK(eventually([&] { return std::ranges::all_of(sizes, [&](const auto& size) { return size >= pushed; }); }));
    if (pushed < 9) server.kill_and_restart();
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();

  for (std::size_t thread = 0; thread < acknowledged.size(); ++thread) {
    CHECK(wrong[thread] == "");
    std::vector<std::string> stored;
    for (const EventRecord& event : load(storage, std::to_string(thread))) stored.push_back(event.payload);
    CHECK(stored == acknowledged[thread]);
  }
}

}  // namespace
