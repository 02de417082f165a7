// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_FLAT_EVENT_HPP
#define CASTORE_JSON_FLAT_EVENT_HPP

/// @file
/// An event and its store as one flat JSON object, as HTTP carries it: `{"store":"POKEMONS","aggregateId":"pikachu",
/// "version":1,"type":"APPEARED","timestamp":"...","payload":{...}}`. Payload and metadata stay the text that they are.

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
#include <utility>
#include <vector>

namespace castore::detail {

/// Levels of an event around its payload: perhaps an object, an array, its own.
inline constexpr std::size_t levels_around_payload = 3;

/// @throws InvalidEventError unless the text is one JSON value
inline void require_json(std::string_view name, const std::string& text) {
  JsonTextCheck<max_json_depth + levels_around_payload> json{text};
  if (!json.is_value()) throw InvalidEventError{name, "it is not JSON: " + json.fault()};
}

struct FlatEvent {
  std::string event_store_id{};
  EventRecord event{};
  bool has_timestamp = false;
  Position position = 0;
};

/// @param position Left out when it is 0.
inline std::string to_flat_event_json(std::string_view event_store_id, const EventRecordView& event,
                                      Position position = 0) {
  std::string json{R"({"store":)"};
  json.reserve(event.payload.size() + event.metadata.size() + event.aggregate_id.size() + 200);
  append_quoted_json(json, event_store_id);
  json.append(R"(,"aggregateId":)");
  append_quoted_json(json, event.aggregate_id);
  json.append(R"(,"version":)").append(std::to_string(event.version)).append(R"(,"type":)");
  append_quoted_json(json, event.type);
  json.append(R"(,"timestamp":")").append(format_timestamp(event.timestamp)).append(1, '"');
  if (position > 0) json.append(R"(,"position":)").append(std::to_string(position));
  append_json_member(json, "payload", event.payload);
  append_json_member(json, "metadata", event.metadata);
  return json += '}';
}

/// @param text An object that `require_json` has found right. @throws InvalidEventError
inline FlatEvent parse_flat_event(std::string_view text) {
  const ObjectText<InvalidEventError> json{
      "event", text, {"store", "aggregateId", "version", "type", "timestamp", "position", "payload", "metadata"}};
  FlatEvent flat;
  flat.event_store_id = json.string("store");
  flat.has_timestamp = !json.text_of("timestamp").empty();
  flat.event = event_record_of(json, 1, flat.has_timestamp);
  flat.position = parse_integer<Position>(json.text_of("position")).value_or(0);
  return flat;
}

}  // namespace castore::detail

#endif
