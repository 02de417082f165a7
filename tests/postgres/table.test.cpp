// SPDX-License-Identifier: MIT
// Tables and their names, columns and indexes; what JSONB keeps and what it does not.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;

std::vector<std::string> walk(PostgresEventStorageAdapter& storage, ListAggregateIdsOptions options) {
  std::vector<std::string> ids;
  do {
    const AggregateIdsPage page = storage.list_aggregate_ids("POKEMONS", options);
    for (const AggregateIdEntry& entry : page.aggregate_ids) ids.push_back(entry.aggregate_id);
    options.page_token = page.next_page_token;
  } while (options.page_token);
  return ids;
}

TEST_CASE("any name of a table is quoted, never executed", "[postgres]") {
  Storage victim;
  push(*victim, event("pikachu", 1));
  const std::string unique = TempTable::unique_name();
  for (const std::string& hostile :
       {"\"; DROP TABLE " + victim.table().name() + "; --", std::string{"'); SELECT 1; --"}, std::string{"a.b"},
        std::string{"Upper Case"}, std::string{"\xc3\xbc\xf0\x9f\x90\x89 $1 %s \\"}}) {
    const TempTable table{(unique + hostile).substr(0, 63)};
    CAPTURE(table.name());
    PostgresEventStorageAdapter storage{connection(), table.options()};
    storage.create_event_table();
    storage.create_event_table();
    CHECK(push(storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{});
    CHECK(push(storage, event("eevee", 1), event("pikachu", 2)) == PushOutcome{PushOutcome::already_exists, 1});
    CHECK(push(storage, event("pikachu", 2)) == PushOutcome{PushOutcome::already_exists, 0});
    CHECK(push(storage, event("eevee", 1), event("pikachu", 4)) == PushOutcome{PushOutcome::version_gap, 1});
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2});
    CHECK(walk(storage, {.limit = 1}) == std::vector<std::string>{"pikachu"});
    storage.drop_event_table();
  }
  CHECK(versions(*victim, "pikachu") == std::vector<Version>{1});
  for (const std::string& name : {std::string{}, std::string(64, 'a'), std::string{"a\0b", 3}, std::string{"\xff"}}) {
    const Failure error = failure_of([&] { PostgresEventStorageAdapter{connection(), {.table_name = name}}; });
    CHECK(error.says("is not a name of a PostgreSQL table or schema; a name has 1 to 63 bytes"));
  }
}

TEST_CASE("a table may be in any schema", "[postgres]") {
  const std::string schema = TempTable::unique_name() + " S";
  PlainPostgres plain;
  PostgresEventStorageAdapter storage{connection(), {.table_name = "event", .schema = schema}};
  CHECK(failure_of([&] { storage.create_event_table(); }).sqlstate == "3F000");
  plain.rows("CREATE SCHEMA \"" + schema + "\"");
  storage.create_event_table();
  CHECK(push(storage, event("pikachu", 1), event("eevee", 1)) == PushOutcome{});
  CHECK(push(storage, event("raichu", 1), event("eevee", 1)) == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(plain.value("SELECT count(*) FROM \"" + schema + "\".event") == "2");
  plain.rows("DROP SCHEMA \"" + schema + "\" CASCADE");
}

TEST_CASE("a table that is not there is said to be missing, until it is created, and again when it is dropped",
          "[postgres]") {
  const TempTable table;
  PostgresEventStorageAdapter storage{connection(), table.options()};
  const auto check_missing = [&] {
    const Failure error = failure_of([&] { push(storage, event("pikachu", 1)); });
    CHECK(error.says("there is no PostgreSQL table \"" + table.name() + "\""));
    CHECK(error.says("create it with create_event_table"));
    CHECK_FALSE(error.retryable);
    CHECK(failure_of([&] { load(storage, "pikachu"); }).what == error.what);
    CHECK(failure_of([&] { storage.list_aggregate_ids("POKEMONS", {}); }).what == error.what);
  };
  check_missing();
  storage.create_event_table();
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
  storage.create_event_table({.aggregate_id_type = PostgresAggregateIdType::uuid});
  CHECK(versions(storage, "pikachu").size() == 1);
  storage.drop_event_table();
  check_missing();
  storage.drop_event_table();
  storage.create_event_table({.aggregate_id_type = PostgresAggregateIdType::uuid});
  CHECK(invalid_field_of([&] { push(storage, event("pikachu", 1)); }) == "aggregate_id");
}

TEST_CASE("a table has the columns it was asked for, and what does not fit them is refused", "[postgres]") {
  const TempTable table;
  PostgresEventStorageAdapter storage{connection(), table.options()};
  storage.create_event_table({.id_type = PostgresIdType::serial,
                              .aggregate_name_length = 8,
                              .aggregate_id_type = PostgresAggregateIdType::varchar,
                              .aggregate_id_length = 7,
                              .version_type = PostgresVersionType::integer,
                              .type_length = 12});
  CHECK(PlainPostgres{}.rows("SELECT column_name, data_type, character_maximum_length, is_nullable FROM"
                             " information_schema.columns WHERE table_name = '" +
                             table.name() + "' ORDER BY ordinal_position") ==
        std::vector<std::string>{"id|integer|NULL|NO", "aggregate_name|character varying|8|NO",
                                 "aggregate_id|character varying|7|NO", "version|integer|NULL|NO",
                                 "type|character varying|12|NO", "data|jsonb|NULL|YES", "metadata|jsonb|NULL|YES",
                                 "timestamp|timestamp with time zone|NULL|NO"});
  const std::string seven = "\xf0\x9f\x90\x89\xf0\x9f\x90\x89\xf0\x9f\x90\x89\xf0\x9f\x90\x89\xf0\x9f\x90\x89xx";
  CHECK(push(storage, event(seven, 1)) == PushOutcome{});
  CHECK(invalid_field_of([&] { push(storage, event("pikachu", 1), event(seven + " ", 1)); }) == "aggregate_id");
  CHECK(versions(storage, "pikachu").empty());
  PushRecord record = event("pikachu", 1);
  record.record.type += "+++";
  CHECK(invalid_field_of([&] { push(storage, record); }) == "type");
  record.record.type = std::string{"a\0b", 3};
  CHECK(invalid_field_of([&] { push(storage, record); }) == "type");
  record = event("pikachu", 1);
  record.event_store_id = "POKEMONS+";
  CHECK(invalid_field_of([&] { push(storage, record); }) == "event_store_id");
  constexpr Version last = std::numeric_limits<std::int32_t>::max();
  CHECK(storage.push_events(std::vector{event("pikachu", last)}, {.force = true}) == PushOutcome{});
  CHECK(invalid_field_of([&] { push(storage, event("pikachu", last + 1)); }) == "version");
  CHECK(versions(storage, "pikachu", {.min_version = last + 1}).empty());
  CHECK(versions(storage, "pikachu", {.reverse = true}) == std::vector<Version>{last});
  CHECK(load(storage, std::string(100, 'x')).empty());

  using Type = PostgresAggregateIdType;
  CHECK(
      failure_of([&] { storage.create_event_table({.aggregate_id_type = Type::varchar}); }).says("give both or none"));
  CHECK(failure_of([&] { storage.create_event_table({.aggregate_id_length = 5}); }).says("give both or none"));
  CHECK(failure_of([&] { storage.create_event_table({.type_length = 10'485'761}); }).says("type_length is 10485761"));
}

TEST_CASE("an id that is a view without data is the empty id", "[postgres]") {
  Storage storage;
  PushRecord record = event("", 1);
  record.event_store_id = std::string_view{};
  CHECK(push(*storage, record) == PushOutcome{});
  std::size_t events = 0;
  storage->get_events({}, {}, {}, [&](const EventRecordView&) { ++events; });
  CHECK(events == 1);
  CHECK(storage->list_aggregate_ids({}, {}).aggregate_ids.size() == 1);
}

TEST_CASE("ids too long for an index are refused before anything is written", "[postgres]") {
  Storage storage;
  std::string incompressible;
  for (unsigned index = 0; incompressible.size() < 2'592; ++index) {
    incompressible += static_cast<char>('!' + (index * index * 2654435761U >> 9U) % 90);
  }
  CHECK(push(*storage, event(incompressible, 1)) == PushOutcome{});
  CHECK(invalid_field_of([&] { push(*storage, event("pikachu", 1), event(incompressible + 'x', 1)); }) ==
        "aggregate_id");
  CHECK(walk(*storage, {}) == std::vector<std::string>{incompressible});
}

TEST_CASE("a push of more than the server takes in one message is refused before anything is sent", "[postgres]") {
  const std::vector<PushRecord> group{event("pikachu", 1, "\"" + std::string(500, 'x') + "\""), event("pikachu", 2)};
  CHECK_NOTHROW(detail::PostgresPush{group, {}, 1'000});
  CHECK(invalid_field_of([&] { detail::PostgresPush{group, {}, 700}; }) == "payload");
  CHECK(detail::PostgresPush::most_bytes == 1'000'000'000);
}

TEST_CASE("a table of something else is refused and stays as it is", "[postgres]") {
  const TempTable table;
  PlainPostgres plain;
  PostgresEventStorageAdapter storage{connection(), table.options()};
  plain.rows("CREATE TABLE " + table.quoted() + " (id INTEGER, aggregate_name TEXT, aggregate_id BIGINT)");
  CHECK(failure_of([&] {
          load(storage, "pikachu");
        }).says("is not an events table: its column aggregate_id has the type bigint instead of text"));
  CHECK(failure_of([&] { storage.create_event_table(); }).says("is not an events table"));
  plain.rows("ALTER TABLE " + table.quoted() + " ALTER aggregate_id TYPE text");
  CHECK(failure_of([&] { load(storage, "pikachu"); }).says("is not an events table: it has no column version"));
  CHECK(plain.value("SELECT count(*) FROM pg_indexes WHERE tablename = '" + table.name() + "'") == "0");
}

TEST_CASE("several adapters may create one table at the same time, and every table gets its own indexes",
          "[postgres]") {
  for (int round = 0; round < 3; ++round) {
    const TempTable table;
    std::vector<std::thread> threads;
    std::vector<std::string> results(8);
    for (std::string& result : results) {
      threads.emplace_back([&] {
        try {
          PostgresEventStorageAdapter storage{connection(), table.options()};
          storage.create_event_table();
          result = push(storage, event("pikachu", 1)) == PushOutcome{} ? "first" : "later";
        } catch (const Error& error) {
          result = error.what();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(std::count(results.begin(), results.end(), "first") == 1);
    CHECK(std::count(results.begin(), results.end(), "later") == 7);
    CHECK(PlainPostgres{}.rows("SELECT regexp_replace(indexdef, '.* USING btree ', '') FROM pg_indexes WHERE"
                               " tablename = '" +
                               table.name() + "' ORDER BY 1") ==
          std::vector<std::string>{"(aggregate_name, \"timestamp\", aggregate_id) WHERE (version = 1)",
                                   "(aggregate_name, aggregate_id, version)", "(id)"});
  }
}

TEST_CASE("tables may be created and dropped at the same time", "[postgres]") {
  const TempTable table;
  std::vector<std::thread> threads;
  std::vector<std::string> errors(4);
  for (std::string& error : errors) {
    threads.emplace_back([&] {
      try {
        PostgresEventStorageAdapter storage{connection(), table.options()};
        for (int round = 0; round < 6; ++round) {
          storage.create_event_table();
          storage.drop_event_table();
        }
      } catch (const Error& caught) {
        error = caught.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) CHECK(error == "");
}

TEST_CASE("pages hold every aggregate once, in order and in its mirror, when many have one timestamp", "[postgres]") {
  Storage storage;
  std::vector<PushRecord> group;
  std::vector<std::string> expected;
  for (int number = 1000; number < 1700; ++number) {
    expected.emplace_back(1, number % 2 == 0 ? 'A' : 'a');
    expected.back() += std::to_string(number);
    group.push_back(event(expected.back(), 1));
  }
  REQUIRE(storage->push_events(group, {}) == PushOutcome{});
  std::sort(expected.begin(), expected.end());  // upper case first, as bytes are
  CHECK(walk(*storage, {.limit = 64}) == expected);
  CHECK(walk(*storage, {.limit = 64, .reverse = true}) == std::vector<std::string>{expected.rbegin(), expected.rend()});
}

TEST_CASE("pages hold every aggregate once when other programs stored microseconds", "[postgres]") {
  Storage storage;
  for (const char* const id : {"a", "b", "c", "d", "e"}) push(*storage, event(id, 1));
  PlainPostgres plain;
  int microseconds = 900;
  for (const char* const id : {"a", "b", "c", "d"}) {
    plain.rows("UPDATE " + storage.table().quoted() + " SET timestamp = timestamp + interval '" +
               std::to_string(microseconds -= 200) + " microseconds' WHERE aggregate_id = '" + id + "'");
  }
  for (const std::size_t limit : {1U, 2U}) {
    CHECK(walk(*storage, {.limit = limit}) == std::vector<std::string>{"e", "d", "c", "b", "a"});
    CHECK(walk(*storage, {.limit = limit, .reverse = true}) == std::vector<std::string>{"a", "b", "c", "d", "e"});
  }
  CHECK(walk(*storage, {.initial_event_before = noon}).size() == 5);
  CHECK(walk(*storage, {.initial_event_before = noon - std::chrono::milliseconds{1}}).empty());
  CHECK(load(*storage, "a").at(0).timestamp == noon);
}

TEST_CASE("no statement reads more of the table than an index leads to, also with plans made while it was empty",
          "[postgres]") {
  Storage storage;
  const detail::PostgresSettings settings =
      detail::make_postgres_settings(detail::parse_postgres_connection(connection()), storage.table().options());
  detail::PostgresConnection connection{settings, settings.parameters, settings.name};
  const auto plan_of = [&](detail::PostgresStatement statement, const std::string& arguments) {
    const auto run = [&](const std::string& sql) {
      auto outcome = connection.execute(sql);
      INFO(sql << ": " << outcome.failure.message);
      REQUIRE_FALSE(outcome.failed);
      return std::move(outcome.rows);
    };
    run("PREPARE explained AS " + connection.table().sql(statement));
    const auto rows = run("EXPLAIN EXECUTE explained" + (arguments.empty() ? arguments : "(" + arguments + ")"));
    run("DEALLOCATE explained");
    std::string plan;
    for (int row = 0; row < rows.rows(); ++row) plan += std::string{rows.text(row, 0)} + '\n';
    return plan;
  };
  using enum detail::PostgresStatement;
  const std::string events = "'{S}', '{a}', '{2}', '{T}', '{1}', '{NULL}', '{now}'";
  const std::pair<detail::PostgresStatement, std::string> statements[] = {
      {push, "'S', 'a', 2, 'T', '{}', NULL, now()"},
      {find_pushed, events},
      {get, "'S', 'a', 1, 9, NULL"},
      {get_reverse, "'S', 'a', 1, 9, NULL"},
      {list, "'S', '-infinity', 'infinity', 101"},
      {list_reverse, "'S', '-infinity', 'infinity', 101"},
      {list_after, "'S', 'infinity', now(), 101, 'a', 1"},
      {list_reverse_after, "'S', '-infinity', now(), 101, 'a', 1"},
      {list_stores, ""},
  };
  for (const auto& [statement, arguments] : statements) {
    const std::string plan = plan_of(statement, arguments);
    INFO(plan);
    CHECK(contains(plan, "Index"));
    for (const char* const costly : {"Seq Scan", "Bitmap", "Sort", "Filter: (aggregate_id", "Filter: (version"}) {
      CHECK_FALSE(contains(plan, costly));
    }
  }
  // Castore's tables have no index for lists; a page must not wait for a compiler there.
  PlainPostgres plain;
  plain.rows("DROP INDEX " + plain.value("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%WHERE (version = 1)'"
                                         " AND tablename = '" +
                                         storage.table().name() + "'"));
  const std::string plan = plan_of(list, "'S', '-infinity', 'infinity', 101");
  CHECK(contains(plan, "Sort"));
  CHECK_FALSE(contains(plan, "JIT"));
}

TEST_CASE("the connection may be given as parameters, and options without a meaning are refused", "[postgres]") {
  Storage direct;
  const PostgresConnectionParameters parameters = detail::parse_postgres_connection(connection());
  PostgresEventStorageAdapter storage{parameters, direct.table().options()};
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
  PostgresEventStorageAdapter encrypted{connection() + "?sslmode=require", direct.table().options()};
  CHECK(versions(encrypted, "pikachu").size() == 1);

  CHECK(failure_of([] {
          PostgresEventStorageAdapter{"postgresql://user@host/database?nonsense"};
        }).says("cannot be read"));
  CHECK(failure_of([] { PostgresEventStorageAdapter{"nonsense=1"}; }).says("cannot be read"));
  const auto refused = [](const PostgresEventStorageAdapterOptions& options) {
    return failure_of([&] { PostgresEventStorageAdapter{connection(), options}; }).what;
  };
  using std::chrono::milliseconds;
  CHECK(contains(refused({.max_connections = 0}), "max_connections must be from 1"));
  CHECK(contains(refused({.pool_timeout = milliseconds{-1}}), "a timeout must be from 0"));
  CHECK(contains(refused({.statement_timeout = milliseconds::max()}), "a timeout must be from 0"));
}

}  // namespace
