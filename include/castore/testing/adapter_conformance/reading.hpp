// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_READING_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_READING_HPP

/// @file
/// Law 5: `get_events` gives exactly the events that its options select.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

using Versions = std::vector<Version>;

/// Versions 1 to 5 of aggregate 'a'.
inline void push_five(const AdapterUnderTest& adapter) {
  for (Version version = 1; version <= 5; ++version) {
    adapter.must_push({"S", "a", version, "", at(static_cast<int>(version))});
  }
}

inline void expect_versions(const AdapterUnderTest& adapter, const GetEventsOptions& options, const Versions& expected,
                            std::string_view what) {
  Versions versions;
  for (const LawEvent& event : adapter.get("S", "a", options)) versions.push_back(event.version);
  expect_equal(versions, expected, what);
}

/// More than nine, and neither the order in which they were pushed nor their timestamps are that of the versions.
inline void events_come_in_the_order_of_their_versions(const AdapterUnderTest& adapter) {
  Versions all;
  for (Version version = 1; version <= 12; ++version) all.push_back(version);
  LawEventList events;
  for (const Version version : {12, 3, 1, 11, 2, 10, 5, 4, 6, 9, 8, 7}) {
    events.push_back({"S", "a", version, "", at(static_cast<int>(20 - version))});
  }
  if (!adapter.push_forced(events)) return;
  expect_versions(adapter, {}, all, "versions of an aggregate");
}

inline void min_version_is_inclusive(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.min_version = 4}, {4, 5}, "versions from 4 on");
  expect_versions(adapter, {.min_version = 1}, {1, 2, 3, 4, 5}, "versions from 1 on");
  expect_versions(adapter, {.min_version = 6}, {}, "versions from 6 on");
}

inline void max_version_is_inclusive(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.max_version = 2}, {1, 2}, "versions up to 2");
  expect_versions(adapter, {.max_version = 5}, {1, 2, 3, 4, 5}, "versions up to 5");
  expect_versions(adapter, {.max_version = 9}, {1, 2, 3, 4, 5}, "versions up to 9");
  expect_versions(adapter, {.min_version = 3, .max_version = 3}, {3}, "versions from 3 to 3");
}

inline void max_version_0_selects_nothing(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.max_version = 0}, {}, "versions up to 0");
}

inline void bounds_that_cross_select_nothing(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.min_version = 4, .max_version = 2}, {}, "versions from 4 to 2");
  expect_versions(adapter, {.min_version = 4, .max_version = 2, .reverse = true}, {}, "versions from 4 to 2, reversed");
}

inline void bounds_may_be_any_number(const AdapterUnderTest& adapter) {
  push_five(adapter);
  constexpr Version lowest = (std::numeric_limits<Version>::min)();
  constexpr Version highest = (std::numeric_limits<Version>::max)();
  expect_versions(adapter, {.min_version = lowest, .max_version = highest}, {1, 2, 3, 4, 5},
                  "versions of the widest range");
  expect_versions(adapter, {.max_version = lowest}, {}, "versions up to the lowest number");
  expect_versions(adapter, {.min_version = highest}, {}, "versions from the highest number on");
}

inline void reverse_gives_the_last_first(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.reverse = true}, {5, 4, 3, 2, 1}, "versions in reverse");
  expect_versions(adapter, {.min_version = 2, .max_version = 4, .reverse = true}, {4, 3, 2},
                  "versions from 2 to 4 in reverse; the bounds keep their meaning");
}

inline void limit_limits(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.limit = 1}, {1}, "one version");
  expect_versions(adapter, {.min_version = 2, .limit = 2}, {2, 3}, "two versions from 2 on");
  expect_versions(adapter, {.limit = 5}, {1, 2, 3, 4, 5}, "five versions");
  expect_versions(adapter, {.limit = (std::numeric_limits<std::size_t>::max)()}, {1, 2, 3, 4, 5},
                  "versions up to the highest limit");
}

inline void limit_counts_after_reverse(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.limit = 2, .reverse = true}, {5, 4}, "the last two versions");
  expect_versions(adapter, {.max_version = 4, .limit = 1, .reverse = true}, {4}, "the last version up to 4");
}

inline void limit_0_selects_nothing(const AdapterUnderTest& adapter) {
  push_five(adapter);
  expect_versions(adapter, {.limit = 0}, {}, "zero versions");
}

inline void what_does_not_exist_has_no_events(const AdapterUnderTest& adapter) {
  adapter.expect_no_events("S", "a", "events in an empty storage");
  push_five(adapter);
  for (const char* const id : {"", "aa", "b"}) {
    adapter.expect_no_events("S", id, "events of an unknown aggregate");
  }
  adapter.expect_no_events("unknown", "a", "events in an unknown event store");
}

/// More than drivers and servers hand out at once, by number and by size.
inline void a_long_history_comes_whole(const AdapterUnderTest& adapter) {
  constexpr Version last = 1100;
  LawEventList events;
  for (Version version = 1; version <= last; ++version) {
    events.push_back({"S", "a", version, std::string(1000, 'x'), at(0)});
  }
  adapter.must_push_many(events);
  Version version = 0;
  adapter.adapter().get_events("S", "a", {}, [&version](const EventRecordView& record) {
    expect_equal(record.version, ++version, "the version of the next event");
  });
  expect_equal(version, last, "the last version of 1,100");
}

inline constexpr AdapterLaw reading_laws[] = {
    {5, "events come in the order of their versions", events_come_in_the_order_of_their_versions},
    {5, "min_version is inclusive", min_version_is_inclusive},
    {5, "max_version is inclusive", max_version_is_inclusive},
    {5, "max_version 0 selects nothing", max_version_0_selects_nothing},
    {5, "min_version above max_version selects nothing", bounds_that_cross_select_nothing},
    {5, "min_version and max_version may be any number", bounds_may_be_any_number},
    {5, "reverse gives the last version first", reverse_gives_the_last_first},
    {5, "limit limits", limit_limits},
    {5, "limit counts after reverse", limit_counts_after_reverse},
    {5, "limit 0 selects nothing", limit_0_selects_nothing},
    {5, "what does not exist has no events", what_does_not_exist_has_no_events},
    {.law = 5,
     .name = "an aggregate of 1100 events and more than a megabyte comes whole",
     .check = a_long_history_comes_whole,
     .records_only = true},
    {.law = 5,
     .name = "random selections agree with a model",
     .check = random_operations_keep_law<5>,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
