// SPDX-License-Identifier: MIT
// Random histories of three releases, with wrong snapshots among theirs, in memory and in an SQLite file.

#include <castore/snapshots.hpp>

#include <castore/adapters/sqlite.hpp>
#include "adapters/support/sqlite.hpp"
#include "snapshots/support/histories.hpp"
#include "support/catch.hpp"

#include <string>

using namespace castore::snapshot_tests;

TEST_CASE("in memory three releases load what all events make, whatever is among the snapshots") {
  castore::InMemoryEventStorageAdapter storage;
  check_random_history(std::array{&storage, &storage, &storage}, nullptr, 600);
}

TEST_CASE("in an SQLite file three releases load what all events make, whatever is among the snapshots") {
  const castore::sqlite_tests::TempDirectory folder;
  const std::string path = folder / "file.db";
  const castore::SqliteEventStorageAdapterOptions options{.synchronous = castore::SqliteSynchronous::normal};
  castore::SqliteEventStorageAdapter first{path, options};
  castore::SqliteEventStorageAdapter second{path, options};
  castore::SqliteEventStorageAdapter third{path, options};
  const auto erase = [&first](const std::string& id, castore::Version version) {
    first.transact([&](castore::SqliteTransaction& tx) {
      tx.execute("DELETE FROM event WHERE aggregate_id = $1 AND version >= $2", id, version);
    });
  };
  check_random_history(std::array{&first, &second, &third}, erase, 600);
}
