// SPDX-License-Identifier: MIT
// What a consumer of SQS tells the queue of its messages when something fails. A client without a server gives the
// answers.
#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/scripted_client.hpp"
#include "sqs/support.hpp"

#include <castore/aws/client.hpp>
#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::sqs_tests;
using namespace std::chrono_literals;
using castore::AwsError;
using castore::MessageContext;
using castore::MessageSourceError;

namespace {

using Log = std::vector<std::string>;
using Options = castore::SqsConsumerOptions<MonsterMessage>;
using Consumer = castore::SqsConsumer<MonsterMessage>;

constexpr const char* extending = "ChangeMessageVisibilityBatch";
constexpr const char* deleting = "DeleteMessageBatch";
constexpr const char* one_was_not_deleted =
    R"({"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": false}]})";

/// A consumer, its client, and what it handled.
struct Scene {
  explicit Scene(const std::vector<std::string>& ids) { client->answers = {received(ids)}; }

  Options options() const {
    return {.requests = quick_retries(3), .retry = {.retry_delay = 0ms}, .visibility_timeout = 2s, .wait_time = 0s};
  }
  void make(Options chosen) { consumer.emplace(monsters.queue, client, "https://queue", std::move(chosen)); }
  void make() { make(options()); }
  /// Handles each message after a while. @param failing Whose handler throws.
  std::size_t poll(std::chrono::milliseconds time = 0ms, const std::string& failing = {}) {
    return consumer->poll([&](const MonsterMessage& message, const MessageContext&) {
      log.push_back(message.event.aggregate_id());
      std::this_thread::sleep_for(time);
      if (log.back() == failing) throw std::runtime_error{"it fails"};
    });
  }
  /// The handles in the entries of all requests of an operation.
  Log told(std::string_view operation) const {
    Log handles;
    for (std::size_t index = 0; index < client->operations.size(); ++index) {
      if (client->operations[index] != operation) continue;
      for (const Json& entry : client->requests[index]["Entries"]) handles.push_back(entry["ReceiptHandle"]);
    }
    return handles;
  }

  Monsters monsters{};
  std::shared_ptr<ScriptedClient> client = std::make_shared<ScriptedClient>();
  std::optional<Consumer> consumer{};
  Log log{};
};

/// Throws when one operation is asked for.
auto denies(const std::string& denied) {
  return [denied](std::string_view operation) {
    if (operation == denied) throw AwsError{"Amazon SQS", 403, "AccessDenied", "no"};
  };
}

}  // namespace

TEST_CASE("messages of a batch are extended while others of it are read from S3") {
  Scene scene{{"a", "b", "c", "d"}};
  Json messages = Json::parse(scene.client->answers[0]);
  for (Json& message : messages["Messages"]) {
    message["Body"] = Json{{"messageUrl", message["ReceiptHandle"]}}.dump();
  }
  scene.client->answers = {messages.dump()};
  Options options = scene.options();
  options.message_reader = [](const std::string& url) {
    std::this_thread::sleep_for(600ms);
    return Json(appeared(url)).dump();
  };
  scene.make(std::move(options));
  CHECK(scene.poll() == 4);
  CHECK(scene.log == Log{"a", "b", "c", "d"});
  REQUIRE(scene.client->operations.size() >= 2);
  CHECK(scene.client->operations[1] == extending);
  CHECK(scene.client->requests[1]["Entries"].size() == 4);
}

TEST_CASE("what was handled is deleted although what failed cannot be given back") {
  Scene scene{{"a", "b"}};
  scene.client->before_answer = denies(extending);
  scene.make();
  const auto error = error_of<MessageSourceError>([&] { scene.poll(0ms, "b"); });
  CHECK_FALSE(error.retryable());
  CHECK(scene.told(deleting) == Log{"a"});
  CHECK(scene.told(extending) == Log{"b"});
}

TEST_CASE("what the queue did not delete of a batch is deleted again") {
  Scene scene{{"a", "b"}};
  scene.make();
  SECTION("until it is done") {
    scene.client->answers.insert(scene.client->answers.end(), 2, one_was_not_deleted);
    CHECK(scene.poll() == 2);
    CHECK(scene.told(deleting) == Log{"a", "b", "a", "a"});
  }
  SECTION("and when that does not help it is an error, and done later") {
    scene.client->answers.insert(scene.client->answers.end(), 3, one_was_not_deleted);
    const auto error = error_of<MessageSourceError>([&] { scene.poll(); });
    CHECK(error.retryable());
    CHECK(std::string{error.what()} ==
          "castore: cannot tell the queue 'https://queue': it did not delete all messages");
    CHECK(scene.told(deleting) == Log{"a", "b", "a", "a"});
    CHECK(scene.poll() == 0);
    CHECK(scene.told(deleting) == Log{"a", "b", "a", "a", "a"});
  }
  SECTION("unless it never will be") {
    scene.client->answers.emplace_back(R"({"Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid",
                                                       "SenderFault": true}]})");
    CHECK(scene.poll() == 2);
    CHECK(scene.told(deleting) == Log{"a", "b"});
  }
}

TEST_CASE("what a batch did not delete is deleted later also when the next batch fails as a whole") {
  Log ids;
  for (char id = 'a'; id <= 'l'; ++id) ids.emplace_back(1, id);
  Scene scene{ids};
  int batches = 0;
  // With the tenth message a batch is full; before the twelfth all eleven are told, in two batches.
  scene.client->before_answer = [&](std::string_view operation) {
    if (operation == deleting && ++batches <= 3) throw AwsError{"Amazon SQS", 403, "AccessDenied", "no"};
    if (operation == deleting && batches == 5) throw AwsError{"Amazon SQS", 403, "AccessDenied", "no"};
  };
  scene.make();
  scene.client->answers.resize(4, "{}");
  scene.client->answers.emplace_back(one_was_not_deleted);
  CHECK(scene.poll() == 12);
  CHECK(batches == 6);
  const Log told = scene.told(deleting);
  REQUIRE(told.size() > 3);
  Log last(told.end() - 3, told.end());
  std::ranges::sort(last);
  CHECK(last == Log{"a", "k", "l"});
}

TEST_CASE("a client may throw errors of its own, which end a poll and not the program") {
  Scene scene{{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}};
  scene.client->before_answer = [](std::string_view operation) {
    if (operation != "ReceiveMessage") throw std::runtime_error{"the SDK's own"};
  };
  scene.make();
  SECTION("when messages are acknowledged") {
    CHECK_THROWS_AS(scene.poll(), std::runtime_error);
    CHECK(scene.log.size() == 10);
  }
  SECTION("when they are extended") {
    CHECK_THROWS_AS(scene.poll(1100ms), std::runtime_error);
    CHECK(scene.log == Log{"a", "b"});
  }
  scene.client->before_answer = {};
  const std::size_t before = scene.told(deleting).size();
  CHECK(scene.poll() == 0);
  CHECK(scene.told(deleting).size() == before + scene.log.size());
}

/// Makes the second message invalid, and a consumer that throws for it.
void make_with_invalid_message(Scene& scene) {
  Json messages = Json::parse(scene.client->answers[0]);
  messages["Messages"][1]["Body"] = "no JSON";
  scene.client->answers = {messages.dump()};
  Options options = scene.options();
  options.on_invalid_message = [](const std::string&, const std::exception_ptr&) {
    throw std::logic_error{"the user's"};
  };
  scene.make(std::move(options));
}

TEST_CASE("when on_invalid_message throws the messages that were received with it are given back") {
  Scene scene{{"a", "b", "c", "d"}};
  make_with_invalid_message(scene);
  CHECK_THROWS_AS(scene.poll(), std::logic_error);
  CHECK(scene.poll() == 0);
  CHECK(scene.log == Log{});
  Log given_back = scene.told(extending);
  std::ranges::sort(given_back);
  CHECK(given_back == Log{"a", "b", "c", "d"});
  CHECK(scene.client->requests.back()["Entries"][0]["VisibilityTimeout"] == 0);
}

TEST_CASE("a run that on_invalid_message ends gives back the messages that were received with the invalid one") {
  Scene scene{{"a", "b"}};
  make_with_invalid_message(scene);
  CHECK_THROWS_AS(scene.consumer->run([](const auto&, const auto&) {}, {}), std::logic_error);
  Log given_back = scene.told(extending);
  std::ranges::sort(given_back);
  CHECK(given_back == Log{"a", "b"});
}

TEST_CASE("messages are extended although those before them cannot be deleted") {
  Scene scene{{"a", "b", "c"}};
  scene.client->before_answer = denies(deleting);
  scene.make();
  CHECK_THROWS_AS(scene.poll(1100ms), MessageSourceError);
  CHECK(scene.log == Log{"a", "b", "c"});
  REQUIRE(scene.client->operations.size() >= 2);
  CHECK(scene.client->operations[1] == extending);
}

TEST_CASE("a stop ends the waiting between tries to ask SQS, which is slept in parts") {
  Scene scene{{}};
  scene.client->before_answer = [](std::string_view) { throw AwsError{"Amazon SQS", 503, "ServiceUnavailable", "no"}; };
  Options options = scene.options();
  std::stop_source stop;
  std::chrono::milliseconds slept{0};
  std::chrono::milliseconds longest{0};
  options.requests = {.max_attempts = 1'000, .first = 5s, .deadline = 1h, .sleep = [&](std::chrono::milliseconds time) {
                        slept += time;
                        longest = (std::max)(longest, time);
                        if (slept >= 7s) stop.request_stop();
                      }};
  std::size_t told = 0;
  options.on_error = [&](const std::exception_ptr&) { ++told; };
  scene.make(std::move(options));
  scene.consumer->run([](const auto&, const auto&) {}, stop.get_token());
  CHECK(slept < 8s);
  CHECK(longest <= 100ms);
  CHECK(scene.client->operations.size() < 1'000);
  CHECK(told == 1);
}

TEST_CASE("a message that the queue delivers again although it is dead is one dead letter") {
  Scene scene{{}};
  const auto receive = [](const std::string& id, int count) {
    Json answer = Json::parse(received({id}));
    answer["Messages"][0]["MessageId"] = "id of " + id;
    answer["Messages"][0]["Attributes"] = {{"ApproximateReceiveCount", std::to_string(count)}};
    return answer.dump();
  };
  std::vector<std::string>& answers = scene.client->answers;
  // Each but the last one is given back.
  answers = {receive("a", 2), "{}", receive("a", 3), "{}", receive("a", 4), "{}",
             receive("b", 7), "{}", receive("a", 5)};
  scene.make();
  for (const char* const failing : {"a", "a", "a", "b", ""}) scene.poll(0ms, failing);
  CHECK(scene.log == Log{"a", "a", "a", "b", "a"});
  CHECK(scene.consumer->statistics() ==
        castore::MessageStatistics{.published = 5, .handled = 1, .failed_attempts = 4, .dead_letters = 2});
}
