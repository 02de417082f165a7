// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_POSTGRES_SUPPORT_POSTGRES_LOG_HPP
#define CASTORE_TESTS_POSTGRES_SUPPORT_POSTGRES_LOG_HPP

#include <castore/adapters/postgres.hpp>
#include "log/support/read_models.hpp"
#include "postgres/support/postgres.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace log_tests {

/// See read_models.hpp.
struct PostgresLog {
  using Storage = castore::PostgresEventStorageAdapter;
  using Transaction = castore::PostgresTransaction;
  static constexpr std::string_view find_table = "SELECT 1 FROM pg_catalog.pg_class WHERE relname = $1";

  PostgresLog() { open()->create_event_table(); }
  PostgresLog(PostgresLog&&) = delete;
  ~PostgresLog() {
    castore::postgres_tests::PlainPostgres plain;
    for (const int number : {1, 2, 9}) plain.rows("DROP TABLE IF EXISTS " + model(number).table);
  }

  std::shared_ptr<Storage> open(const std::string& to = castore::postgres_tests::connection()) const {
    return std::make_shared<Storage>(to, table.options());
  }
  SqlModel<Transaction> model(int number) const { return {table.name() + "_" + std::to_string(number)}; }

  castore::postgres_tests::TempTable table;
};

}  // namespace log_tests

#endif
