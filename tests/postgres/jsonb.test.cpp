// SPDX-License-Identifier: MIT
// What JSONB keeps, what it does not, and numbers that are sent as others.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;

TEST_CASE("what JSONB cannot keep is refused before anything of its group is written", "[postgres]") {
  Storage storage;
  const auto field_of = [&](const std::string& payload, const std::string& metadata = {}) {
    return invalid_field_of([&] { push(*storage, event("eevee", 1), event("pikachu", 1, payload, metadata)); });
  };
  CHECK(field_of(R"({"a":"before\u0000after"})") == "payload");
  CHECK(field_of("{}", R"(["\u0000"])") == "metadata");
  CHECK(field_of(R"({"\u0000":1})") == "payload");
  CHECK(field_of(R"(["\ud83d"])") == "payload");
  CHECK(field_of(R"(["\uD83Dx"])") == "payload");
  CHECK(field_of(R"(["\uD83D\u0041"])") == "payload");
  CHECK(field_of("{}", R"(["\udc09"])") == "metadata");
  CHECK(field_of(R"(["\\\ud83d"])") == "payload");
  CHECK(field_of(std::string{"\"a\0b\"", 5}) == "payload");
  CHECK(field_of("\"\xff\"") == "payload");
  CHECK(field_of("{}", "\"\xff\"") == "metadata");
  CHECK(field_of("{no json}") == "payload");
  CHECK(field_of("[1e999999]") == "payload");
  CHECK(storage->list_aggregate_ids("POKEMONS", {}).aggregate_ids.empty());
  CHECK(push(*storage, event("pikachu", 1, R"(["\\u0000", "\ud83d\udc09", "\\\\ud83d", "-0.0"])")) == PushOutcome{});
  CHECK(load(*storage, "pikachu").at(0).payload ==
        "[\"\\\\u0000\", \"\xf0\x9f\x90\x89\", \"\\\\\\\\ud83d\", \"-0.0\"]");
}

TEST_CASE("half of a surrogate pair is refused by its text also where nothing has looked at it before, as in snapshots",
          "[postgres]") {
  const auto fault = [](const std::string& text) {
    return std::string{
        castore_tests::support::error_of<InvalidEventError>([&] { detail::to_jsonb("state", text); }).what()};
  };
  for (const std::string text : {"[\"\\ud83d\"]", "[\"\\ud83dx\"]", "[\"\\ud83d\\u0041\"]", "[\"\\ud83d\\ud83d\"]"}) {
    CAPTURE(text);
    CHECK(fault(text) ==
          "castore: state: it holds half of a surrogate pair (\\ud83d), which is not a character; write valid Unicode");
  }
  CHECK(fault("[\"\\uDC09\\uD83D\"]").find("(\\uDC09)") != std::string::npos);
  CHECK(fault("[\"\\ud800\"]").find("(\\ud800)") != std::string::npos);
  CHECK(fault("[\"\\ud83d\\udc09\\udfff\"]").find("(\\udfff)") != std::string::npos);
  CHECK_FALSE(detail::to_jsonb("state", "[\"\\ud83d\\udc09\\udbff\\udfff\\u0041\"]"));
}

TEST_CASE("negative zero becomes the number that is read as such, and nothing else is touched", "[postgres]") {
  const auto sent = [](std::string_view text) { return detail::to_jsonb("payload", text).value_or("as it is"); };
  CHECK(sent("-0.0") == "-1e-400");
  CHECK(sent("[-0,-0.000,-0e5,-0.0E-7,1,-0]") == "[-1e-400,-1e-400,-1e-400,-1e-400,1,-1e-400]");
  CHECK(sent(R"({"-0":"a\"-0","b":-0.0})") == R"({"-0":"a\"-0","b":-1e-400})");
  for (const char* const other : {"", "0", "-0.5", "-0.01", "[10,-0.10]", "\"2024-01-01\"", "1e-05", "-1"}) {
    CHECK(sent(other) == "as it is");
  }
}

TEST_CASE("an exponent is not a negative zero, and what is not JSON does not become JSON", "[postgres]") {
  const auto sent = [](std::string_view text) { return detail::to_jsonb("payload", text).value_or("as it is"); };
  for (const char* const other :
       {"1e-0", "1E-0", "-1e-0", "0e-0", "1.5e-00", "[1e-0,2e-00]", R"({"a":1e-0})", "10.0e-0", "-0.1e-0", "-10e-0"}) {
    CHECK(sent(other) == "as it is");
  }
  CHECK(sent("-0e-0") == "-1e-400");
  CHECK(sent("[-0E+00,1e-0,-0.0]") == "[-1e-400,1e-0,-1e-400]");
  for (const char* const wrong : {"-", "[-]", "-0.", "-0.e1", "-00", "-0.0.0", "-0e", "-0e+", "--0", "-0-0", "-e5",
                                  "[-0.,-01]", "-0.0e1.0", "+-0", "1-0"}) {
    CAPTURE(wrong);
    CHECK(sent(wrong) == "as it is");
  }
}

/// A JSON number of any form: short and long ones, zeros everywhere, every kind of exponent.
std::string random_number(std::mt19937& random) {
  const auto digits = [&](std::size_t most) {
    std::string text(random() % most, '0');
    for (char& digit : text) {
      if (random() % 2 == 0) digit = static_cast<char>('0' + random() % 10);
    }
    return text;
  };
  std::string number = random() % 2 == 0 ? "-" : "";
  number += random() % 2 == 0 ? "0" : std::string{static_cast<char>('1' + random() % 9)} + digits(20);
  if (random() % 2 == 0) number += "." + digits(20) + static_cast<char>('0' + random() % 2);
  if (random() % 2 == 0) {
    number += random() % 2 == 0 ? 'e' : 'E';
    number += std::array{"", "+", "-"}[random() % 3];
    number += random() % 2 == 0 ? std::string(1 + random() % 3, '0') : std::to_string(random() % 300);
  }
  return number;
}

TEST_CASE("every number that is sent, stored and loaded is read as the one that was pushed, to the last bit",
          "[postgres]") {
  std::mt19937 random{20'220'101};  // NOLINT(cert-msc51-cpp): the same numbers each time
  std::string text = "[";
  std::vector<double> expected;
  while (expected.size() < 4'000) {
    const std::string number = random_number(random);
    const auto value = nlohmann::json::parse(number, nullptr, false);
    if (value.is_discarded() || !std::isfinite(value.get<double>())) continue;
    text += (expected.empty() ? "" : ",") + number;
    // nlohmann reads -0 as the integer 0.
    expected.push_back(value == 0 && number.front() == '-' ? -0.0 : value.get<double>());
  }
  text += "]";
  const auto check = [&](std::string_view what, const std::string& json) {
    const auto values = nlohmann::json::parse(json);
    REQUIRE(values.size() == expected.size());
    std::size_t wrong = 0;
    for (std::size_t index = 0; index < expected.size(); ++index) {
      const double value = values[index].get<double>();
      if (std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(expected[index])) continue;
      if (wrong++ == 0) UNSCOPED_INFO(what << ": " << value << " instead of " << expected[index] << " at " << index);
    }
    CHECK(wrong == 0);
  };
  check("sent", detail::to_jsonb("payload", text).value());
  Storage storage;
  push(*storage, event("pikachu", 1, text));
  check("loaded", load(*storage, "pikachu").at(0).payload);
}

}  // namespace
