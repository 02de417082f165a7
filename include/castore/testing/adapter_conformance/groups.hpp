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
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/adapter_conformance/versions.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

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

/// One thread pushes groups of two aggregates; two others read both, each in its own order.
inline void groups_appear_at_once(const AdapterUnderTest& adapter) {
  constexpr int pairs = 3;
  constexpr Version versions = 9;
  const auto id_in = [](const char* event_store_id, int pair) { return event_store_id + std::to_string(pair); };
  const auto last_version = [&](const char* event_store_id, int pair) {
    const LawEventList events = adapter.read(event_store_id, id_in(event_store_id, pair));
    return events.empty() ? 0 : events.back().version;
  };
  const auto write = [&] {
    for (int pair = 0; pair < pairs; ++pair) {
      for (Version version = 1; version <= versions; ++version) {
        LawEventList group{{"S", id_in("S", pair), version, "", at(0)}, {"T", id_in("T", pair), version, "", at(0)}};
        if (version % 2 == 0) std::swap(group[0], group[1]);
        adapter.must_push_group(group);
      }
    }
  };
  const auto read = [&](std::size_t reader) {
    const char* const first = reader == 0 ? "S" : "T";
    const char* const second = reader == 0 ? "T" : "S";
    for (int pair = 0; pair < pairs; ++pair) {
      const Version seen = last_version(first, pair);
      const Version seen_later = last_version(second, pair);
      expect(seen_later >= seen, "version " + std::to_string(seen) + " of both aggregates, which one group has written",
             "version " + std::to_string(seen) + " of one, and a moment later version " + std::to_string(seen_later) +
                 " of the other");
    }
  };
  adapter.must_push({"S", "other", 1, "", at(0)});
  write_while_reading(write, read);
}

inline bool shows_groups_at_once(const AdapterProperties& properties) { return properties.shows_groups_at_once; }
inline bool limits_groups(const AdapterProperties& properties) { return properties.max_events_per_push.has_value(); }

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
    {4, "who sees one event of a group sees the others", groups_appear_at_once, shows_groups_at_once},
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
