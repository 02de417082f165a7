// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_DIFFERENT_FIELD_HPP
#define CASTORE_MAINTENANCE_DIFFERENT_FIELD_HPP

#include <castore/config.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/json_text.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace castore::detail {

/// True for texts that mean the same: databases put the members of an object in an order of their own, and write
/// numbers in their own way.
inline bool is_same_json(const std::string& left, const std::string& right) {
  if (left == right) return true;
  if (!JsonTextCheck<max_json_depth>{left}.is_value() || !JsonTextCheck<max_json_depth>{right}.is_value()) return false;
  constexpr bool no_exceptions = false;  // but a discarded value, for numbers that no double can hold
  const nlohmann::json value = nlohmann::json::parse(left, nullptr, no_exceptions);
  return !value.is_discarded() && value == nlohmann::json::parse(right, nullptr, no_exceptions);
}

/// The first field in which events of one place differ; empty when they are the same.
inline std::string_view different_field(const EventRecord& event, const EventRecordView& there) {
  if (there.type != event.type) return "type";
  if (there.timestamp != event.timestamp) return "timestamp";
  if (!is_same_json(std::string{there.payload}, event.payload)) return "payload";
  if (!is_same_json(std::string{there.metadata}, event.metadata)) return "metadata";
  return {};
}

}  // namespace castore::detail

#endif
