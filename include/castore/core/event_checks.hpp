// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_CHECKS_HPP
#define CASTORE_CORE_EVENT_CHECKS_HPP

/// @file
/// What can be said of an event without asking a storage.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/detail/event_keys.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace castore {

/// @brief The longest event store id and aggregate id, in bytes. A storage may allow less and then says so in an error.
inline constexpr std::size_t max_id_size = 65'536;

namespace detail {

/// @throws InvalidEventError
[[noreturn]] inline void throw_bad_id(std::string_view field, std::string_view id) {
  throw InvalidEventError{
      field, in_quotes(id) + (id.size() > max_id_size
                                  ? " is too long; an id has at most " + std::to_string(max_id_size) + " bytes"
                                  : " is not UTF-8 text without NUL; escape other bytes in ids")};
}
inline void check_id(std::string_view field, std::string_view id) {
  if (id.size() > max_id_size || !is_utf8_without_nul(id)) throw_bad_id(field, id);
}

[[noreturn]] inline void throw_bad_timestamp() {
  throw InvalidEventError{"timestamp", "it lies outside the years 0000 to 9999"};
}
/// @throws InvalidEventError
inline void check_timestamp(Timestamp timestamp) {
  if (timestamp < earliest_timestamp || timestamp > latest_timestamp) throw_bad_timestamp();
}

[[noreturn]] inline void throw_bad_version(Version version) {
  throw InvalidEventError{"version", std::to_string(version) + " is not a version; they start at 1"};
}
/// Errors are thrown by functions of their own, so that this one stays short. @throws InvalidEventError
inline void check_event(std::string_view aggregate_id, Version version, Timestamp timestamp) {
  check_id("aggregate_id", aggregate_id);
  if (version < 1) throw_bad_version(version);
  check_timestamp(timestamp);
}

/// @throws InvalidEventError
inline void check_json_text(std::string_view field, const std::string& text) {
  if (text.empty()) return;  // absent
  JsonTextCheck<max_json_depth> check{text};
  if (!check.is_value()) throw InvalidEventError{field, "it is not one JSON value: " + check.fault()};
}

/// @throws InvalidEventError
inline void check_expected_last(Version expected_last, std::size_t events) {
  if (expected_last < 0 || static_cast<std::uint64_t>((std::numeric_limits<Version>::max)() - expected_last) < events) {
    throw InvalidEventError{"expected_last", std::to_string(expected_last) +
                                                 " is not the version of a last event; it is 0 for a new aggregate"};
  }
}

}  // namespace detail

/// @brief Checks records at a storage's border: ids, versions, timestamps; payload and metadata, each of which is absent
/// or one JSON value and nothing else; and in a group one timestamp and no event twice. An adapter that is called with
/// records calls this first.
/// @throws InvalidEventError naming the field.
inline void check_records(std::span<const PushRecord> records) {
  for (const PushRecord& push : records) {
    detail::check_id("event_store_id", push.event_store_id);
    detail::check_event(push.record.aggregate_id, push.record.version, push.record.timestamp);
    detail::check_json_text("payload", push.record.payload);
    detail::check_json_text("metadata", push.record.metadata);
    if (push.record.timestamp != records.front().record.timestamp) {
      throw InvalidEventError{"timestamp", "the events of a group have different ones; a group has one timestamp"};
    }
  }
  const auto key_at = [records](std::size_t index) {
    const auto& [event_store_id, record] = records[index];
    return detail::EventKey{record.version, record.aggregate_id, event_store_id};
  };
  if (records.size() < 2) return;
  const detail::EventKeys keys{records.size(), key_at};
  for (std::size_t index = 1; index < records.size(); ++index) keys.find_previous(index);
}

}  // namespace castore

#endif
