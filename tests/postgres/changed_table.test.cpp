// SPDX-License-Identifier: MIT
// Tables that change under a running program, tables that cannot hold events, and settings of a role.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;

const std::string uuid = "5f3a9c3e-0a51-4f0a-8d7b-2f6d1a1b7c01";

/// Both ways of an adapter: with a session of its own, and behind a pooler. Each has looked at the table.
struct TwoAdapters {
  explicit TwoAdapters(const PostgresEventTableOptions& options) : direct{options} {
    shared_options.prepared_statements = false;
  }
  void alter(const std::string& how) { plain.rows("ALTER TABLE " + direct.table().quoted() + " " + how); }

  Storage direct;
  PlainPostgres plain;
  PostgresEventStorageAdapterOptions shared_options = direct.table().options();
  PostgresEventStorageAdapter shared{connection(), shared_options};
};

TEST_CASE("a column that is made wider takes more from now on, and one that is made narrower less", "[postgres]") {
  TwoAdapters test{{.aggregate_name_length = 10,
                    .aggregate_id_type = PostgresAggregateIdType::varchar,
                    .aggregate_id_length = 10,
                    .version_type = PostgresVersionType::integer,
                    .type_length = 12}};
  int number = 0;
  for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
    const std::string suffix = std::to_string(++number);
    CHECK(push(*storage, event("a" + suffix, 1), event("a" + suffix, 2)) == PushOutcome{});
    CHECK(invalid_field_of([&] { push(*storage, event("a-much-longer-id" + suffix, 1)); }) == "aggregate_id");
  }
  test.alter(R"(ALTER aggregate_id TYPE TEXT COLLATE "C", ALTER type TYPE VARCHAR(64), ALTER version TYPE BIGINT,)"
             R"( ALTER aggregate_name TYPE VARCHAR(20))");
  constexpr Version large = 3'000'000'000;
  number = 0;
  for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
    const std::string suffix = std::to_string(++number);
    CHECK(versions(*storage, "a" + suffix) == std::vector<Version>{1, 2});
    CHECK(push(*storage, event("a" + suffix, 3)) == PushOutcome{});
    CHECK(push(*storage, event("a-much-longer-id" + suffix, 1)) == PushOutcome{});
    PushRecord record = event("type" + suffix, 1);
    record.record.type = "A_MUCH_LONGER_TYPE";
    CHECK(push(*storage, record, event("type" + suffix, 2)) == PushOutcome{});
    CHECK(storage->push_events(std::vector{event("version" + suffix, large)}, {.force = true}) == PushOutcome{});
    record.event_store_id = "LONGER_POKEMONS";
    CHECK(push(*storage, record) == PushOutcome{});
  }
  CHECK(test.direct->list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 6);
  test.plain.rows("DELETE FROM " + test.direct.table().quoted());
  test.alter("ALTER aggregate_id TYPE VARCHAR(10), ALTER version TYPE INTEGER");
  for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
    CHECK(invalid_field_of([&] { push(*storage, event("a-much-longer-id", 1)); }) == "aggregate_id");
    CHECK(invalid_field_of([&] { push(*storage, event("a", large)); }) == "version");
  }
}

TEST_CASE("ids that become texts, or UUIDs, are taken as such from now on, by loads too", "[postgres]") {
  TwoAdapters test{{.aggregate_id_type = PostgresAggregateIdType::uuid}};
  for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
    CHECK(versions(*storage, "pikachu").empty());
    push(*storage, event(uuid, 1));
    CHECK(versions(*storage, uuid) == std::vector<Version>{1});
  }
  test.alter("ALTER aggregate_id TYPE TEXT COLLATE \"C\"");
  PostgresEventStorageAdapter other{connection(), test.direct.table().options()};
  push(other, event("pikachu", 1));
  for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
    CHECK(versions(*storage, "pikachu") == std::vector<Version>{1});
    CHECK(versions(*storage, uuid) == std::vector<Version>{1});
  }
  CHECK(push(*test.direct, event(uuid, 2), event("pikachu", 2)) == PushOutcome{});
  CHECK(push(test.shared, event(uuid, 3)) == PushOutcome{});
  CHECK(test.direct->list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 2);
  CHECK(test.shared.list_aggregate_ids("POKEMONS", {.limit = 1}).next_page_token);
  const auto behind_pikachu =
      test.direct->list_aggregate_ids("POKEMONS", {.limit = 1, .reverse = true}).next_page_token;

  test.plain.rows("DELETE FROM " + test.direct.table().quoted() + " WHERE aggregate_id = 'pikachu'");
  test.alter("ALTER aggregate_id TYPE UUID USING aggregate_id::uuid");
  for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
    CHECK(versions(*storage, uuid) == std::vector<Version>{1, 2, 3});
    CHECK(versions(*storage, "pikachu").empty());
    CHECK(invalid_field_of([&] { push(*storage, event("pikachu", 1)); }) == "aggregate_id");
    CHECK_THROWS_AS(storage->list_aggregate_ids("POKEMONS", {.page_token = behind_pikachu}), InvalidPageTokenError);
  }
}

TEST_CASE("a table that was dropped and made again, or became another one, is found out about", "[postgres]") {
  TwoAdapters test{{}};
  const auto both = [&](auto check) {
    check(*test.direct);
    check(test.shared);
  };
  both([](auto& storage) { load(storage, "pikachu"); });
  PostgresEventStorageAdapter other{connection(), test.direct.table().options()};
  other.drop_event_table();
  both([](auto& storage) {
    CHECK(failure_of([&] { load(storage, "pikachu"); }).says("create it with create_event_table"));
  });
  other.create_event_table({.aggregate_id_type = PostgresAggregateIdType::uuid});
  both([](auto& storage) {
    CHECK(load(storage, uuid).empty());
    CHECK(invalid_field_of([&] { push(storage, event("pikachu", 1)); }) == "aggregate_id");
  });
  CHECK(push(*test.direct, event(uuid, 1)) == PushOutcome{});

  test.alter("ALTER data TYPE json USING data::json");
  both([](auto& storage) {
    CHECK(failure_of([&] { load(storage, uuid); }).says("its column data has the type json instead of jsonb"));
  });
  test.alter("ALTER data TYPE jsonb USING data::jsonb");
  CHECK(load(*test.direct, uuid).size() == 1);
  test.alter("RENAME version TO number");
  both([](auto& storage) { CHECK(failure_of([&] { load(storage, uuid); }).says("it has no column version")); });
}

TEST_CASE("nothing is read from a column that has become one of another type", "[postgres]") {
  for (const auto& [column, type] : {std::pair{"data", "json"}, {"metadata", "text"}, {"timestamp", "timestamp"}}) {
    TwoAdapters test{{}};
    push(*test.direct, event("pikachu", 1, "{}", "{}"));
    CHECK(load(test.shared, "pikachu").size() == 1);
    test.alter(std::string{"ALTER "} + column + " TYPE " + type + " USING " + column + "::" + type);
    const std::string words = std::string{"its column "} + column + " has the type " + type;
    for (PostgresEventStorageAdapter* const storage : {&*test.direct, &test.shared}) {
      CHECK(failure_of([&] { load(*storage, "pikachu"); }).says(words));
      CHECK(failure_of([&] { storage->list_aggregate_ids("POKEMONS", {}); }).says(words));
    }
  }
  TwoAdapters test{{}};
  push(*test.direct, event("pikachu", 1));
  CHECK(test.shared.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
  test.alter("ALTER timestamp TYPE timestamp");
  CHECK(failure_of([&] { test.shared.list_aggregate_ids("POKEMONS", {}); }).says("its column timestamp has the type"));
}

TEST_CASE("a table that would cut off milliseconds is refused", "[postgres]") {
  Storage storage;
  PlainPostgres plain;
  for (const char* const digits : {"0", "2", "3"}) {
    plain.rows("ALTER TABLE " + storage.table().quoted() + " ALTER timestamp TYPE timestamptz(" + digits + ")");
    PostgresEventStorageAdapter later{connection(), storage.table().options()};
    if (*digits == '3') {
      CHECK(push(later, event("pikachu", 1)) == PushOutcome{});
    } else {
      CHECK(failure_of([&] {
              push(later, event("pikachu", 1));
            }).says("cannot hold events: its column timestamp has no room for milliseconds"));
    }
  }
}

TEST_CASE("an error that has nothing to do with a change costs no connection", "[postgres]") {
  Storage storage;
  push(*storage, event("pikachu", 1));
  PlainPostgres plain;
  const auto process = [&] {
    return plain.value("SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE query LIKE '%" +
                       storage.table().name() + "%' AND pid <> pg_backend_pid()");
  };
  const std::string before = process();
  CHECK(invalid_field_of([&] { push(*storage, event("pikachu", 2, "{no json}")); }) == "payload");
  CHECK(invalid_field_of([&] { push(*storage, event(std::string(2'600, 'x'), 1)); }) == "aggregate_id");
  CHECK(push(*storage, event("pikachu", 2)) == PushOutcome{});
  CHECK(process() == before);
}

TEST_CASE("a table whose collation takes different ids for equal is refused", "[postgres]") {
  PlainPostgres plain;
  const std::string collation = TempTable::unique_name() + "_ignores_case";
  plain.rows("CREATE COLLATION " + collation + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  for (const char* const column : {"aggregate_id", "aggregate_name"}) {
    Storage storage;
    push(*storage, event("pikachu", 1));
    plain.rows("ALTER TABLE " + storage.table().quoted() + " ALTER " + column + " TYPE text COLLATE " + collation);
    PostgresEventStorageAdapter later{connection(), storage.table().options()};
    const Failure error = failure_of([&] { load(later, "pikachu"); });
    CHECK(error.says("cannot hold events: its column " + std::string{column} + " has a nondeterministic collation"));
    CHECK_FALSE(error.retryable);
    CHECK(failure_of([&] { push(later, event("Pikachu", 1)); }).what == error.what);
    CHECK(failure_of([&] { later.create_event_table(); }).what == error.what);
    plain.rows("ALTER TABLE " + storage.table().quoted() + " ALTER " + column + " TYPE text COLLATE \"de-x-icu\"");
    CHECK(push(later, event("Pikachu", 1)) == PushOutcome{});
    CHECK(push(*storage, event("Pikachu", 2)) == PushOutcome{});
  }
  // Events are pushed against every unique index of the three columns, whatever collations it has.
  for (const char* const column : {"aggregate_id", "aggregate_name"}) {
    Storage storage;
    std::string columns = "(version, aggregate_id, aggregate_name)";
    columns.insert(columns.find(column) + std::string_view{column}.size(), " COLLATE " + collation);
    plain.rows("CREATE UNIQUE INDEX " + storage.table().name() + "_more ON " + storage.table().quoted() + " " +
               columns);
    CHECK(failure_of([&] {
            push(*storage, event("pikachu", 1));
          }).says("cannot hold events: its column " + std::string{column} + " has a nondeterministic collation"));
    plain.rows("DROP INDEX " + storage.table().name() + "_more");
    CHECK(push(*storage, event("pikachu", 1)) == PushOutcome{});
  }
  plain.rows("DROP COLLATION " + collation);
}

TEST_CASE("only a whole unique key of the versions is taken for one", "[postgres]") {
  Storage storage;
  PlainPostgres plain;
  push(*storage, event("eevee", 1));
  const std::string table = storage.table().quoted();
  plain.rows("ALTER TABLE " + table + " DROP CONSTRAINT " + storage.table().name() +
             "_aggregate_name_aggregate_id_version_key");
  const auto check_refused = [&] {
    const auto error_of = [&](auto operation) {
      const Failure error = failure_of(operation);
      CHECK(error.says("the table has no unique constraint on (aggregate_name, aggregate_id, version)"));
      CHECK(error.sqlstate == "42P10");
    };
    error_of([&] { push(*storage, event("pikachu", 1)); });
    error_of([&] { push(*storage, event("pikachu", 1), event("pikachu", 2)); });
    error_of([&] { storage->push_events(std::vector{event("pikachu", 1)}, {.force = true}); });
    CHECK(load(*storage, "pikachu").empty());
    CHECK(load(*storage, "eevee").size() == 1);
  };
  check_refused();
  for (const char* const index :
       {"(aggregate_name, aggregate_id, version) WHERE version = 1", "(aggregate_name, aggregate_id, version, id)",
        "(aggregate_name, lower(aggregate_id), version)", "(aggregate_id, version)"}) {
    const std::string name = TempTable::unique_name();
    plain.rows("CREATE UNIQUE INDEX " + name + " ON " + table + " " + index);
    CAPTURE(index);
    check_refused();
    plain.rows("DROP INDEX " + name);
  }
  plain.rows("CREATE UNIQUE INDEX ON " + table + " (version, aggregate_id, aggregate_name)");
  CHECK(push(*storage, event("pikachu", 1)) == PushOutcome{});
  CHECK(push(*storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{PushOutcome::already_exists, 0});
}

TEST_CASE("settings of a role change neither what is stored nor what is read, and our table is ours", "[postgres]") {
  const std::vector<std::string> settings{
      "quote_all_identifiers = on",
      "client_encoding = 'LATIN1'",
      "search_path = public, pg_catalog",
      "datestyle = 'German, DMY'",
      "intervalstyle = 'sql_standard'",
      "extra_float_digits = -10",
      "bytea_output = 'escape'",
      "standard_conforming_strings = off",
      "timezone = 'Pacific/Chatham'",
      "default_transaction_isolation = 'serializable'",
      "default_transaction_deferrable = on",
      "statement_timeout = 50",
      "enable_indexscan = off",
      "enable_indexonlyscan = off",
      "enable_nestloop = off",
      "transform_null_equals = on",
      "array_nulls = off",
      "lc_numeric = 'C'",
      "xmlbinary = 'hex'",
  };
  for (const bool prepared : {true, false}) {
    CAPTURE(prepared);
    const TempTable table{TempTable::unique_name() + " \\'\"$1"};
    const TempTable names;
    const std::vector<std::string> all = prepared ? settings : std::vector(settings.begin(), settings.begin() + 9);
    const TempRole role{names, all};
    auto options = table.options();
    options.prepared_statements = prepared;
    PostgresEventStorageAdapter storage{role.connection(), options};
    storage.create_event_table();
    storage.create_event_table();
    PlainPostgres plain;
    CHECK(plain.value("SELECT count(*) FROM pg_indexes WHERE tablename = $$" + table.name() + "$$") == "3");

    const std::string payload = R"({"text":"\u00fc \ud83d\udc09 \\ ' \"","number":0.1,"null":null,"small":-0.0})";
    const std::string id = "\xc3\xbc-\xf0\x9f\x90\x89";
    CHECK(push(storage, event(id, 1, payload)) == PushOutcome{});
    CHECK(push(storage, event(id, 2, "1e-7"), event("other", 1, {}, "null")) == PushOutcome{});
    CHECK(push(storage, event(id, 2)) == PushOutcome{PushOutcome::already_exists, 0});
    CHECK(push(storage, event(id, 4)) == PushOutcome{PushOutcome::version_gap, 0});
    CHECK(push(storage, event("new", 1), event(id, 2)) == PushOutcome{PushOutcome::already_exists, 1});
    CHECK(storage.push_events(std::vector{event(id, 2, "2")}, {.force = true}) == PushOutcome{});
    const auto events = load(storage, id);
    REQUIRE(events.size() == 2);
    CHECK(events[0].timestamp == noon);
    CHECK(events[1].payload == "2");
    PostgresEventStorageAdapter plainly{connection(), table.options()};
    CHECK(load(plainly, id) == events);
    CHECK(load(plainly, "other").at(0).payload == "");
    CHECK(load(plainly, "other").at(0).metadata == "null");
    const AggregateIdsPage page = storage.list_aggregate_ids("POKEMONS", {.limit = 1});
    CHECK(page.aggregate_ids == std::vector<AggregateIdEntry>{{"other", noon}});
    CHECK(storage.list_aggregate_ids("POKEMONS", {.page_token = page.next_page_token}).aggregate_ids ==
          std::vector<AggregateIdEntry>{{id, noon}});
    CHECK(storage.list_event_stores() == std::vector<std::string>{"POKEMONS"});
    storage.drop_event_table();
  }
}

TEST_CASE("a session of the adapter's own has what it needs, whatever a role's settings are", "[postgres]") {
  Storage storage;
  const TempRole role{
      storage.table(),
      {"default_transaction_isolation = 'serializable'", "client_encoding = 'LATIN1'",
       "plan_cache_mode = 'force_custom_plan'", "enable_indexscan = off", "enable_indexonlyscan = off",
       "enable_seqscan = on", "enable_bitmapscan = on", "enable_sort = on", "jit = on", "statement_timeout = '9s'"}};
  PlainPostgres{}.rows("GRANT ALL ON " + storage.table().quoted() + " TO " + role.name());
  const auto values = [&](std::chrono::milliseconds statement_timeout) {
    auto options = storage.table().options();
    options.statement_timeout = statement_timeout;
    const detail::PostgresSettings settings =
        detail::make_postgres_settings(detail::parse_postgres_connection(role.connection()), options);
    detail::PostgresConnection connection{settings, settings.parameters, settings.name};
    connection.table();
    return std::string{
        connection
            .execute("SELECT string_agg(current_setting(name), ' ' ORDER BY number) FROM unnest(ARRAY["
                     "'transaction_isolation', 'client_encoding', 'plan_cache_mode', 'enable_indexscan',"
                     " 'enable_indexonlyscan', 'enable_seqscan', 'enable_bitmapscan', 'enable_sort', 'jit',"
                     " 'statement_timeout']) WITH ORDINALITY s(name, number)")
            .rows.text(0, 0)};
  };
  CHECK(values(std::chrono::seconds{7}) == "read committed UTF8 force_generic_plan on on off off off off 7s");
  CHECK(values(std::chrono::seconds{0}) == "read committed UTF8 force_generic_plan on on off off off off 9s");
}

TEST_CASE("a user's client_encoding does not win over UTF-8", "[postgres]") {
  Storage direct;
  const std::string id = "\xc3\xbc-\xf0\x9f\x90\x89";
  push(*direct, event(id, 1, "\"\xe2\x82\xac\""));
  for (const char* const parameter : {"?client_encoding=LATIN1", "?options=-c%20client_encoding%3DLATIN1"}) {
    PostgresEventStorageAdapter storage{connection() + parameter, direct.table().options()};
    CHECK(load(storage, id).at(0).payload == "\"\xe2\x82\xac\"");
    CHECK(push(storage, event(id, 2)) == PushOutcome{PushOutcome::pushed});
    push(*direct, event(id, 3));
    storage.push_events(std::vector{event(id, 2), event(id, 3)}, {.force = true});
    PlainPostgres{}.rows("DELETE FROM " + direct.table().quoted() + " WHERE version > 1");
  }
  auto options = direct.table().options();
  options.credentials = [] { return PostgresConnectionParameters{{"client_encoding", "LATIN1"}}; };
  PostgresEventStorageAdapter storage{connection(), options};
  CHECK(load(storage, id).at(0).payload == "\"\xe2\x82\xac\"");
}

TEST_CASE("a connection to a server that only reads is not kept", "[postgres]") {
  Storage direct;
  const TempRole role{direct.table(), {"default_transaction_read_only = on"}};
  PlainPostgres plain;
  plain.rows("GRANT ALL ON " + direct.table().quoted() + ", " + direct.table().name() + "_id_seq TO " + role.name());
  PostgresEventStorageAdapter storage{role.connection(), direct.table().options()};
  CHECK(load(storage, "pikachu").empty());
  const auto check_refused = [&](auto... events) {
    const Failure error = failure_of([&] { push(storage, events...); });
    CHECK(error.sqlstate == "25006");
    CHECK(error.says("default_transaction_read_only is set for the role or the database"));
    CHECK_FALSE(error.retryable);
  };
  check_refused(event("pikachu", 1));
  check_refused(event("pikachu", 1), event("eevee", 1));
  plain.rows("ALTER ROLE " + role.name() + " SET default_transaction_read_only = off");
  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{});
}

}  // namespace
