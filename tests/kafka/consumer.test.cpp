// SPDX-License-Identifier: MIT
// What a member of a consumer group handles, and what it commits.
#include <castore/messaging/adapters/kafka.hpp>

#include "kafka/support.hpp"

#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::kafka_tests;
using namespace std::chrono_literals;
using castore::KafkaError;
using castore::KafkaMessageChannelAdapter;
using castore::MessageContext;
using castore::MessageSourceError;

namespace {

using Options = castore::KafkaConsumerOptions<MonsterMessage>;
using Consumer = castore::KafkaConsumer<MonsterMessage>;

Options quick() { return {.retry = {.retry_delay = 0ms}, .wait_time = 20ms}; }

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

void send(const Cluster& cluster, const std::vector<MonsterMessage>& messages, bool replay = false,
          castore::MessageFormat format = castore::MessageFormat::castore) {
  KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters", {.timeout = 60s, .format = format}};
  publish(adapter, messages, replay);
}

/// Polls until something is so.
template <class Condition>
void poll_until(Consumer& consumer, const castore::MessageHandler<MonsterMessage>& handler,
                const Condition& condition) {
  const bool is_done = eventually([&] {
    consumer.poll(handler);
    return condition();
  });
  if (!is_done) throw std::runtime_error{"it is not so"};
}

/// Publishes messages that are not the channel's, all at once.
void send_invalid(const Cluster& cluster, const std::vector<std::string>& bodies) {
  castore::detail::KafkaProducer producer{cluster.settings(), 60s, 1'000};
  std::vector<castore::detail::KafkaOutgoingMessage> messages;
  for (const std::string& body : bodies) messages.push_back({.key = body, .body = body, .name = "it"});
  producer.publish("monsters", messages);
}
Log bodies_of(const std::vector<Cluster::Stored>& all) {
  Log bodies;
  for (const Cluster::Stored& stored : all) bodies.push_back(stored.body);
  return bodies;
}

/// What was handled of an aggregate, each once.
Log first_of(const Log& log, const std::string& aggregate) {
  Log names;
  for (const std::string& name : log) {
    if (name.starts_with(aggregate) && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

Log versions(const std::string& aggregate, int count) {
  Log names;
  for (int version = 1; version <= count; ++version) names.push_back(aggregate + std::to_string(version));
  return names;
}

/// The only member of a group, of a cluster and a topic with one partition of its own.
struct Member {
  explicit Member(Options options)
      : consumer{monsters.queue, cluster.settings(), "monsters", "group", listen(std::move(options))} {}

  Options listen(Options options) {
    options.on_error = [this](const std::exception_ptr&) { ++errors; };
    options.on_invalid_message = [this, also = std::move(options.on_invalid_message)](const std::string& body,
                                                                                      const std::exception_ptr& error) {
      bodies.push_back(body);
      faults.emplace_back(error_of<castore::InvalidMessageError>([&] { std::rethrow_exception(error); }).what());
      if (also) also(body, error);
    };
    return options;
  }

  Cluster cluster{1};
  Monsters monsters{};
  Log log{};
  Log bodies{};
  Log faults{};
  std::atomic<int> errors = 0;
  Consumer consumer;
};

Options retry_later(std::chrono::milliseconds delay) {
  Options options = quick();
  options.retry.retry_delay = delay;
  return options;
}
Options dead_letters() {
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_topic = "dead";
  return options;
}
Options stop_at_invalid(std::stop_source& stop) {
  Options options = dead_letters();
  options.on_invalid_message = [&stop](const std::string&, const std::exception_ptr&) { stop.request_stop(); };
  return options;
}
Options few_messages() {
  Options options = retry_later(20ms);
  options.max_messages = 4;
  return options;
}

/// To join a group takes a mock cluster three seconds, so the members of all tests join at the same time.
struct Members {
  Member plain{quick()};
  Member failing{retry_later(500ms)};
  Member burying{dead_letters()};
  Member hindered{dead_letters()};
  Member bounded{dead_letters()};
  Member foreign{dead_letters()};
  Member stopped{quick()};
  Member full{few_messages()};
  Member without_broker{quick()};
  Member without_permission{quick()};
  Member hindered_at_invalid{dead_letters()};
  std::stop_source stop{};
  Member stopped_at_invalid{stop_at_invalid(stop)};

  static Members& get() {
    static Members members;
    return members;
  }
};

}  // namespace

TEST_CASE("a group handles typed messages, and goes on behind them") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().plain;
  send(cluster, {appeared("a"), appeared("b")});
  send(cluster, {appeared("c")}, true);
  poll_until(consumer, Handler{&log}, [&] { return log.size() >= 3; });
  CHECK(consumer.statistics() == castore::MessageStatistics{.published = 3, .handled = 3});
  std::ranges::sort(log);
  CHECK(log == Log{"a1", "b1", "c1 replay"});
  CHECK(cluster.committed() == 3);
}

TEST_CASE("what failed in Kafka's hands is tried again at its place, and is not committed before") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().failing;
  send(cluster, {appeared("a", 1), appeared("a", 2)});
  bool fails = true;
  const auto handler = [&](const MonsterMessage& message, const MessageContext& context) {
    Handler{&log, std::exchange(fails, false) ? std::set<std::string>{"a1"} : std::set<std::string>{}}(message,
                                                                                                       context);
  };
  poll_until(consumer, handler, [&] { return log.size() == 1; });
  CHECK(log == Log{"a1!"});
  CHECK(cluster.committed() <= 0);
  send(cluster, {appeared("b", 1)});
  poll_until(consumer, handler, [&] { return log.size() >= 4; });
  CHECK(std::erase(log, "b1") == 1);  // at its own time
  CHECK(log == Log{"a1!", "a1(2)", "a2"});
  CHECK(cluster.committed() == 3);
}

TEST_CASE("dead letters are published to a topic, and others go on") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().burying;
  cluster.create("dead");
  castore::detail::KafkaProducer producer{cluster.settings(), 60s, 1'000};
  producer.publish("monsters", {{.key = "k", .body = "no JSON", .name = "it"}});
  send(cluster, {appeared("a", 1), appeared("a", 2)}, true);
  poll_until(consumer, Handler{&log, {"a1"}}, [&] { return log.size() >= 2; });
  CHECK(log == Log{"a1 replay!", "a2 replay"});
  CHECK(bodies == Log{"no JSON"});
  CHECK(cluster.committed() == 3);
  const auto dead = cluster.contents("dead", 1);
  REQUIRE(dead.size() == 2);
  CHECK(dead[0].key == "k");
  CHECK(dead[0].body == "no JSON");
  CHECK(dead[1].body == json_of(appeared("a", 1)));
  CHECK(dead[1].key == "MONSTERS#a");
  CHECK(dead[1].replay == "1");
  CHECK(dead[1].reason == "its handler failed on every attempt");
}

TEST_CASE("a group understands CloudEvents in both modes, also of others, and says what is wrong with them") {
  using castore::MessageFormat;
  Member& member = Members::get().foreign;
  const Cluster& cluster = member.cluster;
  member.cluster.create("dead");
  castore::detail::KafkaProducer producer{cluster.settings(), 60s, 1'000'000};
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const auto foreign = [&](const Headers& headers, const std::string& body) {
    producer.publish("monsters", {{.key = "k", .body = body, .headers = headers, .name = "it"}});
  };
  const auto data = [](int version) { return Json(appeared("a", version)); };
  const auto structured = [&](int version) {
    return Json{{"specversion", "1.0"}, {"id", "1"}, {"source", "/s"}, {"type", "T"}, {"data", data(version)}};
  };
  send(cluster, {appeared("a", 1)});
  send(cluster, {appeared("a", 2)}, true, MessageFormat::cloud_event);
  send(cluster, {appeared("a", 3)}, true, MessageFormat::cloud_event_binary);
  send(cluster, {appeared("a", 4)}, false, MessageFormat::cloud_event);
  foreign({}, structured(5).dump());  // as it may be, says the binding
  foreign({{"content-type", "Application/CloudEvents+JSON"}}, structured(6).dump());
  foreign({{"ce_specversion", "0.3"},
           {"ce_specversion", "1.0"},
           {"ce_id", "%FF \"1\""},
           {"ce_source", "\xE6\xBC\xA2"},
           {"ce_type", "T"},
           {"ce_", ""},
           {"", "?"},
           {"ce_partitionkey", "\xFF"},
           {"ce_replay", "true"}},
          data(7).dump());
  foreign({{"ce_id", "1"}, {"content-type", "text/plain"}}, data(8).dump());  // no CloudEvent at all

  const auto refused = [&](const char* name, const std::string& value) {
    std::map<std::string, std::string> headers{
        {"ce_specversion", "1.0"}, {"ce_id", "1"}, {"ce_source", "/s"}, {"ce_type", "T"}};
    headers[name] = value;
    foreign({headers.begin(), headers.end()}, data(9).dump());
  };
  refused("ce_id", "");
  refused("ce_source", "\xFF");
  refused("ce_type", "T\xC0\xA0");
  foreign({{"ce_specversion", "1.0"}}, data(9).dump());
  foreign({{"content-type", "application/cloudevents+json"}}, data(9).dump());
  foreign({{"content-type", "application/cloudevents+json"}}, "");
  send(cluster, {appeared("a", 10), appeared("a", 11)}, true, MessageFormat::cloud_event_binary);
  poll_until(member.consumer, Handler{&member.log, {"a11"}}, [&] { return member.log.size() >= 10; });
  CHECK(member.log ==
        Log{"a1", "a2 replay", "a3 replay", "a4", "a5", "a6", "a7 replay", "a8", "a10 replay", "a11 replay!"});
  REQUIRE(member.faults.size() == 6);
  CHECK(member.faults.back().starts_with("castore: message: cloudEvent: "));
  member.faults.pop_back();
  CHECK(member.faults == Log{"castore: message: id: it is empty",
                             "castore: message: source: its text is not UTF-8 (byte 0)",
                             "castore: message: type: its text is not UTF-8 (byte 1)",
                             "castore: message: id: it is empty", "castore: message: id: it is missing"});
  // A dead letter is in the form that it had.
  const auto dead = cluster.contents("dead", 1);
  REQUIRE(dead.size() == 7);
  CHECK(dead[0].reason == "message: id: it is empty");
  CHECK(dead[4].headers.at("content-type") == "application/cloudevents+json");
  CHECK(dead[6].body == json_of(appeared("a", 11)));
  CHECK(dead[6].headers.at("ce_id") == "MONSTERS#a#11");
  CHECK(dead[6].headers.at("content-type") == "application/json");
  CHECK(dead[6].replay == "1");
}

TEST_CASE("a dead letter that cannot be published is read again, and nothing overtakes it") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().hindered;
  cluster.create("dead");
  send(cluster, {appeared("a", 1), appeared("a", 2)});
  cluster.fail(Cluster::produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  poll_until(
      consumer,
      [&](const MonsterMessage& message, const MessageContext& context) {
        Handler{&log, log.empty() ? std::set<std::string>{"a1"} : std::set<std::string>{}}(message, context);
      },
      [&] { return log.size() >= 3; });
  CHECK(log == Log{"a1!", "a1", "a2"});
  CHECK(cluster.committed() == 2);
  CHECK(errors == 1);
}

TEST_CASE("no dead letter of a partition is published behind one that could not be, also of invalid messages") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().hindered_at_invalid;
  cluster.create("dead");
  send_invalid(cluster, {"no JSON", "nor this"});
  cluster.fail(Cluster::produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  poll_until(consumer, Handler{&log}, [&] { return cluster.committed() == 2; });
  CHECK(errors >= 1);
  CHECK(std::ranges::count(bodies, "nor this") == 1);
  CHECK(bodies_of(cluster.contents("dead", 1)) == Log{"no JSON", "nor this"});
}

TEST_CASE("a member of a group that is stopped publishes no more dead letters of invalid messages") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().stopped_at_invalid;
  cluster.create("dead");
  send_invalid(cluster, {"no JSON", "nor this", "nor that"});
  consumer.run(Handler{&log}, Members::get().stop.get_token());
  CHECK(bodies_of(cluster.contents("dead", 1)) == Log{"no JSON"});
  CHECK(cluster.committed() == 1);
  poll_until(consumer, Handler{&log}, [&] { return cluster.committed() == 3; });
  CHECK(bodies_of(cluster.contents("dead", 1)) == Log{"no JSON", "nor this", "nor that"});
}

TEST_CASE("a dead letter that is too large for its topic leaves out first where it comes from, then its body") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().bounded;
  cluster.create("dead");
  send(cluster, {appeared("a", 1), appeared("a", 2)}, true);
  constexpr auto too_large = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
  cluster.fail(Cluster::produce, too_large, RD_KAFKA_RESP_ERR_NO_ERROR, too_large, too_large);
  poll_until(consumer, Handler{&log, {"a1", "a2"}}, [&] { return cluster.committed() == 2; });
  CHECK(log == Log{"a1 replay!", "a2 replay!"});
  CHECK(errors == 2);
  const auto dead = cluster.contents("dead", 1);
  REQUIRE(dead.size() == 2);
  CHECK(dead[0].body == json_of(appeared("a", 1)));
  CHECK(dead[0].headers == std::map<std::string, std::string>{{"replay", "1"}});
  CHECK(dead[1].key == "MONSTERS#a");
  CHECK(dead[1].body.empty());
  CHECK(dead[1].headers == std::map<std::string, std::string>{{"topic", "monsters"},
                                                              {"partition", "0"},
                                                              {"offset", "1"},
                                                              {"reason", "its handler failed on every attempt"},
                                                              {"leftOut", "body"}});
}

TEST_CASE("a member of a group that is stopped gives back what it has not handled") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().stopped;
  send(cluster, {appeared("a"), appeared("b"), appeared("b", 2)});
  std::stop_source stop;
  consumer.run(
      [&](const MonsterMessage& message, const MessageContext& context) {
        Handler{&log}(message, context);
        stop.request_stop();
      },
      stop.get_token());
  CHECK(log.size() == 1);
  CHECK(cluster.committed() == 1);
  poll_until(consumer, Handler{&log}, [&] { return log.size() >= 3; });
  std::ranges::sort(log);
  CHECK(log == Log{"a1", "b1", "b2"});
}

TEST_CASE("no more messages are in a program than it wants") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().full;
  std::vector<MonsterMessage> messages;
  for (int number = 0; number < 20; ++number) messages.push_back(appeared("a" + std::to_string(number) + "_"));
  send(cluster, messages);
  std::set<std::string> failed;
  poll_until(
      consumer,
      [&](const MonsterMessage& message, const MessageContext&) {
        CHECK(consumer.statistics().waiting <= 4);
        if (failed.insert(name_of(message)).second) throw std::runtime_error{"it fails"};
        log.push_back(name_of(message));
      },
      [&] { return log.size() >= 20; });
  CHECK(log.size() == 20);
  CHECK(cluster.committed() == 20);
}

TEST_CASE("a rebalance loses nothing, and the order is kept") {
  const Cluster cluster{2};
  const Monsters monsters;
  constexpr int count = 60;
  std::mutex mutex;
  Log log;
  const castore::MessageHandler<MonsterMessage> handler = [&](const MonsterMessage& message, const MessageContext&) {
    const std::scoped_lock lock{mutex};
    log.push_back(name_of(message));
  };
  std::stop_source first_stop;
  std::stop_source second_stop;
  const auto run = [&](const std::stop_token& stop) {
    Consumer consumer{monsters.queue, cluster.settings(), "monsters", "group", quick()};
    consumer.run(handler, stop);
  };
  const auto has = [&](int version) {
    return eventually([&] {
      const std::scoped_lock lock{mutex};
      return std::ranges::find(log, "a" + std::to_string(version)) != log.end() &&
             std::ranges::find(log, "b" + std::to_string(version)) != log.end();
    });
  };
  const auto send_versions = [&](int from, int to) {
    std::vector<MonsterMessage> messages;
    for (int version = from; version <= to; ++version) {
      messages.push_back(appeared("a", version));
      messages.push_back(appeared("b", version));
    }
    send(cluster, messages);
  };
  std::jthread first{[&] { run(first_stop.get_token()); }};
  send_versions(1, count / 3);
  CHECK(has(1));
  std::jthread second{[&] { run(second_stop.get_token()); }};
  send_versions(count / 3 + 1, 2 * count / 3);
  CHECK(has(2 * count / 3));
  first_stop.request_stop();
  first.join();
  send_versions(2 * count / 3 + 1, count);
  CHECK(has(count));
  second_stop.request_stop();
  second.join();
  CHECK(first_of(log, "a") == versions("a", count));
  CHECK(first_of(log, "b") == versions("b", count));
}

TEST_CASE("a broker that goes down and comes back loses nothing, and the order is kept") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().without_broker;
  send(cluster, {appeared("a", 1)});
  poll_until(consumer, Handler{&log}, [&] { return log.size() == 1; });
  cluster.set_down(true);
  poll_until(consumer, Handler{&log}, [&] { return errors > 0; });
  cluster.set_down(false);
  send(cluster, {appeared("a", 2), appeared("a", 3)});
  poll_until(consumer, Handler{&log}, [&] { return log.size() >= 3; });
  CHECK(first_of(log, "a") == versions("a", 3));
}

TEST_CASE("offsets that cannot be committed are an error, and are committed later") {
  auto& [cluster, monsters, log, bodies, faults, errors, consumer] = Members::get().without_permission;
  send(cluster, {appeared("a", 1)});
  cluster.fail(Cluster::commit_offsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  std::optional<MessageSourceError> error;
  eventually([&] {
    try {
      consumer.poll(Handler{&log});
    } catch (const MessageSourceError& thrown) {
      error = thrown;
    }
    return error.has_value();
  });
  REQUIRE(error);
  CHECK_FALSE(error->retryable());
  CHECK(std::string{error->what()} == "castore: cannot tell Kafka: Kafka: Broker: Group authorization failed");
  CHECK(log == Log{"a1"});
  CHECK(cluster.committed() < 0);
  consumer.poll(Handler{&log});
  CHECK(cluster.committed() == 1);
}
