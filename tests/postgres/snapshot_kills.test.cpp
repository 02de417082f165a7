// SPDX-License-Identifier: MIT
// Processes of two releases that save snapshots in one PostgreSQL database and are killed.

#include <castore/snapshots.hpp>

#include "postgres/support/postgres_log.hpp"
#include "snapshots/support/kills.hpp"
#include "support/catch.hpp"

namespace {

struct WithSnapshots : log_tests::PostgresLog {
  WithSnapshots() { open()->create_snapshot_table(); }
};

}  // namespace

TEST_CASE("after random kills of two releases that save snapshots every load from PostgreSQL is the fold of all events",
          "[postgres]") {
  castore::snapshot_tests::kill_savers_at_random<WithSnapshots>();
}
