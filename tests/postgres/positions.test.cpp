// SPDX-License-Identifier: MIT
// The numbers of events: which they are, in which order, which are left out; and the list of event stores.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using namespace std::chrono_literals;

/// "aggregate version" of all events in the order of their numbers.
std::string in_order(const Storage& storage, const std::string& order = "id") {
  return PlainPostgres{}.value("SELECT string_agg(aggregate_id || version, ' ' ORDER BY " + order + ") FROM " +
                               storage.table().quoted());
}

TEST_CASE("a push says the number of its first event, which is its column id", "[postgres]") {
  Storage storage;
  CHECK(push(*storage, event("pikachu", 1)).position == 1);
  CHECK(push(*storage, event("zebra", 1), event("ant", 1), event("zebra", 2)).position == 2);
  CHECK(in_order(storage) == "pikachu1 zebra1 ant1 zebra2");
  CHECK(push(*storage, event("pikachu", 2)).position == 5);
  CHECK(push(*storage, event("pikachu", 2)).position == 0);
  CHECK(push(*storage, event("pikachu", 4)).position == 0);
  CHECK(push(*storage, event("new", 1), event("pikachu", 2)).position == 0);
  // A forced event keeps its number.
  CHECK(storage->push_events(std::vector{event("ant", 1), event("fly", 1)}, {.force = true}).position == 3);
  CHECK(storage->push_events(std::vector{event("zebra", 2)}, {.force = true}).position == 4);
  const Position next = storage->push_events(std::vector{event("zebra", 9), event("bee", 1)}, {.force = true}).position;
  CHECK(PlainPostgres{}.value("SELECT id FROM " + storage.table().quoted() + " WHERE version = 9") ==
        std::to_string(next));
  CHECK(in_order(storage) == "pikachu1 zebra1 ant1 zebra2 pikachu2 fly1 zebra9 bee1");
}

TEST_CASE("a push whose answer was lost says the number that its event has", "[postgres]") {
  Storage direct;
  Proxy proxy;
  PostgresEventStorageAdapter storage{proxy.connection_string(), direct.table().options()};
  CHECK(push(storage, event("warm", 1)).position == 1);
  CHECK(push(storage, event("warm", 2), event("warm", 3)).position == 2);
  proxy.plan("a");
  CHECK(push(storage, event("pikachu", 1)).position == 4);
  proxy.plan("a");
  CHECK(push(storage, event("zebra", 1), event("ant", 1)).position == 5);
  CHECK(in_order(direct) == "warm1 warm2 warm3 pikachu1 zebra1 ant1");
}

TEST_CASE("the numbers of a group rise in its order, though its aggregates are written in one order", "[postgres]") {
  Storage storage;
  const PushOutcome outcome = push(*storage, event("c", 1), event("a", 1), event("b", 1), event("a", 2), event("c", 2));
  CHECK(outcome == PushOutcome{});
  CHECK(outcome.position == 1);
  CHECK(in_order(storage) == "c1 a1 b1 a2 c2");
  // Others that wrote them in another order could wait for each other in a circle.
  CHECK(in_order(storage, "ctid") == "a1 a2 b1 c1 c2");
}

TEST_CASE("a group draws its numbers while it holds its lock of the table", "[postgres]") {
  Storage storage;
  push(*storage, event("warm", 1), event("warm", 2));
  PlainPostgres other;
  other.rows("BEGIN; LOCK TABLE " + storage.table().quoted() + " IN SHARE MODE");
  std::thread pushing{[&] { push(*storage, event("b", 1), event("a", 1)); }};
  CHECK(waits_for_lock_of(storage.table(), "RowExclusiveLock"));
  CHECK(other.value("SELECT last_value FROM " + storage.table().name() + "_id_seq") == "2");
  other.rows("COMMIT");
  pushing.join();
  CHECK(in_order(storage) == "warm1 warm2 b1 a1");
}

TEST_CASE("groups of two aggregates in opposite orders do not wait for each other in a circle", "[postgres]") {
  Storage storage;
  // A deadlock would be found after a second only, so that a few of them take longer than all this may.
  PlainPostgres{}.rows("SELECT pg_stat_reset()");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 40; ++round) {
        const std::string a = "a" + std::to_string(round);
        const std::string b = "b" + std::to_string(round);
        const PushOutcome outcome =
            thread % 2 == 0 ? push(*storage, event(a, 1), event(b, 1)) : push(*storage, event(b, 1), event(a, 1));
        if (outcome != PushOutcome{} && outcome != PushOutcome{PushOutcome::already_exists, 0}) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(PlainPostgres{}.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == "0");
  CHECK(PlainPostgres{}.value("SELECT count(*) FROM " + storage.table().quoted()) == "80");
}

TEST_CASE("the first event of a group that is in the way is named, and whether it exists or leaves a gap",
          "[postgres]") {
  Storage storage;
  push(*storage, event("c", 1), event("b", 1));
  const auto exists = [](std::size_t index) { return PushOutcome{PushOutcome::already_exists, index}; };
  const auto gap = [](std::size_t index) { return PushOutcome{PushOutcome::version_gap, index}; };
  CHECK(push(*storage, event("d", 1), event("c", 3), event("b", 1)) == gap(1));
  CHECK(push(*storage, event("d", 1), event("c", 1), event("b", 3)) == exists(1));
  CHECK(push(*storage, event("d", 2), event("d", 1)) == gap(0));
  CHECK(push(*storage, event("d", 1), event("d", 3), event("d", 2)) == gap(1));
  CHECK(push(*storage, event("c", 2), event("c", 3), event("c", 1)) == exists(2));
  CHECK(push(*storage, event("c", 2), event("d", 2), event("c", 3)) == gap(1));
  storage->push_events(std::vector{event("c", 4)}, {.force = true});
  CHECK(push(*storage, event("c", 2), event("c", 3), event("c", 4)) == exists(2));
  CHECK(push(*storage, event("c", 5), event("c", 6)) == PushOutcome{});
  CHECK(versions(*storage, "c") == std::vector<Version>{1, 4, 5, 6});
  CHECK(push(*storage, event("c", 2), event("c", 3)) == PushOutcome{});
  CHECK(load(*storage, "d").empty());
}

TEST_CASE("a group that meets what another one writes at the same time is refused whole, and names the event",
          "[postgres]") {
  Storage storage;
  push(*storage, event("warm", 1), event("warm", 2));
  for (const auto& [all, in_order] : {std::pair{true, true}, {false, true}, {false, false}}) {
    const std::string id = std::string{all ? "all" : "some"} + (in_order ? " in order" : "");
    PlainPostgres other;
    other.rows("BEGIN; INSERT INTO " + storage.table().quoted() +
               " (aggregate_name, aggregate_id, version, type) VALUES ('POKEMONS', '" + id + "', 1, 'T')" +
               (all ? ", ('POKEMONS', '" + id + "', 2, 'T')" : ""));
    PushOutcome outcome{PushOutcome::version_gap, 9};
    std::thread pushing{[&] {
      outcome =
          all ? push(*storage, event(id, 1), event(id, 2))
              : (in_order ? push(*storage, event("b", 1), event(id, 1)) : push(*storage, event("z", 1), event(id, 1)));
    }};
    CHECK(eventually([] {
      return PlainPostgres{}.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") !=
             "0";
    }));
    other.rows("COMMIT");
    pushing.join();
    CHECK(outcome == PushOutcome{PushOutcome::already_exists, all ? 0U : 1U});
  }
  CHECK(load(*storage, "b").empty());
  CHECK(load(*storage, "z").empty());
}

TEST_CASE("groups of any number of aggregates are pushed, new ones and ones that exist", "[postgres]") {
  Storage storage;
  for (const std::size_t size : {2U, 8U, 9U, 120U}) {
    for (Version version = 1; version <= 3; ++version) {
      std::vector<PushRecord> group;
      for (std::size_t index = size; index-- > 0;) group.push_back(event(std::to_string(size * 1000 + index), version));
      if (version == 2) std::reverse(group.begin(), group.end());
      CHECK(storage->push_events(group, {}) == PushOutcome{});
      CHECK(storage->push_events(group, {}) == PushOutcome{PushOutcome::already_exists, 0});
    }
    CHECK(versions(*storage, std::to_string(size * 1000 + size - 1)) == std::vector<Version>{1, 2, 3});
  }
}

TEST_CASE("a conflict or a gap of one event that can be seen takes no number", "[postgres]") {
  Storage storage;
  push(*storage, event("pikachu", 1));
  for (int time = 0; time < 5; ++time) {
    CHECK(push(*storage, event("pikachu", 1)) == PushOutcome{PushOutcome::already_exists, 0});
    CHECK(push(*storage, event("pikachu", 3)) == PushOutcome{PushOutcome::version_gap, 0});
  }
  CHECK(push(*storage, event("pikachu", 2)).position == 2);
  for (int time = 0; time < 5; ++time) {
    CHECK(push(*storage, event("pikachu", 2)) == PushOutcome{PushOutcome::already_exists, 0});
  }
  CHECK(push(*storage, event("pikachu", 3)).position == 3);
}

TEST_CASE("the end of the numbers says what to do, and then they go on", "[postgres]") {
  Storage storage{{.id_type = PostgresIdType::serial}};
  PlainPostgres plain;
  const std::string table = storage.table().quoted();
  const std::string sequence = storage.table().name() + "_id_seq";
  plain.rows("SELECT setval('" + sequence + "', 2147483646)");
  CHECK(push(*storage, event("pikachu", 1)).position == 2'147'483'647);
  const auto check_full = [&](auto... events) {
    const Failure error = failure_of([&] { push(*storage, events...); });
    CHECK(error.says("the sequence of column id has given out its last number and nothing was written"));
    CHECK(error.says("make column and sequence a BIGINT (ALTER TABLE ... ALTER id TYPE BIGINT; ALTER SEQUENCE ..."));
    CHECK(error.sqlstate == "2200H");
    CHECK_FALSE(error.retryable);
  };
  check_full(event("pikachu", 2));
  check_full(event("pikachu", 2), event("pikachu", 3));
  plain.rows("ALTER SEQUENCE " + sequence + " AS BIGINT");
  const Failure error = failure_of([&] { push(*storage, event("pikachu", 2)); });
  CHECK(error.says("where column id is an INTEGER, make it and its sequence a BIGINT"));
  CHECK(error.sqlstate == "22003");
  CHECK(failure_of([&] { push(*storage, event("pikachu", 2), event("pikachu", 3)); }).sqlstate == "22003");
  plain.rows("ALTER TABLE " + table + " ALTER id TYPE BIGINT");
  CHECK(push(*storage, event("pikachu", 2)).position > 2'147'483'647);
  CHECK(push(*storage, event("pikachu", 3), event("pikachu", 4)) == PushOutcome{});
}

TEST_CASE("numbers may come from an identity column, or from any other default", "[postgres]") {
  for (const std::string& numbers :
       {std::string{"GENERATED ALWAYS AS IDENTITY"}, std::string{"GENERATED BY DEFAULT AS IDENTITY"},
        std::string{"DEFAULT (nextval('" + TempTable::unique_name() + "') * 10)"}}) {
    CAPTURE(numbers);
    Storage storage;
    PlainPostgres plain;
    const std::string table = storage.table().quoted();
    if (const auto quote = numbers.find('\''); quote != std::string::npos) {
      plain.rows("CREATE SEQUENCE " + numbers.substr(quote + 1, numbers.rfind('\'') - quote - 1));
    }
    plain.rows("ALTER TABLE " + table + " DROP COLUMN id; ALTER TABLE " + table + " ADD COLUMN id BIGINT " + numbers);
    const Position first = push(*storage, event("b", 1)).position;
    CHECK(first > 0);
    CHECK(push(*storage, event("b", 2), event("a", 1)).position > first);
    CHECK(storage->push_events(std::vector{event("b", 3), event("a", 1)}, {.force = true}).position > first);
    CHECK(in_order(storage) == "b1 b2 a1 b3");
  }
}

TEST_CASE("every event store with an event is listed once, in the order of bytes", "[postgres]") {
  Storage storage;
  CHECK(storage->list_event_stores().empty());
  const std::vector<std::string> ids{"", "A", "B", "POKEMONS", "a", "b", "z'\"", "\xc3\xa4", "\xf0\x9f\x90\x89"};
  for (const std::string& id : ids) {
    for (Version version = 1; version <= 3; ++version) {
      PushRecord record = event("pikachu", version);
      record.event_store_id = id;
      push(*storage, record);
    }
  }
  // An aggregate without version 1 is an event, too.
  PushRecord record = event("forced", 5);
  record.event_store_id = "FORCED";
  storage->push_events({&record, 1}, {.force = true});
  std::vector<std::string> expected = ids;
  expected.insert(expected.begin() + 3, "FORCED");
  CHECK(storage->list_event_stores() == expected);
  // As Castore makes its columns: ordered by the words of a language.
  PlainPostgres{}.rows("ALTER TABLE " + storage.table().quoted() +
                       " ALTER aggregate_name TYPE VARCHAR(100) COLLATE \"en-x-icu\"");
  CHECK(storage->list_event_stores() == expected);
  PlainPostgres{}.rows("DELETE FROM " + storage.table().quoted() + " WHERE aggregate_name IN ('A', 'b')");
  std::erase(expected, "A");
  std::erase(expected, "b");
  CHECK(storage->list_event_stores() == expected);
  storage->drop_event_table();
  CHECK(failure_of([&] { (void)storage->list_event_stores(); }).says("create it with create_event_table"));
}

}  // namespace
