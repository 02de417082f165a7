// SPDX-License-Identifier: MIT
// The DynamoDB adapter keeps every law of the contract.

#include <castore/adapters/dynamodb.hpp>
#include <castore/testing/catch2.hpp>
#include <castore/testing/catch2_snapshots.hpp>

#include "dynamodb/support.hpp"

#include <chrono>
#include <memory>

namespace {

using castore::DynamoDbEventStorageAdapter;
using castore::DynamoDbEventStorageAdapterOptions;

template <bool check_previous, bool keeps_snapshots = false>
class DynamoDbFixture {
 public:
  static constexpr castore::AdapterProperties properties = [] {
    castore::AdapterProperties of_this = DynamoDbEventStorageAdapter::properties;
    of_this.detects_version_gaps = check_previous;
    return of_this;
  }();

  static constexpr castore::testing::LawEffort effort{.race = std::chrono::milliseconds{20},
                                                      .limit = std::chrono::seconds{60}};

  DynamoDbEventStorageAdapter& adapter() { return *storage_; }
  std::unique_ptr<DynamoDbEventStorageAdapter> reopen() const {
    return std::make_unique<DynamoDbEventStorageAdapter>(
        table_->name(),
        DynamoDbEventStorageAdapterOptions{.client = castore::dynamodb_tests::client_options(),
                                           .retry = {.max_attempts = 30, .first = std::chrono::milliseconds{2}},
                                           .check_previous_version = check_previous,
                                           .keeps_snapshots = keeps_snapshots});
  }
  void close_and_reopen() {
    storage_.reset();
    storage_ = reopen();
  }

 private:
  std::unique_ptr<castore::dynamodb_tests::Table> table_ = std::make_unique<castore::dynamodb_tests::Table>();
  std::unique_ptr<DynamoDbEventStorageAdapter> storage_ = reopen();
};

const bool registered[] = {
    castore::testing::register_adapter_laws<DynamoDbFixture<false>>("DynamoDB"),
    castore::testing::register_adapter_laws<DynamoDbFixture<true>>("DynamoDB that checks previous versions"),
    castore::testing::register_snapshot_laws<DynamoDbFixture<false, true>>("DynamoDB"),
};

}  // namespace
