// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_STREAM_RELAY_HPP
#define CASTORE_ADAPTERS_DYNAMODB_STREAM_RELAY_HPP

#include <castore/adapters/dynamodb.hpp>
#include <castore/adapters/dynamodb/feed_writer.hpp>
#include <castore/adapters/dynamodb/stream.hpp>
#include <castore/adapters/dynamodb/stream_errors.hpp>
#include <castore/adapters/dynamodb/stream_places.hpp>
#include <castore/adapters/dynamodb/stream_records.hpp>
#include <castore/adapters/dynamodb/stream_relay_options.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/signal.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Copies the events of a DynamoDB table, as its stream tells of them, into a storage that has an order: SQLite,
/// PostgreSQL or memory. Subscriptions, read models and relays then work on that feed.
///
/// @code
/// castore::DynamoDbEventStorageAdapter table{"events"};
/// castore::DynamoDbStream stream{table, arn};
/// castore::SqliteEventStorageAdapter feed{"feed.db"};
/// castore::DynamoDbStreamRelay relay{stream, feed, {.event_store_ids = {"POKEMONS", "TRAINERS"}}};
/// relay.reconcile();                                                      // once: what is older than the stream
/// std::jthread thread{[&](std::stop_token stop) { relay.run(stop); }};    // your thread
/// @endcode
///
/// **Guarantees**
/// - Each event is in the feed once, those of an aggregate in the order of versions, whatever the stream doubles or
///   puts in another order. What an earlier version lacks is asked of the table, by `get_events`. Events of a group may
///   come apart.
/// - Records are acknowledged after their events are in the feed: where it stands is a checkpoint of the feed, written
///   after the events. A relay that is killed goes on there, and ignores what comes again.
/// - A parent shard is read before its children.
/// - Records that the stream removed before they were read (after 24 hours) are noticed, never passed over.
/// - An event that was changed in the table (a forced push) is changed in the feed, where it keeps its position. One
///   that was deleted stays in the feed.
///
/// One thread at a time. Nothing else may push to the feed's event stores.
///
/// **Errors:** `DynamoDbStreamGapError` (call `reconcile`), `DynamoDbMissingVersionError` (fix),
/// `DynamoDbRelayTakenOverError` (report), those of a `DynamoDbEventStorageAdapter`, and the feed's. After each of them
/// it may be called again. `run` tries again after a `StorageError` that may pass by itself.
/// @tparam Stream A `DynamoDbStream`. @tparam Feed An adapter that runs transactions.
template <class Stream, class Feed>
class DynamoDbStreamRelay {
  static constexpr bool is_valid = EventStorageAdapter<Feed>;
  static_assert(is_valid,
                "castore: the feed of a DynamoDbStreamRelay is the adapter of a storage that has an order, and not an "
                "event store; pass e.g. a castore::SqliteEventStorageAdapter");
  static_assert(detail::check_feed_transactions<Feed>());

 public:
  /// @brief A relay from a stream to a feed, which must outlive it. @throws std::invalid_argument
  DynamoDbStreamRelay(const Stream& stream, Feed& feed, DynamoDbStreamRelayOptions options = {})
      : stream_{stream}, feed_{feed}, options_{std::move(options)} {
    if (options_.name.empty() || options_.name.find('#') != std::string::npos) {
      throw std::invalid_argument{"castore: the name of a relay is not empty, and holds no '#'"};
    }
  }
  DynamoDbStreamRelay(const DynamoDbStreamRelay&) = delete;
  DynamoDbStreamRelay& operator=(const DynamoDbStreamRelay&) = delete;

  /// @brief Puts the events of a Lambda function's event into the feed: `{"Records": [...]}`. Return without an error
  /// to acknowledge them. Nothing is asked of the stream.
  DynamoDbStreamPollResult push(std::string_view lambda_event) {
    try {
      DynamoDbStreamPollResult result;
      add(detail::read_stream_records(lambda_event).records, result);
      result.is_caught_up = true;
      return result;
    } catch (const detail::JsonScanError& error) {
      throw StorageError{std::string{"the records of a DynamoDB stream are damaged: "} + error.what()};
    }
  }

  /// @brief Reads each shard once, up to 1,000 records.
  DynamoDbStreamPollResult poll() {
    try {
      return look();
    } catch (...) {
      forget();
      throw;
    }
  }
  /// @brief Reads until no shard has anything more. @return How many in all.
  DynamoDbStreamPollResult catch_up() {
    DynamoDbStreamPollResult all;
    while (!all.is_caught_up) {
      const DynamoDbStreamPollResult one = poll();
      all = {all.events + one.events, all.doubles + one.doubles, all.removed + one.removed, all.others + one.others,
             one.is_caught_up};
    }
    return all;
  }
  /// @brief Reads what comes, until it is asked to stop: on your thread, so bring one. An error of stream, table or
  /// feed that may pass by itself is waited out, from 10 ms on twice as long each time, up to `max_wait`.
  void run(detail::StopToken stop) {
    std::chrono::milliseconds pause{0};
    while (!stop.stop_requested()) {
      try {
        const bool is_caught_up = poll().is_caught_up;
        pause = {};
        if (is_caught_up) wait(options_.max_wait, stop);
      } catch (const StorageError& error) {
        if (!error.retryable() && error.outcome() != StorageError::Outcome::unknown) throw;
        pause = (std::min)((std::max)(2 * pause, std::chrono::milliseconds{10}),
                           (std::max)(options_.max_wait, std::chrono::milliseconds{10}));
        wait(pause, stop);
      }
    }
  }

  /// @brief Compares the feed with the table and adds what it lacks: lists all aggregates of the event stores, and asks
  /// for each one's events after the last that the feed has. To be called before the first `poll`, and after a
  /// `DynamoDbStreamGapError`. What is pushed meanwhile comes by the stream.
  /// @return How many events were added. @throws std::invalid_argument without `event_store_ids`
  std::size_t reconcile() {
    if (options_.event_store_ids.empty()) {
      throw std::invalid_argument{
          "castore: reconcile() compares event stores; name them in the relay's option event_store_ids"};
    }
    forget();
    load();
    detail::StreamPlaces places = places_;
    places.looked_at = options_.clock();
    for (detail::StreamPlace& place : places.places) place = {};
    for (const detail::StreamShard& shard : stream_.describe().shards) places.add(shard.id);
    DynamoDbStreamPollResult result;
    std::optional<DynamoDbMissingVersionError> missing;
    for (const std::string& event_store_id : options_.event_store_ids) {
      ListAggregateIdsOptions list{.limit = 1'000};
      for (bool is_last = false; !is_last;) {
        const AggregateIdsPage page = stream_.table().list_aggregate_ids(event_store_id, list);
        for (const AggregateIdEntry& entry : page.aggregate_ids) {
          try {
            reconcile(event_store_id, entry.aggregate_id, result);
          } catch (const DynamoDbMissingVersionError& error) {
            if (!missing) missing = error;
          }
        }
        list.page_token = page.next_page_token;
        is_last = !page.next_page_token;
      }
    }
    if (missing) throw *missing;
    save(places);
    forget();
    return result.events;
  }

 private:
  /// How long a stream keeps its records, with a reserve for clocks.
  static constexpr std::chrono::hours kept{23};
  /// How often the time of the last look is written when there is nothing else to write.
  static constexpr std::chrono::minutes written_each{10};
  /// How often shards are listed again; DynamoDB does that ten times in a second for all.
  static constexpr std::chrono::seconds listed_each{10};

  using Clock = std::chrono::steady_clock;
  struct Reader {
    std::optional<std::string> iterator{};
    Clock::time_point read_at{};
  };

  static void wait(std::chrono::milliseconds duration, const detail::StopToken& stop) {
    detail::Signal signal;
    signal.wait_until(detail::Signal::deadline(duration), stop, [] { return false; });
  }

  [[noreturn]] void gap(const std::string& reason) const {
    throw DynamoDbStreamGapError{options_.name, stream_.arn(), reason};
  }

  void forget() noexcept {
    is_loaded_ = false;
    listed_at_.reset();
    readers_.clear();
  }

  std::string key() const { return options_.name + "#dynamodb"; }

  void load() {
    if (is_loaded_) return;
    if constexpr (is_valid) {
      feed_.transact(
          [this](typename detail::TransactionOf<Feed>::Type& transaction) { places_.load(transaction, key()); });
    }
    is_loaded_ = true;
  }
  void save(detail::StreamPlaces& places) {
    bool is_ours = true;
    std::vector<std::int64_t> written;
    try {
      if constexpr (is_valid) {
        feed_.transact([&](typename detail::TransactionOf<Feed>::Type& transaction) {
          is_ours = places.save(transaction, key(), written);
          if (!is_ours) throw DynamoDbRelayTakenOverError{options_.name};
        });
      }
    } catch (...) {
      if (!is_ours) throw DynamoDbRelayTakenOverError{options_.name};
      throw;
    }
    places.saved(std::move(written));
  }

  DynamoDbStreamPollResult look() {
    load();
    const Timestamp now = options_.clock();
    list_shards(now);
    DynamoDbStreamPollResult result{.is_caught_up = true};
    bool is_waiting = false;
    for (const detail::StreamShard& shard : shards_) {
      if (places_.find(shard.id)->is_finished) continue;
      const detail::StreamPlace* const parent = is_listed(shard.parent_id) ? places_.find(shard.parent_id) : nullptr;
      if (parent != nullptr && !parent->is_finished) {
        is_waiting = true;
        result.is_caught_up = false;
      } else {
        read(shard.id, result);
      }
    }
    // A shard that was not read yet has no place by which it is noticed that its first records are gone: only this time
    // tells.
    if (!is_waiting && now - places_.looked_at >= written_each) {
      places_.looked_at = now;
      save(places_);
    }
    return result;
  }

  bool is_listed(std::string_view shard_id) const {
    return std::ranges::find(shards_, shard_id, &detail::StreamShard::id) != shards_.end();
  }

  void list_shards(Timestamp now) {
    if (places_.looked_at == Timestamp{}) gap("nothing was read of it yet, and the table may have older events");
    if (now - places_.looked_at > kept) {
      gap("it was last looked at on " + format_timestamp(places_.looked_at) + ", and it keeps records for 24 hours");
    }
    if (listed_at_ && Clock::now() - *listed_at_ < listed_each) return;
    detail::StreamDescription description = stream_.describe();
    shards_ = std::move(description.shards);
    for (const detail::StreamPlace& place : places_.places) {
      const auto is_of = [&](const detail::StreamShard& shard) {
        return detail::hash_of_shard(shard.id) == place.shard;
      };
      if (place.shard != 0 && !place.is_finished && std::ranges::none_of(shards_, is_of)) {
        gap("a shard is gone that was not read to its end");
      }
    }
    for (const detail::StreamShard& shard : shards_) {
      if (places_.find(shard.id) != nullptr || is_listed(shard.parent_id)) continue;
      if (shard.parent_id.empty()) gap("shard " + detail::in_quotes(shard.id) + " does not follow one that was read");
      if (places_.find(shard.parent_id) == nullptr) gap("a shard is gone that was not read");
    }
    for (const detail::StreamShard& shard : shards_) places_.add(shard.id);
    forget_shards();
    const auto is_read = [this](const detail::StreamShard& shard) { return places_.find(shard.id)->is_finished; };
    if (description.status == "DISABLED" && std::ranges::all_of(shards_, is_read)) {
      throw StorageError{
          "the DynamoDB stream " + detail::in_quotes(stream_.arn()) +
          " is turned off, and all it had is in the feed; turn one on, take its ARN, and call reconcile()"};
    }
    listed_at_ = Clock::now();
  }

  /// Frees the places of shards that are gone, and that no shard follows any more.
  void forget_shards() {
    for (detail::StreamPlace& place : places_.places) {
      const auto names_it = [&](const detail::StreamShard& shard) {
        return detail::hash_of_shard(shard.id) == place.shard || detail::hash_of_shard(shard.parent_id) == place.shard;
      };
      if (std::ranges::none_of(shards_, names_it)) place = {};
    }
  }

  void read(const std::string& shard_id, DynamoDbStreamPollResult& result) {
    Reader& reader = readers_[shard_id];
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - reader.read_at);
    if (since < stream_.pause()) stream_.sleep(stream_.pause() - since);
    detail::StreamRecords records;
    for (int attempt = 0;; ++attempt) {
      if (!reader.iterator) reader.iterator = stream_.iterator(shard_id, places_.find(shard_id)->sequence_number);
      if (!reader.iterator) gap("the record that was read last is gone");
      reader.read_at = Clock::now();
      const auto answer = stream_.records(*reader.iterator, records);
      if (answer == Stream::Answer::records) break;
      if (answer == Stream::Answer::trimmed) gap("records are gone that were not read");
      // An iterator lives for 15 minutes; the new one begins at the place that is in the feed.
      if (attempt == 2) throw StorageError{"DynamoDB says of each new shard iterator that it has expired", true};
      reader.iterator.reset();
    }
    add(records.records, result);
    const bool is_finished = !records.next_iterator;
    if (!records.records.empty() || is_finished) {
      result.is_caught_up = false;
      detail::StreamPlace& place = *places_.find(shard_id);
      if (!records.records.empty()) place.sequence_number = records.last_sequence_number;
      place.is_finished = is_finished;
      save(places_);
    }
    reader.iterator = std::move(records.next_iterator);
    if (is_finished) {
      readers_.erase(shard_id);
      listed_at_.reset();
    }
  }

  void add(std::vector<detail::StreamRecord>& records, DynamoDbStreamPollResult& result) {
    for (detail::StreamRecord& record : records) {
      const auto& ids = options_.event_store_ids;
      if (!ids.empty() && std::ranges::find(ids, record.event_store_id) == ids.end()) record.version = 0;
    }
    const auto sleep = [this](std::chrono::milliseconds duration) { stream_.sleep(duration); };
    if constexpr (is_valid) {
      detail::FeedWriter writer{stream_.table(), feed_, {options_.wait_for_version, options_.force_past_gaps}, sleep};
      const detail::RelayedRecords relayed = writer.add(records);
      result.events += relayed.events;
      result.doubles += relayed.doubles;
      result.removed += relayed.removed;
      result.others += relayed.others;
    }
  }
  void add(std::vector<detail::StreamRecord>&& records, DynamoDbStreamPollResult& result) { add(records, result); }

  /// Adds what the feed lacks of an aggregate, some at a time.
  void reconcile(const std::string& event_store_id, const std::string& aggregate_id, DynamoDbStreamPollResult& result) {
    constexpr std::size_t at_once = 1'000;
    Version last = 0;
    if constexpr (is_valid) {
      feed_.get_events(event_store_id, aggregate_id, {.limit = 1, .reverse = true},
                       [&](const EventRecordView& event) { last = event.version; });
    }
    for (std::size_t count = at_once; count == at_once;) {
      std::vector<detail::StreamRecord> missing;
      stream_.table().get_events(event_store_id, aggregate_id, {.min_version = last + 1, .limit = at_once},
                                 [&](const EventRecordView& event) {
                                   missing.push_back({.event_store_id = event_store_id,
                                                      .aggregate_id = aggregate_id,
                                                      .version = event.version,
                                                      .event = event.to_record()});
                                 });
      count = missing.size();
      if (missing.empty()) return;
      last = missing.back().version;
      add(missing, result);
    }
  }

  const Stream& stream_;
  Feed& feed_;
  DynamoDbStreamRelayOptions options_;
  bool is_loaded_ = false;
  detail::StreamPlaces places_{};
  std::vector<detail::StreamShard> shards_{};
  std::optional<Clock::time_point> listed_at_{};
  std::map<std::string, Reader> readers_{};
};

}  // namespace castore

#endif
