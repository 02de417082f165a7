// SPDX-License-Identifier: MIT
// Messages as CloudEvents, in structured and in binary mode, and what other producers write.
#include <castore/messaging/cloud_events.hpp>

#include "messaging/support.hpp"
#include "support/catch.hpp"

#include <castore/messaging/message_queue.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace castore_tests;
using castore::CloudEvent;
using castore::InvalidMessageError;
using castore::MessageView;
using Json = nlohmann::json;

namespace {

using Attributes = std::map<std::string, std::string>;

/// Of all that a CloudEvent must have.
Json smallest() {
  return {{"specversion", "1.0"}, {"id", "1"}, {"source", "/s"}, {"type", "T"}, {"data", Json::object()}};
}

template <class Function>
std::string refusal_of(Function function) {
  try {
    function();
  } catch (const InvalidMessageError& error) {
    return error.field() + ": " + error.what();
  }
  throw std::runtime_error{"it was taken"};
}

std::string refusal_of(const Json& json) {
  return refusal_of([&] { castore::parse_cloud_event(json.dump()); });
}

}  // namespace

TEST_CASE("a message is a CloudEvent, and comes back from it") {
  castore::InMemoryEventStorageAdapter storage;
  const MonsterStore store{"MONSTERS", storage};
  const castore::NotificationMessageQueue queue{"QUEUE", store};
  const MonsterMessage message = leveled_up("a", 7);
  const CloudEvent event = castore::to_cloud_event(MessageView{message});
  CHECK(event == CloudEvent{.id = "MONSTERS#a#7",
                            .source = "/stores/MONSTERS",
                            .type = "LEVELED_UP",
                            .subject = "a",
                            .time = castore::format_timestamp(at(7)),
                            .data = MessageView{message}.to_json()});

  const std::string text = castore::format_cloud_event(event);
  CHECK(Json::parse(text) == Json{{"specversion", "1.0"},
                                  {"id", "MONSTERS#a#7"},
                                  {"source", "/stores/MONSTERS"},
                                  {"type", "LEVELED_UP"},
                                  {"subject", "a"},
                                  {"time", castore::format_timestamp(at(7))},
                                  {"datacontenttype", "application/json"},
                                  {"data", Json(message)}});
  CHECK(castore::parse_cloud_event(text) == event);
  CHECK(queue.parse_message(castore::parse_cloud_event(text).data) == message);

  const Attributes attributes = castore::cloud_event_attributes(event);
  CHECK(attributes == Attributes{{"specversion", "1.0"},
                                 {"id", "MONSTERS#a#7"},
                                 {"source", "/stores/MONSTERS"},
                                 {"type", "LEVELED_UP"},
                                 {"subject", "a"},
                                 {"time", castore::format_timestamp(at(7))}});
  CHECK(castore::parse_cloud_event(attributes, event.data) == event);
}

TEST_CASE("a replay is told from what is new in a CloudEvent") {
  const MonsterMessage message = appeared("a");
  const CloudEvent event = castore::to_cloud_event(MessageView{message}, true);
  CHECK(event.replay);
  CHECK(Json::parse(castore::format_cloud_event(event))["replay"] == true);
  CHECK(castore::parse_cloud_event(castore::format_cloud_event(event)) == event);
  CHECK(castore::parse_cloud_event(castore::cloud_event_attributes(event), event.data) == event);
  Json wrong = smallest();
  wrong["replay"] = "true";
  CHECK(refusal_of(wrong) == "replay: castore: message: replay: it must be true or false");
}

TEST_CASE("an aggregate that exists is a CloudEvent without version, and without subject where its id is empty") {
  const castore::AggregateExistsMessage message{"A b/\xC3\xA9", "", at(1)};
  const CloudEvent event = castore::to_cloud_event(MessageView{message});
  CHECK(event.id == "A b/\xC3\xA9#");
  CHECK(event.source == "/stores/A%20b%2F%C3%A9");
  CHECK(event.type == "__AGGREGATE_EXISTS__");
  const std::string text = castore::format_cloud_event(event);
  CHECK_FALSE(Json::parse(text).contains("subject"));
  CHECK(castore::parse_cloud_event(text) == event);
}

TEST_CASE("a CloudEvent of somebody else is read, and what is wrong with it is named") {
  Json event = smallest();
  CHECK(castore::parse_cloud_event(event.dump()) == CloudEvent{.id = "1", .source = "/s", .type = "T", .data = "{}"});
  event["partitionkey"] = "k";
  event["dataschema"] = 1;
  event["datacontenttype"] = "Application/JSON; charset=utf-8";
  CHECK(castore::parse_cloud_event(event.dump()).data == "{}");
  event["datacontenttype"] = "application/vnd.shop+JSON; charset=utf-8";
  CHECK(castore::parse_cloud_event(event.dump()).data == "{}");
  for (const char* const name : {"datacontenttype", "subject", "time", "replay"}) event[name] = nullptr;
  CHECK(castore::parse_cloud_event(event.dump()) == CloudEvent{.id = "1", .source = "/s", .type = "T", .data = "{}"});

  for (const char* const name : {"specversion", "id", "source", "type", "data"}) {
    Json without = smallest();
    without.erase(name);
    CHECK(refusal_of(without) == std::string{name} + ": castore: message: " + name + ": it is missing");
    Json wrong = smallest();
    wrong[name] = 1;
    CHECK(refusal_of(wrong) == std::string{name} + ": castore: message: " + name + ": it must be " +
                                   (name == std::string{"data"} ? "an object" : "a string"));
  }
  for (const char* const name : {"id", "source", "type"}) {
    Json empty = smallest();
    empty[name] = "";
    CHECK(refusal_of(empty) == std::string{name} + ": castore: message: " + name + ": it is empty");
  }
  const auto refused = [](const char* name, const Json& value) {
    Json wrong = smallest();
    wrong[name] = value;
    return refusal_of(wrong);
  };
  CHECK(refused("specversion", "0.3") == "specversion: castore: message: specversion: it must be 1.0");
  CHECK(refused("time", "soon") == "time: castore: message: time: it is not an ISO 8601 date and time");
  CHECK(refused("datacontenttype", "application/x+jsonlines").ends_with("it must be application/json"));
  CHECK(refused("datacontenttype", "text/xml") ==
        "datacontenttype: castore: message: datacontenttype: it must be application/json");
  CHECK(refusal_of(Json::array()) == "cloudEvent: castore: message: cloudEvent: it must be an object");
  CHECK(refusal_of([] {
          castore::parse_cloud_event("no JSON");
        }).starts_with("cloudEvent: castore: message: cloudEvent: "));
  CHECK(refusal_of([] { castore::parse_cloud_event(std::string(100'000, '[')); }).starts_with("cloudEvent: "));
  CHECK(refusal_of([] {
          castore::parse_cloud_event(Attributes{{"specversion", "1.0"}}, "{}");
        }) == "id: castore: message: id: it is empty");
  CHECK(refusal_of([] {
          castore::parse_cloud_event(Attributes{{"specversion", "1.0"}, {"id", "a\xFF"}}, "{}");
        }) == "id: castore: message: id: its text is not UTF-8 (byte 1)");
}

TEST_CASE("what is no JSON does not become a part of a CloudEvent") {
  for (const char* const data : {"", "}", R"({},"replay":true)"}) {
    const CloudEvent event{.id = "1", .source = "/s", .type = "T", .data = data};
    CHECK(
        refusal_of([&] { castore::format_cloud_event(event); }).starts_with("data: castore: message: data: it is not"));
  }
}

TEST_CASE("a CloudEvent of which no content type tells is read as one that is told") {
  const auto read = [](const std::string& body) { return castore::detail::read_body(body, "", {}, {}); };
  const auto with = [](const std::string& data) {
    return R"({"specversion":"1.0","id":"1","source":"/s","type":"T","replay":true,"data":)" + data + '}';
  };
  const std::string deep =
      std::string(castore::max_json_depth - 1, '[') + std::string(castore::max_json_depth - 1, ']');
  for (const std::string& data : {std::string{R"({"n":1e400})"}, R"({"x":)" + deep + '}'}) {
    CHECK(read(with(data)).json == data);
    CHECK(read(with(data)).replay);
  }
  const std::string message = R"({"eventStoreId":"specversion","event":{"specversion":1}})";
  CHECK(read(message).json == message);
  CHECK(read(R"(["specversion"])").json == R"(["specversion"])");
}
