// SPDX-License-Identifier: MIT
// The DynamoDB adapter keeps every law of the contract.

#include <castore/adapters/dynamodb.hpp>
#include <castore/testing/catch2.hpp>

#include "dynamodb/support.hpp"

#include <memory>

namespace {

using castore::DynamoDbEventStorageAdapter;
using castore::DynamoDbEventStorageAdapterOptions;

template <bool check_previous>
class DynamoDbFixture {
 public:
  static constexpr bool detects_version_gaps = check_previous;

  DynamoDbEventStorageAdapter& adapter() { return *storage_; }
  std::unique_ptr<DynamoDbEventStorageAdapter> reopen() const {
    return std::make_unique<DynamoDbEventStorageAdapter>(
        table_->name(),
        DynamoDbEventStorageAdapterOptions{.client = castore::dynamodb_tests::client_options(),
                                           .retry = {.max_attempts = 30, .first = std::chrono::milliseconds{2}},
                                           .check_previous_version = check_previous});
  }

 private:
  std::unique_ptr<castore::dynamodb_tests::Table> table_ = std::make_unique<castore::dynamodb_tests::Table>();
  std::unique_ptr<DynamoDbEventStorageAdapter> storage_ = reopen();
};

const bool registered[] = {
    castore::testing::register_adapter_laws<DynamoDbFixture<false>>("DynamoDB"),
    castore::testing::register_adapter_laws<DynamoDbFixture<true>>("DynamoDB that checks previous versions"),
};

}  // namespace
