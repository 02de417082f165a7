// SPDX-License-Identifier: MIT
// Snapshots that were damaged, came from elsewhere or from another release: loads are right, and the next snapshot is
// good.

#include <castore/snapshots/snapshot_event_store.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/testing/fake_clock.hpp>
#include "snapshots/domain.hpp"
#include "snapshots/support/damaged.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace castore;
using namespace castore::snapshot_tests;

/// The release after `StoryReducer`'s, of which somebody forgot to say that an aggregate has more fields now.
struct LongerStory {
  std::string aggregate_id;
  Version version = 0;
  std::string text;
  int words = 0;
};
struct LongerReducer {
  static constexpr int version = 3;
  void operator()(LongerStory& story, const Noted& noted) const {
    (story.text += noted.text) += ' ';
    ++story.words;
  }
};
using LongerStore = EventStore<Events<Noted>, LongerStory, LongerReducer>;

}  // namespace

TEST_CASE(
    "whatever stands in the table of snapshots, a load is the fold of all events, and the next snapshot is good") {
  using enum SnapshotFault;
  const std::string deep(100'000, '[');
  const auto& [change, fault] = GENERATE_COPY(table<std::string, std::optional<SnapshotFault>>({
      {"state = NULL", damaged},
      {"state = ''", damaged},
      {"state = 'null'", damaged},
      {"state = '[]'", damaged},
      {"state = '7'", damaged},
      {"state = '{\"aggregate_id\":\"a\",\"version\":3'", damaged},
      {"state = '{\"aggregate_id\":\"a\",\"version\":3}'", damaged},
      {"state = '{\"aggregate_id\":\"a\",\"version\":3,\"text\":7}'", damaged},
      {"state = '{\"aggregate_id\":\"a\",\"version\":99999999999999999999,\"text\":\"\"}'", damaged},
      {"state = '{\"aggregate_id\":\"a\",\"version\":3,\"text\":\"' || CAST(x'FF' AS TEXT) || '\"}'", damaged},
      {"state = '" + deep + "'", damaged},
      {"state = state || state", damaged},
      {"state = (SELECT s.state FROM castore_snapshot s WHERE s.aggregate_id = 'b')", of_another},
      {"state = replace(state, '\"version\":3', '\"version\":2')", of_another},
      {"event_timestamp = '2099-01-01T00:00:00.000Z'", not_in_history},
      {"event_timestamp = 'yesterday'", not_in_history},
      {"created_at = ''", not_in_history},
      {"version = 4, state = replace(state, '\"version\":3', '\"version\":4')", not_in_history},
      {"version = 9223372036854775807, state = replace(state, '\"version\":3', '\"version\":9223372036854775807')",
       not_in_history},
      {"version = 9, state = '7'", damaged},
      {"version = 9", of_another},
      {"version = -1", std::nullopt},
      {"reducer_version = 4", std::nullopt},
      {"event_store_id = 'T'", std::nullopt},
      {"aggregate_id = 'A'", std::nullopt},
  }));
  CAPTURE(change.substr(0, 100));
  SqliteEventStorageAdapter storage{":memory:"};
  const auto damage = [&] {
    storage.transact([&change](SqliteTransaction& tx) {
      tx.execute("UPDATE castore_snapshot SET " + change + " WHERE aggregate_id = 'a' AND version = 3");
    });
  };
  check_damaged_snapshot(storage, damage, fault);
}

TEST_CASE("snapshots are kept again after somebody has emptied their table") {
  SqliteEventStorageAdapter storage{":memory:"};
  const auto empty = [&storage] {
    storage.transact([](SqliteTransaction& tx) { tx.execute("DELETE FROM castore_snapshot"); });
  };
  check_damaged_snapshot(storage, empty, std::nullopt);
}

TEST_CASE("a snapshot that a clock of long after took is followed by others") {
  InMemoryEventStorageAdapter storage;
  castore::testing::FakeClock clock;
  StoryStore stories{"S", storage, {.clock = clock}};
  SnapshotEventStore fast{stories, storage, {.policy = every(std::chrono::hours{1})}};
  push_all(stories, "a", 1);
  const Timestamp now = clock.now();
  clock.advance(std::chrono::hours{24});
  (void)fast.get_aggregate("a");
  CHECK(fast.statistics().saved == 1);
  clock.set(now);
  push_all(stories, "a", 2, 2);
  CHECK(fast.get_existing_aggregate("a").text == "1 2 ");
  CHECK(fast.statistics().saved == 2);
  push_all(stories, "a", 3, 3);
  clock.advance(-std::chrono::minutes{30});  // two machines are not always of one mind
  (void)fast.get_aggregate("a");
  CHECK(fast.statistics().saved == 2);
}

TEST_CASE("a release that forgot to raise its reducer's version does not read an older form of its aggregate") {
  SqliteEventStorageAdapter storage{":memory:"};
  StoryStore before{"S", storage};
  LongerStore after{"S", storage};
  Told told_before;
  Told told_after;
  SnapshotEventStore old_release{before, storage, told_before.options()};
  SnapshotEventStore new_release{after, storage, told_after.options()};
  push_all(before, "a", 2);
  CHECK(old_release.get_existing_aggregate("a").text == "1 2 ");
  CHECK(new_release.get_existing_aggregate("a").words == 2);
  CHECK(told_after.faults == std::vector{SnapshotFault::damaged});
  // The older one ignores what it does not know, and both go on in turns.
  push_all(before, "a", 3, 3);
  CHECK(old_release.get_existing_aggregate("a").text == "1 2 3 ");
  CHECK(new_release.get_existing_aggregate("a").words == 3);
  CHECK(told_before.faults.empty());
}
