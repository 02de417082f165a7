// SPDX-License-Identifier: MIT
// Connections that break, servers that are silent, full or closed, and what is said of each.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using namespace std::chrono_literals;

/// An adapter behind a proxy, whose connection is made and whose statements are prepared.
struct Proxied {
  Proxied() {
    push(storage, event("warm", 1));
    push(storage, event("warm", 2), event("warm", 3));
    storage.push_events(std::vector{event("warm", 3)}, {.force = true});
    load(storage, "warm");
    storage.list_aggregate_ids("POKEMONS", {.limit = 1});
  }

  Storage direct;
  Proxy proxy;
  PostgresEventStorageAdapter storage{
      proxy.connection_string(),
      {.table_name = direct.table().name(), .connect_timeout = 1s, .statement_timeout = 500ms}};
};

TEST_CASE("a push, a group of any size, a load and a page are one round trip each", "[postgres]") {
  Proxied test;
  const auto round_trips_of = [&](auto operation) {
    const int before = test.proxy.round_trips();
    operation();
    return test.proxy.round_trips() - before;
  };
  std::vector<PushRecord> group;
  for (Version version = 1; version <= 2'000; ++version) group.push_back(event("many", version, R"({"a":"b"})"));
  CHECK(round_trips_of([&] { CHECK(push(test.storage, event("pikachu", 1)) == PushOutcome{}); }) == 1);
  CHECK(round_trips_of([&] { CHECK(test.storage.push_events(group, {}) == PushOutcome{}); }) == 1);
  CHECK(round_trips_of([&] { CHECK(test.storage.push_events(group, {.force = true}) == PushOutcome{}); }) == 1);
  CHECK(round_trips_of([&] { CHECK(load(test.storage, "many").size() == 2'000); }) == 1);
  CHECK(round_trips_of([&] { test.storage.list_aggregate_ids("POKEMONS", {.limit = 1}); }) == 1);
  CHECK(round_trips_of([&] { CHECK(push(test.storage, event("pikachu", 1)).status == PushOutcome::already_exists); }) ==
        1);
  CHECK(round_trips_of([&] { CHECK(push(test.storage, event("pikachu", 3)).status == PushOutcome::version_gap); }) ==
        1);
  const auto read_all = [&](std::size_t limit) {
    std::size_t events = 0;
    test.storage.read_all_events(0, {.limit = limit}, [&](const SequencedEventView&) { ++events; });
    CHECK(events == limit);
  };
  read_all(2);  // whether numbers are an order is asked once for each connection
  CHECK(round_trips_of([&] { read_all(2); }) == 1);
  CHECK(round_trips_of([&] { read_all(1); }) == 1);
  CHECK(test.proxy.connections() == 1);
}

TEST_CASE("a push whose answer was lost is found to be stored and is not doubled", "[postgres]") {
  Proxied test;
  const int connections = test.proxy.connections();
  test.proxy.plan("a");
  CHECK(push(test.storage, event("pikachu", 1, R"({"a":1.0,"b":-0.0})", "null")) == PushOutcome{});
  test.proxy.plan("a");
  CHECK(push(test.storage, event("raichu", 1), event("pikachu", 2), event("eevee", 1)) == PushOutcome{});
  test.proxy.plan("a");
  CHECK(test.storage.push_events(std::vector{event("pikachu", 2, "[]")}, {.force = true}) == PushOutcome{});
  CHECK(test.proxy.connections() == connections + 3);
  CHECK(versions(*test.direct, "pikachu") == std::vector<Version>{1, 2});
  CHECK(load(*test.direct, "pikachu")[1].payload == "[]");
  CHECK(versions(*test.direct, "raichu") == std::vector<Version>{1});
}

TEST_CASE("a push that did not reach the server is done again, once", "[postgres]") {
  Proxied test;
  test.proxy.plan("x");
  CHECK(push(test.storage, event("pikachu", 1)) == PushOutcome{});
  test.proxy.plan("x");
  CHECK(push(test.storage, event("pikachu", 2), event("pikachu", 3)) == PushOutcome{});
  CHECK(versions(*test.direct, "pikachu") == std::vector<Version>{1, 2, 3});
}

TEST_CASE("a conflict whose answer was lost stays a conflict", "[postgres]") {
  Proxied test;
  REQUIRE(push(*test.direct, event("pikachu", 1)) == PushOutcome{});
  test.proxy.plan("a");
  CHECK(push(test.storage, event("pikachu", 1, R"({"other":1})")) == PushOutcome{PushOutcome::already_exists, 0});
  test.proxy.plan("a");
  CHECK(push(test.storage, event("pikachu", 1, "{}", "{}")) == PushOutcome{PushOutcome::already_exists, 0});
  test.proxy.plan("a");
  CHECK(push(test.storage, event("eevee", 1), event("pikachu", 1)) == PushOutcome{PushOutcome::already_exists, 1});
  test.proxy.plan("a");
  CHECK(push(test.storage, event("pikachu", 3)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(versions(*test.direct, "eevee").empty());
}

TEST_CASE("a load and a list whose connection broke are done again", "[postgres]") {
  Proxied test;
  test.proxy.plan("a");
  CHECK(versions(test.storage, "warm") == std::vector<Version>{1, 2, 3});
  test.proxy.plan("x");
  CHECK(test.storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
}

TEST_CASE("when the connection breaks twice, a load may be done again, and of a push the outcome is unknown",
          "[postgres]") {
  Proxied test;
  test.proxy.plan("x..x");
  Failure error = failure_of([&] { load(test.storage, "warm"); });
  CHECK(error.says("broke twice; do it again"));
  CHECK(error.retryable);
  CHECK(error.outcome == StorageError::Outcome::not_done);

  CHECK(load(test.storage, "warm").size() == 3);
  test.proxy.plan("a");
  test.proxy.refuse_connections(true);
  error = failure_of([&] { push(test.storage, event("pikachu", 1)); });
  CHECK(error.says("broke during a push, and it is unknown whether the events are stored"));
  CHECK(error.says("Asking the server failed, too: cannot connect to"));
  CHECK_FALSE(error.retryable);
  CHECK(error.outcome == StorageError::Outcome::unknown);
  test.proxy.refuse_connections(false);
  CHECK(versions(test.storage, "pikachu") == std::vector<Version>{1});
}

TEST_CASE("when the connection breaks twice before a push is sent, nothing has happened", "[postgres]") {
  Proxied test;
  PostgresEventStorageAdapter fresh{test.proxy.connection_string(), {.table_name = test.direct.table().name()}};
  test.proxy.plan(".x.x");  // it is connected, and cannot look at the table
  const Failure error = failure_of([&] { push(fresh, event("pikachu", 1)); });
  CHECK(error.says("broke twice; do it again"));
  CHECK(error.retryable);
  CHECK(error.outcome == StorageError::Outcome::not_done);
  push(fresh, event("pikachu", 1));
  CHECK(versions(test.storage, "pikachu") == std::vector<Version>{1});
}

TEST_CASE("when one connection broke the others are not trusted either", "[postgres]") {
  Proxied test;
  PlainPostgres other;
  other.rows("BEGIN; LOCK TABLE " + test.direct.table().quoted());
  std::vector<std::thread> threads;
  for (const char* const id : {"pikachu", "eevee"})
    threads.emplace_back([&test, id] { push(test.storage, event(id, 1)); });
  CHECK(eventually([&] { return test.proxy.connections() >= 2; }));
  other.rows("COMMIT");
  for (std::thread& thread : threads) thread.join();
  test.proxy.plan("xx");
  CHECK(push(test.storage, event("pikachu", 2)) == PushOutcome{});
}

TEST_CASE("a connection that was in use when another one broke is not used again", "[postgres]") {
  Storage direct;
  Proxy proxy;
  PostgresEventStorageAdapter storage{proxy.connection_string() + " application_name=" + direct.table().name(),
                                      {.table_name = direct.table().name(), .connect_timeout = 1s}};
  push(storage, event("pikachu", 1));
  PlainPostgres other;
  const auto processes = [&] {
    return other.value(
        "SELECT coalesce(string_agg(pid::text, ' '), '') FROM pg_stat_activity WHERE application_name = '" +
        direct.table().name() + "'");
  };
  const std::string first = processes();
  other.rows("BEGIN; LOCK TABLE " + direct.table().quoted() + " IN SHARE MODE");  // loads pass
  std::thread blocked{[&] { push(storage, event("pikachu", 2)); }};
  CHECK(waits_for_lock_of(direct.table()));
  proxy.plan(".x");  // connects, and then the request is lost
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
  other.rows("COMMIT");
  blocked.join();
  CHECK(eventually([&] { return !contains(processes(), first); }));
  CHECK(push(storage, event("pikachu", 3)) == PushOutcome{});
}

TEST_CASE("after any failure the next operation on the same connection does what it should", "[postgres]") {
  Storage direct;
  auto options = direct.table().options();
  options.max_connections = 1;
  options.pool_timeout = 0ms;
  options.statement_timeout = 100ms;
  PostgresEventStorageAdapter storage{connection(), options};
  const std::string table = direct.table().quoted();
  PlainPostgres plain;
  Version version = 0;
  const auto check_use = [&] {
    CHECK(push(storage, event("pikachu", version + 1)) == PushOutcome{});
    CHECK(push(storage, event("pikachu", version + 2), event("pikachu", version + 3)) == PushOutcome{});
    CHECK(push(storage, event("z" + std::to_string(version), 1), event("a" + std::to_string(version), 1)) ==
          PushOutcome{});
    version += 3;
    CHECK(versions(storage, "pikachu").size() == static_cast<std::size_t>(version));
    CHECK(storage.list_aggregate_ids("POKEMONS", {.limit = 1}).aggregate_ids.size() == 1);
  };
  check_use();
  CHECK(push(storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{PushOutcome::already_exists, 0});
  check_use();
  CHECK(push(storage, event("z", 2), event("a", 1)) == PushOutcome{PushOutcome::version_gap, 0});
  check_use();
  CHECK(invalid_field_of([&] { push(storage, event("eevee", 1, "{no json}")); }) == "payload");
  CHECK(invalid_field_of([&] { push(storage, event("eevee", 1), event("eevee", 2, "{no json}")); }) == "payload");
  CHECK(invalid_field_of([&] { push(storage, event("z", 1), event("eevee", 1, "{no json}")); }) == "payload");
  check_use();
  plain.rows("BEGIN; LOCK TABLE " + table);
  CHECK(failure_of([&] { load(storage, "pikachu"); }).sqlstate == "57014");
  CHECK(failure_of([&] { push(storage, event("eevee", 1), event("eevee", 2)); }).sqlstate == "57014");
  plain.rows("COMMIT");
  check_use();
  CHECK_THROWS_AS(storage.get_events("POKEMONS", "pikachu", {}, [](const EventRecordView&) { throw 1; }), int);
  check_use();
  // Also of statements that fail when they are prepared, and were not before.
  PostgresEventStorageAdapter fresh{connection(), options};
  CHECK(load(fresh, "nobody").empty());
  plain.rows("BEGIN; LOCK TABLE " + table);
  CHECK(failure_of([&] { push(fresh, event("nobody", 1)); }).sqlstate == "57014");
  plain.rows("COMMIT");
  CHECK(push(fresh, event("nobody", 1)) == PushOutcome{});
  plain.rows("ALTER TABLE " + table + " RENAME type TO kind");
  CHECK(failure_of([&] { push(fresh, event("eevee", 1)); }).says("it has no column type"));
  plain.rows("ALTER TABLE " + table + " RENAME kind TO type");
  CHECK(push(fresh, event("eevee", 1)) == PushOutcome{});
}

TEST_CASE("what a server says is bounded, and made safe for a terminal", "[postgres]") {
  Storage direct;
  PlainPostgres plain;
  const std::string name = "says_" + direct.table().name();
  plain.rows("CREATE FUNCTION " + name +
             "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', E'no\x1b[2J\r\n\u202e' ||"
             " repeat('x', 100000); END $$");
  plain.rows("CREATE TRIGGER says BEFORE INSERT ON " + direct.table().quoted() + " FOR EACH ROW EXECUTE FUNCTION " +
             name + "()");
  const Failure error = failure_of([&] { push(*direct, event("pikachu", 1)); });
  CHECK(error.sqlstate == "P0001");
  CHECK(error.says("Reason: no\\x1B[2J\\x0D\\x0A"));
  CHECK(error.what.size() < 3'000);
  for (const char byte : error.what) CHECK(static_cast<unsigned char>(byte) >= 0x20U);
  plain.rows("DROP FUNCTION " + name + " CASCADE");
}

TEST_CASE("operations that begin while a server is away wait for it, until one has given up", "[postgres]") {
  Proxied test;
  test.proxy.refuse_connections(true);
  test.proxy.plan("x");
  std::size_t loaded = 0;
  std::thread first{[&] { loaded = load(test.storage, "warm").size(); }};  // had a connection
  std::thread server{[&] {
    std::this_thread::sleep_for(300ms);
    test.proxy.refuse_connections(false);
  }};
  std::this_thread::sleep_for(150ms);
  try {
    CHECK(push(test.storage, event("pikachu", 1)) == PushOutcome{});
  } catch (const StorageError& error) {
    FAIL_CHECK(error.what());
  }
  first.join();
  server.join();
  CHECK(loaded == 3);

  test.proxy.refuse_connections(true);
  test.proxy.plan("x");
  const auto seconds_to_fail = [&] {
    const auto start = std::chrono::steady_clock::now();
    CHECK(failure_of([&] { load(test.storage, "warm"); }).retryable);
    return std::chrono::steady_clock::now() - start;
  };
  CHECK(seconds_to_fail() >= 1s);
  CHECK(seconds_to_fail() < 500ms);
  test.proxy.refuse_connections(false);
  CHECK(load(test.storage, "warm").size() == 3);
}

TEST_CASE("connections that the server closed while they were idle are replaced, as nothing can have happened on them",
          "[postgres]") {
  Storage direct;
  PostgresEventStorageAdapter storage{connection() + "?application_name=" + direct.table().name(),
                                      direct.table().options()};
  const auto close_connections = [&] {
    CHECK(PlainPostgres{}.value("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                                " WHERE application_name = '" +
                                direct.table().name() + "'") == "1");
  };
  for (Version version = 1; version <= 3; ++version) {
    CHECK(push(storage, event("pikachu", version)) == PushOutcome{});
    close_connections();
  }
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2, 3});
  close_connections();
  // Somebody else's event stays a conflict, though it is equal.
  CHECK(push(*direct, event("pikachu", 4)) == PushOutcome{});
  CHECK(push(storage, event("pikachu", 4)) == PushOutcome{PushOutcome::already_exists, 0});
}

TEST_CASE("a statement that takes too long is cancelled, and nothing of it has happened", "[postgres]") {
  Storage direct;
  auto options = direct.table().options();
  options.statement_timeout = 100ms;
  PostgresEventStorageAdapter storage{connection(), options};
  PlainPostgres other;
  other.rows("BEGIN; LOCK TABLE " + direct.table().quoted());
  const Failure error = failure_of([&] { push(storage, event("pikachu", 1), event("pikachu", 2)); });
  CHECK(error.says("it took longer than the statement timeout"));
  CHECK(error.retryable);
  CHECK(error.sqlstate == "57014");
  other.rows("ROLLBACK");
  CHECK(versions(storage, "pikachu").empty());
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
}

TEST_CASE("an operation waits for a free connection, and not longer than it is told to", "[postgres]") {
  Storage direct;
  auto options = direct.table().options();
  options.max_connections = 1;
  options.pool_timeout = 50ms;
  PostgresEventStorageAdapter storage{connection(), options};
  push(storage, event("pikachu", 1));
  PlainPostgres other;
  other.rows("BEGIN; LOCK TABLE " + direct.table().quoted());
  PushOutcome outcome{PushOutcome::version_gap, 9};
  std::thread blocked{[&] { outcome = push(storage, event("pikachu", 2)); }};
  CHECK(waits_for_lock_of(direct.table()));
  const Failure error = failure_of([&] { load(storage, "pikachu"); });
  CHECK(error.says("all 1 connections to"));
  CHECK(error.says("were in use for 50 ms; do it again"));
  CHECK(error.retryable);
  other.rows("ROLLBACK");
  blocked.join();
  CHECK(outcome == PushOutcome{});

  storage.get_events("POKEMONS", "pikachu", {.limit = 1}, [&](const EventRecordView&) {
    CHECK(push(storage, event("pikachu", 3)) == PushOutcome{});  // no connection is in use while events are handed out
  });
  CHECK(versions(storage, "pikachu").size() == 3);
}

TEST_CASE("a role needs the rights that an operation uses, and no others", "[postgres]") {
  Storage direct;
  push(*direct, event("pikachu", 1));
  const std::string role = direct.table().name();
  PlainPostgres plain;
  plain.rows("CREATE ROLE " + role + " LOGIN");
  std::string as_role = connection();
  as_role.replace(as_role.find("postgres@"), 8, role);
  PostgresEventStorageAdapter storage{as_role, direct.table().options()};
  const auto is_refused = [](auto operation) {
    const Failure error = failure_of(operation);
    CHECK(error.says("the role lacks a right: loads and lists need SELECT on the table"));
    CHECK(error.sqlstate == "42501");
    CHECK_FALSE(error.retryable);
  };
  is_refused([&] { load(storage, "pikachu"); });
  plain.rows("GRANT SELECT ON " + direct.table().quoted() + " TO " + role);
  CHECK(versions(storage, "pikachu").size() == 1);
  CHECK(storage.list_aggregate_ids("POKEMONS", {.limit = 1}).aggregate_ids.size() == 1);
  is_refused([&] { push(storage, event("pikachu", 2)); });
  plain.rows("GRANT INSERT ON " + direct.table().quoted() + " TO " + role);
  is_refused([&] { push(storage, event("pikachu", 2)); });
  plain.rows("GRANT USAGE ON SEQUENCE " + direct.table().name() + "_id_seq TO " + role);
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
  CHECK(push(storage, event("pikachu", 3), event("pikachu", 4)) == PushOutcome{});
  is_refused([&] { storage.push_events(std::vector{event("pikachu", 2)}, {.force = true}); });
  plain.rows("GRANT UPDATE ON " + direct.table().quoted() + " TO " + role);
  CHECK(storage.push_events(std::vector{event("pikachu", 2)}, {.force = true}) == PushOutcome{});
  is_refused([&] { storage.drop_event_table(); });
  plain.rows("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("what another constraint or trigger refuses is no conflict, and leaves nothing", "[postgres]") {
  Storage direct;
  const std::string table = direct.table().quoted();
  PlainPostgres plain;
  const auto error_of = [&](auto... events) {
    const Failure error = failure_of([&] { push(*direct, events...); });
    CHECK(versions(*direct, "pikachu").empty());
    CHECK_FALSE(error.retryable);
    return error;
  };
  push(*direct, event("eevee", 1));
  SECTION("a unique index") {
    plain.rows("CREATE UNIQUE INDEX ON " + table + " (type)");
    CHECK(error_of(event("pikachu", 1)).sqlstate == "23505");
    CHECK(
        error_of(event("pikachu", 1), event("pikachu", 2)).says("a unique constraint other than that of the versions"));
  }
  SECTION("a constraint that is checked at the end of the transaction") {
    plain.rows("CREATE FUNCTION refuse_" + direct.table().name() +
               "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE check_violation USING MESSAGE = 'no'; END $$");
    plain.rows("CREATE CONSTRAINT TRIGGER late AFTER INSERT ON " + table +
               " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_" + direct.table().name() + "()");
    CHECK(error_of(event("pikachu", 1)).sqlstate == "23514");
    CHECK(
        error_of(event("pikachu", 1), event("pikachu", 2)).says("a constraint that was added to the table forbids it"));
    plain.rows("DROP FUNCTION refuse_" + direct.table().name() + " CASCADE");
  }
  SECTION("a server that only reads") {
    PostgresEventStorageAdapter storage{connection() + "?options=-c%20default_transaction_read_only%3Don",
                                        direct.table().options()};
    const Failure error = failure_of([&] { push(storage, event("pikachu", 1)); });
    CHECK(error.says("the server is read-only, as a standby is, or default_transaction_read_only is set"));
    CHECK(error.sqlstate == "25006");
    CHECK(versions(storage, "eevee").size() == 1);
  }
  SECTION("a table that other programs left without its unique constraint") {
    plain.rows("ALTER TABLE " + table + " DROP CONSTRAINT " + direct.table().name() +
               "_aggregate_name_aggregate_id_version_key");
    CHECK(error_of(event("pikachu", 1)).says("the table has no unique constraint on (aggregate_name, aggregate_id"));
  }
}

TEST_CASE("a row with a time that no event can have is reported, not skipped", "[postgres]") {
  Storage direct;
  push(*direct, event("pikachu", 1));
  PlainPostgres{}.rows("UPDATE " + direct.table().quoted() + " SET timestamp = '-infinity'");
  const Failure error = failure_of([&] { load(*direct, "pikachu"); });
  CHECK(error.says("is damaged: event 1 of aggregate 'pikachu' in event store 'POKEMONS' has no valid version or"));
  CHECK_FALSE(error.retryable);
  CHECK(failure_of([&] { direct->list_aggregate_ids("POKEMONS", {}); }).says("is damaged"));
}

TEST_CASE("each SQLSTATE becomes a StorageError that says what to do", "[postgres]") {
  struct Case {
    std::string sqlstate;
    bool retryable;
    std::string_view text;
  };
  const Case cases[] = {
      {"40001", true, "it conflicted with another transaction and nothing was written; do it again"},
      {"40P01", true, "it was in a deadlock with another transaction and nothing was written; do it again"},
      {"22012", true, "it conflicted with other pushes, again and again, and nothing was written; do it again"},
      {"2200H", false, "the sequence of column id has given out its last number and nothing was written"},
      {"26000", false, "the server lost a prepared statement"},
      {"42P05", false, "another client's prepared statement is in the way"},
      {"53100", false, "the server's disk is full and nothing was written; free some space and do it again"},
      {"53200", true, "the server lacks resources and nothing was written; do it again later"},
      {"53300", true, "the server has no connection left"},
      {"54000", false, "an event is larger than PostgreSQL allows and nothing was written"},
      {"55P03", true, "a lock was not to be had in time and nothing was written; do it again"},
      {"57P01", true, "the server is starting or stopping; do it again a little later"},
      {"57P03", true, "the server is starting or stopping; do it again a little later"},
      {"08006", true, "the server cannot be reached"},
      {"22P05", false, "the database's encoding has no such character"},
      {"3F000", false, "there is no such schema"},
      {"XX000", false, "PostgreSQL refused; report this with the reason it gave"},
  };
  for (const Case& expected : cases) {
    const Failure error = failure_of([&] {
      detail::throw_postgres_error("PostgreSQL table \"a\"", "push to", {expected.sqlstate, "its words"});
    });
    INFO(error.what);
    CHECK(error.what.starts_with("castore: cannot push to PostgreSQL table \"a\": "));
    CHECK(error.says(expected.text));
    CHECK(error.what.ends_with(". Reason: its words (SQLSTATE " + expected.sqlstate + ")"));
    CHECK(error.retryable == expected.retryable);
    CHECK(error.sqlstate == expected.sqlstate);
  }
}

}  // namespace
