// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_PAGE_TOKEN_HPP
#define CASTORE_CORE_PAGE_TOKEN_HPP

/// @file
/// The page tokens of storages that list by (initial event's timestamp, aggregate id): in memory and SQL.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/token.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace castore {

/// @brief What to list, once the page token and the explicit options are put together.
struct PageRequest {
  std::optional<std::size_t> limit{};               ///< At most so many on the page.
  std::optional<Timestamp> initial_event_after{};   ///< Inclusive.
  std::optional<Timestamp> initial_event_before{};  ///< Inclusive.
  bool reverse = false;                             ///< The last initial event first.
  std::optional<AggregateIdEntry> last{};           ///< The entry after which the page starts.
};

namespace detail {

inline constexpr std::string_view page_token_prefix = "castore1;";

inline std::string optional_timestamp_text(const std::optional<Timestamp>& time) {
  return time ? std::to_string(time->time_since_epoch().count()) : std::string{};
}

}  // namespace detail

/// @brief The token of the page after one that ended with `last`.
/// Form: `castore1;checksum;limit;after;before;reverse;last timestamp;last id`, times in milliseconds since 1970.
inline std::string make_page_token(const PageRequest& request, const AggregateIdEntry& last) {
  std::string body = request.limit ? std::to_string(*request.limit) : std::string{};
  body += ';' + detail::optional_timestamp_text(request.initial_event_after);
  body += ';' + detail::optional_timestamp_text(request.initial_event_before);
  body += request.reverse ? ";1;" : ";0;";
  body += detail::optional_timestamp_text(last.initial_event_timestamp) + ';' + last.aggregate_id;
  return detail::make_token(detail::page_token_prefix, body);
}

/// @brief Puts token and options together; an option that is given wins over the token's.
/// @throws InvalidPageTokenError
inline PageRequest resolve_page_request(const ListAggregateIdsOptions& options) {
  PageRequest request;
  if (options.page_token) {
    detail::TokenReader<InvalidPageTokenError> token{*options.page_token, detail::page_token_prefix};
    const auto timestamp = [&token](std::string_view field) {
      const Timestamp time{Timestamp::duration{token.number<std::int64_t>(field)}};
      token.demand(time >= earliest_timestamp && time <= latest_timestamp);
      return time;
    };
    if (const auto field = token.field(); !field.empty()) request.limit = token.number<std::size_t>(field);
    if (const auto field = token.field(); !field.empty()) request.initial_event_after = timestamp(field);
    if (const auto field = token.field(); !field.empty()) request.initial_event_before = timestamp(field);
    const std::string_view reverse = token.field();
    token.demand(reverse == "0" || reverse == "1");
    request.reverse = reverse == "1";
    const Timestamp last_timestamp = timestamp(token.field());
    token.demand(detail::is_utf8_without_nul(token.rest()));
    request.last = AggregateIdEntry{std::string{token.rest()}, last_timestamp};
  }
  if (options.limit) request.limit = options.limit;
  if (options.initial_event_after) request.initial_event_after = options.initial_event_after;
  if (options.initial_event_before) request.initial_event_before = options.initial_event_before;
  if (options.reverse) request.reverse = *options.reverse;
  // No event lies outside of these, so the same is selected; and a token holds no other timestamps.
  if (auto& after = request.initial_event_after) after = (std::max)(*after, earliest_timestamp);
  if (auto& before = request.initial_event_before) before = (std::min)(*before, latest_timestamp);
  return request;
}

}  // namespace castore

#endif
