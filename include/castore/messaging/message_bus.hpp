// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_BUS_HPP
#define CASTORE_MESSAGING_MESSAGE_BUS_HPP

#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel.hpp>

#include <string>
#include <tuple>

namespace castore {

/// @brief A bus of messages that say that aggregates exist. Each message goes to every listener that wants it.
template <class... Stores>
class AggregateExistsMessageBus
    : public detail::MessageChannel<MessageKind::aggregate_exists, MessageChannelType::bus, Stores...> {
  using Base = detail::MessageChannel<MessageKind::aggregate_exists, MessageChannelType::bus, Stores...>;

 public:
  using Base::Base;
};

template <class Store>
AggregateExistsMessageBus(std::string, Store&) -> AggregateExistsMessageBus<Store>;
template <class... Stores>
AggregateExistsMessageBus(std::string, std::tuple<Stores&...>) -> AggregateExistsMessageBus<Stores...>;
template <class Store, class Adapter>
AggregateExistsMessageBus(std::string, Store&, Adapter&&) -> AggregateExistsMessageBus<Store>;
template <class... Stores, class Adapter>
AggregateExistsMessageBus(std::string, std::tuple<Stores&...>, Adapter&&) -> AggregateExistsMessageBus<Stores...>;

/// @brief A bus of messages that say that events happened. Each message goes to every listener that wants it.
///
/// @code
/// castore::NotificationMessageBus bus{"POKEMON_BUS", std::tie(pokemons, trainers)};
/// castore::InMemoryMessageBusAdapter adapter{bus};
/// @endcode
///
/// **Guarantees:** any number of threads may publish; only `set_message_channel_adapter` needs to be alone. What
/// becomes of a message is the adapter's promise.
template <class... Stores>
class NotificationMessageBus
    : public detail::MessageChannel<MessageKind::notification, MessageChannelType::bus, Stores...> {
  using Base = detail::MessageChannel<MessageKind::notification, MessageChannelType::bus, Stores...>;

 public:
  using Base::Base;
};

template <class Store>
NotificationMessageBus(std::string, Store&) -> NotificationMessageBus<Store>;
template <class... Stores>
NotificationMessageBus(std::string, std::tuple<Stores&...>) -> NotificationMessageBus<Stores...>;
template <class Store, class Adapter>
NotificationMessageBus(std::string, Store&, Adapter&&) -> NotificationMessageBus<Store>;
template <class... Stores, class Adapter>
NotificationMessageBus(std::string, std::tuple<Stores&...>, Adapter&&) -> NotificationMessageBus<Stores...>;

/// @brief A bus of messages that say that events happened, with the aggregate after the event. Each message goes to
/// every listener that wants it.
/// @code
/// castore::StateCarryingMessageBus bus{"POKEMON_BUS", pokemons};
/// @endcode
template <class... Stores>
class StateCarryingMessageBus : public detail::StateCarryingMessageChannel<MessageChannelType::bus, Stores...> {
  using Base = detail::StateCarryingMessageChannel<MessageChannelType::bus, Stores...>;

 public:
  using Base::Base;
};

template <class Store>
StateCarryingMessageBus(std::string, Store&) -> StateCarryingMessageBus<Store>;
template <class... Stores>
StateCarryingMessageBus(std::string, std::tuple<Stores&...>) -> StateCarryingMessageBus<Stores...>;
template <class Store, class Adapter>
StateCarryingMessageBus(std::string, Store&, Adapter&&) -> StateCarryingMessageBus<Store>;
template <class... Stores, class Adapter>
StateCarryingMessageBus(std::string, std::tuple<Stores&...>, Adapter&&) -> StateCarryingMessageBus<Stores...>;

}  // namespace castore

#endif
