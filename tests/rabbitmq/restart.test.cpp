// SPDX-License-Identifier: MIT
// A node that is killed and started again, while one thread publishes and another one consumes.
#include <castore/messaging/adapters/rabbitmq.hpp>

#include "rabbitmq/support.hpp"

#include <castore/messaging/errors.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace castore::rabbitmq_tests;
using castore::MessageContext;
using castore::Version;

TEST_CASE("when the node is killed nothing that was published is lost, and each aggregate keeps its order") {
  const Place place{Arguments{{}, {}, {"x-single-active-consumer"}}};
  const Monsters monsters;
  castore::RabbitMqMessageChannelAdapter adapter{server_url(), place.name(), {.connection = {.timeout = 300s}}};
  castore::RabbitMqConsumer consumer{
      monsters.queue, server_url(), place.name(), {.reject_dead_letters = true, .wait_time = 20ms}};
  std::stop_source stop;
  std::atomic<int> handled{0};
  std::map<std::string, std::vector<Version>> versions;  // of each aggregate, when they came first
  std::map<std::string, std::set<Version>> seen;
  std::thread consuming{[&] {
    while (!stop.stop_requested()) {
      try {
        consumer.poll([&](const MonsterMessage& message, const MessageContext&) {
          const std::string id = message.event.aggregate_id();
          if (seen[id].insert(message.event.version()).second) versions[id].push_back(message.event.version());
          ++handled;
        });
      } catch (const castore::MessageSourceError& error) {  // `run` would wait longer and longer
        if (!error.retryable()) throw;
        std::this_thread::sleep_for(10ms);
      }
    }
  }};
  std::atomic<Version> published{0};
  std::atomic<bool> is_enough{false};
  std::thread publishing{[&] {
    while (!is_enough) {
      const Version version = published + 1;
      publish(adapter, {appeared("a", version), appeared("b", version), appeared("c", version)});
      published = version;
    }
  }};
  const auto wait_for = [](const auto& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 240s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    CHECK(condition());
  };
  wait_for([&] { return published > 20 && handled > 20; });
  server("kill");
  server("restart");
  const Version before = published;
  wait_for([&] { return published > before + 20; });
  is_enough = true;
  publishing.join();
  publish(adapter, {appeared("end")});
  wait_for([&] { return place.size() == 0; });
  stop.request_stop();
  consuming.join();
  CHECK(place.take().empty());
  std::vector<Version> expected;
  for (Version version = 1; version <= published; ++version) expected.push_back(version);
  CHECK(versions ==
        std::map<std::string, std::vector<Version>>{{"a", expected}, {"b", expected}, {"c", expected}, {"end", {1}}});
}
