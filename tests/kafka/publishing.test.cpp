// SPDX-License-Identifier: MIT
// What the adapter sends to Kafka, what it does when something goes wrong, and what it then says.
#include <castore/messaging/adapters/kafka.hpp>

#include "kafka/support.hpp"

#include <castore/messaging/errors.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace castore::kafka_tests;
using namespace std::chrono_literals;
using castore::KafkaError;
using castore::KafkaMessageChannelAdapter;
using castore::MessagesNotPublishedError;
using Indices = std::vector<std::size_t>;

TEST_CASE("a message has its aggregate as its key, and says what it is") {
  const Cluster cluster;
  KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters"};
  publish(adapter, {appeared("a", 2)});
  publish(adapter, {appeared("a", 3)}, true);
  const auto contents = cluster.contents();
  REQUIRE(contents.size() == 2);
  CHECK(contents[0].key == "MONSTERS#a");
  CHECK(contents[0].body == json_of(appeared("a", 2)));
  CHECK(contents[0].id == "MONSTERS#a#2");
  CHECK(contents[0].replay.empty());
  CHECK(contents[1].id == "MONSTERS#a#3");
  CHECK(contents[1].replay == "1");
}

TEST_CASE("a message in Kafka can be a CloudEvent in structured and in binary mode") {
  using castore::MessageFormat;
  using Headers = std::map<std::string, std::string>;
  const Cluster cluster{1};
  const std::string id = "a b\"%\r\n\xE6\xBC\xA2";
  const MonsterMessage message = appeared(id, 7);
  for (const MessageFormat format : {MessageFormat::cloud_event, MessageFormat::cloud_event_binary}) {
    KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters", {.timeout = 60s, .format = format}};
    publish(adapter, {message}, true);
  }
  const auto contents = cluster.contents("monsters", 1);
  REQUIRE(contents.size() == 2);
  for (const auto& stored : contents) CHECK(stored.key == "MONSTERS#" + id);
  CHECK(castore::parse_cloud_event(contents[0].body) == castore::to_cloud_event(castore::MessageView{message}, true));
  CHECK(contents[0].headers == Headers{{"messageId", "MONSTERS#" + id + "#7"},
                                       {"replay", "1"},
                                       {"content-type", "application/cloudevents+json; charset=UTF-8"}});
  CHECK(contents[1].body == json_of(message));
  CHECK(contents[1].headers == Headers{{"messageId", "MONSTERS#" + id + "#7"},
                                       {"replay", "1"},
                                       {"content-type", "application/json"},
                                       {"ce_specversion", "1.0"},
                                       {"ce_id", "MONSTERS#" + id + "#7"},
                                       {"ce_source", "/stores/MONSTERS"},
                                       {"ce_type", "APPEARED"},
                                       {"ce_subject", id},
                                       {"ce_time", castore::format_timestamp(castore_tests::at(7))},
                                       {"ce_replay", "true"}});
}

TEST_CASE("a message that is too large for Kafka is refused before anything is sent") {
  const Cluster cluster;
  KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters"};
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a"), appeared("b", 1, std::string(1'000'000, 'x'))});
  });
  CHECK(error.indices() == Indices{0, 1});
  CHECK_FALSE(error.retryable());
  const std::string what = error.what();
  CHECK(what.starts_with("castore: 2 message(s) were not published: the message 'MONSTERS#b#1' (at index 1) has 1000"));
  CHECK(what.ends_with(" bytes, more than the 1000000 that are allowed; nothing was sent"));

  // What is just allowed is taken by librdkafka, too.
  const std::size_t empty = std::stoul(what.substr(what.find("has ") + 4)) - 1'000'000;
  publish(adapter, {appeared("b", 1, std::string(1'000'000 - empty, 'x'))});
  CHECK_THROWS_AS(publish(adapter, {appeared("b", 1, std::string(1'000'001 - empty, 'x'))}), MessagesNotPublishedError);
  CHECK(cluster.contents().size() == 1);
}

TEST_CASE("what a broker refuses is named, and nothing of its aggregate overtakes it") {
  Cluster cluster{1};
  KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters"};
  publish(adapter, {appeared("z")});
  cluster.fail(Cluster::produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  try {
    publish(adapter, {appeared("a", 1), appeared("a", 2)});
    FAIL("no error");
  } catch (const MessagesNotPublishedError& error) {
    CHECK(error.indices() == Indices{0, 1});
    CHECK_FALSE(error.retryable());
    CHECK(std::string{error.what()} ==
          "castore: 2 message(s) were not published: the message 'MONSTERS#a#1': Kafka: Broker: Topic authorization "
          "failed");
    const auto cause = error_of<KafkaError>([&] { std::rethrow_if_nested(error); });
    CHECK(cause.code() == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  }
  // librdkafka remembers that for a while.
  CHECK(eventually([&] {
    try {
      publish(adapter, {appeared("a", 1), appeared("a", 2)});
      return true;
    } catch (const MessagesNotPublishedError&) {
      return false;
    }
  }));
  CHECK(cluster.contents("monsters", 1).size() == 3);
}

TEST_CASE("what a broker may take later is sent again, and is there once") {
  Cluster cluster{1};
  KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters"};
  cluster.fail(Cluster::produce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
               RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT);
  publish(adapter, {appeared("a", 1), appeared("a", 2), appeared("b", 1)});
  Log ids;
  for (const auto& stored : cluster.contents("monsters", 1)) ids.push_back(stored.id);
  std::ranges::sort(ids);
  CHECK(ids == Log{"MONSTERS#a#1", "MONSTERS#a#2", "MONSTERS#b#1"});
}

TEST_CASE("while a broker is down messages are named, and come when it is back") {
  Cluster cluster;
  KafkaMessageChannelAdapter patient{cluster.settings(), "monsters", {.timeout = 60s}};
  publish(patient, {appeared("a", 1)});
  cluster.set_down(true);
  KafkaMessageChannelAdapter quick{cluster.settings(), "monsters", {.timeout = 500ms}};
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(quick, {appeared("a", 2), appeared("b", 1)}); });
  CHECK(error.indices() == Indices{0, 1});
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 2 message(s) were not published: the message 'MONSTERS#a#2': Kafka: Local: Message timed out");
  std::thread back{[&] {
    std::this_thread::sleep_for(50ms);  // it has begun by then, which is not needed
    cluster.set_down(false);
  }};
  publish(patient, {appeared("a", 2), appeared("a", 3)});
  back.join();
  CHECK(cluster.ids("a") == Log{"MONSTERS#a#1", "MONSTERS#a#2", "MONSTERS#a#3"});
}

TEST_CASE("after a fatal error there is another producer") {
  const Cluster cluster;
  KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters"};
  publish(adapter, {appeared("a", 1)});
  const auto first = adapter.producer();
  rd_kafka_test_fatal_error(first.get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a test");
  publish(adapter, {appeared("a", 2)});
  CHECK(adapter.producer() != first);
  CHECK(cluster.ids("a") == Log{"MONSTERS#a#1", "MONSTERS#a#2"});
}

TEST_CASE("a wrong setting is named without its value") {
  try {
    KafkaMessageChannelAdapter{{.brokers = "x", .more = {{"sasl.passwort", "secret"}}}, "monsters"};
    FAIL("no error");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string{error.what()} == "castore: Kafka does not take the setting 'sasl.passwort'");
  }
}
