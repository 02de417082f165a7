// SPDX-License-Identifier: MIT
// Every adapter of this library keeps every law of the contract.

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/testing/catch2.hpp>

#include "adapters/support/sqlite.hpp"
#include "testing/broken_twins/records_only_adapter.hpp"

#include <memory>

namespace {

using castore::InMemoryEventStorageAdapter;
using castore::SqliteEventStorageAdapter;
using castore::SqliteSynchronous;
using castore::testing::register_adapter_laws;

template <SqliteSynchronous synchronous>
class SqliteFixture {
 public:
  SqliteEventStorageAdapter& adapter() { return *storage_; }
  std::unique_ptr<SqliteEventStorageAdapter> reopen() const {
    return std::make_unique<SqliteEventStorageAdapter>(
        folder_ / "events.db", castore::SqliteEventStorageAdapterOptions{.synchronous = synchronous});
  }

 private:
  castore::sqlite_tests::TempDirectory folder_;
  std::unique_ptr<SqliteEventStorageAdapter> storage_ = reopen();
};

struct SqliteInMemory : SqliteEventStorageAdapter {
  SqliteInMemory() : SqliteEventStorageAdapter{":memory:"} {}
};

const bool registered[] = {
    register_adapter_laws<InMemoryEventStorageAdapter>("in memory"),
    register_adapter_laws<RecordsOnlyAdapter>("in memory through records"),
    register_adapter_laws<SqliteFixture<SqliteSynchronous::full>>("SQLite FULL"),
    register_adapter_laws<SqliteFixture<SqliteSynchronous::normal>>("SQLite NORMAL"),
    register_adapter_laws<SqliteInMemory>("SQLite in memory"),
};

}  // namespace
