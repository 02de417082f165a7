// SPDX-License-Identifier: MIT
#include <castore/messaging/message_json.hpp>

#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/message_queue.hpp>

#include "messaging/support.hpp"

#include <chrono>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace castore_tests;
using castore::AggregateExistsMessage;
using nlohmann::json;

namespace {

// As JSON.stringify writes the messages of @castore/core 2.4.2.
const std::string exists_text =
    R"({"eventStoreId":"MONSTERS","aggregateId":"a","initialEventTimestamp":"2022-01-01T00:00:00.007Z"})";
const std::string appeared_text =
    R"({"eventStoreId":"MONSTERS","event":{"aggregateId":"a","version":1,"type":"APPEARED",)"
    R"("timestamp":"2022-01-01T00:00:00.001Z","payload":{"name":"Pikachu"}}})";
const std::string leveled_up_text =
    R"({"eventStoreId":"MONSTERS","event":{"aggregateId":"a","version":2,"type":"LEVELED_UP",)"
    R"("timestamp":"2022-01-01T00:00:00.002Z"}})";
const std::string state_text =
    R"({"eventStoreId":"MONSTERS","event":{"aggregateId":"a","version":2,"type":"LEVELED_UP",)"
    R"("timestamp":"2022-01-01T00:00:00.002Z"},)"
    R"("aggregate":{"aggregateId":"a","version":2,"name":"Pikachu","level":1}})";

struct PlainMonster {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name;
  int level = 0;
};

struct Anything : castore::Aggregate {
  json x;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Anything, x)
};
struct AnythingReducer {
  void operator()(Anything&, const auto&) const {}
};

/// Its functions make an array of it.
struct Listed : castore::Aggregate {
  friend void to_json(json& list, const Listed&) { list = json::array({1}); }
  [[maybe_unused]] friend void from_json(const json&, Listed&) {}
};

MonsterStateMessage state_message() {
  Monster monster;
  monster.aggregate_id = "a";
  monster.version = 2;
  monster.name = "Pikachu";
  monster.level = 1;
  return {"MONSTERS", leveled_up("a", 2).event, monster};
}

}  // namespace

TEST_CASE("messages are JSON in Castore's shape and come back") {
  const AggregateExistsMessage exists{"MONSTERS", "a", at(7)};
  CHECK(json(exists) == json::parse(exists_text));
  CHECK(json::parse(exists_text).get<AggregateExistsMessage>() == exists);

  CHECK(json(appeared("a")) == json::parse(appeared_text));
  const auto back = json::parse(appeared_text).get<MonsterMessage>();
  CHECK(back.event_store_id == "MONSTERS");
  REQUIRE(back.event.get_if<Appeared>());
  const MonsterMessage original = appeared("a");
  CHECK(*back.event.get_if<Appeared>() == *original.event.get_if<Appeared>());

  CHECK(json(leveled_up("a", 2)) == json::parse(leveled_up_text));
  CHECK(json::parse(leveled_up_text).get<MonsterMessage>().event.version() == 2);

  CHECK(json(state_message()) == json::parse(state_text));
  const auto state = json::parse(state_text).get<MonsterStateMessage>();
  CHECK(state.aggregate == state_message().aggregate);
  CHECK(state.event.type() == "LEVELED_UP");
}

TEST_CASE("what is no message is an error that names the field") {
  const auto field_of = []<class Message>(std::type_identity<Message>, const std::string& text) {
    return error_of<castore::InvalidMessageError>([&] { json::parse(text).get<Message>(); }).field();
  };
  const std::type_identity<AggregateExistsMessage> exists;
  const std::type_identity<MonsterMessage> notification;
  const std::type_identity<MonsterStateMessage> state;
  CHECK(field_of(exists, "[]") == "message");
  CHECK(field_of(exists, R"({"eventStoreId":1})") == "eventStoreId");
  CHECK(field_of(exists, R"({"eventStoreId":"S"})") == "aggregateId");
  CHECK(field_of(exists, R"({"eventStoreId":"S","aggregateId":"a","initialEventTimestamp":"now"})") ==
        "initialEventTimestamp");
  CHECK(field_of(notification, R"({"eventStoreId":"S"})") == "event");
  CHECK(field_of(notification, R"({"eventStoreId":"S","event":[]})") == "event");
  CHECK(field_of(state, leveled_up_text) == "aggregate");
  for (const std::string& version : std::vector<std::string>{R"("2")", "2.5", "18446744073709551615"}) {
    CHECK(field_of(state, R"({"eventStoreId":"S","event":{"aggregateId":"a","version":2,"type":"LEVELED_UP",)"
                          R"("timestamp":"2022-01-01T00:00:00.002Z"},"aggregate":{"aggregateId":"a","name":"",)"
                          R"("level":1,"version":)" +
                              version + "}}") == "aggregate");
  }
  const auto what_of = [](const std::string& text) {
    return std::string{
        error_of<castore::InvalidMessageError>([&] { json::parse(text).get<MonsterStateMessage>(); }).what()};
  };
  const std::string before = R"({"eventStoreId":"S","event":{"aggregateId":"a","version":2,"type":"LEVELED_UP",)"
                             R"("timestamp":)";
  const std::string after = R"(},"aggregate":{"aggregateId":"a","name":"","level":1,"version":"2"}})";
  CHECK(what_of(before + R"("2022-01-01T00:00:00.002Z")" + after) ==
        "castore: message: aggregate: its version must be an integer of 64 bits");
  const auto what_is_wrong = [](const std::string& text) {
    return std::string{
        error_of<castore::InvalidMessageError>([&] { json::parse(text).get<AggregateExistsMessage>(); }).what()};
  };
  CHECK(what_is_wrong("{}") == "castore: message: eventStoreId: it is missing");
  CHECK(what_is_wrong(R"({"eventStoreId":1})") == "castore: message: eventStoreId: it must be a string");
  CHECK(std::string{error_of<castore::InvalidMessageError>([&] {
                      json::parse(R"({"eventStoreId":"S","event":[]})").get<MonsterMessage>();
                    }).what()} == "castore: message: event: it must be an object");
  CHECK(what_of(before + "1" + after) == "castore: message: event: timestamp: it must be a string");
  CHECK(what_of(before + R"("2022-01-01T00:00:00.002Z"},"aggregate":{"version":2}})") ==
        "castore: message: aggregate: aggregateId: it is missing");
  const std::string unknown = R"({"eventStoreId":"S","event":{"aggregateId":"a","version":2,"type":"UNHEARD_OF",)"
                              R"("timestamp":"2022-01-01T00:00:00.002Z"}})";
  CHECK(cause_of<castore::UnknownEventTypeError>([&] { json::parse(unknown).get<MonsterMessage>(); }).type() ==
        "UNHEARD_OF");
}

TEST_CASE("an aggregate whose functions make no object of it is not sent") {
  const castore::StateCarryingMessage<MonsterEvents, Listed> message{"MONSTERS", leveled_up("a", 2).event, Listed{}};
  const auto error = error_of<castore::InvalidMessageError>([&] { const json text = message; });
  CHECK(error.what() == std::string{"castore: message: aggregate: its codec must make an object of it"});
}

TEST_CASE("an aggregate stays the text that its codec makes, and what no consumer could read is not sent") {
  const auto members = [](const std::string& text) {
    std::string behind;
    castore::detail::append_other_members(behind, text, {"aggregateId", "version"});
    return behind;
  };
  CHECK(members(" {} ").empty());
  CHECK(members(R"({"n":123456789012345678901,"aggregateId":"b","f":1e400,"\u0076ersion":7,"g":1.0})") ==
        R"(,"n":123456789012345678901,"f":1e400,"g":1.0)");

  castore::EventStore<MonsterEvents, Anything, AnythingReducer> store{"MONSTERS"};
  const castore::StateCarryingMessageQueue queue{"QUEUE", store};
  using Message = castore::StateCarryingMessage<MonsterEvents, Anything>;
  const auto with_levels = [](std::size_t levels) {
    Anything deep;
    deep.aggregate_id = "a";
    deep.x = json::parse(std::string(levels - 1, '[') + std::string(levels - 1, ']'));
    return Message{"MONSTERS", leveled_up("a", 2).event, deep};
  };
  const Message fits = with_levels(castore::max_json_depth - 1);
  CHECK(queue.parse_message(castore::MessageView{fits}.to_json()).aggregate.x == fits.aggregate.x);
  const Message too_deep = with_levels(castore::max_json_depth);
  const auto error = error_of<castore::InvalidMessageError>([&] { castore::MessageView{too_deep}.to_json(); });
  CHECK(std::string_view{error.what()}.starts_with("castore: message: aggregate: it is not JSON: it is nested"));
}

TEST_CASE("a message without a timestamp, or with one that no text has, is not sent") {
  const auto field_of = [](const auto& message) {
    return error_of<castore::InvalidMessageError>([&] { castore::MessageView{message}.to_json(); }).field();
  };
  MonsterMessage unset = appeared("a");
  unset.event = castore::EventDetail<Appeared>{.aggregate_id = "a", .version = 1, .payload = {}};
  CHECK(field_of(unset) == "timestamp");
  CHECK(field_of(AggregateExistsMessage{"S", "a", castore::latest_timestamp + std::chrono::milliseconds{1}}) ==
        "initialEventTimestamp");
}

TEST_CASE("a message is read from its text, and nothing of it is taken for something else") {
  MonsterStore store{"MONSTERS"};
  const castore::NotificationMessageQueue queue{"QUEUE", store};
  const auto with = [](const std::string& members) {
    return R"({"eventStoreId":"MONSTERS","event":{"aggregateId":"a","version":1,"type":"APPEARED",)"
           R"("timestamp":"2022-01-01T00:00:00.001Z","payload":{"name":"Pikachu"}})" +
           members + "}";
  };
  const MonsterMessage plain = queue.parse_message(with(""));
  CHECK(plain == appeared("a"));
  // Escapes, spaces, and members that another program added.
  CHECK(queue.parse_message(
            "\n{ \"event\" : {\"aggregateId\":\"\\u0061\",\"v\\u0065rsion\":1 ,\"type\":\"APP\\u0045ARED\","
            "\"more\":[{}],\"timestamp\":\"2022-01-01T00:00:00.001Z\",\"payload\": {\"name\" :\"Pikachu\"} },"
            "\"eventStoreId\":\"MONSTERS\"\t}\r\n") == plain);
  CHECK(queue.parse_message(with(R"(,"more":{"event":1},"more":2)")) == plain);
  // No two readers agree on which of two members counts.
  const auto refused = [&](const std::string& text) {
    return std::string{error_of<castore::InvalidMessageError>([&] { queue.parse_message(text); }).what()};
  };
  CHECK(refused(with(R"(,"eventStoreId":"OTHERS")")) == "castore: message: eventStoreId: it is there twice");
  CHECK(refused(with(R"(,"\u0065vent":{})")) == "castore: message: event: it is there twice");
  CHECK(refused(R"({"eventStoreId":"MONSTERS","event":{"aggregateId":"a","version":1,"version":2}})") ==
        "castore: message: event: version: it is there twice");
  CHECK(refused("[]") == "castore: message: it must be an object");
  CHECK(refused(R"({"eventStoreId":"MONSTERS",})").starts_with("castore: message: it is not JSON: "));
  // As deep as what is written.
  const auto deep = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(queue.parse_message(with(",\"more\":" + deep(castore::max_json_depth - 1))) == plain);
  CHECK(refused(with(",\"more\":" + deep(castore::max_json_depth))).find("nested too deep") != std::string::npos);
}

TEST_CASE("a message is written as Castore writes it, with its members in the same order") {
  const auto text_of = [](const auto& message) { return castore::MessageView{message}.to_json(); };
  CHECK(text_of(AggregateExistsMessage{"MONSTERS", "a", at(7)}) == exists_text);
  CHECK(text_of(appeared("a")) == appeared_text);
  CHECK(text_of(leveled_up("a", 2)) == leveled_up_text);
  const MonsterMessage quoted = appeared("\"\\\n\x01\xC3\xA9");
  CHECK(text_of(quoted).find(R"("aggregateId":"\"\\\u000a\u0001)"
                             "\xC3\xA9\"") != std::string::npos);
  MonsterStore store{"MONSTERS"};
  const castore::NotificationMessageQueue queue{"QUEUE", store};
  CHECK(queue.parse_message(text_of(quoted)) == quoted);
}

TEST_CASE("what would be no JSON is not sent, and named") {
  const auto fault = [](const auto& message) {
    return std::string{error_of<castore::InvalidMessageError>([&] { castore::MessageView{message}.to_json(); }).what()};
  };
  const std::string not_utf8 = "castore: message: aggregateId: its text is not UTF-8 (byte 1)";
  CHECK(fault(appeared("a\xFF")) == not_utf8);
  CHECK(fault(AggregateExistsMessage{"S", "a\xFF", at(7)}) == not_utf8);
  MonsterMessage message = appeared("a");
  message.event_store_id = "\xFF";
  CHECK(fault(message) == "castore: message: eventStoreId: its text is not UTF-8 (byte 0)");
  CHECK(error_of<castore::InvalidMessageError>([&] { const json text = message; }).field() == "eventStoreId");
  MonsterStateMessage state = state_message();
  state.aggregate.aggregate_id = "\xFF";
  CHECK(fault(state) == "castore: message: aggregate: aggregateId: its text is not UTF-8 (byte 0)");
  // What a codec of a user may give: text that would end the payload, and the event, and be a part of the message.
  CHECK(std::string{error_of<castore::InvalidMessageError>([] {
                      castore::detail::check_message_json<500>("payload", R"({}},"aggregate":{"a":{})");
                    }).what()} ==
        "castore: message: payload: it is not JSON: there is more text after the value (byte 2 of 23)");
}

TEST_CASE("lack of memory is no fault of a message") {
  const auto fail = [](const auto& error) { castore::detail::in_message_field("event", [&] { throw error; }); };
  CHECK_THROWS_AS(fail(std::bad_alloc{}), std::bad_alloc);
  CHECK(error_of<castore::InvalidMessageError>([&] { fail(std::runtime_error{"is wrong"}); }).field() == "event");
}

TEST_CASE("an aggregate that has its own id and version is sent by its fields, in Castore's shape") {
  using Message = castore::StateCarryingMessage<MonsterEvents, PlainMonster>;
  const Message message{"MONSTERS", leveled_up("a", 2).event, {"a", 2, "Pikachu", 1}};
  CHECK(json(message) == json::parse(state_text));
  const auto back = json::parse(state_text).get<Message>();
  CHECK(back.aggregate.aggregate_id == "a");
  CHECK(back.aggregate.version == 2);
  CHECK(back.aggregate.name == "Pikachu");
  CHECK(back.aggregate.level == 1);
}

TEST_CASE("guards tell the kinds of messages apart, as types and as JSON") {
  STATIC_REQUIRE(castore::message_kind<AggregateExistsMessage> == castore::MessageKind::aggregate_exists);
  CHECK(castore::is_aggregate_exists_message(AggregateExistsMessage{}));
  CHECK_FALSE(castore::is_event_carrying_message(AggregateExistsMessage{}));
  CHECK(castore::is_notification_message(appeared("a")));
  CHECK(castore::is_event_carrying_message(appeared("a")));
  CHECK_FALSE(castore::is_state_carrying_message(appeared("a")));
  CHECK(castore::is_state_carrying_message(state_message()));
  CHECK_FALSE(castore::is_notification_message(state_message()));

  CHECK(castore::is_aggregate_exists_message(json::parse(exists_text)));
  CHECK_FALSE(castore::is_aggregate_exists_message(json::parse(appeared_text)));
  CHECK(castore::is_notification_message(json::parse(appeared_text)));
  CHECK_FALSE(castore::is_state_carrying_message(json::parse(appeared_text)));
  CHECK(castore::is_state_carrying_message(json::parse(state_text)));
  CHECK_FALSE(castore::is_notification_message(json::parse(state_text)));
  CHECK(castore::is_event_carrying_message(json::parse(state_text)));
  CHECK_FALSE(castore::is_event_carrying_message(json::parse(exists_text)));
}

TEST_CASE("a channel reads messages of each of its stores") {
  MonsterStore monsters{"MONSTERS"};
  TamerStore tamers{"TAMERS"};
  const castore::NotificationMessageQueue queue{"QUEUE", std::tie(monsters, tamers)};
  const auto monster = queue.parse_message(appeared_text);
  REQUIRE(monster.get_if<MonsterMessage>());
  CHECK(monster.get_if<MonsterMessage>()->event.type() == "APPEARED");
  const auto tamer = queue.parse_message(json(joined("ash")).dump());
  CHECK(tamer.get_if<TamerMessage>());

  const castore::NotificationMessageBus other{"BUS", tamers};
  const auto not_found =
      error_of<castore::MessageChannelEventStoreNotFoundError>([&] { other.parse_message(appeared_text); });
  CHECK(not_found.message_channel_id() == "BUS");
  CHECK(not_found.event_store_id() == "MONSTERS");
  CHECK(error_of<castore::InvalidMessageError>([&] { other.parse_message("{"); }).field() == "message");
  for (const std::string& behind : {std::string(1, '\0'), std::string{"\0 anything", 10}, std::string{" {}"}}) {
    CHECK(error_of<castore::InvalidMessageError>([&] { queue.parse_message(appeared_text + behind); }).field() ==
          "message");
  }
}
