// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_SHARDS_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_SHARDS_HPP

#include <castore/core/event_selection.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

namespace castore::detail {

/// (event store, aggregate), hashed once per operation.
struct StreamKeyView {
  StreamKeyView(std::string_view event_store_id_, std::string_view aggregate_id_) noexcept
      : event_store_id{event_store_id_},
        aggregate_id{aggregate_id_},
        hash{std::hash<std::string_view>{}(aggregate_id_) + hash_of_few(event_store_id_)} {}

  std::string_view event_store_id;
  std::string_view aggregate_id;
  std::size_t hash;

 private:
  // Stores are few: telling most of them apart is worth less than hashing their whole names every time.
  static std::size_t hash_of_few(std::string_view text) noexcept {
    return text.empty() ? 0 : text.size() * 0x9E3779B97F4A7C15U + static_cast<unsigned char>(text.back());
  }
};

struct StreamKey {
  explicit StreamKey(const StreamKeyView& view)
      : event_store_id{view.event_store_id}, aggregate_id{view.aggregate_id}, hash{view.hash} {}

  std::string event_store_id;
  std::string aggregate_id;
  std::size_t hash;
};

struct StreamKeyHash {
  using is_transparent = void;
  template <class Key>
  std::size_t operator()(const Key& key) const noexcept {
    return key.hash;
  }
};

struct StreamKeyEqual {
  using is_transparent = void;
  template <class Left, class Right>
  bool operator()(const Left& left, const Right& right) const noexcept {
    return left.aggregate_id == right.aggregate_id && left.event_store_id == right.event_store_id;
  }
};

/// Some of the streams, and their lock.
template <class StreamPtr>
class alignas(64) Shard {
 public:
  /// The lock is mostly held for some ten nanoseconds, so that a look again costs less than sleep.
  void lock() const {
    for (int attempt = 0; attempt < 100; ++attempt) {
      if (mutex_.try_lock()) return;
      std::this_thread::yield();
    }
    mutex_.lock();
  }
  void unlock() const { mutex_.unlock(); }

  std::unordered_map<StreamKey, StreamPtr, StreamKeyHash, StreamKeyEqual> streams;

 private:
  mutable std::mutex mutex_;
};

template <class StreamPtr>
class Shards {
 public:
  using Shard = detail::Shard<StreamPtr>;
  static constexpr std::size_t count = 64;

  Shard& of(const StreamKeyView& key) { return shards_[index_of(key)]; }
  Shard& operator[](std::size_t index) { return shards_[index]; }
  std::size_t index_of(const Shard& shard) const noexcept { return static_cast<std::size_t>(&shard - shards_.data()); }

  EventStreamSnapshot snapshot(const StreamKeyView& key) const {
    const Shard& shard = shards_[index_of(key)];
    const std::scoped_lock lock{shard};
    const auto found = shard.streams.find(key);
    if (found == shard.streams.end()) return {};
    return {found->second, found->second->size()};
  }

 private:
  // The maps use the hash's low bits, the shards its high ones.
  static std::size_t index_of(const StreamKeyView& key) noexcept { return (key.hash >> 48U) % count; }

  std::array<Shard, count> shards_;
};

/// One event's change to its stream, under the shard's lock: done whole or not at all, and undone unless it is kept.
template <class StreamPtr>
class StreamChange {
  using Shards = detail::Shards<StreamPtr>;
  using Shard = detail::Shard<StreamPtr>;

 public:
  StreamChange(Shards& shards, const EventToKeep& event)
      : key_{event.event_store_id(), event.aggregate_id()}, shard_{&shards.of(key_)} {}

  Shard& shard() const noexcept { return *shard_; }

  /// @return What became of it; with anything but `pushed`, or an exception, nothing has changed.
  PushOutcome::Status apply(const EventToKeep& event, bool force) {
    const auto found = shard_->streams.find(key_);
    if (found == shard_->streams.end()) {
      if (!force && event.version() != 1) return PushOutcome::version_gap;
      StreamPtr stream = event.make_stream();
      event.append_to(*stream);
      stream_ = &shard_->streams.emplace(StreamKey{key_}, std::move(stream)).first->second;
      undo_ = Undo::erase;
      return PushOutcome::pushed;
    }
    StreamPtr& stream = found->second;
    const std::size_t size = stream->size();
    const bool is_next = event.version() - 1 == stream->last_version();
    const auto version_at = [&stream](std::size_t index) { return stream->version_at(index); };
    const std::size_t place = is_next ? size : version_lower_bound(size, version_at, event.version());
    const bool exists = place < size && version_at(place) == event.version();
    if (!force && exists) return PushOutcome::already_exists;
    if (!force && !is_next && event.version() != (place == 0 ? 0 : version_at(place - 1)) + 1) {
      return PushOutcome::version_gap;
    }
    if (exists && event.version() == 1) replaced_timestamp_ = stream->timestamp_at(place);
    stream_ = &stream;
    size_before_ = size;
    if (stream->event_type() == event.event_type()) {
      put(event, place, exists);
    } else {
      const EventRecord record = event.to_record();
      const RecordToKeep as_record{event.event_store_id(), record};
      if (stream->event_type() == as_record.event_type()) {
        put(as_record, place, exists);
      } else {
        replace(as_records(*stream, as_record), as_record, place, exists);
      }
    }
    return PushOutcome::pushed;
  }

  /// The timestamp of the initial event that was overwritten, if one was.
  std::optional<Timestamp> replaced_timestamp() const noexcept { return replaced_timestamp_; }

  void undo() noexcept {
    switch (std::exchange(undo_, Undo::none)) {
      case Undo::none:
        break;
      case Undo::erase:
        shard_->streams.erase(shard_->streams.find(key_));
        break;
      case Undo::truncate:
        (*stream_)->truncate(size_before_);
        break;
      case Undo::restore:
        *stream_ = std::move(before_);
        break;
    }
  }

 private:
  enum class Undo { none, erase, truncate, restore };

  void put(const EventToKeep& event, std::size_t place, bool exists) {
    if (place < size_before_) return replace(*stream_, event, place, exists);
    if ((*stream_)->is_full()) *stream_ = (*stream_)->grown((*stream_).is_unique());
    event.append_to(**stream_);
    undo_ = Undo::truncate;
  }

  /// Puts a changed copy of the stream in its place: readers keep what they have.
  void replace(const StreamPtr& source, const EventToKeep& event, std::size_t place, bool exists) {
    StreamPtr copy = source->empty_copy(size_before_ + 1);
    copy->append_copies(*source, 0, place);
    event.append_to(*copy);
    copy->append_copies(*source, place + (exists ? 1 : 0), size_before_);
    before_ = std::exchange(*stream_, std::move(copy));
    undo_ = Undo::restore;
  }

  StreamPtr as_records(const EventStream& stream, const RecordToKeep& model) const {
    StreamPtr records = model.make_stream();
    for (std::size_t index = 0; index < stream.size(); ++index) {
      stream.record_at(index, key_.event_store_id, key_.aggregate_id, [&](const EventRecordView& view) {
        const EventRecord record = view.to_record();
        if (records->is_full()) records = records->grown(true);
        RecordToKeep{key_.event_store_id, record}.append_to(*records);
      });
    }
    return records;
  }

  StreamKeyView key_;
  Shard* shard_;
  Undo undo_ = Undo::none;
  StreamPtr* stream_ = nullptr;
  StreamPtr before_;
  std::size_t size_before_ = 0;
  std::optional<Timestamp> replaced_timestamp_;
};

/// Locks the shards of all changes, always in the same order, so that two groups never wait for each other.
template <class StreamPtr>
class ShardLocks {
  using Shards = detail::Shards<StreamPtr>;

 public:
  ShardLocks(Shards& shards, std::span<const StreamChange<StreamPtr>> changes) : ShardLocks{shards} {
    std::uint64_t wanted = 0;
    for (const auto& change : changes) wanted |= std::uint64_t{1} << shards.index_of(change.shard());
    for (; wanted != 0; wanted &= wanted - 1) {
      shards_[first_of(wanted)].lock();
      locked_ |= wanted & -wanted;
    }
  }
  ~ShardLocks() {
    for (; locked_ != 0; locked_ &= locked_ - 1) shards_[first_of(locked_)].unlock();
  }
  ShardLocks(const ShardLocks&) = delete;
  ShardLocks& operator=(const ShardLocks&) = delete;

 private:
  static_assert(Shards::count == 64);

  explicit ShardLocks(Shards& shards) noexcept : shards_{shards} {}  // from here on the destructor unlocks
  static std::size_t first_of(std::uint64_t set) noexcept { return static_cast<std::size_t>(std::countr_zero(set)); }

  Shards& shards_;
  std::uint64_t locked_ = 0;  // a bit per shard
};

}  // namespace castore::detail

#endif
