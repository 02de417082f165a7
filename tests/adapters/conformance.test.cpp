// SPDX-License-Identifier: MIT
// Every adapter of this library keeps every law of the contract.

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/testing/catch2.hpp>
#include <castore/testing/catch2_log.hpp>
#include <castore/testing/catch2_snapshots.hpp>
#include <castore/testing/child_process.hpp>

#include "adapters/support/sqlite.hpp"
#include "support/records_only_adapter.hpp"

#include <chrono>
#include <memory>

namespace {

using castore::InMemoryEventStorageAdapter;
using castore::SqliteEventStorageAdapter;
using castore::SqliteSynchronous;
using castore::testing::register_adapter_laws;
using castore::testing::register_log_laws;
using castore::testing::register_snapshot_laws;

template <SqliteSynchronous synchronous>
class SqliteFixture {
 public:
  // A push that waits for the disk gives way to others by itself.
  static constexpr castore::testing::LawEffort effort{
      .race = std::chrono::milliseconds{synchronous == SqliteSynchronous::full ? 20 : 100}};

  SqliteEventStorageAdapter& adapter() {
    if (!storage_) storage_ = reopen();
    return *storage_;
  }
  std::unique_ptr<SqliteEventStorageAdapter> reopen() const {
    return std::make_unique<SqliteEventStorageAdapter>(
        folder_ / "events.db", castore::SqliteEventStorageAdapterOptions{.synchronous = synchronous});
  }
  void close_and_reopen() {
    storage_.reset();
    storage_ = reopen();
  }
#if __has_include(<sys/wait.h>)
  // [spawn]
  /// SQLite may not be open in a process that forks.
  castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work) {
    storage_.reset();
    return castore::testing::ChildProcess{[this, &work] {
      const auto storage = reopen();
      work(castore::AnyEventStorageAdapter{*storage});
    }};
  }
  // [/spawn]
#endif

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
    register_log_laws<InMemoryEventStorageAdapter>("in memory"),
    register_log_laws<SqliteFixture<SqliteSynchronous::normal>>("SQLite NORMAL"),
    register_log_laws<SqliteInMemory>("SQLite in memory"),
    register_snapshot_laws<InMemoryEventStorageAdapter>("in memory"),
    register_snapshot_laws<SqliteFixture<SqliteSynchronous::normal>>("SQLite NORMAL"),
    register_snapshot_laws<SqliteInMemory>("SQLite in memory"),
};

}  // namespace
