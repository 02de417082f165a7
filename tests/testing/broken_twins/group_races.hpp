// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_GROUP_RACES_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_GROUP_RACES_HPP

#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>

#include "testing/broken_twins/groups.hpp"
#include "testing/broken_twins/twin.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace broken_twins {

/// One writer at a time, so that the events could be written one after another; but readers do not wait.
class WritesGroupsOneByOne : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const std::scoped_lock lock{mutex_};
    castore::check_records(records);
    std::set<std::tuple<std::string_view, std::string_view, castore::Version>> own;
    for (const PushRecord& push : records) {
      const auto& [aggregate_id, version, type, timestamp, payload, metadata] = push.record;
      const bool is_next = version == 1 || own.contains({push.event_store_id, aggregate_id, version - 1}) ||
                           has_version(*this, push.event_store_id, aggregate_id, version - 1);
      if (!options.force && (has_event(*this, push) || !is_next)) {
        return RecordsOnlyAdapter::push_events(records, options);
      }
      own.emplace(push.event_store_id, aggregate_id, version);
    }
    for (const PushRecord& push : records) {
      RecordsOnlyAdapter::push_events({&push, 1}, {.force = true});
      if (records.size() < 20) std::this_thread::yield();
    }
    return {};
  }

 private:
  std::mutex mutex_;
};

/// The same, but it says so.
struct SaysThatGroupsDoNotAppearAtOnce : WritesGroupsOneByOne {
  static constexpr castore::AdapterProperties properties{.shows_groups_at_once = false};
};

/// Locks the aggregates of a group one after another, and keeps what it has when it must wait. So that a test comes to
/// an end, it waits a little longer than that only.
class LocksAggregatesOneByOne : public BreaksGroups {
  using Key = std::pair<std::string, std::string>;

  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    castore::check_records(records);
    std::set<Key> own;
    for (const PushRecord& push : records) {
      Key key{push.event_store_id, push.record.aggregate_id};
      if (own.contains(key)) continue;
      lock(key);
      own.insert(std::move(key));
    }
    const PushOutcome outcome = push_correctly(records, force);
    const std::scoped_lock lock{mutex_};
    for (const Key& key : own) locked_.erase(key);
    is_unlocked_.notify_all();
    return outcome;
  }
  void lock(const Key& key) {
    std::unique_lock lock{mutex_};
    if (!is_unlocked_.wait_for(lock, 2 * impatient.limit, [&] { return !locked_.contains(key); })) {
      throw castore::StorageError{"a deadlock"};
    }
    locked_.insert(key);
  }

  std::mutex mutex_;
  std::condition_variable is_unlocked_;
  std::set<Key> locked_;
};

/// Does not look again at what it is about to write. A group of two is another test's.
class ChecksGroupsBeforeItWrites : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    for (const PushRecord& push : records) {
      if (records.size() < 3 || has_event(*this, push)) return push_correctly(records, force);
    }
    std::this_thread::yield();
    const PushOutcome outcome = push_correctly(records, force);
    return outcome.status == PushOutcome::already_exists ? push_correctly(records, true) : outcome;
  }
};

inline std::vector<Twin> group_race_twins() {
  const char* const opposite = "of groups of the same events in opposite orders exactly one wins";
  return {
      twin<WritesGroupsOneByOne, racing>("writes the events of a group one by one",
                                         {"who sees one event of a group sees the others"}),
      twin<LocksAggregatesOneByOne, impatient>("locks the aggregates of a group one by one", {opposite}),
      twin<ChecksGroupsBeforeItWrites, racing>("looks for the versions of a group first and writes later", {opposite}),
  };
}

}  // namespace broken_twins

#endif
