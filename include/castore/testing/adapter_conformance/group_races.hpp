// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_GROUP_RACES_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_GROUP_RACES_HPP

/// @file
/// Laws 2 and 4: groups that several threads push or read at once.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace castore::testing::detail {

inline bool shows_groups_at_once(const FixtureProperties& fixture) { return fixture.adapter.shows_groups_at_once; }

/// Half of the threads push the events of a group in the opposite order: one that locks them one by one may wait for
/// another one that waits for it.
inline void groups_in_opposite_orders(const AdapterUnderTest& adapter) {
  constexpr std::size_t versions = 8;
  const std::size_t size = (std::min<std::size_t>)(6, adapter.properties().max_events_per_push.value_or(6));
  Winners winners;
  const auto event = [](std::size_t round, std::size_t place, std::size_t thread) {
    return LawEvent{place % 2 == 0 ? "S" : "T", "g" + std::to_string(round / versions) + "-" + std::to_string(place),
                    static_cast<Version>(1 + round % versions), "of thread " + std::to_string(thread), at(0)};
  };
  constexpr std::string_view what = "groups of the same events at once, in opposite orders";
  const std::size_t rounds = race(adapter.effort().race, [&](std::size_t thread, std::size_t round) {
    LawEventList group;
    for (std::size_t place = 0; place < size; ++place) group.push_back(event(round, place, thread));
    if (thread >= 2) std::ranges::reverse(group);
    const PushOutcome outcome = adapter.push_group(group);
    if (outcome == PushOutcome{}) return winners.add(round, thread, what);
    winners.add_loser(round);
    const bool is_conflict = outcome.status == PushOutcome::already_exists &&
                             (outcome.index == 0 || !adapter.properties().shows_groups_at_once);
    expect(is_conflict, "already_exists, index 0, for a thread that does not win, as the winner's group is whole",
           describe(outcome));
  });
  for (std::size_t round = 0; round < rounds; ++round) winners.of(round, what);
  winners.look_at_some(rounds, versions, [&](std::size_t aggregate) {
    for (std::size_t place = 0; place < size; ++place) {
      LawEventList expected;
      for (std::size_t round = aggregate * versions; round < (std::min)(rounds, (aggregate + 1) * versions); ++round) {
        expected.push_back(event(round, place, winners.of(round, what)));
      }
      expect_equal(adapter.read(expected.front().event_store_id, expected.front().aggregate_id), expected,
                   "events of the groups that won");
    }
  });
}

/// Half of the threads push a version alone, the others in a group with an event of another aggregate.
inline void groups_and_single_pushes_exclude_each_other(const AdapterUnderTest& adapter) {
  constexpr std::size_t versions = 16;
  Winners winners;
  const auto contested = [](std::size_t round, std::size_t thread) {
    return LawEvent{"S", "a" + std::to_string(round / versions), static_cast<Version>(1 + round % versions),
                    "of thread " + std::to_string(thread), at(0)};
  };
  const auto companion = [](std::size_t round, std::size_t thread) {
    return LawEvent{"S", "with " + std::to_string(round), 1, "of thread " + std::to_string(thread), at(0)};
  };
  const auto in_group = [](std::size_t thread) { return thread >= 2; };
  constexpr std::string_view what = "a version alone and in a group at once";
  const std::size_t rounds = race(adapter.effort().race, [&](std::size_t thread, std::size_t round) {
    const PushOutcome outcome =
        in_group(thread) ? adapter.push_group(LawEventList{contested(round, thread), companion(round, thread)})
                         : adapter.push(contested(round, thread));
    if (outcome == PushOutcome{}) return winners.add(round, thread, what);
    winners.add_loser(round);
    expect(outcome.status == PushOutcome::already_exists, "already_exists for a thread that does not win",
           describe(outcome));
  });
  for (std::size_t round = 0; round < rounds; ++round) winners.of(round, what);
  winners.look_at_some(rounds, versions, [&](std::size_t aggregate) {
    LawEventList expected;
    for (std::size_t round = aggregate * versions; round < (std::min)(rounds, (aggregate + 1) * versions); ++round) {
      const std::size_t winner = winners.of(round, what);
      expected.push_back(contested(round, winner));
      const LawEvent other = companion(round, winner);
      expect_equal(adapter.read("S", other.aggregate_id), in_group(winner) ? LawEventList{other} : LawEventList{},
                   "the other event of a group, which is there when the group has won");
    }
    expect_equal(adapter.read("S", expected.front().aggregate_id), expected, "the winners' events");
  });
}

/// One thread pushes groups to two aggregates; two others read both, each in its own order.
inline void groups_appear_at_once(const AdapterUnderTest& adapter) {
  constexpr std::size_t groups = 6;  // to one pair of aggregates
  const std::size_t half = (std::min<std::size_t>)(5, adapter.properties().max_events_per_push.value_or(10) / 2);
  const auto id_of = [](const char* event_store_id, std::size_t number) {
    return event_store_id + std::to_string(number / groups);
  };
  const auto write = [&](std::size_t number) {
    LawEventList group;
    for (const char* const event_store_id : {number % 2 == 0 ? "S" : "T", number % 2 == 0 ? "T" : "S"}) {
      for (std::size_t event = 1; event <= half; ++event) {
        group.push_back({event_store_id, id_of(event_store_id, number),
                         static_cast<Version>(number % groups * half + event), "", at(0)});
      }
    }
    adapter.must_push_group(group);
  };
  const auto read = [&](std::size_t reader, std::size_t written) {
    const auto groups_in = [&](const char* event_store_id) {
      const std::size_t events = adapter.read(event_store_id, id_of(event_store_id, written)).size();
      expect(events % half == 0, "whole groups, each with " + std::to_string(half) + " events of the aggregate",
             std::to_string(events) + " events");
      return events / half;
    };
    const std::size_t seen = groups_in(reader == 0 ? "S" : "T");
    const std::size_t seen_later = groups_in(reader == 0 ? "T" : "S");
    expect(seen_later >= seen, std::to_string(seen) + " groups in both aggregates, which each of them has written",
           std::to_string(seen) + " in one, and a moment later " + std::to_string(seen_later) + " in the other");
  };
  adapter.must_push({"S", "other", 1, "", at(0)});
  write_while_reading(adapter.effort().race, groups, write, read);
}

inline constexpr AdapterLaw group_race_laws[] = {
    {4, "of groups of the same events in opposite orders exactly one wins", groups_in_opposite_orders},
    {2, "of a version alone and in a group exactly one wins", groups_and_single_pushes_exclude_each_other},
    {4, "who sees one event of a group sees the others", groups_appear_at_once, shows_groups_at_once},
};

}  // namespace castore::testing::detail

#endif
