// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_TEXT_HPP
#define CASTORE_DETAIL_TEXT_HPP

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace castore::detail {

/// True when every byte is ASCII and none is NUL; the common case of an id, answered eight bytes at a time.
inline bool is_plain_ascii(std::string_view text) noexcept {
  constexpr std::size_t step = sizeof(std::uint64_t);
  const auto has_other_byte = [](const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, step);
    return (((word - 0x0101010101010101U) | word) & 0x8080808080808080U) != 0;  // one is zero or above 127
  };
  if (text.size() < step) {
    for (const char byte : text) {
      if (static_cast<signed char>(byte) <= 0) return false;
    }
    return true;
  }
  const char* const last = text.data() + text.size() - step;
  for (const char* next = text.data(); next < last; next += step) {
    if (has_other_byte(next)) return false;
  }
  return !has_other_byte(last);
}

/// The length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none.
/// Source: The Unicode Standard 15.0, table 3-7 (well-formed UTF-8 byte sequences).
inline std::size_t utf8_sequence_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto byte = [text](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto between = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
  const auto tail = [&](std::size_t index) { return between(byte(index), 0x80, 0xBF); };
  const unsigned first = byte(0);
  if (first <= 0x7F) return 1;
  if (between(first, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (between(first, 0xE0, 0xEF)) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return between(byte(1), low, high) && tail(2) ? 3 : 0;
  }
  if (between(first, 0xF0, 0xF4)) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return between(byte(1), low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// True when the text is well-formed UTF-8 without NUL.
inline bool is_utf8_without_nul(std::string_view text) noexcept {
  if (is_plain_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

/// The text in single quotes for an error message: control characters and bytes that are not UTF-8 as `\xNN`,
/// shortened to about 200 bytes.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 200;
  constexpr char digits[] = "0123456789ABCDEF";
  std::string result{"'"};
  std::string_view left = text;
  while (!left.empty() && result.size() < longest) {
    const auto byte = static_cast<unsigned char>(left.front());
    const std::size_t length = utf8_sequence_length(left);
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      result += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
      left.remove_prefix(1);
    } else {
      result += left.substr(0, length);
      left.remove_prefix(length);
    }
  }
  if (!left.empty()) result += "... (" + std::to_string(text.size()) + " bytes)";
  return result += '\'';
}

/// The whole text as a decimal integer, nothing when it is anything else.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) noexcept {
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace castore::detail

#endif
