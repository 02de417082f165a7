// SPDX-License-Identifier: MIT
// Transactions that hold more than events: SQL, checkpoints, and what is done together with a push.

#include <castore/adapters/sqlite.hpp>

#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::sqlite_tests;

TEST_CASE("a transaction executes SQL of any values, and is undone when its function throws", "[sqlite]") {
  for (const bool in_memory : {false, true}) {
    const TempDirectory folder;
    SqliteEventStorageAdapter storage{in_memory ? ":memory:" : folder / "file.db"};
    storage.transact([](SqliteTransaction& tx) {
      tx.execute("CREATE TABLE list (id TEXT PRIMARY KEY, n INTEGER, x REAL, b BLOB); CREATE TABLE other (id) ; ");
      CHECK(tx.execute("INSERT INTO list VALUES (?, ?, ?, ?)", "a", 5, 0.5, nullptr) == 1);
      CHECK(tx.execute("INSERT INTO list VALUES ($2, $1, $3, $2)", std::int64_t{7}, std::string{"b"},
                       std::optional<double>{}) == 1);
      CHECK(tx.execute("UPDATE list SET n = n + ?", true) == 2);
      CHECK(tx.execute("UPDATE list SET n = 0 WHERE id = ?", "nobody") == 0);
    });
    CHECK_THROWS_AS(storage.transact([](SqliteTransaction& tx) {
      tx.execute("DELETE FROM list");
      throw std::runtime_error{"no"};
    }),
                    std::runtime_error);
    storage.transact([](SqliteTransaction& tx) {
      const SqlRows rows = tx.query("SELECT id, n, x, b FROM list WHERE n > ? ORDER BY id", 0);
      REQUIRE(rows.size() == 2);
      CHECK(rows[0].get<std::string>(0) == "a");
      CHECK(rows[0].get<int>(1) == 6);
      CHECK(rows[0].get<double>(2) == 0.5);
      CHECK_FALSE(rows[0].get<std::optional<std::string>>(3));
      CHECK(rows[1].get<std::optional<std::int64_t>>(1) == 8);
      CHECK(rows[1].get<std::string>(3) == "b");
      CHECK(rows[1].get<bool>(1));
      CHECK(failure_of([&] { rows[1].get<double>(2); }).says("column 2 of a row, counted from 0, is NULL"));
      CHECK(failure_of([&] { rows[0].get<int>(0); }).says("is not such a number"));
      CHECK(failure_of([&] { rows[0].at(4); }).says("column 4 of a row, counted from 0, is not there"));
      CHECK(failure_of([&] {
              tx.execute("INSERT INTO list VALUES (?, 1, 1, 1)");
            }).says("has 1 parameters and was given 0 values"));
      CHECK(failure_of([&] { tx.execute("DELETE FROM list", 1); }).says("has 0 parameters and was given 1 values"));
      CHECK(failure_of([&] { tx.execute("INSERT INTO list (id) VALUES ('a')"); }).code == SQLITE_CONSTRAINT_PRIMARYKEY);
      CHECK(failure_of([&] { tx.query("SELECT nothing FROM list"); }).says("execute a statement in"));
      CHECK(sqlite3_get_autocommit(tx.handle()) == 0);
    });
    CHECK(failure_of([&] {
            storage.transact([](SqliteTransaction& tx) { tx.execute("COMMIT"); });
          }).says("was ended by a statement in it; leave BEGIN, COMMIT and ROLLBACK to the adapter"));
    CHECK(failure_of([&] {
            storage.transact([&](SqliteTransaction&) { push(storage, event("a", 1)); });
          }).says("in a transaction do not push by the adapter"));
    CHECK(push(storage, event("a", 1)) == PushOutcome{});
  }
}

TEST_CASE("a checkpoint moves only from where it is, and with its transaction", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  storage.transact([](SqliteTransaction& tx) {
    CHECK(tx.checkpoint("list", 1) == 0);
    CHECK_FALSE(tx.move_checkpoint("list", 1, 5, 6));
    CHECK(tx.checkpoint("list", 1) == 0);
    CHECK(tx.move_checkpoint("list", 1, 0, 5));
    CHECK_FALSE(tx.move_checkpoint("list", 1, 0, 7));
    CHECK(tx.move_checkpoint("list", 1, 5, 6));
    CHECK(tx.checkpoint("list", 2) == 0);
  });
  CHECK_THROWS_AS(storage.transact([](SqliteTransaction& tx) {
    CHECK(tx.move_checkpoint("list", 1, 6, 9));
    throw 1;
  }),
                  int);
  storage.transact([](SqliteTransaction& tx) { CHECK(tx.checkpoint("list", 1) == 6); });
  CHECK(PlainSqlite{folder / "file.db"}.value("SELECT name, version, position FROM castore_projection") == "list|1|6");
  SqliteEventStorageAdapter{folder / "file.db"};  // it is still a file of events
}

TEST_CASE("a checkpoint is read by one statement, and is 0 where somebody dropped its table", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  storage.transact([](SqliteTransaction& tx) {
    CHECK(tx.move_checkpoint("list", 1, 0, 5));
    int statements = 0;
    const auto count = [](unsigned, void* counted, void*, void*) {
      ++*static_cast<int*>(counted);
      return 0;
    };
    sqlite3_trace_v2(tx.handle(), SQLITE_TRACE_STMT, count, &statements);
    CHECK(tx.checkpoint("list", 1) == 5);
    sqlite3_trace_v2(tx.handle(), 0, nullptr, nullptr);
    CHECK(statements == 1);
  });
  PlainSqlite{folder / "file.db"}.rows("DROP TABLE castore_projection");
  storage.transact([](SqliteTransaction& tx) {
    CHECK(tx.checkpoint("list", 1) == 0);
    CHECK(tx.move_checkpoint("list", 1, 0, 7));
    CHECK(tx.checkpoint("list", 1) == 7);
  });
}

TEST_CASE("a push and what its hook does are written together, or neither", "[sqlite]") {
  for (const bool in_memory : {false, true}) {
    const TempDirectory folder;
    SqliteEventStorageAdapter storage{in_memory ? ":memory:" : folder / "file.db"};
    storage.transact([](SqliteTransaction& tx) { tx.execute("CREATE TABLE list (id TEXT, position INTEGER)"); });
    const auto insert = [](SqliteTransaction& tx, std::span<const SequencedEventView> events) {
      for (const SequencedEventView& place : events) {
        tx.execute("INSERT INTO list VALUES (?, ?)", place.event.aggregate_id, place.position);
        if (place.event.payload == "throw") throw std::runtime_error{"no"};
      }
    };
    CHECK(storage.push_events(std::vector{event("a", 1), event("b", 1)}, {}, insert) == PushOutcome{});
    CHECK(storage.push_events(std::vector{event("a", 2), event("b", 1)}, {}, insert) ==
          PushOutcome{PushOutcome::already_exists, 1});
    CHECK_THROWS_AS(storage.push_events(std::vector{event("a", 2), event("c", 1, "throw")}, {}, insert),
                    std::runtime_error);
    CHECK(storage.push_events(std::vector{event("a", 2)}, {}, insert) == PushOutcome{});
    CHECK(versions(storage, "a") == std::vector<Version>{1, 2});
    CHECK(versions(storage, "c").empty());
    std::string rows;
    storage.transact([&](SqliteTransaction& tx) {
      for (const SqlRow& row : tx.query("SELECT l.id FROM list l JOIN event USING (position) ORDER BY position")) {
        rows += row.get<std::string>(0);
      }
      CHECK(tx.query("SELECT count(*) FROM list")[0].get<int>(0) == 3);
    });
    CHECK(rows == "aba");
  }
}

TEST_CASE("a hook that throws ends its own push only, also where others share its transaction", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "file.db"};
  storage.transact([](SqliteTransaction& tx) { tx.execute("CREATE TABLE list (id TEXT)"); });
  std::vector<std::thread> threads;
  std::vector<int> thrown(4);
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      const std::string id = std::to_string(thread);
      for (Version version = 1; version <= 20;) {
        try {
          const auto outcome = storage.push_events(std::vector{event(id, version)}, {},
                                                   [&](SqliteTransaction& tx, std::span<const SequencedEventView>) {
                                                     tx.execute("INSERT INTO list VALUES (?)", id);
                                                     if (thread % 2 == 0 && thrown[thread] < version)
                                                       throw std::runtime_error{"first"};
                                                   });
          if (outcome.status == PushOutcome::pushed) ++version;
        } catch (const std::runtime_error&) {
          ++thrown[thread];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(thrown == std::vector<int>{20, 0, 20, 0});
  PlainSqlite plain{folder / "file.db"};
  CHECK(plain.value("SELECT count(*) FROM event") == "80");
  CHECK(plain.value("SELECT group_concat(n) FROM (SELECT count(*) AS n FROM list GROUP BY id)") == "20,20,20,20");
}

}  // namespace
