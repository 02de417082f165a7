// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_MESSAGE_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_MESSAGE_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/rabbitmq/connection.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

inline constexpr std::size_t longest_rabbitmq_text = 255;  ///< In bytes, but for headers.

/// A message on its way to a broker.
struct RabbitMqOutgoing {
  std::string routing_key{};
  std::string aggregate{};  ///< `store#id`, also the header by which queues can be chosen.
  std::string id{};         ///< And `#version` where there is one.
  std::string type{};
  std::uint64_t seconds = 0;  ///< Since 1970, when it happened.
  bool replay = false;
  std::string content_type{"application/json"};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< Besides `aggregate` and `replay`.
  std::string body{};

  /// What errors call it.
  std::string name() const { return "the message " + in_quotes(id); }

  /// Why a broker cannot take it, whatever else happens.
  std::optional<std::string> fault(std::size_t max_message_size) const {
    constexpr std::size_t longest_header = 100'000;  // all headers must fit into a frame of AMQP, of 131,072 bytes
    if (routing_key.size() > longest_rabbitmq_text) {
      return "has a routing key of " + std::to_string(routing_key.size()) + " bytes, more than the " +
             std::to_string(longest_rabbitmq_text) + " that AMQP has room for";
    }
    std::size_t header_size = aggregate.size();
    for (const auto& [key, value] : headers) header_size += key.size() + value.size();
    if (header_size > longest_header) {
      return "has ids of " + std::to_string(header_size) + " bytes, more than the " + std::to_string(longest_header) +
             " that AMQP has room for";
    }
    if (body.size() <= max_message_size) return std::nullopt;
    return "has " + std::to_string(body.size()) + " bytes, more than the " + std::to_string(max_message_size) +
           " that are allowed";
  }
};

/// @throws EventEncodeError, InvalidMessageError
inline RabbitMqOutgoing rabbitmq_message(const MessageView& view, bool replay, MessageFormat format) {
  const MessageHeader& header = view.header();
  RabbitMqOutgoing message;
  message.type = header.event_type.value_or("__AGGREGATE_EXISTS__");
  message.routing_key = std::string{header.event_store_id}.append(".").append(message.type);
  message.aggregate = std::string{header.event_store_id}.append("#").append(header.aggregate_id);
  message.id = message.aggregate;
  if (header.version) message.id.append("#").append(std::to_string(*header.version));
  const auto since_1970 = std::chrono::floor<std::chrono::seconds>(header.timestamp.time_since_epoch()).count();
  message.seconds = since_1970 < 0 ? 0 : static_cast<std::uint64_t>(since_1970);
  message.replay = replay;
  if (format == MessageFormat::castore) {
    message.body = view.to_json();
    return message;
  }
  CloudEvent event = to_cloud_event(view, replay);
  if (format == MessageFormat::cloud_event) {
    message.body = format_cloud_event(event);
    message.content_type = std::string{cloud_event_content_type}.append("; charset=UTF-8");
    return message;
  }
  for (const auto& [name, value] : cloud_event_attributes(event)) {
    message.headers.emplace_back(std::string{"cloudEvents_"}.append(name), value);
  }
  message.body = std::move(event.data);
  return message;
}

/// Publishes it so that it is stored, and comes back when no queue wants it. @throws RabbitMqError
inline void publish_rabbitmq_message(RabbitMqConnection& connection, const std::string& exchange,
                                     const RabbitMqOutgoing& message, SteadyTime deadline) {
  std::vector<amqp_table_entry_t> entries{text_entry("aggregate", message.aggregate)};
  if (message.replay) entries.push_back(true_entry("replay"));
  for (const auto& [key, text] : message.headers) entries.push_back(text_entry(key, text));

  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TIMESTAMP_FLAG |
                      AMQP_BASIC_HEADERS_FLAG;
  properties.content_type = amqp_bytes(message.content_type);
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.timestamp = message.seconds;
  properties.headers = {.num_entries = static_cast<int>(entries.size()), .entries = entries.data()};
  if (message.id.size() <= longest_rabbitmq_text) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = amqp_bytes(message.id);
  }
  if (message.type.size() <= longest_rabbitmq_text) {
    properties._flags |= AMQP_BASIC_TYPE_FLAG;
    properties.type = amqp_bytes(message.type);
  }
  connection.publish(exchange, message.routing_key, properties, message.body, deadline);
}

}  // namespace castore::detail

#endif
