// SPDX-License-Identifier: MIT
// Runners and relays that are killed: what is written is what the events up to the checkpoint make of it.

#include <castore/log.hpp>

#include <castore/adapters/sqlite.hpp>
#include "log/support/kills.hpp"
#include "log/support/sqlite_log.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

namespace {

struct WatchedLog : log_tests::SqliteLog {
  /// Also at those of this connection that the library executes.
  static void at_each_statement(castore::SqliteTransaction& tx, void (*function)(int*), int* counter) {
    static void (*called)(int*) = nullptr;
    called = function;
    const auto call = [](unsigned, void* context, void*, void*) {
      called(static_cast<int*>(context));
      return 0;
    };
    sqlite3_trace_v2(tx.handle(), SQLITE_TRACE_STMT, call, counter);
  }
};

}  // namespace

TEST_CASE("after a kill at any statement a read model in SQLite is the fold of the events up to its checkpoint") {
  log_tests::kill_at_each_statement<WatchedLog>(24);
}

TEST_CASE("after random kills of runners, writer and relay SQLite has each event once in the read model, and sent") {
  log_tests::kill_at_random<log_tests::SqliteLog>();
}
