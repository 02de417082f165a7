// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_LISTING_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_LISTING_HPP

/// @file
/// Law 6, first part: which aggregates `list_aggregate_ids` lists, and in which order. The pages are in paging.hpp.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

using Entries = std::vector<AggregateIdEntry>;

inline Entries reversed(Entries entries) {
  std::ranges::reverse(entries);
  return entries;
}

/// Five aggregates whose ids go against the order of their timestamps, as does the order of the pushes.
inline Entries push_aggregates(const AdapterUnderTest& adapter) {
  Entries entries{{"e", at(10)}, {"c", at(20)}, {"d", at(30)}, {"a", at(40)}, {"b", at(50)}};
  for (const std::size_t index : {3U, 0U, 4U, 2U, 1U}) {
    adapter.must_push({"S", entries[index].aggregate_id, 1, "", entries[index].initial_event_timestamp});
  }
  return entries;
}

/// The same with equal timestamps; the ids are in the order of their bytes. Some begin with another one, and some have
/// characters that storages escape in their keys, which could then be in another order.
inline Entries push_aggregates_at_once(const AdapterUnderTest& adapter) {
  Entries entries;
  for (const char* const id : {"", "\x01", "!", "#", ".", "/", "10", "9", ":", "_", "a", "a ", "a/", "aa", "b",
                               "\xc3\xa9", "\xef\xbf\xbf", "\xf0\x9f\x90\x89"}) {
    entries.push_back({id, at(0)});
  }
  constexpr std::size_t step = 7;
  for (std::size_t index = step, count = 0; count < entries.size(); ++count, index += step) {
    adapter.must_push({"S", entries[index % entries.size()].aggregate_id, 1, "", at(0)});
  }
  return entries;
}

inline void expect_list(const AdapterUnderTest& adapter, const ListAggregateIdsOptions& options,
                        const Entries& expected, std::string_view what) {
  expect_equal(adapter.list_all("S", options), expected, what);
}

inline void aggregates_come_in_the_order_of_their_initial_events(const AdapterUnderTest& adapter) {
  expect_list(adapter, {}, push_aggregates(adapter), "aggregates");
}

/// Their timestamps differ by a millisecond.
inline void a_millisecond_makes_a_difference(const AdapterUnderTest& adapter) {
  using std::chrono::milliseconds;
  const Entries entries{{"c", at(0)}, {"b", at(0) + milliseconds{1}}, {"a", at(0) + milliseconds{2}}};
  for (const AggregateIdEntry& entry : reversed(entries)) {
    adapter.must_push({"S", entry.aggregate_id, 1, "", entry.initial_event_timestamp});
  }
  expect_list(adapter, {}, entries, "aggregates");
  expect_list(adapter,
              {.initial_event_after = at(0) + milliseconds{1}, .initial_event_before = at(0) + milliseconds{1}},
              {entries[1]}, "aggregates of one millisecond");
}

inline void equal_timestamps_are_ordered_by_id(const AdapterUnderTest& adapter) {
  expect_list(adapter, {}, push_aggregates_at_once(adapter), "aggregates");
}

inline void reverse_lists_the_mirror(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  expect_list(adapter, {.reverse = true}, reversed(entries), "aggregates in reverse");
  expect_list(adapter, {.initial_event_after = at(20), .initial_event_before = at(40), .reverse = true},
              {entries[3], entries[2], entries[1]}, "aggregates in reverse; the bounds keep their meaning");
}

inline void reverse_mirrors_equal_timestamps(const AdapterUnderTest& adapter) {
  expect_list(adapter, {.reverse = true}, reversed(push_aggregates_at_once(adapter)), "aggregates in reverse");
}

inline void initial_event_after_is_inclusive(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  expect_list(adapter, {.initial_event_after = at(40)}, {entries[3], entries[4]}, "aggregates from the fourth on");
  expect_list(adapter, {.initial_event_after = at(41)}, {entries[4]}, "aggregates after the fourth");
}

inline void initial_event_before_is_inclusive(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  expect_list(adapter, {.initial_event_before = at(20)}, {entries[0], entries[1]}, "aggregates up to the second");
  expect_list(adapter, {.initial_event_before = at(19)}, {entries[0]}, "aggregates before the second");
}

inline void bounds_that_cross_list_nothing(const AdapterUnderTest& adapter) {
  push_aggregates(adapter);
  for (const bool reverse : {false, true}) {
    expect_list(adapter, {.initial_event_after = at(40), .initial_event_before = at(20), .reverse = reverse}, {},
                "aggregates after the fourth and before the second");
  }
}

/// As somebody asks who means "no bound".
inline void bounds_may_be_any_time(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  for (const bool reverse : {false, true}) {
    const Entries expected = reverse ? reversed(entries) : entries;
    expect_list(
        adapter,
        {.initial_event_after = earliest_timestamp, .initial_event_before = latest_timestamp, .reverse = reverse},
        expected, "aggregates from the earliest to the latest time of an event");
    expect_list(adapter,
                {.limit = 2,
                 .initial_event_after = (Timestamp::min)(),
                 .initial_event_before = (Timestamp::max)(),
                 .reverse = reverse},
                expected, "aggregates from the lowest to the highest time there is, two a page");
    expect_list(adapter, {.initial_event_after = (Timestamp::max)(), .reverse = reverse}, {},
                "aggregates after the highest time there is");
    expect_list(adapter, {.initial_event_before = (Timestamp::min)(), .reverse = reverse}, {},
                "aggregates before the lowest time there is");
  }
}

inline void an_aggregate_is_listed_once(const AdapterUnderTest& adapter) {
  adapter.must_push_all({{"S", "a", 1, "", at(0)}, {"S", "b", 1, "", at(1)}, {"S", "a", 2, "", at(2)}});
  adapter.must_push_all({{"S", "a", 3, "", at(3)}, {"S", "b", 2, "", at(4)}});
  expect_list(adapter, {}, {{"a", at(0)}, {"b", at(1)}}, "aggregates with several events");
}

inline void without_version_1_there_is_no_initial_event(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "", at(0)});
  if (!adapter.push_forced({{"S", "b", 3, "", at(1)}})) return;
  expect_list(adapter, {}, {{"a", at(0)}}, "aggregates that have a version 1");
  if (!adapter.push_forced({{"S", "b", 1, "", at(2)}})) return;
  expect_list(adapter, {}, {{"a", at(0)}, {"b", at(2)}}, "aggregates once both have a version 1");
}

/// It has no initial event, until version 1 is there.
inline void version_2_alone_is_not_listed(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "", at(5)});
  if (!adapter.push_forced({{"S", "b", 2, "", at(1)}})) return;
  const auto expect_listed = [&](const Entries& expected, std::string_view what) {
    expect_list(adapter, {}, expected, what);
    expect_list(adapter, {.limit = 1, .reverse = true}, reversed(expected), what);
    expect_list(adapter, {.initial_event_before = at(5)}, expected, what);
  };
  expect_listed({{"a", at(5)}}, "aggregates while 'b' has version 2 only");
  if (!adapter.push_forced({{"S", "b", 1, "", at(3)}})) return;
  expect_listed({{"b", at(3)}, {"a", at(5)}}, "aggregates once 'b' has a version 1");
}

inline void the_list_stays_when_the_time_does(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  const LawEvent forced{"S", "c", 1, "forced", at(20)};
  for (int times = 0; times < 2; ++times) {
    if (!adapter.push_forced({forced})) return;
  }
  expect_list(adapter, {}, entries, "aggregates after force over the initial event of 'c', at the same time");
  expect_list(adapter, {.limit = 1}, entries, "the same, one a page");
  expect_list(adapter, {.reverse = true}, reversed(entries), "the same in reverse");
}

inline void the_list_follows_an_overwritten_initial_event(const AdapterUnderTest& adapter) {
  push_aggregates(adapter);
  if (!adapter.push_forced({{"S", "c", 1, "", at(45)}})) return;
  expect_list(adapter, {}, {{"e", at(10)}, {"d", at(30)}, {"a", at(40)}, {"c", at(45)}, {"b", at(50)}},
              "aggregates after force over the initial event of 'c'");
}

inline void an_event_store_without_aggregates_lists_none(const AdapterUnderTest& adapter) {
  const auto expect_empty = [&](const char* event_store_id, std::string_view what) {
    const AggregateIdsPage page = adapter.list(event_store_id, {.limit = 5});
    expect_equal(page.aggregate_ids, {}, what);
    expect_equal(page.next_page_token, {}, "the page token");
  };
  expect_empty("S", "aggregates in an empty storage");
  push_aggregates(adapter);
  expect_empty("unknown", "aggregates in an unknown event store");
}

/// More than drivers and servers hand out at once.
inline void a_long_list_comes_whole(const AdapterUnderTest& adapter) {
  LawEventList events;
  for (int index = 0; index < 1100; ++index) events.push_back({"S", "a" + std::to_string(index), 1, "", at(0)});
  adapter.must_push_many(events);
  const Entries entries = adapter.list_all("S");
  std::set<std::string> ids;
  for (const AggregateIdEntry& entry : entries) ids.insert(entry.aggregate_id);
  expect_equal(ids.size(), events.size(), "different ids in the list of 1,100 aggregates");
  expect_equal(entries.size(), events.size(), "entries in the list of 1,100 aggregates");
}

inline bool orders_equal_timestamps(const FixtureProperties& fixture) {
  return fixture.adapter.orders_equal_timestamps;
}

inline constexpr AdapterLaw listing_laws[] = {
    {6, "aggregates come in the order of their initial events", aggregates_come_in_the_order_of_their_initial_events},
    {6, "a millisecond makes a difference in a list", a_millisecond_makes_a_difference},
    {6, "aggregates with equal timestamps come in the order of their ids", equal_timestamps_are_ordered_by_id,
     orders_equal_timestamps},
    {6, "reverse lists the exact mirror", reverse_lists_the_mirror},
    {6, "reverse lists the exact mirror of equal timestamps too", reverse_mirrors_equal_timestamps,
     orders_equal_timestamps},
    {6, "initial_event_after is inclusive", initial_event_after_is_inclusive},
    {6, "initial_event_before is inclusive", initial_event_before_is_inclusive},
    {6, "initial_event_after behind initial_event_before lists nothing", bounds_that_cross_list_nothing},
    {6, "initial_event_after and initial_event_before may be any time", bounds_may_be_any_time},
    {6, "an aggregate with many events is listed once", an_aggregate_is_listed_once},
    {6, "an aggregate without version 1 is not listed", without_version_1_there_is_no_initial_event},
    {6, "an aggregate of version 2 alone is not listed", version_2_alone_is_not_listed},
    {6, "a list stays when an initial event is overwritten at the same time", the_list_stays_when_the_time_does},
    {6, "a list follows an initial event that was overwritten", the_list_follows_an_overwritten_initial_event},
    {6, "an event store without aggregates lists none", an_event_store_without_aggregates_lists_none},
    {.law = 6,
     .name = "a list of 1100 aggregates without limit comes whole",
     .check = a_long_list_comes_whole,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
