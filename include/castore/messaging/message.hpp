// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_HPP
#define CASTORE_MESSAGING_MESSAGE_HPP

/// @file
/// The three kinds of messages, of one store or of several.

#include <castore/core/context.hpp>
#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore {

/// @brief Says that an aggregate exists. Reach for it to have every aggregate looked at once, e.g. by a migration.
struct AggregateExistsMessage {
  std::string event_store_id{};         ///< Its store.
  std::string aggregate_id{};           ///< Its id.
  Timestamp initial_event_timestamp{};  ///< When it began.

  friend bool operator==(const AggregateExistsMessage&, const AggregateExistsMessage&) = default;
};

/// @brief Says that an event happened. Reach for it when who listens needs the event only.
/// @tparam Events The store's `castore::Events<...>`.
template <class Events>
struct NotificationMessage {
  std::string event_store_id{};  ///< The event's store.
  Event<Events> event;           ///< The event, complete.

  friend bool operator==(const NotificationMessage&, const NotificationMessage&)
    requires std::equality_comparable<Event<Events>>
  = default;
};

/// @brief Says that an event happened, and what the aggregate is after it. Reach for it for read models: they store the
/// aggregate they get and need not load it, nor know the reducer.
template <class Events, class Aggregate>
struct StateCarryingMessage {
  std::string event_store_id{};  ///< The event's store.
  Event<Events> event;           ///< The event, complete.
  Aggregate aggregate;           ///< As it is after the event.

  friend bool operator==(const StateCarryingMessage&, const StateCarryingMessage&)
    requires std::equality_comparable<Event<Events>> && std::equality_comparable<Aggregate>
  = default;
};

/// @brief Which kind of message a type is.
enum class MessageKind {
  aggregate_exists,  ///< `AggregateExistsMessage`.
  notification,      ///< `NotificationMessage`.
  state_carrying     ///< `StateCarryingMessage`.
};

namespace detail {

template <class Candidate>
struct MessageTraits {};
template <>
struct MessageTraits<AggregateExistsMessage> {
  static constexpr MessageKind kind = MessageKind::aggregate_exists;
};
template <class Events>
struct MessageTraits<NotificationMessage<Events>> {
  static constexpr MessageKind kind = MessageKind::notification;
};
template <class Events, class Aggregate>
struct MessageTraits<StateCarryingMessage<Events, Aggregate>> {
  static constexpr MessageKind kind = MessageKind::state_carrying;
};

template <class Candidate>
concept SingleMessage = requires { MessageTraits<Candidate>::kind; };

}  // namespace detail

/// @brief A message of one of several stores: a `std::variant<Messages...>` with the accessors that all of them share.
/// A channel over stores with different events carries these.
template <detail::SingleMessage... Messages>
class AnyOfMessages {
 public:
  using Variant = std::variant<Messages...>;  ///< What it wraps.

  /// @brief Wraps a message of one of the stores.
  template <class Message>
    requires(std::same_as<Message, Messages> || ...)
  AnyOfMessages(Message message)  // NOLINT(google-explicit-constructor): a message of one store is one of them
      : variant_{std::move(message)} {}

  /// @brief The store it is of.
  const std::string& event_store_id() const noexcept {
    return std::visit([](const auto& message) -> const std::string& { return message.event_store_id; }, variant_);
  }

  /// @brief Calls the function that fits the message and returns what it returns.
  template <class... Functions>
  decltype(auto) visit(Functions&&... functions) const {
    return std::visit(detail::Overloaded<std::decay_t<Functions>...>{std::forward<Functions>(functions)...}, variant_);
  }

  /// @brief The message when it has this type, else a null pointer. It points into this object.
  template <class Message>
  const Message* get_if() const& noexcept {
    static_assert((std::same_as<Message, Messages> || ...), "castore: no source store has messages of this type");
    return std::get_if<Message>(&variant_);
  }
  template <class Message>
  const Message* get_if() const&& = delete;

  /// @brief The variant itself.
  const Variant& variant() const noexcept { return variant_; }

  friend bool operator==(const AnyOfMessages&, const AnyOfMessages&)
    requires(std::equality_comparable<Messages> && ...)
  = default;

 private:
  Variant variant_;
};

namespace detail {

template <class First, class... Rest>
struct MessageTraits<AnyOfMessages<First, Rest...>> {
  static constexpr MessageKind kind = MessageTraits<First>::kind;
};

/// `AnyOfMessages` without repetitions; a single one is itself.
template <class Unique, class... Messages>
struct JoinMessages;
template <class First>
struct JoinMessages<AnyOfMessages<First>> {
  using type = First;
};
template <class... Unique>
  requires(sizeof...(Unique) > 1)
struct JoinMessages<AnyOfMessages<Unique...>> {
  using type = AnyOfMessages<Unique...>;
};
template <class... Unique, class Next, class... Rest>
struct JoinMessages<AnyOfMessages<Unique...>, Next, Rest...>
    : JoinMessages<std::conditional_t<(std::same_as<Next, Unique> || ...), AnyOfMessages<Unique...>,
                                      AnyOfMessages<Unique..., Next>>,
                   Rest...> {};

template <class... Messages>
using JoinedMessages = typename JoinMessages<AnyOfMessages<>, Messages...>::type;

}  // namespace detail

/// @brief A message of any kind, of one store or of several.
template <class Candidate>
concept MessageType = requires { detail::MessageTraits<Candidate>::kind; };

/// @brief The kind of a message type.
template <MessageType Message>
inline constexpr MessageKind message_kind = detail::MessageTraits<Message>::kind;

/// @brief True for a message that says that an aggregate exists. It and the next three are Castore's guards.
template <MessageType Message>
constexpr bool is_aggregate_exists_message(const Message&) noexcept {
  return message_kind<Message> == MessageKind::aggregate_exists;
}
/// @brief True for a notification and for a state-carrying message.
template <MessageType Message>
constexpr bool is_event_carrying_message(const Message&) noexcept {
  return message_kind<Message> != MessageKind::aggregate_exists;
}
/// @brief True for a message with an event alone.
template <MessageType Message>
constexpr bool is_notification_message(const Message&) noexcept {
  return message_kind<Message> == MessageKind::notification;
}
/// @brief True for a message with an event and the aggregate after it.
template <MessageType Message>
constexpr bool is_state_carrying_message(const Message&) noexcept {
  return message_kind<Message> == MessageKind::state_carrying;
}

/// @brief The messages of a store, or of several: then `AnyOfMessages`, unless all have the same types.
template <class... Stores>
using EventStoreAggregateExistsMessage = AggregateExistsMessage;
/// @brief The notification messages of a store, or of several: then `AnyOfMessages`, unless all have the same types.
template <class... Stores>
using EventStoreNotificationMessage = detail::JoinedMessages<NotificationMessage<typename Stores::Events>...>;
/// @brief The state-carrying messages of a store, or of several: then `AnyOfMessages`, unless all have the same types.
template <class... Stores>
using EventStoreStateCarryingMessage =
    detail::JoinedMessages<StateCarryingMessage<typename Stores::Events, typename Stores::Aggregate>...>;

/// @brief What every message says of itself. A view of the message it was made from.
struct MessageHeader {
  std::string_view event_store_id{};             ///< Its store.
  std::string_view aggregate_id{};               ///< Its aggregate.
  std::optional<Version> version{};              ///< Unless it says that an aggregate exists.
  std::optional<std::string_view> event_type{};  ///< Likewise.
  Timestamp timestamp{};                         ///< The event's; the initial event's when an aggregate exists.
};

namespace detail {

/// What carriers know a message by, as Castore writes it: `store#id`, and `#version` where there is one. Two messages
/// may have the same, unlike with `message_id`.
inline std::string plain_message_id(const MessageHeader& header, bool with_version = true) {
  std::string id{header.event_store_id};
  id.append("#").append(header.aggregate_id);
  if (with_version && header.version) id.append("#").append(std::to_string(*header.version));
  return id;
}

}  // namespace detail

/// @brief The header of a message; it must not outlive the message.
template <MessageType Message>
MessageHeader message_header(const Message& message) {
  if constexpr (requires { message.variant(); }) {
    return message.visit([](const auto& one) { return message_header(one); });
  } else if constexpr (message_kind<Message> == MessageKind::aggregate_exists) {
    return {.event_store_id = message.event_store_id,
            .aggregate_id = message.aggregate_id,
            .timestamp = message.initial_event_timestamp};
  } else {
    return {.event_store_id = message.event_store_id,
            .aggregate_id = message.event.aggregate_id(),
            .version = message.event.version(),
            .event_type = message.event.type(),
            .timestamp = message.event.timestamp()};
  }
}

/// @brief The context of what a message leads to, from the handler of a consumer, a queue or a bus: see the form for
/// events. A message that an aggregate exists begins a correlation, `store#aggregate`.
/// @code
/// consumer.run([&](const auto& message, const castore::MessageContext&) {
///   reserve.with({.context = castore::next_context(message)})(article_of(message));
/// }, stop);
/// @endcode
template <MessageType Message>
Context next_context(const Message& message) {
  if constexpr (requires { message.variant(); }) {
    return message.visit([](const auto& one) { return next_context(one); });
  } else if constexpr (message_kind<Message> == MessageKind::aggregate_exists) {
    return detail::context_caused_by(message.event_store_id + '#' + message.aggregate_id, {});
  } else {
    return next_context(message.event, message.event_store_id);
  }
}

}  // namespace castore

#endif
