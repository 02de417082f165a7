// SPDX-License-Identifier: MIT
#include <castore/messaging/parse_image.hpp>

#include "messaging/support.hpp"

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
  CHECK(field_of("/payload", {{"B", "AAAA"}}) == "payload");
  CHECK(field_of("/payload", {{"S", "a"}, {"N", "1"}}) == "payload");
  CHECK(field_of("/payload/M/name", "Pikachu") == "payload");
  CHECK(field_of("/type/S", "UNHEARD_OF") == "event");
  CHECK(field_of("", json::array()) == "aggregateId");
}
