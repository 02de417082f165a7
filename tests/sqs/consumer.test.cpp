// SPDX-License-Identifier: MIT
// What a consumer of SQS handles, acknowledges and gives back.
#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/scripted_client.hpp"
#include "sqs/support.hpp"

#include <castore/aws/client.hpp>
#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
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
using castore::MessageStatistics;
using castore::SqsMessageQueueAdapter;

namespace {

using Log = std::vector<std::string>;
using Options = castore::SqsConsumerOptions<MonsterMessage>;
using Consumer = castore::SqsConsumer<MonsterMessage>;

Options quick(const castore::AwsHttpClientOptions& client = client_options()) {
  return {.client = client, .requests = quick_retries(), .retry = {.retry_delay = 0ms}, .wait_time = 0s};
}

std::string name_of(const MonsterMessage& message) {
  return message.event.aggregate_id() + std::to_string(message.event.version());
}

/// Writes down what it gets, as "a1", and fails at some of it, as "a1!".
struct Handler {
  Log* log;
  std::set<std::string> failing{};

  void operator()(const MonsterMessage& message, const MessageContext& context) const {
    std::string name = name_of(message);
    if (context.attempt > 1) name += "(" + std::to_string(context.attempt) + ")";
    if (context.replay) name += " replay";
    const bool fails = failing.contains(name_of(message));
    log->push_back(name + (fails ? "!" : ""));
    if (fails) throw std::runtime_error{"it fails"};
  }
};

void send(const Queue& queue, const std::vector<MonsterMessage>& messages, bool replay = false) {
  SqsMessageQueueAdapter adapter{queue.url(), {.client = client_options()}};
  publish(adapter, messages, replay);
}

}  // namespace

TEST_CASE("a consumer handles typed messages, and deletes them after that") {
  for (const bool is_fifo : {false, true}) {
    CAPTURE(is_fifo);
    const Queue queue{is_fifo};
    const Monsters monsters;
    Consumer consumer{monsters.queue, queue.url(), quick()};
    send(queue, {appeared("a"), appeared("b")});
    send(queue, {appeared("c")}, true);
    Log log;
    CHECK(consumer.poll([&](const MonsterMessage& message, const MessageContext& context) {
      CHECK(queue.in_flight() >= 1);
      CHECK(message.event.get_if<Appeared>()->payload.name == "Pikachu");
      Handler{&log}(message, context);
    }) == 3);
    CHECK(log == Log{"a1", "b1", "c1 replay"});
    CHECK(queue.size() + queue.in_flight() == 0);
    CHECK(consumer.statistics() == MessageStatistics{.published = 3, .handled = 3});
    CHECK(consumer.poll(Handler{&log}) == 0);
  }
}

TEST_CASE("what Castore sends is received") {
  const Queue queue{true};
  const Monsters monsters;
  const Json done = ask_server("/castore", "POST",
                               Json{{"adapter", "sqs"},
                                    {"queueUrl", queue.url()},
                                    {"endpoint", server_address()},
                                    {"fifo", true},
                                    {"replay", true},
                                    {"single", true},
                                    {"messages", {appeared("a", 1, "\xE6\xBC\xA2")}}}
                                   .dump());
  REQUIRE(done == Json::object());
  castore::SqsConsumer consumer{monsters.queue, queue.url(), quick()};
  std::vector<MonsterMessage> messages;
  consumer.poll([&](const MonsterMessage& message, const MessageContext& context) {
    CHECK(context.replay);
    messages.push_back(message);
  });
  CHECK(messages == std::vector<MonsterMessage>{appeared("a", 1, "\xE6\xBC\xA2")});
}

TEST_CASE("what failed comes again, and its attempts are counted by the queue") {
  const Queue queue;
  const Monsters monsters;
  Consumer one{monsters.queue, queue.url(), quick()};
  Consumer other{monsters.queue, queue.url(), quick()};
  send(queue, {appeared("a"), appeared("b")});
  Log log;
  CHECK(one.poll(Handler{&log, {"a1"}}) == 2);
  CHECK(log == Log{"a1!", "b1"});
  CHECK(queue.size() == 1);
  CHECK(other.poll(Handler{&log}) == 1);
  CHECK(log == Log{"a1!", "b1", "a1(2)"});
  CHECK(one.statistics() == MessageStatistics{.published = 2, .handled = 1, .failed_attempts = 1});
}

TEST_CASE("a FIFO queue keeps the order of an aggregate after failures") {
  const Queue queue{true};
  const Monsters monsters;
  Consumer consumer{monsters.queue, queue.url(), quick()};
  send(queue, {appeared("a", 1), appeared("b", 1), appeared("a", 2), appeared("a", 3)});
  Log log;
  consumer.poll(Handler{&log, {"a1"}});
  while (consumer.poll(Handler{&log}) > 0) {
  }
  std::erase(log, "b1");
  CHECK(log == Log{"a1!", "a1(2)", "a2", "a3"});
}

TEST_CASE("a redrive policy moves what failed as often as it may to the dead-letter queue") {
  const Queue dead;
  const Queue queue{false,
                    {{"RedrivePolicy", Json{{"deadLetterTargetArn", dead.arn()}, {"maxReceiveCount", 2}}.dump()}}};
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_attempts = 1;
  Consumer consumer{monsters.queue, queue.url(), std::move(options)};
  send(queue, {appeared("a"), appeared("b")});
  Log log;
  while (consumer.poll(Handler{&log, {"a1"}}) > 0) {
  }
  CHECK(log == Log{"a1!", "b1", "a1(2)!"});
  CHECK(consumer.statistics().dead_letters == 1);
  CHECK(dead.take_ids() == Log{"MONSTERS#a#1"});
  CHECK(queue.size() + queue.in_flight() == 0);
}

TEST_CASE("a function takes dead letters, which are then deleted") {
  const Queue queue;
  const Monsters monsters;
  std::vector<std::string> taken;
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.on_dead_letter = [&](const castore::DeadLetter<MonsterMessage>& letter) {
    taken.push_back(name_of(letter.message));
  };
  Consumer consumer{monsters.queue, queue.url(), std::move(options)};
  send(queue, {appeared("a")});
  Log log;
  consumer.poll(Handler{&log, {"a1"}});
  CHECK(taken == Log{"a1"});
  CHECK(queue.size() + queue.in_flight() == 0);
}

TEST_CASE("a body that is not a message of the channel goes back, and those behind it in its group") {
  const Queue queue;
  const Monsters monsters;
  std::vector<std::string> bodies;
  Options options = quick();
  options.on_invalid_message = [&](const std::string& body, const std::exception_ptr& error) {
    bodies.push_back(body);
    CHECK_THROWS_AS(std::rethrow_exception(error), castore::InvalidMessageError);
  };
  Consumer consumer{monsters.queue, queue.url(), options};
  ask("SendMessage", {{"QueueUrl", queue.url()}, {"MessageBody", "no JSON"}});
  send(queue, {appeared("a")});
  Log log;
  CHECK(consumer.poll(Handler{&log}) == 1);
  CHECK(log == Log{"a1"});
  CHECK(bodies == Log{"no JSON"});
  CHECK(queue.size() == 1);

  const auto client = std::make_shared<ScriptedClient>();
  Json messages = Json::parse(received({"a", "b", "c"}));
  for (std::size_t index : {0U, 1U}) messages["Messages"][index]["Attributes"] = {{"MessageGroupId", "MONSTERS#a"}};
  messages["Messages"][0]["Body"] = "no JSON";
  client->answers = {messages.dump()};
  Consumer scripted{monsters.queue, client, "https://queue", options};
  log.clear();
  scripted.poll(Handler{&log});
  CHECK(log == Log{"c1"});
  REQUIRE(client->operations == Log{"ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"});
  CHECK(client->requests[2]["Entries"] == Json::parse(R"([{"Id": "0", "ReceiptHandle": "a", "VisibilityTimeout": 0},
                        {"Id": "1", "ReceiptHandle": "b", "VisibilityTimeout": 0}])"));
}

TEST_CASE("messages that wait their turn are extended, and are left alone when that fails") {
  const Monsters monsters;
  const auto client = std::make_shared<ScriptedClient>();
  client->answers = {received({"a", "b", "c"}),
                     R"({"Failed": [{"Id": "1", "SenderFault": true, "Code": "ReceiptHandleIsInvalid"}]})"};
  Options options = quick();
  options.visibility_timeout = 1s;
  Consumer consumer{monsters.queue, client, "https://queue", std::move(options)};
  Log log;
  const auto start = std::chrono::steady_clock::now();
  consumer.poll([&](const MonsterMessage& message, const MessageContext& context) {
    Handler{&log}(message, context);
    while (log.size() == 1 && std::chrono::steady_clock::now() - start < 600ms) std::this_thread::yield();
  });
  // On a slow machine the time may be over before it can be extended; then nothing more is handled.
  REQUIRE(client->operations.size() >= 2);
  if (client->operations[1] == "ChangeMessageVisibilityBatch") {
    CHECK(client->requests[1]["Entries"] == Json::parse(R"([{"Id": "0", "ReceiptHandle": "b", "VisibilityTimeout": 1},
                          {"Id": "1", "ReceiptHandle": "c", "VisibilityTimeout": 1}])"));
    REQUIRE(client->operations.size() >= 3);
    CHECK(client->operations[2] == "DeleteMessageBatch");
    CHECK((log == Log{"a1", "b1"} || log == Log{"a1"}));
  } else {
    CHECK(client->operations[1] == "DeleteMessageBatch");
    CHECK(log == Log{"a1"});
  }
}

TEST_CASE("what could not be acknowledged is acknowledged later") {
  const Queue queue;
  const Monsters monsters;
  const FaultPlan plan{{"pass", "drop_before", "drop_before", "drop_before", "drop_before"}};
  Consumer consumer{monsters.queue, queue.url(), quick(plan.options())};
  send(queue, {appeared("a")});
  Log log;
  const auto error = error_of<MessageSourceError>([&] { consumer.poll(Handler{&log}); });
  CHECK(error.retryable());
  CHECK(log == Log{"a1"});
  CHECK(queue.in_flight() == 1);
  CHECK(consumer.poll(Handler{&log}) == 0);
  CHECK(queue.size() + queue.in_flight() == 0);
}

TEST_CASE("what cannot be received is an error that says why") {
  const Monsters monsters;
  const Queue queue;
  const FaultPlan plan{{"denied"}};
  Consumer consumer{monsters.queue, queue.url(), quick(plan.options())};
  Log log;
  try {
    consumer.poll(Handler{&log});
    FAIL("no error");
  } catch (const MessageSourceError& error) {
    CHECK_FALSE(error.retryable());
    CHECK(std::string{error.what()} == "castore: cannot ask the queue '" + queue.url() +
                                           "': Amazon SQS: AccessDeniedException: AccessDeniedException");
    CHECK_THROWS_AS(std::rethrow_if_nested(error), AwsError);
  }
}

TEST_CASE("a consumer runs until it is stopped, and what it has not handled then comes again at once") {
  const Queue queue;
  const Monsters monsters;
  std::atomic<int> errors = 0;
  const FaultPlan plan{{"error500", "error500", "error500", "error500"}};
  Options options = quick(plan.options());
  options.on_error = [&](const std::exception_ptr&) { ++errors; };
  Consumer consumer{monsters.queue, queue.url(), std::move(options)};
  send(queue, {appeared("a"), appeared("b"), appeared("c")});
  std::stop_source stop;
  Log log;
  consumer.run(
      [&](const MonsterMessage& message, const MessageContext& context) {
        Handler{&log}(message, context);
        stop.request_stop();
      },
      stop.get_token());
  CHECK(errors == 1);
  CHECK(log == Log{"a1"});
  CHECK(queue.in_flight() == 0);
  CHECK(queue.take_ids() == Log{"MONSTERS#b#1", "MONSTERS#c#1"});
}

TEST_CASE("several threads share the messages, each of which is handled once") {
  const Queue queue{true};
  const Monsters monsters;
  std::vector<MonsterMessage> messages;
  for (int version = 1; version <= 5; ++version) {
    for (const char* const id : {"a", "b", "c", "d"}) messages.push_back(appeared(id, version));
  }
  send(queue, messages);
  Consumer consumer{monsters.queue, queue.url(), quick()};
  std::mutex mutex;
  Log log;
  std::stop_source stop;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&] {
        consumer.run(
            [&](const MonsterMessage& message, const MessageContext&) {
              const std::scoped_lock lock{mutex};
              log.push_back(name_of(message));
              if (log.size() == 20) stop.request_stop();
            },
            stop.get_token());
      });
    }
  }
  for (const std::string id : {"a", "b", "c", "d"}) {
    Log of_one;
    std::ranges::copy_if(log, std::back_inserter(of_one), [&](const std::string& name) { return name[0] == id[0]; });
    CHECK(of_one == Log{id + "1", id + "2", id + "3", id + "4", id + "5"});
  }
  CHECK(queue.size() + queue.in_flight() == 0);
}

TEST_CASE("options of a consumer are checked") {
  const Monsters monsters;
  const auto refuses = [&](const Options& options) {
    CHECK_THROWS_AS((Consumer{monsters.queue, std::make_shared<ScriptedClient>(), "https://queue", options}),
                    std::invalid_argument);
  };
  refuses({.visibility_timeout = 0s});
  refuses({.visibility_timeout = 43'201s});
  refuses({.wait_time = 21s});
  refuses({.max_messages = 0});
  refuses({.max_messages = 11});
}
