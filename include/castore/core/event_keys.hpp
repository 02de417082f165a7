// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_KEYS_HPP
#define CASTORE_CORE_EVENT_KEYS_HPP

#include <castore/core/errors.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <optional>
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
struct EventPlace {
  EventKey key;
  std::size_t index;

  auto operator<=>(const EventPlace&) const noexcept = default;
};

/// Finds the events of a group. `KeyAt` gives the key of the event at an index. Few keys are compared one by one, which
/// takes less time than to sort them.
template <class KeyAt>
class EventKeys {
 public:
  /// @throws InvalidEventError naming the first event that repeats an earlier one.
  EventKeys(std::size_t size, const KeyAt& key_at)
      : size_{size}, key_at_{key_at}, sorted_{size > few ? size : 0} {
    if (size > few) sort();
    for (std::size_t index = 1; index < size && size <= few; ++index) {
      if (find_among(index, key_at(index))) throw_twice(key_at(index));
    }
  }

  /// The index of the event of the version before, if the group holds it.
  std::optional<std::size_t> find_previous(EventKey key) const {
    if (key.version <= 1) return std::nullopt;
    --key.version;
    if (size_ <= few) return find_among(size_, key);
    const EventPlace* place = std::lower_bound(sorted_.begin(), sorted_.end(), EventPlace{key, 0});
    if (place == sorted_.end() || place->key != key) return std::nullopt;
    return place->index;
  }

 private:
  static constexpr std::size_t few = 8;

  std::optional<std::size_t> find_among(std::size_t count, const EventKey& key) const {
    for (std::size_t index = 0; index < count; ++index) {
      if (key_at_(index) == key) return index;
    }
    return std::nullopt;
  }

  void sort() {
    for (std::size_t index = 0; index < size_; ++index) sorted_.emplace_back(key_at_(index), index);
    std::sort(sorted_.begin(), sorted_.end());
    const EventPlace* first_repeated = nullptr;
    for (std::size_t place = 1; place < size_; ++place) {
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

  std::size_t size_;
  KeyAt key_at_;
  SmallVector<EventPlace, 1> sorted_;
};

}  // namespace castore::detail

#endif
