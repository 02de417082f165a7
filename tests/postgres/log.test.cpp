// SPDX-License-Identifier: MIT
// The one order of all events: what a follower sees while others write, roll back, hold on and are killed.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/own_server.hpp"
#include "postgres/support/postgres.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using namespace std::chrono_literals;
using detail::PostgresOrder;

/// "aggregate version" of the events that a reading hands out, and how it ended.
std::string read(const PostgresEventStorageAdapter& storage, Position after, const ReadAllEventsOptions& options = {}) {
  std::string text;
  const ReadAllEventsResult result = storage.read_all_events(after, options, [&](const SequencedEventView& place) {
    text += std::string{place.event.aggregate_id} + std::to_string(place.event.version) + " ";
  });
  return text + "next " + std::to_string(result.next) + " head " + std::to_string(result.head) +
         (result.is_caught_up ? " end" : "");
}

/// An INSERT by another program.
std::string insert(const TempTable& table, const std::string& aggregate_id, int version = 1) {
  return "INSERT INTO " + table.quoted() + " (aggregate_name, aggregate_id, version, type) VALUES ('POKEMONS', '" +
         aggregate_id + "', " + std::to_string(version) + ", 'T')";
}

/// Reads on from the last position, page by page, until it is told to stop and has come to the end.
std::vector<Position> follow(const std::atomic<bool>& is_all_written, const PostgresEventStorageAdapter& storage) {
  std::vector<Position> seen;
  ReadAllEventsResult result;
  for (bool is_last = false; !is_last || !result.is_caught_up;) {
    is_last = is_all_written;
    const Position after = result.next;
    result = storage.read_all_events(after, {.limit = 50},
                                     [&](const SequencedEventView& place) { seen.push_back(place.position); });
    if (result.next == after) storage.wait_for_events(after, 20ms);
  }
  return seen;
}

/// What anybody would write first.
std::vector<Position> follow_naively(const std::atomic<bool>& is_all_written, const TempTable& table) {
  PlainPostgres plain;
  std::vector<Position> seen{0};
  for (bool is_last = false; !is_last;) {
    is_last = is_all_written;
    for (const std::string& id : plain.rows("SELECT id FROM " + table.quoted() + " WHERE id > " +
                                            std::to_string(seen.back()) + " ORDER BY id")) {
      seen.push_back(std::stoll(id));
    }
  }
  seen.erase(seen.begin());
  return seen;
}

TEST_CASE("a follower sees every committed event once, in order, whatever writers do", "[postgres]") {
  Storage storage;
  const TempTable& table = storage.table();
  std::atomic<bool> is_over{false};
  std::atomic<bool> is_all_written{false};
  std::vector<std::thread> writers;
  for (unsigned writer = 0; writer < 8; ++writer) {  // other programs: long transactions, of which some roll back
    writers.emplace_back([&, writer] {
      std::mt19937 random{writer};
      for (int round = 0; !is_over; ++round) {
        PlainPostgres plain;  // one that is not committed ends like that of a killed program
        const bool is_prepared = random() % 8 == 0;
        const std::string id = std::to_string(writer) + "/" + std::to_string(round);
        plain.rows("BEGIN");
        for (unsigned version = 1; version <= 1 + random() % 3; ++version) {
          plain.rows(insert(table, id, static_cast<int>(version)));
          std::this_thread::sleep_for(std::chrono::milliseconds{random() % (writer == 0 ? 300 : 20)});
        }
        const bool is_kept = random() % 3 != 0;
        if (is_prepared) {
          const std::string name = "'" + table.name() + id + "'";
          plain.rows("PREPARE TRANSACTION " + name);
          std::this_thread::sleep_for(std::chrono::milliseconds{random() % 30});
          plain.rows((is_kept ? "COMMIT PREPARED " : "ROLLBACK PREPARED ") + name);
        } else if (is_kept) {
          plain.rows("COMMIT");
        }
      }
    });
  }
  for (unsigned writer = 0; writer < 4; ++writer) {  // and ours: events, groups and conflicts
    writers.emplace_back([&, writer] {
      PostgresEventStorageAdapter mine{connection(), table.options()};
      const std::string id = "mine " + std::to_string(writer / 2);  // two write to one aggregate
      for (Version version = 1; !is_over; version = static_cast<Version>(load(mine, id).size()) + 1) {
        version % 2 == 0 ? push(mine, event(id, version), event("a" + id, version / 2))
                         : push(mine, event(id, version));
      }
    });
  }
  std::vector<Position> seen;
  std::vector<Position> seen_naively;
  std::thread follower{[&] { seen = follow(is_all_written, *storage); }};
  std::thread naive{[&] { seen_naively = follow_naively(is_all_written, table); }};
  PlainPostgres counts;
  const auto earliest = std::chrono::steady_clock::now() + 1500ms;
  CHECK(eventually([&] {  // on a machine that has much else to do it takes longer
    return std::chrono::steady_clock::now() >= earliest &&
           std::stoi(counts.value("SELECT count(*) FROM " + table.quoted())) > 100;
  }));
  is_over = true;
  for (std::thread& writer : writers) writer.join();
  is_all_written = true;
  follower.join();
  naive.join();

  std::vector<Position> stored;
  for (const std::string& id : PlainPostgres{}.rows("SELECT id FROM " + table.quoted() + " ORDER BY id")) {
    stored.push_back(std::stoll(id));
  }
  CHECK(seen == stored);
  CHECK(seen_naively != stored);  // else this test could not tell
}

TEST_CASE("a gap is waited for wherever it is, and passed when it is dead", "[postgres]") {
  for (const bool is_kept : {false, true}) {
    for (const std::size_t limit : {1U, 2U, 3U, 500U}) {
      CAPTURE(is_kept, limit);
      Storage storage;
      const TempTable& table = storage.table();
      PlainPostgres first;
      PlainPostgres middle;
      first.rows("BEGIN; " + insert(table, "first"));  // 1
      push(*storage, event("a", 1));                   // 2
      push(*storage, event("a", 2));                   // 3
      CHECK(read(*storage, 0) == "next 0 head 3");     // so it is known that the next one cannot fill gap 1
      middle.rows("BEGIN; " + insert(table, "m"));     // 4
      middle.rows(insert(table, "m", 2));              // 5
      push(*storage, event("a", 3));                   // 6
      PlainPostgres{}.rows("BEGIN; " + insert(table, "last") + "; ROLLBACK");  // 7, which was the last number
      const auto read_on = [&](Position after) {
        std::string text;
        for (int page = 0; page < 20; ++page) {
          const auto result = storage->read_all_events(after, {.limit = limit}, [&](const SequencedEventView& place) {
            text += std::string{place.event.aggregate_id} + std::to_string(place.event.version) + " ";
          });
          if (result.next == after) return text + std::to_string(after) + (result.is_caught_up ? " end" : " held");
          after = result.next;
        }
        return text + "and so on";
      };
      CHECK(read_on(0) == "0 held");
      CHECK(storage->read_all_events(0, {.limit = limit}, [](const SequencedEventView&) {}).head == 6);
      first.rows(is_kept ? "COMMIT" : "ROLLBACK");
      CHECK(read_on(0) == (is_kept ? "first1 a1 a2 3 held" : "a1 a2 3 held"));
      CHECK(read_on(3) == "3 held");
      middle.rows(is_kept ? "COMMIT" : "ROLLBACK");
      CHECK(read_on(3) == (is_kept ? "m1 m2 a3 6 end" : "a3 6 end"));
      push(*storage, event("a", 4));  // 8
      CHECK(read_on(6) == "a4 8 end");
    }
  }
}

TEST_CASE("nothing is lost, whatever happens between two requests of a reading", "[postgres]") {
  // Between the work of a request and its answer: the transaction that may fill the gap commits; the same, and another
  // reader of the adapter finds out that the gap is dead; it rolls back, and another one fills a later gap.
  enum class Meanwhile { gap_is_filled, gap_is_filled_and_settled, gap_ends_and_another_begins };
  using enum Meanwhile;
  for (const Meanwhile meanwhile : {gap_is_filled, gap_is_filled_and_settled, gap_ends_and_another_begins}) {
    for (std::size_t request = 0; request < 4; ++request) {
      CAPTURE(static_cast<int>(meanwhile), request);
      Storage direct;
      Proxy proxy;
      PostgresEventStorageAdapter storage{proxy.connection_string(), direct.table().options()};
      PlainPostgres open;
      PlainPostgres late;
      open.rows("BEGIN; " + insert(direct.table(), "open"));  // 1
      push(*direct, event("a", 1));                           // 2
      CHECK(read(storage, 0) == "next 0 head 2");
      std::string all = "a";
      const auto go_on = [&] {
        if (meanwhile == gap_ends_and_another_begins) {
          open.rows("ROLLBACK");
          late.rows("BEGIN; " + insert(direct.table(), "late"));  // 3
          push(*direct, event("a", 2));                           // 4
          all = "a late a ";
        } else {
          open.rows("COMMIT");
          if (meanwhile == gap_is_filled_and_settled) storage.feed_status();
          all = "open a ";
        }
      };
      proxy.plan(std::string(request, '.') + 'c', go_on);
      std::string seen;
      Position after = 0;
      const auto add = [&](const SequencedEventView& place) { seen += std::string{place.event.aggregate_id} + " "; };
      const auto read_on = [&] {
        for (int time = 0; time < 3; ++time) after = storage.read_all_events(after, {}, add).next;
      };
      read_on();
      REQUIRE(all != "a");
      if (meanwhile == gap_ends_and_another_begins) {
        CHECK(seen == "a ");
        late.rows("COMMIT");
        read_on();
      }
      CHECK(seen == all);
    }
  }
}

TEST_CASE("a page of gaps only is read, and another number than the next as well", "[postgres]") {
  Storage storage;
  for (Version version = 1; version <= 4; ++version) {
    push(*storage, event("a", version));
    PlainPostgres{}.rows("SELECT nextval('" + storage.table().name() + "_id_seq') FROM generate_series(1, 3)");
  }
  CHECK(read(*storage, 0, {.limit = 2}) == "a1 a2 next 5 head 13");
  CHECK(read(*storage, 5, {.limit = 2}) == "a3 a4 next 13 head 13 end");
  CHECK(read(*storage, 13) == "next 13 head 13 end");
  CHECK(read(*storage, 14) == "next 14 head 14 end");  // it was given out, to an event that was deleted perhaps
  CHECK(read(*storage, 99) == "next 99 head 16 end");  // it never was: the table is an older one
  CHECK(read(*storage, 0, {.limit = 0}) == "next 0 head 13");
}

TEST_CASE("only transactions that write to this table hold its readers", "[postgres]") {
  Storage storage;
  Storage other;
  PlainPostgres lost;
  lost.rows("BEGIN; " + insert(storage.table(), "lost"));
  PlainPostgres elsewhere;
  elsewhere.rows("BEGIN; " + insert(other.table(), "x"));
  PlainPostgres reads;
  reads.rows("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM " + storage.table().quoted());
  PlainPostgres later;
  push(*storage, event("a", 1));
  CHECK(read(*storage, 0) == "next 0 head 2");
  const FeedStatus status = storage->feed_status();
  CHECK(status.settled == 0);
  CHECK(status.head == 2);
  REQUIRE(status.held_by);
  CHECK(status.held_by->pid == PQbackendPID(lost.handle()));
  CHECK(status.held_by->age < 10s);
  later.rows("BEGIN; " + insert(storage.table(), "later"));  // 3: it cannot fill the gap
  lost.rows("ROLLBACK");
  CHECK(read(*storage, 0) == "a1 next 2 head 2 end");
  CHECK(storage->feed_status().held_by->pid == PQbackendPID(later.handle()));
  later.rows("COMMIT");
  CHECK(read(*storage, 2) == "later1 next 3 head 3 end");
  CHECK_FALSE(storage->feed_status().held_by);

  // A database of its own with a table that has the same number.
  const std::string name = storage.table().name() + "_db";
  PlainPostgres{}.rows("CREATE DATABASE " + name + " TEMPLATE template0");
  {
    std::string there = connection();
    there.replace(there.rfind('/') + 1, std::string::npos, name);
    PlainPostgres plain{there};
    plain.rows("CREATE TABLE t (id int)");
    plain.rows("BEGIN; INSERT INTO t VALUES (1)");
    PlainPostgres{}.rows("SELECT nextval('" + storage.table().name() + "_id_seq')");
    push(*storage, event("a", 2));
    CHECK(read(*storage, 3) == "a2 next 5 head 5 end");
  }
  PlainPostgres{}.rows("DROP DATABASE " + name + " WITH (FORCE)");
}

TEST_CASE("a prepared transaction holds readers until it is decided, and has a name", "[postgres]") {
  Storage storage;
  PlainPostgres plain;
  for (const bool is_kept : {true, false}) {
    const std::string name = storage.table().name() + (is_kept ? " kept" : " not");
    plain.rows("BEGIN; " + insert(storage.table(), is_kept ? "kept" : "lost"));
    push(*storage, event("a", is_kept ? 1 : 2));
    CHECK(read(*storage, is_kept ? 0 : 2) == (is_kept ? "next 0 head 2" : "next 2 head 4"));
    plain.rows("PREPARE TRANSACTION '" + name + "'");
    CHECK(read(*storage, is_kept ? 0 : 2) == (is_kept ? "next 0 head 2" : "next 2 head 4"));
    const auto holder = storage->feed_status().held_by;
    REQUIRE(holder);
    CHECK(holder->pid == 0);
    CHECK(holder->name == name);
    plain.rows((is_kept ? "COMMIT PREPARED '" : "ROLLBACK PREPARED '") + name + "'");
  }
  CHECK(read(*storage, 0) == "kept1 a1 a2 next 4 head 4 end");
}

TEST_CASE("what was settled is not of a table that was truncated or made again", "[postgres]") {
  for (const bool is_dropped : {false, true}) {
    Storage storage;
    const TempTable& table = storage.table();
    PlainPostgres{}.rows("SELECT nextval('" + table.name() + "_id_seq') FROM generate_series(1, 9)");
    push(*storage, event("a", 1));
    CHECK(read(*storage, 0) == "a1 next 10 head 10 end");
    if (is_dropped) {
      storage->drop_event_table();
      storage->create_event_table();
    } else {
      PlainPostgres{}.rows("TRUNCATE " + table.quoted() + " RESTART IDENTITY");
    }
    CHECK(read(*storage, 10) == "next 10 head 0 end");  // it went back
    PlainPostgres open;
    open.rows("BEGIN; " + insert(table, "open"));
    push(*storage, event("b", 1));
    CHECK(read(*storage, 0) == "next 0 head 2");
    open.rows("COMMIT");
    CHECK(read(*storage, 0) == "open1 b1 next 2 head 2 end");
  }
}

TEST_CASE("numbers that are not drawn in order are refused with the remedy", "[postgres]") {
  Storage storage;
  const std::string sequence = storage.table().name() + "_id_seq";
  PlainPostgres{}.rows("ALTER SEQUENCE " + sequence + " CACHE 20");
  const Failure error = failure_of([&] { read(*storage, 0); });
  CHECK(
      error.says("the sequence of column id does not give its numbers in order (CACHE 20, INCREMENT 1); change it by "
                 "ALTER SEQUENCE ... CACHE 1 INCREMENT 1"));
  CHECK_FALSE(error.retryable);
  CHECK(failure_of([&] { storage->wait_for_events(0, 0ms); }).says("CACHE 20"));
  PlainPostgres{}.rows("ALTER SEQUENCE " + sequence + " CACHE 1");
  CHECK(read(*storage, 0) == "next 0 head 0 end");
}

TEST_CASE("a reading selects by store and type, and moves over what it leaves out", "[postgres]") {
  Storage storage;
  std::vector<PushRecord> records{event("a", 1, R"({"level":5})", R"({"by":"me"})"), event("b", 1), event("a", 2)};
  records[1].event_store_id = "TRAINERS";
  records[2].record.type = "OTHER";
  CHECK(storage->push_events(records, {}).position == 1);
  const std::string_view pokemons = "POKEMONS";
  const std::string_view other = "OTHER";
  const std::string_view trainers = "TRAINERS";
  CHECK(read(*storage, 0, {.event_store_ids = {&pokemons, 1}}) == "a1 a2 next 3 head 3 end");
  CHECK(read(*storage, 0, {.limit = 1, .event_store_ids = {&pokemons, 1}}) == "a1 next 1 head 3");
  CHECK(read(*storage, 0, {.types = {&other, 1}}) == "a2 next 3 head 3 end");
  CHECK(read(*storage, 0, {.event_store_ids = {&trainers, 1}, .types = {&other, 1}}) == "next 3 head 3 end");
  storage->read_all_events(0, {.limit = 1}, [&](const SequencedEventView& place) {
    CHECK(place.position == 1);
    CHECK(place.event_store_id == "POKEMONS");
    CHECK(place.event.to_record() == EventRecord{"a", 1, "LEVELED_UP", noon, R"({"level": 5})", R"({"by": "me"})"});
  });
  Storage uuids{{.aggregate_id_type = PostgresAggregateIdType::uuid}};
  push(*uuids, event("01234567-89ab-cdef-0123-456789abcdef", 1));
  CHECK(read(*uuids, 0) == "01234567-89ab-cdef-0123-456789abcdef1 next 1 head 1 end");
}

TEST_CASE("a wait ends with a push of this adapter or another, with a stop, or with its time", "[postgres]") {
  Storage storage;
  PostgresEventStorageAdapter other{connection(), storage.table().options()};
  CHECK_FALSE(storage->wait_for_events(0, 20ms));
  for (PostgresEventStorageAdapter* const pushes : {&*storage, &other}) {
    const Position last = storage->read_all_events(0, {}, [](const SequencedEventView&) {}).next;
    std::thread pusher{[&] {
      std::this_thread::sleep_for(30ms);
      push(*pushes, event("a", last + 1));
    }};
    CHECK(storage->wait_for_events(last, 10s));
    pusher.join();
  }
  std::stop_source stop;
  std::thread stopper{[&] { stop.request_stop(); }};
  CHECK_FALSE(storage->wait_for_events(2, 10s, stop.get_token()));
  stopper.join();

  PlainPostgres open;
  open.rows("BEGIN; " + insert(storage.table(), "open"));
  push(other, event("b", 1));
  CHECK_FALSE(storage->wait_for_events(2, 50ms));  // there is an event, but it waits behind a gap
  std::thread ends{[&] { open.rows("ROLLBACK"); }};
  CHECK(storage->wait_for_events(2, 10s));
  ends.join();
}

TEST_CASE("a push of the same adapter ends a wait at once, however long that has lasted", "[postgres]") {
  Storage storage;
  constexpr int pushes = 7;
  int at_once = 0;
  Position last = 0;
  for (Version version = 1; version <= pushes; ++version) {
    std::chrono::steady_clock::time_point pushed{};
    std::thread pushing{[&] {
      std::this_thread::sleep_for(600ms);  // a wait asks the server four times a second by then
      push(*storage, event("pikachu", version));
      pushed = std::chrono::steady_clock::now();
    }};
    REQUIRE(storage->wait_for_events(last, 10s));
    const auto woken = std::chrono::steady_clock::now();
    pushing.join();
    if (woken - pushed < 100ms) ++at_once;
    last = storage->read_all_events(last, {}, [](const SequencedEventView&) {}).next;
  }
  CHECK(at_once >= pushes - 1);  // one may be late on a machine with other work
}

TEST_CASE("each event of a group is told its position, in the order of the group", "[postgres]") {
  Storage storage;
  std::vector<Position> positions(3);
  const auto push_all = [&](const std::vector<PushRecord>& group, bool force = false) {
    positions.assign(group.size(), 0);
    storage->push_events(group, {.force = force, .positions = positions});
    return positions;
  };
  CHECK(push_all({event("ant", 1), event("zebra", 1), event("zebra", 2)}) == std::vector<Position>{1, 2, 3});
  CHECK(push_all({event("zoo", 1), event("ant", 2), event("zoo", 2)}) == std::vector<Position>{4, 5, 6});
  CHECK(push_all({event("one", 1)}) == std::vector<Position>{7});
  const auto forced = push_all({event("zebra", 2), event("new", 1), event("ant", 1), event("new", 5)}, true);
  CHECK(forced[0] == 3);
  CHECK(forced[2] == 1);
  CHECK(forced[1] > 7);
  CHECK(forced[3] > forced[1]);
  CHECK(read(*storage, 7) ==
        "new1 new5 next " + std::to_string(forced[3]) + " head " + std::to_string(forced[3]) + " end");
}

TEST_CASE("a server that is killed loses nothing that was handed out, and keeps what is prepared in front of readers",
          "[postgres]") {
  OwnServer server;
  PostgresEventStorageAdapter storage{server.connection()};
  storage.create_event_table();
  PlainPostgres prepares{server.connection()};
  PlainPostgres open{server.connection()};
  const std::string values = " (aggregate_name, aggregate_id, version, type) VALUES ('POKEMONS', ";
  prepares.rows("BEGIN; INSERT INTO event" + values + "'prepared', 1, 'T')");  // 1
  open.rows("BEGIN; INSERT INTO event" + values + "'open', 1, 'T')");          // 2
  push(storage, event("a", 1));                                                // 3
  CHECK(read(storage, 0) == "next 0 head 3");
  prepares.rows("PREPARE TRANSACTION 'one'");
  CHECK(read(storage, 0) == "next 0 head 3");
  server.lose_its_processes();  // but not when it was started
  CHECK(read(storage, 0) == "next 0 head 3");
  const auto lose_them_again = [&](PostgresTransaction& tx) {
    tx.query("SELECT 1");  // while this connection is in use, and not seen to be broken, another one is made
    server.lose_its_processes();
    CHECK(read(storage, 0) == "next 0 head 3");
  };
  CHECK(failure_of([&] { storage.transact(lose_them_again); }).outcome == StorageError::Outcome::unknown);
  server.kill_and_restart();
  CHECK(read(storage, 0) == "next 0 head 3");  // the prepared one has another name now
  CHECK(storage.feed_status().held_by->name == "one");
  PlainPostgres{server.connection()}.rows("COMMIT PREPARED 'one'");
  CHECK(read(storage, 0) == "prepared1 a1 next 3 head 3 end");
  CHECK(storage.wait_for_events(0, 0ms));
  REQUIRE(push(storage, event("a", 2)) == PushOutcome{});
  CHECK(read(storage, 3).substr(0, 3) == "a2 ");

  server.become_standby();
  const Failure error = failure_of([&] { read(storage, 0); });
  CHECK(
      error.says("it is a standby, where open transactions cannot be seen; connect to the primary, e.g. by "
                 "target_session_attrs=read-write"));
}

TEST_CASE("what is known of open transactions settles by those who end, and is bounded") {
  PostgresOrder order;
  const auto learn = [&order](const PostgresOrder::Probe& probe) { order.learn(probe, order.generation()); };
  learn({7, 10, {"b", "a"}});
  CHECK(order.settled().of(7) == 0);
  learn({7, 20, {"c", "a"}});
  CHECK(order.settled().of(7) == 0);
  learn({7, 30, {"c"}});  // both that were open at 10 have ended
  CHECK(order.settled().of(7) == 10);
  CHECK(order.settled().of(8) == 0);
  learn({7, 40, {}});
  CHECK(order.settled().of(7) == 40);
  learn({7, 5, {}});
  CHECK(order.settled().of(7) == 40);
  learn({8, 3, {"a"}});  // another table, or run of the server
  CHECK(order.settled().of(8) == 0);
  for (Position top = 4; top < 1'000; ++top) learn({8, top, {"a", std::to_string(top)}});
  CHECK(order.settled().of(8) == 0);
  learn({8, 1'000, {"z"}});
  CHECK(order.settled().of(8) > 3);
  const auto before = order.generation();
  order.forget();
  CHECK(order.settled().of(8) == 0);
  order.learn({8, 2'000, {"old name"}}, before);  // asked before, and answered late
  learn({8, 3'000, {"new name"}});
  CHECK(order.settled().of(8) == 0);
}

}  // namespace
