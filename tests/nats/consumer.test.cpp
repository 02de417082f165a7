// SPDX-License-Identifier: MIT
// What a consumer of NATS handles, acknowledges and gives back.
#include <castore/messaging/adapters/nats.hpp>

#include "nats/support.hpp"

#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::nats_tests;
using namespace std::chrono_literals;
using castore::MessageContext;
using castore::MessageSourceError;
using castore::MessageStatistics;
using castore::NatsError;
using castore::NatsMessageChannelAdapter;

namespace {

using Options = castore::NatsConsumerOptions<MonsterMessage>;
using Consumer = castore::NatsConsumer<MonsterMessage>;

Options quick() { return {.retry = {.retry_delay = 0ms}, .ack_wait = 60s, .wait_time = 0ms}; }

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

void send(const Stream& stream, const std::vector<MonsterMessage>& messages, bool replay = false,
          castore::MessageFormat format = castore::MessageFormat::castore) {
  NatsMessageChannelAdapter adapter{stream.connection(),
                                    {.subject_prefix = stream.name(), .timeout = 60s, .format = format}};
  publish(adapter, messages, replay);
}

/// As another program sends it.
void send_foreign(const Stream& stream, const std::vector<std::pair<std::string, std::string>>& headers,
                  const std::string& body) {
  castore::detail::send_to_nats(*stream.connection(), stream.name() + ".foreign", {}, body, headers);
}

/// Handles until nothing is left.
void handle_all(Consumer& consumer, const Stream& stream, const castore::MessageHandler<MonsterMessage>& handler) {
  const bool is_done = eventually([&] {
    try {
      consumer.poll(handler);
    } catch (const MessageSourceError& error) {
      if (!error.retryable()) throw;
    }
    try {
      return stream.left("reader") == 0;
    } catch (const NatsError&) {
      return false;
    }
  });
  if (!is_done) throw std::runtime_error{"something is left"};
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

}  // namespace

TEST_CASE("a consumer handles typed messages, and acknowledges them after that") {
  const Stream stream;
  const Monsters monsters;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  send(stream, {appeared("a"), appeared("b")});
  send(stream, {appeared("c")}, true);
  Log log;
  while (log.size() < 3) {  // one poll may end between two messages
    REQUIRE(consumer.poll([&](const MonsterMessage& message, const MessageContext& context) {
      CHECK(stream.left("reader") >= 1);
      CHECK(message.event.get_if<Appeared>()->payload.name == "Pikachu");
      Handler{&log}(message, context);
    }) > 0);
  }
  CHECK(log == Log{"a1", "b1", "c1 replay"});
  CHECK(stream.left("reader") == 0);
  CHECK(consumer.statistics() == MessageStatistics{.published = 3, .handled = 3});
  CHECK(consumer.poll(Handler{&log}) == 0);

  Consumer same{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  CHECK(same.poll(Handler{&log}) == 0);
  Options filtered = quick();
  filtered.filter_subject = stream.name() + ".MONSTERS.b";
  Consumer other{monsters.queue, stream.connection(), stream.name(), "other", std::move(filtered)};
  log.clear();
  CHECK(eventually([&] { return other.poll(Handler{&log}) == 1; }));  // the server counts what is there for it
  CHECK(log == Log{"b1"});
}

TEST_CASE("what failed is tried again at its place, and others go on") {
  const Stream stream;
  const Monsters monsters;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  send(stream, {appeared("a", 1), appeared("a", 2), appeared("b", 1)});
  Log log;
  bool fails = true;
  handle_all(consumer, stream, [&](const MonsterMessage& message, const MessageContext& context) {
    Handler{&log, std::exchange(fails, false) ? std::set<std::string>{"a1"} : std::set<std::string>{}}(message,
                                                                                                       context);
  });
  std::erase(log, "b1");
  CHECK(log == Log{"a1!", "a1(2)", "a2"});
  CHECK(consumer.statistics() == MessageStatistics{.published = 3, .handled = 3, .failed_attempts = 1});
}

TEST_CASE("while a message waits for its retry others are handled, and the server waits for it") {
  const Stream stream;
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_delay = 2200ms;
  options.ack_wait = 1500ms;  // long enough for a busy machine
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1), appeared("a", 2)});
  Log log;
  eventually([&] { return consumer.poll(Handler{&log, {"a1"}}) > 0; });
  send(stream, {appeared("b", 1)});
  handle_all(consumer, stream, Handler{&log});
  CHECK(log == Log{"a1!", "b1", "a1(2)", "a2"});
}

TEST_CASE("the server is told to wait for messages that wait") {
  const Stream stream;
  const Monsters monsters;
  const auto watcher = connect();
  natsSubscription* subscription = nullptr;
  natsConnection_SubscribeSync(&subscription, watcher->handle(), ("$JS.ACK." + stream.name() + ".reader.>").c_str());
  const castore::detail::NatsPointer<natsSubscription> owned{subscription};
  natsConnection_Flush(watcher->handle());
  Options options = quick();
  options.retry.retry_delay = 1h;
  options.ack_wait = 600ms;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1)});
  Log log;
  CHECK(eventually([&] {
    consumer.poll(Handler{&log, {"a1"}});
    natsMsg* message = nullptr;
    natsSubscription_NextMsg(&message, subscription, 1);
    const castore::detail::NatsPointer<natsMsg> told{message};
    return told && castore::detail::data_of(message) == "+WPI";
  }));
  CHECK(log.front() == "a1!");
}

TEST_CASE("a function takes dead letters, which are then acknowledged") {
  const Stream stream;
  const Monsters monsters;
  Log taken;
  Options options = quick();
  options.retry.retry_attempts = 1;
  options.on_dead_letter = [&](const castore::DeadLetter<MonsterMessage>& letter) {
    taken.push_back(name_of(letter.message));
  };
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1), appeared("a", 2)});
  Log log;
  handle_all(consumer, stream, Handler{&log, {"a1"}});
  CHECK(log == Log{"a1!", "a1(2)!", "a2"});
  CHECK(taken == Log{"a1"});
}

TEST_CASE("dead letters are published to a subject, with where they come from") {
  const Stream stream;
  const Stream dead;
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_subject = dead.name() + ".dead";
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1), appeared("a", 2)}, true);
  Log log;
  handle_all(consumer, stream, Handler{&log, {"a1"}});
  CHECK(log == Log{"a1 replay!", "a2 replay"});
  CHECK(consumer.statistics().dead_letters == 1);
  castore::detail::NatsDurable reader{
      dead.connection(), {.stream = dead.name(), .durable = "reader", .ack_wait = 60s, .max_messages = 10}};
  const auto letters = reader.pull(std::chrono::steady_clock::now() + 30s);
  REQUIRE(letters.size() == 1);
  natsMsg* const letter = letters[0].message.get();
  CHECK(castore::detail::data_of(letter) == json_of(appeared("a", 1)));
  const std::map<std::string, std::string> expected{{"Nats-Msg-Id", "dead#reader#" + stream.name() + "#1"},
                                                    {"Castore-Subject", stream.name() + ".MONSTERS.a"},
                                                    {"Castore-Stream", stream.name()},
                                                    {"Castore-Sequence", "1"},
                                                    {"Castore-Deliveries", "1"},
                                                    {"Castore-Reason", "its%20handler%20failed%20on%20every%20attempt"},
                                                    {"Castore-Replay", "1"}};
  for (const auto& [key, value] : expected) {
    CAPTURE(key);
    CHECK(castore::detail::nats_header(letter, key.c_str()) == value);
  }
}

TEST_CASE("dead letters without a place are forgotten by the server, which tells of it") {
  const Stream stream;
  const Monsters monsters;
  const auto watcher = connect();
  natsSubscription* subscription = nullptr;
  natsConnection_SubscribeSync(&subscription, watcher->handle(),
                               ("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED." + stream.name() + ".reader").c_str());
  const castore::detail::NatsPointer<natsSubscription> owned{subscription};
  natsConnection_Flush(watcher->handle());
  Options options = quick();
  options.retry.retry_attempts = 0;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1), appeared("a", 2)});
  Log log;
  handle_all(consumer, stream, Handler{&log, {"a1"}});
  CHECK(log == Log{"a1!", "a2"});
  natsMsg* message = nullptr;
  REQUIRE(natsSubscription_NextMsg(&message, subscription, 30'000) == NATS_OK);
  const castore::detail::NatsPointer<natsMsg> advisory{message};
  CHECK(Json::parse(castore::detail::data_of(message))["stream_seq"] == 1);
  CHECK(stream.size() == 2);
}

TEST_CASE("a dead letter that cannot be published comes again, and nothing overtakes it") {
  const Stream stream;
  const Stream dead{server_url(), {{"max_msgs", 1}, {"discard", "new"}}};
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_subject = dead.name() + ".none.at.all";
  options.ack_wait = 500ms;
  const auto connection =
      std::make_shared<castore::NatsConnection>(server_url(), castore::NatsConnectionOptions{.request_timeout = 500ms});
  Log errors;
  options.on_error = [&](const std::exception_ptr& error) {
    errors.emplace_back(error_of<MessageSourceError>([&] { std::rethrow_exception(error); }).what());
  };
  Consumer consumer{monsters.queue, connection, stream.name(), "reader", std::move(options)};
  send(dead, {appeared("x")});  // it is full
  send(stream, {appeared("a", 1), appeared("a", 2)});
  Log log;
  handle_all(consumer, stream, [&](const MonsterMessage& message, const MessageContext& context) {
    const bool fails = log.empty();
    Handler{&log, fails ? std::set<std::string>{"a1"} : std::set<std::string>{}}(message, context);
  });
  CHECK(log == Log{"a1!", "a1", "a2"});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("the dead letter of the message 1 of the stream '" + stream.name() +
                       "' cannot be published, so the message comes again: ") != std::string::npos);
}

TEST_CASE("what came after an invalid message whose dead letter cannot be published goes back, too") {
  const Stream stream;
  const Stream dead{server_url(), {{"max_msgs", 1}, {"discard", "new"}}};
  const Monsters monsters;
  Options options = quick();
  options.dead_letter_subject = dead.name() + ".dead";
  const auto connection =
      std::make_shared<castore::NatsConnection>(server_url(), castore::NatsConnectionOptions{.request_timeout = 500ms});
  int errors = 0;
  options.on_error = [&](const std::exception_ptr&) { ++errors; };
  Consumer consumer{monsters.queue, connection, stream.name(), "reader", std::move(options)};
  send(dead, {appeared("x")});  // it is full
  send(stream, {appeared("a", 1)});
  for (int count = 0; count < 4; ++count) send_foreign(stream, {}, "no JSON");
  send(stream, {appeared("a", 2)});
  Log log;
  CHECK(eventually([&] {  // one poll may end between two messages
    consumer.poll(Handler{&log});
    return errors > 0;
  }));
  CHECK(errors == 1);
  CHECK(log == Log{"a1"});
  CHECK(stream.left("reader") == 5);

  dead.connection()->ask("STREAM.UPDATE." + dead.name(), {{"name", dead.name()},
                                                          {"subjects", {dead.name() + ".>"}},
                                                          {"retention", "limits"},
                                                          {"storage", "file"},
                                                          {"num_replicas", 1},
                                                          {"max_msgs", 100},
                                                          {"discard", "new"}});
  handle_all(consumer, stream, Handler{&log});
  CHECK(log == Log{"a1", "a2"});
  CHECK(dead.size() == 5);
}

TEST_CASE("a message as large as the server takes has a dead letter, without where it comes from") {
  const Stream stream;
  const Stream dead;
  const Monsters monsters;
  const auto size_of = [&](const MonsterMessage& message) {
    return castore::detail::nats_message(castore::MessageView{message}, stream.name(), castore::MessageFormat::castore,
                                         "1")
        .size();
  };
  const std::size_t most = stream.connection()->max_message_size();
  const MonsterMessage largest = appeared("a", 1, std::string(most - size_of(appeared("a", 1, "")), 'x'));
  REQUIRE(size_of(largest) == most);
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_subject = dead.name() + ".dead";
  Log errors;
  options.on_error = [&](const std::exception_ptr& error) {
    errors.emplace_back(error_of<MessageSourceError>([&] { std::rethrow_exception(error); }).what());
    throw std::runtime_error{"whom it does not help"};
  };
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  NatsMessageChannelAdapter adapter{stream.connection(), {.subject_prefix = stream.name(), .timeout = 60s}};
  publish(adapter, {largest, appeared("a", 2)});
  Log log;
  handle_all(consumer, stream, Handler{&log, {"a1"}});
  CHECK(log == Log{"a1!", "a2"});
  CHECK(errors == Log{"castore: the dead letter of the message 1 of the stream '" + stream.name() +
                      "' was published without the headers that say where it comes from, as it is too large"});
  CHECK(dead.contents() == Log{"a1"});
}

TEST_CASE("a dead letter that is too large for its stream leaves out its body, and says so") {
  const Stream stream;
  const Stream dead{server_url(), {{"max_msg_size", 600}}};
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_subject = dead.name() + ".dead";
  Log errors;
  options.on_error = [&](const std::exception_ptr& error) {
    errors.emplace_back(error_of<MessageSourceError>([&] { std::rethrow_exception(error); }).what());
  };
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1, std::string(1'000, 'x')), appeared("a", 2)}, true);
  Log log;
  handle_all(consumer, stream, Handler{&log, {"a1"}});
  CHECK(log == Log{"a1 replay!", "a2 replay"});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].ends_with("was published without its body, as it is too large"));
  castore::detail::NatsDurable reader{
      dead.connection(), {.stream = dead.name(), .durable = "reader", .ack_wait = 60s, .max_messages = 10}};
  const auto letters = reader.pull(std::chrono::steady_clock::now());
  REQUIRE(letters.size() == 1);
  natsMsg* const letter = letters[0].message.get();
  CHECK(castore::detail::data_of(letter).empty());
  CHECK(castore::detail::nats_header(letter, "Castore-Left-Out") == "body");
  CHECK(castore::detail::nats_header(letter, "Castore-Stream") == stream.name());
  CHECK(castore::detail::nats_header(letter, "Castore-Sequence") == "1");
  CHECK(castore::detail::nats_header(letter, "Castore-Replay") == "1");
}

TEST_CASE("a body that is not a message of the channel is a dead letter at once") {
  const Stream stream;
  const Monsters monsters;
  Log bodies;
  Options options = quick();
  options.on_invalid_message = [&](const std::string& body, const std::exception_ptr& error) {
    bodies.push_back(body);
    CHECK_THROWS_AS(std::rethrow_exception(error), castore::InvalidMessageError);
  };
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  castore::detail::send_to_nats(*stream.connection(), stream.name() + ".MONSTERS.a", {}, "no JSON");
  send(stream, {appeared("a", 1)});
  Log log;
  handle_all(consumer, stream, Handler{&log});
  CHECK(log == Log{"a1"});
  CHECK(bodies == Log{"no JSON"});
}

TEST_CASE("a consumer of NATS understands CloudEvents in both modes, and between them what is none") {
  using castore::MessageFormat;
  const Stream stream;
  const Monsters monsters;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  const std::string strange = "\"\\ %41\xE6\xBC\xA2";
  send(stream, {appeared("a", 1)});
  send(stream, {appeared("a", 2), appeared(strange, 1)}, false, MessageFormat::cloud_event);
  send(stream, {appeared("a", 3), appeared(strange, 2)}, true, MessageFormat::cloud_event_binary);
  send(stream, {appeared("a", 4)}, true, MessageFormat::cloud_event);
  send(stream, {appeared("a", 5)}, false, MessageFormat::cloud_event_binary);
  Log log;
  handle_all(consumer, stream, Handler{&log});
  CHECK(std::erase(log, strange + "1") == 1);
  CHECK(std::erase(log, strange + "2 replay") == 1);
  CHECK(log == Log{"a1", "a2", "a3 replay", "a4 replay", "a5"});
}

TEST_CASE("a CloudEvent that another program sent through NATS is read, and what is wrong with it is said") {
  const Stream stream;
  const Monsters monsters;
  Log faults;
  Options options = quick();
  options.on_invalid_message = [&](const std::string&, const std::exception_ptr& error) {
    faults.emplace_back(error_of<castore::InvalidMessageError>([&] { std::rethrow_exception(error); }).what());
  };
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  const auto data = [](int version) { return Json(appeared("a", version)); };
  const auto structured = [&](int version) {
    return Json{{"specversion", "1.0"}, {"id", "1"}, {"source", "/s"}, {"type", "T"}, {"data", data(version)}};
  };
  // Programs from before NATS had headers say nothing, and the case of headers is nobody's concern.
  send_foreign(stream, {}, structured(1).dump());
  send_foreign(stream, {{"Content-Type", "application/cloudevents"}}, structured(2).dump());
  send_foreign(stream, {{"CONTENT-TYPE", "Application/CloudEvents+JSON;charset=utf-8"}}, structured(3).dump());
  send_foreign(stream,
               {{"CE-SpecVersion", "%31.0"},
                {"Ce-Id", R"("1 \"2\" %e6%BC%a2")"},
                {"ce-source", "50%"},
                {"ce-type", "\xE6\xBC\xA2"},
                {"ce-replay", " true "},
                {"ce-", "?"},
                {"ce-partitionkey", "%FF"},
                {"Content-Type", "application/json"}},
               data(4).dump());
  send_foreign(stream, {{"ce-id", "1"}, {"Content-Type", "text/plain"}}, data(5).dump());  // no CloudEvent at all

  const auto refused = [&](const char* name, const std::string& value) {
    std::map<std::string, std::string> headers{
        {"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "T"}};
    headers[name] = value;
    send_foreign(stream, {headers.begin(), headers.end()}, data(9).dump());
  };
  refused("ce-id", R"("")");
  refused("ce-specversion", "0.3");
  refused("ce-source", "%C0%A0");
  refused("ce-type", "T%FF");
  refused("ce-time", "soon");
  send_foreign(stream, {{"ce-specversion", "1.0"}}, data(9).dump());
  send_foreign(stream, {{"Content-Type", "application/cloudevents+json"}}, data(9).dump());
  send_foreign(stream, {}, R"({"specversion": "1.0", "id": "1", "source": "/s", "type": "T"})");
  send(stream, {appeared("a", 6)});
  Log log;
  handle_all(consumer, stream, Handler{&log});
  CHECK(log == Log{"a1", "a2", "a3", "a4 replay", "a5", "a6"});
  CHECK(faults == Log{"castore: message: id: it is empty", "castore: message: specversion: it must be 1.0",
                      "castore: message: source: its text is not UTF-8 (byte 0)",
                      "castore: message: type: its text is not UTF-8 (byte 1)",
                      "castore: message: time: it is not an ISO 8601 date and time",
                      "castore: message: id: it is empty", "castore: message: id: it is missing",
                      "castore: message: data: it is missing"});
}

TEST_CASE("only a body that is a CloudEvent is taken for one where nothing is said") {
  const auto json_of = [](const std::string& body) { return castore::detail::read_body(body, {}, {}, {"ce-"}).json; };
  for (const std::string& body :
       {std::string{R"({"event": {"payload": {"specversion": "1.0"}}})"}, std::string{R"(["specversion"])"},
        std::string{R"({"specversion")"}, std::string(100'000, '[') + R"("specversion")"}) {
    CAPTURE(body.substr(0, 100));
    CHECK(json_of(body) == body);
  }
  CHECK(json_of(R"({"specversion": "1.0", "id": "1", "source": "/s", "type": "T", "data": {}})") == "{}");
}

TEST_CASE("a CloudEvent in NATS that becomes a dead letter stays one") {
  using castore::MessageFormat;
  const Stream stream;
  const Stream dead;
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_subject = dead.name() + ".dead";
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1)}, true, MessageFormat::cloud_event);
  send(stream, {appeared("a", 2)}, true, MessageFormat::cloud_event_binary);
  send_foreign(stream, {{"ce-specversion", "0.3"}, {"ce-x\r\nCastore-Reason", "forged"}, {"X", "x"}}, "no JSON");
  Log log;
  handle_all(consumer, stream, Handler{&log, {"a1", "a2"}});
  REQUIRE(log == Log{"a1 replay!", "a2 replay!"});
  castore::detail::NatsDurable looking{
      dead.connection(), {.stream = dead.name(), .durable = "looking", .ack_wait = 60s, .max_messages = 10}};
  std::map<std::string, natsMsg*> letters;
  const auto pulled = looking.pull(std::chrono::steady_clock::now());
  for (const auto& one : pulled) {
    const Json body = Json::parse(castore::detail::data_of(one.message.get()), nullptr, false);
    letters[body.is_discarded() ? "foreign" : body.contains("data") ? "structured" : "binary"] = one.message.get();
  }
  REQUIRE(letters.size() == 3);
  using Headers = std::map<std::string, std::string>;
  CHECK(castore::detail::nats_form_headers(letters["structured"]) ==
        Headers{{"content-type", "application/cloudevents+json; charset=UTF-8"}});
  const auto form = castore::detail::nats_form_headers(letters["binary"]);
  CHECK(form.size() == 8);
  CHECK(form.at("ce-id") == "MONSTERS#a#2");
  // A name brings no lines of its own, and what else there was is left out.
  const auto headers = castore::detail::nats_headers(letters["foreign"]);
  CHECK(headers.size() == 7);
  CHECK(std::ranges::find(headers, std::pair<std::string, std::string>{"ce-specversion", "0.3"}) != headers.end());
  CHECK(castore::detail::nats_header(letters["foreign"], "Castore-Reason") ==
        "message:%20specversion:%20it%20must%20be%201.0");
  Consumer reader{monsters.queue, dead.connection(), dead.name(), "reader", quick()};
  log.clear();
  handle_all(reader, dead, Handler{&log});
  CHECK(log == Log{"a1 replay", "a2 replay"});
}

TEST_CASE("when the function for what is invalid throws nothing is lost") {
  const Stream stream;
  const Monsters monsters;
  Options options = quick();
  options.on_invalid_message = [](const std::string&, const std::exception_ptr&) { throw std::runtime_error{"mine"}; };
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1)});
  castore::detail::send_to_nats(*stream.connection(), stream.name() + ".MONSTERS.a", {}, "no JSON");
  send(stream, {appeared("a", 2)});
  Log log;
  CHECK_THROWS_AS(handle_all(consumer, stream, Handler{&log}), std::runtime_error);
  handle_all(consumer, stream, Handler{&log});
  CHECK(log == Log{"a1", "a2"});
}

TEST_CASE("a stream that is not there, and a consumer of another kind, are refused") {
  const Stream stream;
  const Monsters monsters;
  const auto make = [&](const std::string& name, const std::string& durable) {
    const Consumer consumer{monsters.queue, stream.connection(), name, durable, quick()};
  };
  const auto missing = error_of<NatsError>([&] { make("nowhere", "reader"); });
  CHECK(missing.code() == 10059);
  CHECK_FALSE(missing.retryable());
  CHECK(std::string{missing.what()} == "castore: NATS: stream not found");
  CHECK_THROWS_AS(make(stream.name(), "a.b"), std::invalid_argument);
  CHECK_THROWS_AS(make(stream.name(), ""), std::invalid_argument);

  const auto create = [&](const Json& config) {
    Json whole{{"ack_policy", "explicit"}, {"deliver_policy", "all"}, {"replay_policy", "instant"}};
    whole.update(config);
    const std::string name = whole["durable_name"];
    stream.connection()->ask("CONSUMER.DURABLE.CREATE." + stream.name() + "." + name,
                             {{"stream_name", stream.name()}, {"config", whole}});
  };
  create({{"durable_name", "push"}, {"deliver_subject", unique_name()}});
  create({{"durable_name", "limited"}, {"max_deliver", 3}});
  CHECK(std::string{error_of<NatsError>([&] { make(stream.name(), "push"); }).what()} ==
        "castore: NATS: the consumer 'push' must be a pull consumer with explicit acks");
  CHECK(std::string{error_of<NatsError>([&] { make(stream.name(), "limited"); }).what()} ==
        "castore: NATS: the consumer 'limited' gives up messages by itself; make it with max_deliver = -1");
}

TEST_CASE("a consumer that was deleted is an error that says so") {
  const Stream stream;
  const Monsters monsters;
  const auto connection =
      std::make_shared<castore::NatsConnection>(server_url(), castore::NatsConnectionOptions{.request_timeout = 1s});
  Consumer consumer{monsters.queue, connection, stream.name(), "reader", quick()};
  stream.connection()->ask("CONSUMER.DELETE." + stream.name() + ".reader", Json::object());
  Log log;
  const auto error = error_of<MessageSourceError>([&] { consumer.poll(Handler{&log}); });
  CHECK(std::string{error.what()} ==
        "castore: cannot ask the consumer 'reader' of the stream '" + stream.name() + "': NATS: consumer not found");
}

TEST_CASE("a consumer runs until it is stopped, and what it has not handled then comes again at once") {
  const Stream stream;
  const Monsters monsters;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  send(stream, {appeared("a"), appeared("b"), appeared("b", 2)});
  std::stop_source stop;
  Log log;
  consumer.run(
      [&](const MonsterMessage& message, const MessageContext& context) {
        Handler{&log}(message, context);
        stop.request_stop();
      },
      stop.get_token());
  CHECK(log == Log{"a1"});
  CHECK(stream.left("reader") == 2);
  Consumer next{monsters.queue, connect(), stream.name(), "reader", quick()};
  next.poll(Handler{&log});
  CHECK(log == Log{"a1", "b1", "b2"});
}

TEST_CASE("a message whose time is over is not handled, and comes again in its order") {
  const Stream stream;
  const Monsters monsters;
  Options options = quick();
  options.ack_wait = 200ms;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  send(stream, {appeared("a", 1), appeared("a", 2), appeared("a", 3)});
  Log log;
  bool is_slow = true;
  handle_all(consumer, stream, [&](const MonsterMessage& message, const MessageContext& context) {
    Handler{&log}(message, context);
    if (std::exchange(is_slow, false)) std::this_thread::sleep_for(300ms);
  });
  CHECK(first_of(log, "a") == versions("a", 3));
}

TEST_CASE("a message that the server cannot be told to wait for is not handled, and comes again") {
  const Stream stream;
  const Monsters monsters;
  Proxy proxy;
  Options options = quick();
  options.ack_wait = 2s;
  const auto connection =
      std::make_shared<castore::NatsConnection>(proxy.url(), castore::NatsConnectionOptions{.request_timeout = 500ms});
  send(stream, {appeared("a", 1), appeared("a", 2), appeared("b", 1)});
  Consumer consumer{monsters.queue, connection, stream.name(), "reader", std::move(options)};
  Log log;
  const auto handler = [&](const MonsterMessage& message, const MessageContext& context) {
    Handler{&log}(message, context);
    proxy.break_now();
    std::this_thread::sleep_for(1200ms);  // more than half of the time, and less than all of it
  };
  const auto poll = [&] { eventually([&] { return consumer.poll(handler) > 0; }); };
  CHECK(error_of<MessageSourceError>(poll).retryable());
  CHECK(log == Log{"a1"});
  proxy.mend();
  handle_all(consumer, stream, Handler{&log});
  CHECK(first_of(log, "a") == versions("a", 2));
  CHECK(first_of(log, "b") == versions("b", 1));
}

TEST_CASE("several threads share the messages, each of which is handled once") {
  const Stream stream;
  const Monsters monsters;
  std::vector<MonsterMessage> messages;
  for (int version = 1; version <= 10; ++version) {
    for (const char* const id : {"a", "b", "c", "d"}) messages.push_back(appeared(id, version));
  }
  send(stream, messages);
  Options options = quick();
  options.max_messages = 8;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
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
              if (log.size() == 40) stop.request_stop();
            },
            stop.get_token());
      });
    }
  }
  CHECK(log.size() == 40);
  for (const char* const id : {"a", "b", "c", "d"}) CHECK(first_of(log, id) == versions(id, 10));
  CHECK(stream.left("reader") == 0);
}

TEST_CASE("programs that share a consumer keep the order") {
  const Stream stream;
  const Monsters monsters;
  constexpr int count = 60;
  std::mutex mutex;
  Log log;
  std::stop_source stop;
  std::vector<std::jthread> programs;
  for (int program = 0; program < 2; ++program) {
    programs.emplace_back([&] {
      Options options = quick();
      options.ack_wait = 2s;
      options.wait_time = 20ms;
      options.max_messages = 8;
      Consumer consumer{monsters.queue, connect(), stream.name(), "reader", std::move(options)};
      consumer.run(
          [&](const MonsterMessage& message, const MessageContext&) {
            const std::scoped_lock lock{mutex};
            log.push_back(name_of(message));
          },
          stop.get_token());
    });
  }
  for (int version = 1; version <= count; ++version) send(stream, {appeared("a", version), appeared("b", version)});
  const bool is_done = eventually([&] {
    const std::scoped_lock lock{mutex};
    return first_of(log, "a").size() == count && first_of(log, "b").size() == count;
  });
  stop.request_stop();
  programs.clear();
  CHECK(is_done);
  CHECK(first_of(log, "a") == versions("a", count));
  CHECK(first_of(log, "b") == versions("b", count));
}

TEST_CASE("what another program has got meanwhile is waited for, though all was here a moment ago") {
  const Stream stream;
  const Monsters monsters;
  Options options = quick();
  options.ack_wait = 2s;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  castore::detail::NatsDurable other{connect(), {.stream = stream.name(), .durable = "reader", .max_messages = 1}};
  Log log;
  const Handler handler{&log};
  const auto handle = [&](const MonsterMessage& message) {
    send(stream, {message});
    eventually([&] { return consumer.poll(handler) > 0; });
  };
  handle(appeared("a", 1));
  const auto steal = [&](int version) {
    send(stream, {appeared("a", version)});
    std::vector<castore::detail::NatsDelivered> stolen;
    eventually([&] { return !(stolen = other.pull(std::chrono::steady_clock::now() + 1s)).empty(); });
    return stolen.at(0).sequence;
  };
  const std::uint64_t acknowledged = steal(2);
  other.acknowledge(acknowledged);
  other.settle();
  handle(appeared("a", 3));
  steal(4);  // and keep it, until the server delivers it again
  send(stream, {appeared("a", 5)});
  handle_all(consumer, stream, handler);
  CHECK(log == Log{"a1", "a3", "a4", "a5"});
}

TEST_CASE("what a program lost while it was held up does not stand for what another one has") {
  const Stream stream;
  const Monsters monsters;
  Options options = quick();
  options.retry.retry_delay = 3s;
  options.ack_wait = 1s;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", std::move(options)};
  castore::detail::NatsDurable other{connect(), {.stream = stream.name(), .durable = "reader", .max_messages = 1}};
  std::vector<castore::detail::NatsDelivered> stolen;
  const auto steal = [&] {
    eventually([&] { return !(stolen = other.pull(std::chrono::steady_clock::now() + 2s)).empty(); });
    return stolen.at(0).sequence;
  };
  Log log;
  send(stream, {appeared("y", 1)});
  eventually([&] { return consumer.poll(Handler{&log, {"y1"}}) > 0; });  // and waits longer than the server for a retry
  other.acknowledge(steal());
  other.settle();
  send(stream, {appeared("x", 1)});
  const std::uint64_t first = steal();
  send(stream, {appeared("x", 2)});
  for (int time = 0; time < 5; ++time) {
    consumer.poll(Handler{&log});
    CHECK(other.extend(first));
    other.extend_all();
  }
  CHECK(log == Log{"y1!"});
  other.acknowledge(first);
  other.settle();
  handle_all(consumer, stream, Handler{&log});
  CHECK(log == Log{"y1!", "x2"});
}

/// A queue whose third message of an aggregate takes its time to be read the first time.
struct SlowToRead {
  using Message = MonsterMessage;
  const Monsters* monsters;
  std::atomic<bool>* is_reading;
  std::atomic<bool>* may_go_on;

  MonsterMessage parse_message(const std::string& body) const {
    MonsterMessage message = monsters->queue.parse_message(body);
    if (message.event.version() == 3 && !is_reading->exchange(true)) may_go_on->wait(false);
    return message;
  }
};

TEST_CASE("what goes back while another thread reads what comes after it is not overtaken") {
  const Stream stream;
  const Monsters monsters;
  std::atomic<bool> is_reading{false};
  std::atomic<bool> may_go_on{false};
  std::atomic<bool> is_in_hand{false};
  std::atomic<bool> may_fail{false};
  Options options = quick();
  options.retry.retry_attempts = 0;
  options.dead_letter_subject = "no.stream.takes.this";
  const SlowToRead channel{&monsters, &is_reading, &may_go_on};
  Consumer consumer{channel, stream.connection(), stream.name(), "reader", std::move(options)};
  std::mutex mutex;
  Log log;
  const auto handler = [&](const MonsterMessage& message, const MessageContext&) {
    const bool fails = message.event.version() == 1 && !is_in_hand.exchange(true);
    if (fails) is_in_hand.notify_all();
    if (fails) may_fail.wait(false);
    const std::scoped_lock lock{mutex};
    log.push_back(name_of(message) + (fails ? "!" : ""));
    if (fails) throw std::runtime_error{"it fails"};
  };
  send(stream, {appeared("x", 1), appeared("x", 2)});
  std::jthread gives_back{[&] {
    while (!is_in_hand) consumer.poll(handler);
    may_go_on = true;
    may_go_on.notify_all();
  }};
  is_in_hand.wait(false);
  send(stream, {appeared("x", 3)});
  std::jthread reads{[&] {
    while (!is_reading) consumer.poll(handler);
  }};
  eventually([&] { return is_reading.load(); });
  may_fail = true;
  may_fail.notify_all();
  gives_back.join();
  reads.join();
  handle_all(consumer, stream, handler);
  CHECK(log == Log{"x1!", "x1", "x2", "x3"});
}

TEST_CASE("while all that is delivered comes here, the server is not asked whether other programs have messages") {
  const Stream stream;
  const Monsters monsters;
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  natsSubscription* subscription = nullptr;
  natsConnection_SubscribeSync(&subscription, stream.connection()->handle(),
                               ("$JS.API.CONSUMER.INFO." + stream.name() + ".reader").c_str());
  const castore::detail::NatsPointer<natsSubscription> owned{subscription};
  const auto questions = [&] {
    int count = 0;
    castore::detail::flush_nats(*stream.connection());
    natsSubscription_GetPending(subscription, &count, nullptr);
    return count;
  };
  Log log;
  int version = 0;
  const bool is_once = eventually([&] {  // a busy computer may take longer than that is believed
    send(stream, {appeared("a", ++version)});
    const int before = questions();
    eventually([&] { return consumer.poll(Handler{&log}) > 0; });
    return questions() == before;
  });
  CHECK(is_once);
  CHECK(version > 1);
  CHECK(log == versions("a", version));
}

TEST_CASE("what a connection that breaks has lost is acknowledged later, and nothing is lost") {
  for (const std::string words : {"+ACK", "CONSUMER.MSG.NEXT", "CONSUMER.INFO"}) {
    for (const bool before : {true, false}) {
      CAPTURE(words, before);
      const Stream stream;
      const Monsters monsters;
      Proxy proxy;
      Options options = quick();
      options.ack_wait = 500ms;
      Consumer consumer{monsters.queue, connect(proxy.url()), stream.name(), "reader", std::move(options)};
      send(stream, {appeared("a", 1), appeared("a", 2), appeared("b", 1)});
      proxy.cut_at(words, before);
      Log log;
      handle_all(consumer, stream, Handler{&log});
      CHECK(proxy.cuts() == 1);
      CHECK(first_of(log, "a") == versions("a", 2));
      CHECK(first_of(log, "b") == versions("b", 1));
    }
  }
}

TEST_CASE("what has come when the connection breaks before the rest of a batch goes back, and comes again") {
  const Stream stream;
  Proxy proxy;
  const auto watcher = connect();
  natsSubscription* subscription = nullptr;
  natsConnection_SubscribeSync(&subscription, watcher->handle(),
                               ("$JS.API.CONSUMER.MSG.NEXT." + stream.name() + ".reader").c_str());
  const castore::detail::NatsPointer<natsSubscription> owned{subscription};
  natsConnection_Flush(watcher->handle());
  castore::detail::NatsDurable durable{
      connect(proxy.url()), {.stream = stream.name(), .durable = "reader", .ack_wait = 60s, .max_messages = 10}};
  proxy.break_at(R"("batch":9,)");  // the request for the rest, when one has come
  const std::jthread sender{[&] {
    for (std::string request; request.find(R"("batch":1,)") == std::string::npos;) {  // it waits for one
      natsMsg* message = nullptr;
      if (natsSubscription_NextMsg(&message, subscription, 30'000) != NATS_OK) return;
      request = castore::detail::data_of(castore::detail::NatsPointer<natsMsg>{message}.get());
    }
    send(stream, {appeared("a", 1)});
  }};
  const auto broken = error_of<NatsError>([&] { durable.pull(std::chrono::steady_clock::now() + 60s); });
  CHECK(broken.retryable());
  CHECK(proxy.cuts() == 1);
  CHECK(durable.held() == 0);
  proxy.mend();
  std::vector<castore::detail::NatsDelivered> again;
  const auto comes_again = [&] {
    try {
      durable.settle();
      again = durable.pull(std::chrono::steady_clock::now() + 100ms);
    } catch (const NatsError&) {  // the connection is not there yet
    }
    return !again.empty();
  };
  REQUIRE(eventually(comes_again, 20s));
  CHECK(again.size() == 1);
  CHECK(again[0].sequence == 1);
  CHECK(again[0].deliveries == 2);
}

TEST_CASE("a server that is killed loses nothing, and the order is kept") {
  OwnServer server;
  const Stream stream{server.url()};
  const Monsters monsters;
  Options options = quick();
  options.ack_wait = 500ms;
  options.max_messages = 5;
  Consumer consumer{monsters.queue, connect(server.url()), stream.name(), "reader", std::move(options)};
  std::vector<MonsterMessage> messages;
  for (int version = 1; version <= 20; ++version) messages.push_back(appeared("a", version));
  send(stream, messages);
  Log log;
  int kills = 0;
  handle_all(consumer, stream, [&](const MonsterMessage& message, const MessageContext& context) {
    Handler{&log}(message, context);
    if (log.size() % 8 == 0 && kills++ < 2) server.kill_and_restart();
  });
  CHECK(kills >= 2);
  CHECK(first_of(log, "a") == versions("a", 20));
}

// A program of its own, which is killed: it says what it handles, and stops in the middle of the third.
TEST_CASE("handles some of a stream and hangs", "[.hanging_consumer]") {
  const Monsters monsters;
  Options options = quick();
  options.ack_wait = 1s;
  Consumer consumer{monsters.queue, connect(std::getenv("CASTORE_NATS_URL")), std::getenv("CASTORE_NATS_STREAM"),
                    "reader", std::move(options)};
  int count = 0;
  while (true) {
    consumer.poll([&](const MonsterMessage& message, const MessageContext&) {
      std::cout << "handles " << name_of(message) << '\n' << std::flush;
      while (count >= 2) std::this_thread::sleep_for(1s);
      ++count;
    });
  }
}

TEST_CASE("a program that is killed in the middle of a message loses nothing, and nothing overtakes it") {
  const Stream stream;
  const Monsters monsters;
  send(stream, {appeared("a", 1), appeared("b", 1), appeared("a", 2), appeared("a", 3)});
  const std::string output = std::string{castore_tests::place::server} + "/" + stream.name();
  ::setenv("CASTORE_NATS_URL", server_url().c_str(), 1);
  ::setenv("CASTORE_NATS_STREAM", stream.name().c_str(), 1);
  const pid_t program = start_program({"/proc/self/exe", "[.hanging_consumer]"}, output);
  const auto said = [&] {
    std::ifstream file{output};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  const bool hangs = eventually([&] { return said().find("handles a2\n") != std::string::npos; });
  kill_program(program);
  CAPTURE(said());
  REQUIRE(hangs);
  send(stream, {appeared("a", 4), appeared("b", 2)});
  Consumer consumer{monsters.queue, stream.connection(), stream.name(), "reader", quick()};
  Log log;
  handle_all(consumer, stream, Handler{&log});
  // What was handled before the kill may not have been acknowledged.
  CHECK(first_of(log, "a").back() == "a4");
  Log of_a = first_of(log, "a");
  std::erase(of_a, "a1");
  CHECK(of_a == Log{"a2", "a3", "a4"});
  CHECK(first_of(log, "b").back() == "b2");
  std::filesystem::remove(output);
}
