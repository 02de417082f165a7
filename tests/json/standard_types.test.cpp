// SPDX-License-Identifier: MIT
#include <castore/json/standard_types.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using castore_tests::error_of;
using nlohmann::json;
using namespace std::chrono;
using namespace std::string_literals;

namespace standard_types_test {

/// A program's own conversions.
struct Own {
  int value = 0;
};
void to_json(json& target, const std::optional<Own>& source) { target = source ? json("own") : json("none"); }
void from_json(const json& source, std::optional<Own>& target) {
  target.reset();
  if (source == "own") target.emplace();
}

struct Planned {
  std::optional<int> number;
  std::vector<std::optional<std::string>> texts;
  milliseconds pause{};
  duration<double> exact{};
  castore::Timestamp at{};
  std::map<std::string, system_clock::time_point> times;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Planned, number, texts, pause, exact, at, times)
};

template <class Time>
std::string text_of(Time time) {
  return json(time).template get<std::string>();
}

}  // namespace standard_types_test

template <>
struct nlohmann::adl_serializer<minutes> {
  static void to_json(json& target, const minutes& source) { target = std::to_string(source.count()) + " min"; }
  static void from_json(const json&, minutes& target) { target = minutes{7}; }
};
template <>
struct nlohmann::adl_serializer<std::optional<char>> {
  static void to_json(json& target, const std::optional<char>&) { target = "own"; }
  static void from_json(const json&, std::optional<char>& target) { target = 'x'; }
};

using namespace standard_types_test;

TEST_CASE("declared fields may be optional values, durations and points in time") {
  const Planned planned{5,
                        {"a", std::nullopt},
                        milliseconds{-90},
                        duration<double>{0.1},
                        castore_tests::at(7),
                        {{"x", system_clock::time_point{}}}};
  const json expected = json::parse(R"({"number": 5, "texts": ["a", null], "pause": -90, "exact": 0.1,
                                        "at": "2022-01-01T00:00:00.007Z"})");
  json stored = planned;
  const auto back = stored.get<Planned>();
  CHECK(back.times == planned.times);
  stored.erase("times");
  CHECK(stored == expected);
  CHECK(back.number == 5);
  CHECK(back.texts == planned.texts);
  CHECK(back.pause == planned.pause);
  CHECK(back.exact == planned.exact);
  CHECK(back.at == planned.at);
  CHECK(json(std::optional<int>{}).is_null());
  CHECK_FALSE(json(nullptr).get<std::optional<int>>());
  CHECK(error_of<json::type_error>([] { json("x").get<std::optional<int>>(); }).id == 302);
}

TEST_CASE("points in time are text with all the digits of their unit") {
  const auto day = sys_days{year{2024} / 2 / 29};
  CHECK(text_of(sys_seconds{day}) == "2024-02-29T00:00:00Z");
  CHECK(text_of(sys_time<milliseconds>{day + milliseconds{7}}) == "2024-02-29T00:00:00.007Z");
  CHECK(text_of(sys_time<microseconds>{day + microseconds{70}}) == "2024-02-29T00:00:00.000070Z");
  CHECK(text_of(sys_time<nanoseconds>{day - nanoseconds{1}}) == "2024-02-28T23:59:59.999999999Z");
  CHECK(text_of(castore::earliest_timestamp) == "0000-01-01T00:00:00.000Z");
  CHECK(text_of(castore::latest_timestamp) == "9999-12-31T23:59:59.999Z");
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{999'999'999}, std::int64_t{1'700'000'000'123'456'789}}) {
    const sys_time<nanoseconds> time{nanoseconds{count}};
    CHECK(json(time).get<sys_time<nanoseconds>>() == time);
    const auto rounded = floor<microseconds>(time);
    CHECK(json(rounded).get<sys_time<microseconds>>() == rounded);
    CHECK(json(floor<seconds>(time)).get<sys_seconds>() == floor<seconds>(time));
  }
}

TEST_CASE("points in time are read in every form of ISO 8601 that Castore writes, digits beyond the unit cut off") {
  CHECK(json("2024-02-29T01:00:00.123456789+01:00").get<castore::Timestamp>() ==
        sys_days{year{2024} / 2 / 29} + milliseconds{123});
  CHECK(json("2024-02-29T00:00:00.9Z").get<sys_seconds>() == sys_days{year{2024} / 2 / 29});
  CHECK(json("2024-02-29T00:00:00.5Z").get<sys_time<nanoseconds>>() ==
        sys_days{year{2024} / 2 / 29} + milliseconds{500});
  CHECK(json("2024-02-29T00:00:00Z").get<sys_time<nanoseconds>>() == sys_days{year{2024} / 2 / 29});
  CHECK(error_of<std::invalid_argument>([] { json("29 Feb").get<sys_seconds>(); }).what() ==
        "'29 Feb' is not an ISO 8601 date and time"s);
  CHECK(error_of<json::type_error>([] { json(1).get<sys_seconds>(); }).id == 302);
}

TEST_CASE("points in time that text or the type does not hold are refused") {
  const std::string outside = "a point in time lies outside the years 0000 to 9999";
  CHECK(error_of<std::invalid_argument>([] { text_of(castore::latest_timestamp + milliseconds{1}); }).what() == outside);
  CHECK(error_of<std::invalid_argument>([] { text_of(castore::earliest_timestamp - milliseconds{1}); }).what() == outside);
  CHECK(error_of<std::invalid_argument>([] { text_of(sys_seconds::max()); }).what() == outside);
  for (const char* text : {"9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"}) {
    CHECK(error_of<std::invalid_argument>([&] { json(text).get<sys_time<nanoseconds>>(); }).what() ==
          "'"s + text + "' lies outside of what the field's type holds");
  }
  CHECK(json("2262-04-11T23:47:15.999999999Z").get<sys_time<nanoseconds>>() ==
        sys_time<nanoseconds>{nanoseconds{9'223'372'035'999'999'999}});
}

TEST_CASE("a conversion of the program's goes before the library's") {
  CHECK(json(std::optional<Own>{Own{}}) == "own");
  CHECK(json(std::optional<Own>{}) == "none");
  CHECK(json("own").get<std::optional<Own>>());
  CHECK(json(minutes{3}) == "3 min");
  CHECK(json(0).get<minutes>() == minutes{7});
  CHECK(json(std::optional<char>{}) == "own");
}
