// SPDX-License-Identifier: MIT
#include <castore/json/schema_fault.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>

namespace {

using castore::SchemaFault;
using Json = nlohmann::json;

std::optional<SchemaFault> fault(const char* schema, const char* value) {
  return castore::find_schema_fault(Json::parse(schema), Json::parse(value));
}
void check_right(const char* schema, const char* value) {
  CAPTURE(schema, value);
  CHECK_FALSE(fault(schema, value));
}
void check_wrong(const char* schema, const char* value, const SchemaFault& expected) {
  CAPTURE(schema, value);
  const auto found = fault(schema, value);
  REQUIRE(found);
  CHECK(found->path == expected.path);
  CHECK(found->what == expected.what);
}

TEST_CASE("a schema's types are those of JSON") {
  check_right("{}", "[null]");
  check_right("true", "1");
  check_wrong("false", "1", {"", "nothing may be there"});
  for (const char* value : {"1", "1.0", "-3e2", "18446744073709551615"}) check_right(R"({"type":"integer"})", value);
  check_wrong(R"({"type":"integer"})", "1.5", {"", R"(it must be of type "integer", but is of type "number")"});
  check_right(R"({"type":"number"})", "1.5");
  check_right(R"({"type":["string","null"]})", "null");
  check_wrong(R"({"type":["string","null"]})", "{}",
              {"", R"(it must be of type ["string","null"], but is of type "object")"});
  check_right(R"({"type":"boolean"})", "false");
  check_wrong(R"({"type":"array"})", "{}", {"", R"(it must be of type "array", but is of type "object")"});
}

TEST_CASE("a schema's values, bounds and sizes are kept") {
  check_right(R"({"const":"A"})", R"("A")");
  check_wrong(R"({"const":"A"})", R"("B")", {"", R"(it must be "A")"});
  check_right(R"({"enum":[1,"a"]})", R"("a")");
  check_wrong(R"({"enum":[1,"a"]})", "2", {"", R"(it must be one of [1,"a"])"});
  check_right(R"({"minimum":1,"maximum":3})", "3");
  check_wrong(R"({"minimum":1})", "0", {"", "it must be at least 1"});
  check_wrong(R"({"maximum":3})", "3.5", {"", "it must be at most 3"});
  check_wrong(R"({"exclusiveMinimum":1})", "1", {"", "it must be above 1"});
  check_wrong(R"({"exclusiveMaximum":3})", "3", {"", "it must be below 3"});
  check_right(R"({"minimum":5})", R"("text")");
  check_right(R"({"minLength":2,"maxLength":2})", R"("éé")");
  check_wrong(R"({"minLength":3})", R"("éé")", {"", "it must have at least 3 characters"});
  check_wrong(R"({"maxItems":1})", "[1,2]", {"", "it must have at most 1 elements"});
  check_wrong(R"({"minProperties":1})", "{}", {"", "it must have at least 1 members"});
  check_wrong(R"({"uniqueItems":true})", "[1,2,1]", {"", "its elements must differ from each other"});
  check_right(R"({"uniqueItems":true})", "[1,2]");
}

TEST_CASE("the members of objects are looked at one by one") {
  const char* const schema =
      R"({"type":"object","properties":{"a/b":{"type":"string"}},"required":["a/b"],)"
      R"("additionalProperties":{"type":"null"}})";
  check_right(schema, R"({"a/b":"x","c":null})");
  check_wrong(schema, "{}", {"", R"(it must have the member "a/b")"});
  check_wrong(schema, R"({"a/b":1})", {"/a~1b", R"(it must be of type "string", but is of type "number")"});
  check_wrong(schema, R"({"a/b":"","c":1})", {"/c", R"(it must be of type "null", but is of type "number")"});
  check_wrong(R"({"additionalProperties":false})", R"({"c":1})", {"/c", "nothing may be there"});
  check_wrong(R"({"propertyNames":{"enum":["x"]}})", R"({"c":1})", {"/c", "its name is not allowed"});
}

TEST_CASE("the elements of arrays are looked at one by one") {
  const char* const schema = R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})";
  check_right(schema, R"(["a",1,2])");
  check_wrong(schema, R"([1])", {"/0", R"(it must be of type "string", but is of type "number")"});
  check_wrong(schema, R"(["a",1,"b"])", {"/2", R"(it must be of type "integer", but is of type "string")"});
}

TEST_CASE("one of several forms is chosen") {
  check_right(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "null");
  check_wrong(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "1",
              {"", "it has none of the forms that are allowed"});
  check_right(R"({"oneOf":[{"minimum":1},{"minimum":5}]})", "3");
  check_wrong(R"({"oneOf":[{"minimum":1},{"minimum":5}]})", "7",
              {"", "it has more than one of the forms of which one is allowed"});
  check_wrong(R"({"oneOf":[{"minimum":1},{"minimum":5}]})", "0", {"", "it has none of the forms that are allowed"});
  check_wrong(R"({"allOf":[{"minimum":1},{"minimum":5}]})", "3", {"", "it must be at least 5"});
  check_wrong(R"({"not":{"type":"null"}})", "null", {"", "it has a form that is not allowed"});
}

TEST_CASE("a schema refers to others in its document, and to itself") {
  const char* const list =
      R"({"$ref":"#/$defs/a%20list","$defs":{"a list":{"type":"object","properties":)"
      R"({"next":{"$ref":"#/$defs/a%20list"}}}}})";
  check_right(list, R"({"next":{"next":{}}})");
  check_wrong(list, R"({"next":{"next":1}})",
              {"/next/next", R"(it must be of type "object", but is of type "number")"});
  check_wrong(R"({"$ref":"#/$defs/b"})", "1", {"", R"(its schema refers to "#/$defs/b", which is not there)"});
  check_wrong(R"({"$ref":"https://example.com/schema"})", "1",
              {"", R"(its schema refers to "https://example.com/schema", which is not there)"});
  check_wrong(R"({"$ref":"#"})", "1", {"", "its schema refers to itself without an end"});
  check_wrong(R"({"$ref":"#%2"})", "1", {"", R"(its schema refers to "#%2", which is not there)"});
}

TEST_CASE("what is nested deep is compared, or refused before it could fill the stack") {
  const Json schema = Json::parse(R"({"$ref":"#/$defs/A","$defs":{"A":{"properties":{"next":{"$ref":"#/$defs/A"}}}}})");
  const auto nested = [](int levels) {
    Json value = Json::object();
    for (int level = 0; level < levels; ++level) value = Json({{"next", std::move(value)}});
    return value;
  };
  CHECK_FALSE(castore::find_schema_fault(schema, nested(150)));
  const auto fault = castore::find_schema_fault(schema, nested(400));
  REQUIRE(fault);
  CHECK(fault->what == "it is nested too deep to be compared with its schema");
  CHECK(fault->path.starts_with("/next/next/next"));
}

TEST_CASE("a part of a document is a schema with the document's definitions") {
  const Json document = Json::parse(R"({"$defs":{"A":{"$ref":"#/$defs/B"},"B":{"type":"null"}}})");
  CHECK_FALSE(castore::find_schema_fault(document, document["$defs"]["A"], Json()));
  CHECK(castore::find_schema_fault(document, document["$defs"]["A"], Json(1)));
}

TEST_CASE("what is no keyword of a schema says nothing") {
  check_right(
      R"({"type":"object","properties":5,"required":"a","items":7,"enum":1,"anyOf":{},)"
      R"("minLength":"x","format":"date"})",
      R"({"a":1})");
  check_right("5", "1");
  check_right(R"({"type":"date"})", "1");
}

}  // namespace
