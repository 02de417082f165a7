// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_JSONB_HPP
#define CASTORE_ADAPTERS_POSTGRES_JSONB_HPP

#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// What JSONB keeps as the number that every reader takes for negative zero: too small for a double, which keeps its
/// sign. JSONB itself has decimal numbers, of which zero has none.
inline constexpr std::string_view postgres_negative_zero = "-1e-400";

/// The length of the JSON number at the start of `text` when it is a negative zero, else 0.
inline std::size_t negative_zero_length(std::string_view text) noexcept {
  if (!text.starts_with("-0")) return 0;
  std::size_t length = 2;
  const auto skip_zeros = [&] {
    while (length < text.size() && text[length] == '0') ++length;
  };
  const auto is_digit = [&] { return length < text.size() && text[length] >= '0' && text[length] <= '9'; };
  if (length < text.size() && text[length] == '.') {
    ++length;
    skip_zeros();
  }
  if (is_digit()) return 0;
  if (length < text.size() && (text[length] == 'e' || text[length] == 'E')) {
    ++length;
    if (length < text.size() && (text[length] == '+' || text[length] == '-')) ++length;
    while (is_digit()) ++length;
  }
  return length;
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
                                             "), which is no character; write valid Unicode"};
        }
        index += 6;
      }
      index += unit ? 5 : 1;
    } else if (!in_string && character == '-') {
      if (const std::size_t length = negative_zero_length(text.substr(index)); length > 0) {
        changed += text.substr(copied, index - copied);
        changed += postgres_negative_zero;
        copied = index + length;
        index = copied - 1;
      }
    }
  }
  if (copied == 0) return std::nullopt;
  changed += text.substr(copied);
  return changed;
}

}  // namespace castore::detail

#endif
