// SPDX-License-Identifier: MIT
#include <castore/maintenance/copy_events.hpp>

#include "maintenance/copies.hpp"
#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"

TEST_CASE("events are copied from SQLite to PostgreSQL and back, also after a failure half way", "[postgres]") {
  castore::postgres_tests::Storage storage;
  castore_tests::check_copies_there_and_back(*storage, castore::StorageOperation::read_all_events);
}
