// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_SHARDS_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_SHARDS_HPP

#include <castore/adapters/in_memory/stream_key.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

namespace castore::detail {

/// The events of an aggregate, and what the log needs to find those that it has not seen.
template <class StreamPtr>
struct StreamEntry {
  using Node = std::pair<const StreamKey, StreamEntry>;

  StreamPtr stream{};
  Node* next_touched = nullptr;
  Position in_log = 0;            ///< The log has the events up to here.
  bool is_touched = false;        ///< It is among those that the shard remembers.
  bool is_inserted_into = false;  ///< The log does not have an event before the last that it has.
};

/// Some of the streams, and their lock.
template <class StreamPtr>
class alignas(64) Shard {
 public:
  /// @throws StorageError when a hook of a push calls its own adapter, which would wait for itself
  void lock() const {
    if (is_locked_.exchange(true, std::memory_order_acquire)) lock_when_free();
  }
  void unlock() const noexcept { is_locked_.store(false, std::memory_order_release); }

  using Entry = StreamEntry<StreamPtr>;
  using Node = typename Entry::Node;

  std::unordered_map<StreamKey, Entry, StreamKeyHash, StreamKeyEqual> streams;
  Node* touched = nullptr;  ///< The streams with events that the log has not seen, a list.

  /// While it lives, this thread calls a hook and has locks of these shards.
  class InHook {
   public:
    explicit InHook(std::span<const Shard> shards) noexcept { shards_of_hook = shards; }
    InHook(InHook&&) = delete;
    ~InHook() { shards_of_hook = {}; }
  };

 private:
  /// The lock is mostly held for some ten nanoseconds, so that a look again costs less than sleep; who waits longer
  /// waits for a hook.
  void lock_when_free() const {
    for (int attempt = 1; is_locked_.load(std::memory_order_relaxed) ||
                          is_locked_.exchange(true, std::memory_order_acquire);
         ++attempt) {
      if (attempt <= 100) {
        std::this_thread::yield();
        continue;
      }
      if (is_locked_by_hook()) {
        throw StorageError{
            "the hook of a push into the storage in memory called its adapter, which waits for the hook; do "
            "in it what the transaction does, and load what it needs before the push"};
      }
      std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
  }
  bool is_locked_by_hook() const noexcept {
    return !shards_of_hook.empty() && this >= &shards_of_hook.front() && this <= &shards_of_hook.back();
  }
  static inline thread_local std::span<const Shard> shards_of_hook{};

  // Not a mutex, which is let go by a second atomic change, a good part of a push.
  mutable std::atomic<bool> is_locked_{false};
};

template <class StreamPtr>
class Shards {
 public:
  using Shard = detail::Shard<StreamPtr>;
  static constexpr std::size_t count = 64;

  Shard& of(const StreamKeyView& key) { return shards_[index_of(key)]; }
  Shard& operator[](std::size_t index) { return shards_[index]; }
  std::span<const Shard> all() const noexcept { return shards_; }
  std::size_t number_of(const Shard& shard) const noexcept { return static_cast<std::size_t>(&shard - shards_.data()); }

  EventStreamSnapshot snapshot(const StreamKeyView& key) const {
    const Shard& shard = shards_[index_of(key)];
    const std::scoped_lock lock{shard};
    const auto found = shard.streams.find(key);
    if (found == shard.streams.end()) return {};
    return snapshot_of(found->second);
  }
  /// Those of several streams, each shard locked once. @param nodes A null pointer gives none. @param snapshots As many.
  void snapshots(std::span<const typename Shard::Node* const> nodes, std::span<EventStreamSnapshot> snapshots) const {
    constexpr auto none = (std::numeric_limits<std::uint16_t>::max)();
    std::array<std::uint16_t, count> first;
    first.fill(none);
    std::array<std::uint16_t, most_snapshots> next;
    std::uint64_t wanted = 0;
    for (std::size_t index = nodes.size(); index-- > 0;) {
      if (nodes[index] == nullptr) continue;
      const std::size_t number = index_of(nodes[index]->first);
      next[index] = std::exchange(first[number], static_cast<std::uint16_t>(index));
      wanted |= std::uint64_t{1} << number;
    }
    for (; wanted != 0; wanted &= wanted - 1) {
      const auto number = static_cast<std::size_t>(std::countr_zero(wanted));
      const std::scoped_lock lock{shards_[number]};
      for (std::uint16_t index = first[number]; index != none; index = next[index]) {
        snapshots[index] = snapshot_of(nodes[index]->second);
      }
    }
  }
  static constexpr std::size_t most_snapshots = 256;  ///< At once.

 private:
  static EventStreamSnapshot snapshot_of(const typename Shard::Entry& entry) {
    return {entry.stream, entry.stream->size()};
  }
  // The maps use the hash's low bits, the shards its high ones.
  template <class Key>
  static std::size_t index_of(const Key& key) noexcept {
    return static_cast<unsigned>(key.hash >> 48U) % count;
  }

  std::array<Shard, count> shards_;
};

/// One event's change to its stream, under the shard's lock: done whole or not at all, and undone unless it is kept.
template <class StreamPtr>
class StreamChange {
  using Shards = detail::Shards<StreamPtr>;
  using Shard = detail::Shard<StreamPtr>;

 public:
  StreamChange(Shards& shards, const EventToPush& event)
      : key_{event.event_store_id, event.aggregate_id}, shard_{&shards.of(key_)} {}

  Shard& shard() const noexcept { return *shard_; }

  /// Finds the stream as it is now.
  void look_up() {
    const auto found = shard_->streams.find(key_);
    node_ = found == shard_->streams.end() ? nullptr : &*found;
  }

  /// Appends the event when that is all there is to do, the usual case; the event waits for its position.
  bool append_next(const EventToPush& event) {
    if (!node_) return false;
    EventStream& last = *stream();
    if (event.version - 1 != last.last_version()) return false;
    if (last.is_full() || last.type() != &event.stream_type()) return false;
    size_before_ = last.size();
    event.append_to(last);
    undo_ = Undo::truncate;
    return true;
  }
  /// Gives the last event its position, and remembers that its stream has one more.
  void place_last(Position position) noexcept {
    stream()->set_last_position(position);
    touch();
  }

  /// Whether the event needs a position of its own: one that was overwritten keeps its.
  bool is_new() const noexcept { return replaced_position_ == 0; }
  /// Gives the event its position.
  /// @return That position.
  Position place(const EventToPush& event, Position position) noexcept {
    EventStream& events = *stream();
    if (!is_new()) position = replaced_position_;
    if (event.version == events.last_version()) {
      events.set_last_position(position);
    } else {
      const auto version_at = [&events](std::size_t index) { return events.version_at(index); };
      events.set_position(version_lower_bound(events.size(), version_at, event.version), position);
      is_inserted_ = true;
    }
    return position;
  }
  /// Lets the log know of the event. To be called when nothing can fail any more.
  void tell_log() noexcept {
    if (!is_new()) return;
    if (is_inserted_) node_->second.is_inserted_into = true;
    touch();
  }

  /// @return What became of it; with anything but `pushed`, or an exception, nothing has changed.
  PushStatus apply(const EventToPush& event, bool force) {
    if (!node_) {
      if (!force && event.version != 1) return PushOutcome::version_gap;
      StreamPtr begun = event.stream_type().make(1);
      event.append_to(*begun);
      node_ = &*shard_->streams.emplace(StreamKey{key_}, typename Shard::Entry{std::move(begun)}).first;
      undo_ = Undo::erase;
      return PushOutcome::pushed;
    }
    const EventStream& events = *stream();
    size_before_ = events.size();
    if (event.version - 1 == events.last_version()) {
      put(event, size_before_, false);
      return PushOutcome::pushed;
    }
    const auto version_at = [&events](std::size_t index) { return events.version_at(index); };
    const std::size_t place = version_lower_bound(size_before_, version_at, event.version);
    const bool exists = place < size_before_ && version_at(place) == event.version;
    if (!force && exists) return PushOutcome::already_exists;
    if (!force && event.version != (place == 0 ? 0 : version_at(place - 1)) + 1) return PushOutcome::version_gap;
    if (exists) replaced_position_ = events.position_at(place);
    if (exists && event.version == 1) replaced_timestamp_ = events.timestamp_at(place);
    put(event, place, exists);
    return PushOutcome::pushed;
  }

  /// An initial event, or one that began its aggregate by force: the index must know of it.
  bool is_indexed(const EventToPush& event) const noexcept { return event.version == 1 || undo_ == Undo::erase; }
  /// The timestamp of the initial event that was overwritten, if one was.
  std::optional<Timestamp> replaced_timestamp() const noexcept { return replaced_timestamp_; }

  void undo() noexcept {
    switch (std::exchange(undo_, Undo::none)) {
      case Undo::none:
        break;
      case Undo::erase:
        if (const auto found = shard_->streams.find(key_); found != shard_->streams.end()) shard_->streams.erase(found);
        break;
      case Undo::truncate:
        stream()->truncate(size_before_);
        break;
      case Undo::restore:
        stream() = std::move(before_);
        break;
    }
  }

 private:
  enum class Undo { none, erase, truncate, restore };

  StreamPtr& stream() const noexcept { return node_->second.stream; }
  void touch() noexcept {
    typename Shard::Entry& entry = node_->second;
    if (entry.is_touched) return;
    entry.is_touched = true;
    entry.next_touched = std::exchange(shard_->touched, node_);
  }

  void put(const EventToPush& event, std::size_t place, bool exists) {
    if (stream()->type() != &event.stream_type()) return put_as_record(event, place, exists);
    if (place < size_before_) return replace(stream(), event, place, exists);
    if (stream()->is_full()) grow();
    event.append_to(*stream());
    undo_ = Undo::truncate;
  }

  /// A store with other event types pushed to the stream: from now on it holds records.
  void put_as_record(const EventToPush& event, std::size_t place, bool exists) {
    const EventRecord record = event.to_record();
    const RecordToPush as_record{event.event_store_id, record};
    if (stream()->type() == &as_record.stream_type()) {
      put(as_record, place, exists);
    } else {
      replace(as_records(*stream()), as_record, place, exists);
    }
  }

  void grow() {
    EventStream& full = *stream();
    StreamPtr larger = full.type()->make((std::max)(std::size_t{4}, 2 * full.size()));
    larger->append_from(full, 0, full.size(), stream().is_unique());
    stream() = std::move(larger);
  }

  /// Puts a changed copy of the stream in its place: readers keep what they have.
  void replace(const StreamPtr source, const EventToPush& event, std::size_t place, bool exists) {
    const bool may_move = source.is_unique();
    StreamPtr copy = source->type()->make(size_before_ + 1);
    copy->append_from(*source, 0, place, may_move);
    event.append_to(*copy);
    copy->append_from(*source, place + (exists ? 1 : 0), size_before_, may_move);
    before_ = std::exchange(stream(), std::move(copy));
    undo_ = Undo::restore;
  }

  StreamPtr as_records(const EventStream& stream) const {
    StreamPtr records = EventStreamOf<KeptRecord>::make(stream.size());
    for (std::size_t index = 0; index < stream.size(); ++index) {
      stream.record_at(index, key_.event_store_id, key_.aggregate_id,
                       [&](const EventRecordView& view) { append_record(*records, view.to_record()); });
      records->set_last_position(stream.position_at(index));
    }
    return records;
  }

  StreamKeyView key_;
  Shard* shard_;
  Undo undo_ = Undo::none;
  typename Shard::Node* node_ = nullptr;
  StreamPtr before_;
  std::size_t size_before_ = 0;
  std::optional<Timestamp> replaced_timestamp_;
  Position replaced_position_ = 0;
  bool is_inserted_ = false;
};

/// Locks the shards of all changes, always in the same order, so that two groups never wait for each other.
template <class StreamPtr>
class ShardLocks {
  using Shards = detail::Shards<StreamPtr>;

 public:
  ShardLocks(Shards& shards, std::span<const StreamChange<StreamPtr>> changes) : ShardLocks{shards} {
    std::uint64_t wanted = 0;
    for (const auto& change : changes) wanted |= std::uint64_t{1} << shards.number_of(change.shard());
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
