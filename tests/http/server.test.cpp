// SPDX-License-Identifier: MIT
#include <castore/http/server.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/sqlite.hpp"
#include "http/support.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace castore::http_tests;
using castore::AnyEventStorageAdapter;
using castore::HttpApi;
using castore::HttpApiOptions;
using castore::HttpApiResponse;
using castore::HttpServer;
using castore::HttpServerError;
using castore::InMemoryEventStorageAdapter;

namespace {

/// Requests that are answered when all of them may go.
class Gate {
 public:
  castore::HttpRoute route() {
    return {.method = "GET", .path = "/v1/wait", .handle = [this](const castore::HttpCall&) {
              std::unique_lock lock{mutex_};
              ++waiting_;
              changed_.notify_all();
              changed_.wait(lock, [this] { return is_open_; });
              return HttpApiResponse{.headers = {{"Content-Type", "text/plain"}}, .body = "gone"};
            }};
  }
  void wait_for(int count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return waiting_ == count; });
  }
  void open() {
    const std::lock_guard lock{mutex_};
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool is_open_ = false;
};

/// Asks until an answer has a status, as something is about to change.
void wait_for_status(int port, const std::string& target, int status) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (true) {
    RawConnection connection{port};
    if (status_of(connection.get(target).read_until("\r\n")) == status) return;
    if (std::chrono::steady_clock::now() > deadline) FAIL("the status never came");
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("16 idle and 64 busy clients do not keep the next one waiting", "[http]") {
  InMemoryEventStorageAdapter storage;
  Gate gate;
  RunningServer server{AnyEventStorageAdapter{storage}, {}, {.idle_timeout = std::chrono::seconds{60}}};
  server.api().add_route(gate.route());
  server.start();
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int client = 0; client < 16; ++client) {
    clients.push_back(std::make_unique<RawConnection>(server.port()));
    if (client % 2 == 0) clients.back()->get("/v1/info").read_until("\r\n\r\n");  // idle after a request, or at once
  }
  for (int client = 0; client < 64; ++client) {
    clients.push_back(std::make_unique<RawConnection>(server.port()));
    clients.back()->get("/v1/wait");
  }
  gate.wait_for(64);
  const auto start = std::chrono::steady_clock::now();
  CHECK(status_of(get(server.port(), "/v1/info")) == 200);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{30});  // the idle ones stay for 60
  gate.open();
  for (std::size_t client = 16; client < clients.size(); ++client) {
    CHECK(status_of(clients[client]->read_until("gone")) == 200);
  }
}

TEST_CASE("more clients than a server takes wait for a place", "[http]") {
  InMemoryEventStorageAdapter storage;
  Gate gate;
  RunningServer server{AnyEventStorageAdapter{storage}, {}, {.max_connections = 2}};
  server.api().add_route(gate.route());
  server.start();
  RawConnection first{server.port()};
  RawConnection second{server.port()};
  first.get("/v1/wait", "Connection: close\r\n");
  second.get("/v1/wait", "Connection: close\r\n");
  gate.wait_for(2);
  RawConnection third{server.port()};
  third.get("/v1/info");
  gate.open();
  CHECK(status_of(third.read_until("\r\n\r\n")) == 200);
}

TEST_CASE("a subscriber gets what is there and what comes, and goes on after what it got", "[http]") {
  InMemoryEventStorageAdapter storage;
  put(storage, "S", "a", 1, "T", 0, R"({"line":"break"})");
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  RawConnection subscriber{server.port()};
  subscriber.get("/v1/subscribe?after=0");
  const std::string head = subscriber.read_until("\"}}\n\n");
  CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(head.find("id: 1\nevent: event\ndata: {\"store\":\"S\",\"aggregateId\":\"a\",\"version\":1,\"type\":\"T\","
                  "\"timestamp\":\"2022-01-01T12:00:00.000Z\",\"position\":1,\"payload\":{\"line\":\"break\"}}\n\n") !=
        std::string::npos);
  put(storage, "S", "a", 2, "T", 0);
  CHECK(subscriber.read_until("\"position\":2}\n\n").find("id: 2\nevent: event\ndata: ") != std::string::npos);
  put(storage, "OTHER", "b", 1, "T", 0);

  RawConnection again{server.port()};
  again.get("/v1/subscribe?after=0", "Last-Event-ID: 1\r\n");
  const std::string rest = again.read_until("\"position\":3}\n\n");
  CHECK(rest.find("id: 1\n") == std::string::npos);
  CHECK(rest.find("id: 2\n") != std::string::npos);

  RawConnection some{server.port()};
  some.get("/v1/subscribe?after=0&store=OTHER&type=T");
  CHECK(some.read_until("\"position\":3}\n\n").find("\"store\":\"S\"") == std::string::npos);
}

TEST_CASE("a subscriber that names no position gets what comes from now on", "[http]") {
  InMemoryEventStorageAdapter storage;
  put(storage, "S", "a", 1, "T", 0);
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  RawConnection subscriber{server.port()};
  std::string events = subscriber.get("/v1/subscribe").read_until(":\n\n");  // connected
  put(storage, "S", "a", 2, "T", 0);
  events += subscriber.read_until("\"position\":2}\n\n");
  CHECK(events.find("id: 1\n") == std::string::npos);
  CHECK(get(server.port(), "/v1/subscribe", "Last-Event-ID: x\r\n").find("invalid_parameter") != std::string::npos);
}

TEST_CASE("a subscription without events has a heartbeat", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}, {.heartbeat = std::chrono::milliseconds{5}}};
  server.start();
  RawConnection subscriber{server.port()};
  subscriber.get("/v1/subscribe").read_until("\r\n\r\n");
  for (int beat = 0; beat < 3; ++beat) CHECK(subscriber.read_until(":\n\n").find(":\n\n") != std::string::npos);
}

TEST_CASE("a subscription has its heartbeat while events come that it leaves out", "[http]") {
  InMemoryEventStorageAdapter storage;
  put_pokemons(storage);
  RunningServer server{AnyEventStorageAdapter{storage}, {.heartbeat = std::chrono::milliseconds{200}}};
  server.start();
  RawConnection subscriber{server.port()};
  subscriber.get("/v1/subscribe?after=0&store=NOBODY");
  std::atomic<bool> is_over{false};
  std::thread others{[&] {
    for (castore::Version version = 1; !is_over; ++version) {
      put(storage, "BUSY", "a", version, "T", 1);
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }};
  std::string heard = subscriber.read_until(":\n\n");
  for (int heartbeat = 0; heartbeat < 3; ++heartbeat) heard += subscriber.read_until(":\n\n");
  is_over = true;
  others.join();
  CHECK(heard.find("event: event") == std::string::npos);
}

TEST_CASE("subscriptions are bounded, and one whose client goes away frees its place and thread", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{
      AnyEventStorageAdapter{storage}, {.max_streams = 1, .heartbeat = std::chrono::hours{1}}, {.max_connections = 2}};
  server.start();
  RawConnection subscriber{server.port()};
  subscriber.get("/v1/subscribe").read_until(":\n\n");
  const std::string refused = get(server.port(), "/v1/subscribe");
  CHECK(status_of(refused) == 503);
  CHECK(refused.find("too_many_streams") != std::string::npos);
  subscriber.close();
  wait_for_status(server.port(), "/v1/subscribe", 200);
}

TEST_CASE("a server that is stopped ends its subscriptions", "[http]") {
  InMemoryEventStorageAdapter storage;
  RawConnection* subscriber = nullptr;
  std::unique_ptr<RawConnection> kept;
  {
    RunningServer server{AnyEventStorageAdapter{storage}};
    server.start();
    kept = std::make_unique<RawConnection>(server.port());
    subscriber = kept.get();
    subscriber->get("/v1/subscribe").read_until(":\n\n");
  }
  CHECK(subscriber->read_all().find("event") == std::string::npos);
}

TEST_CASE("a server refuses what is not a request, or too large, and goes on", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}, {.token = token, .max_body_size = 1000}};
  server.start();
  const int port = server.port();
  CHECK(status_of(RawConnection{port}.send("\x16\x03\x01nonsense\r\n\r\n").read_until("\r\n")) == 400);
  const std::string long_url = RawConnection{port}.get("/v1/events?store=" + std::string(9000, 'a')).read_until("}");
  CHECK(status_of(long_url) == 414);
  CHECK(long_url.find("X-Content-Type-Options: nosniff") != std::string::npos);
  const std::string post =
      "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
      "Authorization: Bearer " +
      token + "\r\n";
  const std::string large =
      RawConnection{port}.send(post + "Content-Length: 1001\r\n\r\n" + std::string(1001, ' ')).read_all();
  CHECK(status_of(large) == 413);
  CHECK(large.find("application/problem+json") != std::string::npos);
  const std::string chunk = "100\r\n" + std::string(256, ' ') + "\r\n";
  const std::string chunked =
      RawConnection{port}
          .send(post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk + chunk + "0\r\n\r\n")
          .read_all();
  CHECK(status_of(chunked) == 413);
  CHECK(status_of(get(port, "/v1/info")) == 200);
  CHECK(status_of(RawConnection{port}.send("GET /v1/info HTTP/1.1\r\nHost: evil.example\r\n\r\n").read_until("\r\n")) ==
        421);
  CHECK(status_of(RawConnection{port}
                      .send("GET /v1/info HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
                      .read_until("\r\n")) == 400);
}

TEST_CASE("an answer is whole, whatever ranges are asked for", "[http]") {
  InMemoryEventStorageAdapter storage;
  put_pokemons(storage);
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  const auto body_of = [](const std::string& answer) { return answer.substr(answer.find("\r\n\r\n")); };
  const std::string whole = get(server.port(), "/v1/stores");
  std::string many = "Range: bytes=0-";
  for (int range = 0; range < 2000; ++range) many += ",0-";
  for (const std::string& range : {std::string{"Range: bytes=0-3"}, std::string{"Range: bytes=100000-"}, many}) {
    const std::string answer = get(server.port(), "/v1/stores", range + "\r\n");
    CHECK(status_of(answer) == 200);
    CHECK(body_of(answer) == body_of(whole));
  }
}

TEST_CASE("a body that nobody reads is not taken for a request", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  const std::string hidden = "GET /v1/stores HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string method : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
    for (const bool is_chunked : {false, true}) {
      RawConnection connection{server.port()};
      connection.send(method + " /v1/info HTTP/1.1\r\nHost: localhost\r\n" +
                      (is_chunked ? "Transfer-Encoding: chunked\r\n\r\n"
                                  : "Content-Length: " + std::to_string(hidden.size()) + "\r\n\r\n"));
      connection.send(is_chunked ? "33\r\n" + hidden + "\r\n0\r\n\r\n" : hidden);
      connection.send(hidden);
      const bool is_read = method == "DELETE" && !is_chunked;  // then the connection goes on with the next request
      if (is_read) connection.get("/v1/info", "Connection: close\r\n");
      const std::string answers = connection.read_all();
      CHECK(answers.starts_with("HTTP/1.1 "));
      if (!is_read) CHECK(answers.find("HTTP/1.1 ", 1) == std::string::npos);
    }
  }
}

TEST_CASE("a server that is stopped ends what waits for an event", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  RawConnection waiting{server.port()};
  waiting.get("/v1/all?after=0&wait=20000");
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  const auto begin = std::chrono::steady_clock::now();
  server.stop();
  CHECK(status_of(waiting.read_until("isCaughtUp")) == 200);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

TEST_CASE("an id with line breaks puts no header into an answer", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  const std::string answer = get(server.port(), "/v1/events?store=a%0D%0ASet-Cookie:x=y&id=b&x=%0D%0A");
  CHECK(status_of(answer) == 400);
  CHECK(answer.find("\nSet-Cookie") == std::string::npos);
}

TEST_CASE("two servers do not share a port", "[http]") {
  InMemoryEventStorageAdapter storage;
  const HttpApi api{storage};
  const HttpServer server{api};
  const auto listen = [&] { const HttpServer other{api, {.port = server.port()}}; };
  CHECK_THROWS_MATCHES(listen(), HttpServerError,
                       Catch::Matchers::Message("castore: cannot listen at '127.0.0.1' port " +
                                                std::to_string(server.port()) + ": Address already in use"));
}

TEST_CASE("a server listens on loopback only unless told otherwise", "[http]") {
  CHECK(castore::HttpServerOptions{}.address == "127.0.0.1");
}

TEST_CASE("a server that is stopped before it serves does not begin", "[http]") {
  InMemoryEventStorageAdapter storage;
  const HttpApi api{storage};
  HttpServer server{api};
  server.stop();
  server.serve();
  SUCCEED("it returned");
}
