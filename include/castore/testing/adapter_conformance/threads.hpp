// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_THREADS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_THREADS_HPP

/// @file
/// Law 8: any number of threads may use one adapter object, several objects one storage, one after another, too.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/conflicts.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace castore::testing::detail {

/// Single events and groups, each to aggregates of their own, through two adapter objects or one.
inline void race_apart(const AdapterUnderTest& one, const AdapterUnderTest& other) {
  constexpr std::size_t most = 1000;
  const auto event = [](const std::string& id, Version version) {
    return LawEvent{"S", id, version, "version " + std::to_string(version), at(0)};
  };
  std::array<std::vector<std::string>, 4> pushed;  // by thread
  race(
      one.effort().race,
      [&](std::size_t thread, std::size_t) {
        const AdapterUnderTest& adapter = thread < 2 ? one : other;
        const std::string id = std::to_string(thread) + "-" + std::to_string(pushed[thread].size());
        adapter.must_push(event(id, 1));
        pushed[thread].push_back(id);
        adapter.must_push_group({event(id, 2), event(id + "b", 1)});
        pushed[thread].push_back(id + "b");
      },
      most);
  std::set<std::string> ids;
  for (const std::vector<std::string>& of_thread : pushed) {
    ids.insert(of_thread.begin(), of_thread.end());
    look_at_some(of_thread.size() / 2, [&](std::size_t pair) {
      const std::string& id = of_thread[2 * pair];
      other.expect_events({event(id, 1), event(id, 2)}, "events that one of several threads pushed");
      one.expect_events({event(id + "b", 1)}, "an event that one of several threads pushed");
    });
  }
  std::set<std::string> listed;
  for (const AggregateIdEntry& entry : other.list_all("S")) listed.insert(entry.aggregate_id);
  const auto is_listed = [&listed](const std::string& id) { return listed.contains(id); };
  const auto lost = std::ranges::find_if_not(ids, is_listed);
  expect(lost == ids.end(), "all of " + std::to_string(ids.size()) + " aggregates in the list",
         lost == ids.end() ? "" : describe(*lost) + " is missing");
  expect_equal(listed.size(), ids.size(), "aggregates in the list");
}

inline void threads_lose_nothing(const AdapterUnderTest& adapter) { race_apart(adapter, adapter); }
inline void adapters_lose_nothing(const AdapterUnderTest& adapter) { race_apart(adapter, adapter.reopened()); }

/// What a reader sees is a beginning of the history, never a part from its middle, never less than before, and never
/// less than what had been pushed before it began to read.
inline void readers_see_beginnings(const AdapterUnderTest& adapter) {
  constexpr std::size_t versions = 12;
  const auto event = [](std::size_t number) {
    const auto version = static_cast<Version>(1 + number % versions);
    return LawEvent{"S", "a" + std::to_string(number / versions), version, "version " + std::to_string(version), at(0)};
  };
  struct Seen {
    std::size_t aggregate = 0;
    std::size_t events = 0;
  };
  std::array<Seen, reader_count> seen{};
  const auto read = [&](std::size_t reader, std::size_t written) {
    const std::size_t aggregate = written / versions;
    Seen& before = seen[reader];
    if (before.aggregate != aggregate) before = {aggregate, 0};
    const std::size_t fewest = (std::max)(written % versions, before.events);
    const LawEventList events = adapter.read("S", event(written).aggregate_id);
    LawEventList expected;
    while (expected.size() < (std::max)(events.size(), fewest)) {
      expected.push_back(event(aggregate * versions + expected.size()));
    }
    if (events != expected) expect_equal(events, expected, "events seen while another thread pushes");
    before.events = events.size();
  };
  adapter.must_push({"S", "other", 1, "", at(0)});
  write_while_reading(
      adapter.effort().race, 9, [&](std::size_t number) { adapter.must_push(event(number)); }, read);
}

/// In each event store some aggregates are there from the beginning.
inline void lists_hold_earlier_aggregates(const AdapterUnderTest& adapter) {
  constexpr std::size_t earlier = 3;
  constexpr std::size_t later = 16;
  std::vector<AggregateIdEntry> entries;
  for (std::size_t index = 0; index < earlier + later; ++index) {
    entries.push_back({std::string(1, static_cast<char>('a' + index)), at(static_cast<int>(index))});
  }
  const auto store_of = [](std::size_t number) { return "S" + std::to_string(number / later); };
  const auto push = [&](std::size_t number, std::size_t index) {
    adapter.must_push({store_of(number), entries[index].aggregate_id, 1, "", entries[index].initial_event_timestamp});
  };
  const auto write = [&](std::size_t number) {
    if (number % later == 0) {
      for (std::size_t index = 0; index < earlier; ++index) push(number, index);
    }
    push(number, earlier + number % later);
  };
  const auto read = [&](std::size_t, std::size_t last_written) {
    const std::vector<AggregateIdEntry> listed = adapter.list_all(store_of(last_written));
    const std::size_t count = (std::max)(listed.size(), earlier + last_written % later + 1);
    expect(count <= entries.size(), "every aggregate once", describe(listed));
    const std::vector<AggregateIdEntry> expected{entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count)};
    if (listed != expected) expect_equal(listed, expected, "aggregates while another thread pushes later ones");
  };
  write(0);
  write_while_reading(
      adapter.effort().race, 2 * later, [&](std::size_t number) { write(number + 1); }, read);
}

inline void adapters_share_a_storage(const AdapterUnderTest& adapter) {
  const LawEvent first{"S", "a", 1, "by the first", at(0)};
  const LawEvent second{"S", "a", 2, "by the second", at(1)};
  const LawEvent third{"S", "a", 3, "by the first", at(2)};
  adapter.must_push(first);
  const AdapterUnderTest other = adapter.reopened();
  other.expect_events({first}, "events that another adapter object pushed before");
  other.must_push(second);
  adapter.expect_events({first, second}, "events that both adapter objects pushed");
  expect_equal(adapter.push(second), PushOutcome{PushOutcome::already_exists, 0},
               "the outcome of pushing what another adapter object pushed");
  adapter.must_push(third);
  other.expect_events({first, second, third}, "events that both adapter objects pushed");
  expect_equal(other.list_all("S"), {{"a", at(0)}}, "aggregates that another adapter object pushed");
}

inline void one_of_two_adapters_wins(const AdapterUnderTest& adapter) {
  race_for_versions(adapter, adapter.reopened());
}

/// Also of what it has read before.
inline void adapters_see_what_others_force(const AdapterUnderTest& adapter) {
  const LawEventList events = three_events();
  adapter.must_push_all(events);
  adapter.must_push({"S", "b", 1, "", at(1)});
  const AdapterUnderTest other = adapter.reopened();
  for (const AdapterUnderTest* const reader : {&adapter, &other}) {
    reader->expect_events(events, "events before force");
    expect_equal(reader->list_all("S"), {{"a", at(0)}, {"b", at(1)}}, "aggregates before force");
  }
  LawEventList forced = events;
  forced[0] = {"S", "a", 1, "forced", at(5)};
  forced[2] = {"S", "a", 3, "forced", at(6)};
  if (!other.push_forced({forced[0], forced[2]})) return;
  adapter.expect_events(forced, "events after another adapter object has forced two");
  expect_equal(adapter.list_all("S"), {{"b", at(1)}, {"a", at(5)}},
               "aggregates after another adapter object has forced an initial event");
}

inline void tokens_hold_for_other_adapters(const AdapterUnderTest& adapter) {
  adapter.must_push_all({{"S", "a", 1, "", at(0)}, {"S", "b", 1, "", at(1)}, {"S", "c", 1, "", at(2)}});
  const auto token = adapter.list("S", {.limit = 2}).next_page_token;
  if (!token) return;  // law 6 is about that
  expect_equal(adapter.reopened().list("S", {.page_token = token}).aggregate_ids, {{"c", at(2)}},
               "the second page, from another adapter object");
}

/// Everything that a storage can be asked to write.
inline void the_storage_outlives_the_adapter(const AdapterUnderTest& adapter) {
  const LawEvent single{"S", "a", 1, "single", at(0)};
  const LawEventList group{{"S", "a", 2, "group", at(1)}, {"T", "b", 1, "group", at(1)}, {"S", "c", 1, "group", at(1)}};
  LawEvent last{"S", "a", 3, "last", at(2)};
  adapter.must_push(single);
  adapter.must_push_group(group);
  adapter.must_push(last);
  if (last.text = "forced"; !adapter.push_forced({last})) last.text = "last";
  adapter.push(single);  // a conflict

  const AdapterUnderTest again = adapter.closed_and_reopened();
  const std::string when = "after the adapter was closed and the storage opened again";
  again.expect_events({single, group[0], last}, "events " + when);
  again.expect_events({group[1]}, "events of another event store " + when);
  expect_equal(again.list_all("S"), {{"a", at(0)}, {"c", at(1)}}, "aggregates " + when);
  expect_equal(again.push(group[0]), conflict, "the outcome of pushing an event again " + when);
  const LawEvent next{"S", "a", 4, "next", at(3)};
  again.must_push(next);
  again.expect_events({single, group[0], last, next}, "events with one more");
}

inline constexpr AdapterLaw thread_laws[] = {
    {8, "threads that push to aggregates of their own lose nothing", threads_lose_nothing},
    {8, "readers see a beginning of the history while others push", readers_see_beginnings},
    {8, "lists hold all earlier aggregates while others push", lists_hold_earlier_aggregates},
    {8, "two adapter objects on one storage see what both push", adapters_share_a_storage, reopens},
    {8, "two adapter objects on one storage see what both force", adapters_see_what_others_force, reopens},
    {8, "of pushes of one version through two adapter objects exactly one wins", one_of_two_adapters_wins, reopens},
    {8, "two adapter objects that push to aggregates of their own lose nothing", adapters_lose_nothing, reopens, true},
    {8, "a page token holds for another adapter object", tokens_hold_for_other_adapters, reopens, true},
    {8, "the storage outlives the adapter object", the_storage_outlives_the_adapter, closes},
};

}  // namespace castore::testing::detail

#endif
