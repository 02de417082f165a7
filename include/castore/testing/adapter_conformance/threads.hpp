// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_THREADS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_THREADS_HPP

/// @file
/// Law 8: any number of threads may use one adapter object, and several objects one storage.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace castore::testing::detail {

/// Single events and groups, each thread with two aggregates of its own.
inline void threads_lose_nothing(const AdapterUnderTest& adapter) {
  constexpr std::size_t thread_count = 4;
  constexpr Version versions = 4;
  const auto event = [](std::size_t index, const char* which, Version version) {
    return LawEvent{"S", which + std::to_string(index), version, "", at(static_cast<int>(version))};
  };
  run_threads(thread_count, [&](std::size_t index) {
    for (Version version = 1; version <= versions; ++version) {
      if (version % 2 == 0) {
        adapter.must_push_group({event(index, "a", version), event(index, "b", version)});
      } else {
        adapter.must_push(event(index, "a", version));
        adapter.must_push(event(index, "b", version));
      }
    }
  });
  for (std::size_t index = 0; index < thread_count; ++index) {
    for (const char* const which : {"a", "b"}) {
      LawEventList expected;
      for (Version version = 1; version <= versions; ++version) expected.push_back(event(index, which, version));
      adapter.expect_events(expected, "events that one of four threads pushed");
    }
  }
}

/// What a reader sees is a beginning of the history, never a part from its middle, and never less than before.
inline void readers_see_beginnings(const AdapterUnderTest& adapter) {
  constexpr std::size_t aggregates = 3;
  constexpr Version versions = 9;
  const auto event = [](std::size_t aggregate, Version version) {
    return LawEvent{"S", "a" + std::to_string(aggregate), version, "version " + std::to_string(version), at(0)};
  };
  std::array<std::array<std::size_t, aggregates>, reader_count> seen{};
  const auto write = [&] {
    for (Version version = 1; version <= versions; ++version) {
      for (std::size_t aggregate = 0; aggregate < aggregates; ++aggregate) adapter.must_push(event(aggregate, version));
    }
  };
  const auto read = [&](std::size_t reader) {
    for (std::size_t aggregate = 0; aggregate < aggregates; ++aggregate) {
      const LawEventList events = adapter.read("S", event(aggregate, 1).aggregate_id);
      std::size_t& before = seen[reader][aggregate];
      LawEventList expected;
      while (expected.size() < std::max(events.size(), before)) {
        expected.push_back(event(aggregate, static_cast<Version>(expected.size()) + 1));
      }
      expect_equal(events, expected, "events seen while another thread pushes");
      before = events.size();
    }
  };
  adapter.must_push({"S", "other", 1, "", at(0)});
  write_while_reading(write, read);
}

inline void lists_hold_earlier_aggregates(const AdapterUnderTest& adapter) {
  constexpr int earlier = 5;
  constexpr int all = 25;
  std::vector<AggregateIdEntry> entries;
  for (int index = 0; index < all; ++index) {
    entries.push_back({std::string(1, static_cast<char>('a' + index)), at(index)});
  }
  const auto push = [&](int first, int last) {
    for (int index = first; index < last; ++index) {
      const AggregateIdEntry& entry = entries[static_cast<std::size_t>(index)];
      adapter.must_push({"S", entry.aggregate_id, 1, "", entry.initial_event_timestamp});
    }
  };
  push(0, earlier);
  write_while_reading(
      [&] { push(earlier, all); },
      [&](std::size_t) {
        const std::vector<AggregateIdEntry> listed = adapter.list_all("S");
        const std::size_t count = std::max(listed.size(), static_cast<std::size_t>(earlier));
        expect(count <= entries.size(), "every aggregate once", describe(listed));
        const auto last = entries.begin() + static_cast<std::ptrdiff_t>(count);
        expect_equal(listed, {entries.begin(), last}, "aggregates while another thread pushes later ones");
      });
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
  const AdapterUnderTest other = adapter.reopened();
  for (Version version = 1; version <= 6; ++version) {
    std::array<PushOutcome, 2> outcomes{};
    run_threads(outcomes.size(), [&](std::size_t index) {
      outcomes[index] = (index == 0 ? adapter : other).push({"S", "a", version, std::to_string(index), at(0)});
    });
    const std::size_t winner = outcomes[0] == PushOutcome{} ? 0 : 1;
    expect_equal(outcomes[winner], {}, "the outcome for the one that wins");
    expect_equal(outcomes[1 - winner], {PushOutcome::already_exists, 0}, "the outcome for the other");
    for (const AdapterUnderTest* const reader : {&adapter, &other}) {
      const LawEventList events = reader->get("S", "a", {.min_version = version});
      expect_equal(events, {{"S", "a", version, std::to_string(winner), at(0)}}, "the event of the one that wins");
    }
  }
}

inline bool reopens(const AdapterProperties& properties) { return properties.reopens; }

inline constexpr AdapterLaw thread_laws[] = {
    {8, "threads that push to aggregates of their own lose nothing", threads_lose_nothing},
    {8, "readers see a beginning of the history while others push", readers_see_beginnings},
    {8, "lists hold all earlier aggregates while others push", lists_hold_earlier_aggregates},
    {8, "two adapter objects on one storage see what both push", adapters_share_a_storage, reopens},
    {8, "of pushes of one version through two adapter objects exactly one wins", one_of_two_adapters_wins, reopens},
};

}  // namespace castore::testing::detail

#endif
