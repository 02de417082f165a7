// SPDX-License-Identifier: MIT
// Amazon EventBridge keeps the laws of message channels, through the adapter and back through a queue.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/event_bridge.hpp>

#include "event_bridge/support.hpp"
#include "sqs/any_store.hpp"

#include <cstddef>
#include <vector>

using namespace castore::event_bridge_tests;

namespace {

struct Fixture {
  static constexpr bool keeps_order = false;
  static constexpr bool delivers_once = false;

  castore::EventBridgeMessageBusAdapter& adapter() { return event_bridge; }
  std::vector<castore::testing::ReceivedMessage> receive(std::size_t count) { return receiver.receive(count); }

  Queue queue{};
  Bus bus{queue.url()};
  castore::EventBridgeMessageBusAdapter event_bridge{bus.name(), {.client = client_options()}};
  Receiver receiver{queue};
};

const bool registered = castore::testing::register_message_channel_laws<Fixture>("a bus of EventBridge");

}  // namespace

TEST_CASE("the laws of message channels are registered for EventBridge") { CHECK(registered); }
