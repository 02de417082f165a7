// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_CONFLICTS_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_CONFLICTS_HPP

#include "testing/broken_twins/twin.hpp"

#include <cstddef>
#include <limits>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace broken_twins {

/// A twin whose fault lies in pushes of one event.
class BreaksSinglePushes : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) final {
    if (records.size() != 1) return RecordsOnlyAdapter::push_events(records, options);
    return push_event(records.front(), options.force);
  }

 protected:
  PushOutcome push_correctly(const PushRecord& push, bool force) {
    return RecordsOnlyAdapter::push_events({&push, 1}, {.force = force});
  }

 private:
  virtual PushOutcome push_event(const PushRecord& push, bool force) = 0;
};

class HidesConflicts : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const PushOutcome outcome = push_correctly(push, force);
    return outcome.status == PushOutcome::already_exists ? PushOutcome{} : outcome;
  }
};

class TakesTheSameEventTwice : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const PushOutcome outcome = push_correctly(push, force);
    if (outcome.status != PushOutcome::already_exists) return outcome;
    bool is_same = false;
    get_events(push.event_store_id, push.record.aggregate_id,
               {.min_version = push.record.version, .max_version = push.record.version},
               [&](const EventRecordView& view) { is_same = view.to_record() == push.record; });
    return is_same ? PushOutcome{} : outcome;
  }
};

class KnowsTheLastVersionOnly : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const PushOutcome outcome = push_correctly(push, force);
    const bool is_below_last =
        outcome.status == PushOutcome::already_exists &&
        has_version(*this, push.event_store_id, push.record.aggregate_id, push.record.version + 1);
    return is_below_last ? PushOutcome{PushOutcome::version_gap, 0} : outcome;
  }
};

class OverwritesOnConflict : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const PushOutcome outcome = push_correctly(push, force);
    if (outcome.status == PushOutcome::already_exists) push_correctly(push, true);
    return outcome;
  }
};

class ChecksBeforeItWrites : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    if (!force && has_event(*this, push)) return {PushOutcome::already_exists, 0};
    std::this_thread::yield();
    const PushOutcome outcome = push_correctly(push, force);
    return outcome.status == PushOutcome::already_exists ? push_correctly(push, true) : outcome;
  }
};

/// Each of the two ways to push keeps to itself.
class LocksGroupsAndSinglesApart : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const std::scoped_lock lock{records.size() == 1 ? singles_ : groups_};
    if (options.force) return RecordsOnlyAdapter::push_events(records, options);
    for (std::size_t index = 0; index < records.size(); ++index) {
      if (has_event(*this, records[index])) return RecordsOnlyAdapter::push_events(records, options);
    }
    std::this_thread::yield();
    const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, options);
    if (outcome.status != PushOutcome::already_exists) return outcome;
    return RecordsOnlyAdapter::push_events(records, {.force = true});
  }

 private:
  std::mutex singles_;
  std::mutex groups_;
};

class NeverOverwrites : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    if (force && has_event(*this, push)) return {PushOutcome::already_exists, 0};
    return push_correctly(push, force);
  }
};

class OverwritesTheNextEventToo : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    if (force && push.record.version < std::numeric_limits<castore::Version>::max()) {
      PushRecord next = push;
      ++next.record.version;
      if (has_event(*this, next)) push_correctly(next, true);
    }
    return push_correctly(push, force);
  }
};

class ChecksGapsDespiteForce : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const bool has_gap = push.record.version > 1 && !has_event(*this, push) &&
                         !has_version(*this, push.event_store_id, push.record.aggregate_id, push.record.version - 1);
    if (force && has_gap) return {PushOutcome::version_gap, 0};
    return push_correctly(push, force);
  }
};

template <std::string EventRecord::*part>
class ForceKeeps : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    PushRecord kept = push;
    const castore::GetEventsOptions this_version{.min_version = push.record.version,
                                                 .max_version = push.record.version};
    if (force) {
      RecordsOnlyAdapter::get_events(push.event_store_id, push.record.aggregate_id, this_version,
                                     [&](const EventRecordView& old) { kept.record.*part = old.to_record().*part; });
    }
    return push_correctly(kept, force);
  }
};

inline std::vector<Twin> conflict_twins() {
  const char* const one_wins = "of concurrent pushes of one version exactly one wins";
  const char* const mixed = "of a version alone and in a group exactly one wins";
  return {
      twin<HidesConflicts>(
          "says pushed of a version that exists",
          {mixed, "a version that exists is a conflict", "the very same event again is a conflict",
           "a version below the last is a conflict", "of concurrent pushes of one version exactly one wins",
           "random pushes agree with a model"}),
      twin<TakesTheSameEventTwice>("says pushed of an event that it has already",
                                   {"the very same event again is a conflict"}),
      twin<KnowsTheLastVersionOnly>("takes a version below the last for a gap",
                                    {"a version below the last is a conflict", "random pushes agree with a model"},
                                    {one_wins, mixed}),
      twin<OverwritesOnConflict>(
          "overwrites the event and reports a conflict",
          {"a conflict leaves the stored event as it was", "random pushes agree with a model", one_wins, mixed}),
      twin<ChecksBeforeItWrites, racing>("looks for the version first and writes later", {one_wins, mixed}),
      twin<LocksGroupsAndSinglesApart, racing>("locks groups and single events apart", {mixed}),
      twin<NeverOverwrites>("reports a conflict despite force",
                            {"force writes over an event that exists", "force leaves all other events as they were",
                             "random pushes agree with a model"}),
      twin<OverwritesTheNextEventToo>("forces the event after it too", {"force leaves all other events as they were",
                                                                        "random pushes agree with a model"}),
      twin<ForceKeeps<&EventRecord::type>>("keeps the type of an event that is forced over",
                                           {"force replaces the whole event"}),
      twin<ForceKeeps<&EventRecord::metadata>>("keeps the metadata of an event that is forced over",
                                               {"force replaces the whole event"}),
      twin<ChecksGapsDespiteForce>("reports a gap despite force",
                                   {"force writes past a gap", "random pushes agree with a model"}),
  };
}

}  // namespace broken_twins

#endif
