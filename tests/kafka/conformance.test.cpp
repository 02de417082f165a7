// SPDX-License-Identifier: MIT
// Kafka keeps the laws of message channels, through the adapter and back through the consumer.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/kafka.hpp>

#include "kafka/support.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::kafka_tests;
using castore::testing::ChannelLawMessage;
using castore::testing::ReceivedMessage;

namespace {

/// A channel of any stores.
struct AnyStore {
  using Message = ChannelLawMessage;
  static Message parse_message(std::string_view json) { return nlohmann::json::parse(json).get<Message>(); }
};

/// To join a group takes a mock cluster three seconds, so the laws share a member. Each receives all that it publishes.
struct Shared {
  Cluster cluster{};
  castore::KafkaMessageChannelAdapter adapter{cluster.settings(), "monsters"};
  AnyStore stores{};
  castore::KafkaConsumer<ChannelLawMessage> consumer{
      stores, cluster.settings(), "monsters", "group", {.wait_time = std::chrono::milliseconds{10}}};

  static Shared& get() {
    static Shared shared;
    return shared;
  }
};

struct Fixture {
  static constexpr bool keeps_order = true;
  static constexpr bool delivers_once = false;  // what is published again is there again

  castore::KafkaMessageChannelAdapter& adapter() { return Shared::get().adapter; }

  std::vector<ReceivedMessage> receive(std::size_t count) {
    const auto poll = [this] {
      return Shared::get().consumer.poll(
          [this](const ChannelLawMessage& message, const castore::MessageContext& context) {
            received.push_back({nlohmann::json(message).dump(), context.replay});
          });
    };
    eventually([&] {
      poll();
      return received.size() >= count;
    });
    while (poll() > 0) {
    }
    return std::exchange(received, {});
  }

  std::vector<ReceivedMessage> received{};
};

const bool registered = castore::testing::register_message_channel_laws<Fixture>("a topic of Kafka");

}  // namespace

TEST_CASE("the laws of message channels are registered for Kafka") { CHECK(registered); }
