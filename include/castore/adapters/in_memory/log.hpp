// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_LOG_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_LOG_HPP

#include <castore/adapters/in_memory/shards.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// The events of all shards in the order of their positions. A push only draws positions and remembers which streams it
/// touched; whoever reads fetches what is new.
template <class StreamPtr>
class InMemoryLog {
  using Shards = detail::Shards<StreamPtr>;
  using Shard = typename Shards::Shard;
  using Node = typename Shard::Node;

 public:
  /// Draws positions. To be called with the locks of all shards that the events belong to, when nothing can fail any
  /// more; the events must have them before the locks are let go.
  /// @return The first one.
  Position draw(std::size_t count) noexcept { return last_.fetch_add(static_cast<Position>(count)) + 1; }
  /// The last position that was drawn.
  Position last() const noexcept { return last_.load(); }

  /// @param sink Is called with `SequencedTypedEvent`s, and without a lock.
  template <class Sink>
  ReadAllEventsResult read(Shards& shards, Position after, const ReadAllEventsOptions& options, const Sink& sink) {
    const Position settled = collect(shards);
    ReadAllEventsResult result{after, settled, after >= settled};
    if (result.is_caught_up || options.limit == 0) return result;
    std::size_t handed_out = 0;
    Position position = (std::max)(after, Position{0});
    std::array<Place, Shards::most_snapshots> places;
    std::array<const Node*, Shards::most_snapshots> nodes;
    std::array<EventStreamSnapshot, Shards::most_snapshots> snapshots;
    while (position < settled) {
      // Of events that all match hardly more than are wanted.
      const std::size_t most = (std::min)(places.size(), (std::max)(std::size_t{64}, options.limit - handed_out));
      const std::size_t count = copy_places(position, settled, std::span{places}.first(most));
      for (std::size_t index = 0; index < count; ++index) {
        const Node* const node = places[index].node;
        nodes[index] =
            node != nullptr && is_among(options.event_store_ids, node->first.event_store_id) ? node : nullptr;
      }
      shards.snapshots(std::span{nodes}.first(count), snapshots);
      // Events that lie next to each other in the order lie far apart in memory: fetched some events before their turn.
      constexpr std::size_t ahead = 12;
      const auto prefetch = [&](std::size_t index) {
        if (index >= count || nodes[index] == nullptr) return;
        const auto guess = static_cast<std::size_t>(places[index].version - 1);
        if (guess < snapshots[index].size) snapshots[index].stream->prefetch(guess);
      };
      for (std::size_t index = 0; index < ahead; ++index) prefetch(index);
      for (std::size_t index = 0; index < count; ++index) {
        prefetch(index + ahead);
        ++position;
        if (nodes[index] == nullptr) continue;
        EventStreamSnapshot& events = snapshots[index];
        const std::size_t at = index_of(events, places[index].version);
        if (!options.types.empty() && !is_among(options.types, events.stream->type_at(at))) continue;
        const StreamKey& key = nodes[index]->first;
        sink(SequencedTypedEvent{position, key.event_store_id, key.aggregate_id, std::move(events.stream), at});
        if (++handed_out == options.limit) return {position, settled, position == settled};
      }
    }
    return {settled, settled, true};
  }

 private:
  /// Where the event of a position is; nowhere when its push was undone.
  struct Place {
    const Node* node = nullptr;
    Version version = 0;
  };

  static bool is_among(std::span<const std::string_view> wanted, std::string_view text) noexcept {
    const auto is_it = [text](std::string_view each) { return is_same_text(each, text); };
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), is_it);
  }
  static std::size_t index_of(const EventStreamSnapshot& events, Version version) noexcept {
    const auto version_at = [&events](std::size_t index) { return events.stream->version_at(index); };
    // Without a gap in the versions, the usual case, the index is known.
    const auto guess = static_cast<std::size_t>(version - 1);
    if (guess < events.size && version_at(guess) == version) return guess;
    return version_lower_bound(events.size, version_at, version);
  }
  std::size_t copy_places(Position after, Position settled, std::span<Place> places) const {
    const std::lock_guard lock{mutex_};
    const auto count = (std::min)(places.size(), static_cast<std::size_t>(settled - after));
    std::ranges::copy(std::span{places_}.subspan(static_cast<std::size_t>(after), count), places.begin());
    return count;
  }

  /// Fetches what is new.
  /// @return All events up to here are in the log: each position up to `last` was drawn under the lock of its shard,
  /// which is taken after the look at `last`.
  Position collect(Shards& shards) {
    const std::lock_guard lock{mutex_};
    const Position last = last_.load();
    if (last == settled_) return last;
    for (std::size_t index = 0; index < Shards::count; ++index) {
      Shard& shard = shards[index];
      const std::scoped_lock shard_lock{shard};
      if (shard.touched == nullptr) continue;
      places_.resize(static_cast<std::size_t>(last_.load()));  // from here on nothing fails
      Node* node = std::exchange(shard.touched, nullptr);
      while (node != nullptr) node = add(*node);
    }
    return settled_ = last;
  }

  /// @return The next one that was touched.
  Node* add(Node& node) noexcept {
    auto& entry = node.second;
    const EventStream& events = *entry.stream;
    Position newest = entry.in_log;
    for (std::size_t index = events.size(); index-- > 0;) {
      const Position position = events.position_at(index);
      if (position > entry.in_log) {
        places_[static_cast<std::size_t>(position - 1)] = {&node, events.version_at(index)};
        newest = (std::max)(newest, position);
      } else if (!entry.is_inserted_into) {
        break;
      }
    }
    entry.in_log = newest;
    entry.is_inserted_into = false;
    entry.is_touched = false;
    return std::exchange(entry.next_touched, nullptr);
  }

  alignas(64) std::atomic<Position> last_{0};
  alignas(64) mutable std::mutex mutex_;
  std::vector<Place> places_;
  Position settled_ = 0;
};

}  // namespace castore::detail

#endif
