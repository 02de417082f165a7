// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_JSONB_HPP
#define CASTORE_ADAPTERS_POSTGRES_JSONB_HPP

#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// What JSONB keeps as the number that every reader takes for negative zero: too small for a double, which keeps its
/// sign. JSONB itself has decimal numbers, of which zero has none.
inline constexpr std::string_view postgres_negative_zero = "-1e-400";

/// The length of what is a JSON number, or would be one if it were right, at the start of `text`; 0 when there is none.
inline std::size_t json_number_length(std::string_view text) noexcept {
  constexpr std::string_view beginnings = "+-.0123456789";
  if (text.empty() || beginnings.find(text.front()) == std::string_view::npos) return 0;
  return (std::min)(text.find_first_not_of("+-.0123456789eE"), text.size());
}

/// Whether a whole JSON number is a negative zero. Of what is not a JSON number, false: the server refuses it.
inline bool is_negative_zero(std::string_view number) noexcept {
  const auto skip = [&number](std::string_view characters) {
    const std::size_t length = (std::min)(number.find_first_not_of(characters), number.size());
    number.remove_prefix(length);
    return length;
  };
  if (!number.starts_with("-0")) return false;
  number.remove_prefix(2);
  if (number.starts_with('.')) {
    number.remove_prefix(1);
    if (skip("0") == 0) return false;
  }
  if (number.starts_with('e') || number.starts_with('E')) {
    number.remove_prefix(1);
    if (number.starts_with('+') || number.starts_with('-')) number.remove_prefix(1);
    if (skip("0123456789") == 0) return false;
  }
  return number.empty();
}

/// The code unit of the escape `\uXXXX` at the start of `text`, nothing when there is none.
inline std::optional<unsigned> unicode_escape(std::string_view text) noexcept {
  if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
  unsigned unit = 0;
  for (const char digit : text.substr(2, 4)) {
    if (digit >= '0' && digit <= '9') {
      unit = unit * 16 + static_cast<unsigned>(digit - '0');
    } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
      unit = unit * 16 + static_cast<unsigned>((digit | 0x20) - 'a') + 10;
    } else {
      return std::nullopt;
    }
  }
  return unit;
}

/// Checks what JSONB cannot keep: NUL and lone surrogates. Whether the text is JSON at all, the server checks.
/// @param field `payload` or `metadata`.
/// @return The text to send where it is another one, because the given one has a negative zero.
/// @throws InvalidEventError
inline std::optional<std::string> to_jsonb(const char* field, std::string_view text) {
  if (!is_utf8_without_nul(text)) {
    throw InvalidEventError{field, "it is not UTF-8 text without NUL; escape other bytes"};
  }
  if (text.find("\\u") == std::string_view::npos && text.find("-0") == std::string_view::npos) return std::nullopt;

  std::string changed;
  std::size_t copied = 0;
  bool in_string = false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char character = text[index];
    if (character == '"') {
      in_string = !in_string;
    } else if (in_string && character == '\\') {
      const auto unit = unicode_escape(text.substr(index));
      if (unit == 0U) {
        throw InvalidEventError{field, "it holds the character NUL (\\u0000), which JSONB cannot keep; escape it"};
      }
      if (unit && *unit >= 0xD800 && *unit <= 0xDFFF) {
        const auto low = unicode_escape(text.substr(index + 6));
        if (*unit >= 0xDC00 || !low || *low < 0xDC00 || *low > 0xDFFF) {
          throw InvalidEventError{field, "it holds half of a surrogate pair (" + std::string{text.substr(index, 6)} +
                                             "), which is not a character; write valid Unicode"};
        }
        index += 6;
      }
      index += unit ? 5U : 1U;
    } else if (const std::size_t length = in_string ? 0 : json_number_length(text.substr(index)); length > 0) {
      if (is_negative_zero(text.substr(index, length))) {
        changed += text.substr(copied, index - copied);
        changed += postgres_negative_zero;
        copied = index + length;
      }
      index += length - 1;
    }
  }
  if (copied == 0) return std::nullopt;
  changed += text.substr(copied);
  return changed;
}

}  // namespace castore::detail

#endif
