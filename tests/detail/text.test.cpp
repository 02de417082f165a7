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

using castore::detail::in_quotes;
using castore::detail::is_plain_ascii;
using castore::detail::is_same_text;
using castore::detail::is_utf8_without_nul;
using castore::detail::parse_integer;
using castore::detail::safe_text;
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

TEST_CASE("texts are the same when their characters are, wherever they lie") {
  const std::string text = "pikachu";
  const std::string again = "pikachu";
  CHECK(is_same_text(text, text));
  CHECK(is_same_text(text, again));
  CHECK(is_same_text("a\0b"s, "a\0b"s));
  CHECK(is_same_text({}, ""));
  CHECK_FALSE(is_same_text(text, "pikachi"));
  CHECK_FALSE(is_same_text("a\0b"s, "a\0c"s));
  CHECK_FALSE(is_same_text(text, std::string_view{text}.substr(0, 4)));
  CHECK_FALSE(is_same_text(std::string_view{text}.substr(0, 4), text));
  CHECK_FALSE(is_same_text(text, ""));
}

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

TEST_CASE("safe_text shows in hexadecimal what misleads a terminal, a log or a reader") {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", ""},
      {"pikachu #1 \\ 'quoted' ~", "pikachu #1 \\ 'quoted' ~"},
      {"Pok\u00E9mon \u00A1\u30DD\u30B1 \U0001F600 \u05D0\u0627",
       "Pok\u00E9mon \u00A1\u30DD\u30B1 \U0001F600 \u05D0\u0627"},
      {"\x1B[2J\x1B]0;title\x07", "\\x1B[2J\\x1B]0;title\\x07"},         // escape sequences
      {"a\r\nERROR forged\n", "a\\x0D\\x0AERROR forged\\x0A"},           // lines
      {"a\0b\t\x7F"s, "a\\x00b\\x09\\x7F"},                              // other controls
      {"\u0085\u009B31m", "\\xC2\\x85\\xC2\\x9B31m"},                    // C1
      {"\u202Egpj.exe\u202C", "\\xE2\\x80\\xAEgpj.exe\\xE2\\x80\\xAC"},  // bidirectional overrides
      {"\u2066a\u2069\u200F\u061C", "\\xE2\\x81\\xA6a\\xE2\\x81\\xA9\\xE2\\x80\\x8F\\xD8\\x9C"},  // isolates, marks
      {"ad\u200Bmin\u00AD\uFEFF", "ad\\xE2\\x80\\x8Bmin\\xC2\\xAD\\xEF\\xBB\\xBF"},               // without width
      {"\u2028\u2029", "\\xE2\\x80\\xA8\\xE2\\x80\\xA9"},                                         // separators of lines
      {"\U000E0041\uFE0F", "\\xF3\\xA0\\x81\\x81\\xEF\\xB8\\x8F"},                                // tags, variants
      {"\xC3(\xFF\x9B", "\\xC3(\\xFF\\x9B"},                                                      // not UTF-8
      {"\xC0\x9B\xE0\x80\x9B", "\\xC0\\x9B\\xE0\\x80\\x9B"},                                      // written too long
      {"\xED\xA0\x80\xF4\x90\x80\x80", "\\xED\\xA0\\x80\\xF4\\x90\\x80\\x80"},                    // no code points
      {"\xF0\x9F\x98", "\\xF0\\x9F\\x98"},                                                        // cut in two
  };
  for (const auto& [text, shown] : cases) {
    CHECK(safe_text(text) == shown);
    CHECK(safe_text(safe_text(text)) == shown);
    CHECK(in_quotes(text) == "'" + std::string{shown} + "'");
  }
}

TEST_CASE("safe_text lets through what is shown and nothing else, at the edges of every range") {
  const std::pair<char32_t, char32_t> hidden[] = {
      {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
      {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
      {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
      {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  for (const auto& [first, last] : hidden) {
    CAPTURE(static_cast<std::uint32_t>(first));
    CHECK(safe_text(utf8(first)).substr(0, 2) == "\\x");
    CHECK(safe_text(utf8(last)).substr(0, 2) == "\\x");
    if (first != 0) CHECK(safe_text(utf8(first - 1)) == utf8(first - 1));
    CHECK(safe_text(utf8(last + 1)) == utf8(last + 1));
  }
}

TEST_CASE("safe_text shortens long text between two characters and says how long it was") {
  CHECK(safe_text("12345678", 8) == "12345678");
  CHECK(safe_text("123456789", 8) == "12345678... (9 bytes)");
  CHECK(safe_text("12345\U0001F600", 9) == "12345\U0001F600");
  CHECK(safe_text("12345\U0001F600", 8) == "12345... (9 bytes)");
  CHECK(safe_text("12345\n", 8) == "12345... (6 bytes)");
  CHECK(safe_text("1234\n", 8) == "1234\\x0A");
  CHECK(safe_text("\u202E", 11) == "... (3 bytes)");
  CHECK(safe_text("x", 0) == "... (1 bytes)");
  CHECK(safe_text(std::string(1'000'000, '\0')).size() < 1050);
  CHECK(in_quotes(std::string(200, 'x')) == "'" + std::string(200, 'x') + "'");
  CHECK(in_quotes(std::string(201, 'x')) == "'" + std::string(200, 'x') + "... (201 bytes)'");
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
