// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_LISTING_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_LISTING_HPP

#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>

#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broken_twins {

/// A twin that changes a page before it hands it out.
template <class Change>
class ChangesPages : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    Change{}(page, options.reverse.value_or(false));
    return page;
  }
};

struct OrdersById {
  void operator()(AggregateIdsPage& page, bool reverse) const {
    if (!reverse) std::ranges::sort(page.aggregate_ids, {}, &AggregateIdEntry::aggregate_id);
  }
};

/// As a storage does whose keys hold escaped ids.
struct OrdersEqualTimestampsByEscapedIds {
  static std::string escaped(std::string id) {
    for (std::size_t place = 0; (place = id.find('/', place)) != std::string::npos;) id.replace(place, 1, "%2F");
    return id;
  }
  void operator()(AggregateIdsPage& page, bool) const {
    const auto by_bytes = [](const AggregateIdEntry& entry) {
      return std::pair{entry.initial_event_timestamp, entry.aggregate_id};
    };
    if (!std::ranges::is_sorted(page.aggregate_ids, {}, by_bytes)) return;  // it is in reverse
    std::ranges::sort(page.aggregate_ids, {}, [](const AggregateIdEntry& entry) {
      return std::pair{entry.initial_event_timestamp, escaped(entry.aggregate_id)};
    });
  }
};

struct RoundsToSeconds {
  void operator()(AggregateIdsPage& page, bool) const {
    for (AggregateIdEntry& entry : page.aggregate_ids) {
      entry.initial_event_timestamp = std::chrono::floor<std::chrono::seconds>(entry.initial_event_timestamp);
    }
  }
};

inline void turn_equal_timestamps_round(std::vector<AggregateIdEntry>& entries) {
  for (auto first = entries.begin(); first != entries.end();) {
    const auto last = std::find_if(first, entries.end(), [first](const AggregateIdEntry& entry) {
      return entry.initial_event_timestamp != first->initial_event_timestamp;
    });
    std::reverse(first, last);
    first = last;
  }
}

struct OrdersEqualTimestampsDown {
  void operator()(AggregateIdsPage& page, bool reverse) const {
    if (!reverse) turn_equal_timestamps_round(page.aggregate_ids);
  }
};

struct OrdersEqualTimestampsUpInReverse {
  void operator()(AggregateIdsPage& page, bool reverse) const {
    if (reverse) turn_equal_timestamps_round(page.aggregate_ids);
  }
};

struct IgnoresReverseOfLists {
  void operator()(ListAggregateIdsOptions& options) const { options.reverse.reset(); }
};

struct ExcludesAfter {
  void operator()(ListAggregateIdsOptions& options) const {
    auto& after = options.initial_event_after;
    if (after && *after<castore::latest_timestamp&& * after> castore::earliest_timestamp) {
      *after += std::chrono::milliseconds{1};
    }
  }
};

struct ExcludesBefore {
  void operator()(ListAggregateIdsOptions& options) const {
    auto& before = options.initial_event_before;
    if (before && *before<castore::latest_timestamp&& * before> castore::earliest_timestamp) {
      *before -= std::chrono::milliseconds{1};
    }
  }
};

struct SwapsTimes {
  void operator()(ListAggregateIdsOptions& options) const {
    auto& [limit, token, after, before, reverse] = options;
    if (after && before && *after > *before) std::swap(after, before);
  }
};

struct FormatsAnyTime {
  void operator()(ListAggregateIdsOptions& options) const {
    for (const auto& time : {options.initial_event_after, options.initial_event_before}) {
      if (time && (*time < castore::earliest_timestamp || *time > castore::latest_timestamp)) {
        throw castore::StorageError{"not a timestamp"};
      }
    }
  }
};

/// And says that this was all.
struct ListsAtMost1000 {
  void operator()(AggregateIdsPage& page, bool) const {
    if (page.aggregate_ids.size() > 1000) page.aggregate_ids.resize(1000);
  }
};

/// As a query over all events without DISTINCT would.
class ListsOncePerEvent : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    std::vector<AggregateIdEntry> entries;
    for (const AggregateIdEntry& entry : page.aggregate_ids) {
      get_events(event_store_id, entry.aggregate_id, {}, [&](const EventRecordView&) { entries.push_back(entry); });
    }
    page.aggregate_ids = std::move(entries);
    return page;
  }
};

/// A twin that keeps something of every event it is given.
class Remembers : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, options);
    const std::scoped_lock lock{mutex_};
    for (const PushRecord& push : records) {
      if (is_pushed(outcome)) {
        first_events_[std::string{push.event_store_id}].try_emplace(push.record.aggregate_id, push.record.timestamp);
      }
    }
    return outcome;
  }

 protected:
  /// The time of the event that was pushed first, whatever its version, by aggregate.
  std::map<std::string, castore::Timestamp> first_events(std::string_view event_store_id) {
    const std::scoped_lock lock{mutex_};
    return first_events_[std::string{event_store_id}];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::map<std::string, castore::Timestamp>> first_events_;
};

class ListsAnyFirstEvent : public Remembers {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = Remembers::list_aggregate_ids(event_store_id, options);
    for (const auto& [aggregate_id, timestamp] : first_events(event_store_id)) {
      if (!has_version(*this, event_store_id, aggregate_id, 1) && !options.limit && !options.page_token) {
        page.aggregate_ids.push_back({aggregate_id, timestamp});
      }
    }
    return page;
  }
};

/// Lists what has an event of version 1 or 2.
class ListsTheFirstOfTwoVersions : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    if (options.limit || has_version(*this, event_store_id, "b", 1)) return page;
    RecordsOnlyAdapter::get_events(event_store_id, "b", {.min_version = 2, .max_version = 2},
                                   [&page](const EventRecordView& record) {
                                     page.aggregate_ids.insert(page.aggregate_ids.begin(), {"b", record.timestamp});
                                   });
    return page;
  }
};

/// A forced event gets a new entry in its list, and where the time is another one the old entry goes.
class ListsForcedEventsTwice : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    {
      const std::scoped_lock lock{mutex_};
      for (const PushRecord& push : records) {
        if (options.force && push.record.version == 1 && is_listed(push)) twice_.insert(push.record.aggregate_id);
      }
    }
    return RecordsOnlyAdapter::push_events(records, options);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    const std::scoped_lock lock{mutex_};
    if (options.limit || options.page_token) return page;
    std::vector<AggregateIdEntry> entries;
    for (const AggregateIdEntry& entry : page.aggregate_ids) {
      entries.insert(entries.end(), twice_.contains(entry.aggregate_id) ? 2U : 1U, entry);
    }
    page.aggregate_ids = std::move(entries);
    return page;
  }

 private:
  bool is_listed(const PushRecord& push) {
    bool is_listed = false;
    RecordsOnlyAdapter::get_events(
        push.event_store_id, push.record.aggregate_id, {.max_version = 1},
        [&](const EventRecordView& record) { is_listed = record.timestamp == push.record.timestamp; });
    return is_listed;
  }

  std::mutex mutex_;
  std::set<std::string> twice_;
};

class KeepsTheFirstTimestamp : public Remembers {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = Remembers::list_aggregate_ids(event_store_id, options);
    const auto first_timestamps = first_events(event_store_id);
    for (AggregateIdEntry& entry : page.aggregate_ids) {
      const auto first = first_timestamps.find(entry.aggregate_id);
      if (first != first_timestamps.end()) entry.initial_event_timestamp = first->second;
    }
    return page;
  }
};

class CannotListUnknownStores : public Remembers {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    if (first_events(event_store_id).empty()) throw castore::StorageError{"there is no such event store"};
    return Remembers::list_aggregate_ids(event_store_id, options);
  }
};

inline std::vector<Twin> listing_twins() {
  const char* const order = "aggregates come in the order of their initial events";
  const char* const equal = "aggregates with equal timestamps come in the order of their ids";
  const char* const mirror = "reverse lists the exact mirror";
  const char* const equal_mirror = "reverse lists the exact mirror of equal timestamps too";
  const char* const millisecond = "a millisecond makes a difference in a list";
  const char* const after = "initial_event_after is inclusive";
  const char* const before = "initial_event_before is inclusive";
  const char* const any_time = "initial_event_after and initial_event_before may be any time";
  const char* const without = "an aggregate without version 1 is not listed";
  const char* const version_2 = "an aggregate of version 2 alone is not listed";
  const char* const same_time = "a list stays when an initial event is overwritten at the same time";
  const char* const overwritten = "a list follows an initial event that was overwritten";
  const char* const pages = "pages hold every aggregate exactly once";
  const char* const carries = "a page token carries the options on every page";
  const char* const explicit_options = "explicit options win over those of the page token";
  const char* const before_1970 = "a list is in order before 1970";
  const char* const after_2038 = "a list is in order after 2038";
  const char* const zone = "the time zone does not change a list";
  const char* const random = "random lists agree with a model";
  return {
      twin<ChangesPages<OrdersById>>(
          "lists aggregates in the order of their ids",
          {order, millisecond, before, any_time, overwritten, pages, "limit is the size of a page", explicit_options,
           "a page token keeps its place when its last aggregate moves", version_2, same_time, before_1970, after_2038,
           zone, random}),
      twin<ChangesPages<RoundsToSeconds>>("rounds the timestamps of a list to seconds",
                                          {millisecond, before_1970, after_2038}),
      twin<ChangesPages<OrdersEqualTimestampsByEscapedIds>>("lists equal timestamps in the order of escaped ids",
                                                            {equal}),
      twin<ChangesPages<OrdersEqualTimestampsDown>>("lists equal timestamps in the wrong order", {equal, random}),
      twin<ChangesListOptions<IgnoresReverseOfLists>>(
          "ignores reverse in lists", {mirror, equal_mirror, any_time, pages, carries, explicit_options, version_2,
                                       same_time, before_1970, after_2038, zone, random}),
      twin<ChangesPages<OrdersEqualTimestampsUpInReverse>>("does not turn round equal timestamps in reverse",
                                                           {equal_mirror, random}),
      twin<ChangesListOptions<ExcludesAfter>>(
          "takes initial_event_after for exclusive",
          {after, millisecond, mirror, carries, before_1970, after_2038, zone, random}),
      twin<ChangesListOptions<ExcludesBefore>>(
          "takes initial_event_before for exclusive",
          {before, millisecond, mirror, carries, explicit_options, version_2, before_1970, after_2038, zone, random}),
      twin<ChangesListOptions<SwapsTimes>>("swaps times that cross",
                                           {"initial_event_after behind initial_event_before lists nothing", random}),
      twin<ChangesListOptions<FormatsAnyTime>>("cannot ask for times that no event has", {any_time}),
      twin<ListsOncePerEvent>("lists an aggregate once per event",
                              {"an aggregate with many events is listed once", without, version_2, random}),
      twin<ListsAnyFirstEvent>("lists aggregates without version 1", {without, version_2}),
      twin<ListsTheFirstOfTwoVersions>("lists an aggregate of version 2 alone", {version_2}),
      twin<ListsForcedEventsTwice>("lists an event once more that is forced at the same time", {same_time, random}),
      twin<KeepsTheFirstTimestamp>("lists the timestamp that the first event had at first",
                                   {overwritten, without, version_2, random}),
      twin<ChangesPages<ListsAtMost1000>>("lists a thousand aggregates at most",
                                          {"a list of 1100 aggregates without limit comes whole"}),
      twin<CannotListUnknownStores>(
          "cannot list an event store that it does not know",
          {"an event store without aggregates lists none", "a bad page token is refused in an empty storage"}),
  };
}

}  // namespace broken_twins

#endif
