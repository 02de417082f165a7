// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_EVENT_SUMMARIES_HPP
#define CASTORE_MAINTENANCE_EVENT_SUMMARIES_HPP

/// @file
/// What a storage holds, in numbers: event stores and event types, found by reading every event.

#include <castore/config.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace castore {

/// @brief What was seen of the events of a store. An aggregate is one that has an event of version 1.
struct StoreSummary {
  std::int64_t aggregate_count = 0;  ///< How many aggregates have begun.
  std::int64_t event_count = 0;      ///< How many events.
  Timestamp first{};                 ///< Of the earliest event.
  Timestamp last{};                  ///< Of the latest event.

  friend bool operator==(const StoreSummary&, const StoreSummary&) = default;
};

/// @brief What was seen of the events of a type.
struct EventTypeSummary {
  std::int64_t event_count = 0;    ///< How many events.
  Timestamp first{};               ///< Of the earliest event.
  Timestamp last{};                ///< Of the latest event.
  std::set<std::string> fields{};  ///< The members that payloads have had.

  friend bool operator==(const EventTypeSummary&, const EventTypeSummary&) = default;
};

namespace detail {

template <class Summary>
Summary& count_event(std::map<std::string, Summary, std::less<>>& summaries, std::string_view name, Timestamp at) {
  auto found = summaries.find(name);
  if (found == summaries.end()) {
    found = summaries.emplace(name, Summary{}).first;
    found->second.first = found->second.last = at;
  }
  Summary& summary = found->second;
  ++summary.event_count;
  summary.first = (std::min)(summary.first, at);
  summary.last = (std::max)(summary.last, at);
  return summary;
}

}  // namespace detail

/// @brief Counts events by their stores: a function for `for_each_event`, which remembers by reference.
///
/// @code
/// castore::StoreSummaries stores;
/// castore::for_each_event(storage, {}, std::ref(stores));
/// @endcode
class StoreSummaries {
 public:
  /// @brief Counts an event.
  void operator()(const SequencedEventView& next) {
    StoreSummary& summary = detail::count_event(summaries_, next.event_store_id, next.event.timestamp);
    if (next.event.version == 1) ++summary.aggregate_count;
  }
  /// @brief The summaries by the ids of their stores.
  const std::map<std::string, StoreSummary, std::less<>>& by_id() const noexcept { return summaries_; }

 private:
  std::map<std::string, StoreSummary, std::less<>> summaries_;
};

/// @brief The same by their types.
class EventTypeSummaries {
 public:
  /// @brief Counts an event.
  void operator()(const SequencedEventView& next) {
    EventTypeSummary& summary = detail::count_event(summaries_, next.event.type, next.event.timestamp);
    const auto json = nlohmann::json::parse(next.event.payload, nullptr, false);
    if (!json.is_object()) return;
    for (const auto& [name, value] : json.items()) summary.fields.insert(name);
  }
  /// @brief The summaries by the names of their types.
  const std::map<std::string, EventTypeSummary, std::less<>>& by_type() const noexcept { return summaries_; }

 private:
  std::map<std::string, EventTypeSummary, std::less<>> summaries_;
};

}  // namespace castore

#endif
