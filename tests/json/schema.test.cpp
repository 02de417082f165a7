// SPDX-License-Identifier: MIT
#include <castore/json/schema.hpp>
#include "support/catch.hpp"

#include <castore/core/codec.hpp>
#include <castore/reflection.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

using nlohmann::json;

namespace schema_test {

enum class Ball { poke, great };
enum class Size { few, many, lost };
NLOHMANN_JSON_SERIALIZE_ENUM(Size, {{Size::few, "FEW"}, {Size::many, "MANY"}})

struct Move {
  std::string name;
  std::uint8_t power = 0;
};
struct Fished {
  static constexpr std::string_view type = "FISHED";
};
struct Traded {
  static constexpr std::string_view type = "TRADED";
  std::string with;
};
struct Tree {
  std::string name;
  std::vector<Tree> children;
};
class Point {
 public:
  static json json_schema() { return {{"type", "array"}}; }
  friend void to_json(json&, const Point&) {}
  friend void from_json(const json&, Point&) {}
};
class Unknown {
  friend void to_json(json&, const Unknown&) {}
  friend void from_json(const json&, Unknown&) {}
};
struct Caught {
  static constexpr std::string_view type = "CAUGHT";
  std::string trainer_id;
  bool is_shiny = false;
  float weight = 0;
  Ball ball = Ball::great;
  std::optional<int> level;
  std::vector<Move> moves;
  static constexpr auto json_case = castore::JsonCase::camel;
  static constexpr auto json_names = castore::rename(&Caught::weight, "kg");
  static constexpr auto added_fields = castore::fields(&Caught::ball);
};

/// The schema of a field's type.
template <class Type>
json schema_of() {
  struct Holder {
    Type field;
  };
  return castore::json_schema<Holder>()["properties"]["field"];
}

}  // namespace schema_test

using namespace schema_test;

TEST_CASE("the schema of a payload has its fields as they are stored, their ranges, and the defaults of later ones") {
  CHECK(castore::json_schema<Caught>() == json::parse(R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
      "trainerId": {"type": "string"},
      "isShiny": {"type": "boolean"},
      "kg": {"type": "number", "format": "float"},
      "ball": {"enum": ["poke", "great"], "default": "great"},
      "level": {"anyOf": [{"type": "integer", "minimum": -2147483648, "maximum": 2147483647}, {"type": "null"}]},
      "moves": {"type": "array", "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "power": {"type": "integer", "minimum": 0, "maximum": 255}},
        "required": ["name", "power"]}}
    },
    "required": ["trainerId", "isShiny", "kg", "moves"]})"));
}

TEST_CASE("each kind of field has its schema") {
  CHECK(schema_of<std::uint64_t>()["maximum"] == 18446744073709551615U);
  CHECK(schema_of<Size>() == json::parse(R"({"enum": ["FEW", "MANY"]})"));
  CHECK(schema_of<std::set<Ball>>() ==
        json::parse(R"({"type": "array", "items": {"enum": ["poke", "great"]}, "uniqueItems": true})"));
  CHECK(schema_of<std::array<bool, 3>>() ==
        json::parse(R"({"type": "array", "items": {"type": "boolean"}, "minItems": 3, "maxItems": 3})"));
  CHECK(schema_of<std::tuple<bool, std::string>>() ==
        json::parse(R"({"type": "array", "prefixItems": [{"type": "boolean"}, {"type": "string"}], "minItems": 2,
                        "maxItems": 2})"));
  CHECK(schema_of<std::map<Ball, bool>>() ==
        json::parse(R"({"type": "object", "additionalProperties": {"type": "boolean"},
                        "propertyNames": {"enum": ["poke", "great"]}})"));
  CHECK(schema_of<std::map<bool, bool>>()["items"]["prefixItems"].size() == 2);
  CHECK(schema_of<std::variant<Fished, Traded>>() == json::parse(R"({"oneOf": [
          {"type": "object", "properties": {"type": {"const": "FISHED"}}, "required": ["type"]},
          {"type": "object", "required": ["type", "value"], "properties": {"type": {"const": "TRADED"},
           "value": {"type": "object", "properties": {"with": {"type": "string"}}, "required": ["with"]}}}]})"));
  CHECK(
      schema_of<castore::Timestamp>() ==
      json::parse(R"({"type": "string", "format": "date-time", "description": "in UTC, with 3 digits of a second"})"));
  CHECK(schema_of<std::chrono::minutes>()["description"] == "a duration in minutes");
  CHECK(schema_of<std::chrono::duration<double, std::ratio<1, 60>>>() ==
        json::parse(R"({"type": "number", "format": "double", "description": "a duration in 1/60 seconds"})"));
  CHECK(schema_of<json>() == json::object());
  CHECK(schema_of<Point>() == json::parse(R"({"type": "array"})"));
  CHECK(schema_of<Unknown>() == json::parse(R"({"description": "what functions of its own make of it"})"));
  CHECK(castore::json_schema<Fished>()["properties"].empty());
}

TEST_CASE("a struct that holds itself refers to itself") {
  CHECK(castore::json_schema<Tree>()["properties"]["children"]["items"] == json::parse(R"({"$ref": "#"})"));
  CHECK(schema_of<Tree>()["properties"]["children"]["items"] == json::parse(R"({"$ref": "#/properties/field"})"));
}
