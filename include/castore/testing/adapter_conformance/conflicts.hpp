// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_CONFLICTS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_CONFLICTS_HPP

/// @file
/// Law 2: a version exists once; `force` writes exactly what it is given.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore::testing::detail {

inline constexpr PushOutcome conflict{PushOutcome::already_exists, 0};

inline void a_version_that_exists_is_a_conflict(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "first", at(0)});
  expect_equal(adapter.push({"S", "a", 1, "second", at(1)}), conflict, "the outcome of pushing version 1 again");
  if (adapter.way() == Way::records) return;
  const auto result = adapter.store("S").try_push_event("a", 1, Noted{"third"});
  expect(!result, "no result of try_push_event for version 1 again", "a result");
}

inline void the_same_event_again_is_a_conflict(const AdapterUnderTest& adapter) {
  const LawEvent event{"S", "a", 1, "once", at(0)};
  adapter.must_push(event);
  expect_equal(adapter.push(event), conflict, "the outcome of pushing the very same event again");
}

inline void a_version_below_the_last_is_a_conflict(const AdapterUnderTest& adapter) {
  adapter.must_push_all({{"S", "a", 1, "", at(0)}, {"S", "a", 2, "", at(1)}, {"S", "a", 3, "", at(2)}});
  expect_equal(adapter.push({"S", "a", 2, "again", at(3)}), conflict, "the outcome of pushing version 2 of 3 again");
  expect_equal(adapter.push({"S", "a", 1, "again", at(3)}), conflict, "the outcome of pushing version 1 of 3 again");
}

inline void a_conflict_leaves_the_event(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "first", at(0)};
  adapter.must_push(first);
  if (adapter.push({"S", "a", 1, "second", at(1)}) == conflict) {
    adapter.expect_events({first}, "events after a conflict");
  }
}

/// Threads that push the same versions, half of them through one adapter object, half through the other.
inline void race_for_versions(const AdapterUnderTest& one, const AdapterUnderTest& other) {
  constexpr std::size_t versions = 16;
  Winners winners;
  const auto event = [](std::size_t round, std::size_t thread) {
    return LawEvent{"S", "a" + std::to_string(round / versions), static_cast<Version>(1 + round % versions),
                    "of thread " + std::to_string(thread), at(0)};
  };
  constexpr std::string_view what = "pushes of one version at once";
  const std::size_t rounds = race(one.effort().race, [&](std::size_t thread, std::size_t round) {
    const PushOutcome outcome = (thread < 2 ? one : other).push(event(round, thread));
    if (outcome == PushOutcome{}) return winners.add(round, thread, what);
    winners.add_loser(round);
    expect_equal(outcome, conflict, "the outcome for a thread that does not win");
  });
  for (std::size_t round = 0; round < rounds; ++round) winners.of(round, what);
  winners.look_at_some(rounds, versions, [&](std::size_t aggregate) {
    LawEventList expected;
    for (std::size_t round = aggregate * versions; round < (std::min)(rounds, (aggregate + 1) * versions); ++round) {
      expected.push_back(event(round, winners.of(round, what)));
    }
    expect_equal((aggregate % 2 == 0 ? one : other).read("S", expected.front().aggregate_id), expected,
                 "the winners' events");
  });
}

inline void one_of_concurrent_pushes_wins(const AdapterUnderTest& adapter) { race_for_versions(adapter, adapter); }

inline LawEventList three_events() {
  return {{"S", "a", 1, "one", at(0)}, {"S", "a", 2, "two", at(1)}, {"S", "a", 3, "three", at(2)}};
}

inline void force_writes_over_an_event(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "one", at(0)});
  const LawEvent forced{"S", "a", 1, "forced", at(3)};
  adapter.must_push(forced, true);
  adapter.expect_events({forced}, "events after force over version 1");
}

/// Nothing of the event before is left: it reads like the same event in an aggregate that has no other.
inline void force_replaces_the_whole_event(const AdapterUnderTest& adapter) {
  const auto push_and_read = [&adapter](const EventRecord& event, bool force) -> std::optional<EventRecord> {
    const PushRecord push{"S", event};
    if (adapter.adapter().push_events({&push, 1}, {.force = force}) != PushOutcome{}) return std::nullopt;
    std::optional<EventRecord> read;
    adapter.adapter().get_events("S", event.aggregate_id, {},
                                 [&read](const EventRecordView& seen) { read = seen.to_record(); });
    return read;
  };
  const EventRecord events[] = {{"a", 1, "LAW_VALUED", at(0), R"({"value":1})", R"({"by":"ash"})"},
                                {"a", 1, "LAW_NOTED", at(1), R"({"text":"forced"})", {}},
                                {"a", 1, "LAW_MARKED", at(2), {}, {}},
                                {"a", 1, "LAW_VALUED", at(3), R"({"value":2})", R"({"by":"misty"})"}};
  for (const EventRecord& event : events) {
    EventRecord alone = event;
    alone.aggregate_id = "alone-" + std::to_string(event.timestamp.time_since_epoch().count());
    const auto expected = push_and_read(alone, false);
    const auto seen = push_and_read(event, true);
    if (!expected || !seen) return;  // another law's matter
    expect(seen->type == expected->type && seen->timestamp == expected->timestamp &&
               same_json_text(seen->payload, expected->payload) && same_json_text(seen->metadata, expected->metadata),
           "after force " + describe(event), describe(*seen));
  }
}

inline void force_touches_nothing_else(const AdapterUnderTest& adapter) {
  LawEventList events = three_events();
  adapter.must_push_all(events);
  const LawEvent other{"S", "b", 2, "of another aggregate", at(4)};
  adapter.must_push({"S", "b", 1, "", at(4)});
  adapter.must_push(other);
  events[1] = {"S", "a", 2, "forced", at(1)};
  adapter.must_push(events[1], true);
  adapter.expect_events(events, "events after force over version 2 of 3");
  adapter.expect_events({{"S", "b", 1, "", at(4)}, other}, "events of the other aggregate");
}

inline void force_writes_past_a_gap(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 5, "first of all", at(0)};
  adapter.must_push(first, true);
  adapter.expect_events({first}, "events after force of version 5 into a new aggregate");
  const LawEvent later{"S", "a", 9, "later", at(1)};
  adapter.must_push(later, true);
  adapter.expect_events({first, later}, "events after force of version 9 after 5");
}

inline constexpr AdapterLaw conflict_laws[] = {
    {2, "a version that exists is a conflict", a_version_that_exists_is_a_conflict},
    {2, "the very same event again is a conflict", the_same_event_again_is_a_conflict},
    {2, "a version below the last is a conflict", a_version_below_the_last_is_a_conflict},
    {2, "a conflict leaves the stored event as it was", a_conflict_leaves_the_event},
    {2, "of concurrent pushes of one version exactly one wins", one_of_concurrent_pushes_wins},
    {2, "force writes over an event that exists", force_writes_over_an_event},
    {.law = 2, .name = "force replaces the whole event", .check = force_replaces_the_whole_event, .records_only = true},
    {2, "force leaves all other events as they were", force_touches_nothing_else},
    {2, "force writes past a gap", force_writes_past_a_gap},
    {.law = 2,
     .name = "random pushes agree with a model",
     .check = random_operations_keep_law<2>,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
