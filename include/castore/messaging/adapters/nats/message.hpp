// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_MESSAGE_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_MESSAGE_HPP

/// @file
/// Subjects and headers of messages. Source: NATS documentation, Subject-Based Messaging and JetStream headers;
/// CloudEvents 1.0.2, NATS Protocol Binding.

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <nats/nats.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

inline constexpr const char* nats_message_id_header = "Nats-Msg-Id";
inline constexpr const char* nats_replay_header = "Castore-Replay";
inline constexpr const char* nats_content_type_header = "content-type";  ///< In upper or lower case.
inline constexpr std::string_view nats_cloud_event_prefix = "ce-";       ///< Likewise.

/// FNV-1a, 64 bits (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv), as 16 digits.
inline std::string nats_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 1099511628211U;
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4)
    digits += "0123456789abcdef"[(hash >> static_cast<unsigned>(shift)) & 15U];
  return digits;
}

/// Text with `%` and two digits for each byte but those that are visible ASCII and not among the exceptions.
inline std::string nats_escaped(std::string_view text, std::string_view exceptions) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte > ' ' && byte <= '~' && exceptions.find(character) == std::string_view::npos) {
      escaped += character;
    } else {
      escaped += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return escaped;
}

/// An id as a token of a subject: of visible ASCII, without what has a meaning there. Nothing is `%`, and what is too
/// long is `%` and its hash: the message itself has the id.
inline std::string nats_token(std::string_view id) {
  constexpr std::size_t longest = 400;
  std::string token = nats_escaped(id, "%.*>$");
  if (token.size() > longest) return "%" + nats_hash(id);
  return token.empty() ? "%" : token;
}

/// `store.id`, behind the prefix.
inline std::string nats_subject(std::string_view prefix, const MessageHeader& header) {
  std::string subject{prefix};
  if (!subject.empty()) subject += '.';
  return subject + nats_token(header.event_store_id) + "." + nats_token(header.aggregate_id);
}

/// What a stream drops for a while when it comes again: `store#id#version`, then a hash of the message's JSON, as a
/// version that was written again by force has another one, and for replays what a call drew.
inline std::string nats_message_id(const MessageHeader& header, std::string_view json, std::string_view replay_token) {
  std::string id = nats_escaped(plain_message_id(header), "%") + "#" + nats_hash(json);
  if (!replay_token.empty()) id.append("#").append(replay_token);
  return id;
}

/// What a server says of a message that it delivers.
struct NatsPlace {
  std::uint64_t sequence = 0;  ///< In the stream.
  int deliveries = 1;          ///< How often it was delivered.
  std::int64_t delivery = 0;   ///< Which one of the consumer's deliveries this is.
};

// The subject for answers is $JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.delivery and two parts more,
// or three with the domain.

/// @return Nothing when it is another subject.
inline std::optional<NatsPlace> nats_place_of(std::string_view reply) {
  std::array<std::string_view, 12> tokens;
  std::size_t count = 0;
  for (; !reply.empty() && count < tokens.size(); ++count) {
    const std::size_t end = (std::min)(reply.find('.'), reply.size());
    tokens[count] = reply.substr(0, end);
    reply.remove_prefix((std::min)(end + 1, reply.size()));
  }
  const std::size_t before = count == 9 ? 4 : 6;
  if (count < before + 5) return std::nullopt;
  const auto deliveries = parse_integer<int>(tokens[before]);
  const auto sequence = parse_integer<std::uint64_t>(tokens[before + 1]);
  const auto delivery = parse_integer<std::int64_t>(tokens[before + 2]);
  if (!deliveries || !sequence || !delivery) return std::nullopt;
  return NatsPlace{*sequence, *deliveries, *delivery};
}

/// A message on its way to a stream.
struct NatsOutgoingMessage {
  std::string subject{};
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string name{};  ///< As errors call it.

  /// In bytes, as servers count them.
  std::size_t size() const {
    std::size_t size = body.size();
    if (!headers.empty()) size += std::string_view{"NATS/1.0\r\n\r\n"}.size();
    for (const auto& [key, value] : headers) size += key.size() + value.size() + std::string_view{": \r\n"}.size();
    return size;
  }
};

/// @param replay_token What the call drew if it publishes replays, else nothing.
/// @throws EventEncodeError, InvalidMessageError
inline NatsOutgoingMessage nats_message(const MessageView& view, std::string_view subject_prefix, MessageFormat format,
                                        std::string_view replay_token) {
  const MessageHeader& header = view.header();
  const bool replay = !replay_token.empty();
  NatsOutgoingMessage message{.subject = nats_subject(subject_prefix, header),
                              .name = "the message " + in_quotes(plain_message_id(header))};
  CloudEvent event;
  if (format == MessageFormat::castore) {
    event.data = view.to_json();
  } else {
    event = to_cloud_event(view, replay);
  }
  message.headers.emplace_back(nats_message_id_header, nats_message_id(header, event.data, replay_token));
  if (replay) message.headers.emplace_back(nats_replay_header, "1");
  if (format == MessageFormat::cloud_event) {
    message.headers.emplace_back("Content-Type", std::string{cloud_event_content_type}.append("; charset=UTF-8"));
    message.body = format_cloud_event(event);
    return message;
  }
  if (format == MessageFormat::cloud_event_binary) {
    auto attributes = cloud_event_attributes(event);
    attributes.emplace("datacontenttype", content_type_of(format));
    for (const auto& [name, value] : attributes) {
      message.headers.emplace_back(std::string{nats_cloud_event_prefix}.append(name), nats_escaped(value, "%\""));
    }
  }
  message.body = std::move(event.data);
  return message;
}

/// What `nats_escaped` wrote, also in quotes, as older producers have it. A `%` without two digits stays.
inline std::string nats_unescaped(std::string_view text) {
  const auto is_space = [](char character) { return character == ' ' || character == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  const bool is_quoted = text.size() > 1 && text.starts_with('"') && text.ends_with('"');
  if (is_quoted) text = text.substr(1, text.size() - 2);
  const auto digit = [&](std::size_t place) {
    constexpr std::string_view digits = "0123456789ABCDEFabcdef";
    const std::size_t found = place < text.size() ? digits.find(text[place]) : std::string_view::npos;
    return found == std::string_view::npos ? -1 : static_cast<int>(found < 16 ? found : found - 6);
  };
  std::string unescaped;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (is_quoted && text[place] == '\\' && place + 1 < text.size()) ++place;
    if (text[place] == '%' && digit(place + 1) >= 0 && digit(place + 2) >= 0) {
      unescaped += static_cast<char>(digit(place + 1) * 16 + digit(place + 2));
      place += 2;
    } else {
      unescaped += text[place];
    }
  }
  return unescaped;
}

/// Whether a header is one of a CloudEvent: a name with other characters could bring lines of its own.
inline bool is_nats_cloud_event_header(std::string_view name) {
  const auto is_legal = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
  };
  return name.starts_with(nats_cloud_event_prefix) &&
         std::ranges::all_of(name.substr(nats_cloud_event_prefix.size()), is_legal);
}

/// The headers that say in which form a message is. Their names are in lower case: it means nothing.
inline std::map<std::string, std::string> nats_form_headers(natsMsg* message) {
  std::map<std::string, std::string> form;
  for_each_nats_header(message, [&](std::string_view key, std::string_view value) {
    // libnats reads a header without a value, and the next one, as one.
    if (value.empty() || small_letter(key.empty() ? ' ' : key.front()) != 'c') return;
    std::string name{key};
    std::ranges::transform(name, name.begin(), small_letter);
    if (name != nats_content_type_header && !is_nats_cloud_event_header(name)) return;
    form.try_emplace(std::move(name), value);
  });
  return form;
}

/// A message that came, in whatever form it was sent. @throws InvalidMessageError
inline ReceivedBody read_nats_message(natsMsg* message) {
  std::map<std::string, std::string> headers = nats_form_headers(message);
  for (auto& [name, value] : headers) value = nats_unescaped(value);
  const auto content_type = headers.find(nats_content_type_header);
  ReceivedBody body = read_body(std::string{data_of(message)},
                                content_type == headers.end() ? std::string_view{} : content_type->second, headers,
                                {nats_cloud_event_prefix});
  body.replay = body.replay || nats_header(message, nats_replay_header) == "1";
  return body;
}

}  // namespace castore::detail

#endif
