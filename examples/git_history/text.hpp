// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_TEXT_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_TEXT_HPP

/// @file
/// Git's paths and names are bytes; castore's ids and JSON are UTF-8. Here one becomes the other without loss.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace git_history {

/// @brief The length of the well-formed UTF-8 character (other than NUL) at the start of `text`, 0 when there is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t index) -> std::uint32_t {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first < 0xC0 || first > 0xF7) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t code_point = first & (0x7FU >> length);
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xC0U) != 0x80) return 0;
    code_point = code_point << 6U | (byte(index) & 0x3FU);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return code_point < smallest[length] || code_point > 0x10FFFF || is_surrogate ? 0 : length;
}

inline std::string hex_byte(char byte) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  return {digits[value >> 4U], digits[value & 0xFU]};
}

/// @brief Turns bytes into UTF-8 text, reversibly, and leaves nearly all text as it is.
///
/// UTF-8 that does not begin with `/` is unchanged: every UTF-8 path of git, as those never begin with `/`. Anything
/// else becomes `/` followed by the bytes, where a byte that is not part of a UTF-8 character, and `%`, is written as
/// `%` and two upper-case hexadecimal digits: `caf\xE9 100%` becomes `/caf%E9 100%25`.
inline std::string escape(std::string_view bytes) {
  std::string escaped{"/"};
  bool is_text = !bytes.starts_with('/');
  for (std::string_view left = bytes; !left.empty();) {
    const std::size_t length = utf8_length(left);
    if (length == 0 || left.front() == '%') {
      escaped += '%' + hex_byte(left.front());
      left.remove_prefix(1);
    } else {
      escaped += left.substr(0, length);
      left.remove_prefix(length);
    }
    if (length == 0) is_text = false;
  }
  return is_text ? std::string{bytes} : escaped;
}

/// @brief The bytes that `escape` made this text of; nothing when it makes it of none.
inline std::optional<std::string> unescape(std::string_view text) {
  std::string bytes;
  if (text.starts_with('/')) {
    for (std::string_view left = text.substr(1); !left.empty(); left.remove_prefix(1)) {
      if (left.front() != '%') {
        bytes += left.front();
        continue;
      }
      const std::string_view digits = left.substr(1, 2);
      unsigned value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (digits.size() != 2 || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
      bytes += static_cast<char>(value);
      left.remove_prefix(2);
    }
  } else {
    bytes = text;
  }
  if (escape(bytes) != text) return std::nullopt;  // one text per path, so that no file has two aggregates
  return bytes;
}

/// @brief The bytes as one line that is safe on a terminal: control characters and what is not UTF-8 as `\xNN`.
inline std::string printable(std::string_view bytes) {
  std::string line;
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    const auto first = static_cast<unsigned char>(bytes.front());
    const bool is_c1_control = length == 2 && first == 0xC2 && static_cast<unsigned char>(bytes[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || is_c1_control) {
      line += "\\x" + hex_byte(bytes.front());
      bytes.remove_prefix(1);
    } else {
      line += bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
  }
  return line;
}

/// @brief The same in quotes.
inline std::string in_quotes(std::string_view bytes) { return "'" + printable(bytes) + "'"; }

/// @brief Lines joined by spaces, for an error message that must be one line.
inline std::string one_line(std::string_view text) {
  std::string line;
  for (const char character : text) {
    const bool is_space = character == ' ' || (character >= '\t' && character <= '\r');
    if (!is_space) {
      line += character;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return printable(line);
}

}  // namespace git_history

#endif
