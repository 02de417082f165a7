// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_HTTP_SUPPORT_HPP
#define CASTORE_TESTS_HTTP_SUPPORT_HPP

/// @file
/// Servers on loopback, connections without a client, and requests to a handler without a server.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/http.hpp>
#include <castore/http/server.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace castore::http_tests {

inline const std::string token = "a-token";

/// A server that runs as long as it is there.
class RunningServer {
 public:
  explicit RunningServer(AnyEventStorageAdapter storage, HttpApiOptions options = {.token = token, .allow_force = true},
                         const HttpServerOptions& where = {})
      : api_{std::move(storage), std::move(options)}, server_{api_, where} {}
  RunningServer(const RunningServer&) = delete;
  ~RunningServer() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// To be called before anything is asked, when more routes were added.
  HttpApi& api() noexcept { return api_; }
  RunningServer& start() {
    thread_ = std::thread{[this] { server_.serve(); }};
    return *this;
  }
  void stop() { server_.stop(); }
  int port() const noexcept { return server_.port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

 private:
  HttpApi api_;
  HttpServer server_;
  std::thread thread_;
};

/// A connection to a server on loopback.
class RawConnection {
 public:
  explicit RawConnection(int port) : socket_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error{"connect"};
    }
  }
  RawConnection(const RawConnection&) = delete;
  ~RawConnection() { close(); }

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// What the other side does not take, as it has closed, is lost.
  RawConnection& send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t size = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    return *this;
  }
  RawConnection& get(const std::string& target, const std::string& headers = {}) {
    return send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
  /// Reads until a text has come, or the other side has closed. @return All that came since the last call.
  std::string read_until(std::string_view end) {
    while (read_.find(end) == std::string::npos && read_more()) continue;
    return std::exchange(read_, {});
  }
  std::string read_all() {
    while (read_more()) continue;
    return std::exchange(read_, {});
  }

 private:
  bool read_more() {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, 60'000) <= 0) throw std::runtime_error{"nothing came for a minute: " + read_};
    std::array<char, 4096> buffer{};
    const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
    if (size > 0) read_.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
  }

  int socket_;
  std::string read_;
};

inline int status_of(std::string_view answer) {
  return answer.size() > 12 ? std::stoi(std::string{answer.substr(9, 3)}) : 0;
}
inline std::string get(int port, const std::string& target, const std::string& headers = {}) {
  return RawConnection{port}.get(target, headers + "Connection: close\r\n").read_all();
}

inline HttpHeaders bearer(const std::string& with = token) { return {{"Authorization", "Bearer " + with}}; }

/// Asks a handler as a client on this machine does.
class Asker {
 public:
  explicit Asker(AnyEventStorageAdapter storage, HttpApiOptions options = {})
      : api{std::move(storage), std::move(options)} {}

  HttpApiResponse get(const std::string& target, HttpHeaders headers = {}) const {
    headers.emplace_back("Host", "localhost:8080");
    return api.handle({.target = target, .headers = std::move(headers)});
  }
  HttpApiResponse post(const std::string& target, std::string body, HttpHeaders headers = bearer(token)) const {
    headers.emplace_back("Host", "localhost:8080");
    headers.emplace_back("Content-Type", "application/json");
    return api.handle({.method = "POST", .target = target, .headers = std::move(headers), .body = std::move(body)});
  }
  /// The body of an answer that must have a status.
  nlohmann::json json(const HttpApiResponse& answer, int status = 200) const {
    INFO(answer.body);
    REQUIRE(answer.status == status);
    return nlohmann::json::parse(answer.body);
  }
  nlohmann::json get_json(const std::string& target, int status = 200) const { return json(get(target), status); }

  HttpApi api;
};

inline Timestamp noon_and(int seconds) {
  return *parse_timestamp("2022-01-01T12:00:00Z") + std::chrono::seconds{seconds};
}
/// Also from another thread, where Catch2 may not be asked.
template <class Storage>
void put(Storage& storage, std::string_view store, std::string id, Version version, std::string type, int seconds,
         std::string payload = {}, std::string metadata = {}) {
  const PushRecord push{
      store, {std::move(id), version, std::move(type), noon_and(seconds), std::move(payload), std::move(metadata)}};
  if (storage.push_events({&push, 1}, {}) != PushOutcome{}) throw std::logic_error{"an event was not stored"};
}

/// Two Pokemons, one of which has a slash in its id, and a trainer.
template <class Storage>
void put_pokemons(Storage& storage) {
  put(storage, "POKEMONS", "pika/chu", 1, "APPEARED", 0, R"({"name":"Pikachu","level":5})");
  put(storage, "TRAINERS", "ash", 1, "JOINED", 1);
  put(storage, "POKEMONS", "pika/chu", 2, "LEVELED_UP", 2, R"({"level":6})", R"({"by":"ash"})");
  put(storage, "POKEMONS", "eevee", 1, "APPEARED", 3, R"({"name":"Eevee"})");
}

}  // namespace castore::http_tests

#endif
