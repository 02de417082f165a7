// SPDX-License-Identifier: MIT
// What is sent to EventBridge, what becomes of it when something goes wrong, and how it is given back.
#include <castore/messaging/adapters/event_bridge.hpp>

#include "event_bridge/support.hpp"
#include "sqs/batch_publishing.hpp"

#include <castore/aws/client.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message_bus.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace castore::event_bridge_tests;
using castore::AggregateExistsMessage;
using castore::AwsError;
using castore::EventBridgeMessageBusAdapter;
using castore::InvalidMessageError;
using castore::MessageFormat;
using castore::MessagesNotPublishedError;

namespace {

EventBridgeMessageBusAdapter adapter_of(const Bus& bus, const FaultPlan& plan, int max_attempts = 4) {
  return EventBridgeMessageBusAdapter{bus.name(), {.client = plan.options(), .retry = quick_retries(max_attempts)}};
}

struct Fixture {
  static constexpr bool knows_what_it_has = false;
  static constexpr const char* operation = "PutEvents";

  EventBridgeMessageBusAdapter adapter(const FaultPlan& plan, int max_attempts = 4) const {
    return adapter_of(bus, plan, max_attempts);
  }
  Ids take_ids() const {
    const std::vector<std::string> events = bus.events();
    Ids ids;
    for (; taken < events.size(); ++taken) {
      const Json event = Json::parse(events[taken])["detail"]["event"];
      ids.push_back("MONSTERS#" + event["aggregateId"].get<std::string>() + "#" + event["version"].dump());
    }
    return ids;
  }

  Bus bus{};
  mutable std::size_t taken = 0;
};

struct ScriptedClient {
  std::string answer{};
  int calls = 0;

  std::string call(std::string_view, const std::string&) {
    ++calls;
    return answer;
  }
};

AggregateExistsMessage exists(const std::string& id) { return {"MONSTERS", id, castore_tests::at(1)}; }

/// Buses of one store, without pushes.
struct Buses {
  castore::InMemoryEventStorageAdapter storage{};
  MonsterStore store{"MONSTERS", storage};
  castore::NotificationMessageBus<MonsterStore> events{"BUS", store};
  castore::AggregateExistsMessageBus<MonsterStore> aggregates{"BUS", store};
};

}  // namespace

TEST_CASE("EventBridge gets what Castore's own adapter sends") {
  const Bus bus;
  const auto compare = [&](const auto& messages, bool replay, bool single) {
    CAPTURE(replay, single);
    const FaultPlan theirs;
    const Json done = ask_server("/castore", "POST",
                                 Json{{"adapter", "event_bridge"},
                                      {"eventBusName", bus.name()},
                                      {"endpoint", theirs.endpoint()},
                                      {"replay", replay},
                                      {"single", single},
                                      {"messages", messages}}
                                     .dump());
    REQUIRE(done == Json::object());
    const FaultPlan ours;
    EventBridgeMessageBusAdapter adapter = adapter_of(bus, ours);
    if (single) {
      for (const auto& message : messages) publish(adapter, std::vector{message}, replay);
    } else {
      publish(adapter, messages, replay);
    }
    const Json expected = theirs.log();
    Json sent = ours.log();
    REQUIRE(sent.size() == expected.size());
    for (std::size_t request = 0; request < sent.size(); ++request) {
      CHECK(sent[request]["operation"] == expected[request]["operation"]);
      const Json& wanted = expected[request]["body"]["Entries"];
      Json& entries = sent[request]["body"]["Entries"];
      REQUIRE(entries.size() == wanted.size());
      for (std::size_t index = 0; index < entries.size(); ++index) {
        // Castore's text is that of JSON.stringify, whose members have another order.
        CHECK(Json::parse(entries[index]["Detail"].template get<std::string>()) ==
              Json::parse(wanted[index]["Detail"].template get<std::string>()));
        entries[index]["Detail"] = wanted[index]["Detail"];
        // Castore's replays of these cannot be told from what is new.
        if (wanted[index]["DetailType"] == "__AGGREGATE_EXISTS__" && replay) {
          CHECK(entries[index]["Resources"] == Json::array({"__REPLAYED__"}));
          entries[index].erase("Resources");
        }
        CHECK(entries[index] == wanted[index]);
      }
    }
  };
  for (const bool replay : {false, true}) {
    for (const bool single : {false, true}) {
      compare(std::vector{appeared("a", 1), appeared("a", 2, "\xE6\xBC\xA2 \" \n"), appeared("b")}, replay, single);
      compare(std::vector{exists("a"), exists("b")}, replay, single);
    }
    compare(some_of("a", 25), replay, false);
  }
}

TEST_CASE("what EventBridge delivers becomes a typed message again, by a function or through a queue") {
  const Queue queue;
  const Bus bus{queue.url()};
  const Buses buses;
  for (const MessageFormat format : {MessageFormat::castore, MessageFormat::cloud_event}) {
    for (const bool replay : {false, true}) {
      CAPTURE(format, replay);
      EventBridgeMessageBusAdapter adapter{bus.name(), {.client = client_options(), .format = format}};
      publish(adapter, {appeared("a", 7, "\"detail-type\"")}, replay);
      const std::string event = bus.events().back();
      const auto read = castore::parse_event_bridge_event(buses.events, event);
      CHECK(read.message == appeared("a", 7, "\"detail-type\""));
      CHECK(read.replay == replay);
      CHECK(Json::parse(event)["id"] == Json(read.id));
      CHECK(Json::parse(event)["source"] == "MONSTERS");
      CHECK(Json::parse(event)["detail-type"] == (replay ? "__REPLAYED__" : "APPEARED"));
      if (format == MessageFormat::cloud_event) {
        castore::CloudEvent sent = castore::to_cloud_event(castore::MessageView{read.message}, replay);
        sent.data = Json::parse(sent.data).dump();  // members in another order
        CHECK(castore::parse_cloud_event(Json::parse(event)["detail"].dump()) == sent);
      }

      castore::SqsConsumer consumer{
          buses.events, queue.url(), {.client = client_options(), .wait_time = std::chrono::seconds{0}}};
      std::vector<MonsterMessage> received;
      consumer.poll([&](const MonsterMessage& message, const castore::MessageContext& context) {
        CHECK(context.replay == replay);
        received.push_back(message);
      });
      CHECK(received == std::vector{read.message});
    }
  }
  const Bus other;
  for (const bool replay : {false, true}) {
    EventBridgeMessageBusAdapter adapter{other.name(), {.client = client_options()}};
    publish(adapter, std::vector{exists("a")}, replay);
    const auto read = castore::parse_event_bridge_event(buses.aggregates, other.events().back());
    CHECK(read.message == exists("a"));
    CHECK(read.replay == replay);
    CHECK(Json::parse(other.events().back())["detail-type"] == "__AGGREGATE_EXISTS__");
  }
}

TEST_CASE("what is not an event of EventBridge, or not a message of the bus, is an error that names the field") {
  const Buses buses;
  const auto field_of = [&](const std::string& json) {
    return error_of<InvalidMessageError>([&] { (void)castore::parse_event_bridge_event(buses.events, json); }).field();
  };
  const std::string detail = Json(appeared("a")).dump();
  CHECK(field_of(detail) == "detail-type");
  CHECK(field_of("no JSON, but \"detail-type\"") == "event");
  CHECK(field_of(R"({"detail-type": "APPEARED"})") == "detail-type");
  CHECK(field_of(R"({"id": "1", "detail-type": "APPEARED", "detail": 1})") == "detail");
  CHECK(field_of(R"({"detail-type": "APPEARED", "detail": {}})") == "id");
  CHECK(field_of(R"({"id": "1", "detail-type": 1, "detail": {}})") == "detail-type");
  CHECK(field_of(R"({"id": "1", "detail-type": "APPEARED", "detail": {}})") == "eventStoreId");
  CHECK(field_of(R"({"id": "1", "detail-type": "APPEARED", "detail": {"specversion": "2.0"}})") == "id");
}

TEST_CASE("what EventBridge could not do is sent again, and comes at least once") {
  sends_again_what_could_not_be_done<Fixture>();
}

TEST_CASE("when EventBridge cannot be reached the messages are named and may be sent again") {
  names_what_it_could_not_send<Fixture>();
}

TEST_CASE("what EventBridge refuses as a whole is not sent again") {
  does_not_repeat_what_is_refused_as_a_whole<Fixture>();
}

TEST_CASE("of the entries those that failed are sent again, and those that were refused are named") {
  tells_what_of_a_batch_failed<Fixture>("Amazon EventBridge: InvalidArgument: it was asked for");
}

TEST_CASE("the entries of a request are not more than EventBridge takes, and of too large a message nothing is sent") {
  keeps_to_the_size_of_batches<Fixture>(std::string_view{"MONSTERSAPPEARED"}.size());
}

TEST_CASE("EventBridge says which message it does not take, and why") {
  const Bus bus;
  EventBridgeMessageBusAdapter adapter{bus.name(), {.client = client_options()}};
  MonsterMessage reserved = appeared("b");
  reserved.event_store_id = "aws.monsters";
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a"), reserved, appeared("c")});
  });
  CHECK(error.indices() == Indices{1});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 1 message(s) were not published: the message 'aws.monsters#b#1': Amazon EventBridge: "
        "NotAuthorizedForSourceException: Not authorized for the source.");
  CHECK(bus.events().size() == 2);
  EventBridgeMessageBusAdapter wrong{"no bus's name", {.client = client_options()}};
  CHECK(nested_of<AwsError>([&] { publish(wrong, {appeared("a")}); }).code() == "ValidationException");
}

TEST_CASE("an answer that does not tell of each entry is not believed") {
  for (const char* const answer :
       {R"({"FailedEntryCount": 0})", R"({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})",
        R"({"Entries": [{}, 1]})", R"({"Entries": {"EventId": "1"}})",
        R"({"Entries": [{"EventId": 1}, {"EventId": ""}]})"}) {
    CAPTURE(answer);
    const auto client = std::make_shared<ScriptedClient>(ScriptedClient{answer});
    EventBridgeMessageBusAdapter adapter{client, "default", {.retry = quick_retries(2)}};
    const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, {appeared("a"), appeared("b")}); });
    CHECK(error.indices() == Indices{0, 1});
    CHECK(error.retryable());
    CHECK(client->calls == 2);
  }
}

TEST_CASE("CloudEvents in binary mode cannot be sent through EventBridge") {
  CHECK_THROWS_AS(EventBridgeMessageBusAdapter(
                      "default", {.client = client_options(), .format = MessageFormat::cloud_event_binary}),
                  std::invalid_argument);
}
