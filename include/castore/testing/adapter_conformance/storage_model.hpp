// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_STORAGE_MODEL_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_STORAGE_MODEL_HPP

#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// (event store id, aggregate id)
using AggregateKey = std::pair<std::string, std::string>;

inline AggregateKey key_of(const LawEvent& event) { return {event.event_store_id, event.aggregate_id}; }

/// The contract of an adapter in the fewest words: what a storage holds after a sequence of operations.
class StorageModel {
 public:
  explicit StorageModel(bool detects_version_gaps) : detects_version_gaps_{detects_version_gaps} {}

  Version last_version(const AggregateKey& key) const {
    const auto found = aggregates_.find(key);
    return found == aggregates_.end() ? 0 : found->second.rbegin()->first;
  }

  Version first_missing_version(const AggregateKey& key) const {
    Version version = 1;
    while (has(key, version)) ++version;
    return version;
  }

  /// What a push of the events comes to: pushed, or the outcome of the first event that cannot be pushed after those
  /// before it.
  PushOutcome outcome(const LawEventList& events, bool force) const {
    StorageModel after = *this;
    for (std::size_t index = 0; index < events.size() && !force; ++index) {
      const LawEvent& event = events[index];
      if (after.has(key_of(event), event.version)) return {PushOutcome::already_exists, index};
      if (detects_version_gaps_ && event.version != 1 && !after.has(key_of(event), event.version - 1)) {
        return {PushOutcome::version_gap, index};
      }
      after.write(event);
    }
    return {};
  }

  void write(const LawEvent& event) { aggregates_[key_of(event)].insert_or_assign(event.version, event); }

  LawEventList get_events(const AggregateKey& key, const GetEventsOptions& options = {}) const {
    LawEventList events;
    if (const auto found = aggregates_.find(key); found != aggregates_.end()) {
      for (const auto& [version, event] : found->second) {
        const bool is_selected = (!options.min_version || version >= *options.min_version) &&
                                 (!options.max_version || version <= *options.max_version);
        if (is_selected) events.push_back(event);
      }
    }
    if (options.reverse) std::ranges::reverse(events);
    if (options.limit && *options.limit < events.size()) events.resize(*options.limit);
    return events;
  }

  /// All aggregates on all pages.
  std::vector<AggregateIdEntry> list_aggregate_ids(const std::string& event_store_id,
                                                   const ListAggregateIdsOptions& options) const {
    std::vector<AggregateIdEntry> entries;
    for (const auto& [key, events] : aggregates_) {
      const auto initial = events.find(1);
      if (key.first != event_store_id || initial == events.end()) continue;
      const Timestamp timestamp = initial->second.timestamp;
      const bool is_selected = (!options.initial_event_after || timestamp >= *options.initial_event_after) &&
                               (!options.initial_event_before || timestamp <= *options.initial_event_before);
      if (is_selected) entries.push_back({key.second, timestamp});
    }
    std::ranges::sort(entries, {}, [](const AggregateIdEntry& entry) {
      return std::tie(entry.initial_event_timestamp, entry.aggregate_id);
    });
    if (options.reverse.value_or(false)) std::ranges::reverse(entries);
    return entries;
  }

 private:
  bool has(const AggregateKey& key, Version version) const {
    const auto found = aggregates_.find(key);
    return found != aggregates_.end() && found->second.contains(version);
  }

  bool detects_version_gaps_;
  std::map<AggregateKey, std::map<Version, LawEvent>> aggregates_;
};

}  // namespace castore::testing::detail

#endif
