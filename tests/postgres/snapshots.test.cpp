// SPDX-License-Identifier: MIT
// Snapshots in PostgreSQL that were damaged, came from elsewhere or from another release.

#include <castore/snapshots.hpp>

#include "postgres/support/postgres.hpp"
#include "snapshots/support/damaged.hpp"
#include "snapshots/support/histories.hpp"
#include "support/catch.hpp"

#include <array>
#include <optional>
#include <string>
#include <tuple>

using namespace castore;
using namespace castore::snapshot_tests;
using postgres_tests::PlainPostgres;

TEST_CASE("a damaged snapshot in PostgreSQL is not used, and the next one is good", "[postgres]") {
  using enum SnapshotFault;
  const auto& [change, fault] = GENERATE(table<std::string, std::optional<SnapshotFault>>({
      {"state = NULL", damaged},
      {"state = 'null'", damaged},
      {"state = '{}'", damaged},
      {R"(state = '{"aggregate_id": "a", "version": 3, "text": 7}')", damaged},
      {R"(state = '{"aggregate_id": "b", "version": 3, "text": "1 2 3 "}')", of_another},
      {"event_timestamp = 'infinity'", not_in_history},
      {"event_timestamp = event_timestamp + interval '1 ms'", not_in_history},
      {"created_at = '-infinity'", not_in_history},
      {R"(version = 4, state = '{"aggregate_id": "a", "version": 4, "text": "1 2 3 "}')", not_in_history},
      {"reducer_version = 4", std::nullopt},
      {"aggregate_id = 'A'", std::nullopt},
  }));
  CAPTURE(change);
  postgres_tests::Storage storage;
  storage->create_snapshot_table();
  const auto damage = [&] {
    PlainPostgres{}.rows("UPDATE " + storage.table().name() + "_snapshot SET " + change +
                         " WHERE aggregate_id = 'a' AND version = 3");
  };
  check_damaged_snapshot(*storage, damage, fault);
}

TEST_CASE("PostgreSQL keeps snapshots again after somebody has emptied their table", "[postgres]") {
  postgres_tests::Storage storage;
  storage->create_snapshot_table();
  check_damaged_snapshot(
      *storage, [&] { PlainPostgres{}.rows("TRUNCATE " + storage.table().name() + "_snapshot"); }, std::nullopt);
}

TEST_CASE("in PostgreSQL three releases load what all events make, whatever is among the snapshots", "[postgres]") {
  postgres_tests::Storage storage;
  storage->create_snapshot_table();
  PostgresEventStorageAdapter second{postgres_tests::connection(), storage.table().options()};
  PostgresEventStorageAdapter third{postgres_tests::connection(), storage.table().options()};
  PlainPostgres plain;
  const auto erase = [&](const std::string& id, Version first) {
    plain.rows("DELETE FROM " + storage.table().name() + " WHERE aggregate_id = '" + id +
               "' AND version >= " + std::to_string(first));
  };
  check_random_history(std::array{&*storage, &second, &third}, erase, 300);
}
