// SPDX-License-Identifier: MIT
// What is sent to RabbitMQ, and what becomes of messages that it does not take.
#include <castore/messaging/adapters/rabbitmq.hpp>

#include "rabbitmq/proxy.hpp"
#include "rabbitmq/support.hpp"

#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace castore::rabbitmq_tests;
using castore::MessagesNotPublishedError;
using castore::RabbitMqError;
using castore::RabbitMqMessageChannelAdapter;
using castore::Version;

namespace {

using Json = nlohmann::json;

RabbitMqMessageChannelAdapter adapter_of(const Place& place, const std::string& url = server_url(),
                                         std::chrono::milliseconds timeout = 30s) {
  return {url, place.name(), {.connection = {.timeout = timeout}}};
}

/// What is nested in the error.
template <class Function>
RabbitMqError nested_of(Function function) {
  try {
    function();
  } catch (const std::exception& error) {
    return error_of<RabbitMqError>([&] { std::rethrow_if_nested(error); });
  }
  throw std::runtime_error{"no error was thrown"};
}

/// Without repetitions that follow.
Ids once(Ids ids) {
  Ids first;
  std::set<std::string> seen;
  for (std::string& id : ids) {
    if (seen.insert(id).second) first.push_back(std::move(id));
  }
  return first;
}

std::string broker_of(const std::string& url) { return castore::detail::RabbitMqSettings::parse(url, {}).broker(); }

MonsterMessage leveled_up(const std::string& id, Version version) {
  return {"MONSTERS", castore::EventDetail<LeveledUp>{
                          .aggregate_id = id, .version = version, .timestamp = castore_tests::at(1), .payload = {}}};
}

}  // namespace

TEST_CASE("a message is sent with its names, persistent") {
  const Place place;
  RabbitMqMessageChannelAdapter adapter = adapter_of(place);
  CHECK(adapter.exchange() == place.name());
  const MonsterMessage message = appeared("a", 7, "\xE6\xBC\xA2 \x01");
  publish(adapter, {message});
  publish(adapter, {message}, true);
  const castore::AggregateExistsMessage exists{"MONSTERS", "b", castore_tests::at(3)};
  adapter.publish_messages(std::vector{castore::MessageView{exists}}, {});
  const std::vector<Place::Message> taken = place.take();
  REQUIRE(taken.size() == 3);
  CHECK(taken[0].routing_key == "MONSTERS.APPEARED");
  CHECK(taken[0].id == "MONSTERS#a#7");
  CHECK(taken[0].type == "APPEARED");
  CHECK(taken[0].content_type == "application/json");
  CHECK(taken[0].delivery_mode == 2);
  CHECK(taken[0].timestamp ==
        static_cast<std::uint64_t>(
            std::chrono::floor<std::chrono::seconds>(castore_tests::at(7).time_since_epoch()).count()));
  CHECK(taken[0].headers == std::map<std::string, std::string>{{"aggregate", "MONSTERS#a"}});
  CHECK(Json::parse(taken[0].body) == Json(message));
  CHECK(taken[1].headers == std::map<std::string, std::string>{{"aggregate", "MONSTERS#a"}, {"replay", "true"}});
  CHECK(taken[1].id == taken[0].id);
  CHECK(taken[2].routing_key == "MONSTERS.__AGGREGATE_EXISTS__");
  CHECK(taken[2].id == "MONSTERS#b");
  CHECK(Json::parse(taken[2].body) == Json(exists));
}

TEST_CASE("an id for which AMQP has no room is left out, and the header has it") {
  const Place place;
  RabbitMqMessageChannelAdapter adapter = adapter_of(place);
  const std::string longest(255 - std::string_view{"MONSTERS##1"}.size(), 'x');
  publish(adapter, {appeared(longest), appeared(longest + "x")});
  const std::vector<Place::Message> taken = place.take();
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].id == "MONSTERS#" + longest + "#1");
  CHECK(taken[1].id.empty());
  CHECK(taken[1].headers.at("aggregate") == "MONSTERS#" + longest + "x");
}

TEST_CASE("large messages are sent in parts") {
  const Place place;
  RabbitMqMessageChannelAdapter adapter = adapter_of(place);
  const std::vector<MonsterMessage> messages = {appeared("a", 1, std::string(16'384, 'x')), appeared("b"),
                                                appeared("c", 1, std::string(290'000, 'y'))};
  publish(adapter, messages);
  const std::vector<Place::Message> taken = place.take();
  REQUIRE(taken.size() == 3);
  for (std::size_t index = 0; index < 3; ++index) CHECK(Json::parse(taken[index].body) == Json(messages[index]));
}

TEST_CASE("a message can be a CloudEvent in structured and in binary mode, and comes back") {
  using castore::MessageFormat;
  const Place place;
  const Monsters monsters;
  const MonsterMessage message = appeared("a", 7);
  for (const MessageFormat format : {MessageFormat::cloud_event, MessageFormat::cloud_event_binary}) {
    RabbitMqMessageChannelAdapter adapter{server_url(), place.name(), {.format = format}};
    publish(adapter, {message}, true);
    const std::vector<Place::Message> taken = place.take();
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].id == "MONSTERS#a#7");
    if (format == MessageFormat::cloud_event) {
      CHECK(taken[0].content_type == "application/cloudevents+json; charset=UTF-8");
      CHECK(castore::parse_cloud_event(taken[0].body) == castore::to_cloud_event(castore::MessageView{message}, true));
    } else {
      CHECK(taken[0].content_type == "application/json");
      CHECK(Json::parse(taken[0].body) == Json(message));
      CHECK(taken[0].headers ==
            std::map<std::string, std::string>{{"aggregate", "MONSTERS#a"},
                                               {"replay", "true"},
                                               {"cloudEvents_specversion", "1.0"},
                                               {"cloudEvents_id", "MONSTERS#a#7"},
                                               {"cloudEvents_source", "/stores/MONSTERS"},
                                               {"cloudEvents_type", "APPEARED"},
                                               {"cloudEvents_subject", "a"},
                                               {"cloudEvents_time", castore::format_timestamp(castore_tests::at(7))},
                                               {"cloudEvents_replay", "true"}});
    }
    publish(adapter, {message}, true);
    publish(adapter, {appeared("b")});
    castore::RabbitMqConsumer consumer{
        monsters.queue, server_url(), place.name(), {.reject_dead_letters = true, .wait_time = 20ms}};
    std::vector<MonsterMessage> received;
    for (int polls = 0; received.size() < 2 && polls < 500; ++polls) {
      consumer.poll([&](const MonsterMessage& one, const castore::MessageContext& context) {
        CHECK(context.replay == received.empty());
        received.push_back(one);
      });
    }
    CHECK(received == std::vector<MonsterMessage>{message, appeared("b")});
  }
}

TEST_CASE("of what no queue wants each is named, and nothing of its aggregate follows it") {
  const Place place{{}, "MONSTERS.APPEARED"};
  RabbitMqMessageChannelAdapter adapter = adapter_of(place);
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a"), leveled_up("a", 2), appeared("b"), appeared("a", 3), leveled_up("c", 1)});
  });
  CHECK(error.indices() == Indices{1, 3, 4});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 3 message(s) were not published: the message 'MONSTERS#c#1': no queue of "
        "the exchange '" +
            place.name() + "' wants the routing key 'MONSTERS.LEVELED_UP': NO_ROUTE");
  Ids ids = place.take_ids();
  std::ranges::sort(ids);
  CHECK(ids == Ids{"MONSTERS#a#1", "MONSTERS#b#1"});
  publish(adapter, {appeared("d")});  // by the same connection
  CHECK(place.take_ids() == Ids{"MONSTERS#d#1"});
}

TEST_CASE("what a full queue does not take is named, and may be sent again") {
  const Place place{Arguments{{{"x-overflow", "reject-publish"}}, {{"x-max-length", 2}}}};
  RabbitMqMessageChannelAdapter adapter = adapter_of(place);
  publish(adapter, {appeared("a"), appeared("a", 2)});
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a", 3), appeared("a", 4)});
  });
  CHECK(error.indices() == Indices{0, 1});
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 2 message(s) were not published: the message 'MONSTERS#a#3': RabbitMQ "
        "could not take it, as when a queue is full");
  CHECK(place.take_ids() == Ids{"MONSTERS#a#1", "MONSTERS#a#2"});
  publish(adapter, {appeared("a", 3), appeared("a", 4)});
  CHECK(place.take_ids() == Ids{"MONSTERS#a#3", "MONSTERS#a#4"});
}

TEST_CASE("of too large a message nothing is sent") {
  const Place place;
  const std::size_t size = Json(appeared("b")).dump().size();
  RabbitMqMessageChannelAdapter adapter{server_url(), place.name(), {.max_message_size = size}};
  publish(adapter, {appeared("b")});
  CHECK(place.take_ids().size() == 1);
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a"), appeared("b", 1, "Pikachu!"), appeared("c")});
  });
  CHECK(error.indices() == Indices{0, 1, 2});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 3 message(s) were not published: the message 'MONSTERS#b#1' (at index 1) "
        "has " +
            std::to_string(size + 1) + " bytes, more than the " + std::to_string(size) +
            " that are allowed; nothing was sent");
  RabbitMqMessageChannelAdapter normal = adapter_of(place);
  CHECK(std::string{error_of<MessagesNotPublishedError>([&] {
                      publish(normal, {appeared("a"), appeared(std::string(99'992, 'x'))});
                    }).what()}
            .ends_with("(at index 1) has ids of 100001 bytes, more than the 100000 that AMQP has room for; nothing "
                       "was sent"));
  MonsterMessage message = appeared("a");
  message.event_store_id = std::string(247, 's');
  CHECK(std::string{error_of<MessagesNotPublishedError>([&] { publish(normal, {message}); }).what()}.ends_with(
      "(at index 0) has a routing key of 256 bytes, more than the 255 that AMQP has room for; nothing was sent"));
  message.event_store_id = std::string(246, 's');
  publish(normal, {message, appeared(std::string(99'991, 'x'))});
  CHECK(place.take().size() == 2);
}

TEST_CASE("what is too large for the broker alone is found among the others") {
  const Place place;
  RabbitMqMessageChannelAdapter adapter = adapter_of(place);
  const std::string large(300'000, 'x');
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a"), appeared("b", 1, large), appeared("c"), appeared("b", 2)});
  });
  CHECK(error.indices() == Indices{1, 3});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 2 message(s) were not published: the message 'MONSTERS#b#1': " + broker_of(server_url()) +
            ": PRECONDITION_FAILED - message size " + std::to_string(Json(appeared("b", 1, large)).dump().size()) +
            " is larger than configured max size 300000");
  Ids ids = once(place.take_ids());
  std::ranges::sort(ids);
  CHECK(ids == Ids{"MONSTERS#a#1", "MONSTERS#c#1"});
}

TEST_CASE("without the exchange nothing is published, and waiting does not help") {
  RabbitMqMessageChannelAdapter adapter{server_url(), "castore-nowhere"};
  const auto publish_two = [&] { publish(adapter, {appeared("a"), appeared("b")}); };
  const auto error = error_of<MessagesNotPublishedError>(publish_two);
  CHECK(error.indices() == Indices{0, 1});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} == "castore: 2 message(s) were not published: " + broker_of(server_url()) +
                                         ": NOT_FOUND - no exchange 'castore-nowhere' in vhost '/'");
  CHECK(nested_of(publish_two).code() == 404);
}

TEST_CASE(
    "a connection that breaks before or after the broker has taken a message is made again, and nothing is lost") {
  for (const Fault fault : {Fault::cut_now, Fault::cut_request, Fault::cut_answer}) {
    CAPTURE(static_cast<int>(fault));
    const Place place;
    Proxy proxy;
    RabbitMqMessageChannelAdapter adapter = adapter_of(place, proxy.url());
    publish(adapter, {appeared("a", 1), appeared("b", 1)});
    proxy.set(fault);
    publish(adapter, {appeared("a", 2), appeared("b", 2), appeared("a", 3), appeared("a", 4)});
    proxy.wait_for_cut();
    const Ids ids = place.take_ids();
    Ids of_a = ids;
    std::erase_if(of_a, [](const std::string& id) { return id.starts_with("MONSTERS#b"); });
    CHECK(once(of_a) == Ids{"MONSTERS#a#1", "MONSTERS#a#2", "MONSTERS#a#3", "MONSTERS#a#4"});
    CHECK(std::ranges::is_sorted(of_a));
    CHECK(std::ranges::count(ids, "MONSTERS#b#2") >= 1);
    if (fault == Fault::cut_request) CHECK(ids.size() == 6);
    if (fault == Fault::cut_answer) CHECK(ids.size() > 6);
    CHECK(proxy.connections() == 2);
  }
}

TEST_CASE("a broker that cannot be reached is asked again until the time is over") {
  Proxy proxy;
  const std::string url = "amqp://castore:secret@127.0.0.1:1";
  const Place place;
  RabbitMqMessageChannelAdapter adapter = adapter_of(place, url, 200ms);
  const auto start = std::chrono::steady_clock::now();
  const auto publish_two = [&] { publish(adapter, {appeared("a"), appeared("b")}); };
  const auto error = error_of<MessagesNotPublishedError>(publish_two);
  CHECK(std::chrono::steady_clock::now() - start >= 100ms);
  CHECK(error.indices() == Indices{0, 1});
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 2 message(s) were not published: RabbitMQ at 127.0.0.1:1: cannot connect: a socket error occurred");
  CHECK(nested_of(publish_two).code() == 0);
}

TEST_CASE("a broker that does not read, or does not answer, is left when the time is over") {
  const Place place;
  Proxy proxy;
  for (const std::size_t size : {std::size_t{1}, std::size_t{290'000}}) {
    RabbitMqMessageChannelAdapter adapter = adapter_of(place, proxy.url(), 300ms);
    publish(adapter, {appeared("a")});
    proxy.set(Fault::silent);
    const auto start = std::chrono::steady_clock::now();
    // Several, as the kernel has room for one.
    std::vector<MonsterMessage> messages;
    for (int index = 0; index < 8; ++index) {
      messages.push_back(appeared("b" + std::to_string(index), 1, std::string(size, 'x')));
    }
    const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, messages); });
    CHECK(std::chrono::steady_clock::now() - start < 20s);
    CHECK(error.retryable());
    CHECK(error.indices().size() == 8);
    CHECK(std::string{error.what()} ==
          "castore: 8 message(s) were not published: " + broker_of(proxy.url()) + ": " +
              (size == 1 ? "it has not confirmed them in time" : "it does not read what is sent"));
    proxy.set(Fault::none);
  }
}

TEST_CASE("a broker that takes no messages at the moment is waited for until the time is over") {
  const Place place;
  RabbitMqMessageChannelAdapter adapter = adapter_of(place, server_url(), 1'000ms);
  publish(adapter, {appeared("a", 1)});
  server("ctl", "eval 'rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []}).'");
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, {appeared("a", 2)}); });
  CHECK(error.retryable());
  CHECK(error.indices() == Indices{0});
  CHECK(std::string{error.what()} == "castore: 1 message(s) were not published: " + broker_of(server_url()) +
                                         ": it takes no messages at the moment: low on memory");
  RabbitMqMessageChannelAdapter patient = adapter_of(place);
  std::thread later{[] { server("ctl", "eval 'rabbit_alarm:clear_alarm({resource_limit, memory, node()}).'"); }};
  publish(patient, {appeared("a", 2)});
  later.join();
  CHECK(once(place.take_ids()) == Ids{"MONSTERS#a#1", "MONSTERS#a#2"});
}

TEST_CASE("threads share the connections that they may have") {
  const Place place;
  Proxy proxy;
  RabbitMqMessageChannelAdapter adapter{proxy.url(), place.name(), {.max_connections = 2}};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        for (Version version = 1; version <= 10; ++version)
          publish(adapter, {appeared(std::to_string(thread), version)});
      });
    }
  }
  CHECK(proxy.connections() <= 2);
  CHECK(place.take_ids().size() == 60);

  RabbitMqMessageChannelAdapter single{
      proxy.url(), place.name(), {.connection = {.timeout = 500ms}, .max_connections = 1}};
  publish(single, {appeared("a")});
  proxy.set(Fault::silent);
  std::vector<std::string> errors(2);
  {
    std::vector<std::jthread> threads;
    for (std::string& text : errors) {
      threads.emplace_back(
          [&] { text = error_of<MessagesNotPublishedError>([&] { publish(single, {appeared("b")}); }).what(); });
    }
  }
  // Either thread may be the first, and the other one may have the connection when it is left.
  const std::string start = "castore: 1 message(s) were not published: " + broker_of(proxy.url()) + ": ";
  CHECK(std::ranges::count(errors, start + "it has not confirmed them in time") >= 1);
  for (const std::string& text : errors) CHECK(text.starts_with(start));
  proxy.set(Fault::none);
}

TEST_CASE("who may not publish is told, and of user and password nothing") {
  const Place place;
  std::string url = server_url();
  url.replace(url.find("secret"), 6, "hunter2");
  RabbitMqMessageChannelAdapter adapter = adapter_of(place, url);
  const auto publish_one = [&] { publish(adapter, {appeared("a")}); };
  const auto error = error_of<MessagesNotPublishedError>(publish_one);
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} == "castore: 1 message(s) were not published: " + broker_of(server_url()) +
                                         ": cannot log in: ACCESS_REFUSED - Login was refused using authentication "
                                         "mechanism PLAIN. For details see the broker logfile.");
  CHECK(nested_of(publish_one).code() == 403);

  RabbitMqMessageChannelAdapter elsewhere = adapter_of(place, server_url() + "/else%2Fwhere");
  const auto missing = error_of<MessagesNotPublishedError>([&] { publish(elsewhere, {appeared("a")}); });
  CHECK_FALSE(missing.retryable());
  CHECK(std::string{missing.what()} == "castore: 1 message(s) were not published: " + broker_of(server_url()) +
                                           ": cannot log in: NOT_ALLOWED - vhost else/where not found");
}

TEST_CASE("the connection can be by TLS, and the broker is who it says") {
  const Place place;
  const std::string url = read_file("tls_url");
  const std::string files = std::string{castore_tests::place::server} + "/node/";
  const auto adapter_with = [&](const castore::RabbitMqTls& tls, const std::string& to) {
    return RabbitMqMessageChannelAdapter{to, place.name(), {.connection = {.timeout = 10s, .tls = tls}}};
  };
  RabbitMqMessageChannelAdapter adapter = adapter_with(
      {.ca_file = files + "authority.crt", .certificate_file = files + "client.crt", .key_file = files + "client.key"},
      url);
  publish(adapter, {appeared("a", 1, std::string(200'000, 'x')), appeared("b")});
  RabbitMqMessageChannelAdapter trusting = adapter_with({.verify = false}, url);
  publish(trusting, {appeared("c")});
  CHECK(place.take_ids() == Ids{"MONSTERS#a#1", "MONSTERS#b#1", "MONSTERS#c#1"});

  const auto refuses = [&](const castore::RabbitMqTls& tls, const std::string& to, const std::string& why) {
    RabbitMqMessageChannelAdapter refused = adapter_with(tls, to);
    const auto error = error_of<MessagesNotPublishedError>([&] { publish(refused, {appeared("a")}); });
    CHECK_FALSE(error.retryable());
    const std::string broker = "RabbitMQ at " + to.substr(to.find('@') + 1);
    CHECK(std::string{error.what()} == "castore: 1 message(s) were not published: " + broker + ": " + why);
  };
  refuses({.ca_file = files + "client.crt"}, url, "cannot connect: SSL peer cert verification failed");
  std::string by_number = url;
  by_number.replace(by_number.find("localhost"), 9, "127.0.0.1");
  refuses({.ca_file = files + "authority.crt"}, by_number, "cannot connect: SSL hostname verification failed");
  refuses({.ca_file = "/nowhere.crt"}, url, "cannot read '/nowhere.crt'");
}

TEST_CASE("URLs are read") {
  using Settings = castore::detail::RabbitMqSettings;
  const auto parts = [](const std::string& url) {
    const Settings settings = Settings::parse(url, {.tls = {.verify = false}});
    return settings.host + " " + std::to_string(settings.port) + " " + settings.user + " " + settings.password + " " +
           settings.virtual_host + (settings.uses_tls ? " TLS" : "");
  };
  CHECK(parts("amqp://localhost") == "localhost 5672 guest guest /");
  CHECK(parts("amqps://broker") == "broker 5671 guest guest / TLS");
  CHECK(parts("amqp://a%3Ab:c%40%2F%C3%A9@broker:1234/v%2Fh") == "broker 1234 a:b c@/\xC3\xA9 v/h");
  CHECK(parts("amqp://[::1]:99/") == "::1 99 guest guest /");
  CHECK(parts("amqp://me@[::1]") == "::1 5672 me  /");

  const auto refuses = [&](const std::string& url, const std::string& why) {
    CHECK(std::string{error_of<std::invalid_argument>([&] { parts(url); }).what()} ==
          "castore: the URL of RabbitMQ is not valid: " + why);
  };
  refuses("http://localhost", "it must begin with amqp:// or amqps://");
  refuses("amqp://u:hunter2@", "it has no host");
  refuses("amqp://u:hunter2@broker:x", "the port must be a number from 1 to 65535");
  refuses("amqp://u:hunter2@broker:0", "the port must be a number from 1 to 65535");
  refuses("amqp://u:12/34@broker", "in user, password and virtual host, write / as %2F and @ as %40");
  refuses("amqp://u:hunter2@x@broker", "in user and password, write @ as %40");
  refuses("amqp://u:hunter2%4@broker", "a % must be followed by two hexadecimal digits");
  refuses("amqp://u:hunter2%zz@broker", "a % must be followed by two hexadecimal digits");
  refuses("amqp://u:hunter2%00@broker", "%00 is not allowed");
  refuses("amqp://u:hunter2@[::1", "the address of IPv6 has no ]");
  refuses("amqp://u:hunter2@broker?heartbeat=5",
          "it has parameters; set them by the options, and write ? in other parts as %3F, # as %23");
}

TEST_CASE("names and options of RabbitMQ's adapter are checked") {
  const auto text_of = [](const std::function<void()>& function) {
    return std::string{error_of<std::invalid_argument>(function).what()};
  };
  const auto refused = [&](const std::string& exchange, const castore::RabbitMqMessageChannelOptions& options = {}) {
    return text_of([&] { RabbitMqMessageChannelAdapter{"amqps://broker", exchange, options}; });
  };
  const std::string rule = ": write 1 to 255 bytes of UTF-8 without control characters";
  CHECK(refused("") == "castore: the exchange ''" + rule);
  CHECK(refused("a\nb") == "castore: the exchange 'a\\x0Ab'" + rule);
  CHECK(refused("\xFF") == "castore: the exchange '\\xFF'" + rule);
  CHECK(refused(std::string(256, 'x')).ends_with(rule));
  CHECK(refused("e") == "castore: to verify the broker, name the file of trusted authorities in tls.ca_file");
  CHECK(refused("e", {.connection = {.timeout = 0ms}}) == "castore: the timeout is out of range: 1 ms to 24 h");
  CHECK(refused("e", {.connection = {.tls = {.ca_file = "f", .key_file = "k"}}}) ==
        "castore: tls.certificate_file and tls.key_file need each other");
  CHECK(refused("e", {.connection = {.tls = {.verify = false}}, .max_connections = 0}) ==
        "castore: max_connections is 0");
}

TEST_CASE("what a broker says is made safe for a terminal") {
  CHECK(std::string{RabbitMqError("RabbitMQ at h:1", 404, "a\x1B[31m\n", false).what()} ==
        "castore: RabbitMQ at h:1: a\\x1B[31m\\x0A");
}

TEST_CASE("a message that was not acknowledged in time comes again, and other failed preconditions do not change") {
  using castore::detail::is_retryable_rabbitmq_code;
  CHECK(is_retryable_rabbitmq_code(406,
                                   "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout "
                                   "value used: 1800000 ms."));
  CHECK_FALSE(is_retryable_rabbitmq_code(406, "PRECONDITION_FAILED - message size 9 is larger than configured max"));
}

TEST_CASE("the end of a connection that is not answered leaves the sockets of others alone") {
  Proxy proxy;
  const auto deadline = castore::detail::time_after(30s);
  auto connection = std::make_unique<castore::detail::RabbitMqConnection>(
      castore::detail::RabbitMqSettings::parse(proxy.url(), {}), deadline);
  proxy.set(Fault::silent);
  connection->close();
  std::array<int, 2> others{};  // one of which gets the number of a socket that was closed
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, others.data()) == 0);
  connection.reset();
  CHECK(::send(others[0], "x", 1, MSG_NOSIGNAL) == 1);
  CHECK(::send(others[1], "x", 1, MSG_NOSIGNAL) == 1);
  for (const int other : others) ::close(other);
}
