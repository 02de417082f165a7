// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_ERROR_ANSWERS_HPP
#define CASTORE_AWS_ERROR_ANSWERS_HPP

/// @file
/// Answers of AWS's JSON APIs that report an error.

#include <castore/aws/client.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/config.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// The letters and digits of a text, in lower case.
inline std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char character : text) {
    const bool is_upper = character >= 'A' && character <= 'Z';
    const bool is_other = (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
    if (is_upper || is_other) letters += is_upper ? static_cast<char>(character - 'A' + 'a') : character;
  }
  return letters;
}

/// True when the text repeats a part of a secret, be it cut, between other text, escaped, in other case, or with
/// spaces. Of letters alone a longer part is asked for, as words of a server would be taken for short ones.
inline bool repeats_secret(std::string_view text, std::span<const std::string_view> secrets) {
  const auto repeats = [](std::string_view said, std::string_view secret, std::size_t part) {
    if (secret.empty()) return false;
    const std::size_t size = (std::min)(part, secret.size());
    for (std::size_t place = 0; place + size <= secret.size(); ++place) {
      if (said.find(secret.substr(place, size)) != std::string_view::npos) return true;
    }
    return false;
  };
  const std::string letters = letters_of(text);
  return std::ranges::any_of(secrets, [&](std::string_view secret) {
    return repeats(text, secret, 6) || repeats(letters, letters_of(secret), 10);
  });
}

/// A code is a name. Whatever is not may be anything, and becomes empty.
inline std::string aws_error_code(const nlohmann::json& object, const char* name,
                                  std::span<const std::string_view> secrets) {
  constexpr std::size_t longest = 100;
  if (!object.is_object() || !object.contains(name) || !object[name].is_string()) return {};
  std::string code = object[name].get_ref<const std::string&>().substr(0, 2 * longest);
  code.erase(0, code.find('#') + 1);
  const bool is_name = std::ranges::all_of(code, [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '.';
  });
  return is_name && code.size() <= longest && !repeats_secret(code, secrets) ? code : std::string{};
}

/// What an answer says in its own words, which is cut, and left out where it repeats a secret: some servers and proxies
/// repeat the request with its headers.
inline std::string aws_error_message(std::string message, std::span<const std::string_view> secrets) {
  constexpr std::size_t longest = 1000;
  message.resize((std::min)(message.size(), longest));
  // What AWS says of a wrong signature holds the canonical request, and that the session token.
  constexpr std::string_view canonical = "The Canonical String";
  if (const std::size_t place = message.find(canonical); place != std::string::npos) message.resize(place);
  if (repeats_secret(message, secrets)) return "(what it says is left out: it repeats a part of a secret)";
  return message;
}

struct AwsErrorAnswer {
  std::string code{};
  std::string message{};
  nlohmann::json json{};
};

/// The error that an answer reports. @throws AwsConnectionError when the answer is cut
inline AwsErrorAnswer read_aws_error(const HttpResponse& response, std::span<const std::string_view> secrets) {
  AwsErrorAnswer answer;
  answer.json = parse_json(response.body);
  if (answer.json.is_discarded() && response.body.starts_with('{')) {
    throw AwsConnectionError{"the answer of HTTP status " + std::to_string(response.status) + " is cut", true};
  }
  for (const char* const name : {"message", "Message"}) {
    if (!answer.message.empty() || !answer.json.is_object() || !answer.json.contains(name)) continue;
    if (answer.json[name].is_string()) answer.message = answer.json[name].get<std::string>();
  }
  answer.message = aws_error_message(std::move(answer.message), secrets);
  answer.code = aws_error_code(answer.json, "__type", secrets);
  return answer;
}

}  // namespace castore::detail

#endif
