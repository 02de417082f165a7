// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_MESSAGE_HPP
#define CASTORE_HTTP_MESSAGE_HPP

/// @file
/// A request and its answer, whatever server carries them.

#include <castore/config.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/stopping.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Header lines in their order: names of any case, and values.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline char lower_ascii(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}
inline bool is_same_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return std::ranges::equal(left, right, {}, lower_ascii, lower_ascii);
}

/// Nothing when there is none, or more than one.
inline std::optional<std::string_view> only_header(const HttpHeaders& headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [other, value] : headers) {
    if (!is_same_ignoring_case(name, other)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}
inline bool has_header(const HttpHeaders& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return is_same_ignoring_case(name, header.first); });
}

/// What names a content among others of the same address. Source: FNV-1a, 64 bits.
inline std::string entity_tag(std::string_view content) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char byte : content) hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
  return '"' + std::to_string(hash) + '"';
}

}  // namespace detail

/// @brief A request as a server has received it.
struct HttpApiRequest {
  std::string method{"GET"};       ///< In capitals.
  std::string target{"/"};         ///< Path and query, with their escapes: `/v1/events?store=POKEMONS&id=pikachu`.
  HttpHeaders headers{};           ///< All of them.
  std::string body{};              ///< Without any transfer coding.
  detail::StopToken stop_token{};  ///< Asks what waits to end, as when the server stops.
  /// @brief Says whether the client has gone, for a server that knows. It is asked about every second while
  /// something waits, which then ends.
  std::function<bool()> is_gone{};

  /// @brief The value of a header; empty when there is none, or more than one.
  std::string_view header(std::string_view name) const {
    return detail::only_header(headers, name).value_or(std::string_view{});
  }
};

/// @brief Where an answer without an end goes.
struct HttpStreamTarget {
  /// @brief Sends text; empty text asks whether anybody is there. False when the client has gone.
  detail::FunctionRef<bool(std::string_view)> write;
  detail::StopToken stop_token{};  ///< Asks to end, as when the server stops.
};

/// @brief The answer to a request.
struct HttpApiResponse {
  int status = 200;       ///< From 200.
  HttpHeaders headers{};  ///< With `Content-Type` where there is a body; without `Content-Length`.
  std::string body{};     ///< What is sent, unless there is a `stream`.
  /// @brief Sends what follows the headers, and returns when it is over: for events as they happen.
  std::function<void(const HttpStreamTarget&)> stream{};

  /// @brief The value of a header; empty when there is none, or more than one.
  std::string_view header(std::string_view name) const {
    return detail::only_header(headers, name).value_or(std::string_view{});
  }
};

}  // namespace castore

#endif
