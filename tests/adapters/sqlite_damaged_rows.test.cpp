// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <castore/castore.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Rows that the adapter has not written: another program, a hand, a disk.

namespace {

using namespace castore;
using namespace castore::sqlite_tests;

const std::string where = "event 1 of aggregate 'pikachu' in event store 'POKEMONS' has no valid ";
const std::string remedy = "; correct its row or restore the file from a backup";

/// A file with events 1 and 2 of pikachu and 1 of raichu, whose schema lets NULLs in, changed by plain sqlite3.
void make_file(const std::string& path, const std::string& change) {
  {
    SqliteEventStorageAdapter storage{path};
    REQUIRE(push(storage, event("pikachu", 1), event("pikachu", 2), event("raichu", 1)) == PushOutcome{});
  }
  PlainSqlite{path}.rows(change);
}

TEST_CASE("a row that an event cannot have is reported with file, store, aggregate, version and what to write",
          "[sqlite]") {
  struct Case {
    std::string_view change;
    std::string_view event;
    std::string_view wrong;
  };
  const Case cases[] = {
      {"UPDATE event SET timestamp = 'yesterday' WHERE version = 1", "event 1",
       "timestamp: write it as 2022-01-01T00:00:00.000Z"},
      {"UPDATE event SET timestamp = '' WHERE version = 1", "event 1",
       "timestamp: write it as 2022-01-01T00:00:00.000Z"},
      {"UPDATE event SET version = -3 WHERE version = 1", "event -3", "version: they start at 1"},
      {"UPDATE event SET version = 0 WHERE version = 1", "event 0", "version: they start at 1"},
      {"UPDATE event SET payload = '' WHERE version = 1", "event 1", "payload: write one JSON value, or NULL"},
      {"UPDATE event SET metadata = '' WHERE version = 1", "event 1", "metadata: write one JSON value, or NULL"},
  };
  for (const Case& each : cases) {
    INFO(each.change);
    const TempDirectory folder;
    make_file(folder / "file.db", std::string{each.change});
    const bool read_only = GENERATE(false, true);
    SqliteEventStorageAdapter storage{folder / "file.db", {.read_only = read_only}};
    for (const bool reverse : {false, true}) {
      const Failure error = failure_of([&] { load(storage, "pikachu", {.reverse = reverse}); });
      CHECK(error.what == "castore: SQLite file '" + folder / "file.db" + "' is damaged: " + std::string{each.event} +
                              " of aggregate 'pikachu' in event store 'POKEMONS' has no valid " +
                              std::string{each.wrong} + remedy);
      CHECK_FALSE(error.retryable);
      CHECK(error.code == std::nullopt);
    }
    CHECK(versions(storage, "pikachu", {.min_version = 2}) == std::vector<Version>{2});
  }
}

TEST_CASE("a NULL where the schema forbids it is reported, too", "[sqlite]") {
  const TempDirectory folder;
  make_file(folder / "file.db", "SELECT 1");
  SqliteEventStorageAdapter storage{folder / "file.db"};
  {
    PlainSqlite other{folder / "file.db"};
    sqlite3_db_config(other.handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
    other.rows("PRAGMA writable_schema = ON");
    other.rows(
        "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'event';"
        "PRAGMA writable_schema = RESET");
  }
  const auto loading = [&](const char* change) {
    PlainSqlite{folder / "file.db"}.rows(change);
    return failure_of([&] { load(storage, "pikachu"); });
  };
  CHECK(loading("UPDATE event SET type = NULL WHERE version = 1").says(where + "type: it has none" + remedy));
  CHECK(loading("UPDATE event SET type = 'T', timestamp = NULL WHERE version = 1").says(where + "timestamp"));
  PlainSqlite{folder / "file.db"}.rows(
      "UPDATE event SET timestamp = '2022-01-01T12:00:00.000Z', aggregate_id = NULL WHERE version = 1");
  const Failure error = failure_of([&] { storage.list_aggregate_ids("POKEMONS", {}); });
  CHECK(error.says("event 1 of aggregate '' in event store 'POKEMONS' has no valid aggregate_id: write UTF-8 text"));
}

TEST_CASE("ids that no push takes are refused where they are listed, and shown in safe form", "[sqlite]") {
  const auto id = GENERATE(as<std::string>{}, "'a' || char(0) || 'b'", "CAST(x'61FF' AS TEXT)");
  const TempDirectory folder;
  make_file(folder / "file.db", "UPDATE event SET aggregate_id = " + id + " WHERE aggregate_id = 'raichu'");
  SqliteEventStorageAdapter storage{folder / "file.db"};
  const Failure listing = failure_of([&] { storage.list_aggregate_ids("POKEMONS", {}); });
  const std::string shown = id[0] == 'C' ? "'a\\xFF'" : "'a\\x00b'";
  CHECK(listing.says("event 1 of aggregate " + shown + " in event store 'POKEMONS' has no valid aggregate_id"));
  CHECK(storage.list_event_stores() == std::vector<std::string>{"POKEMONS"});

  PlainSqlite{folder / "file.db"}.rows("UPDATE event SET event_store_id = " + id + " WHERE version = 2");
  const Failure stores = failure_of([&] { storage.list_event_stores(); });
  CHECK(stores.says("SQLite file '" + folder / "file.db" + "' is damaged: the event store id " + shown +
                    " is not UTF-8 text without NUL; correct its rows or restore the file from a backup"));
  CHECK_FALSE(stores.retryable);
}

struct LeveledUp {
  static constexpr std::string_view type = "LEVELED_UP";
  int level = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(LeveledUp, level)
};
struct Reducer {
  void operator()(Aggregate&, const LeveledUp&) const {}
};

TEST_CASE("texts are read whole, and a payload that is not one JSON value names its event", "[sqlite]") {
  const TempDirectory folder;
  make_file(
      folder / "file.db",
      "UPDATE event SET type = 'LEVELED_UP' || char(0) WHERE version = 2; UPDATE event SET payload = '{\"level\":5}'"
      " WHERE version = 1");
  SqliteEventStorageAdapter storage{folder / "file.db"};
  const EventStore<Events<LeveledUp>, Aggregate, Reducer> store{"POKEMONS", storage};
  CHECK(store.get_events("pikachu", {.max_version = 1}).size() == 1);
  try {
    store.get_events("pikachu");
    FAIL("a type with a NUL was taken for one without");
  } catch (const UnknownEventTypeError& error) {
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == 2);
    CHECK(error.type() == std::string{"LEVELED_UP\0", 11});
  }
  const std::string with_nul{"{\"level\":5}\0,\"level\":6}", 23};
  for (const std::string& payload : {std::string{"level 5"}, with_nul, std::string{"{\"level\":5} {}"}}) {
    std::string sql = payload;
    if (const auto nul = sql.find('\0'); nul != std::string::npos) sql.replace(nul, 1, "' || char(0) || '");
    PlainSqlite{folder / "file.db"}.rows("UPDATE event SET payload = '" + sql + "' WHERE aggregate_id = 'raichu'");
    CHECK(load(storage, "raichu").at(0).payload == payload);
    try {
      store.get_events("raichu");
      FAIL(payload);
    } catch (const EventDecodeError& error) {
      CHECK(error.event_store_id() == "POKEMONS");
      CHECK(error.aggregate_id() == "raichu");
      CHECK(error.version() == 1);
    }
  }
}

TEST_CASE("a push refuses text that is not one JSON value, and writes nothing", "[sqlite]") {
  const auto path = GENERATE(as<std::string>{}, ":memory:", "file");
  const TempDirectory folder;
  SqliteEventStorageAdapter storage{path == "file" ? folder / "file.db" : path};
  for (const bool is_group : {false, true}) {
    PushRecord damaged = event("pikachu", 1, std::string{"{}\0!", 4});
    std::vector<PushRecord> records{damaged};
    if (is_group) records.insert(records.begin(), event("raichu", 1));
    try {
      storage.push_events(records, {});
      FAIL("text behind a NUL was taken");
    } catch (const InvalidEventError& error) {
      CHECK(error.field() == "payload");
    }
    CHECK(versions(storage, "pikachu").empty());
    CHECK(versions(storage, "raichu").empty());
  }
}

TEST_CASE("the form that is listed is the form that is written, at every time", "[sqlite]") {
  constexpr auto step = std::chrono::hours{24 * 97} + std::chrono::milliseconds{17'654'321};
  for (Timestamp time = earliest_timestamp; time <= latest_timestamp - step; time += step) {
    const std::string text = format_timestamp(time);
    if (detail::parse_sortable_timestamp(text) != time) FAIL(text);
  }
  CHECK(detail::parse_sortable_timestamp(format_timestamp(earliest_timestamp)) == earliest_timestamp);
  CHECK(detail::parse_sortable_timestamp(format_timestamp(latest_timestamp)) == latest_timestamp);
  // One character less or more than a digit, and another sign, at every place.
  const std::string right = "2022-11-22T12:34:56.789Z";
  REQUIRE(detail::parse_sortable_timestamp(right));
  for (std::size_t place = 0; place < right.size(); ++place) {
    for (const char wrong : {'/', ':', '-', '.', 'T', 'Z', ' ', 'z', '\0', '\xFF'}) {
      std::string text = right;
      text[place] = wrong;
      CHECK(detail::parse_sortable_timestamp(text).has_value() == (wrong == right[place]));
    }
  }
}

/// Timestamps of other forms in the order of their text, each at noon or within a second of it.
const std::vector<std::string> foreign_timestamps{"2022-01-01T11:59:60.000Z",
                                                  "2021-12-31T24:00:00.000Z",
                                                  "2022-01-01T12:60:00.000Z",
                                                  "2022-02-30T12:00:00.000Z",
                                                  "2022/01/01T12:00:00.000Z",
                                                  "2022-01-01T12:00:00.0001Z",
                                                  "2022-01-01T12:00:00.1Z",
                                                  "2022-01-01T12:00:00.12Z",
                                                  "2022-01-01T12:00:00Z",
                                                  "2022-01-01T14:00:00+02:00",
                                                  "2022-01-01T14:00:00.000+02:00",
                                                  "2022-01-01 12:00:00.000",
                                                  "2022-01-01T12:00:00.000z",
                                                  "2022-01-01",
                                                  "1641038400",
                                                  "+012022-01-01T12:00:00.000Z",
                                                  "2022-01-01T12:00:00.000+00",
                                                  "2022-01-01T12:00:00,000Z",
                                                  "2022-13-01T12:00:00.000Z"};

TEST_CASE("a list that comes to a timestamp of another form refuses it by name, and never repeats or misses an id",
          "[sqlite]") {
  for (const std::string& timestamp : foreign_timestamps) {
    INFO(timestamp);
    const TempDirectory folder;
    make_file(folder / "file.db", "UPDATE event SET timestamp = '" + timestamp + "' WHERE aggregate_id = 'pikachu'");
    SqliteEventStorageAdapter storage{folder / "file.db"};
    for (const bool reverse : {false, true}) {
      for (const std::optional<std::size_t> limit : {std::optional<std::size_t>{}, std::optional<std::size_t>{1}}) {
        std::vector<std::string> listed;
        ListAggregateIdsOptions options{.limit = limit, .reverse = reverse};
        const Failure error = failure_of([&] {
          for (int page = 0; page < 3; ++page) {
            const auto found = storage.list_aggregate_ids("POKEMONS", options);
            for (const auto& entry : found.aggregate_ids) listed.push_back(entry.aggregate_id);
            options.page_token = found.next_page_token;
          }
        });
        CHECK(error.says(where + "timestamp: write it as 2022-01-01T00:00:00.000Z, in UTC" + remedy));
        CHECK_FALSE(error.retryable);
        CHECK(listed.size() <= 1);
        if (!listed.empty()) CHECK(listed[0] == "raichu");
      }
    }
    CHECK(storage.list_aggregate_ids("TRAINERS", {}).aggregate_ids.empty());
    CHECK(storage.list_event_stores() == std::vector<std::string>{"POKEMONS"});
  }
}

TEST_CASE("a list between bounds refuses a timestamp of another form in the second of a bound", "[sqlite]") {
  const auto time = [](const char* text) { return parse_timestamp(text); };
  for (const char* timestamp : {"2022-01-01T12:00:00.5Z", "2022-01-01T12:00:00Z", "2022-01-01T12:00:00.4999Z"}) {
    INFO(timestamp);
    const TempDirectory folder;
    make_file(folder / "file.db",
              "UPDATE event SET timestamp = '" + std::string{timestamp} + "' WHERE aggregate_id = 'pikachu'");
    SqliteEventStorageAdapter storage{folder / "file.db"};
    const bool reverse = GENERATE(false, true);
    const auto refuses = [&](ListAggregateIdsOptions options) {
      options.reverse = reverse;
      CHECK(failure_of([&] { storage.list_aggregate_ids("POKEMONS", options); }).says(where + "timestamp"));
    };
    refuses({.initial_event_after = time("2022-01-01T12:00:00.500Z")});
    refuses({.initial_event_before = time("2022-01-01T12:00:00.000Z")});
    refuses({.initial_event_after = time("2022-01-01T12:00:00.999Z"),
             .initial_event_before = time("2022-01-01T13:00:00.000Z")});
    CHECK(storage
              .list_aggregate_ids("POKEMONS",
                                  {.initial_event_after = time("2022-01-01T12:00:01.000Z"), .reverse = reverse})
              .aggregate_ids.empty());
    CHECK(storage
              .list_aggregate_ids("POKEMONS",
                                  {.initial_event_before = time("2022-01-01T11:59:59.999Z"), .reverse = reverse})
              .aggregate_ids.empty());
  }
}

TEST_CASE("bounds within one second select by the millisecond, page by page", "[sqlite]") {
  SqliteEventStorageAdapter storage{":memory:"};
  for (int millisecond = 0; millisecond < 10; ++millisecond) {
    PushRecord record = event(std::to_string(millisecond), 1);
    record.record.timestamp += std::chrono::milliseconds{millisecond};
    REQUIRE(push(storage, record) == PushOutcome{});
  }
  const auto at = [](int millisecond) { return noon + std::chrono::milliseconds{millisecond}; };
  for (const bool reverse : {false, true}) {
    for (const std::size_t limit : {1U, 2U, 3U, 4U, 5U}) {
      std::string listed;
      int pages = 0;
      ListAggregateIdsOptions options{
          .limit = limit, .initial_event_after = at(3), .initial_event_before = at(6), .reverse = reverse};
      do {
        const auto page = storage.list_aggregate_ids("POKEMONS", options);
        CHECK(page.aggregate_ids.size() <= limit);
        for (const auto& entry : page.aggregate_ids) listed += entry.aggregate_id;
        options.page_token = page.next_page_token;
        ++pages;
      } while (options.page_token && pages < 10);
      CHECK(listed == (reverse ? "6543" : "3456"));
      CHECK(pages == static_cast<int>((4 + limit - 1) / limit));
    }
  }
}

}  // namespace
