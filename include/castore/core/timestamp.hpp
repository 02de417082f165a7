// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_TIMESTAMP_HPP
#define CASTORE_CORE_TIMESTAMP_HPP

#include <castore/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore {

/// @brief The timestamp of an event whose time is left to the store's clock; no event is ever stored with it.
inline constexpr Timestamp unset_timestamp = Timestamp::min();

/// @brief The first and the last moment an event can carry: the years 0000 to 9999, where the text of a timestamp has
/// a fixed length and therefore sorts like the time itself.
inline constexpr Timestamp earliest_timestamp = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
/// @brief The last moment an event can carry: the end of the year 9999.
inline constexpr Timestamp latest_timestamp =
    std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::days{1} - std::chrono::milliseconds{1};

/// @brief Now, by the system's clock, rounded down to the millisecond.
inline Timestamp system_timestamp() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// @brief Writes a timestamp as ECMAScript's `toISOString` does: `2022-01-01T00:00:00.000Z`, always 24 characters.
/// @pre `earliest_timestamp <= time && time <= latest_timestamp`.
inline std::string format_timestamp(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string text{"0000-00-00T00:00:00.000Z"};
  const auto put = [&text](std::size_t position, int digits, auto value) {
    auto left = static_cast<unsigned>(value);
    for (int digit = digits; digit-- > 0; left /= 10) {
      text[position + static_cast<std::size_t>(digit)] = static_cast<char>('0' + left % 10);
    }
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  put(20, 3, clock.subseconds().count());
  return text;
}

/// @brief Reads an ISO 8601 date and time: `YYYY-MM-DDTHH:MM:SS`, an optional fraction of any length (rounded down to
/// the millisecond), then `Z` or an offset `+HH:MM`. Castore lets programs write any of these.
/// @return Nothing when the text is anything else, names a day that does not exist, or lies outside the years
/// 0000 to 9999.
inline std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept {
  using namespace std::chrono;
  bool valid = true;
  const auto take = [&](std::size_t digits) {
    int value = 0;
    for (std::size_t digit = 0; digit < digits; ++digit) {
      if (text.empty() || text.front() < '0' || text.front() > '9') {
        valid = false;
        return 0;
      }
      value = value * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    return value;
  };
  const auto expect = [&](char wanted) {
    if (text.empty() || text.front() != wanted) {
      valid = false;
      return;
    }
    text.remove_prefix(1);
  };
  const int year_number = take(4);
  expect('-');
  const int month_number = take(2);
  expect('-');
  const int day_number = take(2);
  expect('T');
  const int hour = take(2);
  expect(':');
  const int minute = take(2);
  expect(':');
  const int second = take(2);
  int millisecond = 0;
  if (valid && !text.empty() && text.front() == '.') {
    expect('.');
    int scale = 100;
    const std::size_t before = text.size();
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), scale /= 10) {
      millisecond += (text.front() - '0') * scale;
    }
    if (text.size() == before) valid = false;
  }
  minutes offset{0};
  if (valid && !text.empty() && (text.front() == '+' || text.front() == '-')) {
    const int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    const int offset_hour = take(2);
    expect(':');
    const int offset_minute = take(2);
    if (offset_hour > 23 || offset_minute > 59) valid = false;
    offset = minutes{sign * (offset_hour * 60 + offset_minute)};
  } else {
    expect('Z');
  }
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!valid || !text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const Timestamp result =
      sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + milliseconds{millisecond} - offset;
  if (result < earliest_timestamp || result > latest_timestamp) return std::nullopt;
  return result;
}

}  // namespace castore

#endif
