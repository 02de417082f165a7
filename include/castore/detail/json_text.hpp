// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_JSON_TEXT_HPP
#define CASTORE_DETAIL_JSON_TEXT_HPP

/// @file
/// Whether text is one JSON value and nothing else.
/// Source: RFC 8259, The JavaScript Object Notation (JSON) Data Interchange Format.

#include <castore/detail/text.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace castore::detail {

/// The next byte of a JSON string that must be looked at: a quote, a backslash, a control character, one above ASCII.
/// @pre There is one, at `end` at the latest.
inline const char* skip_plain_json(const char* next, const char* end) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::ptrdiff_t step = sizeof(std::uint64_t);
  for (; end - next >= step; next += step) {
    std::uint64_t word = 0;
    std::memcpy(&word, next, sizeof word);
    // The high bit of each such byte; perhaps also of those after the first one.
    const std::uint64_t found =
        (word | (word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) & ones * 0x80;
    if (found == 0) continue;
    if constexpr (std::endian::native == std::endian::little) return next + std::countr_zero(found) / 8;
    break;
  }
  while (static_cast<signed char>(*next) >= 0x20 && *next != '"' && *next != '\\') ++next;
  return next;
}

/// Looks once at every byte of the text and builds nothing. It does not call itself, whatever the depth. The NUL behind
/// a `std::string` ends every part of a value, so only who meets a NUL asks whether that is the end.
template <std::size_t max_depth>
class JsonTextCheck {
 public:
  explicit JsonTextCheck(const std::string& text) noexcept : begin_{text.c_str()}, end_{begin_ + text.size()} {}

  /// True for one value of well-formed UTF-8 and nothing else; else `fault` tells.
  bool is_value() noexcept {
    std::size_t depth = 0;
    bool is_in_object = false;
    const char* next = begin_;
    for (;;) {  // a value is next
      next = skip_spaces(next);
      const char first = *next;
      if (first == '"') {
        next = string_end(next);
      } else if (first == '{' || first == '[') {
        if (depth == max_depth) return fail(next, "it is nested too deep");
        const bool is_object = first == '{';
        next = skip_spaces(next + 1);
        if (*next != (is_object ? '}' : ']')) {
          put_kind(depth++, is_object);
          is_in_object = is_object;
          if (is_object && !(next = key_end(next))) return false;
          continue;
        }
        ++next;
      } else {
        next = first == '-' || is_digit(first) ? number_end(next) : word_end(next);
      }
      for (;;) {  // a value is over
        if (!next) return false;
        next = skip_spaces(next);
        if (depth == 0) return next == end_ || fail(next, "there is more text after the value");
        if (*next == ',') {
          ++next;
          if (is_in_object && !(next = key_end(skip_spaces(next)))) return false;
          break;
        }
        if (*next != (is_in_object ? '}' : ']')) return fail(next, "a comma or the end of an array or object is missing");
        ++next;
        if (--depth > 0) is_in_object = kind(depth - 1);
      }
    }
  }

  /// What is wrong, and at which byte.
  std::string fault() const {
    return std::string{fault_} + " (byte " + std::to_string(place_ - begin_) + " of " + std::to_string(end_ - begin_) + ")";
  }

 private:
  static constexpr std::size_t word_bits = 64;

  bool kind(std::size_t depth) const noexcept { return (kinds_[depth / word_bits] >> (depth % word_bits) & 1U) != 0; }
  void put_kind(std::size_t depth, bool is_object) noexcept {
    std::uint64_t& word = kinds_[depth / word_bits];
    const std::uint64_t bit = std::uint64_t{1} << (depth % word_bits);
    word = is_object ? word | bit : word & ~bit;
  }

  bool fail(const char* place, const char* fault) noexcept {
    fault_ = fault;
    place_ = place;
    return false;
  }
  /// Instead of the end of a part of a value.
  const char* no_end(const char* place, const char* fault) noexcept {
    fail(place, fault);
    return nullptr;
  }

  static const char* skip_spaces(const char* next) noexcept {
    while (static_cast<unsigned char>(*next) <= ' ' && (*next == ' ' || *next == '\n' || *next == '\t' || *next == '\r')) {
      ++next;
    }
    return next;
  }

  /// The end of a member's name and its colon.
  const char* key_end(const char* next) noexcept {
    if (*next != '"') return no_end(next, "the name of a member is missing");
    next = string_end(next);
    if (!next) return nullptr;
    next = skip_spaces(next);
    return *next == ':' ? next + 1 : no_end(next, "a colon is missing");
  }

  const char* string_end(const char* next) noexcept {
    next = skip_plain_json(next + 1, end_);
    return *next == '"' ? next + 1 : special_string_end(next);
  }
  /// The same from the first byte on that is not plain.
  const char* special_string_end(const char* next) noexcept {
    for (; *next != '"'; next = skip_plain_json(next, end_)) {
      if (*next == '\\') {
        const char* const end = escape_end(next + 1);
        if (!end) return no_end(next, "a string has an escape that does not exist");
        next = end;
      } else if (static_cast<unsigned char>(*next) < 0x20) {
        return no_end(next, next == end_ ? "a string does not end"
                                         : "a string has a control character, which must be escaped");
      } else {
        const std::size_t length = utf8_sequence_length({next, static_cast<std::size_t>(end_ - next)});
        if (length == 0) return no_end(next, "a string is not UTF-8");
        next += length;
      }
    }
    return next + 1;
  }

  /// The end of an escape, from behind its backslash; null when it does not exist.
  static const char* escape_end(const char* next) noexcept {
    if (*next != 'u') return *next != '\0' && std::strchr("\"\\/bfnrt", *next) ? next + 1 : nullptr;
    const int unit = code_unit(next + 1);
    if (unit < 0xD800 || unit > 0xDFFF) return unit < 0 ? nullptr : next + 5;
    if (unit > 0xDBFF || next[5] != '\\' || next[6] != 'u') return nullptr;
    const int second = code_unit(next + 7);
    return second >= 0xDC00 && second <= 0xDFFF ? next + 11 : nullptr;
  }
  /// Of four hexadecimal digits; -1 when they are others.
  static int code_unit(const char* digits) noexcept {
    int unit = 0;
    for (int digit = 0; digit < 4; ++digit) {
      const char lower = static_cast<char>(digits[digit] | 0x20);
      if (is_digit(digits[digit])) unit = unit * 16 + (lower - '0');
      else if (lower >= 'a' && lower <= 'f') unit = unit * 16 + (lower - 'a' + 10);
      else return -1;
    }
    return unit;
  }

  const char* word_end(const char* next) noexcept {
    const std::string_view left{next, static_cast<std::size_t>(end_ - next)};
    for (const std::string_view word : {"true", "false", "null"}) {
      if (left.starts_with(word)) return next + word.size();
    }
    return no_end(next, next == end_ ? "it ends where a value should be" : "there is something else than a value");
  }

  const char* number_end(const char* next) noexcept {
    if (*next == '-') ++next;
    if (!is_digit(*next)) return no_end(next, "a number has no digits");
    next = *next == '0' ? next + 1 : skip_digits(next);
    if (*next == '.') {
      if (!is_digit(*++next)) return no_end(next, "a number has no digits after its point");
      next = skip_digits(next);
    }
    if (*next == 'e' || *next == 'E') {
      ++next;
      if (*next == '+' || *next == '-') ++next;
      if (!is_digit(*next)) return no_end(next, "a number has no digits in its exponent");
      next = skip_digits(next);
    }
    return next;
  }
  static bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }
  static const char* skip_digits(const char* next) noexcept {
    while (is_digit(*next)) ++next;
    return next;
  }

  const char* begin_;
  const char* end_;
  const char* fault_ = nullptr;
  const char* place_ = nullptr;
  std::array<std::uint64_t, max_depth / word_bits + 1> kinds_;  // of the open ones only, so nothing is there at first
};

}  // namespace castore::detail

#endif
