// SPDX-License-Identifier: MIT
// Amazon SQS keeps the laws of message channels, through the adapter and back through the consumer.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/support.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::sqs_tests;
using castore::testing::ChannelLawMessage;
using castore::testing::ReceivedMessage;

namespace {

/// A channel of any stores.
struct AnyStore {
  using Message = ChannelLawMessage;
  static Message parse_message(std::string_view json) { return nlohmann::json::parse(json).get<Message>(); }
};

template <bool is_fifo>
struct Fixture {
  static constexpr bool keeps_order = is_fifo;
  static constexpr bool delivers_once = is_fifo;  // while no answer is lost

  castore::SqsMessageQueueAdapter& adapter() { return sqs; }

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

  Queue queue{is_fifo};
  castore::SqsMessageQueueAdapter sqs{queue.url(), {.client = client_options()}};
  AnyStore stores{};
  castore::SqsConsumer<ChannelLawMessage> consumer{
      stores, queue.url(), {.client = client_options(), .wait_time = std::chrono::seconds{0}}};
  std::vector<ReceivedMessage> received{};
};

const bool registered = castore::testing::register_message_channel_laws<Fixture<true>>("a FIFO queue of SQS") &&
                        castore::testing::register_message_channel_laws<Fixture<false>>("a queue of SQS");

}  // namespace

TEST_CASE("the laws of message channels are registered for SQS") { CHECK(registered); }
