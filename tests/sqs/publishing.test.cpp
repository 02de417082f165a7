// SPDX-License-Identifier: MIT
// What is sent to SQS, and what becomes of it when something goes wrong.
#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/batch_publishing.hpp"
#include "sqs/support.hpp"

#include <castore/aws/client.hpp>
#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace castore::sqs_tests;
using castore::AwsError;
using castore::MessagesNotPublishedError;
using castore::SqsMessageQueueAdapter;

namespace {

SqsMessageQueueAdapter adapter_of(const Queue& queue, const FaultPlan& plan, int max_attempts = 4) {
  return SqsMessageQueueAdapter{queue.url(), {.client = plan.options(), .retry = quick_retries(max_attempts)}};
}

template <bool is_fifo>
struct Fixture {
  using Adapter = SqsMessageQueueAdapter;
  static constexpr bool knows_what_it_has = is_fifo;
  static constexpr const char* operation = "SendMessageBatch";

  Adapter adapter(const FaultPlan& plan, int max_attempts = 4) const { return adapter_of(queue, plan, max_attempts); }
  Ids take_ids() const { return queue.take_ids(); }

  Queue queue{is_fifo};
};

}  // namespace

TEST_CASE("SQS gets what Castore's own adapter sends") {
  const std::vector<MonsterMessage> messages = {appeared("a", 1), appeared("a", 2, "\xE6\xBC\xA2 \" \n"),
                                                appeared("b")};
  for (const bool is_fifo : {false, true}) {
    for (const bool replay : {false, true}) {
      CAPTURE(is_fifo, replay);
      const Queue queue{is_fifo};
      const FaultPlan theirs;
      const Json done = ask_server("/castore", "POST",
                                   Json{{"adapter", "sqs"},
                                        {"queueUrl", queue.url()},
                                        {"endpoint", theirs.endpoint()},
                                        {"fifo", is_fifo},
                                        {"replay", replay},
                                        {"single", true},
                                        {"messages", messages}}
                                       .dump());
      REQUIRE(done == Json::object());
      const FaultPlan ours;
      SqsMessageQueueAdapter adapter = adapter_of(queue, ours);
      for (const MonsterMessage& message : messages) publish(adapter, {message}, replay);

      REQUIRE(theirs.log().size() == 3);
      REQUIRE(ours.log().size() == 3);
      for (std::size_t index = 0; index < 3; ++index) {
        Json expected = theirs.log()[index]["body"];
        const Json sent = ours.log()[index]["body"];
        CHECK(sent["QueueUrl"] == expected["QueueUrl"]);
        expected.erase("QueueUrl");
        Json entry = sent["Entries"].at(0);
        CHECK(entry["Id"] == "0");
        entry.erase("Id");
        // Castore's text is that of JSON.stringify, whose members have another order.
        CHECK(Json::parse(entry["MessageBody"].get<std::string>()) ==
              Json::parse(expected["MessageBody"].get<std::string>()));
        entry["MessageBody"] = expected["MessageBody"];
        if (is_fifo) {  // Castore's own would drop replays and rewritten versions
          const std::string id = expected["MessageDeduplicationId"];
          const std::string own = entry["MessageDeduplicationId"];
          CHECK(own.starts_with(id + "#"));
          CHECK(own.size() == id.size() + 17 + (replay ? 17 : 0));
          entry["MessageDeduplicationId"] = id;
        }
        CHECK(entry == expected);
      }
    }
  }
}

TEST_CASE("a batch has legal ids and the attributes of each message, which Castore's has not") {
  const Queue queue;
  const FaultPlan theirs;
  const std::vector<MonsterMessage> messages = some_of("a", 25);
  const Json refused = ask_server("/castore", "POST",
                                  Json{{"adapter", "sqs"},
                                       {"queueUrl", queue.url()},
                                       {"endpoint", theirs.endpoint()},
                                       {"fifo", false},
                                       {"replay", false},
                                       {"single", false},
                                       {"messages", messages}}
                                      .dump());
  CHECK(refused["error"] == "InvalidBatchEntryId");

  const FaultPlan ours;
  SqsMessageQueueAdapter adapter = adapter_of(queue, ours);
  publish(adapter, messages, true);
  CHECK(ours.operations() == Operations(3, "SendMessageBatch"));
  const std::regex legal{"[A-Za-z0-9_-]{1,80}"};
  std::vector<std::size_t> sizes;
  for (const Json& request : ours.log()) {
    sizes.push_back(request["body"]["Entries"].size());
    std::set<std::string> ids;
    for (const Json& entry : request["body"]["Entries"]) {
      ids.insert(entry["Id"].get<std::string>());
      CHECK(std::regex_match(entry["Id"].get<std::string>(), legal));
      CHECK(entry["MessageAttributes"].size() == 2);
    }
    CHECK(ids.size() == request["body"]["Entries"].size());
  }
  CHECK(sizes == Indices{10, 10, 5});
  CHECK(queue.take_ids().size() == 25);
}

TEST_CASE("a message in SQS can be a CloudEvent in structured and in binary mode, and comes back") {
  using castore::MessageFormat;
  const Monsters monsters;
  const MonsterMessage message = appeared("a", 7);
  for (const MessageFormat format : {MessageFormat::cloud_event, MessageFormat::cloud_event_binary}) {
    const Queue queue{true};
    SqsMessageQueueAdapter adapter{queue.url(), {.client = client_options(), .format = format}};
    publish(adapter, {message}, true);
    const std::vector<Json> taken = queue.take();
    REQUIRE(taken.size() == 1);
    std::map<std::string, std::string> attributes;
    for (const auto& [name, value] : taken[0]["MessageAttributes"].items()) {
      attributes[name] = value["StringValue"].get<std::string>();
    }
    const std::string body = taken[0]["Body"];
    if (format == MessageFormat::cloud_event) {
      CHECK(attributes == std::map<std::string, std::string>{{"messageId", "MONSTERS#a#7"},
                                                             {"replay", "1"},
                                                             {"content-type", "application/cloudevents+json"}});
      CHECK(castore::parse_cloud_event(body) == castore::to_cloud_event(castore::MessageView{message}, true));
    } else {
      CHECK(attributes ==
            std::map<std::string, std::string>{{"messageId", "MONSTERS#a#7"},
                                               {"replay", "1"},
                                               {"ce-specversion", "1.0"},
                                               {"ce-id", "MONSTERS#a#7"},
                                               {"ce-source", "/stores/MONSTERS"},
                                               {"ce-type", "APPEARED"},
                                               {"ce-subject", "a"},
                                               {"ce-time", castore::format_timestamp(castore_tests::at(7))},
                                               {"ce-replay", "true"}});
      CHECK(Json::parse(body) == Json(message));
    }
    publish(adapter, {message}, true);
    publish(adapter, {appeared("b")});
    castore::SqsConsumer consumer{
        monsters.queue, queue.url(), {.client = client_options(), .wait_time = std::chrono::seconds{0}}};
    std::vector<MonsterMessage> received;
    for (int polls = 0; received.size() < 2 && polls < 100; ++polls) {
      consumer.poll([&](const MonsterMessage& one, const castore::MessageContext& context) {
        CHECK(context.replay == (one == message));
        received.push_back(one);
      });
    }
    CHECK(received == std::vector<MonsterMessage>{message, appeared("b")});
  }
}

TEST_CASE("ids that SQS does not take become their hashes, and stay apart") {
  const Queue queue{true};
  SqsMessageQueueAdapter adapter{queue.url(), {.client = client_options()}};
  const std::string longest(400, 'x');
  publish(adapter, {appeared("with space"), appeared("\xE6\xBC\xA2"), appeared(longest), appeared("a\x01z")});
  std::set<std::string> groups;
  std::set<std::string> ids;
  for (const Json& message : queue.take()) {
    const std::string group = message["Attributes"]["MessageGroupId"];
    const std::string once = message["Attributes"]["MessageDeduplicationId"];
    CHECK(group.starts_with("sha256-"));
    CHECK(group.size() <= 128);
    CHECK(once.size() <= 128);
    CHECK(std::ranges::all_of(once, [](char character) { return character > ' ' && character <= '~'; }));
    groups.insert(group);
    ids.insert(message["MessageAttributes"]["messageId"]["StringValue"].get<std::string>());
  }
  CHECK(groups.size() == 4);
  CHECK(ids == std::set<std::string>{"MONSTERS#with space#1", "MONSTERS#\xE6\xBC\xA2#1", "MONSTERS#" + longest + "#1",
                                     "MONSTERS#a%01z#1"});
}

TEST_CASE("a body has no character that SQS refuses") {
  const Queue queue;
  SqsMessageQueueAdapter adapter{queue.url(), {.client = client_options()}};
  const MonsterMessage message = appeared("a", 1, "\x01 \xEF\xBF\xBE \xEF\xBF\xBF \xF0\x9F\x98\x80");
  publish(adapter, {message});
  const auto taken = queue.take();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0]["Body"].get<std::string>().find("\\ufffe") != std::string::npos);
  CHECK(Json::parse(taken[0]["Body"].get<std::string>()) == Json(message));
}

TEST_CASE("batches are not larger than SQS takes, and of too large a message nothing is sent") {
  keeps_to_the_size_of_batches<Fixture<false>>(std::string_view{"messageIdStringMONSTERS#b#1"}.size());
}

TEST_CASE("a limit of one megabyte can be set") {
  const Queue queue{false, {{"MaximumMessageSize", "1048576"}}};
  SqsMessageQueueAdapter adapter{queue.url(), {.client = client_options(), .max_message_size = 1'048'576}};
  publish(adapter, {appeared("a", 1, std::string(1'000'000, 'x'))});
  CHECK(queue.take_ids() == Ids{"MONSTERS#a#1"});
}

TEST_CASE("what SQS could not do is sent again, and comes at least once") {
  sends_again_what_could_not_be_done<Fixture<false>>();
  sends_again_what_could_not_be_done<Fixture<true>>();
}

TEST_CASE("when SQS cannot be reached the messages are named and may be sent again") {
  names_what_it_could_not_send<Fixture<false>>();
}

TEST_CASE("what SQS refuses as a whole is not sent again") {
  does_not_repeat_what_is_refused_as_a_whole<Fixture<false>>();

  const Queue queue;
  SqsMessageQueueAdapter nowhere{queue.url() + "x", {.client = client_options()}};
  const auto missing = error_of<MessagesNotPublishedError>([&] { publish(nowhere, some_of("a", 1)); });
  CHECK_FALSE(missing.retryable());
  CHECK(missing.indices() == Indices{0});
  CHECK(nested_of<AwsError>([&] { publish(nowhere, some_of("a", 1)); }).code() == "QueueDoesNotExist");
}

TEST_CASE("of a batch those that failed are sent again, and those that were refused are named") {
  tells_what_of_a_batch_failed<Fixture<false>>("Amazon SQS: InvalidMessageContents: it was asked for");
}

TEST_CASE("messages that do not get on are sent until the deadline") {
  const Queue queue;
  const FaultPlan plan{Json(4, Json{{"some_fail", {0}}})};
  auto retry = quick_retries();
  retry.deadline = std::chrono::milliseconds{0};
  SqsMessageQueueAdapter adapter{queue.url(), {.client = plan.options(), .retry = retry}};
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, {appeared("a"), appeared("b")}); });
  CHECK(error.indices() == Indices{0});
  CHECK(error.retryable());
  CHECK(batch_sizes(plan) == Indices{2});
}

TEST_CASE("in a FIFO queue nothing overtakes what failed or was refused") {
  const std::vector<MonsterMessage> messages = {appeared("a", 1), appeared("a", 2), appeared("b", 1), appeared("a", 3)};
  {
    const Queue queue{true};
    const FaultPlan plan{{{{"some_fail", {0}}}}};
    SqsMessageQueueAdapter adapter = adapter_of(queue, plan);
    publish(adapter, messages);
    Ids of_a = queue.take_ids();
    std::erase(of_a, "MONSTERS#b#1");
    CHECK(of_a == Ids{"MONSTERS#a#1", "MONSTERS#a#2", "MONSTERS#a#3"});
    for (const Json& request : plan.log()) {
      std::set<std::string> groups;
      for (const Json& entry : request["body"]["Entries"]) {
        CHECK(groups.insert(entry["MessageGroupId"].get<std::string>()).second);
      }
    }
  }
  const Queue queue{true};
  const FaultPlan plan{{"pass", {{"some_refused", {0}}}}};
  SqsMessageQueueAdapter adapter = adapter_of(queue, plan);
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, messages); });
  CHECK(error.indices() == Indices{1, 3});
  Ids ids = queue.take_ids();
  std::ranges::sort(ids);
  CHECK(ids == Ids{"MONSTERS#a#1", "MONSTERS#b#1"});
}

TEST_CASE("a queue's URL says where it is") {
  const auto options =
      castore::detail::sqs_client_options({}, "https://sqs.eu-central-1.amazonaws.com/123456789012/monsters.fifo");
  CHECK(options.endpoint == "https://sqs.eu-central-1.amazonaws.com");
  CHECK(options.region == "eu-central-1");
  const auto chosen = castore::detail::sqs_client_options({.region = "r", .endpoint = "http://localhost:4566"},
                                                          "https://sqs.eu-central-1.amazonaws.com/1/monsters");
  CHECK(chosen.endpoint == "http://localhost:4566");
  CHECK(chosen.region == "r");
  CHECK_THROWS_AS(SqsMessageQueueAdapter("monsters", {.client = {.region = "r"}}), castore::AwsSettingsError);
}
