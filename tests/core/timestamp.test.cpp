// SPDX-License-Identifier: MIT
#include <castore/core/timestamp.hpp>
#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>

using castore::earliest_timestamp;
using castore::format_timestamp;
using castore::latest_timestamp;
using castore::parse_timestamp;
using castore::Timestamp;

namespace {

constexpr Timestamp since_1970(std::int64_t milliseconds) { return Timestamp{std::chrono::milliseconds{milliseconds}}; }

bool is_leap_year(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_of_month(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/// The days between 0000-01-01 and 1970-01-01.
constexpr std::int64_t days_before_1970 = 719'528;

/// What is expected of `format_timestamp`, by counting days one year and one month at a time.
std::string text_by_counting(Timestamp time) {
  constexpr std::int64_t day_length = 24 * 60 * 60 * 1000;
  const std::int64_t total = time.time_since_epoch().count() + days_before_1970 * day_length;
  std::int64_t day = total / day_length;
  const std::int64_t rest = total % day_length;
  int year = 0;
  for (; day >= (is_leap_year(year) ? 366 : 365); ++year) day -= is_leap_year(year) ? 366 : 365;
  int month = 1;
  for (; day >= days_of_month(year, month); ++month) day -= days_of_month(year, month);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, static_cast<int>(day) + 1,
                static_cast<int>(rest / 3'600'000), static_cast<int>(rest / 60'000 % 60),
                static_cast<int>(rest / 1000 % 60), static_cast<int>(rest % 1000));
  return text;
}

}  // namespace

TEST_CASE("a timestamp is written as toISOString of ECMAScript writes it") {
  CHECK(format_timestamp(since_1970(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(format_timestamp(since_1970(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(format_timestamp(since_1970(1'640'995'200'000)) == "2022-01-01T00:00:00.000Z");
  CHECK(format_timestamp(since_1970(951'825'599'090)) == "2000-02-29T11:59:59.090Z");
  CHECK(format_timestamp(since_1970(-62'167'219'200'000)) == "0000-01-01T00:00:00.000Z");
  CHECK(format_timestamp(since_1970(253'402'300'799'999)) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("the earliest and the latest timestamp are the ends of the years 0000 and 9999") {
  CHECK(earliest_timestamp == since_1970(-62'167'219'200'000));
  CHECK(latest_timestamp == since_1970(253'402'300'799'999));
  CHECK(castore::unset_timestamp < earliest_timestamp);
}

TEST_CASE("any timestamp is written as counting days says and read back as it was") {
  std::mt19937_64 random{20220101};
  std::uniform_int_distribution<std::int64_t> any{earliest_timestamp.time_since_epoch().count(),
                                                  latest_timestamp.time_since_epoch().count()};
  for (int round = 0; round < 2000; ++round) {
    const Timestamp time = since_1970(any(random));
    const std::string text = format_timestamp(time);
    if (text != text_by_counting(time)) FAIL_CHECK(text << " should be " << text_by_counting(time));
    if (parse_timestamp(text) != time) FAIL_CHECK(text << " is not read back as it was");
  }
  CHECK(text_by_counting(earliest_timestamp) == "0000-01-01T00:00:00.000Z");
  CHECK(text_by_counting(latest_timestamp) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("days are read in every month of ordinary and leap years and no day is read that does not exist") {
  std::int64_t days = -days_before_1970;
  for (const int year : {0, 1899, 1900, 1999, 2000, 2023, 2024, 9999}) {
    days = -days_before_1970;
    for (int before = 0; before < year; ++before) days += is_leap_year(before) ? 366 : 365;
    for (int month = 0; month <= 13; ++month) {
      for (int day = 0; day <= 32; ++day) {
        char text[64];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
        const bool exists = month >= 1 && month <= 12 && day >= 1 && day <= days_of_month(year, month);
        const auto expected = exists ? std::optional{since_1970(days++ * 86'400'000)} : std::nullopt;
        if (parse_timestamp(text) != expected) FAIL_CHECK(text << " is read wrongly");
      }
    }
  }
  CHECK(days == 2'932'897);  // 10000-01-01
}

TEST_CASE("fractions of a second of any length are rounded down to the millisecond") {
  const auto milliseconds_of = [](std::string_view fraction) {
    const auto time = parse_timestamp("1970-01-01T00:00:00" + std::string{fraction} + "Z");
    return time ? time->time_since_epoch().count() : -1;
  };
  CHECK(milliseconds_of("") == 0);
  CHECK(milliseconds_of(".1") == 100);
  CHECK(milliseconds_of(".12") == 120);
  CHECK(milliseconds_of(".123") == 123);
  CHECK(milliseconds_of(".1239") == 123);
  CHECK(milliseconds_of(".000999999") == 0);
  CHECK(milliseconds_of("." + std::string(10'000, '9')) == 999);
  CHECK(milliseconds_of(".") == -1);
  CHECK(milliseconds_of(",5") == 500);
  CHECK(milliseconds_of(".1x") == -1);
  CHECK(parse_timestamp("1969-12-31T23:59:59.9999Z") == since_1970(-1));
}

TEST_CASE("an offset is subtracted from the time it stands at") {
  CHECK(parse_timestamp("2022-01-01T00:00:00+00:00") == since_1970(1'640'995'200'000));
  CHECK(parse_timestamp("2022-01-01T00:00:00-00:00") == since_1970(1'640'995'200'000));
  CHECK(parse_timestamp("2022-01-01T05:30:00+05:30") == since_1970(1'640'995'200'000));
  CHECK(parse_timestamp("2021-12-31T19:15:00.250-04:45") == since_1970(1'640'995'200'250));
  CHECK(parse_timestamp("2022-01-01T23:59:00+23:59") == since_1970(1'640'995'200'000));
  CHECK(parse_timestamp("2022-01-01T00:00:00+24:00") == std::nullopt);
  CHECK(parse_timestamp("2022-01-01T00:00:00-00:60") == std::nullopt);
}

TEST_CASE("a timestamp that its offset moves out of the years 0000 to 9999 is refused") {
  CHECK(parse_timestamp("0000-01-01T00:00:00+00:01") == std::nullopt);
  CHECK(parse_timestamp("0000-01-01T00:01:00+00:01") == earliest_timestamp);
  CHECK(parse_timestamp("9999-12-31T23:59:59.999-00:01") == std::nullopt);
  CHECK(parse_timestamp("9999-12-31T23:58:59.999-00:01") == latest_timestamp);
}

TEST_CASE("every form of ISO 8601 that programs write is read") {
  const struct {
    std::string_view text;
    std::string_view same;
  } forms[] = {
      {"2024", "2024-01-01T00:00:00.000Z"},
      {"2024-05", "2024-05-01T00:00:00.000Z"},
      {"2024-05-06", "2024-05-06T00:00:00.000Z"},
      {"20240506", "2024-05-06T00:00:00.000Z"},
      {"2024-05-06T07", "2024-05-06T07:00:00.000Z"},
      {"2024-05-06T07Z", "2024-05-06T07:00:00.000Z"},
      {"2024-05-06T07:08Z", "2024-05-06T07:08:00.000Z"},
      {"2024-05-06T07:08", "2024-05-06T07:08:00.000Z"},
      {"2024-05-06T07:08:09", "2024-05-06T07:08:09.000Z"},
      {"2024-05-06t07:08:09.5z", "2024-05-06T07:08:09.500Z"},
      {"2024-05-06T07:08:09,123456789Z", "2024-05-06T07:08:09.123Z"},
      {"2024-05-06T07:08:09.123+02:00", "2024-05-06T05:08:09.123Z"},
      {"2024-05-06T07:08:09+0200", "2024-05-06T05:08:09.000Z"},
      {"2024-05-06T07:08:09-02", "2024-05-06T09:08:09.000Z"},
      {"2024-05-06T07:08-0530", "2024-05-06T12:38:00.000Z"},
      {"20240506T070809Z", "2024-05-06T07:08:09.000Z"},
      {"20240506T070809.123+0200", "2024-05-06T05:08:09.123Z"},
      {"20240506T0708Z", "2024-05-06T07:08:00.000Z"},
      {"+002024-05-06T07:08:09.123Z", "2024-05-06T07:08:09.123Z"},
      {"+000000-01-01T00:00:00.000Z", "0000-01-01T00:00:00.000Z"},
      {"2024-05-06T24:00:00.000Z", "2024-05-07T00:00:00.000Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
  };
  for (const auto& [text, same] : forms) {
    CAPTURE(text);
    const auto time = parse_timestamp(text);
    REQUIRE(time);
    CHECK(format_timestamp(*time) == same);
  }
  static_assert(parse_timestamp("1970-01-01T00:00:00.001Z") == since_1970(1));
}

TEST_CASE("text that is no ISO 8601 date and time is no timestamp") {
  for (const std::string_view bad : {"",
                                     "Z",
                                     "T",
                                     "2",
                                     "202",
                                     "2022Z",
                                     "2022-",
                                     "2022-1",
                                     "2022-01-",
                                     "2022-01Z",
                                     "2022-01-01Z",
                                     "2022-01-01T",
                                     "2022-01-01T0",
                                     "2022-01-01T00:",
                                     "2022-01-01T00:0",
                                     "2022-01-01T00:00:",
                                     "2022-01-01T00:00:0",
                                     "2022-01-01T00:00:00.",
                                     "2022-01-01T00:00.5Z",
                                     "2022-01-01 00:00:00Z",
                                     "2022-01T00:00:00Z",
                                     "2022T00:00:00Z",
                                     "2022-01-01T00:00:00ZZ",
                                     "2022-01-01T00:00:00Z ",
                                     " 2022-01-01T00:00:00Z",
                                     "2022-1-1T00:00:00Z",
                                     "22-01-01T00:00:00Z",
                                     "+2022-01-01T00:00:00Z",
                                     "-2022-01-01T00:00:00Z",
                                     "-002022-01-01T00:00:00Z",
                                     "-000000-01-01T00:00:00Z",
                                     "+010000-01-01T00:00:00Z",
                                     "02022-01-01T00:00:00Z",
                                     "2022/01/01T00:00:00Z",
                                     "202201",
                                     "202201-01",
                                     "2022-0101",
                                     "2022-01-01T24:00:00.001Z",
                                     "2022-01-01T24:01Z",
                                     "2022-01-01T25:00:00Z",
                                     "2022-01-01T00:60:00Z",
                                     "2022-01-01T00:00:61Z",
                                     "2022-01-01T-1:00:00Z",
                                     "2022-01-01T0000:00Z",
                                     "2022-01-01T00:0000Z",
                                     "2022-01-01T00:00:00+000",
                                     "2022-01-01T00:00:00+0",
                                     "2022-01-01T00:00:00+00:",
                                     "2022-01-01T00:00:00+00:00Z",
                                     "2022-01-01T00:00:00+1:00",
                                     "2022-01-01T00:00:00+",
                                     "2022-01-01T00:00:00Z+00:00",
                                     "2022-01-01T00:00:0\xC3\xA9",
                                     "2022-W01-1T00:00:00Z",
                                     "9999-12-31T24:00:00Z",
                                     "9999-12-31T23:59:60Z",
                                     "yesterday",
                                     "1640995200000",
                                     "Sat, 01 Jan 2022 00:00:00 GMT"}) {
    CAPTURE(bad);
    CHECK(parse_timestamp(bad) == std::nullopt);
  }
  const std::string_view with_nul{"2022-01-01T00:00:00Z\0", 21};
  CHECK(parse_timestamp(with_nul) == std::nullopt);
}

TEST_CASE("the system's timestamp is its clock rounded down to the millisecond") {
  using std::chrono::floor;
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  const auto before = floor<milliseconds>(system_clock::now());
  const Timestamp now = castore::system_timestamp();
  CHECK(before <= now);
  CHECK(now <= system_clock::now());
}
