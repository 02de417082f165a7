// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_S3_HPP
#define CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_S3_HPP

/// @file
/// Messages through Amazon EventBridge, of which those that are too large are kept in Amazon S3, in Castore's format.
/// Source: \@castore/message-bus-adapter-event-bridge-s3 2.4.2.

#include <castore/aws/http_client.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/s3_messages.hpp>
#include <castore/messaging/adapters/event_bridge.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace castore {

/// @brief Sends messages to a bus of Amazon EventBridge as `EventBridgeMessageBusAdapter` does, and keeps those that
/// are too large for it in a bucket of Amazon S3. `parse_event_bridge_event` and `SqsConsumer` give them back by an
/// `S3MessageReader`.
///
/// @code
/// castore::EventBridgeS3MessageBusAdapter event_bridge{"pokemons", {.bucket = "pokemons-messages"}};
/// castore::NotificationMessageBus bus{"POKEMONS", pokemons, event_bridge};
/// @endcode
///
/// **Guarantees**
/// - Those of `EventBridgeMessageBusAdapter`.
/// - What is too large is written first, below `<prefix><store>/<id>/<time>#<version>`; the detail is then
///   `{"messageUrl": ...}`, an address that may be used for `url_lifetime`. Objects are not deleted: let the bucket do
///   it when no target wants them any more.
///
/// **Errors** As `EventBridgeMessageBusAdapter`. When a message cannot be kept, nothing is sent.
class EventBridgeS3MessageBusAdapter : private EventBridgeMessageBusAdapter {
 public:
  using EventBridgeMessageBusAdapter::delivers_once;
  using EventBridgeMessageBusAdapter::event_bus_name;
  using EventBridgeMessageBusAdapter::max_message_size;
  using EventBridgeMessageBusAdapter::needs_json;

  /// @brief Uses clients of its own. @param s3 Where large messages go; the region is the bus's unless it says another.
  /// @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument when an option is out of range
  EventBridgeS3MessageBusAdapter(std::string event_bus_name, S3MessageOptions s3,
                                 const EventBridgeMessageBusOptions& options = {})
      : EventBridgeMessageBusAdapter{std::move(event_bus_name), options},
        s3_{std::move(s3), options.client, options.retry},
        content_type_{detail::content_type_of(options.format)} {}

  /// @brief The operation of the adapter contract.
  /// @throws MessagesNotPublishedError, AwsCredentialsError, EventEncodeError, InvalidMessageError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    publish(messages, options, [&](std::vector<detail::AwsOutgoingMessage>& outgoing) {
      s3_.keep_large(messages, outgoing, max_message_size(), "Detail", content_type_);
    });
  }

 private:
  detail::S3Messages s3_;
  std::string content_type_;
};

static_assert(MessageChannelAdapter<EventBridgeS3MessageBusAdapter>);

}  // namespace castore

#endif
