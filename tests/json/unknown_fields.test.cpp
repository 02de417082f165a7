// SPDX-License-Identifier: MIT
#include <castore/json/unknown_fields.hpp>

#include <castore/core/codec.hpp>
#include <castore/json.hpp>
#include <castore/reflection.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using castore::codec;
using castore::FieldError;
using castore_tests::error_of;

namespace unknown_fields_test {

struct Move {
  std::string name;
  friend bool operator==(const Move&, const Move&) = default;
};
struct Fished {
  static constexpr std::string_view type = "FISHED";
  Move move;
};
struct Found {
  static constexpr std::string_view type = "FOUND";
};
struct Input {
  std::optional<Move> best;
  std::vector<Move> moves;
  std::array<Move, 1> one;
  std::tuple<int, Move> both;
  std::map<std::string, Move> by_name;
  std::map<int, Move> by_number;
  std::variant<Fished, Found> how;
  static constexpr auto json_case = castore::JsonCase::camel;
};
struct Nothing {};

TEST_CASE("what is sent may have only the fields that its type has, on every level") {
  const std::string right = codec<Input>::encode({.best = Move{"a"},
                                                  .moves = {{"b"}, {"c"}},
                                                  .one = {Move{"d"}},
                                                  .both = {1, {"e"}},
                                                  .by_name = {{"x", {"f"}}},
                                                  .by_number = {{1, {"g"}}},
                                                  .how = Fished{{"h"}}});
  CHECK(codec<Input>::encode(codec<Input>::decode_input(right)) == right);

  const std::pair<std::string_view, std::string_view> places[] = {
      {"a", "best"},     {"c", "moves[1]"},       {"d", "one[0]"},        {"e", "both[1]"},
      {"f", "byName.x"}, {"g", "byNumber[0][1]"}, {"h", "how.value.move"}};
  for (const auto& [name, place] : places) {
    std::string wrong = right;
    const std::string member = "{\"name\":\"" + std::string{name} + "\"";
    REQUIRE(wrong.find(member) != std::string::npos);
    wrong.insert(wrong.find(member) + member.size(), ",\"power\":1");
    codec<Input>::decode(wrong);  // as a stored event it is right
    const auto error = error_of<FieldError>([&] { codec<Input>::decode_input(wrong); });
    CHECK(error.field() == std::string{place} + ".power");
    CHECK(error.reason() == "it is not known; known are: name");
  }
  const auto refused = [](const std::string& json) {
    return error_of<FieldError>([&] { codec<Input>::decode_input(json); });
  };
  CHECK(refused(R"({"by_name":{}})").reason() ==
        "it is not known; known are: best, moves, one, both, byName, byNumber, how");
  CHECK(refused(R"({"how":{"type":"FOUND","payload":1}})").field() == "how.payload");
  CHECK(refused(R"({"moves":1})").field() == "moves");
}

TEST_CASE("what is sent for a type without fields is an object without members") {
  codec<Nothing>::decode_input("{}");
  const auto error = error_of<FieldError>([] { codec<Nothing>::decode_input(R"({"x":1})"); });
  CHECK(error.field() == "x");
  CHECK(error.reason() == "it is not known; there are none");
  CHECK(error_of<std::invalid_argument>([] { codec<Nothing>::decode_input("1"); }).what() ==
        std::string_view{"it must be an object, but is of type number"});
}

}  // namespace unknown_fields_test
