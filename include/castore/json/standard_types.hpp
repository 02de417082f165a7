// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_STANDARD_TYPES_HPP
#define CASTORE_JSON_STANDARD_TYPES_HPP

/// @file
/// JSON for types of the standard library that nlohmann_json does not convert: std::optional, durations and points in
/// time of the system's clock. And one message for those that have no form, where nlohmann_json has a page of them.
/// A conversion of nlohmann_json's own, or of the program's, goes first.

#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <bitset>
#include <charconv>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ratio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace castore {

/// @brief Types that nlohmann_json converts both ways, e.g. by `NLOHMANN_DEFINE_TYPE_INTRUSIVE`.
template <class Value>
concept JsonConvertible = requires(const Value& value, const nlohmann::json& json) {
  nlohmann::json(value);
  { json.get<Value>() } -> std::same_as<Value>;
};

}  // namespace castore

namespace castore::detail {

template <class Value>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

template <class Value>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

/// The digits after the point of a second; negative for other units.
template <class Period>
constexpr int digits_of_second() {
  if (Period::num != 1) return -1;
  int digits = 0;
  std::intmax_t parts = Period::den;
  for (; parts > 1 && parts % 10 == 0; parts /= 10) ++digits;
  return parts == 1 ? digits : -1;
}

/// Points in time with a text of their own: of seconds or a decimal part of them.
template <class Value>
inline constexpr bool is_system_time = false;
template <class Rep, class Period>
inline constexpr bool is_system_time<std::chrono::sys_time<std::chrono::duration<Rep, Period>>> =
    std::integral<Rep> && digits_of_second<Period>() >= 0;

/// Templates that nlohmann_json does not convert, as JSON has no form for them that one would expect. Classes that are no
/// templates (std::monostate, std::chrono::year) are not among them: comparing JSON values makes the compiler look at
/// conversions to those that have `==`, and no later header could say more of them.
template <class Value>
inline constexpr bool has_no_json = false;
template <class... Values>
inline constexpr bool has_no_json<std::variant<Values...>> = true;
template <class Value, class Deleter>
inline constexpr bool has_no_json<std::unique_ptr<Value, Deleter>> = true;
template <class Value>
inline constexpr bool has_no_json<std::shared_ptr<Value>> = true;
template <class Value>
inline constexpr bool has_no_json<std::weak_ptr<Value>> = true;
template <class Signature>
inline constexpr bool has_no_json<std::function<Signature>> = true;
template <std::size_t size>
inline constexpr bool has_no_json<std::bitset<size>> = true;
template <class Value>
inline constexpr bool has_no_json<std::complex<Value>> = true;
template <class Clock, class Duration>
inline constexpr bool has_no_json<std::chrono::time_point<Clock, Duration>> =
    !is_system_time<std::chrono::time_point<Clock, Duration>>;
template <class Duration>
inline constexpr bool has_no_json<std::chrono::hh_mm_ss<Duration>> = true;

/// A compiler's error names the type; and the field by the line of the macro that lists it.
template <class Value>
struct JsonFormOf {
  static_assert(!has_no_json<Value>,
                "castore: this type has no JSON form; use one that has (std::optional for a pointer, castore::Timestamp "
                "for a date, a payload of its own for each alternative of a std::variant), or specialise "
                "nlohmann::adl_serializer for it");
};

template <class Value>
concept ConvertedByOthers = requires(nlohmann::json& json, const nlohmann::json& read, Value& value) {
  ::nlohmann::to_json(json, value);
  ::nlohmann::from_json(read, value);
};
template <class Value>
inline constexpr bool is_converted_here = is_duration<Value> || is_system_time<Value> || has_no_json<Value>;
template <class Value>
inline constexpr bool is_converted_here<std::optional<Value>> =
    JsonConvertible<Value> && !std::same_as<Value, nlohmann::json>;  // every value is converted to this one by itself
template <class Value>
concept ConvertedHere = is_converted_here<Value> && !ConvertedByOthers<Value>;

/// @throws std::invalid_argument
template <class Duration>
std::string time_to_text(std::chrono::sys_time<Duration> time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  constexpr auto earliest = std::chrono::floor<std::chrono::seconds>(earliest_timestamp);
  constexpr auto latest = std::chrono::floor<std::chrono::seconds>(latest_timestamp);
  if (second < earliest || second > latest) {
    throw std::invalid_argument{"a point in time lies outside the years 0000 to 9999"};
  }
  std::string text = format_timestamp(second);
  text.resize(text.find('.'));
  if constexpr (constexpr int digits = digits_of_second<typename Duration::period>(); digits > 0) {
    const std::string fraction = std::to_string((time - second).count());
    text.append(".").append(static_cast<std::size_t>(digits) - fraction.size(), '0').append(fraction);
  }
  return text += 'Z';
}

/// Digits that the type does not hold are cut off. @throws std::invalid_argument
template <class Duration>
std::chrono::sys_time<Duration> time_from_text(std::string_view text) {
  const std::optional<Timestamp> time = parse_timestamp(text);
  if (!time) throw std::invalid_argument{in_quotes(text) + " is not an ISO 8601 date and time"};
  constexpr int digits = digits_of_second<typename Duration::period>();
  const auto second = std::chrono::floor<std::chrono::seconds>(*time);
  const std::size_t point = text.find('.');
  std::string fraction(static_cast<std::size_t>(digits) + 1, '0');  // from 0, so that there is a number
  for (std::size_t index = 1; point != std::string_view::npos && index < fraction.size(); ++index) {
    const char digit = point + index < text.size() ? text[point + index] : 'Z';
    if (digit < '0' || digit > '9') break;
    fraction[index] = digit;
  }
  typename Duration::rep parts{};
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), parts);
  using Whole = std::chrono::duration<std::int64_t>;
  const auto limit = std::chrono::floor<Whole>((Duration::max)()) - Whole{1};
  if (second.time_since_epoch() > limit || second.time_since_epoch() < -limit) {
    throw std::invalid_argument{in_quotes(text) + " lies outside of what the field's type holds"};
  }
  return std::chrono::time_point_cast<Duration>(second) + Duration(parts);
}

}  // namespace castore::detail

/// @brief Optional values (`null` for none), durations (how many), and points in time of the system's clock in UTC with
/// all their digits (ISO 8601), where neither nlohmann_json nor the program converts them.
template <class Value>
  requires castore::detail::ConvertedHere<Value>
struct nlohmann::adl_serializer<Value, void> {
  static constexpr bool is_of_castore = true;  ///< A program may have one of its own.

  static void to_json(json& json, const Value& value) {
    if constexpr (castore::detail::is_optional<Value>) {
      if (value) json = *value;
      else json = nullptr;
    } else if constexpr (castore::detail::is_duration<Value>) {
      json = value.count();
    } else if constexpr (castore::detail::is_system_time<Value>) {
      json = castore::detail::time_to_text(value);
    } else {
      static_cast<void>(sizeof(castore::detail::JsonFormOf<Value>));
    }
  }
  static void from_json(const json& json, Value& value) {
    if constexpr (castore::detail::is_optional<Value>) {
      if (json.is_null()) value.reset();
      else value.emplace(json.template get<typename Value::value_type>());
    } else if constexpr (castore::detail::is_duration<Value>) {
      value = Value(json.template get<typename Value::rep>());
    } else if constexpr (castore::detail::is_system_time<Value>) {
      value = castore::detail::time_from_text<typename Value::duration>(json.template get<std::string>());
    } else {
      static_cast<void>(sizeof(castore::detail::JsonFormOf<Value>));
    }
  }
};

#endif
