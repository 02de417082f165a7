// SPDX-License-Identifier: MIT
// Subscriptions, projections and relays over the storages that need no server.

#include <castore/log.hpp>

#include <castore/adapters/in_memory.hpp>
#include "log/support/read_model_checks.hpp"
#include "log/support/sqlite_log.hpp"
#include "support/catch.hpp"

#include <map>
#include <memory>
#include <thread>

namespace {

struct MemoryLog {
  using Storage = castore::InMemoryEventStorageAdapter;
  using Transaction = castore::InMemoryTransaction;

  std::shared_ptr<Storage> open() const { return storage; }
  log_tests::MemoryModel model(int number) const { return models->at(number); }

  std::shared_ptr<Storage> storage = std::make_shared<Storage>();
  std::shared_ptr<std::map<int, log_tests::MemoryModel>> models =
      std::make_shared<std::map<int, log_tests::MemoryModel>>(
          std::map<int, log_tests::MemoryModel>{{1, {}}, {2, {}}, {9, {}}});
};

}  // namespace

TEST_CASE("read models in memory are what their events make of them") { log_tests::check_read_models<MemoryLog>(); }

TEST_CASE("read models in SQLite are what their events make of them") {
  log_tests::check_read_models<log_tests::SqliteLog>();
}
