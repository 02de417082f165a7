// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_FEED_WRITER_HPP
#define CASTORE_ADAPTERS_DYNAMODB_FEED_WRITER_HPP

#include <castore/adapters/dynamodb/stream_errors.hpp>
#include <castore/adapters/dynamodb/stream_records.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// What became of records.
struct RelayedRecords {
  std::size_t events = 0;   ///< New in the feed.
  std::size_t doubles = 0;  ///< That were there.
  std::size_t removed = 0;  ///< Of items that were deleted; the feed keeps their events.
  std::size_t others = 0;   ///< Of other event stores, and of items that are not events.
};

/// How a feed is written to.
struct FeedWriterOptions {
  std::chrono::milliseconds wait_for_version{};
  bool force_past_gaps = false;
};

/// One mistake is one error: what is not an adapter is not asked for transactions.
template <class Feed>
consteval bool check_feed_transactions() {
  if constexpr (EventStorageAdapter<Feed>) return operations::Transact::explain<Feed>();
  return true;
}

/// Puts records of a stream into a feed, whatever is doubled, late or missing among them: what an aggregate lacks is
/// asked of the table.
/// @param sleep A function of milliseconds.
template <class Table, class Feed, class Sleep>
class FeedWriter {
 public:
  FeedWriter(const Table& table, Feed& feed, FeedWriterOptions options, const Sleep& sleep)
      : table_{table}, feed_{feed}, options_{options}, sleep_{sleep} {}

  /// @throws DynamoDbMissingVersionError after all else is in the feed; what table and feed throw
  RelayedRecords add(std::span<const StreamRecord> records) {
    constexpr int most_attempts = 10;
    std::chrono::milliseconds waited{0};
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      result_ = {};
      aggregates_.clear();
      order_.clear();
      pushes_.clear();
      forced_.clear();
      missing_.reset();
      for (const StreamRecord& record : records) add_one(record);
      for (const Key& key : order_) complete(key, waited);
      if (!push()) continue;
      for (const auto& [key, version] : forced_) push_as_it_is(key, version);
      if (missing_) throw *missing_;
      return result_;
    }
    throw StorageError{"others write to the feed of a DynamoDB stream at the same time; let only the relay do that",
                       true};
  }

 private:
  using Key = std::pair<std::string_view, std::string_view>;
  struct Aggregate {
    Version next = 1;                       ///< The first that the feed does not have, nor will by this push.
    std::map<Version, EventRecord> held{};  ///< Those after the first that is missing.
  };

  void add_one(const StreamRecord& record) {
    if (record.version == 0) {
      ++result_.others;
      return;
    }
    if (record.is_removed) {
      ++result_.removed;
      return;
    }
    const Key key{record.event_store_id, record.aggregate_id};
    const auto [place, is_new] = aggregates_.try_emplace(key);
    Aggregate& aggregate = place->second;
    if (is_new) {
      order_.push_back(key);
      aggregate.next = last_version(key) + 1;
    }
    if (record.version < aggregate.next || aggregate.held.contains(record.version)) {
      const bool is_changed = record.is_changed || !record.event;
      if (is_changed || (options_.force_past_gaps && !is_in_feed(key, record.version))) {
        forced_.insert({key, record.version});
      }
      ++result_.doubles;
      return;
    }
    if (record.event) {
      aggregate.held.emplace(record.version, *record.event);
    } else if (!read(key, record.version, record.version, aggregate)) {
      ++result_.removed;  // since then
    }
    flush(key, aggregate);
  }

  /// Moves what comes next to the events to push.
  void flush(const Key& key, Aggregate& aggregate) {
    while (!aggregate.held.empty() && aggregate.held.begin()->first == aggregate.next) {
      pushes_.push_back({key.first, std::move(aggregate.held.begin()->second)});
      aggregate.held.erase(aggregate.held.begin());
      ++aggregate.next;
    }
  }

  /// Asks the table for what an aggregate lacks. Of a group that is being written it may show the later version first.
  void complete(const Key& key, std::chrono::milliseconds& waited) {
    constexpr std::chrono::milliseconds pause{50};
    Aggregate& aggregate = aggregates_[key];
    while (!aggregate.held.empty()) {
      read(key, aggregate.next, aggregate.held.rbegin()->first, aggregate);
      flush(key, aggregate);
      if (aggregate.held.empty()) return;
      if (waited >= options_.wait_for_version) break;
      sleep_(pause);
      waited += pause;
    }
    for (const auto& [version, event] : aggregate.held) {
      if (options_.force_past_gaps) {
        forced_.insert({key, version});
        ++result_.events;
      } else if (!missing_) {
        missing_.emplace(key.first, key.second, aggregate.next, version);
      }
    }
  }

  /// @return False when another one wrote to the feed meanwhile.
  bool push() {
    constexpr std::size_t most = properties_of<Feed>().max_events_per_push.value_or(1'000);
    for (std::size_t first = 0; first < pushes_.size(); first += most) {
      const auto some = std::span<const PushRecord>{pushes_}.subspan(first, (std::min)(most, pushes_.size() - first));
      if (feed_.push_events(some, PushOptions{}).status != PushStatus::pushed) return false;
      result_.events += some.size();
    }
    return true;
  }

  /// What was changed in the table, or stands past a gap there.
  void push_as_it_is(const Key& key, Version version) {
    Aggregate current;
    if (!read(key, version, version, current)) return;
    const PushRecord push{key.first, std::move(current.held.begin()->second)};
    static_cast<void>(feed_.push_events(std::span{&push, 1}, PushOptions{.force = true}));
  }

  /// @return False when there is none.
  bool read(const Key& key, Version first, Version last, Aggregate& aggregate) const {
    bool any = false;
    table_.get_events(key.first, key.second, {.min_version = first, .max_version = last},
                      [&](const EventRecordView& event) {
                        any = true;
                        aggregate.held.try_emplace(event.version, event.to_record());
                      });
    return any;
  }

  Version last_version(const Key& key) const {
    Version last = 0;
    feed_.get_events(key.first, key.second, {.limit = 1, .reverse = true},
                     [&](const EventRecordView& event) { last = event.version; });
    return last;
  }
  bool is_in_feed(const Key& key, Version version) const {
    bool is_there = false;
    feed_.get_events(key.first, key.second, {.min_version = version, .max_version = version},
                     [&](const EventRecordView&) { is_there = true; });
    return is_there;
  }

  const Table& table_;
  Feed& feed_;
  FeedWriterOptions options_;
  const Sleep& sleep_;
  RelayedRecords result_{};
  std::map<Key, Aggregate> aggregates_{};
  std::vector<Key> order_{};
  std::vector<PushRecord> pushes_{};
  std::set<std::pair<Key, Version>> forced_{};
  std::optional<DynamoDbMissingVersionError> missing_{};
};

}  // namespace castore::detail

#endif
