// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_EVENT_KEYS_HPP
#define CASTORE_CORE_DETAIL_EVENT_KEYS_HPP

#include <castore/core/errors.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace castore::detail {

/// What there is at most one event of.
struct EventKey {
  Version version;  // what is compared fastest comes first
  std::string_view aggregate_id;
  std::string_view event_store_id;

  auto operator<=>(const EventKey&) const noexcept = default;
};

/// Where a group has which event.
struct KeyPlace {
  EventKey key;
  std::size_t index;

  auto operator<=>(const KeyPlace&) const noexcept = default;
};

/// Finds the events of a group. `KeyAt` gives the key of the event at an index. Few keys are compared one by one, which
/// takes less time than to sort them.
template <class KeyAt>
class EventKeys {
 public:
  /// @throws InvalidEventError for many keys, when one is there twice; for few `find_previous` says so.
  EventKeys(std::size_t size, const KeyAt& key_at) : key_at_{key_at}, sorted_{size > few ? size : 0} {
    if (size > few) sort(size);
  }

  /// The index of the event of the version before, if it comes earlier in the group; else `index`.
  /// @throws InvalidEventError when the event repeats an earlier one.
  std::size_t find_previous(std::size_t index) const {
    const EventKey key = key_at_(index);
    if (sorted_.size() > 0) return find_sorted(index, key);
    std::size_t previous = index;
    for (std::size_t earlier = 0; earlier < index; ++earlier) {
      const EventKey other = key_at_(earlier);
      const auto ahead = static_cast<std::uint64_t>(key.version) - static_cast<std::uint64_t>(other.version);
      if (ahead > 1) continue;
      if (other.event_store_id != key.event_store_id || other.aggregate_id != key.aggregate_id) continue;
      if (ahead == 0) throw_twice(key);
      previous = earlier;
    }
    return previous;
  }

 private:
  static constexpr std::size_t few = 8;

  std::size_t find_sorted(std::size_t index, EventKey key) const {
    if (key.version <= 1) return index;
    --key.version;
    const KeyPlace* place = std::lower_bound(sorted_.begin(), sorted_.end(), KeyPlace{key, 0});
    const bool is_earlier = place != sorted_.end() && place->key == key && place->index < index;
    return is_earlier ? place->index : index;
  }

  void sort(std::size_t size) {
    for (std::size_t index = 0; index < size; ++index) sorted_.emplace_back(key_at_(index), index);
    std::sort(sorted_.begin(), sorted_.end());
    const KeyPlace* first_repeated = nullptr;
    for (std::size_t place = 1; place < size; ++place) {
      if (sorted_[place - 1].key != sorted_[place].key) continue;
      if (!first_repeated || sorted_[place].index < first_repeated->index) first_repeated = &sorted_[place];
    }
    if (first_repeated) throw_twice(first_repeated->key);
  }

  [[noreturn]] static void throw_twice(const EventKey& key) {
    throw InvalidEventError{"version", "a group holds " +
                                           event_name(key.event_store_id, key.aggregate_id, key.version) +
                                           " twice; give each event its own version"};
  }

  KeyAt key_at_;
  SmallVector<KeyPlace, 1> sorted_;
};

}  // namespace castore::detail

#endif
