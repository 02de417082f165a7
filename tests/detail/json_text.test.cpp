// SPDX-License-Identifier: MIT
#include <castore/detail/json_text.hpp>
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <random>
#include <string>

using namespace std::string_literals;

namespace {

using Check = castore::detail::JsonTextCheck<70>;

bool is_value(const std::string& text) { return Check{text}.is_value(); }

std::string fault_of(const std::string& text) {
  Check check{text};
  return check.is_value() ? "" : check.fault();
}

std::string nested(std::size_t depth, char open, char close, const std::string& value = "") {
  std::string text;
  for (std::size_t level = 0; level < depth; ++level) text += open == '{' && level > 0 ? "\"a\":{"s : std::string{open};
  return text + value + std::string(depth, close);
}

}  // namespace

TEST_CASE("one JSON value is accepted, whatever its type and with spaces around it") {
  for (const std::string& text :
       {"null"s, "true"s, "false"s, "0"s, "-0"s, "-1"s, "10"s, "1.5"s, "0.0"s, "1e5"s, "1E+5"s, "1.25e-05"s, "1e400"s,
        "\"\""s, "\"a\""s, "[]"s, "{}"s, "[ ]"s, "{ }"s, " [\t1 ,\n2\r] "s, "[[],{},[[]]]"s, R"({"a":1,"b":[{"c":null}]})"s,
        R"({"":{"":""}})"s, R"({"a":1,"a":2})"s, R"("\"\\\/\b\f\n\r\t\u00e9\u0000\uD83D\uDC09")"s, "\"Pok\u00E9mon \U0001F600\""s,
        "\"\x7F\""s, "\"12345678\\\"\""s, "\"1234567\u00E9 1234567\u00E9\""s, "123456789012345678901234567890"s}) {
    CAPTURE(text);
    CHECK(fault_of(text).empty());
    CHECK(nlohmann::json::accept(text) == (text != "1e400"));
  }
}

TEST_CASE("text that is not one JSON value is refused, with the place") {
  CHECK(fault_of("") == "it ends where a value should be (byte 0 of 0)");
  CHECK(fault_of(" ") == "it ends where a value should be (byte 1 of 1)");
  CHECK(fault_of("nul") == "there is something else than a value (byte 0 of 3)");
  CHECK(fault_of("{\"n\":1}\0,\"n\":2}"s) == "there is more text after the value (byte 7 of 15)");
  CHECK(fault_of("1\0"s) == "there is more text after the value (byte 1 of 2)");
  CHECK(fault_of("1 1") == "there is more text after the value (byte 2 of 3)");
  CHECK(fault_of("{1:2}") == "the name of a member is missing (byte 1 of 5)");
  CHECK(fault_of("{\"a\" 1}") == "a colon is missing (byte 5 of 7)");
  CHECK(fault_of("[1 2]") == "a comma or the end of an array or object is missing (byte 3 of 5)");
  CHECK(fault_of("\"abc") == "a string does not end (byte 4 of 4)");
  CHECK(fault_of("\"a\nb\"") == "a string has a control character, which must be escaped (byte 2 of 5)");
  CHECK(fault_of("\"a\0b\""s) == "a string has a control character, which must be escaped (byte 2 of 5)");
  CHECK(fault_of("\"a\\x\"") == "a string has an escape that does not exist (byte 2 of 5)");
  CHECK(fault_of("\"a\xFF\"") == "a string is not UTF-8 (byte 2 of 4)");
  CHECK(fault_of("-") == "a number has no digits (byte 1 of 1)");
  CHECK(fault_of("1.") == "a number has no digits after its point (byte 2 of 2)");
  CHECK(fault_of("1e+") == "a number has no digits in its exponent (byte 3 of 3)");
  for (const std::string& text :
       {"[1,]"s, "[,1]"s, "[,]"s, "{,}"s, "{\"a\":1,}"s, "{\"a\"}"s, "{\"a\":}"s, "{\"a\":1"s, "["s, "{"s, "]"s, "}"s, "[}"s, "{]"s,
        "[1}"s, "{\"a\":1]"s, "[[1]"s, "01"s, "-01"s, "+1"s, ".5"s, "1.e5"s, "1e"s, "0x1"s, "NaN"s, "Infinity"s, "-Infinity"s, "nullx"s,
        "truefalse"s, "'a'"s, "a"s, "/**/1"s, "1//"s, "\xEF\xBB\xBF" "1"s, "\"\xED\xA0\x80\""s, "\"\xC3\""s, "\"\xC3\"1"s, "\"\\u12\""s,
        "\"\\u12g4\""s, "\"\\ud800\""s, "\"\\udc00\""s, "\"\\ud800\\u0041\""s, "\"\\ud800x\""s, "\"\\"s, "\"\\u"s, "\"\\ud800\\"s, "\"\\ud800\\u"s,
        "\"1234567"s, "\"12345678"s, "\"1234567\x1F 7654321\""s, "\xC3\xA9"s, "\xC2\xA0" "1"s, "\v1"s, "\0"s, "\0" "1"s, "[\0]"s}) {
    CAPTURE(text);
    CHECK_FALSE(is_value(text));
    if (text.find('\0') == std::string::npos && text != "\xEF\xBB\xBF" "1") CHECK_FALSE(nlohmann::json::accept(text));
  }
}

TEST_CASE("JSON text may be nested as deep as the limit and no deeper, in arrays and objects") {
  for (const std::size_t depth : {1U, 2U, 63U, 64U, 65U, 69U, 70U}) {
    CAPTURE(depth);
    CHECK(is_value(nested(depth, '[', ']')));
    CHECK(is_value(nested(depth, '{', '}')));
    CHECK(is_value(nested(depth, '[', ']', "1")));
    CHECK_FALSE(is_value(nested(depth, '[', '}', "1")));
    CHECK_FALSE(is_value(nested(depth, '{', ']', "\"a\":1")));
  }
  CHECK(fault_of(nested(71, '[', ']')) == "it is nested too deep (byte 70 of 142)");
  CHECK(fault_of(nested(71, '{', '}')).starts_with("it is nested too deep"));
  CHECK(fault_of(std::string(10'000'000, '[')) == "it is nested too deep (byte 70 of 10000000)");
  // Arrays and objects in turn, each closed by its own bracket, beside others that were as deep.
  std::string open;
  std::string close;
  for (int level = 0; level < 35; ++level) {
    open += "[{\"a\":";
    close = "}]" + close;
  }
  CHECK(is_value("[" + nested(69, '[', ']') + "," + nested(69, '{', '}') + "]"));
  CHECK(is_value(open + "1" + close));
  std::string wrong = close;
  for (std::size_t place = 0; place < close.size(); ++place) {
    wrong = close;
    wrong[place] = close[place] == '}' ? ']' : '}';
    CHECK_FALSE(is_value(open + "1" + wrong));
  }
}

TEST_CASE("text damaged at random is accepted when nlohmann_json accepts it") {
  const std::string usual =
      R"({"big":-9007199254740993,"number":0.1e-7,"is_on":true,"no":null,"text":"a \"\\\n\u00e9\ud83d\udc09 Pokémon",)"
      R"("parts":[{"name":"a longer text than a word","sizes":[1,2.5,-3e10]},{"name":"","sizes":[]},[[false]]]})";
  const std::string alphabet = "{}[]:,\"\\ 0123456789.eE+-truefalsn\nud/\x01\xc3\xa9\xff";
  std::mt19937 random{20240117};
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  int accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = usual;
    for (std::size_t change = below(3) + 1; change > 0 && !text.empty(); --change) {
      const std::size_t place = below(text.size());
      switch (below(4)) {
        case 0: text.erase(place, 1 + below(3)); break;
        case 1: text[place] = alphabet[below(alphabet.size())]; break;
        case 2: text.insert(place, 1, alphabet[below(alphabet.size())]); break;
        default: text.insert(place, text.substr(below(text.size()), below(20))); break;
      }
    }
    const bool expected = nlohmann::json::accept(text);
    accepted += expected ? 1 : 0;
    // nlohmann_json also refuses numbers that no double holds.
    if (is_value(text) != expected && !(!expected && text.find_first_of("eE") != std::string::npos)) FAIL_CHECK(text);
  }
  CHECK(accepted > 1000);
}
