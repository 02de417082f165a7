// SPDX-License-Identifier: MIT
#include <castore/maintenance/copy_events.hpp>

#include "log/support/sqlite_log.hpp"
#include "maintenance/copies.hpp"
#include "maintenance/copy_kills.hpp"
#include "postgres/support/postgres.hpp"
#include "postgres/support/postgres_log.hpp"
#include "support/catch.hpp"

TEST_CASE("events are copied from SQLite to PostgreSQL and back, also after a failure half way", "[postgres]") {
  castore::postgres_tests::Storage storage;
  castore_tests::check_copies_there_and_back(*storage, castore::StorageOperation::read_all_events);
}

TEST_CASE("after random kills copies between SQLite and PostgreSQL have each event once, in the same order",
          "[postgres]") {
  const log_tests::SqliteLog file;
  const log_tests::PostgresLog table;
  castore_tests::copy_kills::kill_copies_at_random(file, table, 100);
  castore_tests::copy_kills::kill_copies_at_random(table, log_tests::SqliteLog{}, 50);
}
