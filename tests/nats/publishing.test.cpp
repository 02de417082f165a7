// SPDX-License-Identifier: MIT
// What the adapter sends to NATS, what it does when something goes wrong, and what it then says.
#include <castore/messaging/adapters/nats.hpp>

#include "nats/support.hpp"

#include <castore/messaging/errors.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::nats_tests;
using namespace std::chrono_literals;
using castore::MessagesNotPublishedError;
using castore::NatsConnection;
using castore::NatsError;
using castore::NatsMessageChannelAdapter;
using Indices = std::vector<std::size_t>;

namespace {

NatsMessageChannelAdapter adapter_of(const Stream& stream, std::chrono::milliseconds timeout = 20s) {
  return NatsMessageChannelAdapter{stream.connection(), {.subject_prefix = stream.name(), .timeout = timeout}};
}

/// What is sent to a stream's subjects: as they are, the headers that we set, the body.
class Listener {
 public:
  explicit Listener(const Stream& stream) : connection_{connect()} {
    natsSubscription* subscription = nullptr;
    natsConnection_SubscribeSync(&subscription, connection_->handle(), (stream.name() + ".>").c_str());
    subscription_.reset(subscription);
    natsConnection_Flush(connection_->handle());
  }

  struct Seen {
    std::string subject{};
    std::string id{};
    std::string replay{};
    std::string body{};
    std::map<std::string, std::string> headers{};
  };
  Seen next() {
    natsMsg* message = nullptr;
    if (natsSubscription_NextMsg(&message, subscription_.get(), 30'000) != NATS_OK) throw std::runtime_error{"nothing"};
    const castore::detail::NatsPointer<natsMsg> owned{message};
    return {natsMsg_GetSubject(message), std::string{castore::detail::nats_header(message, "Nats-Msg-Id")},
            std::string{castore::detail::nats_header(message, "Castore-Replay")},
            std::string{castore::detail::data_of(message)}, headers_of(message)};
  }
  static std::map<std::string, std::string> headers_of(natsMsg* message) {
    const auto headers = castore::detail::nats_headers(message);
    return {headers.begin(), headers.end()};
  }

 private:
  std::shared_ptr<NatsConnection> connection_;
  castore::detail::NatsPointer<natsSubscription> subscription_{};
};

}  // namespace

TEST_CASE("a message is sent to the subject of its aggregate, with an id of its own") {
  const Stream stream;
  NatsMessageChannelAdapter adapter = adapter_of(stream);
  Listener listener{stream};
  publish(adapter, {appeared("a", 2)});
  const Listener::Seen seen = listener.next();
  CHECK(seen.subject == stream.name() + ".MONSTERS.a");
  CHECK(seen.body == json_of(appeared("a", 2)));
  CHECK(seen.id == "MONSTERS#a#2#" + castore::detail::nats_hash(seen.body));
  CHECK(seen.replay.empty());

  publish(adapter, {appeared("a", 2), appeared("b", 1)}, true);
  const Listener::Seen replay = listener.next();
  const Listener::Seen other = listener.next();
  CHECK(replay.replay == "1");
  CHECK(replay.id.starts_with(seen.id + "#"));
  CHECK(other.id.substr(other.id.rfind('#')) == replay.id.substr(replay.id.rfind('#')));
}

TEST_CASE("a message in NATS can be a CloudEvent in structured and in binary mode") {
  using castore::MessageFormat;
  using Headers = std::map<std::string, std::string>;
  const Stream stream;
  const auto adapter_for = [&](MessageFormat format) {
    return NatsMessageChannelAdapter{stream.connection(),
                                     {.subject_prefix = stream.name(), .timeout = 20s, .format = format}};
  };
  NatsMessageChannelAdapter structured = adapter_for(MessageFormat::cloud_event);
  NatsMessageChannelAdapter binary = adapter_for(MessageFormat::cloud_event_binary);
  Listener listener{stream};
  const MonsterMessage message = appeared("a b\"%\r\nNats-Msg-Id: x\xE6\xBC\xA2", 7);
  const std::string escaped = "a%20b%22%25%0D%0ANats-Msg-Id:%20x%E6%BC%A2";

  publish(structured, {message}, true);
  Listener::Seen seen = listener.next();
  CHECK(castore::parse_cloud_event(seen.body) == castore::to_cloud_event(castore::MessageView{message}, true));
  CHECK(seen.headers == Headers{{"Nats-Msg-Id", seen.id},
                                {"Castore-Replay", "1"},
                                {"Content-Type", "application/cloudevents+json; charset=UTF-8"}});

  publish(binary, {message}, true);
  seen = listener.next();
  CHECK(seen.body == json_of(message));
  CHECK(seen.headers == Headers{{"Nats-Msg-Id", seen.id},
                                {"Castore-Replay", "1"},
                                {"ce-specversion", "1.0"},
                                {"ce-id", "MONSTERS#" + escaped + "#7"},
                                {"ce-source", "/stores/MONSTERS"},
                                {"ce-type", "APPEARED"},
                                {"ce-subject", escaped},
                                {"ce-time", castore::format_timestamp(castore_tests::at(7))},
                                {"ce-datacontenttype", "application/json"},
                                {"ce-replay", "true"}});

  // The same message is dropped in whatever form it comes again.
  NatsMessageChannelAdapter plain = adapter_for(MessageFormat::castore);
  for (NatsMessageChannelAdapter* const adapter : {&plain, &structured, &binary}) publish(*adapter, {appeared("c")});
  CHECK(stream.size() == 3);
}

TEST_CASE("any id is a part of a subject and of a header") {
  using castore::detail::nats_token;
  CHECK(nats_token("a-b_C9#'\"") == "a-b_C9#'\"");
  CHECK(nats_token("") == "%");
  CHECK(nats_token("%") == "%25");
  CHECK(nats_token(" a.b*c>d$\t\r\n\x7F") == "%20a%2Eb%2Ac%3Ed%24%09%0D%0A%7F");
  CHECK(nats_token("\xE6\xBC\xA2") == "%E6%BC%A2");
  CHECK(nats_token(std::string(400, 'x')) == std::string(400, 'x'));
  CHECK(nats_token(std::string(401, 'x')) == "%" + castore::detail::nats_hash(std::string(401, 'x')));
  CHECK(castore::detail::nats_hash("") == "cbf29ce484222325");
  CHECK(castore::detail::nats_hash("a") == "af63dc4c8601ec8c");

  const Stream stream;
  NatsMessageChannelAdapter adapter = adapter_of(stream);
  const std::vector<std::string> ids{
      "",  " ", ".",  "a b.c", "%", "\xE6\xBC\xA2\xF0\x9F\x98\x80", "\r\nNats-Msg-Id: x", std::string(5'000, 'x'),
      "*", ">", "$JS"};
  std::vector<MonsterMessage> messages;
  for (const std::string& id : ids) messages.push_back(appeared(id));
  publish(adapter, messages);
  CHECK(stream.size() == static_cast<std::int64_t>(ids.size()));
}

TEST_CASE("a stream drops what is sent again, but neither replays nor what was rewritten") {
  const Stream stream;
  NatsMessageChannelAdapter adapter = adapter_of(stream);
  publish(adapter, {appeared("a", 1), appeared("b", 1)});
  publish(adapter, {appeared("a", 1), appeared("b", 1)});
  CHECK(stream.size() == 2);
  publish(adapter, {appeared("a", 1, "rewritten")});
  CHECK(stream.size() == 3);
  publish(adapter, {appeared("a", 1)}, true);
  publish(adapter, {appeared("a", 1)}, true);
  CHECK(stream.size() == 5);
}

TEST_CASE("a message that is too large is refused before anything is sent") {
  const Stream stream;
  NatsMessageChannelAdapter adapter = adapter_of(stream);
  const MonsterMessage large = appeared("b", 1, std::string(1'100'000, 'x'));
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, {appeared("a"), large}); });
  CHECK(error.indices() == Indices{0, 1});
  CHECK_FALSE(error.retryable());
  const std::string what = error.what();
  CHECK(what.starts_with("castore: 2 message(s) were not published: the message 'MONSTERS#b#1' (at index 1) has 1100"));
  CHECK(what.ends_with(" bytes, more than the 1048576 that are allowed; nothing was sent"));
  CHECK(stream.size() == 0);

  // To the byte, as the server counts.
  std::string body = Json(appeared("b", 1, "")).dump();
  const castore::detail::NatsOutgoingMessage empty{.body = body,
                                                   .headers = {{"Nats-Msg-Id", "MONSTERS#b#1#0123456789abcdef"}}};
  const std::size_t room = std::size_t{1'048'576} - empty.size();
  publish(adapter, {appeared("b", 1, std::string(room, 'x'))});
  CHECK_THROWS_AS(publish(adapter, {appeared("b", 1, std::string(room + 1, 'x'))}), MessagesNotPublishedError);
  CHECK(stream.size() == 1);

  NatsMessageChannelAdapter small{stream.connection(), {.subject_prefix = stream.name(), .max_message_size = 250}};
  publish(small, {appeared("c", 1)});
  CHECK(error_of<MessagesNotPublishedError>([&] {
          publish(small, {appeared("c", 2, std::string(100, 'x'))});
        }).indices() == Indices{0});
}

TEST_CASE("what a stream refuses is named, and nothing of its aggregate overtakes it") {
  const Stream stream{server_url(), {{"max_msg_size", 400}}};
  NatsMessageChannelAdapter adapter = adapter_of(stream);
  const std::string large(400, 'x');
  try {
    publish(adapter, {appeared("a", 1), appeared("a", 2, large), appeared("b", 1), appeared("a", 3), appeared("b", 2)});
    FAIL("no error");
  } catch (const MessagesNotPublishedError& error) {
    CHECK(error.indices() == Indices{1, 3});
    CHECK_FALSE(error.retryable());
    CHECK(std::string{error.what()} ==
          "castore: 2 message(s) were not published: the message 'MONSTERS#a#2': NATS: message size exceeds maximum "
          "allowed");
    const auto cause = error_of<NatsError>([&] { std::rethrow_if_nested(error); });
    CHECK(cause.code() == 10054);
  }
  Log contents = stream.contents();
  std::ranges::sort(contents);
  CHECK(contents == Log{"a1", "b1", "b2"});
}

TEST_CASE("a full stream is tried again until the time is over") {
  const Stream stream{server_url(), {{"max_msgs", 1}, {"discard", "new"}}};
  NatsMessageChannelAdapter adapter = adapter_of(stream, 300ms);
  const auto start = std::chrono::steady_clock::now();
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a", 1), appeared("a", 2), appeared("a", 3)});
  });
  CHECK(std::chrono::steady_clock::now() - start >= 300ms);
  CHECK(error.indices() == Indices{1, 2});
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 2 message(s) were not published: the message 'MONSTERS#a#2': NATS: maximum messages exceeded");
}

TEST_CASE("a subject that no stream takes is named") {
  const std::string name = unique_name();
  NatsMessageChannelAdapter adapter{connect(), {.subject_prefix = name, .timeout = 20s}};
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a", 1), appeared("b", 1)});
  });
  CHECK(error.indices() == Indices{0, 1});
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 2 message(s) were not published: the message 'MONSTERS#a#1': NATS: no "
        "stream takes the subject '" +
            name + ".MONSTERS.a'");
}

TEST_CASE("a prefix that cannot begin a subject is refused") {
  const auto connection = connect();
  for (const char* const prefix : {".", "a.", ".a", "a..b", "a b", "*", "a.>", "\xE6\xBC\xA2"}) {
    CAPTURE(prefix);
    CHECK_THROWS_AS(NatsMessageChannelAdapter(connection, {.subject_prefix = prefix}), std::invalid_argument);
  }
}

TEST_CASE("a server that is not there is an error without secrets") {
  const std::string url = "nats://ann:secret@127.0.0.1:" + std::to_string(free_port());
  const auto error = error_of<NatsError>([&] { NatsConnection{url}; });
  CHECK(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: NATS: cannot connect to '" + url.substr(url.find('@') + 1) + "': No server available for connection");
}

TEST_CASE("a connection that breaks loses and doubles nothing") {
  for (const bool before : {true, false}) {
    CAPTURE(before);
    const Stream stream;
    Proxy proxy;
    const auto connection = connect(proxy.url());
    NatsMessageChannelAdapter adapter{connection, {.subject_prefix = stream.name(), .timeout = 60s}};
    proxy.cut_at("HPUB " + stream.name(), before, 2);
    publish(adapter, {appeared("a", 1), appeared("b", 1), appeared("a", 2)});
    CHECK(proxy.cuts() == 2);
    Log contents = stream.contents();
    std::ranges::sort(contents);
    CHECK(contents == Log{"a1", "a2", "b1"});
  }
}

TEST_CASE("while a server is away messages are named, and come when it is back") {
  OwnServer server;
  const Stream stream{server.url()};
  NatsMessageChannelAdapter quick = adapter_of(stream, 100ms);
  publish(quick, {appeared("a", 1)});
  server.stop();
  REQUIRE(eventually([&] { return !stream.connection()->is_connected(); }));
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(quick, {appeared("a", 2), appeared("b", 1)}); });
  CHECK(error.indices() == Indices{0, 1});
  CHECK(error.retryable());
  CHECK(std::string{error.what()} == "castore: 2 message(s) were not published: there was no connection in time");
  std::thread back{[&] { server.start(); }};
  NatsMessageChannelAdapter patient = adapter_of(stream, 60s);
  publish(patient, {appeared("a", 2), appeared("b", 1)});
  back.join();
  Log contents = stream.contents();
  std::ranges::sort(contents);
  CHECK(contents == Log{"a1", "a2", "b1"});
}

TEST_CASE("a server that is killed again and again has each message once and in order") {
  OwnServer server;
  const Stream stream{server.url()};
  std::atomic<bool> is_done{false};
  Log expected;
  for (int version = 1; version <= 60; ++version) expected.push_back("a" + std::to_string(version));
  std::thread publisher{[&] {
    NatsMessageChannelAdapter adapter = adapter_of(stream, 60s);
    for (int version = 1; version <= 60; version += 3) {
      publish(adapter,
              {appeared("a", version), appeared("b", version), appeared("a", version + 1), appeared("a", version + 2)});
      std::this_thread::sleep_for(5ms);  // so that it is killed meanwhile
    }
    is_done = true;
  }};
  int kills = 0;
  while (!is_done && kills < 4) {
    server.kill_and_restart();
    ++kills;
  }
  publisher.join();
  CHECK(kills > 0);
  Log contents = stream.contents();
  CHECK(contents.size() == 80);
  std::erase_if(contents, [](const std::string& name) { return name.starts_with("b"); });
  CHECK(contents == expected);
}
