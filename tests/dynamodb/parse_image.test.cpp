// SPDX-License-Identifier: MIT
#include <castore/adapters/dynamodb/parse_image.hpp>

#include "messaging/support.hpp"

#include <castore/adapters/dynamodb/attribute_values.hpp>

#include <string>
#include <tuple>

using namespace castore_tests;
using nlohmann::json;

namespace {

struct Everything {
  static constexpr std::string_view type = "EVERYTHING";
  json value;
  friend void to_json(json& to, const Everything& from) { to = from.value; }
  friend void from_json(const json& from, Everything& to) { to.value = from; }
};
struct Any : castore::Aggregate {};
struct AnyReducer {
  void operator()(Any&, const Everything&) const {}
};
using AnyStore = castore::EventStore<castore::Events<Everything>, Any, AnyReducer>;

const json image = json::parse(R"({
  "aggregateId": {"S": "MONSTERS#a#b"}, "version": {"N": "1"}, "type": {"S": "APPEARED"},
  "timestamp": {"S": "2022-01-01T00:00:00.001Z"}, "payload": {"M": {"name": {"S": "Pikachu"}}},
  "eventStoreId": {"S": "MONSTERS"}})");

}  // namespace

TEST_CASE("the image of an event in a stream is a notification of its store") {
  const MonsterStore monsters{"MONSTERS"};
  const TamerStore tamers{"TAMERS"};
  const auto message = castore::parse_image(std::tie(tamers, monsters), image);
  const auto* const notification = message.get_if<MonsterMessage>();
  REQUIRE(notification);
  CHECK(notification->event_store_id == "MONSTERS");
  CHECK(notification->event.aggregate_id() == "a#b");
  CHECK(notification->event.version() == 1);
  CHECK(notification->event.timestamp() == at(1));
  REQUIRE(notification->event.get_if<Appeared>());
  CHECK(notification->event.get_if<Appeared>()->payload == Appeared{"Pikachu"});

  const MonsterMessage alone = castore::parse_image(std::tie(monsters), image);
  CHECK(alone.event_store_id == "MONSTERS");
}

TEST_CASE("every value that stands for JSON comes back from an image") {
  const AnyStore store{"ANY"};
  json changed = image;
  changed["aggregateId"]["S"] = "ANY#1";
  changed["type"]["S"] = "EVERYTHING";
  changed["payload"] = json::parse(R"({"M": {"null": {"NULL": true}, "bool": {"BOOL": false},
    "int": {"N": "9223372036854775807"}, "double": {"N": "0.1"}, "text": {"S": "#é"}, "set": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]}, "list": {"L": [{"N": "-1"}, {"L": []}, {"M": {}}]}}})");
  const auto message = castore::parse_image(std::tie(store), changed);
  const auto* const event = message.event.get_if<Everything>();
  REQUIRE(event);
  CHECK(event->payload.value == json::parse(R"({"null": null, "bool": false, "int": 9223372036854775807,
    "double": 0.1, "text": "#é", "set": ["a", "b"], "numbers": [1, 2.5], "list": [-1, [], {}]})"));
}

TEST_CASE("what is no image of a known store's event is an error that names the field") {
  const MonsterStore monsters{"MONSTERS"};
  const auto field_of = [&](const char* pointer, json value) {
    json changed = image;
    changed[json::json_pointer{pointer}] = std::move(value);
    return error_of<castore::InvalidMessageError>([&] { castore::parse_image(std::tie(monsters), changed); }).field();
  };
  CHECK(field_of("/aggregateId/S", "TAMERS#a") == "aggregateId");
  CHECK(field_of("/aggregateId/S", "MONSTERS") == "aggregateId");
  CHECK(field_of("/aggregateId", {{"N", "1"}}) == "aggregateId");
  CHECK(field_of("/version", {{"N", "one"}}) == "version");
  CHECK(field_of("/version", {{"S", "1"}}) == "event");
  CHECK(field_of("/payload", {{"B", 1}}) == "payload");
  CHECK(field_of("/payload", {{"X", "AAAA"}}) == "payload");
  CHECK(field_of("/payload", {{"S", "a"}, {"N", "1"}}) == "payload");
  CHECK(field_of("/payload/M/name", "Pikachu") == "payload");
  CHECK(field_of("/type/S", "UNHEARD_OF") == "event");
  CHECK(field_of("", json::array()) == "aggregateId");
}

namespace {

/// What the DynamoDB adapter reads of an attribute value, as JSON; discarded when it refuses it.
json read_by_adapter(const std::string& attribute) {
  std::string text;
  try {
    castore::detail::JsonScanner scanner{attribute};
    castore::detail::append_attribute_value(text, scanner);
  } catch (const castore::detail::JsonScanError&) {
    return json::value_t::discarded;
  }
  return json::parse(text);
}

/// What an image with this attribute value as its payload holds.
json read_by_image(const std::string& attribute) {
  const AnyStore store{"ANY"};
  json changed = image;
  changed["aggregateId"]["S"] = "ANY#1";
  changed["type"]["S"] = "EVERYTHING";
  changed["payload"] = json::parse(attribute);
  try {
    const auto message = castore::parse_image(std::tie(store), changed);
    return message.event.get_if<Everything>()->payload.value;
  } catch (const castore::InvalidMessageError& error) {
    CHECK(error.field() == "payload");
    return json::value_t::discarded;
  }
}

std::string nested(const std::string& open, const std::string& inner, const std::string& close, int depth) {
  std::string text;
  for (int level = 0; level < depth; ++level) text += open;
  text += inner;
  for (int level = 0; level < depth; ++level) text += close;
  return text;
}

}  // namespace

TEST_CASE("an image and the adapter read the same attribute values and refuse the same") {
  const struct {
    std::string attribute;
    const char* expected;  // null: refused
  } cases[] = {
      {R"({"S":"text"})", R"("text")"},
      {R"({"B":"AQID"})", R"("AQID")"},
      {R"({"BS":["AQID",""]})", R"(["AQID",""])"},
      {R"({"SS":["b","a"]})", R"(["b","a"])"},
      {R"({"NS":["1","2.50","1E+2"]})", "[1,2.5,100]"},
      {R"({"N":"1E+2"})", "100"},
      {R"({"N":"1000000000000000000000"})", "1e21"},
      {R"({"N":"1e+21"})", "1e21"},
      {R"({"N":"-0"})", "0"},
      {R"({"N":"+1"})", "1"},
      {R"({"N":"007.50"})", "7.5"},
      {R"({"N":"9223372036854775807"})", "9223372036854775807"},
      {R"({"N":"18446744073709551615"})", "18446744073709551615"},
      {R"({"NULL":true})", "null"},
      {R"({"BOOL":false})", "false"},
      {R"({"M":{"a":{"L":[{"B":"AA=="},{"M":{}}]}}})", R"({"a":["AA==",{}]})"},
      {nested(R"({"L":[)", R"({"N":"1"})", "]}", 64), nullptr},  // filled in below
      {nested(R"({"L":[)", R"({"N":"1"})", "]}", 65), nullptr},
      {nested(R"({"M":{"a":)", R"({"N":"1"})", "}}", 65), nullptr},
      {R"({"SS":)" + nested("[", "", "]", 100'000) + "}", nullptr},
      {R"({"BS":)" + nested("[", "", "]", 100'000) + "}", nullptr},
      {R"({"NS":)" + nested("[", "", "]", 100'000) + "}", nullptr},
      {R"({"S":)" + nested("[", "", "]", 100'000) + "}", nullptr},
      {R"({"B":)" + nested(R"({"a":)", "1", "}", 100'000) + "}", nullptr},
      {R"({"BOOL":)" + nested("[", "", "]", 100'000) + "}", nullptr},
      {R"({"NULL":)" + nested("[", "", "]", 100'000) + "}", nullptr},
      {nested(R"({"L":[)", R"({"N":"1"})", "]}", 100'000), nullptr},
      {R"({"SS":["a",1]})", nullptr},
      {R"({"SS":"a"})", nullptr},
      {R"({"NS":["a"]})", nullptr},
      {R"({"BS":[[]]})", nullptr},
      {R"({"N":1})", nullptr},
      {R"({"N":""})", nullptr},
      {R"({"N":"1 "})", nullptr},
      {R"({"N":"0x1"})", nullptr},
      {R"({"N":"1\u00002"})", nullptr},
      {R"({"BOOL":"true"})", nullptr},
      {R"({"NULL":1})", nullptr},
      {R"({"M":[]})", nullptr},
      {R"({"L":{}})", nullptr},
      {R"({"X":"a"})", nullptr},
      {"{}", nullptr},
      {"[]", nullptr},
      {"null", nullptr},
      {R"({"S":"a","N":"1"})", nullptr},
  };
  for (const auto& [attribute, expected] : cases) {
    CAPTURE(attribute.substr(0, 100));
    json wanted = expected == nullptr ? json(json::value_t::discarded) : json::parse(expected);
    if (attribute == nested(R"({"L":[)", R"({"N":"1"})", "]}", 64)) wanted = json::parse(nested("[", "1", "]", 64));
    const json by_adapter = read_by_adapter(attribute);
    const json by_image = read_by_image(attribute);
    CHECK(by_adapter.is_discarded() == wanted.is_discarded());
    CHECK(by_image.is_discarded() == wanted.is_discarded());
    if (wanted.is_discarded()) continue;
    CHECK(by_adapter == wanted);
    CHECK(by_image == wanted);
  }
}
