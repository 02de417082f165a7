// SPDX-License-Identifier: MIT
// The client keeps every law of storages through a server, which shows what both do.

#include <castore/adapters/http.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/testing/catch2.hpp>
#include <castore/testing/catch2_log.hpp>
#include <castore/testing/child_process.hpp>

#include "adapters/support/child_process.hpp"
#include "adapters/support/sqlite.hpp"
#include "http/support.hpp"

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace {

using castore::HttpEventStorageAdapter;
using castore::http_tests::RunningServer;
using castore::http_tests::token;
using castore::testing::register_adapter_laws;
using castore::testing::register_log_laws;

/// The server is a process of its own, which begins before there are threads: laws fork this one.
class BeforeSqlite {
 public:
  BeforeSqlite() {
    if (pipe(again_.data()) != 0) throw std::runtime_error{"pipe"};
    server_.emplace([this](const auto& send) {
      close(again_[1]);
      for (char word = 0;;) {
        castore::SqliteEventStorageAdapter storage{folder_ / "events.db",
                                                   {.synchronous = castore::SqliteSynchronous::normal}};
        RunningServer server{castore::AnyEventStorageAdapter{storage}};
        send(server.start().url());
        if (read(again_[0], &word, 1) != 1) return;
      }
    });
    open();
  }
  BeforeSqlite(const BeforeSqlite&) = delete;
  ~BeforeSqlite() {
    for (const int end : again_) close(end);
  }
  HttpEventStorageAdapter& adapter() { return *client_; }
  std::unique_ptr<HttpEventStorageAdapter> reopen() const {
    return std::make_unique<HttpEventStorageAdapter>(url_, castore::HttpEventStorageAdapterOptions{.token = token});
  }
  void close_and_reopen() {
    client_.reset();
    if (write(again_[1], "", 1) != 1) throw std::runtime_error{"write"};
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
    url_ = server_->receive();
    client_ = reopen();
  }

  castore::sqlite_tests::TempDirectory folder_;
  std::array<int, 2> again_{};  // a byte: close and open again
  std::optional<castore::sqlite_tests::ChildProcess> server_;
  std::string url_;
  std::unique_ptr<HttpEventStorageAdapter> client_;
};

const bool registered[] = {
    register_adapter_laws<BeforeSqlite>("HTTP before SQLite"),
    register_log_laws<BeforeSqlite>("HTTP before SQLite"),
};

}  // namespace
