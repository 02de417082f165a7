// SPDX-License-Identifier: MIT
// The client keeps every law of storages through a server, which shows what both do.

#include <castore/adapters/http.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/testing/catch2.hpp>
#include <castore/testing/catch2_log.hpp>
#include <castore/testing/child_process.hpp>

#include "adapters/support/sqlite.hpp"
#include "http/support.hpp"

#include <memory>

namespace {

using castore::HttpEventStorageAdapter;
using castore::http_tests::RunningServer;
using castore::http_tests::token;
using castore::testing::register_adapter_laws;
using castore::testing::register_log_laws;

class BeforeSqlite {
 public:
  BeforeSqlite() { open(); }
  HttpEventStorageAdapter& adapter() { return *client_; }
  std::unique_ptr<HttpEventStorageAdapter> reopen() const {
    return std::make_unique<HttpEventStorageAdapter>(server_->url(),
                                                     castore::HttpEventStorageAdapterOptions{.token = token});
  }
  void close_and_reopen() {
    client_.reset();
    server_.reset();
    storage_.reset();
    open();
  }
  castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work) const {
    return castore::testing::ChildProcess{[this, &work] {
      const auto client = reopen();
      work(castore::AnyEventStorageAdapter{*client});
    }};
  }

 private:
  void open() {
    storage_ = std::make_unique<castore::SqliteEventStorageAdapter>(
        folder_ / "events.db",
        castore::SqliteEventStorageAdapterOptions{.synchronous = castore::SqliteSynchronous::normal});
    server_ = std::make_unique<RunningServer>(castore::AnyEventStorageAdapter{*storage_});
    server_->start();
    client_ = reopen();
  }

  castore::sqlite_tests::TempDirectory folder_;
  std::unique_ptr<castore::SqliteEventStorageAdapter> storage_;
  std::unique_ptr<RunningServer> server_;
  std::unique_ptr<HttpEventStorageAdapter> client_;
};

const bool registered[] = {
    register_adapter_laws<BeforeSqlite>("HTTP before SQLite"),
    register_log_laws<BeforeSqlite>("HTTP before SQLite"),
};

}  // namespace
