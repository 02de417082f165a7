// SPDX-License-Identifier: MIT
// Processes of two releases that save snapshots of one SQLite file and are killed.

#include <castore/snapshots.hpp>

#include "log/support/sqlite_log.hpp"
#include "snapshots/support/kills.hpp"
#include "support/catch.hpp"

TEST_CASE("after random kills of two releases that save snapshots every load from SQLite is the fold of all events") {
  castore::snapshot_tests::kill_savers_at_random<log_tests::SqliteLog>();
}
