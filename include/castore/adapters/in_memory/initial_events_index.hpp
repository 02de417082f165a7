// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_INITIAL_EVENTS_INDEX_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_INITIAL_EVENTS_INDEX_HPP

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/shared_mutex.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// The aggregates of every store, ordered by (initial event's timestamp, aggregate id).
template <class Entry>
class InitialEventsIndex {
  struct ByTimestampAndId {
    bool operator()(const Entry& left, const Entry& right) const noexcept {
      if (left.initial_event_timestamp != right.initial_event_timestamp) {
        return left.initial_event_timestamp < right.initial_event_timestamp;
      }
      return left.aggregate_id < right.aggregate_id;
    }
  };
  using Entries = std::set<Entry, ByTimestampAndId>;
  struct Store {
    explicit Store(std::string_view id_) : id{id_} {}

    const std::string id;
    mutable SharedMutex mutex;
    Entries entries;
    bool has_other_events = false;  // pushed by force, perhaps without an initial one
  };

 public:
  /// An entry that is ready to go in, or none: committing it cannot fail.
  class Change {
   public:
    explicit Change(Store& store) : store_{&store} {}
    Change(Store& store, typename Entries::node_type entry, std::optional<Timestamp> replaced)
        : store_{&store}, entry_{std::move(entry)}, replaced_{replaced} {}

    void commit() && noexcept {
      const std::unique_lock lock{store_->mutex};
      if (entry_.empty()) {
        store_->has_other_events = true;
        return;
      }
      if (replaced_) {
        const Timestamp wanted = std::exchange(entry_.value().initial_event_timestamp, *replaced_);
        store_->entries.erase(entry_.value());
        entry_.value().initial_event_timestamp = wanted;
      }
      store_->entries.insert(std::move(entry_));
    }

   private:
    Store* store_;
    typename Entries::node_type entry_{};
    std::optional<Timestamp> replaced_{};
  };

  /// @param replaced The timestamp of the initial event that is overwritten, if one is.
  Change prepare(const EventToPush& event, std::optional<Timestamp> replaced) {
    Entries one;
    one.insert(Entry{std::string{event.aggregate_id}, event.timestamp});
    return {store(event.event_store_id), one.extract(one.begin()), replaced};
  }

  /// The same for an event that is not an initial one.
  Change prepare_other(const EventToPush& event) { return Change{store(event.event_store_id)}; }

  /// The stores that have events, ordered by their ids.
  std::vector<std::string> event_stores() const {
    std::vector<std::string> ids;
    const std::shared_lock lock{mutex_};
    for (const std::unique_ptr<Store>& store : stores_) {
      const std::shared_lock store_lock{store->mutex};
      if (!store->entries.empty() || store->has_other_events) ids.push_back(store->id);
    }
    return ids;
  }

  AggregateIdsPage page(std::string_view event_store_id, const PageRequest& request) const {
    const Store* store = find(event_store_id);
    if (!store || request.limit == 0U) return {};
    const std::shared_lock lock{store->mutex};
    const Entries& entries = store->entries;
    const auto first_at = [&](Timestamp time) { return entries.lower_bound(Entry{{}, time}); };

    auto begin = entries.begin();
    auto end = entries.end();
    if (request.initial_event_after) begin = first_at(*request.initial_event_after);
    if (request.initial_event_before) end = first_at(*request.initial_event_before + std::chrono::milliseconds{1});
    const bool is_empty = request.initial_event_after && request.initial_event_before &&
                          *request.initial_event_after > *request.initial_event_before;
    if (is_empty) return {};
    if (!request.reverse) {
      if (request.last && (begin == entries.end() || !ByTimestampAndId{}(*request.last, *begin))) {
        begin = entries.upper_bound(*request.last);
      }
      return take(request, entries.size(), begin, entries.end());
    }
    if (request.last && (end == entries.end() || ByTimestampAndId{}(*request.last, *end))) {
      end = entries.lower_bound(*request.last);
    }
    return take(request, entries.size(), std::make_reverse_iterator(end), entries.rend());
  }

 private:
  /// Walks from `next` on while the entries are inside the bounds; a token may lie outside of them.
  template <class Iterator>
  static AggregateIdsPage take(const PageRequest& request, std::size_t entries, Iterator next, Iterator end) {
    AggregateIdsPage page;
    constexpr std::size_t most = 1000;  // the bounds may leave less than the limit
    if (request.limit) page.aggregate_ids.reserve((std::min)({*request.limit, entries, most}));
    const auto is_inside = [&](const Entry& entry) {
      return (!request.initial_event_after || entry.initial_event_timestamp >= *request.initial_event_after) &&
             (!request.initial_event_before || entry.initial_event_timestamp <= *request.initial_event_before);
    };
    for (; next != end && is_inside(*next); ++next) {
      if (page.aggregate_ids.size() == request.limit) {
        page.next_page_token = make_page_token(request, page.aggregate_ids.back());
        break;
      }
      page.aggregate_ids.push_back(*next);
    }
    return page;
  }

  using Stores = std::vector<std::unique_ptr<Store>>;

  typename Stores::const_iterator place_of(std::string_view event_store_id) const {
    return std::lower_bound(stores_.begin(), stores_.end(), event_store_id,
                            [](const std::unique_ptr<Store>& store, std::string_view id) { return store->id < id; });
  }

  Store* find(std::string_view event_store_id) const {
    const std::shared_lock lock{mutex_};
    const auto place = place_of(event_store_id);
    return place != stores_.end() && (*place)->id == event_store_id ? place->get() : nullptr;
  }

  Store& store(std::string_view event_store_id) {
    if (Store* found = find(event_store_id)) return *found;
    auto store = std::make_unique<Store>(event_store_id);
    const std::unique_lock lock{mutex_};
    const auto place = place_of(event_store_id);
    if (place != stores_.end() && (*place)->id == event_store_id) return **place;
    return **stores_.insert(place, std::move(store));
  }

  mutable SharedMutex mutex_;  // guards the vector; a store stays where it is forever
  Stores stores_;              // ordered by their ids
};

}  // namespace castore::detail

#endif
