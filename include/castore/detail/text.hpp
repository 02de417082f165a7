// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_TEXT_HPP
#define CASTORE_DETAIL_TEXT_HPP

#include <castore/config.hpp>

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

/// What `==` says, in line, and without looking at the characters where both are the same ones.
inline bool is_same_text(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() &&
         (left.data() == right.data() || left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
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

/// Apart from what is asked for most texts, so that compilers put that where it is asked.
inline bool is_other_utf8_without_nul(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}
/// True when the text is well-formed UTF-8 without NUL.
inline bool is_utf8_without_nul(std::string_view text) noexcept {
  return is_plain_ascii(text) || is_other_utf8_without_nul(text);
}

/// True for what a terminal, a log or a reader would not take for the character that it is: controls, marks of
/// direction, separators of lines, characters without width. Source: The Unicode Standard 15.0: Cc, Zl, Zp,
/// Bidi_Control, Default_Ignorable_Code_Point, U+FFF9 to U+FFFB, U+FFFE, U+FFFF.
inline bool is_misleading(char32_t point) noexcept {
  constexpr char32_t ranges[][2] = {{0x00, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x34F, 0x34F},
                                    {0x61C, 0x61C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
                                    {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},
                                    {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
                                    {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  for (const auto& [first, last] : ranges) {
    if (point <= last) return point >= first;
  }
  return false;
}

/// The code point of a well-formed UTF-8 sequence.
inline char32_t code_point_of(std::string_view sequence) noexcept {
  constexpr unsigned char bits_of_first[] = {0x7F, 0x1F, 0x0F, 0x07};
  char32_t point = static_cast<unsigned char>(sequence.front()) & bits_of_first[sequence.size() - 1];
  for (const char byte : sequence.substr(1)) point = (point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return point;
}

/// Text from elsewhere (an id, a server's words) as an error message or a log may show it: one line of UTF-8 in which
/// each byte that misleads, or is not UTF-8, is written as `\xNN`. Where more than `longest` bytes would come of it, it
/// ends between two characters and says how long the text was. Safe text within the bound stays as it is.
inline std::string safe_text(std::string_view text, std::size_t longest = 1000) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string result;
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t length = utf8_sequence_length(left);
    const std::string_view bytes = left.substr(0, length == 0 ? 1 : length);
    const bool is_shown = length != 0 && !is_misleading(code_point_of(bytes));
    if (longest - result.size() < bytes.size() * (is_shown ? 1 : 4)) {
      return result += "... (" + std::to_string(text.size()) + " bytes)";
    }
    if (is_shown) {
      result += bytes;
    } else {
      for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        result += {'\\', 'x', digits[value >> 4U], digits[value & 0xFU]};
      }
    }
    left.remove_prefix(bytes.size());
  }
  return result;
}

/// The same in single quotes, for ids and names.
inline std::string in_quotes(std::string_view text, std::size_t longest = 200) {
  return '\'' + safe_text(text, longest) + '\'';
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
