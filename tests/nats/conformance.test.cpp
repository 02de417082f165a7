// SPDX-License-Identifier: MIT
// NATS JetStream keeps the laws of message channels, through the adapter and back through the consumer.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/nats.hpp>

#include "nats/support.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::nats_tests;
using castore::testing::ChannelLawMessage;
using castore::testing::ReceivedMessage;

namespace {

/// A channel of any stores.
struct AnyStore {
  using Message = ChannelLawMessage;
  static Message parse_message(std::string_view json) { return nlohmann::json::parse(json).get<Message>(); }
};

struct Fixture {
  static constexpr bool keeps_order = true;
  static constexpr bool delivers_once = true;  // while nothing breaks

  castore::NatsMessageChannelAdapter& adapter() { return nats; }

  std::vector<ReceivedMessage> receive(std::size_t count) {
    const auto poll = [this] {
      return consumer.poll([this](const ChannelLawMessage& message, const castore::MessageContext& context) {
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

  Stream stream{};
  castore::NatsMessageChannelAdapter nats{stream.connection(), {.subject_prefix = stream.name()}};
  AnyStore stores{};
  castore::NatsConsumer<ChannelLawMessage> consumer{
      stores, stream.connection(), stream.name(), "reader", {.wait_time = std::chrono::milliseconds{0}}};
  std::vector<ReceivedMessage> received{};
};

const bool registered = castore::testing::register_message_channel_laws<Fixture>("a stream of NATS");

}  // namespace

TEST_CASE("the laws of message channels are registered for NATS") { CHECK(registered); }
