// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_DECIMAL_HPP
#define CASTORE_DETAIL_DECIMAL_HPP

#include <castore/config.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// A decimal number: 0.`digits` times 10 to the power of `exponent`; no digits for 0. Digits begin and end with others
/// than 0, so that equal numbers are equal objects.
struct Decimal {
  bool negative = false;
  std::string digits{};
  int exponent = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

/// The longest text of a number that is read.
inline constexpr std::size_t max_decimal_size = 1'000'000;

/// Reads what JSON and DynamoDB call a number. Exponents beyond all use are cut at two millions.
inline std::optional<Decimal> parse_decimal(std::string_view text) {
  constexpr int beyond_all_use = 2'000'000;
  if (text.size() > max_decimal_size) return std::nullopt;
  Decimal number;
  const auto take = [&text](char wanted) {
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
  };
  const auto next_is_digit = [&text] { return !text.empty() && text.front() >= '0' && text.front() <= '9'; };
  number.negative = take('-');
  if (!number.negative) take('+');
  bool any = false;
  bool after_point = false;
  for (;; text.remove_prefix(1)) {
    if (!after_point && text.starts_with('.')) {
      after_point = true;
      continue;
    }
    if (!next_is_digit()) break;
    any = true;
    const bool leading_zero = number.digits.empty() && text.front() == '0';
    if (!leading_zero) number.digits += text.front();
    if (after_point ? leading_zero : !leading_zero) number.exponent += after_point ? -1 : 1;
  }
  if (!any) return std::nullopt;
  if (take('e') || take('E')) {
    const bool negative = take('-');
    if (!negative) take('+');
    if (!next_is_digit()) return std::nullopt;
    int exponent = 0;
    for (; next_is_digit(); text.remove_prefix(1)) {
      exponent = (std::min)(10 * beyond_all_use, 10 * exponent + (text.front() - '0'));
    }
    number.exponent += negative ? -exponent : exponent;
  }
  if (!text.empty()) return std::nullopt;
  number.exponent = std::clamp(number.exponent, -beyond_all_use, beyond_all_use);
  while (number.digits.ends_with('0')) number.digits.pop_back();
  if (number.digits.empty()) number = {};
  return number;
}

/// The digits of DynamoDB's numbers.
/// Source: Amazon DynamoDB Developer Guide, "Supported data types and naming rules".
inline constexpr int dynamodb_max_digits = 38;

/// How deep attribute values are read. DynamoDB allows half of it; whoever stands in for it may allow more.
inline constexpr std::size_t dynamodb_max_read_depth = 64;

/// Writes a number as ECMAScript writes one of these digits, but without an exponent as long as 38 digits do. Castore
/// reads integers beyond 2^53 as BigInt, which has no exponents, and servers other than Amazon's keep the text.
/// Source: ECMA-262, Number::toString.
inline std::string to_text(const Decimal& number) {
  if (number.digits.empty()) return "0";
  std::string text{number.negative ? "-" : ""};
  const std::string& digits = number.digits;
  const int count = static_cast<int>(digits.size());
  const int point = number.exponent;
  if (count <= point && point <= dynamodb_max_digits) {
    text.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= dynamodb_max_digits) {
    text.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    text.append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    text.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    text += digits.front();
    if (count > 1) text.append(".").append(digits, 1);
    text.append(point > 0 ? "e+" : "e-").append(std::to_string(point > 0 ? point - 1 : 1 - point));
  }
  return text;
}

/// An integer of up to 38 digits, all of which are written. It stays as it is, also where ECMAScript would write a
/// number with an exponent: there Castore has a BigInt, and reads no other form of one.
inline bool is_plain_integer(std::string_view text) noexcept {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    if (text == "0") return false;
  }
  if (text.empty() || text.size() > dynamodb_max_digits || (text.size() > 1 && text.front() == '0')) return false;
  return std::ranges::all_of(text, [](char character) { return character >= '0' && character <= '9'; });
}

}  // namespace castore::detail

#endif
