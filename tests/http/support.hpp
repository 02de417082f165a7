// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_HTTP_SUPPORT_HPP
#define CASTORE_TESTS_HTTP_SUPPORT_HPP

/// @file
/// Servers on loopback, and requests to a handler without one.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/http.hpp>
#include <castore/http/server.hpp>

#include "support/catch.hpp"

#include <string>
#include <thread>
#include <utility>

namespace castore::http_tests {

inline const std::string token = "a-token";

/// A server that runs as long as it is there.
class RunningServer {
 public:
  explicit RunningServer(AnyEventStorageAdapter storage,
                         HttpApiOptions options = {.token = token, .allow_force = true},
                         const HttpServerOptions& where = {})
      : api_{std::move(storage), std::move(options)}, server_{api_, where} {}
  RunningServer(const RunningServer&) = delete;
  ~RunningServer() {
    server_.stop();
    thread_.join();
  }

  int port() const noexcept { return server_.port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

 private:
  HttpApi api_;
  HttpServer server_;
  std::thread thread_{[this] { server_.serve(); }};
};

}  // namespace castore::http_tests

#endif
