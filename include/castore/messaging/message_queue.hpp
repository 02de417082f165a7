// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_QUEUE_HPP
#define CASTORE_MESSAGING_MESSAGE_QUEUE_HPP

#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel.hpp>

#include <string>
#include <tuple>

namespace castore {

/// @brief A queue of messages that say that aggregates exist. Each message goes to one worker.
template <class... Stores>
class AggregateExistsMessageQueue
    : public detail::MessageChannel<MessageKind::aggregate_exists, MessageChannelType::queue, Stores...> {
  using Base = detail::MessageChannel<MessageKind::aggregate_exists, MessageChannelType::queue, Stores...>;

 public:
  using Base::Base;
};

template <class Store>
AggregateExistsMessageQueue(std::string, Store&) -> AggregateExistsMessageQueue<Store>;
template <class... Stores>
AggregateExistsMessageQueue(std::string, std::tuple<Stores&...>) -> AggregateExistsMessageQueue<Stores...>;
template <class Store, class Adapter>
AggregateExistsMessageQueue(std::string, Store&, Adapter&&) -> AggregateExistsMessageQueue<Store>;
template <class... Stores, class Adapter>
AggregateExistsMessageQueue(std::string, std::tuple<Stores&...>, Adapter&&) -> AggregateExistsMessageQueue<Stores...>;

/// @brief A queue of messages that say that events happened. Each message goes to one worker.
///
/// @code
/// castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons};                    // one source store
/// castore::NotificationMessageQueue both{"ALL_QUEUE", std::tie(pokemons, trainers)};     // or several
/// castore::InMemoryMessageQueueAdapter adapter{queue};
/// @endcode
///
/// **Guarantees:** any number of threads may publish; only `set_message_channel_adapter` needs to be alone. What
/// becomes of a message is the adapter's promise.
template <class... Stores>
class NotificationMessageQueue
    : public detail::MessageChannel<MessageKind::notification, MessageChannelType::queue, Stores...> {
  using Base = detail::MessageChannel<MessageKind::notification, MessageChannelType::queue, Stores...>;

 public:
  using Base::Base;
};

template <class Store>
NotificationMessageQueue(std::string, Store&) -> NotificationMessageQueue<Store>;
template <class... Stores>
NotificationMessageQueue(std::string, std::tuple<Stores&...>) -> NotificationMessageQueue<Stores...>;
template <class Store, class Adapter>
NotificationMessageQueue(std::string, Store&, Adapter&&) -> NotificationMessageQueue<Store>;
template <class... Stores, class Adapter>
NotificationMessageQueue(std::string, std::tuple<Stores&...>, Adapter&&) -> NotificationMessageQueue<Stores...>;

/// @brief A queue of messages that say that events happened, with the aggregate after the event. Each message goes to
/// one worker.
/// @code
/// castore::StateCarryingMessageQueue queue{"POKEMON_QUEUE", pokemons};
/// @endcode
template <class... Stores>
class StateCarryingMessageQueue : public detail::StateCarryingMessageChannel<MessageChannelType::queue, Stores...> {
  using Base = detail::StateCarryingMessageChannel<MessageChannelType::queue, Stores...>;

 public:
  using Base::Base;
};

template <class Store>
StateCarryingMessageQueue(std::string, Store&) -> StateCarryingMessageQueue<Store>;
template <class... Stores>
StateCarryingMessageQueue(std::string, std::tuple<Stores&...>) -> StateCarryingMessageQueue<Stores...>;
template <class Store, class Adapter>
StateCarryingMessageQueue(std::string, Store&, Adapter&&) -> StateCarryingMessageQueue<Store>;
template <class... Stores, class Adapter>
StateCarryingMessageQueue(std::string, std::tuple<Stores&...>, Adapter&&) -> StateCarryingMessageQueue<Stores...>;

}  // namespace castore

#endif
