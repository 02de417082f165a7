// SPDX-License-Identifier: MIT
// Amazon SQS keeps the laws of message channels, through the adapter and back through the consumer.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/any_store.hpp"
#include "sqs/support.hpp"

#include <cstddef>
#include <vector>

using namespace castore::sqs_tests;

namespace {

template <bool is_fifo>
struct Fixture {
  static constexpr bool keeps_order = is_fifo;
  static constexpr bool delivers_once = is_fifo;  // while no answer is lost

  castore::SqsMessageQueueAdapter& adapter() { return sqs; }
  std::vector<castore::testing::ReceivedMessage> receive(std::size_t count) { return receiver.receive(count); }

  Queue queue{is_fifo};
  castore::SqsMessageQueueAdapter sqs{queue.url(), {.client = client_options()}};
  Receiver receiver{queue};
};

const bool registered = castore::testing::register_message_channel_laws<Fixture<true>>("a FIFO queue of SQS") &&
                        castore::testing::register_message_channel_laws<Fixture<false>>("a queue of SQS");

}  // namespace

TEST_CASE("the laws of message channels are registered for SQS") { CHECK(registered); }
