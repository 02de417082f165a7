// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_LOG_CONFORMANCE_PLACED_EVENTS_HPP
#define CASTORE_TESTING_LOG_CONFORMANCE_PLACED_EVENTS_HPP

/// @file
/// Events with their places in the one order: how laws push them and read them to the end.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace castore::testing::detail {

/// An event where a reading found it.
struct PlacedEvent {
  Position position = 0;
  std::string event_store_id{};
  EventRecord record{};

  friend bool operator==(const PlacedEvent&, const PlacedEvent&) = default;
};
using PlacedEvents = std::vector<PlacedEvent>;

inline std::string describe(const PlacedEvent& event) {
  return std::to_string(event.position) + ": " + describe(event.event_store_id) + "/" +
         describe(event.record.aggregate_id) + " version " + std::to_string(event.record.version);
}

inline ReadAllEventsResult read_page(const AnyEventStorageAdapter& adapter, Position after,
                                     const ReadAllEventsOptions& options, PlacedEvents& events) {
  return adapter.read_all_events(after, options, [&events](const SequencedEventView& place) {
    events.push_back({place.position, std::string{place.event_store_id}, place.event.to_record()});
  });
}

/// Reads page by page to the end, which comes when all that was pushed has been settled.
inline PlacedEvents read_to_end(const AnyEventStorageAdapter& adapter, ReadAllEventsOptions options = {},
                                Position after = 0) {
  constexpr std::chrono::seconds patience{5};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  PlacedEvents events;
  while (true) {
    const std::size_t before = events.size();
    const ReadAllEventsResult result = read_page(adapter, after, options, events);
    expect(result.next >= after, "a reading that goes on from " + std::to_string(after), describe(result));
    expect(events.size() - before <= options.limit, "at most " + std::to_string(options.limit) + " events",
           std::to_string(events.size() - before));
    if (result.is_caught_up) return events;
    if (result.next == after) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    expect(std::chrono::steady_clock::now() < deadline, "that a reading comes to the end when nobody pushes",
           describe(result));
    after = result.next;
  }
}

inline std::vector<std::string> names_of(const PlacedEvents& events) {
  std::vector<std::string> names;
  for (const PlacedEvent& event : events) {
    names.push_back(event.record.aggregate_id + std::to_string(event.record.version));
  }
  return names;
}
using Names = std::vector<std::string>;

inline LawEvent law_event(const std::string& aggregate_id, Version version, const std::string& event_store_id = "S",
                          const std::string& text = "") {
  return {event_store_id, aggregate_id, version, text, at(1)};
}

/// Pushes with the positions told, where the adapter does.
inline std::vector<Position> push_placed(const AdapterUnderTest& adapter, const LawEventList& events,
                                         bool force = false) {
  std::vector<PushRecord> records;
  for (const LawEvent& event : events) {
    records.push_back({event.event_store_id, AdapterUnderTest::to_record(event)});
  }
  std::vector<Position> positions(events.size());
  const PushOutcome outcome = adapter.adapter().push_events(records, {.force = force, .positions = positions});
  expect(outcome == PushOutcome{}, "a push that is written", describe(outcome));
  expect(outcome.position > 0, "the position of the first event in the outcome", std::to_string(outcome.position));
  if (positions.front() != 0) expect_equal(positions.front(), outcome.position, "position of the first event");
  return positions;
}

}  // namespace castore::testing::detail

#endif
