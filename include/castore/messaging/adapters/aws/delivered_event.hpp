// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_AWS_DELIVERED_EVENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_AWS_DELIVERED_EVENT_HPP

/// @file
/// A message as EventBridge hands it to the targets of its rules, be it a function or a queue.
/// Source: Amazon EventBridge User Guide, "Events"; \@castore/message-bus-adapter-event-bridge 2.4.2.

#include <castore/core/codec.hpp>
#include <castore/detail/json_reader.hpp>
#include <castore/json/object_text.hpp>
#include <castore/messaging/adapters/aws/message_url.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/message_json.hpp>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

inline constexpr std::string_view replayed_detail_type = "__REPLAYED__";
/// Among the resources of a replay whose detail type does not say that it is one.
inline constexpr std::string_view replayed_resource = "__REPLAYED__";

struct DeliveredEvent {
  std::string id{};      ///< EventBridge's own.
  std::string detail{};  ///< JSON.
  bool replay = false;
};

/// @return Nothing when the text is something else. @throws InvalidMessageError, what the reader throws
inline std::optional<DeliveredEvent> read_delivered_event(std::string_view json, const MessageReader& reader) {
  if (json.find("\"detail-type\"") == std::string_view::npos) return std::nullopt;
  const std::string text{json};
  check_message_json<max_json_depth + 2>("event", text);  // a message is a level below, in a CloudEvent two
  if (first_of_json(text) != '{') return std::nullopt;
  const MessageText event{"event", text, {"id", "detail-type", "detail", "resources"}, OtherMembers::ignored};
  if (event.text_of("detail-type").empty() || event.text_of("detail").empty()) return std::nullopt;
  DeliveredEvent read{.id = event.string("id"),
                      .detail = std::string{event.object("detail")},
                      .replay = event.string("detail-type") == replayed_detail_type};
  const auto resources = JsonMembers::elements_of(event.text_of("resources"));
  for (const std::string_view resource : resources.value_or(std::vector<std::string_view>{})) {
    read.replay = read.replay || (resource.starts_with('"') && json_string(resource) == replayed_resource);
  }
  if (const std::optional<std::string> url = message_url_in(read.detail)) {
    read.detail = read_message_url(*url, reader);
    check_message_json<max_json_depth + 1>("detail", read.detail);
  }
  return read;
}

/// @throws InvalidMessageError
inline ReceivedBody read_body(const DeliveredEvent& event) {
  ReceivedBody body = read_body(event.detail, {}, {}, {});
  body.replay = body.replay || event.replay;
  return body;
}

/// A body that came through a queue: a message, an event of EventBridge with one, or what stands for a message in S3.
/// @throws InvalidMessageError, what the reader throws
inline ReceivedBody read_body(const std::string& body, std::string_view content_type,
                              const std::map<std::string, std::string>& headers,
                              std::initializer_list<std::string_view> prefixes, const MessageReader& reader) {
  if (const std::optional<DeliveredEvent> event = read_delivered_event(body, reader)) return read_body(*event);
  const std::optional<std::string> url = message_url_in(body);
  return read_body(url ? read_message_url(*url, reader) : body, content_type, headers, prefixes);
}

}  // namespace castore::detail

#endif
