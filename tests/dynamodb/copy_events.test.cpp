// SPDX-License-Identifier: MIT
#include <castore/maintenance/copy_events.hpp>

#include "dynamodb/support.hpp"
#include "log/support/sqlite_log.hpp"
#include "maintenance/copies.hpp"
#include "maintenance/copy_kills.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <memory>

TEST_CASE("events are copied from SQLite to DynamoDB and back, also after a failure half way") {
  const castore::dynamodb_tests::Table table;
  castore::DynamoDbEventStorageAdapter storage{table.name(), {.client = castore::dynamodb_tests::client_options()}};
  castore_tests::check_copies_there_and_back(storage, castore::StorageOperation::get_events);
}

namespace {

/// See copy_kills.hpp.
struct CopyTables {
  using Storage = castore::DynamoDbEventStorageAdapter;

  std::shared_ptr<Storage> open() const {
    return std::make_shared<Storage>(table.name(),
                                     castore::DynamoDbEventStorageAdapterOptions{
                                         .client = castore::dynamodb_tests::client_options(),
                                         .retry = {.max_attempts = 30, .first = std::chrono::milliseconds{2}}});
  }

  castore::dynamodb_tests::Table table;
};

}  // namespace

TEST_CASE("after random kills copies between SQLite and DynamoDB have each event once") {
  const log_tests::SqliteLog file;
  const CopyTables tables;
  castore_tests::copy_kills::kill_copies_at_random(file, tables, 60);
  castore_tests::copy_kills::kill_copies_at_random(tables, log_tests::SqliteLog{}, 30);
}
