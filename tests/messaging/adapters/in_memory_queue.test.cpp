// SPDX-License-Identifier: MIT
#include <castore/messaging/adapters/in_memory_queue.hpp>

#include <castore/castore.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/run_in_background.hpp>

#include "core/support.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace castore_tests;
using namespace std::chrono_literals;
using castore::MessageContext;
using castore::MessagesNotPublishedError;
using castore::WhenFull;

namespace {

struct Happened {
  static constexpr std::string_view type = "HAPPENED";
};
struct Thing : castore::Aggregate {};
struct Reduce {
  void operator()(Thing&, const Happened&) const {}
};

// The messages' timestamps serve as their numbers.
using Message = castore::AggregateExistsMessage;
using Queue = castore::InMemoryMessageQueueAdapter<Message>;
using Options = castore::InMemoryMessageQueueOptions<Message>;

Message message(const std::string& id, int number = 1) { return {"MONSTERS", id, at(number)}; }
std::string name(const Message& message) {
  return message.aggregate_id + std::to_string((message.initial_event_timestamp - at(0)).count());
}

void publish(Queue& queue, const std::vector<Message>& messages, bool replay = false) {
  std::vector<castore::MessageView> views;
  for (const Message& one : messages) views.emplace_back(one);
  queue.publish_messages(views, {.replay = replay});
}

using Log = std::vector<std::string>;

/// A worker that writes down what it gets, as "a1", a retry as "a1(2)", and fails as often as it is told to.
struct Worker {
  Log log{};
  std::vector<MessageContext> contexts{};
  std::map<std::string, int> failures{};

  castore::MessageHandler<Message> handler() {
    return [this](const Message& one, const MessageContext& context) {
      const std::string which = name(one);
      log.push_back(which + (context.attempt > 1 ? "(" + std::to_string(context.attempt) + ")" : ""));
      contexts.push_back(context);
      if (failures[which]-- > 0) throw std::runtime_error{"cannot handle " + which};
    };
  }
};

std::string what(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

}  // namespace

TEST_CASE("a queue without a worker keeps messages until there is one", "[defect28]") {
  Queue queue;
  publish(queue, {message("a"), message("b")});
  CHECK(queue.poll() == 0);
  CHECK(queue.statistics().waiting == 2);
  Worker worker;
  queue.set_worker(worker.handler());
  CHECK(worker.log.empty());
  CHECK(queue.poll() == 2);
  CHECK(worker.log == Log{"a1", "b1"});
  CHECK(queue.statistics() == castore::MessageStatistics{.published = 2, .handled = 2});
}

TEST_CASE("publishing does not run the worker, and one message is one call") {
  Worker worker;
  Queue queue{Options{.worker = worker.handler()}};
  for (int number = 1; number <= 3; ++number) publish(queue, {message("a", number)});
  CHECK(worker.log.empty());
  CHECK(queue.poll(2) == 2);
  CHECK(queue.poll() == 1);
  CHECK(worker.log == Log{"a1", "a2", "a3"});
}

TEST_CASE("the worker learns the attempt and whether it is a replay, also after a failure", "[defect40]") {
  Worker worker{.failures = {{"a1", 2}}};
  Queue queue{Options{.worker = worker.handler(), .retry = {.retry_delay = 0ms}}};
  publish(queue, {message("a")}, true);
  CHECK(queue.drain(5s));
  CHECK(worker.contexts == std::vector<MessageContext>{{1, 2, true}, {2, 1, true}, {3, 0, true}});
}

TEST_CASE("another worker gets what comes from now on") {
  Worker first;
  Worker second;
  Queue queue{Options{.worker = first.handler()}};
  publish(queue, {message("a")});
  queue.poll();
  queue.set_worker(second.handler());
  publish(queue, {message("b")});
  queue.poll();
  CHECK(first.log == Log{"a1"});
  CHECK(second.log == Log{"b1"});
  queue.set_worker({});
  publish(queue, {message("c")});
  CHECK(queue.poll() == 0);
  CHECK(queue.statistics().waiting == 1);
}

TEST_CASE("an adapter attaches itself to a queue, with or without a worker") {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Happened>, Thing, Reduce> store{"MONSTERS", storage};
  castore::AggregateExistsMessageQueue queue{"QUEUE", store};
  Worker worker;
  castore::InMemoryMessageQueueAdapter adapter{queue, {.worker = worker.handler()}};
  STATIC_REQUIRE(std::same_as<decltype(adapter), Queue>);
  queue.publish_message(message("a"));
  queue.publish_messages(std::vector{message("b"), message("c")});
  CHECK(adapter.poll() == 3);
  CHECK(worker.log == Log{"a1", "b1", "c1"});

  castore::InMemoryMessageQueueAdapter other{queue};
  queue.publish_message(message("d"));
  CHECK(adapter.poll() == 0);
  CHECK(other.statistics().waiting == 1);
}

TEST_CASE("one thread handles messages in the order of publishing across aggregates") {
  Worker worker;
  Queue queue{Options{.worker = worker.handler()}};
  publish(queue, {message("a", 1), message("a", 2), message("b", 3), message("a", 4), message("c", 5)});
  queue.poll();
  CHECK(worker.log == Log{"a1", "a2", "b3", "a4", "c5"});
}

TEST_CASE("a retry comes before the later messages of its aggregate, and others go on", "[defect28]") {
  Worker worker{.failures = {{"a1", 1}}};
  Queue queue{Options{.worker = worker.handler(), .retry = {.retry_delay = 5ms}}};
  publish(queue, {message("a", 1), message("a", 2), message("b", 3), message("a", 4)});
  CHECK(queue.drain(5s));
  CHECK(worker.log == Log{"a1", "b3", "a1(2)", "a2", "a4"});
  CHECK(queue.statistics() == castore::MessageStatistics{.published = 4, .handled = 4, .failed_attempts = 1});
}

TEST_CASE("retries wait longer and longer") {
  std::vector<std::chrono::steady_clock::time_point> times;
  Queue queue{Options{.worker =
                          [&](const Message&, const MessageContext&) {
                            times.push_back(std::chrono::steady_clock::now());
                            throw std::runtime_error{"never"};
                          },
                      .retry = {.retry_attempts = 2, .retry_delay = 20ms, .retry_backoff_rate = 3}}};
  publish(queue, {message("a")});
  CHECK(queue.poll() == 1);
  CHECK(queue.poll() == 0);
  CHECK(queue.drain(5s));
  REQUIRE(times.size() == 3);
  CHECK(times[1] - times[0] >= 20ms);
  CHECK(times[2] - times[1] >= 60ms);
  CHECK(castore::detail::message_retry_delay({.retry_delay = 30s, .retry_backoff_rate = 2}, 3) == 120s);
  CHECK(castore::detail::message_retry_delay({.retry_delay = 1ms, .retry_backoff_rate = 1e9}, 1000) ==
        castore::max_message_retry_delay);
  CHECK(castore::detail::message_retry_delay({.retry_delay = 0ms, .retry_backoff_rate = 1e9}, 1000) == 0ms);
}

TEST_CASE("a message that fails for the last time goes to the dead-letter handler, and the next one follows",
          "[defect28]") {
  Worker worker{.failures = {{"a1", 9}}};
  std::vector<castore::DeadLetter<Message>> letters;
  Queue queue{Options{.worker = worker.handler(),
                      .retry = {.retry_attempts = 1, .retry_delay = 0ms},
                      .on_dead_letter = [&](const auto& letter) { letters.push_back(letter); }}};
  publish(queue, {message("a", 1), message("a", 2)}, true);
  CHECK(queue.drain(5s));
  CHECK(worker.log == Log{"a1", "a1(2)", "a2"});
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].message == message("a", 1));
  CHECK(letters[0].context == MessageContext{2, 0, true});
  CHECK(what(letters[0].error) == "cannot handle a1");
  CHECK(queue.statistics() ==
        castore::MessageStatistics{.published = 2, .handled = 1, .failed_attempts = 2, .dead_letters = 1});
}

TEST_CASE("without a handler dead letters are kept") {
  Worker worker{.failures = {{"a1", 1}, {"b1", 1}}};
  Queue queue{Options{.worker = worker.handler(), .retry = {.retry_attempts = 0}}};
  publish(queue, {message("a"), message("b"), message("c")});
  CHECK(queue.poll() == 3);
  const auto letters = queue.take_dead_letters();
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].message == message("a"));
  CHECK(letters[1].message == message("b"));
  CHECK(queue.take_dead_letters().empty());
}

TEST_CASE("a dead letter that its handler cannot take is offered again, and its aggregate waits") {
  Worker worker{.failures = {{"a1", 1}}};
  Log letters;
  Log errors;
  Queue queue{Options{.worker = worker.handler(),
                      .retry = {.retry_attempts = 0, .retry_delay = 1ms},
                      .on_dead_letter =
                          [&](const auto& letter) {
                            letters.push_back(name(letter.message));
                            if (letters.size() < 3) throw std::runtime_error{"the disk is full"};
                          },
                      .on_error =
                          [&](const std::exception_ptr& error) {
                            errors.push_back(
                                error_of<std::runtime_error>([&] { std::rethrow_exception(error); }).what());
                          }}};
  publish(queue, {message("a", 1), message("a", 2)});
  CHECK(queue.drain(5s));
  CHECK(letters == Log{"a1", "a1", "a1"});
  CHECK(errors == Log{"the disk is full", "the disk is full"});
  CHECK(worker.log == Log{"a1", "a2"});
  CHECK(queue.statistics().failed_attempts == 1);
  CHECK(queue.statistics().dead_letters == 1);
}

TEST_CASE("a full queue refuses all messages of a call, and takes them when there is room") {
  Worker worker;
  Queue queue{Options{.worker = worker.handler(), .capacity = 3}};
  publish(queue, {message("a"), message("b")});
  const auto full = error_of<MessagesNotPublishedError>([&] { publish(queue, {message("c"), message("d")}); });
  CHECK(full.indices() == std::vector<std::size_t>{0, 1});
  CHECK(full.retryable());
  CHECK(queue.statistics().waiting == 2);
  CHECK(queue.poll(1) == 1);
  publish(queue, {message("c"), message("d")});
  queue.poll();
  CHECK(worker.log == Log{"a1", "b1", "c1", "d1"});
  const auto never = error_of<MessagesNotPublishedError>([&] {
    publish(queue, {message("a"), message("b"), message("c"), message("d")});
  });
  CHECK(never.indices().size() == 4);
  CHECK_FALSE(never.retryable());
}

TEST_CASE("a full queue makes publishers wait until there is room or their time is over") {
  Worker worker;
  Queue queue{Options{.worker = worker.handler(), .capacity = 1, .when_full = WhenFull::wait, .wait_at_most = 20s}};
  publish(queue, {message("a", 1)});
  std::atomic<bool> is_published{false};
  {
    const std::jthread publisher{[&] {
      publish(queue, {message("a", 2)});
      is_published = true;
    }};
    std::this_thread::sleep_for(10ms);
    CHECK_FALSE(is_published);
    CHECK(queue.poll(1) == 1);
  }
  CHECK(is_published);
  queue.poll();
  CHECK(worker.log == Log{"a1", "a2"});

  Queue impatient{Options{.capacity = 1, .when_full = WhenFull::wait, .wait_at_most = 5ms}};
  publish(impatient, {message("a", 1)});
  CHECK(error_of<MessagesNotPublishedError>([&] { publish(impatient, {message("a", 2)}); }).retryable());
  CHECK(impatient.statistics().waiting == 1);
}

TEST_CASE("stop gives back what nobody has handled and refuses what comes later") {
  Worker worker{.failures = {{"a1", 9}}};
  Queue queue{Options{.worker = worker.handler(), .retry = {.retry_delay = 1h}}};
  publish(queue, {message("a", 1), message("a", 2), message("b", 3)}, true);
  const auto left = queue.stop(20ms);
  CHECK(worker.log == Log{"a1", "b3"});
  REQUIRE(left.size() == 2);
  CHECK(left[0].message == message("a", 1));
  CHECK(left[0].context == MessageContext{2, 1, true});
  CHECK(left[1].message == message("a", 2));
  CHECK(left[1].context == MessageContext{1, 2, true});
  const auto stopped = error_of<MessagesNotPublishedError>([&] { publish(queue, {message("c")}); });
  CHECK(stopped.indices() == std::vector<std::size_t>{0});
  CHECK_FALSE(stopped.retryable());
  CHECK(queue.poll() == 0);
  CHECK(queue.statistics() ==
        castore::MessageStatistics{.published = 3, .handled = 1, .failed_attempts = 1, .dropped = 2});
}

TEST_CASE("stop wakes publishers that wait and ends threads inside run, and what fails afterwards is a dead letter",
          "[threads]") {
  std::atomic<bool> is_in_hand{false};
  std::atomic<bool> may_end{false};
  Queue queue{Options{.worker =
                          [&](const Message&, const MessageContext&) {
                            is_in_hand = true;
                            while (!may_end) std::this_thread::yield();
                            throw std::runtime_error{"too late"};
                          },
                      .capacity = 2,
                      .when_full = WhenFull::wait}};
  publish(queue, {message("a", 1), message("a", 2)});
  std::jthread runner = castore::run_in_background(queue);
  std::atomic<bool> is_refused{false};
  std::jthread publisher{[&] {
    try {
      publish(queue, {message("b")});
    } catch (const MessagesNotPublishedError&) {
      is_refused = true;
    }
  }};
  while (!is_in_hand) std::this_thread::yield();
  const auto left = queue.stop(5ms);
  REQUIRE(left.size() == 1);
  CHECK(left[0].message == message("a", 2));
  publisher.join();
  CHECK(is_refused);
  may_end = true;
  runner.join();
  const auto letters = queue.take_dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].message == message("a", 1));
  CHECK(what(letters[0].error) == "too late");
}

TEST_CASE("several publishers that wait for room get in one after the other, and stop refuses those that are left",
          "[threads]") {
  Worker worker;
  Queue queue{Options{.worker = worker.handler(), .capacity = 1, .when_full = WhenFull::wait}};
  publish(queue, {message("a", 1)});
  std::atomic<int> published{0};
  std::atomic<int> refused{0};
  std::vector<std::jthread> publishers;
  for (int number = 2; number <= 4; ++number) {
    publishers.emplace_back([&, number] {
      try {
        publish(queue, {message("a", number)});
        ++published;
      } catch (const MessagesNotPublishedError&) {
        ++refused;
      }
    });
  }
  const auto within_seconds = [](const auto& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  };
  for (int count = 1; count <= 2; ++count) {
    CHECK(within_seconds([&] { return queue.poll(1) == 1; }));
    CHECK(within_seconds([&] { return published == count; }));
  }
  queue.set_worker({});
  CHECK(queue.stop(0ms).size() == 1);
  publishers.clear();
  CHECK(published == 2);
  CHECK(refused == 1);
}

TEST_CASE("stop ends all threads inside run, also those that wait for work", "[threads]") {
  Queue queue;
  std::vector<std::jthread> runners;
  std::atomic<int> ended{0};
  for (int count = 0; count < 3; ++count) {
    runners.emplace_back([&](const std::stop_token& token) {
      queue.run(token);
      ++ended;
    });
  }
  std::this_thread::sleep_for(5ms);  // they wait for work now
  CHECK(queue.stop(0ms).empty());
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (ended < 3 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  CHECK(ended == 3);
}

TEST_CASE("a queue goes on after what failed, was refused or ran out of time", "[failure]") {
  Worker worker{.failures = {{"a1", 1}}};
  Queue queue{Options{.worker = worker.handler(), .retry = {.retry_attempts = 0}, .capacity = 2}};
  publish(queue, {message("a", 1), message("a", 2)});
  CHECK_FALSE(queue.drain(0ms));
  CHECK(error_of<MessagesNotPublishedError>([&] { publish(queue, {message("b", 1)}); }).retryable());
  CHECK(queue.poll() == 2);
  CHECK(queue.take_dead_letters().size() == 1);
  CHECK(queue.take_dead_letters().empty());
  publish(queue, {message("b", 1), message("b", 2)});  // as many as there is room for
  CHECK(queue.drain(5s));
  CHECK(worker.log == Log{"a1", "a2", "b1", "b2"});
  CHECK(queue.stop(0ms).empty());
  CHECK(queue.stop(0ms).empty());
  CHECK(queue.statistics() ==
        castore::MessageStatistics{.published = 4, .handled = 3, .failed_attempts = 1, .dead_letters = 1});
}

TEST_CASE("retries that are due come in the order of their times, then of publishing") {
  Worker worker{.failures = {{"a1", 2}, {"b1", 1}, {"c1", 1}}};
  Queue queue{Options{.worker = worker.handler(),
                      .retry = {.retry_attempts = 2, .retry_delay = 20ms, .retry_backoff_rate = 3}}};
  publish(queue, {message("a"), message("b"), message("c"), message("a", 2)});
  CHECK(queue.drain(10s));
  CHECK(worker.log == Log{"a1", "b1", "c1", "a1(2)", "b1(2)", "c1(2)", "a1(3)", "a2"});
}

TEST_CASE("drain sleeps while nothing is due") {
  Worker worker{.failures = {{"a1", 1}}};
  Queue queue{Options{.worker = worker.handler(), .retry = {.retry_attempts = 1, .retry_delay = 400ms}}};
  publish(queue, {message("a")});
  const std::clock_t before = std::clock();
  CHECK(queue.drain(10s));
  CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.1);
  CHECK(worker.log == Log{"a1", "a1(2)"});
}

TEST_CASE("drain tells when messages are left") {
  Queue queue;
  CHECK(queue.drain(0ms));
  publish(queue, {message("a")});
  CHECK_FALSE(queue.drain(5ms));
}

TEST_CASE("a thread that begins to run during a drain hears of every message", "[threads]") {
  std::atomic<bool> is_handled{false};
  Queue queue{Options{.worker =
                          [&](const Message& one, const MessageContext&) {
                            if (one.aggregate_id == "bad") throw std::runtime_error{"not now"};
                            is_handled = true;
                          },
                      .retry = {.retry_delay = 1h}}};
  publish(queue, {message("bad")});
  std::jthread drain{[&] { queue.drain(10s); }};
  while (queue.statistics().failed_attempts == 0) std::this_thread::yield();
  std::this_thread::sleep_for(5ms);  // it waits for work now, for 100 ms
  const std::jthread runner = castore::run_in_background(queue);
  std::this_thread::sleep_for(5ms);
  publish(queue, {message("good")});
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (!is_handled && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  CHECK(is_handled);
  queue.stop(0ms);
}

TEST_CASE("drain leaves the work to a thread inside run, and works itself when that has ended", "[threads]") {
  std::vector<std::thread::id> workers;
  std::atomic<int> count{0};
  Queue queue{Options{.worker = [&](const Message&, const MessageContext&) {
    workers.push_back(std::this_thread::get_id());
    ++count;
  }}};
  std::jthread runner = castore::run_in_background(queue);
  const std::thread::id runs = runner.get_id();
  publish(queue, {message("a")});
  while (count == 0) std::this_thread::yield();
  publish(queue, {message("a"), message("b"), message("c"), message("d")});
  CHECK(queue.drain(10s));
  runner.request_stop();
  runner.join();
  CHECK(workers == std::vector<std::thread::id>(5, runs));
  publish(queue, {message("a")});
  CHECK(queue.drain(3s));
  CHECK(workers.back() == std::this_thread::get_id());
}

TEST_CASE("a dead letter that its handler cannot take while the queue stops is kept", "[threads]") {
  std::atomic<bool> is_in_hand{false};
  std::atomic<bool> may_end{false};
  Queue queue{Options{.worker =
                          [&](const Message&, const MessageContext&) {
                            is_in_hand = true;
                            while (!may_end) std::this_thread::yield();
                            throw std::runtime_error{"too late"};
                          },
                      .on_dead_letter = [](const auto&) { throw std::runtime_error{"no room"}; }}};
  publish(queue, {message("a", 1)});
  std::jthread runner = castore::run_in_background(queue);
  while (!is_in_hand) std::this_thread::yield();
  CHECK(queue.stop(0ms).empty());
  may_end = true;
  runner.join();
  const auto letters = queue.take_dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(what(letters[0].error) == "too late");
  CHECK(queue.take_dead_letters().empty());
}

TEST_CASE("a queue refuses a message of another type") {
  Queue queue;
  const castore::NotificationMessage<castore::Events<Happened>> other{
      "MONSTERS", castore::EventDetail<Happened>{.aggregate_id = "a", .version = 1, .payload = {}}};
  const std::vector<castore::MessageView> views{castore::MessageView{other}};
  CHECK(std::string{error_of<std::invalid_argument>([&] { queue.publish_messages(views, {}); }).what()} ==
        "castore: this queue carries messages of another type");
  CHECK(queue.statistics() == castore::MessageStatistics{});
}

TEST_CASE("retry options that mean nothing are refused") {
  const auto make = [](castore::MessageRetryOptions retry) { Queue{Options{.retry = retry}}; };
  CHECK(std::string{error_of<std::invalid_argument>([&] { make({.retry_attempts = -1}); }).what()}.find(
            "retry_attempts") != std::string::npos);
  CHECK(std::string{error_of<std::invalid_argument>([&] { make({.retry_delay = -1ms}); }).what()}.find("retry_delay") !=
        std::string::npos);
  CHECK(std::string{error_of<std::invalid_argument>([&] { make({.retry_backoff_rate = -1}); }).what()}.find(
            "retry_backoff_rate") != std::string::npos);
  make({.retry_attempts = 0, .retry_delay = 0ms, .retry_backoff_rate = 0});
  const castore::MessageRetryOptions once{.retry_delay = 5ms, .retry_backoff_rate = 0};
  CHECK(castore::detail::message_retry_delay(once, 1) == 5ms);
  CHECK(castore::detail::message_retry_delay(once, 2) == 0ms);
}

TEST_CASE("4 producers and 4 workers that fail at random: as often as promised, in order, nothing lost", "[threads]") {
  constexpr int producers = 4;
  constexpr int aggregates = 5;  // of each producer
  constexpr int messages = 60;   // of each aggregate
  constexpr int retries = 2;
  struct Seen {
    int attempts = 0;
    bool has_succeeded = false;
    bool is_dead = false;
  };
  std::mutex mutex;
  std::map<std::string, Seen> seen;
  std::map<std::string, std::vector<int>> order;  // of first attempts
  std::set<std::string> in_hand;
  bool has_overlap = false;
  std::minstd_rand random{42};
  Queue queue{Options{.worker =
                          [&](const Message& one, const MessageContext& context) {
                            bool fails = false;
                            {
                              const std::scoped_lock lock{mutex};
                              has_overlap = has_overlap || !in_hand.insert(one.aggregate_id).second;
                              Seen& of_message = seen[name(one)];
                              ++of_message.attempts;
                              if (context.attempt != of_message.attempts) has_overlap = true;
                              if (context.attempt == 1) {
                                order[one.aggregate_id].push_back(
                                    static_cast<int>((one.initial_event_timestamp - at(0)).count()));
                              }
                              fails = random() % 3 == 0;
                              of_message.has_succeeded = of_message.has_succeeded || !fails;
                            }
                            std::this_thread::yield();
                            const std::scoped_lock lock{mutex};
                            in_hand.erase(one.aggregate_id);
                            if (fails) throw std::runtime_error{"by chance"};
                          },
                      .retry = {.retry_attempts = retries, .retry_delay = 1ms, .retry_backoff_rate = 1},
                      .on_dead_letter =
                          [&](const auto& letter) {
                            const std::scoped_lock lock{mutex};
                            seen[name(letter.message)].is_dead = true;
                          },
                      .capacity = 50,
                      .when_full = WhenFull::wait}};
  {
    std::vector<std::jthread> workers;
    for (int count = 0; count < 4; ++count) workers.push_back(castore::run_in_background(queue));
    {
      std::vector<std::jthread> publishers;
      for (int producer = 0; producer < producers; ++producer) {
        publishers.emplace_back([&queue, producer] {
          for (int number = 1; number <= messages; ++number) {
            for (int aggregate = 0; aggregate < aggregates; ++aggregate) {
              publish(queue, {message(std::to_string(producer) + "-" + std::to_string(aggregate) + "-", number)});
            }
          }
        });
      }
    }
    CHECK(queue.drain(60s));
    CHECK(queue.stop(0ms).empty());
  }
  CHECK_FALSE(has_overlap);
  CHECK(seen.size() == producers * aggregates * messages);
  std::uint64_t dead = 0;
  std::uint64_t attempts = 0;
  bool is_as_promised = true;
  for (const auto& [which, of_message] : seen) {
    attempts += static_cast<std::uint64_t>(of_message.attempts);
    dead += of_message.is_dead ? 1 : 0;
    // Handled until it succeeds, and dead only after the last of three attempts.
    is_as_promised = is_as_promised && of_message.has_succeeded != of_message.is_dead &&
                     (!of_message.is_dead || of_message.attempts == retries + 1) && of_message.attempts <= retries + 1;
  }
  CHECK(is_as_promised);
  CHECK(order.size() == producers * aggregates);
  for (const auto& [id, numbers] : order) {
    CHECK(numbers.size() == messages);
    CHECK(std::ranges::is_sorted(numbers));
  }
  const castore::MessageStatistics statistics = queue.statistics();
  CHECK(dead > 0);
  CHECK(statistics.published == producers * aggregates * messages);
  CHECK(statistics.dead_letters == dead);
  CHECK(statistics.handled + dead == statistics.published);
  CHECK(statistics.failed_attempts == attempts - statistics.handled);
  CHECK(statistics.waiting == 0);
  CHECK(statistics.in_hand == 0);
}
