// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_VERSIONS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_VERSIONS_HPP

/// @file
/// Law 3: versions start at 1 and have no gap.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>

#include <limits>
#include <string>

namespace castore::testing::detail {

inline constexpr PushOutcome gap{PushOutcome::version_gap, 0};

inline bool detects_gaps(const FixtureProperties& fixture) { return fixture.adapter.detects_version_gaps; }

inline void versions_below_1_are_refused(const AdapterUnderTest& adapter) {
  for (const Version version : {Version{0}, Version{-1}, (std::numeric_limits<Version>::min)()}) {
    for (const bool force : {false, true}) {
      const auto error = expect_error<InvalidEventError>(
          "InvalidEventError", "pushing version " + std::to_string(version) + "; call castore::check_records first",
          [&] {
            adapter.push({"S", "a", version, "", at(0)}, force);
          });
      expect_equal(error.field(), std::string{"version"}, "field of the error");
    }
  }
}

inline void a_version_after_a_missing_one_is_a_gap(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "", at(0)});
  expect_equal(adapter.push({"S", "a", 3, "", at(1)}), gap, "the outcome of pushing version 3 after 1");
  if (adapter.way() == Way::records) return;
  const auto error = expect_error<VersionGapError>("VersionGapError", "pushing version 3 after 1",
                                                   [&] { adapter.store("S").push_event("a", 3, Noted{}); });
  expect_equal(error.expected_version(), Version{2}, "expected_version of the error");
}

inline void the_first_version_is_1(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "other", 1, "", at(0)});
  expect_equal(adapter.push({"S", "a", 2, "", at(1)}), gap, "the outcome of pushing version 2 first");
  if (adapter.way() == Way::records) return;
  const auto error = expect_error<VersionGapError>("VersionGapError", "pushing version 2 first",
                                                   [&] { adapter.store("S").push_event("a", 2, Noted{}); });
  expect_equal(error.expected_version(), Version{1}, "expected_version of the error");
}

inline void a_gap_is_not_written(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  adapter.must_push(first);
  if (adapter.push({"S", "a", 3, "", at(1)}) == gap) adapter.expect_events({first}, "events after a gap was refused");
}

/// Versions after those that force left missing: the one before must exist, not all of them.
inline void gaps_that_force_left_can_be_filled(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "first", at(0)};
  const LawEvent second{"S", "a", 2, "second", at(1)};
  const LawEvent fourth{"S", "a", 4, "forced", at(2)};
  const LawEvent fifth{"S", "a", 5, "fifth", at(3)};
  adapter.must_push(first);
  if (!adapter.push_forced({fourth})) return;
  expect_equal(adapter.push({"S", "a", 7, "", at(2)}), gap, "the outcome of pushing version 7 after 1 and 4");
  expect_equal(adapter.push({"S", "a", 3, "", at(2)}), gap, "the outcome of pushing version 3 after 1 and 4");
  adapter.must_push(second);
  adapter.must_push(fifth);
  adapter.expect_events({first, second, fourth, fifth}, "events");
}

inline constexpr AdapterLaw version_laws[] = {
    {.law = 3,
     .name = "push_events refuses a version below 1",
     .check = versions_below_1_are_refused,
     .records_only = true},
    {3, "a version after a missing one is a gap", a_version_after_a_missing_one_is_a_gap, detects_gaps},
    {3, "the first version of an aggregate is 1", the_first_version_is_1, detects_gaps},
    {3, "an event that would leave a gap is not written", a_gap_is_not_written, detects_gaps},
    {3, "gaps that force left can be filled from below", gaps_that_force_left_can_be_filled, detects_gaps},
    {3, "random versions agree with a model", random_operations_keep_law<3>, detects_gaps, true},
};

}  // namespace castore::testing::detail

#endif
