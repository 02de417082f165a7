// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_LOG_SUPPORT_SQLITE_LOG_HPP
#define CASTORE_TESTS_LOG_SUPPORT_SQLITE_LOG_HPP

#include <castore/adapters/sqlite.hpp>
#include "adapters/support/sqlite.hpp"
#include "log/support/read_models.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace log_tests {

/// See read_models.hpp.
struct SqliteLog {
  using Storage = castore::SqliteEventStorageAdapter;
  using Transaction = castore::SqliteTransaction;
  static constexpr std::string_view find_table = "SELECT 1 FROM sqlite_schema WHERE name = $1";

  std::shared_ptr<Storage> open() const {
    return std::make_shared<Storage>(folder / "file.db", castore::SqliteEventStorageAdapterOptions{
                                                             .synchronous = castore::SqliteSynchronous::normal});
  }
  SqlModel<Transaction> model(int number) const { return {"trace_" + std::to_string(number)}; }

  castore::sqlite_tests::TempDirectory folder;
};

}  // namespace log_tests

#endif
