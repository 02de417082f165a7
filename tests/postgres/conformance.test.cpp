// SPDX-License-Identifier: MIT
// The PostgreSQL adapter keeps every law of the contract, on its own table and on one that is as Castore makes it.

#include <castore/adapters/postgres.hpp>
#include <castore/testing/catch2.hpp>

#include "postgres/support/postgres.hpp"

#include <memory>

namespace {

using castore::PostgresEventStorageAdapter;
using castore::postgres_tests::connection;
using castore::postgres_tests::PlainPostgres;
using castore::postgres_tests::TempTable;
using castore::testing::register_adapter_laws;

class OwnTable {
 public:
  OwnTable() { storage_->create_event_table(); }
  PostgresEventStorageAdapter& adapter() { return *storage_; }
  std::unique_ptr<PostgresEventStorageAdapter> reopen() const {
    return std::make_unique<PostgresEventStorageAdapter>(connection(), table_.options());
  }

 private:
  TempTable table_;
  std::unique_ptr<PostgresEventStorageAdapter> storage_ = reopen();
};

/// Ordered by the words of a language, without our index, and behind a pooler.
class CastoreTable {
 public:
  CastoreTable() {
    PlainPostgres{}.rows("CREATE TABLE " + table_.quoted() +
                         " (id BIGSERIAL PRIMARY KEY, aggregate_name VARCHAR(1000) NOT NULL, aggregate_id"
                         " VARCHAR(2000) NOT NULL, version BIGINT NOT NULL, type VARCHAR(64) NOT NULL, data JSONB,"
                         " metadata JSONB, timestamp TIMESTAMPTZ NOT NULL DEFAULT (CURRENT_TIMESTAMP(3)),"
                         " UNIQUE (aggregate_name, aggregate_id, version))");
  }
  PostgresEventStorageAdapter& adapter() { return storage_; }

 private:
  static castore::PostgresEventStorageAdapterOptions options(const TempTable& table) {
    castore::PostgresEventStorageAdapterOptions options = table.options();
    options.max_connections = 2;
    options.prepared_statements = false;
    return options;
  }

  TempTable table_;
  PostgresEventStorageAdapter storage_{connection(), options(table_)};
};

const bool registered[] = {
    register_adapter_laws<OwnTable>("PostgreSQL"),
    register_adapter_laws<CastoreTable>("PostgreSQL table of Castore"),
};

}  // namespace
