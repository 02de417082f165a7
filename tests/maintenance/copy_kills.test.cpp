// SPDX-License-Identifier: MIT
// Copies from one SQLite file to another whose processes are killed.

#include <castore/maintenance/copy_events.hpp>

#include "log/support/sqlite_log.hpp"
#include "maintenance/copy_kills.hpp"
#include "support/catch.hpp"

TEST_CASE("after random kills a copy from SQLite to SQLite has each event once, in the same order") {
  castore_tests::copy_kills::kill_copies_at_random(log_tests::SqliteLog{}, log_tests::SqliteLog{}, 200);
}
