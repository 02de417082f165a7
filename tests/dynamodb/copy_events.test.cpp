// SPDX-License-Identifier: MIT
#include <castore/maintenance/copy_events.hpp>

#include "dynamodb/support.hpp"
#include "maintenance/copies.hpp"
#include "support/catch.hpp"

TEST_CASE("events are copied from SQLite to DynamoDB and back, also after a failure half way") {
  const castore::dynamodb_tests::Table table;
  castore::DynamoDbEventStorageAdapter storage{table.name(), {.client = castore::dynamodb_tests::client_options()}};
  castore_tests::check_copies_there_and_back(storage, castore::StorageOperation::get_events);
}
