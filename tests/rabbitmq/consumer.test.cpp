// SPDX-License-Identifier: MIT
// What a consumer of RabbitMQ handles, acknowledges and gives back.
#include <castore/messaging/adapters/rabbitmq.hpp>

#include "rabbitmq/proxy.hpp"
#include "rabbitmq/support.hpp"

#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace castore::rabbitmq_tests;
using castore::MessageContext;
using castore::MessageSourceError;
using castore::MessageStatistics;
using castore::RabbitMqError;
using castore::RabbitMqMessageChannelAdapter;

namespace {

using Log = std::vector<std::string>;
using Options = castore::RabbitMqConsumerOptions<MonsterMessage>;
using Consumer = castore::RabbitMqConsumer<MonsterMessage>;

Options quick() { return {.reject_dead_letters = true, .retry = {.retry_delay = 0ms}, .wait_time = 20ms}; }

/// A queue that one consumer at a time receives from.
Arguments one_at_a_time() { return {{}, {}, {"x-single-active-consumer"}}; }

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

void send(const Place& place, const std::vector<MonsterMessage>& messages, bool replay = false) {
  RabbitMqMessageChannelAdapter adapter{server_url(), place.name()};
  publish(adapter, messages, replay);
}
void send_text(const Place& place, const std::string& body) {
  Admin admin;
  admin.ask([&] { amqp_confirm_select(admin.state(), Admin::channel); });
  amqp_basic_publish(admin.state(), Admin::channel, amqp_empty_bytes, castore::detail::amqp_bytes(place.name()), 1, 0,
                     nullptr, castore::detail::amqp_bytes(body));
  admin.ask([&] { amqp_basic_qos(admin.state(), Admin::channel, 0, 1, 0); });  // it has been read when this is answered
}

/// Polls until so many messages were handled.
template <class Handle>
void poll(Consumer& consumer, std::size_t count, const Handle& handle) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  for (std::size_t handled = 0; handled < count && std::chrono::steady_clock::now() < deadline;) {
    handled += consumer.poll(handle);
  }
}

}  // namespace

TEST_CASE("a consumer of RabbitMQ handles typed messages, and acknowledges them after that") {
  const Place place;
  const Monsters monsters;
  send(place, {appeared("a"), appeared("b")});
  send(place, {appeared("c")}, true);
  Log log;
  {
    Consumer consumer{monsters.queue, server_url(), place.name(), quick()};
    poll(consumer, 3, [&](const MonsterMessage& message, const MessageContext& context) {
      CHECK(message.event.get_if<Appeared>()->payload.name == "Pikachu");
      Handler{&log}(message, context);
    });
    CHECK(log == Log{"a1", "b1", "c1 replay"});
    CHECK(consumer.statistics() == MessageStatistics{.published = 3, .handled = 3});
    CHECK(consumer.poll(Handler{&log}) == 0);
  }
  CHECK(place.take().empty());
}

TEST_CASE("what failed is tried again at its place, and its aggregate waits for it") {
  const Place place;
  const Monsters monsters;
  Consumer consumer{monsters.queue, server_url(), place.name(), quick()};
  send(place, {appeared("a", 1), appeared("b", 1), appeared("a", 2)});
  Log log;
  int failures = 0;
  poll(consumer, 5, [&](const MonsterMessage& message, const MessageContext& context) {
    const bool fails = name_of(message) == "a1" && failures++ < 2;
    Handler{&log, fails ? std::set<std::string>{"a1"} : std::set<std::string>{}}(message, context);
  });
  std::erase(log, "b1");
  CHECK(log == Log{"a1!", "a1(2)!", "a1(3)", "a2"});
}

TEST_CASE("what failed as often as it may goes to the queue's dead letters, and the next one on") {
  const Place dead{{}, ""};
  const Place place{
      Arguments{Arguments::Texts{{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead.name()}}}};
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_attempts = 1;
  std::vector<std::string> bodies;
  options.on_invalid_message = [&](const std::string& body, const std::exception_ptr& error) {
    bodies.push_back(body);
    CHECK_THROWS_AS(std::rethrow_exception(error), castore::InvalidMessageError);
  };
  Log log;
  {
    Consumer consumer{monsters.queue, server_url(), place.name(), std::move(options)};
    send(place, {appeared("a", 1), appeared("a", 2)});
    send_text(place, "no JSON");
    send(place, {appeared("a", 3)});
    poll(consumer, 4, Handler{&log, {"a1"}});
    CHECK(log == Log{"a1!", "a1(2)!", "a2", "a3"});
    CHECK(bodies == Log{"no JSON"});
    CHECK(consumer.statistics() ==
          MessageStatistics{.published = 3, .handled = 2, .failed_attempts = 2, .dead_letters = 1});
  }
  CHECK(place.take().empty());
  std::vector<std::string> letters;
  for (const Place::Message& message : dead.take()) letters.push_back(message.id + message.body.substr(0, 7));
  std::ranges::sort(letters);
  CHECK(letters == Log{"MONSTERS#a#1{\"event", "no JSON"});
}

TEST_CASE("a function takes dead letters, which are then acknowledged, and what cannot be read comes again") {
  const Place place;
  const Monsters monsters;
  Log taken;
  std::vector<std::string> bodies;
  Options options{
      .on_dead_letter =
          [&](const castore::DeadLetter<MonsterMessage>& letter) { taken.push_back(name_of(letter.message)); },
      .retry = {.retry_attempts = 0},
      .on_invalid_message = [&](const std::string& body, const std::exception_ptr&) { bodies.push_back(body); },
      .wait_time = 20ms};
  send_text(place, "no JSON");
  send(place, {appeared("a")});
  for (const bool is_first : {true, false}) {
    Consumer consumer{monsters.queue, server_url(), place.name(), options};
    Log log;
    poll(consumer, is_first ? 1 : 0, Handler{&log, {"a1"}});
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (bodies.size() < (is_first ? 1U : 2U) && std::chrono::steady_clock::now() < deadline) {
      consumer.poll(Handler{&log});
    }
  }
  CHECK(taken == Log{"a1"});
  CHECK(bodies == Log{"no JSON", "no JSON"});
  CHECK(place.size() == 1);
}

TEST_CASE("when as much as the broker hands out cannot be read it is an error that says so, each time") {
  const Place place;
  const Monsters monsters;
  std::size_t told = 0;
  Options options{.on_dead_letter = [](const castore::DeadLetter<MonsterMessage>&) {},
                  .on_invalid_message = [&](const std::string&, const std::exception_ptr&) { ++told; },
                  .wait_time = 20ms,
                  .max_messages = 2};
  for (const char* const body : {"no JSON", "nor this"}) send_text(place, body);
  send(place, {appeared("a")});
  Consumer consumer{monsters.queue, server_url(), place.name(), std::move(options)};
  for (std::size_t times = 1; times <= 2; ++times) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    const auto error = error_of<MessageSourceError>([&] {
      while (std::chrono::steady_clock::now() < deadline) consumer.poll([](const auto&, const auto&) {});
    });
    CHECK(error.what() == "castore: cannot ask the queue '" + place.name() +
                              "': 2 bodies in it are not messages of the channel, and max_messages lets the broker "
                              "hand out no more; take them out of the queue, or set reject_dead_letters");
    CHECK_FALSE(error.retryable());
    CHECK(told == 2 * times);
  }
  CHECK(castore::broker_tests::eventually([&] { return place.size() == 3; }));
}

TEST_CASE(
    "a consumer runs until it is stopped, has acknowledged what was handled, and gives back the rest in its order") {
  const Place place{one_at_a_time()};
  const Monsters monsters;
  Consumer consumer{monsters.queue, server_url(), place.name(), quick()};
  send(place, {appeared("a", 1), appeared("b", 1), appeared("a", 2), appeared("a", 3)});
  std::stop_source stop;
  Log log;
  consumer.run(
      [&](const MonsterMessage& message, const MessageContext& context) {
        Handler{&log}(message, context);
        if (log.size() == 2) stop.request_stop();
      },
      stop.get_token());
  CHECK(log == Log{"a1", "b1"});
  CHECK(place.size() == 2);  // though the consumer still is there
  CHECK(place.take_ids() == Ids{"MONSTERS#a#2", "MONSTERS#a#3"});
  send(place, {appeared("c")});
  poll(consumer, 1, Handler{&log});  // and it can go on
  CHECK(log.back() == "c1");
}

TEST_CASE("a consumer that runs no more leaves the queue to others") {
  const Place place{one_at_a_time()};
  const Monsters monsters;
  Consumer first{monsters.queue, server_url(), place.name(), quick()};
  Consumer second{monsters.queue, server_url(), place.name(), quick()};
  send(place, {appeared("a", 1)});
  std::stop_source stop;
  Log log;
  first.run(
      [&](const MonsterMessage& message, const MessageContext& context) {
        Handler{&log}(message, context);
        stop.request_stop();
      },
      stop.get_token());
  send(place, {appeared("a", 2)});
  poll(second, 1, Handler{&log});
  CHECK(log == Log{"a1", "a2"});
}

TEST_CASE("several threads share the messages of a queue, each of which is handled once and in order") {
  const Place place{one_at_a_time()};
  const Monsters monsters;
  std::vector<MonsterMessage> messages;
  for (int version = 1; version <= 25; ++version) {
    for (const char* const id : {"a", "b", "c", "d"}) messages.push_back(appeared(id, version));
  }
  send(place, messages);
  Options options = quick();
  options.max_messages = 7;
  Consumer consumer{monsters.queue, server_url(), place.name(), std::move(options)};
  std::mutex mutex;
  Log log;
  std::stop_source first;
  std::stop_source rest;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&, token = (thread == 0 ? first : rest).get_token()] {
        consumer.run(
            [&](const MonsterMessage& message, const MessageContext&) {
              const std::scoped_lock lock{mutex};
              log.push_back(name_of(message));
              if (log.size() == 40) first.request_stop();  // its messages are given back while the others go on
              if (log.size() == 100) rest.request_stop();
            },
            token);
      });
    }
  }
  CHECK(log.size() == 100);
  for (const std::string id : {"a", "b", "c", "d"}) {
    Log of_one;
    std::ranges::copy_if(log, std::back_inserter(of_one), [&](const std::string& name) { return name[0] == id[0]; });
    Log expected;
    for (int version = 1; version <= 25; ++version) expected.push_back(id + std::to_string(version));
    CHECK(of_one == expected);
  }
  CHECK(place.take().empty());
}

TEST_CASE("when the connection breaks before the acknowledgement the message comes again, before the later ones") {
  for (const Fault fault : {Fault::cut_now, Fault::cut_request}) {
    const Place place{one_at_a_time()};
    const Monsters monsters;
    Proxy proxy;
    Consumer consumer{monsters.queue, proxy.url(), place.name(), quick()};
    for (const MonsterMessage& message : {appeared("a", 1), appeared("a", 2), appeared("b", 1), appeared("a", 3)}) {
      send(place, {message});
    }
    std::stop_source stop;
    Log log;
    consumer.run(
        [&](const MonsterMessage& message, const MessageContext& context) {
          Handler{&log}(message, context);
          if (log.size() == 1) proxy.set(fault);
          if (log.size() == (fault == Fault::cut_now ? 1U : 2U)) proxy.wait_for_cut();
          if (log.size() > 2 && log.back() == "a3") stop.request_stop();
        },
        stop.get_token());
    // Acknowledgements are sent and not answered: with the first one the second one may be lost.
    const bool is_right = log == Log{"a1", "a1", "a2", "b1", "a3"} ||
                          (fault == Fault::cut_request && log == Log{"a1", "a2", "a1", "a2", "b1", "a3"});
    CAPTURE(log);
    CHECK(is_right);
    CHECK(proxy.connections() == 2);
    CHECK(place.take().empty());
  }
}

TEST_CASE("what waited for its next attempt when the connection broke does not end the next connection") {
  const Place dead{{}, ""};
  const Place place{
      Arguments{Arguments::Texts{{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead.name()}},
                {},
                {"x-single-active-consumer"}}};
  const Monsters monsters;
  Proxy proxy;
  Options options = quick();
  options.retry = {.retry_attempts = 2, .retry_delay = 100ms, .retry_backoff_rate = 1};
  Consumer consumer{monsters.queue, proxy.url(), place.name(), options};
  send(place, {appeared("a"), appeared("b"), appeared("c")});
  Log log;
  const auto fail = [&](const MonsterMessage& message, const MessageContext&) {
    std::this_thread::sleep_for(30ms);  // so that they are not due together
    if (message.event.aggregate_id() == "c") return;
    log.push_back(name_of(message));
    if (log.size() == 2) {
      proxy.set(Fault::cut_now);
      proxy.wait_for_cut();
    }
    throw std::runtime_error{"it fails"};
  };
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (consumer.statistics().dead_letters < 2 && std::chrono::steady_clock::now() < deadline) {
    try {
      consumer.poll(fail);
    } catch (const MessageSourceError&) {
    }
  }
  CHECK(consumer.statistics().dead_letters == 2);
  CHECK(proxy.connections() == 2);
  CHECK(log.size() == 8);  // once each, and all three attempts after that
}

TEST_CASE("what a thread had in hand when the connection broke does not end the next connection") {
  const Place place{one_at_a_time()};
  const Monsters monsters;
  Proxy proxy;
  Consumer consumer{monsters.queue, proxy.url(), place.name(), quick()};
  send(place, {appeared("a"), appeared("b")});
  std::promise<void> is_cut;
  std::promise<void> has_come_again;
  std::atomic<bool> is_first{true};
  std::jthread other{[&] {
    consumer.poll([&](const MonsterMessage&, const MessageContext&) {
      if (!is_first.exchange(false)) return;
      proxy.set(Fault::cut_now);
      proxy.wait_for_cut();
      is_cut.set_value();
      has_come_again.get_future().wait();
      throw std::runtime_error{"it fails"};
    });
  }};
  is_cut.get_future().wait();
  Log log;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (log.empty() && std::chrono::steady_clock::now() < deadline) {
    try {
      consumer.poll(Handler{&log});
    } catch (const MessageSourceError&) {
    }
  }
  const Log meanwhile = log;
  has_come_again.set_value();
  other.join();
  while (consumer.statistics().handled < 2 && std::chrono::steady_clock::now() < deadline) consumer.poll(Handler{&log});
  CHECK(meanwhile == Log{"b1"});
  CHECK(consumer.statistics().handled == 2);
  CHECK(proxy.connections() == 2);
}

TEST_CASE("a message for which there is no memory is not rejected, and comes again before the later ones") {
  const Place dead{{}, ""};
  const Place place{
      Arguments{Arguments::Texts{{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead.name()}},
                {},
                {"x-single-active-consumer"}}};
  const Monsters monsters;
  struct Channel {
    using Message = MonsterMessage;
    MonsterMessage parse_message(const std::string& body) const {
      if (std::exchange(*is_scarce, false)) throw std::bad_alloc{};
      return monsters->queue.parse_message(body);
    }
    const Monsters* monsters;
    bool* is_scarce;
  };
  bool is_scarce = true;
  const Channel channel{&monsters, &is_scarce};
  Consumer consumer{channel, server_url(), place.name(), quick()};
  send(place, {appeared("a", 1), appeared("a", 2)});
  Log log;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  bool is_told = false;
  while (log.size() < 2 && std::chrono::steady_clock::now() < deadline) {
    try {
      consumer.poll(Handler{&log});
    } catch (const std::bad_alloc&) {
      is_told = true;
    }
  }
  CHECK(is_told);
  CHECK(log == Log{"a1", "a2"});
  CHECK(dead.take_ids().empty());
}

TEST_CASE("a consumer that is killed inside its handler loses nothing") {
  const Place place{one_at_a_time()};
  const Monsters monsters;
  send(place, {appeared("a", 1), appeared("a", 2), appeared("a", 3)});
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      Consumer consumer{monsters.queue, server_url(), place.name(), quick()};
      consumer.run(
          [&](const MonsterMessage& message, const MessageContext&) {
            if (message.event.version() != 2) return;
            (void)!::write(pipe[1], "2", 1);
            for (;;) ::pause();
          },
          std::stop_token{});
    } catch (...) {
    }
    ::_exit(1);
  }
  REQUIRE(child > 0);
  ::close(pipe[1]);
  char handled = 0;
  CHECK(::read(pipe[0], &handled, 1) == 1);
  ::close(pipe[0]);
  REQUIRE(::kill(child, SIGKILL) == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);

  Log log;
  {
    Consumer consumer{monsters.queue, server_url(), place.name(), quick()};
    poll(consumer, 2, Handler{&log});
  }
  CHECK(log == Log{"a2", "a3"});
  CHECK(place.take().empty());
}

TEST_CASE("a second consumer of a queue for one at a time goes on where the first one ended") {
  const Place place{one_at_a_time()};
  const Monsters monsters;
  auto first = std::make_unique<Consumer>(monsters.queue, server_url(), place.name(), quick());
  Consumer second{monsters.queue, server_url(), place.name(), quick()};
  Log log;
  CHECK(first->poll(Handler{&log}) == 0);
  send(place, {appeared("a", 1), appeared("a", 2)});
  poll(*first, 1, Handler{&log});
  CHECK(second.poll(Handler{&log}) == 0);
  poll(*first, log.size() < 2 ? 1 : 0, Handler{&log});
  send(place, {appeared("a", 3), appeared("a", 4)});
  first.reset();
  poll(second, 2, Handler{&log});
  CHECK(log == Log{"a1", "a2", "a3", "a4"});
}

TEST_CASE("an exchange that hashes the aggregate gives each queue whole aggregates") {
  const Place topic{{}, ""};
  const std::string by_aggregate = new_name();
  Admin admin;
  admin.ask([&] {
    amqp_exchange_declare(admin.state(), Admin::channel, castore::detail::amqp_bytes(by_aggregate),
                          amqp_cstring_bytes("x-consistent-hash"), 0, 1, 0, 0,
                          Arguments{Arguments::Texts{{"hash-header", "aggregate"}}}.table());
  });
  admin.ask([&] {
    amqp_exchange_bind(admin.state(), Admin::channel, castore::detail::amqp_bytes(by_aggregate),
                       castore::detail::amqp_bytes(topic.name()), amqp_cstring_bytes("MONSTERS.#"), amqp_empty_table);
  });
  const Place one{one_at_a_time(), ""};
  const Place two{one_at_a_time(), ""};
  for (const Place* const place : {&one, &two}) {
    admin.ask([&] {
      amqp_queue_bind(admin.state(), Admin::channel, castore::detail::amqp_bytes(place->name()),
                      castore::detail::amqp_bytes(by_aggregate), amqp_cstring_bytes("1"), amqp_empty_table);
    });
  }
  std::vector<MonsterMessage> messages;
  for (int version = 1; version <= 3; ++version) {
    for (int id = 0; id < 20; ++id) messages.push_back(appeared("m" + std::to_string(id), version));
  }
  send(topic, messages);
  std::set<std::string> of_one;
  std::set<std::string> of_two;
  const auto collect = [](const Place& place, std::set<std::string>& ids) {
    std::map<std::string, std::string> last;
    std::size_t count = 0;
    for (const Place::Message& message : place.take()) {
      const std::string& aggregate = message.headers.at("aggregate");
      CHECK(last[aggregate] < message.id);
      last[aggregate] = message.id;
      ids.insert(aggregate);
      ++count;
    }
    CHECK(count == 3 * ids.size());
  };
  collect(one, of_one);
  collect(two, of_two);
  CHECK(!of_one.empty());
  CHECK(!of_two.empty());
  CHECK(of_one.size() + of_two.size() == 20);
  admin.ask([&] { amqp_exchange_delete(admin.state(), Admin::channel, castore::detail::amqp_bytes(by_aggregate), 0); });
}

TEST_CASE("what cannot be received from RabbitMQ is an error that says why") {
  const Monsters monsters;
  Log log;
  const std::string broker = castore::detail::RabbitMqSettings::parse(server_url(), {}).broker();
  Consumer nowhere{monsters.queue, server_url(), "castore-nowhere", quick()};
  try {
    nowhere.poll(Handler{&log});
    FAIL("no error");
  } catch (const MessageSourceError& error) {
    CHECK_FALSE(error.retryable());
    CHECK(std::string{error.what()} == "castore: cannot ask the queue 'castore-nowhere': " + broker +
                                           ": NOT_FOUND - no queue 'castore-nowhere' in vhost '/'");
    CHECK(error_of<RabbitMqError>([&] { std::rethrow_if_nested(error); }).code() == 404);
  }
  CHECK_THROWS_AS(nowhere.run(Handler{&log}, std::stop_token{}), MessageSourceError);

  Consumer unreachable{monsters.queue, "amqp://castore:secret@127.0.0.1:1", "queue", quick()};
  const auto error = error_of<MessageSourceError>([&] { unreachable.poll(Handler{&log}); });
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: cannot ask the queue 'queue': RabbitMQ at 127.0.0.1:1: cannot connect: a socket error occurred");

  auto place = std::make_unique<Place>();
  Consumer deleted{monsters.queue, server_url(), place->name(), quick()};
  CHECK(deleted.poll(Handler{&log}) == 0);
  const std::string name = place->name();
  place.reset();
  std::string what;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (what.empty() && std::chrono::steady_clock::now() < deadline) {
    try {
      deleted.poll(Handler{&log});
    } catch (const MessageSourceError& gone) {
      what = gone.what();
      CHECK(gone.retryable());
    }
  }
  CHECK(what == "castore: cannot ask the queue '" + name + "': " + broker +
                    ": it has ended the subscription, as it does when the queue is deleted");
  CHECK_FALSE(error_of<MessageSourceError>([&] { deleted.poll(Handler{&log}); }).retryable());
}

TEST_CASE("options of a consumer of RabbitMQ are checked") {
  const Monsters monsters;
  const auto refused = [&](const Options& options, const std::string& url = server_url(),
                           const std::string& queue = "queue") {
    return std::string{error_of<std::invalid_argument>([&] { Consumer{monsters.queue, url, queue, options}; }).what()};
  };
  CHECK(
      refused({}) ==
      "castore: say what becomes of messages that failed as often as they may: reject_dead_letters when the queue has "
      "an x-dead-letter-exchange, else on_dead_letter");
  CHECK(refused({.reject_dead_letters = true, .max_messages = 0}) ==
        "castore: max_messages is out of range: 1 to 65535");
  CHECK(refused({.reject_dead_letters = true, .max_messages = 65'536}) ==
        "castore: max_messages is out of range: 1 to 65535");
  CHECK(refused({.reject_dead_letters = true, .wait_time = -1ms}) == "castore: wait_time is negative");
  CHECK(refused({.reject_dead_letters = true}, "localhost") ==
        "castore: the URL of RabbitMQ is not valid: it must begin with amqp:// or amqps://");
  CHECK(refused({.reject_dead_letters = true}, server_url(), "") ==
        "castore: the queue '': write 1 to 255 bytes of UTF-8 without control characters");
}
