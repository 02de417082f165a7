// SPDX-License-Identifier: MIT
// Messages that are too large for SQS go through S3, and come back in their order.
#include <castore/messaging/adapters/sqs_s3.hpp>

#include "sqs/any_store.hpp"
#include "sqs/batch_publishing.hpp"
#include "sqs/s3_support.hpp"
#include "sqs/support.hpp"

#include <castore/aws/client.hpp>
#include <castore/aws/s3_client.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/testing/catch2_message_channel.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::sqs_tests;
using namespace std::chrono_literals;
using castore::AwsConnectionError;
using castore::AwsError;
using castore::InvalidMessageError;
using castore::MessageFormat;
using castore::MessagesNotPublishedError;
using castore::S3HttpClient;
using castore::SqsS3MessageQueueAdapter;

namespace {

SqsS3MessageQueueAdapter adapter_of(const Queue& queue, const Bucket& bucket, const FaultPlan& plan,
                                    MessageFormat format = MessageFormat::castore) {
  return {queue.url(), bucket.options(plan), {.client = plan.options(), .retry = quick_retries(), .format = format}};
}

/// What a consumer handles until the queue gives nothing any more; and what it says of the others.
struct Received {
  std::vector<MonsterMessage> messages{};
  std::vector<std::string> errors{};

  Received(const Queue& queue, castore::MessageReader reader) {
    const Monsters monsters;
    castore::SqsConsumerOptions<MonsterMessage> options{.client = client_options(),
                                                        .retry = {.retry_delay = 60s},
                                                        .message_reader = std::move(reader),
                                                        .wait_time = 0s};
    options.on_invalid_message = [this](const std::string&, const std::exception_ptr& error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& what) {
        errors.emplace_back(what.what());
      }
    };
    castore::SqsConsumer consumer{monsters.queue, queue.url(), std::move(options)};
    const auto handler = [this](const MonsterMessage& message, const castore::MessageContext&) {
      messages.push_back(message);
    };
    while (consumer.poll(handler) > 0) {
    }
  }
};

/// All messages are kept in the bucket.
struct Fixture {
  static constexpr bool keeps_order = true;
  static constexpr bool delivers_once = true;  // while no answer is lost

  SqsS3MessageQueueAdapter& adapter() { return sqs; }
  std::vector<castore::testing::ReceivedMessage> receive(std::size_t count) { return receiver.receive(count); }

  Queue queue{true};
  Bucket bucket{};
  SqsS3MessageQueueAdapter sqs{queue.url(),
                               {.bucket = bucket.name(), .endpoint = server_address(), .larger_than = 0},
                               {.client = client_options()}};
  Receiver receiver{queue, {.message_reader = bucket.reader()}};
};

struct OwnSqs {
  std::vector<std::string> bodies{};

  std::string call(std::string_view, const std::string& request) {
    Json answer{{"Successful", Json::array()}};
    const Json parsed = Json::parse(request);
    for (const Json& entry : parsed["Entries"]) {
      bodies.push_back(entry["MessageBody"]);
      answer["Successful"].push_back({{"Id", entry["Id"]}});
    }
    return answer.dump();
  }
};
struct OwnS3 {
  std::map<std::string, std::string> objects{};
  std::string content_type{};
  std::chrono::seconds lifetime{};
  bool is_gone = false;

  void put_object(const std::string& key, std::string_view content, const std::string& type,
                  std::chrono::steady_clock::time_point) {
    if (is_gone) throw AwsConnectionError{"gone", false, false};
    objects[key] = content;
    content_type = type;
  }
  std::string presigned_url(const std::string& key, std::chrono::seconds time) {
    lifetime = time;
    return "own:" + key;
  }
};

const bool registered =
    castore::testing::register_message_channel_laws<Fixture>("a FIFO queue of SQS with messages in S3");

}  // namespace

TEST_CASE("the laws of message channels are registered for SQS with S3") { CHECK(registered); }

TEST_CASE("a large message is kept and sent as Castore's own adapter does it, and either reads what the other keeps") {
  const Queue queue;
  const Bucket bucket;
  const MonsterMessage message = appeared("a b/\xE6\xBC\xA2", 7, std::string(300'000, 'x') + "\xE6\xBC\xA2");
  for (const bool replay : {false, true}) {
    CAPTURE(replay);
    const FaultPlan theirs;
    const Json done = ask_server("/castore", "POST",
                                 Json{{"adapter", "sqs_s3"},
                                      {"queueUrl", queue.url()},
                                      {"endpoint", theirs.endpoint()},
                                      {"s3Endpoint", theirs.endpoint()},
                                      {"s3BucketName", bucket.name()},
                                      {"s3Prefix", "monsters/"},
                                      {"replay", replay},
                                      {"single", true},
                                      {"messages", Json::array({message})}}
                                     .dump());
    REQUIRE(done == Json::object());
    const FaultPlan ours;
    SqsS3MessageQueueAdapter adapter = adapter_of(queue, bucket, ours);
    publish(adapter, {message}, replay);

    const Json expected = theirs.log();
    const Json sent = ours.log();
    REQUIRE(ours.operations() == Operations{"S3 PUT", "SendMessageBatch"});
    CHECK(without_time(keys_in(ours).at(0)) == "monsters/MONSTERS/a b/\xE6\xBC\xA2/TIME#7");
    CHECK(without_time(keys_in(ours).at(0)) == without_time(keys_in(theirs).at(0)));
    CHECK(sent[0]["type"] == expected[0]["type"]);
    CHECK(Json::parse(sent[0]["body"].get<std::string>()) == Json::parse(expected[0]["body"].get<std::string>()));
    Json entry = sent[1]["body"]["Entries"][0];
    const Json body = Json::parse(entry["MessageBody"].get<std::string>());
    CHECK(body.size() == 1);
    CHECK(S3HttpClient(bucket.name(), client_options()).key_of(body["messageUrl"].get<std::string>()) ==
          keys_in(ours).at(0));
    CHECK(entry["MessageAttributes"] == expected[1]["body"]["MessageAttributes"]);
    CHECK(ask_server("/castore", "POST", Json{{"read", {{"body", entry["MessageBody"]}}}}.dump()) == Json(message));
  }
  const Received received{queue, bucket.reader()};
  CHECK(received.messages == std::vector(4, message));
}

TEST_CASE("a reader can do without credentials, while the address may be used") {
  const Queue queue;
  const Bucket bucket;
  const castore::S3MessageOptions options{.bucket = bucket.name(), .endpoint = server_address()};
  SqsS3MessageQueueAdapter adapter{queue.url(), options, {.client = client_options()}};
  const MonsterMessage message = appeared("a", 1, std::string(300'000, 'x'));
  publish(adapter, {appeared("a", 2, std::string(200'000, 'x')), message});
  CHECK(Received(queue, bucket.reader(true)).messages ==
        std::vector{appeared("a", 2, std::string(200'000, 'x')), message});

  castore::AwsHttpClientOptions hour_ago = client_options();
  hour_ago.clock = [] { return std::chrono::system_clock::now() - 1h; };
  S3HttpClient client{bucket.name(), hour_ago};
  const Json key = Json{{"messageUrl", client.presigned_url("gone", 60s)}};
  ask("SendMessage", {{"QueueUrl", queue.url()}, {"MessageBody", key.dump()}});
  const Json elsewhere = {{"messageUrl", "http://127.0.0.1:9/" + bucket.name() + "/a?X-Amz-Signature=1"}};
  ask("SendMessage", {{"QueueUrl", queue.url()}, {"MessageBody", elsewhere.dump()}});
  const Received received{queue, bucket.reader(true)};
  CHECK(received.messages.empty());
  CHECK(received.errors == Ids{"castore: Amazon S3: AccessDenied: Request has expired",
                               "castore: the address is not one of the bucket " + bucket.name()});
}

TEST_CASE("small and large messages keep their order, and all of them are sent") {
  for (const MessageFormat format :
       {MessageFormat::castore, MessageFormat::cloud_event, MessageFormat::cloud_event_binary}) {
    CAPTURE(format);
    const Queue queue{true};
    const Bucket bucket;
    const FaultPlan plan;
    SqsS3MessageQueueAdapter adapter = adapter_of(queue, bucket, plan, format);
    std::vector<MonsterMessage> messages = some_of("a", 12);
    for (const std::size_t index : {std::size_t{0}, std::size_t{4}, std::size_t{5}, std::size_t{11}}) {
      messages[index] = large("a", messages[index].event.version());
    }
    publish(adapter, messages);
    CHECK(keys_in(plan).size() == 4);
    CHECK(Received(queue, bucket.reader()).messages == messages);
    // What is sent again has an address of its own, but the content that the queue knows.
    publish(adapter, {messages[0], messages[4]});
    CHECK(Received(queue, bucket.reader()).messages.empty());
    publish(adapter, {appeared("a", 5, std::string(20'000, 'y'))});
    publish(adapter, {messages[4]}, true);
    CHECK(Received(queue, bucket.reader()).messages ==
          std::vector{appeared("a", 5, std::string(20'000, 'y')), messages[4]});
  }
}

TEST_CASE("a message of one megabyte, and one with any id, comes back") {
  const Queue queue{true};
  const Bucket bucket;
  const FaultPlan plan;
  SqsS3MessageQueueAdapter adapter = adapter_of(queue, bucket, plan);
  std::vector<MonsterMessage> messages = {appeared("a", 1, std::string(1'000'000, 'x'))};
  for (const std::string id : {"..", "a/../b", "/a//b", "#?%25&+= \"'", "\xF0\x9F\x98\x80\x01"}) {
    messages.push_back(large(id));
  }
  messages.push_back(large(std::string(2'000, 'i')));
  publish(adapter, messages);
  Received received{queue, bucket.reader()};
  const auto id_of = [](const MonsterMessage& message) { return message.event.aggregate_id(); };
  std::ranges::sort(messages, {}, id_of);
  std::ranges::sort(received.messages, {}, id_of);
  CHECK(received.messages == messages);
  CHECK(received.errors.empty());
  for (const std::string& key : keys_in(plan)) {
    CHECK(key.size() <= 1024);
    CHECK(key.find("..") == std::string::npos);
  }
}

TEST_CASE("what S3 could not do is done again, and when it cannot be done nothing is sent") {
  for (const char* const fault : {"throttle", "error500", "error503", "drop_before", "drop_after"}) {
    CAPTURE(fault);
    const Queue queue;
    const Bucket bucket;
    const FaultPlan plan{{fault}};
    SqsS3MessageQueueAdapter adapter = adapter_of(queue, bucket, plan);
    publish(adapter, {large("a")});
    CHECK(plan.operations() == Operations{"S3 PUT", "S3 PUT", "SendMessageBatch"});
    CHECK(Received(queue, bucket.reader()).messages == std::vector{large("a")});
  }
  const Queue queue;
  const Bucket bucket;
  const FaultPlan denied{{"denied", "denied"}};
  SqsS3MessageQueueAdapter adapter = adapter_of(queue, bucket, denied);
  const auto refused = error_of<MessagesNotPublishedError>([&] { publish(adapter, {appeared("a"), large("b")}); });
  CHECK(refused.indices() == Indices{0, 1});
  CHECK_FALSE(refused.retryable());
  CHECK(std::string{refused.what()} ==
        "castore: 2 message(s) were not published: the message 'MONSTERS#b#1' cannot be kept in the bucket " +
            bucket.name() + ": Amazon S3: AccessDenied: AccessDeniedException; nothing was sent");
  CHECK(denied.operations() == Operations{"S3 PUT"});
  CHECK(nested_of<AwsError>([&] { publish(adapter, {large("b")}); }).code() == "AccessDenied");

  const FaultPlan down{Json(4, "drop_before")};
  SqsS3MessageQueueAdapter cut = adapter_of(queue, bucket, down);
  const auto lost = error_of<MessagesNotPublishedError>([&] { publish(cut, {large("a"), appeared("b")}); });
  CHECK(lost.indices() == Indices{0, 1});
  CHECK(lost.retryable());
  CHECK(queue.size() == 0);
}

TEST_CASE("what cannot be read in S3 goes back to the queue, and others are handled") {
  const Queue queue;
  const Bucket bucket;
  const FaultPlan plan;
  SqsS3MessageQueueAdapter adapter = adapter_of(queue, bucket, plan);
  const auto send = [&] { publish(adapter, {large("a"), appeared("b"), large("c")}); };
  {
    send();
    const Received received{queue, {}};
    CHECK(received.messages == std::vector{appeared("b")});
    CHECK(received.errors == Ids(2,
                                 "castore: message: messageUrl: the message is kept in S3, and nothing was given "
                                 "to read it; give the consumer a castore::S3MessageReader"));
    CHECK(queue.in_flight() == 2);
  }
  {
    send();
    const Bucket other;
    const Received received{queue, other.reader()};
    CHECK(received.messages == std::vector{appeared("b")});
    CHECK(received.errors == Ids(2, "castore: message: messageUrl: it is not an object of the bucket " + other.name()));
  }
  {
    send();
    const FaultPlan down{Json(10, "error500")};  // it is not asked for the second one
    const Received received{queue, bucket.reader(false, down.path())};
    CHECK(received.messages == std::vector{appeared("b")});
    CHECK(received.errors == Ids(2, "castore: Amazon S3: InternalError: InternalError"));
    CHECK(down.operations() == Operations(2, "S3 GET"));
  }
}

TEST_CASE("an address of S3 has a key, wherever the bucket is in it") {
  const S3HttpClient client{"monsters", {.region = "eu-west-1"}};
  CHECK(client.endpoint() == "https://monsters.s3.eu-west-1.amazonaws.com");
  const auto key_of = [&](const std::string& url) { return client.key_of(url); };
  CHECK(key_of("https://monsters.s3.eu-west-1.amazonaws.com/a%20b/c%231?X-Amz-Expires=1") == "a b/c#1");
  CHECK(key_of("https://s3.eu-west-1.amazonaws.com/monsters/a") == "a");
  CHECK(key_of("http://localhost:4566/path/monsters/a/monsters/b") == "a/monsters/b");
  for (const char* const wrong :
       {"", "monsters/a", "https://monsters.s3.eu-west-1.amazonaws.com", "https://monsters.s3.eu-west-1.amazonaws.com/",
        "https://example.com/monsters", "https://example.com/others/a", "https://example.com/?/monsters/a"}) {
    CAPTURE(wrong);
    CHECK(key_of(wrong) == std::nullopt);
  }
  CHECK(S3HttpClient("mon.sters", {.region = "eu-west-1"}).endpoint() == "https://s3.eu-west-1.amazonaws.com");
  for (const char* const wrong : {"", "ab", "Monsters", "a/b/c", "mon:sters@x"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(S3HttpClient(wrong, {.region = "eu-west-1"}), castore::AwsSettingsError);
  }
}

TEST_CASE("large messages for SQS go through clients of one's own") {
  const auto sqs = std::make_shared<OwnSqs>();
  const auto s3 = std::make_shared<OwnS3>();
  SqsS3MessageQueueAdapter adapter{
      sqs, s3, "https://queue", {.bucket = "mine", .prefix = "p/", .larger_than = 500}, {.retry = quick_retries()}};
  publish(adapter, {appeared("a", 1), appeared("a", 2, std::string(1'000, 'x'))});
  REQUIRE(s3->objects.size() == 1);
  const auto& [key, content] = *s3->objects.begin();
  CHECK(key.starts_with("p/MONSTERS/a/"));
  CHECK(key.ends_with("#2"));
  CHECK(Json::parse(content)["event"]["version"] == 2);
  CHECK(s3->content_type == "application/json");
  CHECK(s3->lifetime == std::chrono::hours{24 * 7});
  CHECK(sqs->bodies == std::vector<std::string>{json_of(appeared("a", 1)), Json{{"messageUrl", "own:" + key}}.dump()});

  s3->is_gone = true;
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a", 3), appeared("a", 4, std::string(1'000, 'x'))});
  });
  CHECK(std::string{error.what()}.find("cannot be kept in the bucket mine: gone; nothing was sent") !=
        std::string::npos);
  CHECK(sqs->bodies.size() == 2);
}

TEST_CASE("the time for which an address may be used is what S3 takes") {
  const auto make = [](std::chrono::seconds lifetime) {
    return SqsS3MessageQueueAdapter{"https://sqs.eu-west-1.amazonaws.com/1/a",
                                    {.bucket = "monsters", .url_lifetime = lifetime}};
  };
  CHECK_THROWS_AS(make(0s), std::invalid_argument);
  CHECK_THROWS_AS(make(168h + 1s), std::invalid_argument);
  CHECK_NOTHROW(make(168h));
}
