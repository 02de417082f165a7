// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_MESSAGE_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_MESSAGE_HPP

/// @file
/// Castore's messages as entries of SQS. Source: \@castore/message-queue-adapter-sqs 2.4.2; Amazon SQS API Reference,
/// SendMessageBatch and SendMessageBatchRequestEntry.

#include <castore/aws/signature_v4.hpp>
#include <castore/config.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// An id that SQS takes as the id of a group or for deduplication: up to 128 letters, digits and punctuation of ASCII.
/// Any other becomes its hash, with room for what is added to it.
inline std::string sqs_id(std::string id) {
  constexpr std::size_t longest = 80;
  const bool is_legal = id.size() <= longest &&
                        std::ranges::all_of(id, [](char character) { return character > ' ' && character <= '~'; });
  return is_legal ? std::move(id) : "sha256-" + hexadecimal(sha256(id));
}

/// Of text in JSON or in an attribute: what SQS does not take (U+FFFE, U+FFFF) is escaped, as JSON can.
inline std::string without_noncharacters(std::string text) {
  for (const auto& [character, escape] : {std::pair<std::string_view, std::string_view>{"\xEF\xBF\xBE", "\\ufffe"},
                                          std::pair<std::string_view, std::string_view>{"\xEF\xBF\xBF", "\\uffff"}}) {
    for (std::size_t place = 0; (place = text.find(character, place)) != std::string::npos;) {
      text.replace(place, character.size(), escape);
    }
  }
  return text;
}

/// The value of an attribute, which cannot have control characters: they are escaped as in a URL.
inline std::string sqs_attribute(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string value;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') {
      value += character;
    } else {
      value += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return without_noncharacters(std::move(value));
}

struct SqsFormat {
  bool is_fifo = false;
  bool replay = false;
  MessageFormat form = MessageFormat::castore;
  std::string token{};  ///< Of a call that publishes replays: what tells them apart from others.
};

/// How the attributes of a CloudEvent in binary mode begin; SQS has no binding of its own.
inline constexpr std::string_view sqs_cloud_event_prefix = "ce-";

/// @throws EventEncodeError, InvalidMessageError
inline AwsOutgoingMessage sqs_message(const MessageView& view, const SqsFormat& format) {
  const MessageHeader& header = view.header();
  AwsOutgoingMessage message;
  const std::string id = plain_message_id(header);
  message.name = "the message " + in_quotes(id);
  nlohmann::json attributes;
  const auto add_attribute = [&](const std::string& name, const char* type, std::string value) {
    message.size += name.size() + std::string_view{type}.size() + value.size();
    attributes[name] = {{"DataType", type}, {"StringValue", std::move(value)}};
  };
  add_attribute("messageId", "String", sqs_attribute(id));
  if (format.replay) add_attribute("replay", "Number", "1");
  std::string body;
  if (format.form == MessageFormat::castore) {
    body = view.to_json();
  } else {
    CloudEvent event = to_cloud_event(view, format.replay);
    if (format.form == MessageFormat::cloud_event) {
      add_attribute("content-type", "String", std::string{cloud_event_content_type});
      body = format_cloud_event(event);
    } else {
      for (const auto& [name, value] : cloud_event_attributes(event)) {
        add_attribute(std::string{sqs_cloud_event_prefix}.append(name), "String", sqs_attribute(value));
      }
      body = std::move(event.data);
    }
  }
  body = without_noncharacters(std::move(body));
  message.size += body.size();
  const std::string content = format.is_fifo ? hexadecimal(sha256(body)).substr(0, 16) : std::string{};
  message.entry = {{"MessageBody", std::move(body)}, {"MessageAttributes", std::move(attributes)}};
  if (format.is_fifo) {
    message.lane = sqs_id(plain_message_id(header, false));
    message.entry["MessageGroupId"] = message.lane;
    // A version that was written again by force has another content.
    message.entry["MessageDeduplicationId"] =
        sqs_id(id) + "#" + content + (format.replay ? "#" + format.token : "");
  }
  return message;
}

}  // namespace castore::detail

#endif
