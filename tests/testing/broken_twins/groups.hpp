// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_GROUPS_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_GROUPS_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <cstddef>
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
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) final {
    if (records.size() == 1) return RecordsOnlyAdapter::push_events(records, options);
    return push_group({records.begin(), records.end()}, options.force);
  }

 protected:
  PushOutcome push_correctly(std::span<const PushRecord> records, bool force) {
    return RecordsOnlyAdapter::push_events(records, {.force = force});
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
      const auto is_before = [next = records[index]](const PushRecord& push) {
        return push.event_store_id == next.event_store_id && push.record.aggregate_id == next.record.aggregate_id &&
               push.record.version == next.record.version - 1;
      };
      if (std::ranges::any_of(std::span{records}.first(index), is_before)) return {PushOutcome::version_gap, index};
    }
    return push_correctly(records, force);
  }
};

template <castore::PushStatus status>
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

/// Looks for all conflicts, and overwrites what it has found.
class NamesTheLastConflict : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    PushOutcome outcome = push_correctly(records, force);
    if (outcome.status != PushOutcome::already_exists) return outcome;
    for (std::size_t index = 0; index < records.size(); ++index) {
      if (has_event(*this, records[index])) outcome.index = index;
    }
    return outcome;
  }
};

/// Looks for conflicts first and then for gaps.
class NamesConflictsBeforeGaps : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    const PushOutcome outcome = push_correctly(records, force);
    if (outcome.status != PushOutcome::version_gap) return outcome;
    for (std::size_t index = outcome.index; index < records.size(); ++index) {
      if (has_event(*this, records[index])) return {PushOutcome::already_exists, index};
    }
    return outcome;
  }
};

/// Takes events of the whole group for those that came before.
class TakesVersionsInAnyOrder : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    const PushOutcome outcome = push_correctly(records, force);
    if (outcome.status != PushOutcome::version_gap) return outcome;
    std::vector<PushRecord> sorted = records;
    std::ranges::stable_sort(sorted, {}, [](const PushRecord& push) { return push.record.version; });
    return is_pushed(push_correctly(sorted, force)) ? PushOutcome{} : outcome;
  }
};

class ForcesRisingVersionsOnly : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    if (force && records.size() == 2 && records[0].record.aggregate_id == records[1].record.aggregate_id &&
        records[0].event_store_id == records[1].event_store_id &&
        records[0].record.version > records[1].record.version) {
      records.pop_back();
    }
    return push_correctly(records, force);
  }
};

/// As many as a statement of its storage takes.
class WritesAHundredEvents : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    if (records.size() > 100) records.resize(100);
    return push_correctly(records, force);
  }
};

/// Each batch is atomic, all of them are not.
class WritesInBatches : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    castore::check_records(records);
    constexpr std::size_t size = 50;
    for (std::size_t first = 0; first < records.size(); first += size) {
      PushOutcome outcome =
          push_correctly(std::span{records}.subspan(first, std::min(size, records.size() - first)), force);
      outcome.index += first;
      if (!is_pushed(outcome)) return outcome;
    }
    return {};
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

inline constexpr std::size_t group_limit = 5;

/// Keeps the contract, with groups of a limited size.
struct LimitedAdapter : RecordsOnlyAdapter {
  static constexpr castore::AdapterProperties properties{.max_events_per_push = group_limit};

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    if (records.size() > group_limit) {
      throw castore::InvalidEventError{"max_events_per_push", "a group has at most 5 events"};
    }
    return RecordsOnlyAdapter::push_events(records, options);
  }
};

struct RefusesTheLargestGroup : LimitedAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    if (records.size() == group_limit) {
      throw castore::InvalidEventError{"max_events_per_push", "a group has less than 5 events"};
    }
    return LimitedAdapter::push_events(records, options);
  }
};

struct WritesAsManyAsFit : LimitedAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    if (records.size() > group_limit) LimitedAdapter::push_events(records.first(group_limit), options);
    return LimitedAdapter::push_events(records, options);
  }
};

inline std::vector<Twin> group_twins() {
  const char* const random = "random groups agree with a model";
  const char* const names = "a conflict in a group names the offending event";
  const char* const nothing = "a conflict in a group leaves nothing of it";
  const char* const first_conflict = "the first of two conflicts in a group is named";
  const char* const first = "the first event in the way is named whether it is a conflict or a gap";
  const char* const backward = "in a group a version before the one that it follows is a gap";
  const char* const force_backward = "force writes a group whose versions go backwards";
  const char* const opposite = "of groups of the same events in opposite orders exactly one wins";
  const char* const at_once = "who sees one event of a group sees the others";
  const char* const large = "a group of 120 events or as many as may be is written whole";
  const char* const large_conflict = "a conflict at the end of a large group leaves nothing of it";
  const char* const gaps = "a gap in a group names the offending event and leaves nothing of it";
  return {
      twin<WritesAllToTheFirstStore>("writes a group to the event store of its first event",
                                     {"a group over aggregates and event stores is written whole", names, nothing,
                                      "force writes a whole group", at_once, opposite, large, large_conflict, random}),
      twin<LooksAtStoredEventsOnly>(
          "compares the events of a group with stored ones only",
          {"a group may hold consecutive versions of one aggregate", at_once, large, large_conflict, random}),
      twin<NamesTheFirstEvent<PushOutcome::already_exists>>("names the first event of a group for any conflict",
                                                            {names, first_conflict, first, large_conflict, random}),
      twin<NamesTheFirstEvent<PushOutcome::version_gap>>("names the first event of a group for any gap",
                                                         {gaps, backward, random}),
      twin<KeepsWhatCameBeforeAConflict>("keeps the events of a group that come before a conflict",
                                         {nothing, large_conflict, random}),
      twin<NamesTheLastConflict>("names the last conflict of a group", {first_conflict, opposite, random}),
      twin<NamesConflictsBeforeGaps>("names conflicts of a group before gaps", {first}),
      twin<TakesVersionsInAnyOrder>("takes the versions of a group in any order", {backward}),
      twin<ForcesRisingVersionsOnly>("forces rising versions of a group only", {force_backward}),
      twin<WritesAHundredEvents>("writes the first hundred events of a group", {large, large_conflict}),
      twin<WritesInBatches>("writes a large group in batches", {large_conflict}),
      twin<UnifiesTimestamps>("gives all events of a group the first one's timestamp",
                              {"a group with two timestamps is refused"}),
      twin<DropsRepeatedEvents>("drops an event that its group holds already",
                                {"a group that holds an event twice is refused"}),
      twin<RefusesEmptyGroups>("cannot push an empty group", {"an empty group changes nothing"}),
      twin<IgnoresForceOfGroups>("ignores force for groups", {"force writes a whole group", force_backward, random}),
      twin_with_properties<RefusesTheLargestGroup>(
          "refuses the largest group that it says it takes",
          {"a group of max_events_per_push events is written", opposite, large, large_conflict}),
      twin_with_properties<WritesAsManyAsFit>("writes as much of a group as fits",
                                              {"a group of more than max_events_per_push events is refused whole"}),
  };
}

}  // namespace broken_twins

#endif
