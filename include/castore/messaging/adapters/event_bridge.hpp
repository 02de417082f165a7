// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_HPP
#define CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_HPP

/// @file
/// Messages through Amazon EventBridge, in Castore's format.
/// Source: \@castore/message-bus-adapter-event-bridge 2.4.2; Amazon EventBridge API Reference, PutEvents, and User
/// Guide, "Calculating PutEvents event entry size".

#include <castore/aws/caller.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/retry.hpp>
#include <castore/messaging/adapters/aws/batch_channel.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/delivered_event.hpp>
#include <castore/messaging/adapters/aws/message_url.hpp>
#include <castore/messaging/adapters/event_bridge/client.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of an `EventBridgeMessageBusAdapter`.
struct EventBridgeMessageBusOptions {
  AwsHttpClientOptions client{};  ///< For the client that the adapter makes.
  AwsRetryPolicy retry{};         ///< How often and for how long the adapter tries to send a batch.
  /// @brief The largest message, with its source and type, and the largest batch, in bytes: what EventBridge takes in
  /// one request.
  std::size_t max_message_size = 262'144;
  /// @brief The form in which messages are sent. EventBridge has no headers, so `cloud_event_binary` is an error.
  MessageFormat format = MessageFormat::castore;
};

/// @brief Sends messages to an Amazon EventBridge bus, in Castore's format. Reach for it when rules should decide who
/// gets which event. If order matters, use `SqsMessageQueueAdapter` with a FIFO queue.
///
/// @code
/// castore::EventBridgeMessageBusAdapter event_bridge{"pokemons"};
/// castore::NotificationMessageBus bus{"POKEMONS", pokemons, event_bridge};
/// @endcode
///
/// **Guarantees**
/// - When `publish_messages` returns, EventBridge has taken the messages. It hands each to the targets of the rules
///   that match: perhaps twice, and in any order. If an answer was lost, a message may have been sent twice.
/// - `Source` is the store's id. `DetailType` is the event's type, `__REPLAYED__` for replays, or
///   `__AGGREGATE_EXISTS__`. `Detail` is the message's JSON unless `format` says otherwise. A replay of
///   `__AGGREGATE_EXISTS__` keeps that type and has the resource `__REPLAYED__`.
/// - A batch has up to ten messages and is one request. Batches are sent in the order of the messages.
/// - Any number of threads may share an adapter, and a client.
///
/// **Errors** `MessagesNotPublishedError` names the messages that EventBridge did not take, with an `AwsError` or
/// `AwsConnectionError` nested if there was one. A message that is too large is refused before anything is sent.
/// `AwsCredentialsError` when there are no credentials. EventBridge need not report an error for a bus that does not
/// exist.
class EventBridgeMessageBusAdapter {
 public:
  static constexpr bool needs_json = true;      ///< Messages are sent as JSON.
  static constexpr bool delivers_once = false;  ///< A message may come twice.

  /// @brief Uses a client of its own. @param event_bus_name The bus's name or ARN, such as `default`.
  /// @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument when the format cannot be sent
  explicit EventBridgeMessageBusAdapter(std::string event_bus_name, const EventBridgeMessageBusOptions& options = {})
      : EventBridgeMessageBusAdapter{std::make_shared<EventBridgeHttpClient>(options.client), std::move(event_bus_name),
                                     options} {}
  /// @brief Shares a client, such as one over the AWS SDK. `options.client` is then ignored.
  /// @throws std::invalid_argument when `max_attempts` is below 1, or the format cannot be sent
  template <AwsClient Client>
  EventBridgeMessageBusAdapter(std::shared_ptr<Client> client, std::string event_bus_name,
                               const EventBridgeMessageBusOptions& options = {})
      : channel_{{std::move(client), options.retry}, "PutEvents", options.max_message_size},
        event_bus_name_{std::move(event_bus_name)},
        format_{options.format} {
    if (format_ == MessageFormat::cloud_event_binary) {
      throw std::invalid_argument{
          "castore: EventBridge has no headers, which CloudEvents in binary mode need; take "
          "MessageFormat::cloud_event"};
    }
  }

  /// @brief The bus's name.
  const std::string& event_bus_name() const noexcept { return event_bus_name_; }
  /// @brief The largest message, with its source and type, in bytes.
  std::size_t max_message_size() const noexcept { return channel_.max_size(); }

  /// @brief The operation of the adapter contract.
  /// @throws MessagesNotPublishedError, AwsCredentialsError, EventEncodeError, InvalidMessageError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    publish(messages, options, {});
  }

 protected:
  /// Changes what is about to be sent.
  using BeforeSending = std::function<void(std::vector<detail::AwsOutgoingMessage>& outgoing)>;

  void publish(std::span<const MessageView> messages, const PublishMessageOptions& options,
               const BeforeSending& before_sending) const {
    std::vector<detail::AwsOutgoingMessage> outgoing;
    outgoing.reserve(messages.size());
    for (const MessageView& view : messages) outgoing.push_back(entry_of(view, options.replay));
    if (before_sending) before_sending(outgoing);
    channel_.publish(outgoing, make_request, read_results);
  }

 private:
  detail::AwsOutgoingMessage entry_of(const MessageView& view, bool replay) const {
    const MessageHeader& header = view.header();
    const bool has_event = header.event_type.has_value();
    std::string type{header.event_type.value_or("__AGGREGATE_EXISTS__")};
    if (replay && has_event) type = detail::replayed_detail_type;
    std::string detail =
        format_ == MessageFormat::castore ? view.to_json() : format_cloud_event(to_cloud_event(view, replay));
    detail::AwsOutgoingMessage message;
    message.name = "the message " + detail::in_quotes(detail::plain_message_id(header));
    message.size = header.event_store_id.size() + type.size() + detail.size();
    message.entry = {{"EventBusName", event_bus_name_},
                     {"Source", header.event_store_id},
                     {"DetailType", std::move(type)},
                     {"Detail", std::move(detail)}};
    if (replay && !has_event) {
      message.entry["Resources"] = nlohmann::json::array({std::string{detail::replayed_resource}});
      message.size += detail::replayed_resource.size();
    }
    return message;
  }

  static nlohmann::json make_request(const std::vector<const detail::AwsOutgoingMessage*>& batch) {
    nlohmann::json request{{"Entries", nlohmann::json::array()}};
    for (const detail::AwsOutgoingMessage* const message : batch) request["Entries"].push_back(message->entry);
    return request;
  }

  static void read_results(const nlohmann::json& answer, std::vector<detail::AwsEntryResult>& results) {
    const auto entries = answer.find("Entries");
    if (entries == answer.end() || !entries->is_array() || entries->size() != results.size()) return;
    for (std::size_t index = 0; index < results.size(); ++index) {
      const nlohmann::json& entry = (*entries)[index];
      std::string code = detail::text_member(entry, "ErrorCode");
      if (!code.empty()) {
        results[index] = detail::failed_aws_entry(detail::event_bridge_service, std::move(code),
                                                  detail::text_member(entry, "ErrorMessage"));
      } else if (!detail::text_member(entry, "EventId").empty()) {
        results[index] = {detail::AwsEntryStatus::taken, {}};
      }
    }
  }

  detail::AwsBatchChannel channel_;
  std::string event_bus_name_;
  MessageFormat format_;
};

static_assert(MessageChannelAdapter<EventBridgeMessageBusAdapter>);

/// @brief A message that EventBridge delivered.
template <MessageType MessageT>
struct EventBridgeMessage {
  std::string id{};     ///< EventBridge's id of the event. A message that was published twice has two.
  MessageT message;     ///< The message.
  bool replay = false;  ///< Whether it was published as a replay.
};

/// @brief Reads the message from an event that EventBridge gives to a Lambda function or another target: JSON with
/// `detail-type`, `source`, `detail` and so on, sent by this library or by Castore. For events that go through a queue,
/// use `SqsConsumer`, which understands them.
///
/// @code
/// const auto event = castore::parse_event_bridge_event(bus, lambda_event);
/// if (!event.replay) read_model.update(event.message);
/// @endcode
/// @param channel The channel whose messages the bus carries, with or without an adapter.
/// @param reader Reads messages that are kept in S3: a `castore::S3MessageReader`.
/// @throws InvalidMessageError (fix: it is not an event of EventBridge, or not a message of the channel), and what the
/// reader throws
template <class Channel>
  requires MessageType<typename Channel::Message>
EventBridgeMessage<typename Channel::Message> parse_event_bridge_event(const Channel& channel, std::string_view json,
                                                                       const MessageReader& reader = {}) {
  const std::optional<detail::DeliveredEvent> event = detail::read_delivered_event(json, reader);
  if (!event) throw InvalidMessageError{"detail-type", "it is missing"};
  const detail::ReceivedBody body = detail::read_body(*event);
  return {event->id, channel.parse_message(body.json), body.replay};
}

}  // namespace castore

#endif
