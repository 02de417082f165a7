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

/// Finds the events of a group.
class EventKeys {
 public:
  /// @param key_at Gives the key of the event at an index. @throws InvalidEventError naming the first event that
  /// repeats an earlier one.
  template <class KeyAt>
  EventKeys(std::size_t size, const KeyAt& key_at) : places_{size} {
    for (std::size_t index = 0; index < size; ++index) places_.emplace_back(key_at(index), index);
    if (is_sorted()) {
      std::sort(places_.begin(), places_.end());
      const Place* first_repeated = nullptr;
      for (std::size_t place = 1; place < size; ++place) {
        if (places_[place - 1].key != places_[place].key) continue;
        if (!first_repeated || places_[place].index < first_repeated->index) first_repeated = &places_[place];
      }
      if (first_repeated) throw_twice(first_repeated->key);
    } else {
      for (const Place& place : places_) {
        if (find(place.key, &place) != &place) throw_twice(place.key);
      }
    }
  }

  /// The index of the event of the version before, if the group holds it.
  std::optional<std::size_t> find_previous(EventKey key) const {
    if (key.version <= 1) return std::nullopt;
    --key.version;
    const Place* place = find(key, places_.end());
    if (place == places_.end()) return std::nullopt;
    return place->index;
  }

 private:
  struct Place {
    EventKey key;
    std::size_t index;

    auto operator<=>(const Place&) const noexcept = default;
  };

  /// Few keys are compared one by one, which takes less time than to sort them.
  bool is_sorted() const noexcept { return places_.size() > 8; }

  /// The first place of a key, `end` when it has none before that.
  const Place* find(const EventKey& key, const Place* end) const noexcept {
    const Place* place = places_.begin();
    if (is_sorted()) {
      place = std::lower_bound(place, end, Place{key, 0});
      return place != end && place->key == key ? place : end;
    }
    while (place != end && place->key != key) ++place;
    return place;
  }

  [[noreturn]] static void throw_twice(const EventKey& key) {
    throw InvalidEventError{"version", "a group holds " +
                                           event_name(key.event_store_id, key.aggregate_id, key.version) +
                                           " twice; give each event its own version"};
  }

  SmallVector<Place> places_;
};

}  // namespace castore::detail

#endif
