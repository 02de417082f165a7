// SPDX-License-Identifier: MIT
// The one order of all events in memory, with threads that push and read, and its transactions.

#include <castore/adapters/in_memory/log.hpp>

#include <castore/adapters/in_memory.hpp>

#include "support/catch.hpp"
#include "support/records.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::record_tests;
using namespace std::chrono_literals;

std::string read(const InMemoryEventStorageAdapter& storage, Position after) {
  std::string text;
  const ReadAllEventsResult result = storage.read_all_events(after, {}, [&](const SequencedEventView& place) {
    text += std::to_string(place.position) + ":" + std::string{place.event.aggregate_id} +
            std::to_string(place.event.version) + " ";
  });
  return text + "next " + std::to_string(result.next) + (result.is_caught_up ? " end" : "");
}

TEST_CASE("followers see every event once and in order while threads push events, groups and conflicts") {
  InMemoryEventStorageAdapter storage;
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&, writer] {
      for (int round = 1; round <= 300; ++round) {
        const std::string mine = std::to_string(writer);
        push(storage, event(mine, round));
        push(storage, event("shared", static_cast<Version>(load(storage, "shared").size()) + 1),
             event(mine + "b", round));
      }
    });
  }
  std::vector<std::vector<Position>> seen(2);
  std::vector<std::thread> followers;
  for (auto& positions : seen) {
    followers.emplace_back([&] {
      std::map<std::string, Version> last;
      ReadAllEventsResult result;
      for (bool is_last = false; !is_last || !result.is_caught_up;) {
        is_last = is_over;
        result = storage.read_all_events(result.next, {.limit = 7}, [&](const SequencedEventView& place) {
          positions.push_back(place.position);
          if (place.event.version != ++last[std::string{place.event.aggregate_id}]) positions.push_back(-1);
        });
        if (result.is_caught_up) storage.wait_for_events(result.next, 5ms);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  is_over = true;
  for (std::thread& follower : followers) follower.join();
  std::size_t stored = 0;
  for (const char* const id : {"0", "1", "2", "0b", "1b", "2b", "shared"}) stored += load(storage, id).size();
  std::vector<Position> all(stored);
  for (std::size_t index = 0; index < stored; ++index) all[index] = static_cast<Position>(index) + 1;
  CHECK(stored > 900);
  CHECK(seen[0] == all);
  CHECK(seen[1] == all);
}

TEST_CASE("a forced event keeps its position, or gets a new one past a gap or before others") {
  InMemoryEventStorageAdapter storage;
  push(storage, event("a", 1), event("b", 1));
  push(storage, event("a", 2));
  CHECK(read(storage, 0) == "1:a1 2:b1 3:a2 next 3 end");
  std::vector<Position> positions(4);
  const std::vector<PushRecord> forced{event("a", 1, "[]"), event("a", 9), event("b", 4), event("b", 2)};
  CHECK(storage.push_events(forced, {.force = true, .positions = positions}).position == 1);
  CHECK(positions == std::vector<Position>{1, 4, 5, 6});
  CHECK(read(storage, 3) == "4:a9 5:b4 6:b2 next 6 end");
  CHECK(storage.push_events(std::vector{event("a", 5)}, {.force = true}).position == 7);  // in between, later
  CHECK(read(storage, 6) == "7:a5 next 7 end");
  CHECK(storage.push_events(std::vector{event("b", 4)}, {.force = true}).position == 5);
  CHECK(read(storage, 0) == "1:a1 2:b1 3:a2 4:a9 5:b4 6:b2 7:a5 next 7 end");
}

TEST_CASE("a push that is refused, and one of nothing, take no position and tell none") {
  InMemoryEventStorageAdapter storage;
  std::vector<Position> positions(1);
  const auto push_one = [&](const PushRecord& record, auto... hook) {
    positions[0] = -1;
    return storage.push_events(std::span{&record, 1}, {.positions = positions}, hook...);
  };
  const auto no_hook = [](InMemoryTransaction&, std::span<const SequencedEventView>) { FAIL("the hook was called"); };
  const auto a_hook = [](InMemoryTransaction&, std::span<const SequencedEventView>) {};
  CHECK(push_one(event("a", 1)).position == 1);
  CHECK(positions[0] == 1);
  for (const PushRecord& refused : {event("a", 1), event("a", 3)}) {
    const PushOutcome outcome = push_one(refused);
    CHECK(outcome.status == (refused.record.version == 1 ? PushOutcome::already_exists : PushOutcome::version_gap));
    CHECK(outcome.position == 0);
    CHECK(push_one(refused, no_hook).status == outcome.status);
    CHECK(positions[0] == -1);
  }
  CHECK(storage.push_events({}, {}, no_hook) == PushOutcome{});
  CHECK(push_one(event("a", 2), a_hook).position == 2);
  CHECK(positions[0] == 2);
  CHECK(read(storage, 0) == "1:a1 2:a2 next 2 end");
}

TEST_CASE("a transaction in memory undoes what was done, the last first, and keeps checkpoints") {
  InMemoryEventStorageAdapter storage;
  std::map<std::string, int> levels;
  storage.transact([&](InMemoryTransaction& tx) {
    CHECK(tx.checkpoint("list", 1) == 0);
    CHECK_FALSE(tx.move_checkpoint("list", 1, 3, 4));
    CHECK(tx.move_checkpoint("list", 1, 0, 4));
    tx.set(levels["pikachu"], 5);
  });
  CHECK_THROWS_AS(storage.transact([&](InMemoryTransaction& tx) {
    tx.set(levels["pikachu"], 6);
    tx.set(levels["pikachu"], 7);
    tx.on_rollback([&] { levels.erase("raichu"); });
    levels["raichu"] = 1;
    CHECK(tx.move_checkpoint("list", 1, 4, 8));
    throw std::runtime_error{"no"};
  }),
                  std::runtime_error);
  CHECK(levels == std::map<std::string, int>{{"pikachu", 5}});
  storage.transact([&](InMemoryTransaction& tx) {
    CHECK(tx.checkpoint("list", 1) == 4);
    CHECK_THROWS_AS(storage.transact([](InMemoryTransaction&) {}), StorageError);
  });
}

TEST_CASE("a push into memory and what its hook does happen together, or neither") {
  InMemoryEventStorageAdapter storage;
  std::map<std::string, Position> list;
  const auto insert = [&](InMemoryTransaction& tx, std::span<const SequencedEventView> events) {
    for (const SequencedEventView& place : events) {
      tx.set(list[std::string{place.event.aggregate_id}], place.position);
      if (place.event.payload == R"("throw")") throw std::runtime_error{"no"};
      if (place.event.payload == R"("call")") load(storage, "a");
    }
  };
  CHECK(storage.push_events(std::vector{event("a", 1), event("b", 1)}, {}, insert).position == 1);
  CHECK(storage.push_events(std::vector{event("a", 2), event("b", 1)}, {}, insert) ==
        PushOutcome{PushOutcome::already_exists, 1});
  CHECK_THROWS_AS(
      storage.push_events(std::vector{event("a", 2), event("c", 1), event("b", 2, R"("throw")")}, {}, insert),
      std::runtime_error);
  CHECK_THROWS_AS(storage.push_events(std::vector{event("a", 2, R"("call")")}, {}, insert), StorageError);
  CHECK(load(storage, "c").empty());
  CHECK(storage.push_events(std::vector{event("a", 2)}, {}, insert) == PushOutcome{});
  CHECK(versions(storage, "a") == std::vector<Version>{1, 2});
  CHECK(list["a"] == 7);
  CHECK(list["b"] == 2);
  CHECK(read(storage, 0) == "1:a1 2:b1 7:a2 next 7 end");  // what was undone leaves gaps
}

}  // namespace
