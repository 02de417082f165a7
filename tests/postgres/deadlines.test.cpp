// SPDX-License-Identifier: MIT
// Every operation ends, whatever a server or what is in front of it does.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// An adapter behind a proxy that has a connection; it waits for an answer as long as `timeout` says.
struct Proxied {
  explicit Proxied(PostgresEventStorageAdapterOptions options = {.connect_timeout = 0s, .statement_timeout = 300ms})
      : storage{proxy.connection_string(), with_table(std::move(options))} {
    push(storage, event("pikachu", 1));
  }
  PostgresEventStorageAdapterOptions with_table(PostgresEventStorageAdapterOptions options) const {
    options.table_name = direct.table().name();
    return options;
  }

  Storage direct;
  Proxy proxy;
  PostgresEventStorageAdapter storage;
};

template <class Function>
Clock::duration time_of(Function function) {
  const auto start = Clock::now();
  function();
  return Clock::now() - start;
}

TEST_CASE("a server that falls silent counts as gone after a while", "[postgres]") {
  Proxied test;
  test.proxy.fall_silent();
  const auto time = time_of([&] { CHECK(push(test.storage, event("pikachu", 2)) == PushOutcome{}); });
  CHECK(time >= 300ms);
  CHECK(time < 3s);
  CHECK(versions(*test.direct, "pikachu") == std::vector<Version>{1, 2});
}

TEST_CASE("a pooler that falls silent counts as gone, too, also where the server has no statement timeout",
          "[postgres]") {
  Proxied test{{.connect_timeout = 0s, .statement_timeout = 300ms, .prepared_statements = false}};
  CHECK(PlainPostgres{}.value("SHOW statement_timeout") == "0");
  test.proxy.fall_silent();
  CHECK(time_of([&] { CHECK(push(test.storage, event("pikachu", 2)) == PushOutcome{}); }) < 3s);

  const auto limit_of = [](const PostgresEventStorageAdapterOptions& options) {
    return detail::make_postgres_settings({}, options).answer_timeout;
  };
  CHECK(limit_of({.connect_timeout = 2s, .statement_timeout = 0ms, .prepared_statements = false}) == 22s);
  CHECK(limit_of({.connect_timeout = 2s, .statement_timeout = 1min}) == 62s);
}

TEST_CASE("behind a pooler nothing of an adapter stays in a session", "[postgres]") {
  Storage direct;
  auto options = direct.table().options();
  options.prepared_statements = false;
  const detail::PostgresSettings settings =
      detail::make_postgres_settings(detail::parse_postgres_connection(connection()), options);
  detail::PostgresConnection connection{settings, settings.parameters, settings.name};
  connection.table();
  const auto value_of = [&](const std::string& sql) { return std::string{connection.execute(sql).rows.text(0, 0)}; };
  for (const char* const name : {"statement_timeout", "enable_seqscan", "plan_cache_mode", "jit"}) {
    CAPTURE(name);
    CHECK(value_of("SELECT setting = reset_val FROM pg_settings WHERE name = '" + std::string{name} + "'") ==
          std::string{"\1"});
  }
  CHECK(value_of("SELECT count(*)::text FROM pg_prepared_statements WHERE name LIKE 'castore%'") == "0");
}

TEST_CASE("signals do not make the wait for an answer longer", "[postgres]") {
  Proxied test;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR2, &action, &before);
  test.proxy.fall_silent();
  std::atomic<bool> is_over{false};
  PushOutcome outcome{PushOutcome::version_gap, 9};
  std::thread pushing{[&] {
    outcome = push(test.storage, event("pikachu", 2));
    is_over = true;
  }};
  const auto time = time_of([&] {
    for (int signal = 0; signal < 300 && !is_over; ++signal) {
      pthread_kill(pushing.native_handle(), SIGUSR2);
      std::this_thread::sleep_for(10ms);
    }
  });
  pushing.join();
  sigaction(SIGUSR2, &before, nullptr);
  CHECK(outcome == PushOutcome{});
  CHECK(time < 2500ms);
}

TEST_CASE("an answer that trickles in has no more time than one that does not come", "[postgres]") {
  Proxied test;
  push(*test.direct, event("eevee", 1, "\"" + std::string(1'000, 'x') + "\""));
  test.proxy.trickle();  // 1,000 bytes would take 20 s
  Failure error;
  const auto time = time_of([&] { error = failure_of([&] { load(test.storage, "eevee"); }); });
  CHECK(time >= 300ms);
  CHECK(time < 6s);
  CHECK(error.retryable);
}

TEST_CASE("a server that does not answer who connects is given up after the connect timeout", "[postgres]") {
  Proxy proxy;
  proxy.ignore_new_connections();
  const auto check = [&](const std::string& parameters) {
    PostgresEventStorageAdapter storage{proxy.connection_string() + parameters, {.connect_timeout = 0s}};
    Failure error;
    CHECK(time_of([&] { error = failure_of([&] { load(storage, "pikachu"); }); }) < 4s);
    CHECK(error.says("cannot connect to the server of"));
    CHECK(error.says("it did not answer within the connect timeout"));
    CHECK(error.retryable);
  };
  check("");
  // What libpq takes for no end is not taken for one here.
  const auto timeout_of = [](const PostgresConnectionParameters& parameters) {
    return detail::make_postgres_settings(parameters, {.connect_timeout = 5s}).parameters.at("connect_timeout");
  };
  CHECK(timeout_of({{"connect_timeout", "0"}}) == "5");
  CHECK(timeout_of({{"connect_timeout", "-1"}}) == "5");
  CHECK(timeout_of({{"connect_timeout", ""}}) == "5");
  CHECK(timeout_of({{"connect_timeout", "7"}}) == "7");
}

TEST_CASE("a table may take any time to be made, as long as the server works on it, and no time when it is silent",
          "[postgres]") {
  Proxied test{{.connect_timeout = 0s, .statement_timeout = 200ms}};
  PlainPostgres other;
  other.rows("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('castore ' || '" + test.direct.table().quoted() +
             "', 0))");
  std::thread server{[&] {
    std::this_thread::sleep_for(700ms);
    other.rows("COMMIT");
  }};
  CHECK(time_of([&] { test.storage.create_event_table(); }) >= 600ms);
  server.join();

  push(test.storage, event("pikachu", 2));
  test.proxy.fall_silent();
  CHECK(time_of([&] { test.storage.create_event_table(); }) < 3s);
}

}  // namespace
