// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_JSON_SCANNER_HPP
#define CASTORE_AWS_JSON_SCANNER_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castore::detail {

/// JSON text is not what it should be.
class CASTORE_DETAIL_THROWN JsonScanError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Walks once over JSON text without building anything. Strings are handed out as they stand between their quotes, as
/// most of them go into other JSON text. It finds every error of structure; that the contents of strings are in order
/// (`nlohmann::json::accept`) is the caller's to know.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) noexcept : text_{text} {}

  /// The next character that is not a space.
  char peek() {
    while (place_ < text_.size() && is_space(text_[place_])) ++place_;
    if (place_ == text_.size()) fail("its end");
    return text_[place_];
  }
  void expect(char wanted) {
    if (peek() != wanted) fail("something else than", wanted);
    ++place_;
  }

  /// A string's text with its escapes, valid as long as the whole text.
  std::string_view string() {
    expect('"');
    const std::size_t start = place_;
    for (std::size_t quote = start;; place_ = quote + 1) {
      quote = text_.find('"', place_);
      if (quote == std::string_view::npos) {
        place_ = text_.size();
        fail("its end in a string");
      }
      // The quote ends the string unless an escape takes it.
      for (;;) {
        const std::size_t escape = text_.substr(0, quote).find('\\', place_);
        if (escape == std::string_view::npos) {
          place_ = quote + 1;
          return text_.substr(start, quote - start);
        }
        if (escape + 1 == quote) break;
        place_ = escape + 2;
      }
    }
  }

  /// A number, `true`, `false` or `null`, as it stands.
  std::string_view literal() {
    peek();
    const std::size_t start = place_;
    while (place_ < text_.size() && is_of_literal(text_[place_])) ++place_;
    if (place_ == start) fail("no value");
    return text_.substr(start, place_ - start);
  }

  /// Calls `member(key)` for each member of an object; it must take the value.
  template <class Member>
  void object(const Member& member) {
    expect('{');
    if (peek() == '}') {
      ++place_;
      return;
    }
    for (;;) {
      const std::string_view key = string();
      expect(':');
      member(key);
      if (peek() != ',') break;
      ++place_;
    }
    expect('}');
  }

  template <class Element>
  void array(const Element& element) {
    expect('[');
    if (peek() == ']') {
      ++place_;
      return;
    }
    for (;;) {
      element();
      if (peek() != ',') break;
      ++place_;
    }
    expect(']');
  }

  /// The next value, whatever it is, as it stands.
  std::string_view value() {
    const char first = peek();
    const std::size_t start = place_;
    if (first == '"') {
      string();
    } else if (first != '{' && first != '[') {
      literal();
    } else {
      std::size_t depth = 0;
      do {
        if (place_ == text_.size()) fail("its end in an object or array");
        const char character = text_[place_];
        if (character == '"') {
          string();
          continue;
        }
        ++place_;
        if (character == '{' || character == '[') {
          ++depth;
        } else if (character == '}' || character == ']') {
          --depth;
        }
      } while (depth > 0);
    }
    return text_.substr(start, place_ - start);
  }

  void expect_end() {
    while (place_ < text_.size() && is_space(text_[place_])) ++place_;
    if (place_ != text_.size()) fail("more text");
  }

 private:
  static bool is_space(char character) noexcept {
    return character == ' ' || character == '\n' || character == '\t' || character == '\r';
  }
  static bool is_of_literal(char character) noexcept {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') || character == '-' ||
           character == '+' || character == '.' || character == 'E';
  }
  [[noreturn]] void fail(const std::string& found, char wanted = '\0') const {
    throw JsonScanError{"JSON text has " + found + (wanted == '\0' ? "" : std::string{" "} + wanted) + " at byte " +
                        std::to_string(place_)};
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

/// JSON text as a value; a discarded one when it is anything else. nlohmann_json alone takes a NUL for the end.
inline nlohmann::json parse_json(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return nlohmann::json::value_t::discarded;
  return nlohmann::json::parse(text, nullptr, false);
}

/// The text of a string that stands with its escapes in JSON text.
/// @throws JsonScanError
inline std::string unescape_json(std::string_view escaped) {
  if (escaped.find('\\') == std::string_view::npos) return std::string{escaped};
  std::string quoted{"\""};
  quoted.append(escaped) += '"';
  const auto value = parse_json(quoted);
  if (!value.is_string()) throw JsonScanError{"JSON text has a string with a wrong escape"};
  return value.get<std::string>();
}

/// Appends text as a JSON string with its quotes.
inline void append_json_string(std::string& json, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  json += '"';
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      json += {'\\', character};
    } else if (byte < 0x20) {
      json.append("\\u00") += {digits[byte >> 4U], digits[byte & 0xFU]};
    } else {
      json += character;
    }
  }
  json += '"';
}

/// True for the whole text of one JSON object, as far as its structure tells.
inline bool is_whole_json_object(std::string_view text) {
  try {
    JsonScanner scanner{text};
    if (scanner.peek() != '{') return false;
    scanner.value();
    scanner.expect_end();
    return true;
  } catch (const JsonScanError&) {
    return false;
  }
}

}  // namespace castore::detail

#endif
