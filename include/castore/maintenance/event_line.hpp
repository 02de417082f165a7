// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_EVENT_LINE_HPP
#define CASTORE_MAINTENANCE_EVENT_LINE_HPP

/// @file
/// An event as one line of JSON, both ways, without changing the text of its payload.

#include <castore/config.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/json/object_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace castore {

/// @brief An event of a line, and its event store.
struct EventLine {
  std::string event_store_id{};  ///< The store it belongs to.
  EventRecord event{};           ///< The event.

  friend bool operator==(const EventLine&, const EventLine&) = default;
};

/// @brief The longest line that is read, in bytes.
inline constexpr std::size_t max_event_line_size = std::size_t{64} * 1024 * 1024;

/// @brief An event in Castore's shape, as one line of JSON without its end. Its payload and metadata are the text that
/// is stored, but for line breaks between values. @pre They are JSON, and its timestamp is in the years 0000 to 9999.
inline std::string to_event_json(const EventRecordView& event) {
  std::string json;
  json.reserve(event.payload.size() + event.metadata.size() + event.aggregate_id.size() + 160);
  detail::append_event_json(json, event);
  return json;
}
/// @brief The same with its event store, in the shape of Castore's messages: `{"eventStoreId":"...","event":{...}}`.
inline std::string to_event_line(std::string_view event_store_id, const EventRecordView& event) {
  std::string line{R"({"eventStoreId":)"};
  detail::append_quoted_json(line, event_store_id);
  return line.append(R"(,"event":)").append(to_event_json(event)).append(1, '}');
}

/// @brief Reads what `to_event_line` wrote, or a message of Castore's; its members `aggregate`, which is made of
/// events, and `position`, which another storage chooses, are left out. Nothing else is: a member that is not known is
/// refused, and so is one that is there twice.
/// @throws InvalidEventError with the field that is wrong
inline EventLine parse_event_line(std::string_view line) {
  if (line.size() > max_event_line_size) throw InvalidEventError{"line", "it is too long"};
  const std::string text{line};
  constexpr std::size_t levels_of_line = 2;
  detail::JsonTextCheck<max_json_depth + levels_of_line> json{text};
  if (!json.is_value()) throw InvalidEventError{"line", "it is not JSON: " + json.fault()};
  using Object = detail::ObjectText<InvalidEventError>;
  const Object message{"line", text, {"eventStoreId", "event", "position", "aggregate"}};
  const Object event{
      "event", message.needed("event"), {"aggregateId", "version", "type", "timestamp", "payload", "metadata"}};
  return {message.string("eventStoreId"), detail::event_record_of(event)};
}

}  // namespace castore

#endif
