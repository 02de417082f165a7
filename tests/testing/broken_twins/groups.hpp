// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_GROUPS_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_GROUPS_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/meeting_point.hpp"
#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace broken_twins {

/// A twin whose fault lies in pushes of several events.
class BreaksGroups : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, bool force) final {
    if (records.size() == 1) return RecordsOnlyAdapter::push_events(records, force);
    return push_group({records.begin(), records.end()}, force);
  }

 protected:
  PushOutcome push_correctly(std::span<const PushRecord> records, bool force) {
    return RecordsOnlyAdapter::push_events(records, force);
  }

 private:
  virtual PushOutcome push_group(std::vector<PushRecord> records, bool force) = 0;
};

class WritesAllToTheFirstStore : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    for (PushRecord& push : records) push.event_store_id = records.front().event_store_id;
    return push_correctly(records, force);
  }
};

class LooksAtStoredEventsOnly : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    for (std::size_t index = 0; index < records.size() && !force; ++index) {
      const PushRecord& push = records[index];
      if (has_event(*this, push)) return {PushOutcome::already_exists, index};
      if (push.record.version > 1 &&
          !has_version(*this, push.event_store_id, push.record.aggregate_id, push.record.version - 1)) {
        return {PushOutcome::version_gap, index};
      }
    }
    return push_correctly(records, force);
  }
};

template <PushOutcome::Status status>
class NamesTheFirstEvent : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    const PushOutcome outcome = push_correctly(records, force);
    return outcome.status == status ? PushOutcome{status, 0} : outcome;
  }
};

class KeepsWhatCameBeforeAConflict : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    const PushOutcome outcome = push_correctly(records, force);
    if (outcome.status == PushOutcome::already_exists) {
      push_correctly(std::span{records}.first(outcome.index), force);
    }
    return outcome;
  }
};

class UnifiesTimestamps : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    for (PushRecord& push : records) push.record.timestamp = records.front().record.timestamp;
    return push_correctly(records, force);
  }
};

class DropsRepeatedEvents : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    std::set<std::tuple<std::string_view, std::string, castore::Version>> seen;
    std::erase_if(records, [&seen](const PushRecord& push) {
      return !seen.emplace(push.event_store_id, push.record.aggregate_id, push.record.version).second;
    });
    return push_correctly(records, force);
  }
};

class RefusesEmptyGroups : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    if (records.empty()) throw castore::StorageError{"syntax error near VALUES"};
    return push_correctly(records, force);
  }
};

class IgnoresForceOfGroups : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool) override { return push_correctly(records, false); }
};

/// One writer at a time, so that the events could be written one after another; but readers do not wait.
class WritesGroupsOneByOne : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    const std::scoped_lock lock{mutex_};
    castore::check_records(records);
    std::set<std::tuple<std::string_view, std::string_view, castore::Version>> own;
    for (const PushRecord& push : records) {
      const auto& [aggregate_id, version, type, timestamp, payload, metadata] = push.record;
      const bool is_next = version == 1 || own.contains({push.event_store_id, aggregate_id, version - 1}) ||
                           has_version(*this, push.event_store_id, aggregate_id, version - 1);
      if (!force && (has_event(*this, push) || !is_next)) return push_correctly(records, force);
      own.emplace(push.event_store_id, aggregate_id, version);
    }
    for (const PushRecord& push : records) {
      push_correctly({&push, 1}, force);
      readers_.meet();
    }
    return {};
  }
  std::mutex mutex_;
  MeetingPoint readers_;
};

/// The same, but it says so.
struct SaysThatGroupsDoNotAppearAtOnce : WritesGroupsOneByOne {
  static constexpr bool shows_groups_at_once = false;
};

inline constexpr std::size_t group_limit = 5;

/// Keeps the contract, with groups of a limited size.
struct LimitedAdapter : RecordsOnlyAdapter {
  static constexpr std::size_t max_events_per_push = group_limit;

  PushOutcome push_events(std::span<const PushRecord> records, bool force) override {
    if (records.size() > group_limit) {
      throw castore::InvalidEventError{"max_events_per_push", "a group has at most 5 events"};
    }
    return RecordsOnlyAdapter::push_events(records, force);
  }
};

struct RefusesTheLargestGroup : LimitedAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, bool force) override {
    if (records.size() == group_limit) {
      throw castore::InvalidEventError{"max_events_per_push", "a group has less than 5 events"};
    }
    return LimitedAdapter::push_events(records, force);
  }
};

struct WritesAsManyAsFit : LimitedAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, bool force) override {
    if (records.size() > group_limit) LimitedAdapter::push_events(records.first(group_limit), force);
    return LimitedAdapter::push_events(records, force);
  }
};

inline std::vector<Twin> group_twins() {
  const char* const random = "random groups agree with a model";
  const char* const names = "a conflict in a group names the offending event";
  const char* const nothing = "a conflict in a group leaves nothing of it";
  const char* const gaps = "a gap in a group names the offending event and leaves nothing of it";
  return {
      twin<WritesAllToTheFirstStore>(
          "writes a group to the event store of its first event",
          {"a group over aggregates and event stores is written whole", names, nothing, "force writes a whole group",
           "who sees one event of a group sees the others", random}),
      twin<LooksAtStoredEventsOnly>("compares the events of a group with stored ones only",
                                    {"a group may hold consecutive versions of one aggregate", random}),
      twin<NamesTheFirstEvent<PushOutcome::already_exists>>("names the first event of a group for any conflict",
                                                            {names, random}),
      twin<NamesTheFirstEvent<PushOutcome::version_gap>>("names the first event of a group for any gap",
                                                         {gaps, random}),
      twin<KeepsWhatCameBeforeAConflict>("keeps the events of a group that come before a conflict", {nothing, random}),
      twin<UnifiesTimestamps>("gives all events of a group the first one's timestamp",
                              {"a group with two timestamps is refused"}),
      twin<DropsRepeatedEvents>("drops an event that its group holds already",
                                {"a group that holds an event twice is refused"}),
      twin<RefusesEmptyGroups>("cannot push an empty group", {"an empty group changes nothing"}),
      twin<IgnoresForceOfGroups>("ignores force for groups", {"force writes a whole group", random}),
      twin<WritesGroupsOneByOne>("writes the events of a group one by one",
                                 {"who sees one event of a group sees the others"}),
      twin_in<RefusesTheLargestGroup>("refuses the largest group that it says it takes",
                                      {"a group of max_events_per_push events is written"}),
      twin_in<WritesAsManyAsFit>("writes as much of a group as fits",
                                 {"a group of more than max_events_per_push events is refused whole"}),
  };
}

}  // namespace broken_twins

#endif
