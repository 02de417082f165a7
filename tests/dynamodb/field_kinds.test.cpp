// SPDX-License-Identifier: MIT
#include "support/field_kinds.hpp"

#include <castore/adapters/dynamodb.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include "dynamodb/support.hpp"
#include "support/catch.hpp"

TEST_CASE("every kind of field comes back from DynamoDB, and what does not fit is refused with its path") {
  const castore::dynamodb_tests::Table table;
  castore::DynamoDbEventStorageAdapter storage{table.name(), {.client = castore::dynamodb_tests::client_options()}};
  castore_tests::field_kinds::check(castore::AnyEventStorageAdapter{storage});
}
