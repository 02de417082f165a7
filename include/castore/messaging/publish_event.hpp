// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_PUBLISH_EVENT_HPP
#define CASTORE_MESSAGING_PUBLISH_EVENT_HPP

/// @file
/// How an event of a store becomes the message that a channel takes, whatever the channel is.

#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <optional>
#include <string>
#include <utility>

namespace castore {

namespace detail {

/// Queues and buses say which messages they carry; any other object carries what its `publish_message` takes.
template <class Channel, class Message>
inline constexpr bool can_carry = true;
template <class Channel, class Message>
  requires requires { Channel::template carries<Message>; }
inline constexpr bool can_carry<Channel, Message> = Channel::template carries<Message>;

}  // namespace detail

/// @brief Channels that take a store's notification messages: they have `publish_message(message, options)`.
template <class Channel, class Store>
concept CarriesNotifications = requires(Channel& channel, const NotificationMessage<typename Store::Events>& message,
                                        const PublishMessageOptions& options) {
  channel.publish_message(message, options);
} && detail::can_carry<Channel, NotificationMessage<typename Store::Events>>;

/// @brief Channels that take a store's state-carrying messages.
template <class Channel, class Store>
concept CarriesState =
    requires(Channel& channel, const StateCarryingMessage<typename Store::Events, typename Store::Aggregate>& message,
             const PublishMessageOptions& options) { channel.publish_message(message, options); } &&
    detail::can_carry<Channel, StateCarryingMessage<typename Store::Events, typename Store::Aggregate>>;

/// @brief Channels that take a store's messages that aggregates exist.
template <class Channel>
concept CarriesAggregateExists =
    requires(Channel& channel, const AggregateExistsMessage& message, const PublishMessageOptions& options) {
      channel.publish_message(message, options);
    } && detail::can_carry<Channel, AggregateExistsMessage>;

namespace detail {

/// Checks that a channel takes a store's events so that a compiler's error names both.
template <class Channel, class Store>
constexpr bool check_event_channel() {
  constexpr bool is_valid = CarriesNotifications<Channel, Store> || CarriesState<Channel, Store>;
  static_assert(is_valid,
                "castore: this channel cannot carry the events of this store: it takes messages of another kind, or "
                "the store is not among its source stores; use a NotificationMessage or StateCarryingMessage queue or "
                "bus with this store, or any object with `void publish_message(const Message&, const "
                "castore::PublishMessageOptions&)` for one of these messages");
  return is_valid;
}

/// Publishes an event, with the aggregate after it where the channel wants it: `aggregate`, or what the store has.
template <class Channel, class Store>
void publish_event(Channel& channel, const Store& store, const typename Store::Event& event,
                   const std::optional<typename Store::Aggregate>& aggregate, const PublishMessageOptions& options) {
  std::string id{store.event_store_id()};
  if constexpr (CarriesNotifications<Channel, Store>) {
    channel.publish_message(NotificationMessage<typename Store::Events>{std::move(id), event}, options);
  } else if constexpr (CarriesState<Channel, Store>) {
    using Message = StateCarryingMessage<typename Store::Events, typename Store::Aggregate>;
    channel.publish_message(Message{std::move(id), event,
                                    aggregate ? *aggregate
                                              : store.get_existing_aggregate(event.aggregate_id(),
                                                                             whole_aggregate(store, event.version()))},
                            options);
  }
}

}  // namespace detail

}  // namespace castore

#endif
