// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_AWS_MESSAGE_URL_HPP
#define CASTORE_MESSAGING_ADAPTERS_AWS_MESSAGE_URL_HPP

/// @file
/// What stands for a message that is kept in S3. Source: \@castore/message-queue-adapter-sqs-s3 2.4.2.

#include <castore/aws/json_scanner.hpp>
#include <castore/config.hpp>
#include <castore/messaging/errors.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace castore {

/// @brief Gets a message that is kept elsewhere, by the address in the message that stands for it: `S3MessageReader`,
/// or a function of your own. What it throws is what becomes of the message.
using MessageReader = std::function<std::string(const std::string& message_url)>;

namespace detail {

inline constexpr const char* message_url_member = "messageUrl";

/// The address in a message that stands for another one; nothing in any other.
inline std::optional<std::string> message_url_in(std::string_view body) {
  if (body.find("\"messageUrl\"") == std::string_view::npos) return std::nullopt;
  const nlohmann::json json = parse_json(body);
  const auto url = json.is_object() ? json.find(message_url_member) : json.end();
  return url != json.end() && url->is_string() ? std::optional{url->get<std::string>()} : std::nullopt;
}

/// @throws InvalidMessageError, what the reader throws
inline std::string read_message_url(const std::string& url, const MessageReader& reader) {
  if (!reader) {
    throw InvalidMessageError{message_url_member,
                              "the message is kept in S3, and nothing was given to read it; give the consumer a "
                              "castore::S3MessageReader"};
  }
  return reader(url);
}

}  // namespace detail
}  // namespace castore

#endif
