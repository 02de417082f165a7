// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_S3_HPP
#define CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_S3_HPP

/// @file
/// Messages through Amazon EventBridge, in Castore's format. Those that are too large for it are kept in Amazon S3.
/// Source: \@castore/message-bus-adapter-event-bridge-s3 2.4.2.

#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/s3_messages.hpp>
#include <castore/messaging/adapters/event_bridge.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace castore {

/// @brief Sends messages to an Amazon EventBridge bus as `EventBridgeMessageBusAdapter` does, and keeps those that are
/// too large for it in an Amazon S3 bucket. With an `S3MessageReader`, `parse_event_bridge_event` and `SqsConsumer`
/// read them.
///
/// @code
/// castore::EventBridgeS3MessageBusAdapter event_bridge{"pokemons", {.bucket = "pokemons-messages"}};
/// castore::NotificationMessageBus bus{"POKEMONS", pokemons, event_bridge};
/// @endcode
///
/// **Guarantees**
/// - Those of `EventBridgeMessageBusAdapter`.
/// - A message that is too large is written to `<prefix><store>/<id>/<time>#<version>` before anything is sent. Its
///   detail is then `{"messageUrl": ...}`, with an address that may be used for `url_lifetime`. The adapter does not
///   delete objects: let the bucket expire them when no target can need them any more.
///
/// **Errors** Those of `EventBridgeMessageBusAdapter`. If a message cannot be kept, nothing is sent.
class EventBridgeS3MessageBusAdapter : private EventBridgeMessageBusAdapter {
 public:
  using EventBridgeMessageBusAdapter::delivers_once;
  using EventBridgeMessageBusAdapter::event_bus_name;
  using EventBridgeMessageBusAdapter::max_message_size;
  using EventBridgeMessageBusAdapter::needs_json;

  /// @brief Uses clients of its own. @param s3 Where large messages go. The region is the bus's unless this names
  /// another.
  /// @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument when an option is out of range
  EventBridgeS3MessageBusAdapter(std::string event_bus_name, const S3MessageOptions& s3,
                                 const EventBridgeMessageBusOptions& options = {})
      : EventBridgeMessageBusAdapter{std::move(event_bus_name), options},
        s3_{s3, options.client, options.retry},
        content_type_{detail::content_type_of(options.format)} {}
  /// @brief Shares clients, such as those over the AWS SDK: one of EventBridge and one of the bucket. Of
  /// `options.client` only the clock is used, of `s3` neither `region` nor `endpoint`.
  /// @throws std::invalid_argument when an option is out of range
  template <AwsClient Client, S3Client S3>
  EventBridgeS3MessageBusAdapter(std::shared_ptr<Client> client, std::shared_ptr<S3> s3_client,
                                 std::string event_bus_name, S3MessageOptions s3,
                                 const EventBridgeMessageBusOptions& options = {})
      : EventBridgeMessageBusAdapter{std::move(client), std::move(event_bus_name), options},
        s3_{std::move(s3_client), std::move(s3), options.client, options.retry},
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
