// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// What is special to SQLite. The laws that every adapter keeps are the conformance suite's.

namespace {

using namespace castore;
using namespace castore::sqlite_tests;

TEST_CASE("the file holds the documented layout, readable by plain sqlite3", "[sqlite]") {
  const TempDirectory folder;
  {
    SqliteEventStorageAdapter storage{folder / "pokemons.db"};
    PushRecord record = event("pikachu", 1, R"({"level":5})");
    record.record.metadata = R"({"by":"ash"})";
    REQUIRE(push(storage, record) == PushOutcome{});
    REQUIRE(push(storage, event("pikachu", 2, "")) == PushOutcome{});
    PlainSqlite{folder / "pokemons.db"}.rows("SELECT 1");  // at the same time
  }
  PlainSqlite file{folder / "pokemons.db"};
  CHECK(file.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid") ==
        std::vector<std::string>{
            "CREATE TABLE event (\n"
            "  position INTEGER PRIMARY KEY AUTOINCREMENT,\n"
            "  event_store_id TEXT NOT NULL,\n"
            "  aggregate_id TEXT NOT NULL,\n"
            "  version INTEGER NOT NULL,\n"
            "  type TEXT NOT NULL,\n"
            "  timestamp TEXT NOT NULL,\n"
            "  payload TEXT,\n"
            "  metadata TEXT,\n"
            "  UNIQUE (event_store_id, aggregate_id, version)\n"
            ") STRICT",
            "CREATE INDEX event_initial ON event (event_store_id, timestamp, aggregate_id) WHERE version = 1"});
  CHECK(file.value("PRAGMA user_version") == "1");
  CHECK(file.value("PRAGMA journal_mode") == "wal");
  CHECK(file.rows("SELECT * FROM event") ==
        std::vector<std::string>{R"(1|POKEMONS|pikachu|1|LEVELED_UP|2022-01-01T12:00:00.000Z|{"level":5}|{"by":"ash"})",
                                 "2|POKEMONS|pikachu|2|LEVELED_UP|2022-01-01T12:00:00.000Z|NULL|NULL"});
  CHECK(file.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a closed adapter leaves one file, which the next one continues", "[sqlite]") {
  const TempDirectory folder;
  for (const Version version : {1, 2, 3}) {
    SqliteEventStorageAdapter storage{folder / "pokemons.db"};
    REQUIRE(push(storage, event("pikachu", version)) == PushOutcome{});
    CHECK(load(storage, "pikachu").size() == static_cast<std::size_t>(version));
  }
  CHECK(folder.contents().size() == 1);
}

TEST_CASE("a push without force tells an existing version from a gap, the existing one first", "[sqlite]") {
  const auto path = GENERATE(as<std::string>{}, ":memory:", "file");
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{path == "file" ? folder / "pokemons.db" : path};
  REQUIRE(push(storage, event("pikachu", 2)) == PushOutcome{PushOutcome::version_gap, 0});
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  const std::vector<PushRecord> fifth{event("pikachu", 5)};
  REQUIRE(storage.push_events(fifth, {.force = true}) == PushOutcome{});

  CHECK(push(storage, event("pikachu", 1)) == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(push(storage, event("pikachu", 3)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(storage, event("pikachu", 4)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(storage, event("pikachu", 5)) == PushOutcome{PushOutcome::already_exists, 0});  // 4 is missing, too
  CHECK(push(storage, event("raichu", 6)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(storage, event("pikachu", std::numeric_limits<Version>::max())) ==
        PushOutcome{PushOutcome::version_gap, 0});
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 5});

  CHECK(push(storage, event("pikachu", 6)) == PushOutcome{});
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{});
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2, 5, 6});
}

TEST_CASE("a gap that another program made is noticed, also after the event before the gap was pushed here",
          "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "pokemons.db"};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  PlainSqlite{folder / "pokemons.db"}.rows("DELETE FROM event");
  CHECK(push(storage, event("pikachu", 2)) == PushOutcome{PushOutcome::version_gap, 0});
}

TEST_CASE("a group in SQLite names the first offending event and writes nothing", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});

  CHECK(push(storage, event("raichu", 1), event("pikachu", 1), event("eevee", 7)) ==
        PushOutcome{PushOutcome::already_exists, 1});
  CHECK(push(storage, event("raichu", 1), event("pikachu", 2), event("eevee", 7)) ==
        PushOutcome{PushOutcome::version_gap, 2});
  CHECK(push(storage, event("raichu", 1), event("raichu", 3)) == PushOutcome{PushOutcome::version_gap, 1});
  // Events are applied in their order.
  CHECK(push(storage, event("raichu", 2), event("raichu", 1)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(versions(storage, "raichu").empty());
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1});

  CHECK(push(storage, event("raichu", 1), event("pikachu", 2), event("raichu", 2), event("raichu", 3)) ==
        PushOutcome{});
  CHECK(versions(storage, "raichu") == std::vector<Version>{1, 2, 3});
  // An event that was rolled back is not taken for one that is there.
  CHECK(push(storage, event("eevee", 1), event("pikachu", 1)) == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(push(storage, event("eevee", 2)) == PushOutcome{PushOutcome::version_gap, 0});
}

TEST_CASE("force keeps the position of the event that it replaces and touches nothing else", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "pokemons.db"};
  REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2), event("raichu", 1)) == PushOutcome{});
  PushRecord better = event("pikachu", 1, R"({"level":6})");
  better.record.type = "APPEARED";
  better.record.timestamp += std::chrono::hours{1};
  better.record.metadata = "[]";
  const std::vector<PushRecord> forced{better};
  REQUIRE(storage.push_events(forced, {.force = true}) == PushOutcome{});

  CHECK(PlainSqlite{folder / "pokemons.db"}.rows("SELECT * FROM event") ==
        std::vector<std::string>{R"(1|POKEMONS|pikachu|1|APPEARED|2022-01-01T13:00:00.000Z|{"level":6}|[])",
                                 "2|POKEMONS|pikachu|2|LEVELED_UP|2022-01-01T12:00:00.000Z|{}|NULL",
                                 "3|POKEMONS|raichu|1|LEVELED_UP|2022-01-01T12:00:00.000Z|{}|NULL"});
  const std::vector<PushRecord> group{event("pikachu", 1, ""), event("pikachu", 9)};
  REQUIRE(storage.push_events(group, {.force = true}) == PushOutcome{});
  CHECK(PlainSqlite{folder / "pokemons.db"}.rows(
            "SELECT row_number() OVER (), version, payload, metadata FROM event ORDER BY position") ==
        std::vector<std::string>{"1|1|NULL|NULL", "2|2|{}|NULL", "3|1|{}|NULL", "4|9|{}|NULL"});
  CHECK(PlainSqlite{folder / "pokemons.db"}.value("SELECT position FROM event WHERE payload IS NULL") == "1");
}

TEST_CASE("a push says the position of its first event, and an event that is written over keeps its own", "[sqlite]") {
  const auto path = GENERATE(as<std::string>{}, ":memory:", "file");
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{path == "file" ? folder / "pokemons.db" : path};
  const auto force = [&](const std::vector<PushRecord>& records) {
    return storage.push_events(records, {.force = true});
  };
  CHECK(storage.push_events({}, {}).position == 0);
  CHECK(push(storage, event("pikachu", 1)).position == 1);
  CHECK(push(storage, event("pikachu", 2), event("raichu", 1), event("raichu", 2)).position == 2);
  CHECK(push(storage, event("pikachu", 2)).position == 0);
  CHECK(push(storage, event("pikachu", 9)).position == 0);
  CHECK(push(storage, event("eevee", 1), event("pikachu", 1)).position == 0);
  Position last = push(storage, event("pikachu", 3)).position;
  CHECK(last == 5);
  CHECK(force({event("raichu", 1)}).position == 3);
  const auto check_is_new = [&](const PushOutcome& outcome) {  // whatever others were drawn before
    CHECK(outcome.status == PushOutcome::pushed);
    CHECK(outcome.position > last);
    last = outcome.position;
  };
  check_is_new(force({event("raichu", 9)}));
  CHECK(force({event("raichu", 2), event("raichu", 10)}).position == 4);
  check_is_new(force({event("raichu", 11), event("raichu", 2)}));
  check_is_new(push(storage, event("eevee", 1)));
}

TEST_CASE("the stores that have events are listed in the order of their bytes, each once", "[sqlite]") {
  const auto path = GENERATE(as<std::string>{}, ":memory:", "file");
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{path == "file" ? folder / "pokemons.db" : path};
  CHECK(storage.list_event_stores().empty());
  const std::vector<std::string> ids{"", "A", "A#", "AB", "B", "a", "b", "\x7F", "\xC3\xA9", "\xF4\x8F\xBF\xBF"};
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    for (Version version = 1; version <= 3; ++version) {
      PushRecord record = event("pikachu", version);
      record.event_store_id = *id;
      REQUIRE(push(storage, record) == PushOutcome{});
    }
  }
  const PushRecord late{"LATE", event("pikachu", 5).record};
  REQUIRE(push(storage, late) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(storage.list_event_stores() == ids);
  REQUIRE(storage.push_events({&late, 1}, {.force = true}) == PushOutcome{});
  CHECK(storage.list_event_stores()[5] == "LATE");
}

TEST_CASE("listing stores takes steps for each store, not for each event", "[sqlite]") {
  const TempDirectory folder;
  { SqliteEventStorageAdapter storage{folder / "pokemons.db"}; }
  PlainSqlite file{folder / "pokemons.db"};
  const auto steps = [&] {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(file.handle(), detail::sqlite_list_event_stores, -1, &statement, nullptr) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) continue;
    const int count = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(statement);
    return count;
  };
  const auto fill = [&](const std::string& from, const std::string& to) {
    file.rows("WITH RECURSIVE n(i) AS (SELECT " + from + " UNION ALL SELECT i + 1 FROM n WHERE i < " + to +
              ") INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp) SELECT 'S' || i % 3,"
              " printf('%05d', i), 1, 'T', '2022-01-01T12:00:00.000Z' FROM n");
  };
  fill("1", "30");
  const int few = steps();
  fill("31", "5000");
  CHECK(steps() == few);
}

TEST_CASE("bounds and limits at the ends of their types do what they say", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  constexpr Version last = std::numeric_limits<Version>::max();
  const std::vector<PushRecord> forced{event("pikachu", 1), event("pikachu", last)};
  REQUIRE(storage.push_events(forced, {.force = true}) == PushOutcome{});
  REQUIRE(push(storage, event("raichu", 1)) == PushOutcome{});
  constexpr auto no_limit = std::numeric_limits<std::size_t>::max();
  constexpr auto largest_sql =  // where std::size_t has 32 bits, it has no such number
      static_cast<std::size_t>(std::min<std::uint64_t>(std::numeric_limits<std::int64_t>::max(), no_limit - 1));

  CHECK(versions(storage, "pikachu", {.min_version = std::numeric_limits<Version>::min(), .max_version = last}) ==
        std::vector<Version>{1, last});
  CHECK(versions(storage, "pikachu", {.min_version = last}) == std::vector<Version>{last});
  CHECK(versions(storage, "pikachu", {.limit = no_limit, .reverse = true}) == std::vector<Version>{last, 1});
  CHECK(versions(storage, "pikachu", {.limit = 0}).empty());
  for (const std::size_t limit : {no_limit, largest_sql, largest_sql - 1, largest_sql + 1, std::size_t{2}}) {
    const auto page = storage.list_aggregate_ids("POKEMONS", {.limit = limit});
    CHECK(page.aggregate_ids.size() == 2);
    CHECK(page.next_page_token == std::nullopt);
  }
  CHECK(storage.list_aggregate_ids("POKEMONS", {.limit = 1}).next_page_token.has_value());
  CHECK(storage.list_aggregate_ids("POKEMONS", {.limit = 0}).aggregate_ids.empty());
}

TEST_CASE("a list takes bounds that no stored timestamp can have", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  PushRecord first = event("first", 1);
  PushRecord final = event("final", 1);
  first.record.timestamp = earliest_timestamp;
  final.record.timestamp = latest_timestamp;
  REQUIRE(push(storage, first) == PushOutcome{});
  REQUIRE(push(storage, final) == PushOutcome{});
  const auto reverse = GENERATE(false, true);
  const auto count = [&](std::optional<Timestamp> after, std::optional<Timestamp> before) {
    return storage
        .list_aggregate_ids("POKEMONS",
                            {.initial_event_after = after, .initial_event_before = before, .reverse = reverse})
        .aggregate_ids.size();
  };
  CHECK(count(Timestamp::min(), Timestamp::max()) == 2);
  CHECK(count(earliest_timestamp, latest_timestamp) == 2);
  CHECK(count(Timestamp::max(), std::nullopt) == 0);
  CHECK(count(std::nullopt, Timestamp::min()) == 0);
  CHECK(count(latest_timestamp, std::nullopt) == 1);
  CHECK(count(std::nullopt, earliest_timestamp) == 1);
}

TEST_CASE("pages of equal timestamps miss no id, whatever its bytes", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  const std::vector<std::string> ids{"", "\x01", "a", "a\x01", "aa", "b", "\x7F", "\xC3\xA9", "\xF4\x8F\xBF\xBF"};
  for (const std::string& id : ids) REQUIRE(push(storage, event(id, 1)) == PushOutcome{});
  for (const bool reverse : {false, true}) {
    std::vector<std::string> listed;
    std::optional<std::string> token;
    do {
      // The bounds are inclusive, also when they hold for every event.
      const auto page = storage.list_aggregate_ids("POKEMONS", {.limit = 1,
                                                                .page_token = token,
                                                                .initial_event_after = noon,
                                                                .initial_event_before = noon,
                                                                .reverse = reverse});
      REQUIRE(page.aggregate_ids.size() == 1);
      listed.push_back(page.aggregate_ids.front().aggregate_id);
      token = page.next_page_token;
    } while (token);
    CHECK(listed == (reverse ? std::vector<std::string>(ids.rbegin(), ids.rend()) : ids));
  }
}

TEST_CASE("a bound beyond the page token's place moves the start of the page there", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  const auto hour = [](int number) { return noon + std::chrono::hours{number}; };
  for (int number = 0; number < 6; ++number) {
    PushRecord record = event(std::to_string(number), 1);
    record.record.timestamp = hour(number);
    REQUIRE(push(storage, record) == PushOutcome{});
  }
  const auto ids = [&](const ListAggregateIdsOptions& options) {
    std::string all;
    for (const AggregateIdEntry& entry : storage.list_aggregate_ids("POKEMONS", options).aggregate_ids) {
      all += entry.aggregate_id;
    }
    return all;
  };
  const auto forward = storage.list_aggregate_ids("POKEMONS", {.limit = 2}).next_page_token;
  const auto backward = storage.list_aggregate_ids("POKEMONS", {.limit = 2, .reverse = true}).next_page_token;
  CHECK(ids({.limit = 9, .page_token = forward}) == "2345");
  CHECK(ids({.limit = 9, .page_token = forward, .initial_event_after = hour(4)}) == "45");
  CHECK(ids({.limit = 9, .page_token = forward, .initial_event_after = hour(1)}) == "2345");
  CHECK(ids({.limit = 9, .page_token = forward, .initial_event_after = hour(0)}) == "2345");
  CHECK(ids({.limit = 9, .page_token = backward}) == "3210");
  CHECK(ids({.limit = 9, .page_token = backward, .initial_event_before = hour(1)}) == "10");
  CHECK(ids({.limit = 9, .page_token = backward, .initial_event_before = hour(4)}) == "3210");
  CHECK(ids({.limit = 9, .page_token = backward, .initial_event_before = hour(5)}) == "3210");
}

TEST_CASE("every query seeks in an index and none sorts", "[sqlite]") {
  const TempDirectory folder;
  { SqliteEventStorageAdapter storage{folder / "pokemons.db"}; }
  PlainSqlite file{folder / "pokemons.db"};
  const auto plan = [&](const char* sql) { return file.value(std::string{"EXPLAIN QUERY PLAN "} + sql); };

  CHECK(contains(plan(detail::sqlite_get_events),
                 "SEARCH event USING INDEX sqlite_autoindex_event_1 (event_store_id=? AND "
                 "aggregate_id=? AND version>? AND version<?)"));
  CHECK(plan(detail::sqlite_get_events) == plan(detail::sqlite_get_events_reverse));
  CHECK(contains(plan(detail::sqlite_list),
                 "INDEX event_initial (event_store_id=? AND (timestamp,aggregate_id)>(?,?) AND "
                 "timestamp<?)"));
  CHECK(contains(plan(detail::sqlite_list_reverse),
                 "INDEX event_initial (event_store_id=? AND timestamp>? AND "
                 "(timestamp,aggregate_id)<(?,?))"));
  CHECK(contains(plan(detail::sqlite_has_event), "SEARCH event USING COVERING INDEX"));
  for (const char* sql : {detail::sqlite_get_events, detail::sqlite_get_events_reverse, detail::sqlite_list,
                          detail::sqlite_list_reverse, detail::sqlite_has_event, detail::sqlite_push}) {
    const auto steps = file.rows(std::string{"EXPLAIN QUERY PLAN "} + sql);
    for (const std::string& step : steps) {
      INFO(step);
      CHECK(step.find("SCAN event") == std::string::npos);
      CHECK(step.find("TEMP B-TREE") == std::string::npos);
    }
  }
}

TEST_CASE("a list reads the index alone, and a page late in it costs no more than the first", "[sqlite]") {
  const TempDirectory folder;
  { SqliteEventStorageAdapter storage{folder / "pokemons.db"}; }
  PlainSqlite file{folder / "pokemons.db"};
  file.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO event "
      "(event_store_id, aggregate_id, version, type, timestamp) SELECT 'POKEMONS', printf('%05d', i), 1, 'T', "
      "'2022-01-01T12:00:00.000Z' FROM n");
  const std::string table = file.value("SELECT rootpage FROM sqlite_schema WHERE name = 'event'");
  for (const char* sql : {detail::sqlite_list, detail::sqlite_list_reverse}) {
    // addr|opcode|p1|p2|...: which cursor is on the table, and whether a column comes from it.
    std::string table_cursor = "none";
    for (const std::string& step : file.rows(std::string{"EXPLAIN "} + sql)) {
      std::vector<std::string> fields(1);
      for (const char character : step) {
        if (character == '|') {
          fields.emplace_back();
        } else {
          fields.back() += character;
        }
      }
      if (fields[1] == "OpenRead" && fields[3] == table) table_cursor = fields[2];
      INFO(step);
      CHECK_FALSE((fields[1] == "Column" && fields[2] == table_cursor));
    }
    CHECK(table_cursor != "none");

    const auto steps_from = [&](const char* id) {
      sqlite3_stmt* statement = nullptr;
      REQUIRE(sqlite3_prepare_v2(file.handle(), sql, -1, &statement, nullptr) == SQLITE_OK);
      const std::string_view end = sql == detail::sqlite_list ? "\xFF" : "";
      sqlite3_bind_text(statement, 1, "POKEMONS", -1, SQLITE_STATIC);
      sqlite3_bind_text(statement, 2, "2022-01-01T12:00:00.000Z", -1, SQLITE_STATIC);
      sqlite3_bind_text(statement, 3, id, -1, SQLITE_STATIC);
      sqlite3_bind_text(statement, 4, end.data(), static_cast<int>(end.size()), SQLITE_STATIC);
      int rows = 0;
      while (rows < 10 && sqlite3_step(statement) == SQLITE_ROW) ++rows;
      const int steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
      sqlite3_finalize(statement);
      CHECK(rows == 10);
      return steps;
    };
    CHECK(steps_from("00100") < 1000);
    CHECK(steps_from("04900") == steps_from("00100"));
  }
}

TEST_CASE("a sink that throws ends the load with its exception and leaves the adapter usable", "[sqlite]") {
  const auto path = GENERATE(as<std::string>{}, ":memory:", "file");
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{path == "file" ? folder / "pokemons.db" : path};
  REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{});
  for (int round = 0; round < 3; ++round) {
    int calls = 0;
    const auto throwing = [&](const EventRecordView&) {
      ++calls;
      throw std::out_of_range{"the sink's own"};
    };
    CHECK_THROWS_AS(storage.get_events("POKEMONS", "pikachu", {}, throwing), std::out_of_range);
    CHECK(calls == 1);
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2});
  }
  CHECK(push(storage, event("pikachu", 3)) == PushOutcome{});
}

TEST_CASE("a sink may load and push in the same file, and its own load does not see that push", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "pokemons.db"};
  REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{});
  std::vector<Version> seen;
  storage.get_events("POKEMONS", "pikachu", {}, [&](const EventRecordView& outer) {
    seen.push_back(outer.version);
    if (outer.version > 1) return;
    CHECK(push(storage, event("pikachu", 3), event("raichu", 1)) == PushOutcome{});
    CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2, 3});
    CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 2);
  });
  CHECK(seen == std::vector<Version>{1, 2});
}

TEST_CASE("in memory, a sink that calls the adapter gets an error instead of waiting forever", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2)) == PushOutcome{});
  const auto expect_refusal = [&](auto call) {
    const Failure error =
        failure_of([&] { storage.get_events("POKEMONS", "pikachu", {}, [&](const EventRecordView&) { call(); }); });
    CHECK(error.says("do not call the adapter"));
    CHECK_FALSE(error.retryable);
  };
  expect_refusal([&] { load(storage, "pikachu"); });
  expect_refusal([&] { push(storage, event("pikachu", 3)); });
  expect_refusal([&] { storage.list_aggregate_ids("POKEMONS", {}); });
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1, 2});
}

TEST_CASE("loads go on while another connection holds a write transaction", "[sqlite]") {
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{folder / "pokemons.db", {.busy_timeout = std::chrono::milliseconds{0}}};
  REQUIRE(push(storage, event("pikachu", 1)) == PushOutcome{});
  PlainSqlite other{folder / "pokemons.db"};
  other.rows("BEGIN IMMEDIATE; DELETE FROM event");
  CHECK(versions(storage, "pikachu") == std::vector<Version>{1});
  CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
  other.rows("COMMIT");
  CHECK(versions(storage, "pikachu").empty());
}

TEST_CASE("eight threads on one adapter lose and double no version", "[sqlite]") {
  const auto path = GENERATE(as<std::string>{}, ":memory:", "file");
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{path == "file" ? folder / "pokemons.db" : path,
                                    {.synchronous = SqliteSynchronous::normal}};
  constexpr int threads = 8;
  constexpr int pushes = 30;
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&storage, thread] {
      for (int push_number = 0; push_number < pushes; ++push_number) {
        const std::string payload = std::to_string(thread * pushes + push_number);
        while (true) {
          const auto last = versions(storage, "pikachu", {.limit = 1, .reverse = true});
          const Version next = last.empty() ? 1 : last.front() + 1;
          if (push(storage, event("pikachu", next, payload)) == PushOutcome{}) break;
        }
        storage.list_aggregate_ids("POKEMONS", {});
      }
    });
  }
  for (std::thread& thread : running) thread.join();

  std::map<int, int> payloads;
  Version expected = 0;
  for (const EventRecord& event : load(storage, "pikachu")) {
    CHECK(event.version == ++expected);
    ++payloads[std::stoi(event.payload)];
  }
  CHECK(expected == threads * pushes);
  CHECK(payloads.size() == threads * pushes);
}

}  // namespace
