// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_GROUPS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_GROUPS_HPP

/// @file
/// Law 4: a group of events is written whole or not at all.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>
#include <castore/testing/adapter_conformance/versions.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace castore::testing::detail {

inline void a_group_is_written_whole(const AdapterUnderTest& adapter) {
  const LawEventList group{{"S", "a", 1, "one", at(0)},
                           {"T", "b", 1, "two", at(0)},
                           {"S", "c", 1, "three", at(0)},
                           {"T", "d", 1, "", at(0)}};
  adapter.must_push_group(group);
  for (const LawEvent& event : group) adapter.expect_events({event}, "events of one aggregate of the group");
}

inline void a_group_holds_consecutive_versions(const AdapterUnderTest& adapter) {
  const LawEventList first{{"S", "a", 1, "one", at(0)}, {"S", "a", 2, "two", at(0)}, {"S", "a", 3, "three", at(0)}};
  const LawEventList second{{"S", "a", 4, "four", at(1)}, {"S", "a", 5, "five", at(1)}};
  adapter.must_push_group(first);
  adapter.must_push_group(second);
  adapter.expect_events({first[0], first[1], first[2], second[0], second[1]}, "events");
}

/// A group of three whose event at `place` exists already.
inline LawEventList group_with_conflict(const AdapterUnderTest& adapter, std::size_t place) {
  LawEventList group;
  for (const std::string id : {"a", "b", "c"}) {
    group.push_back({id == "b" ? "T" : "S", id + std::to_string(place), 1, "in the group", at(1)});
  }
  LawEvent existing = group[place];
  existing.text = "before";
  adapter.must_push(existing);
  return group;
}

inline void a_conflict_in_a_group_names_the_event(const AdapterUnderTest& adapter) {
  for (const std::size_t place : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    const LawEventList group = group_with_conflict(adapter, place);
    expect_equal(adapter.push_group(group), {PushOutcome::already_exists, place}, "the outcome of the group");
  }
}

inline void a_conflict_in_a_group_leaves_nothing(const AdapterUnderTest& adapter) {
  for (const std::size_t place : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    LawEventList group = group_with_conflict(adapter, place);
    adapter.push_group(group);
    group[place].text = "before";
    for (std::size_t index = 0; index < group.size(); ++index) {
      if (index == place) {
        adapter.expect_events({group[index]}, "events of the aggregate with the conflict");
      } else {
        adapter.expect_no_events(group[index].event_store_id, group[index].aggregate_id,
                                 "events of another aggregate of the group");
      }
    }
  }
}

inline void a_gap_in_a_group_names_the_event_and_leaves_nothing(const AdapterUnderTest& adapter) {
  const LawEvent existing{"S", "a", 1, "before", at(0)};
  adapter.must_push(existing);
  const LawEventList group{{"T", "b", 1, "", at(1)}, {"S", "a", 3, "", at(1)}, {"S", "c", 1, "", at(1)}};
  expect_equal(adapter.push_group(group), {PushOutcome::version_gap, 1}, "the outcome of a group with a gap");
  adapter.expect_events({existing}, "events of the aggregate with the gap");
  adapter.expect_no_events("T", "b", "events of another aggregate of the group");
  adapter.expect_no_events("S", "c", "events of another aggregate of the group");
}

inline void the_first_of_two_conflicts_is_named(const AdapterUnderTest& adapter) {
  adapter.must_push_all({{"S", "a", 1, "", at(0)}, {"S", "b", 1, "", at(0)}});
  const LawEventList group{
      {"S", "new", 1, "", at(1)}, {"S", "b", 1, "", at(1)}, {"S", "a", 1, "", at(1)}, {"S", "z", 1, "", at(1)}};
  expect_equal(adapter.push_group(group), {PushOutcome::already_exists, 1}, "the outcome of a group of two conflicts");
}

inline void the_first_in_the_way_is_named(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "", at(0)});
  const LawEvent fits{"S", "new", 1, "", at(1)};
  const LawEvent exists{"S", "a", 1, "", at(1)};
  const LawEvent leaves_gap{"S", "b", 2, "", at(1)};
  expect_equal(adapter.push_group(LawEventList{fits, exists, leaves_gap}), {PushOutcome::already_exists, 1},
               "the outcome of a group with a conflict before a gap");
  expect_equal(adapter.push_group(LawEventList{leaves_gap, fits, exists}), {PushOutcome::version_gap, 0},
               "the outcome of a group with a gap before a conflict");
}

/// What makes a version follow is stored, or earlier in the group.
inline void backward_versions_are_a_gap(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  adapter.must_push(first);
  expect_equal(adapter.push_group(LawEventList{{"S", "b", 2, "", at(1)}, {"S", "b", 1, "", at(1)}}),
               {PushOutcome::version_gap, 0}, "the outcome of a group of version 2 and then version 1");
  expect_equal(
      adapter.push_group(LawEventList{{"T", "c", 1, "", at(1)}, {"S", "a", 3, "", at(1)}, {"S", "a", 2, "", at(1)}}),
      {PushOutcome::version_gap, 1}, "the outcome of a group with version 3 before version 2, after version 1");
  adapter.expect_no_events("S", "b", "events after a group was refused");
  adapter.expect_no_events("T", "c", "events after a group was refused");
  adapter.expect_events({first}, "events after a group was refused");
}

inline void force_writes_backward_versions(const AdapterUnderTest& adapter) {
  const LawEvent one{"S", "a", 1, "one", at(0)};
  const LawEvent two{"S", "a", 2, "two", at(0)};
  adapter.must_push_group({two, one}, true);
  adapter.expect_events({one, two}, "events after force of version 2 and then version 1");
}

/// 120 events, or as many as the storage takes: the versions of several aggregates of two event stores in turn.
inline LawEventList large_group(const AdapterUnderTest& adapter) {
  constexpr std::size_t aggregates = 12;
  const std::size_t size = (std::min<std::size_t>)(120, adapter.properties().max_events_per_push.value_or(120));
  LawEventList group;
  for (std::size_t index = 0; index < size; ++index) {
    group.push_back({index % 2 == 0 ? "S" : "T", "g" + std::to_string(index % aggregates),
                     static_cast<Version>(1 + index / aggregates), "event " + std::to_string(index), at(0)});
  }
  return group;
}

/// The events of the group by aggregate, in its order.
inline std::map<std::string, LawEventList> by_aggregate(const LawEventList& group) {
  std::map<std::string, LawEventList> events;
  for (const LawEvent& event : group) events[event.aggregate_id].push_back(event);
  return events;
}

inline void a_large_group_is_written_whole(const AdapterUnderTest& adapter) {
  const LawEventList group = large_group(adapter);
  adapter.must_push_group(group);
  for (const auto& [aggregate_id, events] : by_aggregate(group)) {
    adapter.expect_events(events, "events that a group of " + std::to_string(group.size()) + " has written");
  }
}

inline void a_conflict_ends_a_large_group(const AdapterUnderTest& adapter) {
  LawEventList group = large_group(adapter);
  LawEvent last = group.back();
  last.aggregate_id = group.back().aggregate_id = "exists";
  last.version = group.back().version = 1;
  adapter.must_push(last);
  expect_equal(adapter.push_group(group), {PushOutcome::already_exists, group.size() - 1},
               "the outcome of a group of " + std::to_string(group.size()) + " whose last event exists");
  for (const auto& [aggregate_id, events] : by_aggregate(group)) {
    if (aggregate_id == last.aggregate_id) {
      adapter.expect_events({last}, "events of the aggregate with the conflict");
    } else {
      adapter.expect_no_events(events.front().event_store_id, aggregate_id, "events of the refused group");
    }
  }
}

inline void expect_group_refused(const AdapterUnderTest& adapter, const LawEventList& group, std::string_view field,
                                 std::string_view what) {
  const auto error = expect_error<InvalidEventError>("InvalidEventError", what, [&] { adapter.push_records(group); });
  expect_equal(error.field(), std::string{field}, "field of the error");
}

inline void a_group_has_one_timestamp(const AdapterUnderTest& adapter) {
  expect_group_refused(adapter, {{"S", "a", 1, "", at(0)}, {"S", "b", 1, "", at(1)}}, "timestamp",
                       "pushing a group with two timestamps; call castore::check_records first");
}

inline void a_group_holds_an_event_once(const AdapterUnderTest& adapter) {
  expect_group_refused(adapter, {{"S", "a", 1, "", at(0)}, {"S", "b", 1, "", at(0)}, {"S", "a", 1, "", at(0)}},
                       "version", "pushing a group that holds an event twice; call castore::check_records first");
}

inline void an_empty_group_changes_nothing(const AdapterUnderTest& adapter) {
  const LawEvent existing{"S", "a", 1, "", at(0)};
  adapter.must_push(existing);
  adapter.must_push_group({});
  adapter.must_push_group({}, true);
  adapter.expect_events({existing}, "events after an empty group");
}

inline void force_writes_a_group(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "before", at(0)});
  const LawEventList group{{"S", "a", 1, "over", at(1)}, {"T", "b", 1, "new", at(1)}, {"S", "c", 4, "gap", at(1)}};
  adapter.must_push_group(group, true);
  for (const LawEvent& event : group) adapter.expect_events({event}, "events of one aggregate of the forced group");
}

inline bool limits_groups(const FixtureProperties& fixture) { return fixture.adapter.max_events_per_push.has_value(); }

inline LawEventList group_of(std::size_t size) {
  LawEventList group;
  for (std::size_t index = 0; index < size; ++index) group.push_back({"S", "g" + std::to_string(index), 1, "", at(0)});
  return group;
}

inline void the_largest_group_is_written(const AdapterUnderTest& adapter) {
  const LawEventList group = group_of(*adapter.properties().max_events_per_push);
  adapter.must_push_group(group);
  adapter.expect_events({group.front()}, "events of the first aggregate of the group");
  adapter.expect_events({group.back()}, "events of the last aggregate of the group");
}

inline void a_larger_group_is_refused(const AdapterUnderTest& adapter) {
  const LawEventList group = group_of(*adapter.properties().max_events_per_push + 1);
  expect_group_refused(adapter, group, "max_events_per_push",
                       "pushing a group of " + std::to_string(group.size()) + " events");
  adapter.must_push({"S", "other", 1, "", at(1)});
  for (const LawEvent& event : group) {
    adapter.expect_no_events(event.event_store_id, event.aggregate_id, "events of the group");
  }
}

inline constexpr AdapterLaw group_laws[] = {
    {4, "a group over aggregates and event stores is written whole", a_group_is_written_whole},
    {4, "a group may hold consecutive versions of one aggregate", a_group_holds_consecutive_versions},
    {4, "a conflict in a group names the offending event", a_conflict_in_a_group_names_the_event},
    {4, "a conflict in a group leaves nothing of it", a_conflict_in_a_group_leaves_nothing},
    {4, "a gap in a group names the offending event and leaves nothing of it",
     a_gap_in_a_group_names_the_event_and_leaves_nothing, detects_gaps},
    {.law = 4,
     .name = "a group with two timestamps is refused",
     .check = a_group_has_one_timestamp,
     .records_only = true},
    {.law = 4,
     .name = "a group that holds an event twice is refused",
     .check = a_group_holds_an_event_once,
     .records_only = true},
    {.law = 4, .name = "an empty group changes nothing", .check = an_empty_group_changes_nothing, .records_only = true},
    {4, "force writes a whole group", force_writes_a_group},
    {4, "the first of two conflicts in a group is named", the_first_of_two_conflicts_is_named},
    {4, "the first event in the way is named whether it is a conflict or a gap", the_first_in_the_way_is_named,
     detects_gaps},
    {4, "in a group a version before the one that it follows is a gap", backward_versions_are_a_gap, detects_gaps},
    {4, "force writes a group whose versions go backwards", force_writes_backward_versions},
    {4, "a group of 120 events or as many as may be is written whole", a_large_group_is_written_whole},
    {4, "a conflict at the end of a large group leaves nothing of it", a_conflict_ends_a_large_group},
    {4, "a group of max_events_per_push events is written", the_largest_group_is_written, limits_groups},
    {4, "a group of more than max_events_per_push events is refused whole", a_larger_group_is_refused, limits_groups,
     true},
    {.law = 4,
     .name = "random groups agree with a model",
     .check = random_operations_keep_law<4>,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
