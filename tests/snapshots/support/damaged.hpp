// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SNAPSHOTS_SUPPORT_DAMAGED_HPP
#define CASTORE_TESTS_SNAPSHOTS_SUPPORT_DAMAGED_HPP

#include <castore/snapshots/snapshot_event_store.hpp>
#include "snapshots/domain.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace castore::snapshot_tests {

/// What was told of snapshots that were not used.
struct Told {
  std::vector<SnapshotFault> faults{};
  SnapshotEventStoreOptions options() {
    return {.policy = every(1),
            .on_snapshot_ignored = [this](const IgnoredSnapshot& ignored) { faults.push_back(ignored.fault); }};
  }
};

/// Loads are right when the snapshot of "a" at version 3 was damaged, and when the next one is saved, that is good.
/// @param storage An empty one. @param damage `void()`: damages it. @param fault What it is, if it is read at all.
template <class Storage, class Damage>
void check_damaged_snapshot(Storage& storage, const Damage& damage, std::optional<SnapshotFault> fault) {
  StoryStore stories{"S", storage};
  push_all(stories, "a", 3);
  push_all(stories, "b", 3);
  {
    SnapshotEventStore fast{stories, storage, {.policy = every(1)}};
    (void)fast.get_aggregate("a");
    (void)fast.get_aggregate("b");
    REQUIRE(fast.statistics().saved == 2);
  }
  damage();
  Told told;
  SnapshotEventStore fast{stories, storage, told.options()};
  CHECK(fast.get_existing_aggregate("a", {.max_version = 2}).text == "1 2 ");
  CHECK(fast.get_existing_aggregate("a").text == "1 2 3 ");
  CHECK(told.faults == (fault ? std::vector{*fault} : std::vector<SnapshotFault>{}));
  push_all(fast, "a", 5, 4);
  const Story five = fast.get_existing_aggregate("a");
  CHECK(five.text == "1 2 3 4 5 ");
  CHECK(five.version == 5);
  CHECK(fast.get_existing_aggregate("a", {.max_version = 4}).text == "1 2 3 4 ");
  const std::uint64_t hits = fast.statistics().hits;
  CHECK(fast.get_existing_aggregate("a").text == "1 2 3 4 5 ");
  CHECK(fast.statistics().hits == hits + 1);
  CHECK(fast.get_existing_aggregate("b").text == "1 2 3 ");
}

}  // namespace castore::snapshot_tests

#endif
