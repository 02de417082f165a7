// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SQS_ANY_STORE_HPP
#define CASTORE_TESTS_SQS_ANY_STORE_HPP

/// @file
/// What the laws of message channels receive of a queue.

#include <castore/testing/message_channel_conformance.hpp>

#include "sqs/support.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::sqs_tests {

/// A channel of any stores.
struct AnyStore {
  using Message = testing::ChannelLawMessage;
  static Message parse_message(std::string_view json) { return nlohmann::json::parse(json).get<Message>(); }
};

class Receiver {
 public:
  using Options = SqsConsumerOptions<testing::ChannelLawMessage>;

  explicit Receiver(const Queue& queue, Options options = {})
      : consumer_{stores_, queue.url(), with_server(std::move(options))} {}

  /// So many messages, and those that come with them.
  std::vector<testing::ReceivedMessage> receive(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    const auto poll = [this] {
      return consumer_.poll([this](const testing::ChannelLawMessage& message, const MessageContext& context) {
        received_.push_back({nlohmann::json(message).dump(), context.replay});
      });
    };
    while (received_.size() < count && std::chrono::steady_clock::now() < deadline) poll();
    while (poll() > 0) {
    }
    return std::exchange(received_, {});
  }

 private:
  static Options with_server(Options options) {
    options.client = client_options();
    options.wait_time = std::chrono::seconds{0};
    return options;
  }

  AnyStore stores_{};
  SqsConsumer<testing::ChannelLawMessage> consumer_;
  std::vector<testing::ReceivedMessage> received_{};
};

}  // namespace castore::sqs_tests

#endif
