// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_MESSAGE_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_MESSAGE_HPP

/// @file
/// Subjects and headers of messages. Source: NATS documentation, Subject-Based Messaging and JetStream headers.

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

inline constexpr const char* nats_message_id_header = "Nats-Msg-Id";
inline constexpr const char* nats_replay_header = "Castore-Replay";

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

/// What a stream drops for a while when it comes again: `store#id#version`, then a hash of the body, as a version that
/// was written again by force has another one, and for replays what a call drew.
inline std::string nats_message_id(const MessageHeader& header, std::string_view body, std::string_view replay_token) {
  std::string id{header.event_store_id};
  id.append("#").append(header.aggregate_id);
  if (header.version) id.append("#").append(std::to_string(*header.version));
  id = nats_escaped(id, "%") + "#" + nats_hash(body);
  if (!replay_token.empty()) id.append("#").append(replay_token);
  return id;
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

}  // namespace castore::detail

#endif
