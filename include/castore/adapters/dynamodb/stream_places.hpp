// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_STREAM_PLACES_HPP
#define CASTORE_ADAPTERS_DYNAMODB_STREAM_PLACES_HPP

/// @file
/// How far each shard of a stream was read, as numbers: a storage keeps checkpoints, which are numbers.

#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

/// How far a shard was read.
struct StreamPlace {
  std::int64_t shard = 0;         ///< The hash of its id; 0: this place is free.
  bool is_finished = false;       ///< It is closed, and read to its end.
  std::string sequence_number{};  ///< Of the last record that was read; empty: none.

  friend bool operator==(const StreamPlace&, const StreamPlace&) = default;
};

/// FNV-1a, 64 bits, never 0: the same on every machine.
inline std::int64_t hash_of_shard(std::string_view shard_id) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char byte : shard_id) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
  hash &= 0x7FFFFFFFFFFFFFFFU;
  return hash == 0 ? 1 : static_cast<std::int64_t>(hash);
}

/// All places of a stream, kept as checkpoints of one name, whose versions count the numbers from 1: the time of the
/// last look, and for each shard its hash, its state, and its sequence number. Places of shards that are gone are used
/// again.
class StreamPlaces {
  static constexpr std::size_t digits_each = 18;
  static constexpr std::size_t parts = 4;  // 72 digits; DynamoDB has up to 40
  static constexpr std::size_t numbers_each = 2 + parts;

 public:
  Timestamp looked_at{};              ///< When all shards were looked at; the epoch: never.
  std::vector<StreamPlace> places{};  ///< Of each shard, and free ones.

  StreamPlace* find(std::string_view shard_id) {
    const std::int64_t hash = hash_of_shard(shard_id);
    const auto found = std::ranges::find(places, hash, &StreamPlace::shard);
    return found == places.end() ? nullptr : &*found;
  }
  StreamPlace& add(std::string_view shard_id) {
    if (StreamPlace* const known = find(shard_id)) return *known;
    const auto free = std::ranges::find(places, 0, &StreamPlace::shard);
    StreamPlace& place = free == places.end() ? places.emplace_back() : *free;
    place = {.shard = hash_of_shard(shard_id)};
    return place;
  }

  /// Reads them. @throws What the storage throws.
  template <class Transaction>
  void load(Transaction& transaction, const std::string& name) {
    kept_.clear();
    places.clear();
    const auto read = [&] {
      kept_.push_back(transaction.checkpoint(name, static_cast<int>(kept_.size() + 1)));
      return kept_.back();
    };
    looked_at = Timestamp{std::chrono::milliseconds{read()}};
    for (std::array<std::int64_t, numbers_each> numbers{};;) {
      // A place has a state, also a free one.
      for (std::int64_t& number : numbers) number = read();
      if (numbers[1] == 0) {
        kept_.resize(kept_.size() - numbers.size());
        return;
      }
      places.push_back(place_of(numbers));
    }
  }

  /// Writes what changed. @return False when another one did.
  template <class Transaction>
  bool save(Transaction& transaction, const std::string& name, std::vector<std::int64_t>& written) const {
    written = numbers();
    for (std::size_t index = 0; index < written.size(); ++index) {
      const std::int64_t before = index < kept_.size() ? kept_[index] : 0;
      if (before == written[index]) continue;
      if (!transaction.move_checkpoint(name, static_cast<int>(index + 1), before, written[index])) return false;
    }
    return true;
  }
  /// What `save` wrote is committed.
  void saved(std::vector<std::int64_t> written) { kept_ = std::move(written); }

 private:
  static StreamPlace place_of(const std::array<std::int64_t, numbers_each>& numbers) {
    StreamPlace place{.shard = numbers[0], .is_finished = numbers[1] % 2 != 0};
    for (std::size_t part = 0; part < parts; ++part) {
      const std::string digits = std::to_string(numbers[2 + part]);
      place.sequence_number += std::string(digits_each - (std::min)(digits_each, digits.size()), '0') + digits;
    }
    const auto length = static_cast<std::size_t>(numbers[1] / 2 - 1);
    place.sequence_number.erase(0, place.sequence_number.size() - (std::min)(length, place.sequence_number.size()));
    return place;
  }

  std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> result{looked_at.time_since_epoch().count()};
    for (const StreamPlace& place : places) {
      result.push_back(place.shard);
      result.push_back(2 * (static_cast<std::int64_t>(place.sequence_number.size()) + 1) + (place.is_finished ? 1 : 0));
      std::string digits = place.sequence_number;
      const bool is_number = digits.size() <= parts * digits_each &&
                             std::ranges::all_of(digits, [](char digit) { return digit >= '0' && digit <= '9'; });
      if (!is_number) throw StorageError{"the sequence number " + in_quotes(digits) + " is not one of DynamoDB's"};
      digits.insert(0, parts * digits_each - digits.size(), '0');
      for (std::size_t part = 0; part < parts; ++part) {
        std::int64_t number = 0;
        const char* const begin = digits.data() + part * digits_each;
        std::from_chars(begin, begin + digits_each, number);
        result.push_back(number);
      }
    }
    return result;
  }

  std::vector<std::int64_t> kept_;
};

}  // namespace castore::detail

#endif
