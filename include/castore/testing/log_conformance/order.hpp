// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_LOG_CONFORMANCE_ORDER_HPP
#define CASTORE_TESTING_LOG_CONFORMANCE_ORDER_HPP

/// @file
/// Laws 1 to 12: all events of a storage in one order.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/log_conformance/followers.hpp>
#include <castore/testing/log_conformance/placed_events.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace castore::testing::detail {

inline void positions_rise_with_versions_and_in_groups(const AdapterUnderTest& adapter) {
  const auto first = push_placed(adapter, {law_event("zebra", 1), law_event("ant", 1), law_event("zebra", 2)});
  push_placed(adapter, {law_event("ant", 2)});
  push_placed(adapter, {law_event("bee", 1), law_event("ant", 3), law_event("a", 1, "R"), law_event("ant", 4)});
  const PlacedEvents all = read_to_end(adapter.adapter());
  expect_equal(names_of(all), Names{"zebra1", "ant1", "zebra2", "ant2", "bee1", "ant3", "a1", "ant4"},
               "events in the order of pushes and groups");
  for (std::size_t index = 0; index < first.size(); ++index) {
    if (first[index] != 0) expect_equal(first[index], all[index].position, "position told by the push of a group");
  }
}

inline void events_come_as_they_were_pushed(const AdapterUnderTest& adapter) {
  EventRecord record{"a \xF0\x9F\x90\x89", 1, "LAW_NOTED", at(3), R"({"text":"x"})", "[1,2]"};
  const PushRecord push{"S '\"", record};
  const PushOutcome outcome = adapter.adapter().push_events({&push, 1}, {});
  expect(outcome == PushOutcome{}, "a push that is written", describe(outcome));
  const PlacedEvents all = read_to_end(adapter.adapter());
  expect_equal(all.size(), std::size_t{1}, "number of events");
  expect_equal(all[0].position, outcome.position, "position");
  expect_equal(all[0].event_store_id, std::string{"S '\""}, "event store id");
  EventRecord read = all[0].record;
  expect(same_json_text(read.payload, record.payload) && same_json_text(read.metadata, record.metadata),
         describe(record), describe(read));
  read.payload = record.payload;
  read.metadata = record.metadata;
  expect_equal(read, record, "event");
}

inline void positions_never_come_again(const AdapterUnderTest& before) {
  before.must_push(law_event("a", 1));
  const Position first = push_placed(before, {law_event("a", 2)}).front();
  expect(before.push(law_event("a", 2)).status == PushOutcome::already_exists, "a conflict", "none");
  const AdapterUnderTest adapter = before.closed_and_reopened();
  adapter.must_push(law_event("a", 3));
  const PlacedEvents all = read_to_end(adapter.adapter());
  expect_equal(names_of(all), Names{"a1", "a2", "a3"}, "events after the storage was opened again");
  if (first != 0) expect_equal(all[1].position, first, "position of an event of before");
  expect(all[2].position > all[1].position, "a position after " + std::to_string(all[1].position),
         std::to_string(all[2].position));
}

inline void forced_events_keep_their_position(const AdapterUnderTest& adapter) {
  adapter.must_push_all({law_event("a", 1, "S", "old"), law_event("a", 2), law_event("b", 1)});
  const PlacedEvents before = read_to_end(adapter.adapter());
  if (!adapter.push_forced({law_event("a", 1, "S", "new")})) return;
  const PlacedEvents after = read_to_end(adapter.adapter());
  expect_equal(names_of(after), Names{"a1", "a2", "b1"}, "events after one was overwritten");
  for (std::size_t index = 0; index < before.size(); ++index) {
    expect_equal(after[index].position, before[index].position, "position after an event was overwritten");
  }
  expect_equal(noted_text(after[0].record.payload), std::string{"new"}, "text of the event that was overwritten");
  expect_equal(read_to_end(adapter.adapter(), {}, before.back().position), {},
               "events after the last one, when an earlier one was overwritten");
}

inline void forced_events_past_a_gap_are_new(const AdapterUnderTest& adapter) {
  adapter.must_push_all({law_event("a", 1), law_event("b", 1)});
  const Position last = read_to_end(adapter.adapter()).back().position;
  if (!adapter.push_forced({law_event("a", 9), law_event("a", 4)})) return;
  expect_equal(names_of(read_to_end(adapter.adapter(), {}, last)), Names{"a9", "a4"},
               "events that were forced past a gap, and into it");
}

inline void a_reading_moves_over_what_does_not_match(const AdapterUnderTest& adapter) {
  for (Version version = 1; version <= 6; ++version) {
    adapter.must_push(law_event("a", version, "S"));
    adapter.must_push(law_event("a", version, "R"));
  }
  const PlacedEvents all = read_to_end(adapter.adapter());
  expect_equal(all.size(), std::size_t{12}, "number of events");
  const std::string_view wanted[] = {"S"};
  const std::string_view other_types[] = {"LAW_OTHER"};
  PlacedEvents of_store;
  for (const PlacedEvent& event : all) {
    if (event.event_store_id == "S") of_store.push_back(event);
  }
  expect_equal(read_to_end(adapter.adapter(), {.event_store_ids = wanted}), of_store, "events of one store");
  PlacedEvents none;
  ReadAllEventsResult result;
  for (int page = 0; page < 100 && !result.is_caught_up; ++page) {
    result = read_page(adapter.adapter(), result.next, {.types = other_types}, none);
  }
  expect_equal(none, {}, "events of a type that there is not");
  expect_equal(result, ReadAllEventsResult{all.back().position, all.back().position, true},
               "how far a reading came that found nothing");
  expect_equal(read_page(adapter.adapter(), all.back().position, {}, none), result, "a reading with nothing new");
  expect_equal(none, {}, "events after the last one");
}

inline void pages_of_any_size_are_the_same_events(const AdapterUnderTest& adapter) {
  for (Version version = 1; version <= 3; ++version) {
    adapter.must_push_group({law_event("a", version), law_event("b", version)});
    static_cast<void>(adapter.push_group(LawEventList{law_event("c", version), law_event("a", version)}));
  }
  const PlacedEvents all = read_to_end(adapter.adapter());
  expect_equal(names_of(all), Names{"a1", "b1", "a2", "b2", "a3", "b3"}, "events, of which groups were refused");
  for (const std::size_t limit : {1U, 2U, 3U, 5U, 7U}) {
    expect_equal(read_to_end(adapter.adapter(), {.limit = limit}), all, "pages of " + std::to_string(limit));
  }
  for (const PlacedEvent& event : all) {
    const PlacedEvents rest = read_to_end(adapter.adapter(), {}, event.position);
    const auto first = static_cast<std::ptrdiff_t>(all.size() - rest.size());
    expect(rest.size() < all.size() && PlacedEvents(all.begin() + first, all.end()) == rest &&
               all[static_cast<std::size_t>(first) - 1] == event,
           "the events after " + describe(event), describe(rest));
  }
  PlacedEvents none;
  const ReadAllEventsResult result = read_page(adapter.adapter(), 0, {.limit = 0}, none);
  expect(none.empty() && result.next == 0 && result.head == all.back().position && !result.is_caught_up,
         "no event of a page of 0, and how far there are some", describe(none) + ", " + describe(result));
}

inline void refused_pushes_never_appear(const AdapterUnderTest& adapter) {
  adapter.must_push(law_event("a", 1));
  static_cast<void>(adapter.push(law_event("a", 1, "S", "again")));
  static_cast<void>(adapter.push_group(LawEventList{law_event("b", 1), law_event("a", 1)}));
  static_cast<void>(adapter.push_group(LawEventList{law_event("c", 1), law_event("d", 1), law_event("a", 1)}));
  adapter.must_push(law_event("a", 2));
  expect_equal(names_of(read_to_end(adapter.adapter())), Names{"a1", "a2"}, "events, of which some were refused");
}

inline void a_sink_that_throws_ends_a_reading(const AdapterUnderTest& adapter) {
  adapter.must_push_all({law_event("a", 1), law_event("a", 2), law_event("a", 3)});
  struct Enough {};
  int seen = 0;
  bool is_thrown = false;
  try {
    adapter.adapter().read_all_events(0, {}, [&seen](const SequencedEventView&) {
      if (++seen == 2) throw Enough{};
    });
  } catch (const Enough&) {
    is_thrown = true;
  }
  expect(is_thrown && seen == 2, "what the sink throws at event 2",
         (is_thrown ? "that, at event " : "no exception, and event ") + std::to_string(seen));
  expect_equal(names_of(read_to_end(adapter.adapter())), Names{"a1", "a2", "a3"}, "events read after that");
}

inline void objects_come_as_records_do(const AdapterUnderTest& adapter) {
  adapter.must_push_all({law_event("a", 1, "S", "x"), law_event("b", 1, "R"), law_event("a", 2)});
  const std::string_view wanted[] = {"S"};
  PlacedEvents events;
  const auto result = adapter.adapter().read_all_typed_events(
      0, {.event_store_ids = wanted}, [&events](const SequencedTypedEvent& place) {
        place.events->record_at(
            place.index, place.event_store_id, place.aggregate_id, [&](const EventRecordView& event) {
              events.push_back({place.position, std::string{place.event_store_id}, event.to_record()});
            });
      });
  PlacedEvents records;
  expect_equal(result, read_page(adapter.adapter(), 0, {.event_store_ids = wanted}, records), "a reading of objects");
  expect_equal(events, records, "objects, as records");
}

inline void a_wait_ends_with_an_event(const AdapterUnderTest& adapter) {
  using std::chrono::milliseconds;
  const AnyEventStorageAdapter& storage = adapter.adapter();
  const milliseconds long_time = adapter.effort().limit / 4;
  const auto start = std::chrono::steady_clock::now();
  expect(!storage.wait_for_events(0, milliseconds{5}), "false after 5 ms without an event", "true");
  expect(std::chrono::steady_clock::now() - start < long_time, "an end of a wait of 5 ms", "none");
  std::atomic<bool> has_come{false};
  run_threads(2, [&](std::size_t thread) {
    if (thread == 0) {
      std::this_thread::sleep_for(milliseconds{20});
      adapter.must_push(law_event("a", 1));
    } else {
      const auto end = std::chrono::steady_clock::now() + long_time;
      while (!has_come && std::chrono::steady_clock::now() < end) {  // it may wake early
        has_come = storage.wait_for_events(0, long_time) && !read_to_end(storage).empty();
      }
    }
  });
  expect(has_come && std::chrono::steady_clock::now() - start < long_time,
         "a wait that ends with a push of another thread", "none within " + std::to_string(long_time.count()) + " ms");
  expect(storage.wait_for_events(0, milliseconds{0}), "true at once where there is an event", "false");
}

inline constexpr AdapterLaw order_laws[] = {
    {.law = 1,
     .name = "who reads while others push sees every event, once and in order",
     .check = followers_see_every_event,
     .records_only = true},
#if __has_include(<sys/wait.h>)
    {.law = 2,
     .name = "who reads while other processes push sees every event, once and in order",
     .check = followers_see_every_event_of_processes,
     .applies = spawns,
     .records_only = true,
     .single_thread = true},
#endif
    {.law = 3,
     .name = "positions rise with the versions of an aggregate and in the order of a group",
     .check = positions_rise_with_versions_and_in_groups,
     .records_only = true},
    {.law = 3,
     .name = "events come as they were pushed, with the position that the push told",
     .check = events_come_as_they_were_pushed,
     .records_only = true},
    {.law = 4,
     .name = "a storage that was opened again goes on with later positions",
     .check = positions_never_come_again,
     .applies = closes,
     .records_only = true},
    {9, "an event that is overwritten by force keeps its position and does not come again",
     forced_events_keep_their_position},
    {9, "an event that is forced past a gap comes as a new one", forced_events_past_a_gap_are_new},
    {10, "a reading selects by store and type and moves over what does not match",
     a_reading_moves_over_what_does_not_match},
    {10, "pages of any size, from any position, have the same events", pages_of_any_size_are_the_same_events},
    {11, "a push that is refused never appears", refused_pushes_never_appear},
    {.law = 12,
     .name = "what a sink throws ends a reading, which can be done again",
     .check = a_sink_that_throws_ends_a_reading,
     .records_only = true},
};

inline constexpr AdapterLaw object_laws[] = {
    {10, "objects are read as records are", objects_come_as_records_do},
};

inline constexpr AdapterLaw wait_laws[] = {
    {.law = 12,
     .name = "a wait ends with an event or with its time",
     .check = a_wait_ends_with_an_event,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
