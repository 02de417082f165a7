// SPDX-License-Identifier: MIT
#include <castore/detail/text.hpp>
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using castore::detail::is_plain_ascii;
using castore::detail::is_utf8_without_nul;
using castore::detail::parse_integer;
using castore::detail::in_quotes;
using castore::detail::utf8_sequence_length;
using namespace std::string_literals;

namespace {

std::string utf8(char32_t point) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  const char last = byte(0x80 | (point & 0x3F));
  if (point < 0x800) return {byte(0xC0 | (point >> 6)), last};
  const char third = byte(0x80 | ((point >> 6) & 0x3F));
  if (point < 0x10000) return {byte(0xE0 | (point >> 12)), third, last};
  return {byte(0xF0 | (point >> 18)), byte(0x80 | ((point >> 12) & 0x3F)), third, last};
}

/// The same as the function under test by another way: decode without any check, then see whether the code point is one
/// and its only encoding is what was read.
std::size_t expected_sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
    constexpr std::uint32_t masks[] = {0x7F, 0x1F, 0x0F, 0x07};
    char32_t point = static_cast<unsigned char>(text[0]) & masks[length - 1];
    for (const char next : text.substr(1, length - 1)) {
      point = (point << 6) | (static_cast<unsigned char>(next) & 0x3FU);
    }
    const bool is_character = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    if (is_character && utf8(point) == text.substr(0, length)) return length;
  }
  return 0;
}

}  // namespace

TEST_CASE("a UTF-8 sequence is recognised exactly when it is the shortest form of a character") {
  constexpr unsigned char edges[] = {0x00, 0x01, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                     0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
  std::size_t wrong = 0;
  std::size_t checked = 0;
  const auto check = [&](const std::string& text) {
    ++checked;
    if (utf8_sequence_length(text) != expected_sequence_length(text)) ++wrong;
  };
  const auto character = [](unsigned char byte) { return static_cast<char>(byte); };
  for (const unsigned char first : edges) {
    check({character(first)});
    for (const unsigned char second : edges) {
      check({character(first), character(second)});
      for (const unsigned char third : edges) {
        check({character(first), character(second), character(third)});
        if (first < 0xE0) continue;
        for (const unsigned char fourth : edges) {
          check({character(first), character(second), character(third), character(fourth)});
        }
      }
    }
  }
  CHECK(utf8_sequence_length("") == 0);
  CHECK(checked > 200'000);
  CHECK(wrong == 0);
}

TEST_CASE("plain ASCII is told from other bytes at any length and place") {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (const char filler : {'\x01', 'a', '\x7F'}) {
      std::string text(size, filler);
      CHECK(is_plain_ascii(text));
      for (std::size_t place = 0; place < size; ++place) {
        for (const char other : {'\0', '\x80', '\xFF'}) {
          text[place] = other;
          if (is_plain_ascii(text)) FAIL_CHECK("size " << size << ", byte " << int{other} << " at " << place);
        }
        text[place] = filler;
      }
    }
  }
}

TEST_CASE("text with NUL or with bytes that are not UTF-8 is told from text without") {
  const std::string long_text = std::string(1000, 'x') + "\u00E9";
  for (const std::string& good : {""s, "a"s, "Pok\u00E9mon"s, "\u3042\U0001F600"s, "#'\"\\\n\x7F"s, long_text}) {
    CAPTURE(in_quotes(good));
    CHECK(is_utf8_without_nul(good));
    CHECK_FALSE(is_utf8_without_nul(good + '\0'));
    CHECK_FALSE(is_utf8_without_nul('\0' + good));
    CHECK_FALSE(is_utf8_without_nul(good + "\u00E9"s.substr(0, 1)));
    CHECK_FALSE(is_utf8_without_nul(good + "\u00E9"s.substr(1)));
    CHECK_FALSE(is_utf8_without_nul("\xFF" + good));
    CHECK_FALSE(is_utf8_without_nul(good + "\xED\xA0\x80"));  // a surrogate
    CHECK_FALSE(is_utf8_without_nul(good + "\xC0\x80"));      // NUL, written too long
    CHECK_FALSE(is_utf8_without_nul("\u00E9" + good + '\0'));
  }
}

TEST_CASE("in_quotes shows control characters and stray bytes in hexadecimal") {
  CHECK(in_quotes("") == "''");
  CHECK(in_quotes("pikachu #1") == "'pikachu #1'");
  CHECK(in_quotes("Pok\u00E9mon \U0001F600") == "'Pok\u00E9mon \U0001F600'");
  CHECK(in_quotes("a\0b\n\x1F \x7F~"s) == "'a\\x00b\\x0A\\x1F \\x7F~'");
  CHECK(in_quotes("\xC3(\xFF\xED\xA0\x80") == "'\\xC3(\\xFF\\xED\\xA0\\x80'");
}

TEST_CASE("in_quotes shortens long text and says how long it was") {
  CHECK(in_quotes(std::string(199, 'x')) == "'" + std::string(199, 'x') + "'");
  CHECK(in_quotes(std::string(200, 'x')) == "'" + std::string(199, 'x') + "... (200 bytes)'");
  CHECK(in_quotes(std::string(1'000'000, '\0')).size() < 240);
  // A character is never cut in two.
  const std::string cut = in_quotes("x" + std::string(197, 'y') + "\U0001F600\U0001F600");
  CHECK(cut == "'x" + std::string(197, 'y') + "\U0001F600... (206 bytes)'");
}

TEST_CASE("parse_integer takes a whole decimal number in range and nothing else") {
  CHECK(parse_integer<std::int64_t>("0") == 0);
  CHECK(parse_integer<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(parse_integer<std::int64_t>("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_integer<std::uint32_t>("4294967295") == 4294967295U);
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "12a", "9223372036854775808"}) {
    CAPTURE(bad);
    CHECK(parse_integer<std::int64_t>(bad) == std::nullopt);
  }
  CHECK(parse_integer<std::uint32_t>("4294967296") == std::nullopt);
  CHECK(parse_integer<std::uint32_t>("-1") == std::nullopt);
  CHECK(parse_integer<std::int64_t>(std::string_view{"12;", 2}) == 12);
}
