// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_VERSIONS_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_VERSIONS_HPP

#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/twin.hpp"

#include <vector>

namespace broken_twins {

class TakesVersionsBelow1 : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    return push.record.version < 1 ? PushOutcome{} : push_correctly(push, force);
  }
};

/// A twin whose fault lies in pushes that would leave a gap.
class BreaksGaps : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) final {
    const PushOutcome outcome = push_correctly(push, force);
    return outcome.status == PushOutcome::version_gap ? push_past_gap(push) : outcome;
  }
  virtual PushOutcome push_past_gap(const PushRecord& push) = 0;

 protected:
  bool has_version_1(const PushRecord& push) {
    return has_version(*this, push.event_store_id, push.record.aggregate_id, 1);
  }
};

class TakesLaterGaps : public BreaksGaps {
  PushOutcome push_past_gap(const PushRecord& push) override {
    return has_version_1(push) ? push_correctly(push, true) : PushOutcome{PushOutcome::version_gap, 0};
  }
};

class TakesAnyFirstVersion : public BreaksGaps {
  PushOutcome push_past_gap(const PushRecord& push) override {
    return has_version_1(push) ? PushOutcome{PushOutcome::version_gap, 0} : push_correctly(push, true);
  }
};

class WritesAndReportsGaps : public BreaksGaps {
  PushOutcome push_past_gap(const PushRecord& push) override {
    push_correctly(push, true);
    return {PushOutcome::version_gap, 0};
  }
};

class PushesAfterTheLastOnly : public BreaksSinglePushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    bool has_later = false;
    get_events(push.event_store_id, push.record.aggregate_id, {.min_version = push.record.version},
               [&](const EventRecordView&) { has_later = true; });
    if (!force && has_later && !has_event(*this, push)) return {PushOutcome::version_gap, 0};
    return push_correctly(push, force);
  }
};

inline std::vector<Twin> version_twins() {
  return {
      twin<TakesVersionsBelow1>("says pushed of versions below 1", {"push_events refuses a version below 1"}),
      twin<TakesLaterGaps>("lets versions after the first have gaps",
                           {"a version after a missing one is a gap", "gaps that force left can be filled from below",
                            "random versions agree with a model"}),
      twin<TakesAnyFirstVersion>("lets an aggregate begin with any version",
                                 {"the first version of an aggregate is 1", "random versions agree with a model"}),
      twin<WritesAndReportsGaps>(
          "writes the event and reports a gap",
          {"an event that would leave a gap is not written", "a version after a missing one is a gap",
           "the first version of an aggregate is 1", "gaps that force left can be filled from below",
           "random versions agree with a model"}),
      twin<PushesAfterTheLastOnly>(
          "takes a version below the last for a gap also where it fills one",
          {"gaps that force left can be filled from below", "random versions agree with a model"}),
  };
}

}  // namespace broken_twins

#endif
