// SPDX-License-Identifier: MIT
// A member of a consumer group, below the consumer: when it asks for messages, and who hears of errors.
#include <castore/messaging/adapters/kafka/group.hpp>

#include "kafka/support.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::kafka_tests;
using namespace std::chrono_literals;
using castore::KafkaError;
using castore::KafkaSettings;
using castore::detail::KafkaGroup;
using castore::detail::KafkaPlace;
using castore::detail::KafkaPointer;
using castore::detail::KafkaProducer;

namespace {

/// The only member of a group, of a cluster and a topic with one partition of its own.
struct GroupMember {
  explicit GroupMember(std::size_t max_messages, std::function<void()> on_error = {},
                       std::shared_ptr<KafkaProducer> dead_letters = nullptr)
      : group{settings(),
              {.topics = {"monsters"},
               .group = "group",
               .max_messages = max_messages,
               .rebalance_wait = 1s,
               .on_error =
                   [this, on_error = std::move(on_error)](const std::exception_ptr&) {
                     ++errors;
                     if (on_error) on_error();
                   }},
              std::move(dead_letters)} {}

  KafkaSettings settings() const {
    KafkaSettings settings = cluster.settings();
    settings.more.emplace_back("fetch.error.backoff.ms", "1");
    return settings;
  }
  void send(int count) const {
    KafkaProducer producer{cluster.settings(), 60s, 1'000'000};
    std::vector<castore::detail::KafkaOutgoingMessage> messages;
    for (int number = 0; number < count; ++number) {
      messages.push_back({.key = std::to_string(number), .body = "?", .name = "it"});
    }
    producer.publish("monsters", messages);
  }
  void poll(std::chrono::milliseconds wait = 20ms) {
    for (auto& [place, message] : group.poll(castore::detail::time_after(wait))) places.push_back(std::move(place));
  }
  bool has(std::size_t count) {
    return eventually([&] { return poll(), places.size() >= count; }, 30s);
  }
  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> offsets;
    for (const KafkaPlace& place : places) offsets.push_back(place.offset);
    return offsets;
  }

  Cluster cluster{1};
  std::atomic<int> errors = 0;
  std::vector<KafkaPlace> places{};
  KafkaGroup group;
};

/// To join a group takes a mock cluster three seconds, so the members of all tests join at the same time.
struct GroupMembers {
  GroupMember full{2};
  GroupMember reading_again{1'000};
  GroupMember failing{1'000};
  GroupMember refused{1'000};
  GroupMember throwing{1'000, [] { throw std::runtime_error{"a listener's error"}; }};
  GroupMember without_grave{
      1'000, {}, std::make_shared<KafkaProducer>(KafkaSettings{.brokers = "127.0.0.1:1"}, 2s, 1'000'000)};

  static GroupMembers& get() {
    static GroupMembers members;
    return members;
  }
};

}  // namespace

TEST_CASE("a full program that loses a partition and gets it again gets its messages again") {
  GroupMember& member = GroupMembers::get().full;
  member.send(3);
  REQUIRE(member.has(2));
  member.poll();
  CHECK(member.offsets() == std::vector<std::int64_t>{0, 1});
  member.cluster.fail(Cluster::heartbeat, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
  REQUIRE(member.has(4));
  CHECK(member.offsets() == std::vector<std::int64_t>{0, 1, 0, 1});
}

TEST_CASE("a partition that is read again is not asked for messages until all that are in hand are put down") {
  GroupMember& member = GroupMembers::get().reading_again;
  member.send(2);
  REQUIRE(member.has(2));
  REQUIRE(member.group.begin(member.places[0]));
  member.group.give_back(member.places[1]);
  member.send(10);
  std::this_thread::sleep_for(200ms);  // they are in this program by then, and what comes behind them, too
  member.cluster.fail(Cluster::fetch, RD_KAFKA_RESP_ERR_UNKNOWN);
  std::this_thread::sleep_for(200ms);
  member.poll(0ms);
  CHECK(member.errors == 0);
  CHECK(member.places.size() == 2);
  member.group.acknowledge(member.places[0]);
  member.places.clear();
  REQUIRE(member.has(11));
  CHECK(member.offsets() == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("a poll of a group ends at its time, also while errors come") {
  GroupMember& member = GroupMembers::get().failing;
  member.send(1);
  REQUIRE(member.has(1));
  constexpr auto error = RD_KAFKA_RESP_ERR_UNKNOWN;
  member.cluster.fail(Cluster::fetch, error, error, error, error, error);
  std::this_thread::sleep_for(500ms);  // they are in this program by then
  CHECK(eventually([&] { return member.poll(0ms), member.errors > 0; }));
  const int first = member.errors;
  CHECK(first < 5);
  CHECK(eventually([&] { return member.poll(), member.errors > first; }));
}

TEST_CASE("a poll of a group ends at a stop") {
  std::stop_source stop;
  stop.request_stop();
  const auto begin = std::chrono::steady_clock::now();
  GroupMembers::get().failing.group.poll(begin + 60s, stop.get_token());
  CHECK(std::chrono::steady_clock::now() < begin + 30s);
}

TEST_CASE("an error that comes behind messages of a group is thrown when these were taken") {
  GroupMember& member = GroupMembers::get().refused;
  member.send(1);
  REQUIRE(member.has(1));
  member.send(1);
  std::this_thread::sleep_for(200ms);
  member.cluster.fail(Cluster::fetch, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  std::this_thread::sleep_for(200ms);
  std::optional<KafkaError> error;
  const auto poll = [&] {
    try {
      member.poll();
    } catch (const KafkaError& thrown) {
      error = thrown;
    }
    return error && member.places.size() == 2;
  };
  CHECK(eventually(poll, 10s));
  REQUIRE(error);
  CHECK(error->code() == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  CHECK(member.offsets() == std::vector<std::int64_t>{0, 1});
}

TEST_CASE("what a listener throws at an error of a group stops nothing") {
  GroupMember& member = GroupMembers::get().throwing;
  member.send(1);
  REQUIRE(member.has(1));
  member.cluster.set_down(true);
  CHECK(eventually([&] { return member.poll(), member.errors > 0; }));
  member.cluster.set_down(false);
  member.send(1);
  CHECK(member.has(2));
}

TEST_CASE("after a dead letter that failed others are tried when one was published, or as much time went by") {
  castore::detail::KafkaLetterDelay delay;
  delay.begin_poll();
  const KafkaPlace before{.poll = delay.poll()};
  const auto is_tried = [&](const KafkaPlace& place) {
    try {
      delay.expect_none(place);
      return true;
    } catch (const castore::MessagesNotPublishedError& error) {
      delay.note(error, {});  // it is not another failure
      return false;
    }
  };
  const auto fail = [&](std::chrono::steady_clock::duration took) {
    try {
      throw castore::MessagesNotPublishedError{{0}, "no answer", true};
    } catch (const std::exception& error) {
      delay.note(error, std::chrono::steady_clock::now() - took);
    }
  };
  CHECK(is_tried(before));
  fail(1h);
  CHECK_FALSE(is_tried(before));
  delay.begin_poll();
  CHECK(is_tried({.poll = delay.poll()}));
  CHECK_FALSE(is_tried(before));
  delay.end();
  CHECK(is_tried(before));
  fail(10ms);
  CHECK(eventually([&] { return is_tried(before); }));
}

TEST_CASE("of what was received together one dead letter is waited for that cannot be published") {
  GroupMember& member = GroupMembers::get().without_grave;
  member.send(3);
  std::vector<std::pair<KafkaPlace, KafkaPointer<rd_kafka_message_t>>> received;
  const auto receive = [&](std::size_t count) {
    received.clear();
    return eventually([&] {
      for (auto& one : member.group.poll(castore::detail::time_after(20ms))) received.push_back(std::move(one));
      return received.size() >= count;
    });
  };
  const auto bury = [&](std::size_t index) {
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(member.group.begin(received[index].first));
    CHECK(member.group.bury(received[index].first, *received[index].second, "it fails"));
    return std::chrono::steady_clock::now() - begin;
  };
  member.group.poll(castore::detail::time_after(0ms));
  REQUIRE(receive(3));
  const int before = member.errors;
  CHECK(bury(0) >= 1900ms);
  // As if they were of other partitions, which go on when a message of one is given back.
  received[1].first.partition->reads_again = false;
  CHECK(bury(1) < 1s);
  received[1].first.partition->reads_again = true;
  CHECK(member.errors >= before + 2);
  REQUIRE(receive(3));
  CHECK(bury(0) >= 1900ms);
}
