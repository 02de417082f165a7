// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_RECORDS_HPP
#define CASTORE_TESTS_SUPPORT_RECORDS_HPP

/// @file
/// Short spellings for tests of adapters that keep records.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::record_tests {

template <class Storage>
concept Adapter = EventStorageAdapter<std::remove_cvref_t<Storage>>;

inline const Timestamp noon = *parse_timestamp("2022-01-01T12:00:00.000Z");

inline PushRecord event(std::string aggregate_id, Version version, std::string payload = "{}",
                        std::string metadata = {}) {
  return {"POKEMONS", {std::move(aggregate_id), version, "LEVELED_UP", noon, std::move(payload), std::move(metadata)}};
}

template <Adapter Storage, std::same_as<PushRecord>... Records>
PushOutcome push(Storage&& storage, const Records&... records) {
  const std::vector<PushRecord> group{records...};
  return storage.push_events(group, {});
}

template <Adapter Storage>
std::vector<EventRecord> load(const Storage& storage, std::string_view aggregate_id,
                              const GetEventsOptions& options = {}) {
  std::vector<EventRecord> events;
  storage.get_events("POKEMONS", aggregate_id, options,
                     [&](const EventRecordView& event) { events.push_back(event.to_record()); });
  return events;
}

template <Adapter Storage>
std::vector<Version> versions(const Storage& storage, std::string_view aggregate_id,
                              const GetEventsOptions& options = {}) {
  std::vector<Version> result;
  for (const EventRecord& event : load(storage, aggregate_id, options)) result.push_back(event.version);
  return result;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace castore::record_tests

#endif
