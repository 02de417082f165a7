// SPDX-License-Identifier: MIT
// Numbers and JSON as DynamoDB's attribute values, without a server.

#include <castore/adapters/dynamodb/attribute_values.hpp>

#include "support/catch.hpp"

#include <castore/core/errors.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace {

using castore::InvalidEventError;
using castore::detail::append_attribute_value;
using castore::detail::AttributeWriter;
using castore::detail::Decimal;
using castore::detail::is_plain_integer;
using castore::detail::JsonScanError;
using castore::detail::JsonScanner;
using castore::detail::parse_decimal;
using castore::detail::to_text;

std::string marshall(const std::string& json) {
  std::string request;
  AttributeWriter{request, "payload"}.append(json);
  return request;
}

std::size_t size_of(const std::string& json) {
  std::string request;
  AttributeWriter writer{request, "payload"};
  writer.append(json);
  return writer.size();
}

std::string unmarshall(std::string_view values) {
  std::string json;
  JsonScanner scanner{values};
  append_attribute_value(json, scanner);
  return json;
}

std::string why_refused(const std::string& json) {
  try {
    marshall(json);
  } catch (const InvalidEventError& error) {
    CHECK(error.field() == "payload");
    return error.what();
  }
  return "not refused";
}

}  // namespace

TEST_CASE("numbers are written as ECMAScript writes them but in plain digits up to 38") {
  const char* const numbers[][2] = {
      {"1.0", "1"},
      {"1e16", "10000000000000000"},
      {"-0.0", "0"},
      {"0", "0"},
      {"-0", "0"},
      {"1e20", "100000000000000000000"},
      {"1e21", "1000000000000000000000"},
      {"-1.5e+22", "-15000000000000000000000"},
      {"1.7976931348623157e37", "17976931348623157000000000000000000000"},
      {"12345678901234567890123.5", "12345678901234567890123.5"},
      {"1e37", "10000000000000000000000000000000000000"},
      {"1e38", "1e+38"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"0.1", "0.1"},
      {"1.50", "1.5"},
      {"123.456e2", "12345.6"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"1.5e-7", "1.5e-7"},
      {"-2.5E+3", "-2500"},
      {"9.9999999999999999999999999999999999999e125", "9.9999999999999999999999999999999999999e+125"},
      {"1e-130", "1e-130"},
      {"1234567890.12345678901234567890123456", "1234567890.12345678901234567890123456"},
  };
  for (const auto& [text, expected] : numbers) {
    CHECK(to_text(*parse_decimal(text)) == expected);
    CHECK(marshall(text) == std::string{R"({"N":")"} + expected + "\"}");
    CHECK(to_text(*parse_decimal(expected)) == expected);
  }
  // JavaScript has a BigInt for it.
  const std::string large = "-12345678901234567890123456789012345678";
  CHECK(marshall(large) == R"({"N":")" + large + "\"}");
  CHECK(unmarshall(R"({"N":")" + large + "\"}") == large);
  for (const char* const text :
       {"", "-", "+", ".", "e5", "1e", "1e+", "1x", "0x10", "NaN", "1 ", "1.2.3", "--1", "+-1"}) {
    CHECK_FALSE(parse_decimal(text).has_value());
  }
}

TEST_CASE("equal numbers are equal objects, however they are written and however large they are") {
  const Decimal number{.negative = false, .digits = "12", .exponent = 1};
  for (const char* const text :
       {"1.2", "+1.2", "01.20", "12e-1", "0.12E1", "0.0012e+3", "1200e-3", "1.2e00", "1.2e-0"}) {
    CHECK(parse_decimal(text) == number);
  }
  for (const char* const text : {"0", "-0", "0.00", "-0e5", "0e-7"}) CHECK(parse_decimal(text) == Decimal{});
  CHECK(parse_decimal(".5") == Decimal{.digits = "5"});
  CHECK(parse_decimal("5.") == Decimal{.digits = "5", .exponent = 1});
  CHECK(parse_decimal("-5") == Decimal{.negative = true, .digits = "5", .exponent = 1});
  constexpr int most = 2'000'000;
  CHECK(parse_decimal("1e1999999") == Decimal{.digits = "1", .exponent = most});
  CHECK(parse_decimal("1e-1999999") == Decimal{.digits = "1", .exponent = -most + 2});
  for (const std::string exponent : {"2000000", "20000000", "99999999", "2147483648", "99999999999999999999"}) {
    CHECK(parse_decimal("1e" + exponent) == Decimal{.digits = "1", .exponent = most});
    CHECK(parse_decimal("1e-" + exponent + "9") == Decimal{.digits = "1", .exponent = -most});
  }
  const std::string longest(1'000'000, '1');
  CHECK(parse_decimal(longest) == Decimal{.digits = longest, .exponent = 1'000'000});
  CHECK_FALSE(parse_decimal(longest + "0").has_value());
}

TEST_CASE("a plain integer is one of up to 38 digits as JSON writes them") {
  const std::string longest(38, '9');
  for (const std::string& text : {std::string{"0"}, std::string{"7"}, std::string{"-10"}, longest, '-' + longest}) {
    CHECK(is_plain_integer(text));
  }
  for (const std::string& text : {std::string{}, std::string{"-"}, std::string{"-0"}, std::string{"00"},
                                  std::string{"01"}, std::string{"-01"}, std::string{"+1"}, std::string{"1.0"},
                                  std::string{"1e2"}, std::string{"1:"}, std::string{"/1"}, longest + '0'}) {
    CHECK_FALSE(is_plain_integer(text));
  }
}

TEST_CASE("JSON becomes the attribute values that Castore marshals") {
  CHECK(marshall("null") == R"({"NULL":true})");
  CHECK(marshall("true") == R"({"BOOL":true})");
  CHECK(marshall(R"("")") == R"({"S":""})");
  CHECK(marshall("{}") == R"({"M":{}})");
  CHECK(marshall("[]") == R"({"L":[]})");
  CHECK(marshall(R"({"a" : [1, "\u0000\"é", null] , "b":{"":false}})") ==
        R"({"M":{"a":{"L":[{"N":"1"},{"S":"\u0000\"é"},{"NULL":true}]},"b":{"M":{"":{"BOOL":false}}}}})");
}

TEST_CASE("attribute values of every type become JSON") {
  CHECK(unmarshall(
            R"({"M":{"a":{"L":[{"N":"1E+2"},{"S":"\u0000\"é"},{"NULL":true}]},"b":{"M":{}},"c":{"BOOL":false}}})") ==
        R"({"a":[100,"\u0000\"é",null],"b":{},"c":false})");
  CHECK(unmarshall(R"({"B":"AQID"})") == R"("AQID")");
  CHECK(unmarshall(R"({"SS":["b","a"]})") == R"(["b","a"])");
  CHECK(unmarshall(R"({"NS":["1","2.50"]})") == "[1,2.5]");
  CHECK(unmarshall(R"({"BS":["AQID"]})") == R"(["AQID"])");
  for (const char* const broken :
       {R"({"X":"1"})", "{}", R"({"N":"one"})", R"({"S":"a","N":"1"})", R"({"S":"a)", R"({"M":[]})"}) {
    CHECK_THROWS_AS(unmarshall(broken), JsonScanError);
  }
}

TEST_CASE("values that DynamoDB cannot hold are refused before anything is sent") {
  CHECK(why_refused("1e126").find("1e126") != std::string::npos);
  CHECK(why_refused("[1e-131]").find("1e-131") != std::string::npos);
  for (const char* const text : {"1e125", "-9.9e125", "1e-130", "0e999", "-0e-999"}) {
    CHECK(marshall(text).starts_with(R"({"N":")"));
  }
  CHECK(why_refused("1.7976931348623157e308").find("1.7976931348623157e308") != std::string::npos);
  CHECK(why_refused("123456789012345678901234567890123456789").find("38 digits") != std::string::npos);
  CHECK(why_refused(R"({"a":1,"b":2,"a":3})").find("'a' twice") != std::string::npos);
  CHECK(why_refused(R"({"a":1,"\u0061":2})").find("'a' twice") != std::string::npos);
  CHECK(why_refused(std::string(33, '[') + std::string(33, ']')).find("32 deep") != std::string::npos);
  CHECK(marshall(std::string(32, '[') + std::string(32, ']')).size() > 32);
  CHECK(why_refused("").find("is empty") != std::string::npos);
  for (const char* const text : {"{", "nul", "[1,]", "\"\xff\"", R"("\ud800")", "1 2", "01", R"({"S":"a"}})"}) {
    CHECK(why_refused(text).find("not one JSON value") != std::string::npos);
  }
}

TEST_CASE("sizes are counted as DynamoDB counts them") {
  CHECK(size_of(R"("abc")") == 3);
  CHECK(size_of(R"("\u00e9\n\ud83d\ude00é\u20ac")") == 2 + 1 + 4 + 2 + 3);
  CHECK(size_of("null") == 1);
  CHECK(size_of("true") == 1);
  CHECK(size_of("false") == 1);
  CHECK(size_of("-500000") == size_of("-0.5e6"));
  CHECK(size_of("-500000") == 3);
  CHECK(size_of("1200") == 3);
  CHECK(size_of("0") == 2);
  CHECK(size_of("0.0") == 2);
  CHECK(size_of("{}") == 3);
  CHECK(size_of(R"({"key":"value"})") == 3 + 1 + 3 + 5);
  CHECK(size_of(R"(["a","b"])") == 3 + 2 * (1 + 1));
}
