// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_POUR_SOURCE_HPP
#define CASTORE_MAINTENANCE_POUR_SOURCE_HPP

#include <castore/core/aggregate_ids.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/maintenance/pour_options.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/publish_event.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace castore::detail {

/// What a pour takes its messages from, in their order.
class PourSource {
 public:
  PourSource() = default;
  PourSource(PourSource&&) = default;
  PourSource& operator=(PourSource&&) = default;
  virtual ~PourSource() = default;
  /// The next message's place, nothing at the end. It points into the source.
  virtual std::optional<PourPosition> front() = 0;
  virtual void publish_front(const PublishMessageOptions& options) = 0;
  virtual void pop_front() = 0;
};

inline bool is_between(Timestamp time, const PourFilters& filters) {
  return (!filters.from || *filters.from <= time) && (!filters.to || time <= *filters.to);
}

using NextAggregateId = std::function<std::optional<AggregateIdEntry>()>;

/// The aggregates of a store in the order of their initial events, one by one.
template <class Store>
NextAggregateId list_one_by_one(const Store& store, ListAggregateIdsOptions options) {
  struct Listing {
    explicit Listing(AggregateIds ids_) : ids{std::move(ids_)} {}
    AggregateIds ids;
    AggregateIds::Iterator next{};
    bool has_begun = false;
  };
  return [listing =
              std::make_shared<Listing>(store.aggregate_ids(std::move(options)))]() -> std::optional<AggregateIdEntry> {
    if (!listing->has_begun) {
      listing->next = listing->ids.begin();
      listing->has_begun = true;
    } else if (!(listing->next == std::default_sentinel)) {
      ++listing->next;
    }
    if (listing->next == std::default_sentinel) return std::nullopt;
    return *listing->next;
  };
}

/// The events of a store: a merge of its aggregates' histories, each read page by page, from when its initial event is
/// next until its last one is poured.
template <class Store, class Channel>
class PourEvents final : public PourSource {
  using Event = typename Store::Event;

 public:
  PourEvents(const Store& store, Channel& channel, NextAggregateId next_aggregate_id, const PourOptions& options,
             const std::optional<PourPosition>& start, PourVersions versions = {})
      : store_{store},
        channel_{channel},
        next_aggregate_id_{std::move(next_aggregate_id)},
        options_{options},
        start_{start},
        versions_{versions} {}

  std::optional<PourPosition> front() override {
    if (!has_listed_) list_next();
    while (to_open_ && (open_.empty() || to_open_->initial_event_timestamp <= open_.front()->time)) {
      auto history = std::make_unique<History>();
      history->aggregate_id = std::move(to_open_->aggregate_id);
      history->next_version = versions_.min_version.value_or(1);
      list_next();
      if (find_next(*history)) push(std::move(history));
    }
    if (open_.empty()) return std::nullopt;
    return position_of(*open_.front());
  }

  void publish_front(const PublishMessageOptions& options) override {
    publish_event(channel_, store_, open_.front()->events[open_.front()->index], std::nullopt, options);
  }

  void pop_front() override {
    std::ranges::pop_heap(open_, is_later);
    std::unique_ptr<History> history = std::move(open_.back());
    open_.pop_back();
    ++history->index;
    if (find_next(*history)) push(std::move(history));
  }

 private:
  /// An aggregate that has begun and not ended, at an event that is to be poured.
  struct History {
    std::string aggregate_id{};
    Timestamp time = earliest_timestamp;  ///< Of the event at hand, or the latest before it: versions stay in order.
    std::vector<Event> events{};          ///< A page, from `index` on.
    std::size_t index = 0;
    Version next_version = 1;
    bool has_ended = false;  ///< There is nothing behind the page.
  };

  static bool is_later(const std::unique_ptr<History>& left, const std::unique_ptr<History>& right) {
    return std::tie(left->time, left->aggregate_id) > std::tie(right->time, right->aggregate_id);
  }

  PourPosition position_of(const History& history) const {
    return {history.time, store_.event_store_id(), history.aggregate_id, history.events[history.index].version()};
  }

  void push(std::unique_ptr<History> history) {
    open_.push_back(std::move(history));
    std::ranges::push_heap(open_, is_later);
  }

  void list_next() {
    to_open_ = next_aggregate_id_();
    has_listed_ = true;
  }

  /// How many events the next history may keep: an equal share of what may be buffered, as far as there is room.
  std::size_t share_of_next() const {
    const std::size_t room = options_.max_buffered_events - (std::min)(buffered_, options_.max_buffered_events);
    const std::size_t share = options_.max_buffered_events / (open_.size() + 1);
    return std::clamp<std::size_t>((std::min)(room, share), 1, options_.page_size);
  }

  void set_page(History& history, std::vector<Event> events) {
    buffered_ -= history.events.size();
    history.events = std::move(events);
    buffered_ += history.events.size();
    history.index = 0;
    if (!history.events.empty()) history.next_version = history.events.back().version() + 1;
  }

  /// Goes to the next event that is asked for, from where the history stands. @return Whether there is one.
  bool find_next(History& history) {
    const std::size_t share = share_of_next();
    for (std::size_t page_size = share;; page_size = options_.page_size) {
      for (; history.index < history.events.size(); ++history.index) {
        const Event& event = history.events[history.index];
        history.time = (std::max)(history.time, event.timestamp());
        if (!is_between(event.timestamp(), options_.filters) || (start_ && position_of(history) <= *start_)) continue;
        keep_at_most(history, share);
        return true;
      }
      if (history.has_ended) {
        set_page(history, {});
        return false;
      }
      fetch(history, page_size);
    }
  }

  void fetch(History& history, std::size_t page_size) {
    set_page(history, {});
    set_page(history, store_.get_events(history.aggregate_id, {.min_version = history.next_version,
                                                               .max_version = versions_.max_version,
                                                               .limit = page_size}));
    history.has_ended = history.events.size() < page_size;
  }

  /// Pages that were skipped may have been larger than what may stay.
  void keep_at_most(History& history, std::size_t count) {
    if (history.events.size() - history.index <= count) return;
    std::vector<Event> kept;
    kept.reserve(count);
    const auto first = history.events.begin() + static_cast<std::ptrdiff_t>(history.index);
    std::move(first, first + static_cast<std::ptrdiff_t>(count), std::back_inserter(kept));
    set_page(history, std::move(kept));
    history.has_ended = false;
  }

  const Store& store_;
  Channel& channel_;
  NextAggregateId next_aggregate_id_;
  const PourOptions& options_;
  std::optional<PourPosition> start_;
  PourVersions versions_;
  std::optional<AggregateIdEntry> to_open_;
  bool has_listed_ = false;
  std::size_t buffered_ = 0;
  std::vector<std::unique_ptr<History>> open_;  ///< A heap, the next one in front.
};

/// The aggregates of a store. Those with equal timestamps are put in order here, as a storage may leave that open.
template <class Store, class Channel>
class PourAggregateIds final : public PourSource {
 public:
  PourAggregateIds(const Store& store, Channel& channel, NextAggregateId next_aggregate_id,
                   const std::optional<PourPosition>& start)
      : store_{store}, channel_{channel}, next_aggregate_id_{std::move(next_aggregate_id)}, start_{start} {}

  std::optional<PourPosition> front() override {
    while (index_ == equal_.size()) {
      equal_.clear();
      index_ = 0;
      if (!has_listed_) list_next();
      if (!to_add_) return std::nullopt;
      do {
        const PourPosition position{to_add_->initial_event_timestamp, store_.event_store_id(), to_add_->aggregate_id};
        if (!start_ || position > *start_) equal_.push_back(*to_add_);
        list_next();
      } while (to_add_ && !equal_.empty() &&
               to_add_->initial_event_timestamp == equal_.front().initial_event_timestamp);
      std::ranges::sort(equal_, {}, &AggregateIdEntry::aggregate_id);
    }
    return PourPosition{equal_[index_].initial_event_timestamp, store_.event_store_id(), equal_[index_].aggregate_id};
  }

  void publish_front(const PublishMessageOptions& options) override {
    channel_.publish_message(AggregateExistsMessage{std::string{store_.event_store_id()}, equal_[index_].aggregate_id,
                                                    equal_[index_].initial_event_timestamp},
                             options);
  }

  void pop_front() override { ++index_; }

 private:
  void list_next() {
    to_add_ = next_aggregate_id_();
    has_listed_ = true;
  }

  const Store& store_;
  Channel& channel_;
  NextAggregateId next_aggregate_id_;
  std::optional<PourPosition> start_;
  std::optional<AggregateIdEntry> to_add_;
  bool has_listed_ = false;
  std::vector<AggregateIdEntry> equal_;
  std::size_t index_ = 0;
};

}  // namespace castore::detail

#endif
