// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_AWS_DELIVERED_EVENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_AWS_DELIVERED_EVENT_HPP

/// @file
/// A message as EventBridge hands it to the targets of its rules, be it a function or a queue.
/// Source: Amazon EventBridge User Guide, "Events"; \@castore/message-bus-adapter-event-bridge 2.4.2.

#include <castore/config.hpp>
#include <castore/json/text.hpp>
#include <castore/messaging/adapters/aws/message_url.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/message_json.hpp>

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

inline constexpr std::string_view replayed_detail_type = "__REPLAYED__";
/// Among the resources of a replay whose detail type does not say that it is one.
inline constexpr std::string_view replayed_resource = "__REPLAYED__";

struct DeliveredEvent {
  std::string id{};      ///< EventBridge's own.
  std::string detail{};  ///< JSON.
  bool replay = false;
  bool is_cloud_event = false;
};

/// @return Nothing when the text is something else. @throws InvalidMessageError, what the reader throws
inline std::optional<DeliveredEvent> read_delivered_event(std::string_view json, const MessageReader& reader) {
  if (json.find("\"detail-type\"") == std::string_view::npos) return std::nullopt;
  const nlohmann::json event = in_message_field("event", [&] { return text_to_json(json); });
  if (!event.is_object() || !event.contains("detail-type") || !event.contains("detail")) return std::nullopt;
  const nlohmann::json& detail = message_field(event, "detail", nlohmann::json::value_t::object);
  DeliveredEvent read{.id = message_string(event, "id"),
                      .detail = json_to_text(detail),
                      .replay = message_string(event, "detail-type") == replayed_detail_type,
                      .is_cloud_event = detail.contains("specversion")};
  if (const auto resources = event.find("resources"); resources != event.end() && resources->is_array()) {
    for (const nlohmann::json& resource : *resources) read.replay = read.replay || resource == replayed_resource;
  }
  if (const std::optional<std::string> url = message_url(detail)) {
    read.detail = read_message_url(*url, reader);
    read.is_cloud_event = in_message_field("detail", [&] { return text_to_json(read.detail); }).contains("specversion");
  }
  return read;
}

/// @throws InvalidMessageError
inline ReceivedBody read_body(const DeliveredEvent& event) {
  ReceivedBody body =
      read_body(event.detail, event.is_cloud_event ? cloud_event_content_type : std::string_view{}, {}, {});
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
