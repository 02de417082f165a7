// SPDX-License-Identifier: MIT
// Subscriptions, projections and relays over PostgreSQL, also when connections break.

#include <castore/adapters/postgres.hpp>

#include <castore/log.hpp>
#include "log/support/read_model_checks.hpp"
#include "postgres/support/own_server.hpp"
#include "postgres/support/postgres.hpp"
#include "postgres/support/postgres_log.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using log_tests::PostgresLog;
using log_tests::Trace;

}  // namespace

TEST_CASE("read models in PostgreSQL are what their events make of them", "[postgres]") {
  log_tests::check_read_models<PostgresLog>();
}

TEST_CASE("a read model is right, whichever request its connection breaks at", "[postgres]") {
  const log_tests::Scene<PostgresLog> scene;
  for (Version version = 1; version <= 4; ++version) scene.push("a", version);
  const Trace<PostgresLog> trace{*scene.log};
  for (const char* const fate : {"x", "a"}) {  // before the server has it, and before the answer
    for (std::size_t request = 1;; ++request) {
      CAPTURE(fate, request);
      Proxy proxy;
      const auto storage = scene.log->open(proxy.connection_string());
      PokemonStore pokemons{"POKEMONS", *storage};
      AsyncProjection list{*storage, std::tie(pokemons), trace, {.batch_size = 4}};
      proxy.plan(std::string(request, '.') + fate);
      int failures = 0;
      for (PollResult result; !result.is_caught_up && failures < 3;) {
        try {
          result = list.catch_up();
        } catch (const StorageError& error) {
          ++failures;
          CHECK((error.retryable() || error.outcome() == StorageError::Outcome::unknown));
        }
      }
      CHECK(failures < 2);
      CHECK(scene.rows(trace) == scene.all());
      if (proxy.connections() == 1) break;  // it did not come to that
      REQUIRE(request < 40);
      scene.storage().transact([&](PostgresTransaction& tx) { trace.drop(tx); });
      PlainPostgres{}.rows("DELETE FROM " + scene.log->table.name() + "_projection");
    }
  }
}

TEST_CASE("a projection that runs goes on after its connections broke", "[postgres]") {
  using namespace std::chrono_literals;
  const log_tests::Scene<PostgresLog> scene;
  const Trace<PostgresLog> trace{*scene.log};
  Proxy proxy;
  const auto storage = scene.log->open(proxy.connection_string());
  PokemonStore pokemons{"POKEMONS", *storage};
  AsyncProjection list{*storage, std::tie(pokemons), trace, {.max_wait = 20ms}};
  std::atomic<int> failures{0};
  std::jthread runner{[&](const std::stop_token& stop) {
    try {
      list.run(stop);
    } catch (...) {
      ++failures;
    }
  }};
  for (Version version = 1; version <= 4; ++version) {
    scene.push("a", version);
    CHECK(list.wait_until(version, 20s));
    proxy.plan(version % 2 == 0 ? "xxx" : "aax");
  }
  scene.push("a", 5);
  CHECK(list.wait_until(5, 20s));
  runner.request_stop();
  runner.join();
  CHECK(failures == 0);
  CHECK(scene.rows(trace) == scene.all());
}

namespace {

/// Needs an answer for each event.
struct AsksBack : Trace<PostgresLog> {
  using Trace::Trace;
  template <class Payload>
    requires EventPayload<Payload>
  void operator()(PostgresTransaction& tx, const Payload& event, const EventInfo<Payload>& info) const {
    Trace::operator()(tx, event, info);
    tx.query("SELECT 1");
  }
};

}  // namespace

TEST_CASE("an inline projection whose connection breaks is not to blame, and its push says what is known",
          "[postgres]") {
  const log_tests::Scene<PostgresLog> scene;
  const AsksBack trace{*scene.log};
  Proxy proxy;
  const auto storage = scene.log->open(proxy.connection_string());
  PokemonStore pokemons{"POKEMONS", *storage};
  InlineProjections inlined{pokemons, *storage, trace};
  inlined.hand_over();
  Version version = 0;
  for (const char* const fate : {"x", "a"}) {
    for (std::size_t request = 0; request < 12; ++request) {
      CAPTURE(fate, request);
      proxy.plan(std::string(request, '.') + fate);
      ++version;
      try {
        inlined.push_event("a", version, PokemonLeveledUp{});
      } catch (const StorageError& error) {
        CHECK(error.retryable());
        inlined.push_event("a", version, PokemonLeveledUp{});
      }
      CHECK(scene.rows(trace) == scene.all());
    }
  }
  proxy.plan("");
}

TEST_CASE("a read model goes on in another cluster that was restored from a dump", "[postgres]") {
  const log_tests::Scene<PostgresLog> scene;
  const Trace<PostgresLog> trace{*scene.log};
  const auto list_of = [&trace](auto& storage, PokemonStore& pokemons) {
    return AsyncProjection<PostgresEventStorageAdapter, Trace<PostgresLog>, PokemonStore>{storage, std::tie(pokemons),
                                                                                          trace};
  };
  const std::string table = scene.log->table.name();
  scene.push("a", 1);
  scene.push("a", 2);
  CHECK(list_of(scene.storage(), scene.store()).catch_up() == PollResult{2, 2, true});
  PlainPostgres{}.rows("SELECT nextval('" + table + "_id_seq')");
  scene.push("a", 3);  // 4
  CHECK(scene.storage().read_all_events(0, {}, [](const SequencedEventView&) {}) == ReadAllEventsResult{4, 4, true});

  const OwnServer server;
  REQUIRE(std::system(("PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1):$PATH; pg_dump -t " + table + " -t " +
                       table + "_projection -t " + trace.model.table + " '" + connection() + "' | psql -q '" +
                       server.connection() + "' >/dev/null")
                          .c_str()) == 0);
  const auto restored = scene.log->open(server.connection());
  PokemonStore pokemons{"POKEMONS", *restored};
  auto list = list_of(*restored, pokemons);
  CHECK(list.catch_up() == PollResult{1, 4, true});
  CHECK(pokemons.push_event("a", 4, PokemonLeveledUp{}).position == 5);
  CHECK(list.catch_up() == PollResult{1, 5, true});
  CHECK(log_tests::read(*restored, trace.model) == log_tests::fold(*restored, 5));
}
