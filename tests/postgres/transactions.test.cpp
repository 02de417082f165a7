// SPDX-License-Identifier: MIT
// Transactions that hold more than events: SQL, checkpoints, and what is done together with a push.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;

/// A table next to that of the events, and its end.
struct Tables {
  ~Tables() { PlainPostgres{}.rows("DROP TABLE IF EXISTS " + list); }
  Storage storage;
  std::string list = storage.table().name() + "_list";
};

TEST_CASE("a transaction executes SQL of any values, and is undone when its function throws", "[postgres]") {
  Tables test;
  Storage& storage = test.storage;
  const std::string& list = test.list;
  storage->transact([&](PostgresTransaction& tx) {
    tx.execute("CREATE TABLE " + list + " (id TEXT PRIMARY KEY, n BIGINT, x FLOAT8, is_new BOOLEAN)");
    for (int number = 0; number < 1'200; ++number) {
      tx.execute("INSERT INTO " + list + " VALUES ($1, $2, $3, $4)", std::to_string(number), number, 0.5, number == 7);
    }
    tx.execute("INSERT INTO " + list + " VALUES ($1, $2, $3, $4)", "none", nullptr, std::optional<double>{}, false);
  });
  CHECK_THROWS_AS(storage->transact([&](PostgresTransaction& tx) {
    tx.execute("DELETE FROM " + list);
    throw std::runtime_error{"no"};
  }),
                  std::runtime_error);
  storage->transact([&](PostgresTransaction& tx) {
    CHECK(tx.query("SELECT count(*) FROM " + list)[0].get<int>(0) == 1'201);
    const SqlRows rows = tx.query("SELECT * FROM " + list + " WHERE id = $1 OR n = $2 ORDER BY id", "none", 7);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].get<std::string>(0) == "7");
    CHECK(rows[0].get<std::int64_t>(1) == 7);
    CHECK(rows[0].get<double>(2) == 0.5);
    CHECK(rows[0].get<bool>(3));
    CHECK_FALSE(rows[1].get<std::optional<int>>(1));
    CHECK_FALSE(rows[1].get<bool>(3));
    CHECK(PQtransactionStatus(tx.handle()) == PQTRANS_INTRANS);
    CHECK(tx.query("SHOW enable_seqscan")[0].get<std::string>(0) == "on");
  });

  const auto insert_twice = [&](PostgresTransaction& tx) {
    tx.execute("INSERT INTO " + list + " (id) VALUES ($1)", "new");
    tx.execute("INSERT INTO " + list + " (id) VALUES ($1)", "none");
    tx.execute("INSERT INTO " + list + " (id) VALUES ($1)", "more");
  };
  Failure error = failure_of([&] { storage->transact(insert_twice); });
  CHECK(error.sqlstate == "23505");
  CHECK(error.says("cannot run a transaction on"));
  error = failure_of([&] {
    storage->transact([&](PostgresTransaction& tx) {
      insert_twice(tx);
      CHECK(failure_of([&] { tx.query("SELECT 1"); }).sqlstate == "23505");
    });
  });
  CHECK(error.says("a statement of the transaction failed, so nothing of it can be committed"));
  CHECK(failure_of([&] {
          storage->transact([](PostgresTransaction& tx) { tx.execute("COMMIT"); });
        }).says("was ended by a statement in it; leave BEGIN, COMMIT and ROLLBACK to the adapter"));
  CHECK(PlainPostgres{}.value("SELECT count(*) FROM " + list) == "1201");
  CHECK(push(*storage, event("a", 1)) == PushOutcome{});
}

TEST_CASE("a checkpoint moves only from where it is, and of two that move it at once one does", "[postgres]") {
  Tables test;
  Storage& storage = test.storage;
  storage->transact([](PostgresTransaction& tx) {
    CHECK(tx.checkpoint("list", 1) == 0);
    CHECK_FALSE(tx.move_checkpoint("list", 1, 5, 6));
    CHECK(tx.move_checkpoint("list", 1, 0, 5));
    CHECK_FALSE(tx.move_checkpoint("list", 1, 0, 7));
    CHECK(tx.checkpoint("list", 1) == 5);
    CHECK(tx.checkpoint("list", 2) == 0);
  });
  CHECK_THROWS_AS(storage->transact([](PostgresTransaction& tx) {
    CHECK(tx.move_checkpoint("list", 1, 5, 9));
    throw 1;
  }),
                  int);
  std::vector<int> moved(2);
  std::vector<std::thread> threads;
  for (int& mine : moved) {
    threads.emplace_back([&] {
      for (Position from = 5; from < 25; ++from) {
        storage->transact([&](PostgresTransaction& tx) { mine += tx.move_checkpoint("list", 1, from, from + 1); });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(moved[0] + moved[1] == 20);
  storage->transact([](PostgresTransaction& tx) { CHECK(tx.checkpoint("list", 1) == 25); });
}

TEST_CASE("checkpoints and dead letters are tables that anybody can read, made when they are first needed",
          "[postgres]") {
  Storage storage;
  PlainPostgres plain;
  const auto columns = [&](const std::string& ending) {
    return plain.value(
        "SELECT coalesce(string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position), '')"
        " FROM information_schema.columns WHERE table_name = '" +
        storage.table().name() + ending + "'");
  };
  const EventDeadLetter letter{7, "no room", 2, Timestamp{std::chrono::milliseconds{1'000'000'000'123}}};
  storage->transact([](PostgresTransaction& tx) {
    CHECK(tx.checkpoint("list", 1) == 0);
    CHECK(tx.dead_letters("list", 1).empty());
  });
  CHECK(columns("_projection") == "");
  CHECK(columns("_dead_letter") == "");
  storage->transact([&](PostgresTransaction& tx) {
    CHECK(tx.move_checkpoint("list", 1, 0, 5));
    tx.add_dead_letter("list", 1, letter);
  });
  CHECK(columns("_projection") ==
        "name text, version integer, position bigint, state text, inline_from bigint, updated_at timestamp with time "
        "zone");
  CHECK(columns("_dead_letter") ==
        "name text, version integer, position bigint, error text, attempts integer, at timestamp with time zone");
  CHECK(plain.value("SELECT name, version, position, error, attempts, at AT TIME ZONE 'UTC' FROM " +
                    storage.table().name() + "_dead_letter") == "list|1|7|no room|2|2001-09-09 01:46:40.123");
}

TEST_CASE("a push and what its hook does are written together, or neither", "[postgres]") {
  Tables test;
  Storage& storage = test.storage;
  PlainPostgres plain;
  plain.rows("CREATE TABLE " + test.list + " (id TEXT, position BIGINT)");
  const auto insert = [&](PostgresTransaction& tx, std::span<const SequencedEventView> events) {
    for (const SequencedEventView& place : events) {
      tx.execute("INSERT INTO " + test.list + " VALUES ($1, $2)", place.event.aggregate_id, place.position);
      if (place.event.payload == "true") throw std::runtime_error{"no"};
    }
  };
  CHECK(storage->push_events(std::vector{event("b", 1), event("a", 1)}, {}, insert) == PushOutcome{});
  CHECK(storage->push_events(std::vector{event("a", 2), event("b", 1)}, {}, insert) ==
        PushOutcome{PushOutcome::already_exists, 1});
  CHECK(storage->push_events(std::vector{event("a", 9)}, {}, insert) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK_THROWS_AS(storage->push_events(std::vector{event("a", 2), event("c", 1, "true")}, {}, insert),
                  std::runtime_error);
  std::vector<Position> positions(1);
  CHECK(storage->push_events(std::vector{event("a", 2)}, {.positions = positions}, insert).position == positions[0]);
  CHECK(versions(*storage, "a") == std::vector<Version>{1, 2});
  CHECK(versions(*storage, "c").empty());
  CHECK(plain.value("SELECT string_agg(l.id, '' ORDER BY position) FROM " + test.list + " l JOIN " +
                    storage.table().quoted() + " e ON e.id = position") == "baa");
  CHECK(plain.value("SELECT count(*) FROM " + test.list) == "3");

  // Two groups that meet: one is refused whole, also when it could not see the other one.
  plain.rows("BEGIN; INSERT INTO " + storage.table().quoted() +
             " (aggregate_name, aggregate_id, version, type) VALUES ('POKEMONS', 'met', 1, 'T')");
  PushOutcome outcome;
  std::thread pushing{[&] { outcome = storage->push_events(std::vector{event("x", 1), event("met", 1)}, {}, insert); }};
  CHECK(eventually([] {
    return PlainPostgres{}.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") !=
           "0";
  }));
  plain.rows("COMMIT");
  pushing.join();
  CHECK(outcome == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(plain.value("SELECT count(*) FROM " + test.list) == "3");
}

TEST_CASE("a transaction whose connection breaks says what is known of it", "[postgres]") {
  Tables test;
  Proxy proxy;
  PostgresEventStorageAdapter storage{proxy.connection_string(), test.storage.table().options()};
  push(storage, event("warm", 1));
  int calls = 0;
  Failure error = failure_of([&] {
    storage.transact([&](PostgresTransaction& tx) {
      ++calls;
      proxy.plan("x");
      tx.query("SELECT 1");
    });
  });
  CHECK(error.says("broke during a transaction; do it again"));
  CHECK(error.retryable);
  error = failure_of([&] {
    storage.transact([&](PostgresTransaction& tx) {
      ++calls;
      tx.query("SELECT 1");
      proxy.plan("a");
    });
  });
  CHECK(error.says("while it was committed, and it is unknown whether it happened"));
  CHECK(error.outcome == StorageError::Outcome::unknown);
  CHECK(calls == 2);
  push(storage, event("warm", 2));
  const auto hook = [&](PostgresTransaction& tx, std::span<const SequencedEventView>) {
    tx.query("SELECT 1");
    if (++calls == 3) proxy.plan("a");
  };
  CHECK(storage.push_events(std::vector{event("a", 1)}, {}, hook) == PushOutcome{});  // it had happened
  CHECK(calls == 3);
  CHECK(versions(*test.storage, "a") == std::vector<Version>{1});
}

}  // namespace
