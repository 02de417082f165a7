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
inline constexpr Timestamp unset_timestamp = (Timestamp::min)();

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

/// @brief Reads a date, or a date and time, of ISO 8601: whatever ECMAScript's `Date` and the usual libraries write.
/// - The date: `2024`, `2024-05`, `2024-05-06`, `20240506`; a year may also have a sign and six digits, `+002024`.
/// - Then perhaps `T` or `t` and the time: `07`, `07:08`, `07:08:09`, `0708`, `070809`, with a fraction of a second of
///   any length behind a point or comma (rounded down to the millisecond). `24:00` is the end of the day and a leap
///   second, `:60`, the first of the next minute.
/// - Then perhaps `Z`, `z` or an offset: `+02`, `+0200`, `+02:00`. Without one the time is UTC.
/// @return Nothing when the text is anything else, names a day that does not exist, or lies outside the years
/// 0000 to 9999.
constexpr std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept {
  bool is_valid = true;
  const auto next_is_digit = [&] { return !text.empty() && text.front() >= '0' && text.front() <= '9'; };
  const auto take = [&](int digits) {
    int value = 0;
    for (; digits > 0 && next_is_digit(); --digits, text.remove_prefix(1)) value = 10 * value + (text.front() - '0');
    if (digits > 0) is_valid = false;
    return value;
  };
  const auto skip = [&](char one, char other) {
    if (text.empty() || (text.front() != one && text.front() != other)) return false;
    text.remove_prefix(1);
    return true;
  };

  const int year = take(skip('+', '+') ? 6 : 4);
  int month = 1;
  int day = 1;
  bool has_day = false;
  if (skip('-', '-')) {
    month = take(2);
    has_day = skip('-', '-');
    if (has_day) day = take(2);
  } else if (next_is_digit()) {
    has_day = true;
    month = take(2);
    day = take(2);
  }

  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  int offset = 0;
  if (has_day && skip('T', 't')) {
    hour = take(2);
    const bool has_colons = skip(':', ':');
    if (has_colons || next_is_digit()) {
      minute = take(2);
      if (has_colons ? skip(':', ':') : next_is_digit()) {
        second = take(2);
        if (skip('.', ',')) {
          if (!next_is_digit()) is_valid = false;
          for (int scale = 100; next_is_digit(); text.remove_prefix(1), scale /= 10) {
            millisecond += (text.front() - '0') * scale;
          }
        }
      }
    }
    const bool is_behind = !text.empty() && text.front() == '-';
    if (skip('+', '-')) {
      const int hours = take(2);
      const int minutes = skip(':', ':') || next_is_digit() ? take(2) : 0;
      if (hours > 23 || minutes > 59) is_valid = false;
      offset = (is_behind ? -1 : 1) * (60 * hours + minutes);
    } else {
      skip('Z', 'z');
    }
  }

  const bool is_end_of_day = hour == 24 && minute == 0 && second == 0 && millisecond == 0;
  if (!is_valid || !text.empty() || year > 9999 || (hour > 23 && !is_end_of_day) || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const Timestamp result = std::chrono::sys_days{date} + std::chrono::minutes{60 * hour + minute - offset} +
                           std::chrono::seconds{second} + std::chrono::milliseconds{millisecond};
  if (result < earliest_timestamp || result > latest_timestamp) return std::nullopt;
  return result;
}

}  // namespace castore

#endif
