// SPDX-License-Identifier: MIT
// Both codecs give the same values and the same errors, for every kind of field.
#include <castore/simdjson.hpp>

#include "support/catch.hpp"
#include "support/field_kinds.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace {

using namespace castore_tests::field_kinds;
using castore::detail::SimdjsonCodec;

/// What reading gives, as text; `read` is one of the two codecs' functions.
template <class Value, class Read>
std::string outcome(std::string_view text, const Read& read) {
  try {
    return castore::detail::encode_json<Value>(read(text));
  } catch (const std::exception& error) {
    return std::string{"error: "} + error.what();
  }
}
template <class Value>
void check_same(std::string_view text) {
  INFO(text);
  CHECK(outcome<Value>(text, [](std::string_view json) { return SimdjsonCodec<Value>::decode(json); }) ==
        outcome<Value>(text, [](std::string_view json) { return castore::detail::decode_json<Value>(json); }));
}
template <class Value>
bool is_read_fast(std::string_view text) {
  Value value{};
  return castore::detail::read_json(text, value);
}

struct Fast {
  double real = 0;
  std::optional<int> none = 5;
  std::optional<Ball> ball;
  std::vector<std::vector<Ball>> balls;
  std::map<std::string, Ball> by_name;
  castore::Timestamp at{};
  std::chrono::seconds pause{};
  std::vector<Move> moves;
  ByBall how;
};
struct Deep {
  nlohmann::json anything;
  std::vector<Deep> parts;
};

}  // namespace

TEST_CASE("what castore::codec is for found structs is simdjson's, unless they cannot be filled") {
  STATIC_REQUIRE(castore::detail::FilledByFields<Numbers>);
  STATIC_REQUIRE_FALSE(castore::detail::FilledByFields<Move>);
  const std::string text = [] {
    Fast fast;
    fast.ball = Ball::gone;
    fast.balls = {{Ball::poke}, {}};
    fast.moves.push_back({"a", 1});
    return castore::codec<Fast>::encode(fast);
  }();
  CHECK(is_read_fast<Fast>(text));
  CHECK(castore::codec<Fast>::encode(castore::codec<Fast>::decode(text)) == text);
  CHECK(castore::codec<Fast>::decode(text).none == 5);
  CHECK(is_read_fast<Named>(R"({"trainerId":"a","home":"b"})"));
  CHECK(SimdjsonCodec<Named>::decode(R"({"trainerId":"a","home":"b"})").added_ball == Ball::great);
}

TEST_CASE("both codecs read every kind of field alike, at the limits and on damaged text") {
  int slow = 0;
  for (const Sample& sample : samples()) {
    std::visit(
        [&slow]<class Value>(const Value& value) {
          if constexpr (castore::detail::FilledByFields<Value>) {
            const std::string text = castore::detail::encode_json(value);
            slow += is_read_fast<Value>(text) ? 0 : 1;
            CHECK(SimdjsonCodec<Value>::decode(text) == value);
            check_same<Value>(nlohmann::json::parse(text).dump(1) + " ");
            for (std::size_t end = 0; end < text.size(); end += 7)
              check_same<Value>(std::string_view{text}.substr(0, end));
          }
        },
        sample);
  }
  CHECK(slow == 2);  // the largest floats
  for (const Damaged& change : damaged()) {
    const std::string text = damaged_text(change);
    if (change.type == Numbers::type) check_same<Numbers>(text);
    if (change.type == Containers::type) check_same<Containers>(text);
    if (change.type == Times::type) check_same<Times>(text);
    if (change.type == Nested::type) check_same<Nested>(text);
    if (change.type == Named::type) check_same<Named>(text);
  }
}

TEST_CASE("both codecs read values of every form alike, in fields of every kind") {
  const nlohmann::json usual = nlohmann::json::parse(castore::detail::encode_json(Fast{}));
  for (const auto& [name, old] : usual.items()) {
    for (const char* const value : {"null",
                                    "true",
                                    "0",
                                    "-0",
                                    "-0.0",
                                    "0.0",
                                    "1",
                                    "1.0",
                                    "1e2",
                                    "1.5",
                                    "1e400",
                                    "9223372036854775808",
                                    R"("")",
                                    R"("poke")",
                                    R"("2022-01-01T00:00:00.000Z")",
                                    R"("2022-01-01")",
                                    R"("x")",
                                    R"("\u0000")",
                                    "[]",
                                    "{}",
                                    R"(["poke"])",
                                    R"([["poke"]])",
                                    R"([["poke",1]])",
                                    R"({"a":"poke"})",
                                    R"({"a":"poke","a":"great"})",
                                    R"({"a":1})",
                                    R"([{"name":"a","power":1}])",
                                    R"([{"name":"a"}])",
                                    R"({"ball":"poke"})",
                                    R"({"ball":"x"})",
                                    "nul",
                                    "[1",
                                    "nulll"}) {
      nlohmann::json json = usual;
      json[name] = "HERE";
      std::string text = json.dump();
      check_same<Fast>(text.replace(text.find("\"HERE\""), 6, value));
    }
    nlohmann::json json = usual;
    json.erase(name);
    check_same<Fast>(json.dump());
    json["unknown"] = 1;
    check_same<Fast>(json.dump());
  }
}

TEST_CASE("both codecs have the same limit of depth, also where a part is left to nlohmann_json") {
  for (const std::size_t levels : {std::size_t{1}, castore::max_json_depth - 4, castore::max_json_depth - 3,
                                   castore::max_json_depth - 2, castore::max_json_depth}) {
    check_same<Deep>(R"({"parts":[{"parts":[],"anything":)" + std::string(levels, '[') + std::string(levels, ']') +
                     R"(}],"anything":1})");
  }
}
