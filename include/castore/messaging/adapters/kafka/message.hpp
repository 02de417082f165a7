// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_MESSAGE_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_MESSAGE_HPP

/// @file
/// Keys and headers of messages. Source: CloudEvents 1.0.2, Kafka Protocol Binding.

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

inline constexpr const char* kafka_content_type_header = "content-type";
inline constexpr std::string_view kafka_cloud_event_prefix = "ce_";

/// A message on its way to a topic.
struct KafkaOutgoingMessage {
  std::string key{};
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string name{};  ///< As errors call it.

  /// In bytes, as large as it can be in a batch of its own.
  std::size_t size() const {
    constexpr std::size_t around = 128;
    std::size_t size = around + key.size() + body.size();
    for (const auto& [header, value] : headers) size += 10 + header.size() + value.size();
    return size;
  }
};

/// @throws EventEncodeError, InvalidMessageError
inline KafkaOutgoingMessage kafka_message(const MessageView& view, MessageFormat format, bool replay) {
  const MessageHeader& header = view.header();
  const std::string id = plain_message_id(header);
  KafkaOutgoingMessage message{.key = plain_message_id(header, false), .name = "the message " + in_quotes(id)};
  message.headers.emplace_back("messageId", id);
  if (replay) message.headers.emplace_back("replay", "1");
  if (format == MessageFormat::castore) {
    message.body = view.to_json();
    return message;
  }
  CloudEvent event = to_cloud_event(view, replay);
  if (format == MessageFormat::cloud_event) {
    message.headers.emplace_back(kafka_content_type_header,
                                 std::string{cloud_event_content_type}.append("; charset=UTF-8"));
    message.body = format_cloud_event(event);
    return message;
  }
  message.headers.emplace_back(kafka_content_type_header, content_type_of(format));
  for (const auto& [name, value] : cloud_event_attributes(event)) {
    message.headers.emplace_back(std::string{kafka_cloud_event_prefix}.append(name), value);
  }
  message.body = std::move(event.data);
  return message;
}

inline std::string_view kafka_text(const void* data, std::size_t size) {
  return data == nullptr ? std::string_view{} : std::string_view{static_cast<const char*>(data), size};
}

/// The headers that say what a message is: its form, and whether it is a replay. Of those of one name the last one
/// counts.
inline std::map<std::string, std::string> kafka_form_headers(const rd_kafka_message_t& message) {
  std::map<std::string, std::string> form;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return form;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  const auto has = [&](std::size_t index) {
    return rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  for (std::size_t index = 0; has(index); ++index) {
    const std::string_view key = name;
    if (key == "replay" || key == kafka_content_type_header || key.starts_with(kafka_cloud_event_prefix)) {
      form.insert_or_assign(std::string{key}, std::string{kafka_text(value, size)});
    }
  }
  return form;
}

/// A message that came, in whatever form it was sent. @throws InvalidMessageError
inline ReceivedBody read_kafka_message(const rd_kafka_message_t& message) {
  const std::map<std::string, std::string> headers = kafka_form_headers(message);
  const auto header = [&](const char* name) {
    const auto found = headers.empty() ? headers.end() : headers.find(name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
  };
  ReceivedBody body = read_body(std::string{kafka_text(message.payload, message.len)},
                                header(kafka_content_type_header), headers, {kafka_cloud_event_prefix});
  body.replay = body.replay || header("replay") == "1";
  return body;
}

}  // namespace castore::detail

#endif
