// SPDX-License-Identifier: MIT
// The PostgreSQL adapter keeps every law of the contract, on its own table and on one that is as Castore makes it.

#include <castore/adapters/postgres.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/testing/catch2.hpp>
#include <castore/testing/catch2_log.hpp>
#include <castore/testing/catch2_snapshots.hpp>
#include <castore/testing/child_process.hpp>

#include "postgres/support/postgres.hpp"

#include <memory>

namespace {

using castore::PostgresEventStorageAdapter;
using castore::postgres_tests::connection;
using castore::postgres_tests::PlainPostgres;
using castore::postgres_tests::TempTable;
using castore::testing::register_adapter_laws;
using castore::testing::register_log_laws;
using castore::testing::register_snapshot_laws;

class OwnTable {
 public:
  OwnTable() { storage_->create_event_table(); }
  PostgresEventStorageAdapter& adapter() { return *storage_; }
  std::unique_ptr<PostgresEventStorageAdapter> reopen() const {
    return std::make_unique<PostgresEventStorageAdapter>(connection(), table_.options());
  }
  void close_and_reopen() {
    storage_.reset();
    storage_ = reopen();
  }
  /// The child leaves the connections of this process alone: it ends without destroying anything.
  castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work) const {
    return castore::testing::ChildProcess{[this, &work] {
      const auto storage = reopen();
      work(castore::AnyEventStorageAdapter{*storage});
    }};
  }

 private:
  TempTable table_;
  std::unique_ptr<PostgresEventStorageAdapter> storage_ = reopen();
};

struct WithSnapshots : OwnTable {
  WithSnapshots() { adapter().create_snapshot_table(); }
};

/// Ordered by the words of a language, without our index, and behind a pooler.
class CastoreTable {
 public:
  static constexpr castore::AdapterProperties properties = [] {
    castore::AdapterProperties of_this = castore::properties_of<PostgresEventStorageAdapter>();
    of_this.max_id_size = 1000;
    return of_this;
  }();

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

struct CastoreTableWithSnapshots : CastoreTable {
  CastoreTableWithSnapshots() { adapter().create_snapshot_table(); }
};

const bool registered[] = {
    register_adapter_laws<OwnTable>("PostgreSQL"),
    register_adapter_laws<CastoreTable>("PostgreSQL table of Castore"),
    register_log_laws<OwnTable>("PostgreSQL"),
    register_log_laws<CastoreTable>("PostgreSQL table of Castore"),
    register_snapshot_laws<WithSnapshots>("PostgreSQL"),
    register_snapshot_laws<CastoreTableWithSnapshots>("PostgreSQL table of Castore"),
};

}  // namespace
