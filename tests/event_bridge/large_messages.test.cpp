// SPDX-License-Identifier: MIT
// Messages that are too large for EventBridge go through S3, and come back by a function or through a queue.
#include <castore/messaging/adapters/event_bridge_s3.hpp>

#include "event_bridge/support.hpp"
#include "sqs/any_store.hpp"
#include "sqs/batch_publishing.hpp"
#include "sqs/s3_support.hpp"

#include <castore/messaging/errors.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/testing/catch2_message_channel.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace castore::event_bridge_tests;
using castore::EventBridgeS3MessageBusAdapter;
using castore::MessageFormat;
using castore::MessagesNotPublishedError;

namespace {

/// All messages are kept in the bucket.
struct Fixture {
  static constexpr bool keeps_order = false;
  static constexpr bool delivers_once = false;

  EventBridgeS3MessageBusAdapter& adapter() { return event_bridge; }
  std::vector<castore::testing::ReceivedMessage> receive(std::size_t count) { return receiver.receive(count); }

  Queue queue{};
  Bus bus{queue.url()};
  Bucket bucket{};
  EventBridgeS3MessageBusAdapter event_bridge{bus.name(),
                                              {.bucket = bucket.name(), .endpoint = server_address(), .larger_than = 0},
                                              {.client = client_options()}};
  Receiver receiver{queue, {.message_reader = bucket.reader()}};
};

struct OwnEventBridge {
  std::vector<std::string> details{};

  std::string call(std::string_view, const std::string& request) {
    Json answer{{"FailedEntryCount", 0}, {"Entries", Json::array()}};
    const Json parsed = Json::parse(request);
    for (const Json& entry : parsed["Entries"]) {
      details.push_back(entry["Detail"]);
      answer["Entries"].push_back({{"EventId", "1"}});
    }
    return answer.dump();
  }
};
struct OwnS3 {
  std::vector<std::string> keys{};

  void put_object(const std::string& key, std::string_view, const std::string&, std::chrono::steady_clock::time_point) {
    keys.push_back(key);
  }
  std::string presigned_url(const std::string& key, std::chrono::seconds) { return "own:" + key; }
};

const bool registered =
    castore::testing::register_message_channel_laws<Fixture>("a bus of EventBridge with messages in S3");

struct MonsterBus {
  castore::InMemoryEventStorageAdapter storage{};
  MonsterStore store{"MONSTERS", storage};
  castore::NotificationMessageBus<MonsterStore> bus{"BUS", store};
};

}  // namespace

TEST_CASE("the laws of message channels are registered for EventBridge with S3") { CHECK(registered); }

TEST_CASE("a large event is kept and sent as Castore's own adapter does it, and either reads what the other keeps") {
  const Bus bus;
  const Bucket bucket;
  const MonsterBus monsters;
  const std::vector<MonsterMessage> messages = {appeared("a", 1), appeared("a", 2, std::string(300'000, 'x')),
                                                appeared("a", 3)};
  for (const bool replay : {false, true}) {
    CAPTURE(replay);
    const FaultPlan theirs;
    const Json done = ask_server("/castore", "POST",
                                 Json{{"adapter", "event_bridge_s3"},
                                      {"eventBusName", bus.name()},
                                      {"endpoint", theirs.endpoint()},
                                      {"s3Endpoint", theirs.endpoint()},
                                      {"s3BucketName", bucket.name()},
                                      {"s3Prefix", "monsters/"},
                                      {"replay", replay},
                                      {"single", true},
                                      {"messages", Json::array({messages[1]})}}
                                     .dump());
    REQUIRE(done == Json::object());
    const auto read_theirs = castore::parse_event_bridge_event(monsters.bus, bus.events().back(), bucket.reader());
    CHECK(read_theirs.message == messages[1]);
    CHECK(read_theirs.replay == replay);

    const FaultPlan ours;
    EventBridgeS3MessageBusAdapter adapter{
        bus.name(), bucket.options(ours), {.client = ours.options(), .retry = quick_retries()}};
    publish(adapter, messages, replay);
    REQUIRE(ours.operations() == Operations{"S3 PUT", "PutEvents"});
    CHECK(without_time(keys_in(ours).at(0)) == "monsters/MONSTERS/a/TIME#2");
    CHECK(without_time(keys_in(ours).at(0)) == without_time(keys_in(theirs).at(0)));
    const Json sent = ours.log()[1]["body"]["Entries"];
    REQUIRE(sent.size() == 3);
    Json expected = theirs.log()[1]["body"]["Entries"][0];
    expected["Detail"] = sent[1]["Detail"];
    CHECK(sent[1] == expected);
    const std::vector<std::string> events = bus.events();
    for (std::size_t index = 0; index < 3; ++index) {
      const auto read =
          castore::parse_event_bridge_event(monsters.bus, events[events.size() - 3 + index], bucket.reader());
      CHECK(read.message == messages[index]);
      CHECK(read.replay == replay);
    }
    const Json event = Json::parse(events[events.size() - 2]);
    CHECK(ask_server("/castore", "POST", Json{{"read", {{"event", event}}}}.dump()) == Json(messages[1]));
    CHECK(error_of<castore::InvalidMessageError>([&] {
            (void)castore::parse_event_bridge_event(monsters.bus, event.dump());
          }).field() == "messageUrl");
  }
}

TEST_CASE("a large CloudEvent in EventBridge is read as one") {
  const Bus bus;
  const Bucket bucket;
  const MonsterBus monsters;
  EventBridgeS3MessageBusAdapter adapter{bus.name(),
                                         {.bucket = bucket.name(), .endpoint = server_address(), .larger_than = 1'000},
                                         {.client = client_options(), .format = MessageFormat::cloud_event}};
  publish(adapter, {large("a")}, true);
  const auto read = castore::parse_event_bridge_event(monsters.bus, bus.events().back(), bucket.reader());
  CHECK(read.message == large("a"));
  CHECK(read.replay);
}

TEST_CASE("large events go through clients of one's own") {
  const auto event_bridge = std::make_shared<OwnEventBridge>();
  const auto s3 = std::make_shared<OwnS3>();
  EventBridgeS3MessageBusAdapter adapter{event_bridge, s3, "bus", {.bucket = "mine", .larger_than = 0}};
  publish(adapter, {appeared("a", 1)});
  REQUIRE(s3->keys.size() == 1);
  CHECK(s3->keys[0].starts_with("MONSTERS/a/"));
  CHECK(event_bridge->details == std::vector<std::string>{Json{{"messageUrl", "own:" + s3->keys[0]}}.dump()});
}

TEST_CASE("when an event cannot be kept nothing is sent") {
  const Bus bus;
  const Bucket bucket;
  const FaultPlan plan{{"denied"}};
  EventBridgeS3MessageBusAdapter adapter{
      bus.name(), bucket.options(plan), {.client = plan.options(), .retry = quick_retries()}};
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, {appeared("a"), large("b")}); });
  CHECK(error.indices() == Indices{0, 1});
  CHECK_FALSE(error.retryable());
  CHECK(bus.events().empty());
}
