// SPDX-License-Identifier: MIT
// RabbitMQ keeps the laws of message channels, through the adapter and back through the consumer.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/rabbitmq.hpp>

#include "rabbitmq/support.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::rabbitmq_tests;
using castore::testing::ChannelLawMessage;
using castore::testing::ReceivedMessage;

namespace {

/// A channel of any stores.
struct AnyStore {
  using Message = ChannelLawMessage;
  static Message parse_message(std::string_view json) { return nlohmann::json::parse(json).get<Message>(); }
};

template <bool is_quorum>
struct Fixture {
  static constexpr bool delivers_once = true;  // while no connection breaks

  castore::RabbitMqMessageChannelAdapter& adapter() { return rabbitmq; }

  std::vector<ReceivedMessage> receive(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    const auto poll = [this] {
      return consumer.poll([this](const ChannelLawMessage& message, const castore::MessageContext& context) {
        received.push_back({nlohmann::json(message).dump(), context.replay});
      });
    };
    while (received.size() < count && std::chrono::steady_clock::now() < deadline) poll();
    while (poll() > 0) {
    }
    return std::exchange(received, {});
  }

  Place place{is_quorum ? Arguments{Arguments::Texts{{"x-queue-type", "quorum"}}} : Arguments{}};
  castore::RabbitMqMessageChannelAdapter rabbitmq{server_url(), place.name()};
  AnyStore stores{};
  castore::RabbitMqConsumer<ChannelLawMessage> consumer{
      stores, server_url(), place.name(), {.reject_dead_letters = true, .wait_time = std::chrono::milliseconds{50}}};
  std::vector<ReceivedMessage> received{};
};

const bool registered = castore::testing::register_message_channel_laws<Fixture<false>>("a queue of RabbitMQ") &&
                        castore::testing::register_message_channel_laws<Fixture<true>>("a quorum queue of RabbitMQ");

}  // namespace

TEST_CASE("the laws of message channels are registered for RabbitMQ") { CHECK(registered); }
