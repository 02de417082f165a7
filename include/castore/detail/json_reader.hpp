// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_JSON_READER_HPP
#define CASTORE_DETAIL_JSON_READER_HPP

/// @file
/// Members and elements of JSON as the text that they are, and strings as JSON.
/// Source: RFC 8259, The JavaScript Object Notation (JSON) Data Interchange Format.

#include <castore/config.hpp>
#include <castore/detail/json_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace castore::detail {

/// Reads JSON that `JsonTextCheck` has found right; it looks no further than for where a value ends.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) noexcept : text_{text} {}

  /// Calls `use(name, value, begin)` for each member of the object that is next, with the text of both, and the place
  /// of the name. It ends when that returns false.
  template <class Use>
  void for_each_member(const Use& use) {
    skip_spaces();
    ++next_;
    for (skip_spaces(); text_[next_] != '}'; skip_spaces()) {
      if (text_[next_] == ',') ++next_;
      skip_spaces();
      const std::size_t begin = next_;
      const std::string_view name = value();
      skip_spaces();
      ++next_;  // the colon
      skip_spaces();
      if (!use(name, value(), begin)) return;
    }
  }

  /// The same for the array that is next: `use(value)`.
  template <class Use>
  void for_each_element(const Use& use) {
    skip_spaces();
    ++next_;
    for (skip_spaces(); text_[next_] != ']'; skip_spaces()) {
      if (text_[next_] == ',') ++next_;
      skip_spaces();
      use(value());
    }
  }

  /// Where the last value ended.
  std::size_t place() const noexcept { return next_; }

 private:
  static bool is_space(char character) noexcept {
    return character == ' ' || character == '\n' || character == '\t' || character == '\r';
  }
  void skip_spaces() noexcept {
    while (next_ < text_.size() && is_space(text_[next_])) ++next_;
  }
  void skip_string() noexcept {
    const char* const end = text_.data() + text_.size();
    const char* next = skip_plain_json(text_.data() + next_ + 1, end);
    while (*next != '"') next = skip_plain_json(next + (*next == '\\' ? 2 : 1), end);
    next_ = static_cast<std::size_t>(next - text_.data()) + 1;
  }
  void skip_number_or_word() noexcept {
    const auto is_end = [](char character) {
      return is_space(character) || character == ',' || character == '}' || character == ']';
    };
    while (next_ < text_.size() && !is_end(text_[next_])) ++next_;
  }
  std::string_view value() noexcept {
    const std::size_t begin = next_;
    std::size_t depth = 0;
    do {
      const char first = text_[next_];
      if (first == '"') {
        skip_string();
      } else if (first == '{' || first == '[') {
        ++depth;
        ++next_;
      } else if (first == '}' || first == ']') {
        --depth;
        ++next_;
      } else if (depth > 0) {
        ++next_;
      } else {
        skip_number_or_word();
      }
    } while (depth > 0);
    return text_.substr(begin, next_ - begin);
  }

  std::string_view text_;
  std::size_t next_ = 0;
};

/// What the text of a JSON value begins with, behind spaces; NUL when there is nothing.
inline char first_of_json(std::string_view json) noexcept {
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? '\0' : json[first];
}

inline void append_quoted_json(std::string& json, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  json += '"';
  for (const char character : text) {
    if (character == '"' || character == '\\') json += '\\';
    if (static_cast<unsigned char>(character) < 0x20) {
      json += {'\\', 'u', '0', '0', digits[static_cast<unsigned char>(character) >> 4U], digits[character & 0xF]};
    } else {
      json += character;
    }
  }
  json += '"';
}

}  // namespace castore::detail

#endif
