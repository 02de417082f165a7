// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_LIST_BOUNDS_HPP
#define CASTORE_ADAPTERS_SQLITE_LIST_BOUNDS_HPP

#include <castore/core/page_token.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// Reads a timestamp in the one form in which the order of texts is the order of time.
inline std::optional<Timestamp> parse_sortable_timestamp(std::string_view text) noexcept {
  using namespace std::chrono;
  constexpr std::string_view form = "2022-01-01T00:00:00.000Z";
  if (text.size() != form.size()) return std::nullopt;
  unsigned greatest = 0;
  const auto number = [text, &greatest](std::size_t first, std::size_t digits) {
    unsigned value = 0;
    for (std::size_t place = first; place < first + digits; ++place) {
      const unsigned digit = static_cast<unsigned char>(text[place]) - unsigned{'0'};
      greatest = (std::max)(greatest, digit);
      value = 10 * value + digit;
    }
    return value;
  };
  const year_month_day date{year{static_cast<int>(number(0, 4))}, month{number(5, 2)}, day{number(8, 2)}};
  const unsigned hour = number(11, 2);
  const unsigned minute = number(14, 2);
  const unsigned second = number(17, 2);
  const milliseconds rest{number(20, 3)};
  for (const std::size_t place : {4U, 7U, 10U, 13U, 16U, 19U, 23U}) {
    if (text[place] != form[place]) return std::nullopt;
  }
  if (greatest > 9 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + rest;
}

/// The texts between which a page lies. The ends that the caller named are those of their seconds: within a second a
/// timestamp of another form, as another program may have written, can stand on the wrong side, and must be met.
struct SqliteListBounds {
  std::string start_timestamp;
  std::string start_id;
  std::string end_timestamp;

  explicit SqliteListBounds(const PageRequest& request) {
    const std::string first = text_of(request.initial_event_after, before_all, "");
    const std::string final = text_of(request.initial_event_before, after_all, after_all);
    const std::string last = request.last ? format_timestamp(request.last->initial_event_timestamp) : std::string{};
    end_timestamp = request.reverse ? first : final;
    if (request.reverse && request.last && last <= final) {
      start_timestamp = last;
      start_id = request.last->aggregate_id;
    } else if (request.reverse) {
      start_timestamp = final;
      start_id = after_all;
    } else if (request.last && last >= first) {
      start_timestamp = last;
      start_id = request.last->aggregate_id + '\0';  // no id lies between an id and the same with a NUL behind it
    } else {
      start_timestamp = first;
    }
  }

 private:
  static constexpr std::string_view before_all = "";
  static constexpr std::string_view after_all = "\xFF";  // no UTF-8 text sorts after it

  static std::string text_of(const std::optional<Timestamp>& time, std::string_view otherwise, std::string_view end) {
    if (!time) return std::string{otherwise};
    if (*time < earliest_timestamp) return std::string{before_all};
    if (*time > latest_timestamp) return std::string{after_all};
    constexpr std::size_t up_to_seconds = 19;
    return format_timestamp(*time).substr(0, up_to_seconds) + std::string{end};
  }
};

}  // namespace castore::detail

#endif
