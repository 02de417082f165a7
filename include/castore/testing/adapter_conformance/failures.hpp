// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_FAILURES_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_FAILURES_HPP

/// @file
/// Law 9: a failed operation leaves the adapter usable and the storage as it was.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>
#include <castore/testing/adapter_conformance/threads.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <vector>

namespace castore::testing::detail {

/// What a sink throws: no type that an adapter could know.
struct CASTORE_DETAIL_THROWN SinkError : std::exception {
  const char* what() const noexcept override { return "thrown by the sink"; }
};

/// Pushes, reads and lists once more; `before` is all there is: the first events of aggregates in event store 'S'.
inline void expect_usable(const AdapterUnderTest& adapter, LawEventList before, const std::string& after_what) {
  std::vector<AggregateIdEntry> entries;
  const auto expect_all = [&](const std::string& when) {
    for (const LawEvent& event : before) adapter.expect_events({event}, "events after " + when);
  };
  expect_all(after_what);
  before.push_back({"S", "z", 1, "another aggregate", at(9)});
  adapter.must_push(before.back());
  expect_all(after_what + " and one more push");
  for (const LawEvent& event : before) entries.push_back({event.aggregate_id, event.timestamp});
  expect_equal(adapter.list_all("S"), entries, "aggregates after " + after_what);
  const LawEvent& first = before.front();
  const LawEvent next{"S", first.aggregate_id, 2, "next", at(9)};
  adapter.must_push(next);
  adapter.expect_events({first, next}, "events after " + after_what + " and a push to the same aggregate");
}

inline void the_adapter_is_usable_after_a_conflict(const AdapterUnderTest& adapter) {
  const LawEventList events{{"S", "a", 1, "", at(0)}, {"S", "b", 1, "", at(1)}};
  adapter.must_push_all(events);
  adapter.push(events[0]);
  adapter.push_group(LawEventList{{"S", "a", 1, "again", at(2)}, {"S", "b", 1, "again", at(2)}});
  expect_usable(adapter, events, "conflicts");
}

/// Two events, of which the sink gets only the first.
inline void what_a_sink_throws_passes(const AdapterUnderTest& adapter) {
  adapter.must_push_all({{"S", "a", 1, "", at(0)}, {"S", "a", 2, "", at(1)}});
  int calls = 0;
  expect_error<SinkError>("what the sink throws, unchanged", "the sink throws", [&] {
    adapter.adapter().get_events("S", "a", {}, [&](const EventRecordView&) {
      ++calls;
      throw SinkError{};
    });
  });
  expect_equal(calls, 1, "calls of a sink that throws");
}

inline void the_adapter_is_usable_after_a_sink_threw(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  adapter.must_push(first);
  try {
    adapter.adapter().get_events("S", "a", {}, [](const EventRecordView&) { throw SinkError{}; });
  } catch (const std::exception&) {  // which one it is belongs to the test before
  }
  expect_usable(adapter, {first}, "a sink that threw");
}

/// Sinks that throw at the first event and at the second one, which there must be.
inline void throw_in_sinks(const AdapterUnderTest& adapter, std::string_view event_store_id,
                           std::string_view aggregate_id, int times) {
  for (int time = 0; time < times; ++time) {
    int left = time % 2;
    try {
      adapter.adapter().get_events(event_store_id, aggregate_id, {.reverse = time % 3 == 0},
                                   [&left](const EventRecordView&) {
                                     if (left-- == 0) throw SinkError{};
                                   });
    } catch (const std::exception&) {  // which one it is belongs to another test
    }
  }
}

/// More than a storage has connections or transactions to lose.
inline void the_adapter_is_usable_after_many_sinks_threw(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "b", 1, "", at(1)};
  adapter.must_push(first);
  adapter.must_push_all({{"other", "a", 1, "", at(0)}, {"other", "a", 2, "", at(0)}});
  throw_in_sinks(adapter, "other", "a", 130);
  expect_usable(adapter, {first}, "many sinks that threw");
}

/// In no transaction that a load has left open, which nobody else sees and which ends with the adapter.
inline void a_push_is_seen_after_sinks_threw(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  const LawEvent second{"S", "a", 2, "", at(1)};
  const LawEvent third{"S", "a", 3, "", at(2)};
  adapter.must_push_all({first, second});
  throw_in_sinks(adapter, "S", "a", 10);
  adapter.must_push(third);
  adapter.reopened().expect_events({first, second, third},
                                   "events in another adapter object after sinks threw and a push");
}

inline void failures_leave_what_was_pushed(const AdapterUnderTest& before) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  const LawEvent second{"S", "a", 2, "", at(1)};
  const LawEvent third{"S", "a", 3, "", at(2)};
  before.must_push_all({first, second});
  const AdapterUnderTest adapter = before.closed_and_reopened();
  if (adapter.get("S", "a") != LawEventList{first, second}) return;  // law 8 is about that
  throw_in_sinks(adapter, "S", "a", 10);
  adapter.push(first);
  adapter.push_group(LawEventList{{"S", "b", 1, "", at(2)}, {"S", "a", 1, "", at(2)}});
  try {
    adapter.list("S", {.page_token = "no token"});
  } catch (const Error&) {
  }
  adapter.must_push(third);
  const AdapterUnderTest again = adapter.closed_and_reopened();
  again.expect_events({first, second, third}, "events after failures and a push, opened again");
  again.expect_no_events("S", "b", "events of a refused group, opened again");
}

inline void the_adapter_is_usable_after_a_bad_token(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  adapter.must_push(first);
  try {
    adapter.list("S", {.page_token = "no token"});
  } catch (const Error&) {  // its type belongs to law 6
  }
  expect_usable(adapter, {first}, "a bad page token");
}

inline void an_invalid_event_leaves_nothing_of_its_group(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "", at(0)};
  adapter.must_push(first);
  const Timestamp too_late = latest_timestamp + std::chrono::milliseconds{1};
  const std::vector<LawEventList> groups{
      {{"S", "a", 2, "", at(1)}, {"S", "b", 0, "", at(1)}},
      {{"S", "a", 2, "", at(1)}, {"S", "b\xff", 1, "", at(1)}},
      {{"S", "a", 2, "", at(1)}, {"S", "b", 1, "", at(2)}},
      {{"S", "a", 2, "", at(1)}, {"S", "a", 2, "", at(1)}},
      {{"S", "a", 2, "", too_late}, {"S", "b", 1, "", too_late}},
  };
  for (const char* const text : {"{", "{} {}"}) {
    const PushRecord records[] = {{"S", AdapterUnderTest::to_record({"S", "a", 2, "", at(1)})},
                                  {"S", {"b", 1, std::string{Noted::type}, at(1), text, {}}}};
    try {
      if (adapter.adapter().push_events(records, {}) == PushOutcome{}) return;
    } catch (const Error&) {
      adapter.expect_events({first}, std::string{"events after a group with the payload "} + text);
    }
  }
  for (const LawEventList& group : groups) {
    try {
      if (adapter.push_records(group) == PushOutcome{}) return;  // that it is refused belongs to the laws before
    } catch (const Error&) {
      adapter.expect_events({first}, "events after an invalid group: " + describe(group));
    }
  }
  expect_usable(adapter, {first}, "invalid groups");
}

inline void a_refused_group_leaves_nothing_in_the_list(const AdapterUnderTest& adapter) {
  adapter.must_push({"S", "a", 1, "", at(0)});
  const LawEventList group{{"S", "b", 1, "", at(1)}, {"S", "a", 1, "again", at(1)}};
  const bool is_refused = adapter.push_group(group) != PushOutcome{};
  if (!is_refused || !adapter.get("S", "b").empty()) return;  // that belongs to law 4
  expect_equal(adapter.list_all("S"), {{"a", at(0)}}, "aggregates after a group was refused");
}

inline constexpr AdapterLaw failure_laws[] = {
    {9, "the adapter is usable after a conflict", the_adapter_is_usable_after_a_conflict},
    {.law = 9,
     .name = "what a sink throws ends the load and passes unchanged",
     .check = what_a_sink_throws_passes,
     .records_only = true},
    {9, "the adapter is usable after a sink threw", the_adapter_is_usable_after_a_sink_threw},
    {.law = 9,
     .name = "the adapter is usable after many sinks threw",
     .check = the_adapter_is_usable_after_many_sinks_threw,
     .records_only = true},
    {.law = 9,
     .name = "another adapter object sees what is pushed after sinks threw",
     .check = a_push_is_seen_after_sinks_threw,
     .applies = reopens,
     .records_only = true},
    {.law = 9,
     .name = "what is pushed after failures outlives the adapter object",
     .check = failures_leave_what_was_pushed,
     .applies = closes,
     .records_only = true},
    {9, "the adapter is usable after a bad page token", the_adapter_is_usable_after_a_bad_token},
    {.law = 9,
     .name = "an invalid event leaves nothing of its group",
     .check = an_invalid_event_leaves_nothing_of_its_group,
     .records_only = true},
    {9, "a refused group leaves nothing in the list", a_refused_group_leaves_nothing_in_the_list},
    {.law = 9,
     .name = "random failures leave what a model expects",
     .check = random_operations_keep_law<9>,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
