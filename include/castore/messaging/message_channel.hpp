// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_CHANNEL_HPP
#define CASTORE_MESSAGING_MESSAGE_CHANNEL_HPP

/// @file
/// What queues and buses have in common.

#include <castore/core/event_store_options.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/message_json.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

/// @brief Where messages go: to one of several workers, or to every listener.
enum class MessageChannelType {
  queue,  ///< To one of several workers.
  bus     ///< To every listener.
};

namespace detail {

template <MessageKind kind, class Store>
struct MessageOfStore {
  using type = AggregateExistsMessage;
};
template <class Store>
struct MessageOfStore<MessageKind::notification, Store> {
  using type = NotificationMessage<typename Store::Events>;
};
template <class Store>
struct MessageOfStore<MessageKind::state_carrying, Store> {
  using type = StateCarryingMessage<typename Store::Events, typename Store::Aggregate>;
};

template <class Message, class... SourceMessages>
inline constexpr bool is_source_message =
    std::same_as<Message, JoinedMessages<SourceMessages...>> || (std::same_as<Message, SourceMessages> || ...);

/// Checks a message that is published so that a compiler's error names it.
template <class Message, class... SourceMessages>
constexpr bool check_message() {
  constexpr bool is_valid = is_source_message<Message, SourceMessages...>;
  static_assert(is_valid,
                "castore: this message is of a store that is not among the source stores of this channel, or of "
                "another kind than the channel's; name its store in the channel's constructor, or publish it to the "
                "channel it belongs to");
  return is_valid;
}

/// What every queue and bus does.
template <MessageKind message_kind_value, MessageChannelType channel_type, class... Stores>
class MessageChannel {
  static_assert(sizeof...(Stores) > 0, "castore: a message channel needs a source store");
  template <class Store>
  using MessageOf = typename MessageOfStore<message_kind_value, Store>::type;

 public:
  /// @brief What the channel carries: the message of its store, or `AnyOfMessages` when its stores' differ.
  using Message = JoinedMessages<MessageOf<Stores>...>;

  static constexpr MessageKind message_type = message_kind_value;           ///< The kind of message it carries.
  static constexpr MessageChannelType message_channel_type = channel_type;  ///< A queue or a bus.

  /// @brief Whether `publish_message` takes such a message.
  template <class Published>
  static constexpr bool carries = is_source_message<Published, MessageOf<Stores>...>;

  /// @brief A channel whose adapter comes later.
  /// @param source_event_stores `std::tie(store, ...)`, or one store; they must outlive the channel.
  MessageChannel(std::string message_channel_id, std::tuple<Stores&...> source_event_stores)
      : id_{std::move(message_channel_id)}, sources_{source_event_stores} {}
  template <class Store>
    requires(sizeof...(Stores) == 1 && std::derived_from<Store, std::tuple_element_t<0, std::tuple<Stores...>>>)
  MessageChannel(std::string message_channel_id, Store& source_event_store)
      : MessageChannel{std::move(message_channel_id), std::tuple<Stores&...>{source_event_store}} {}

  /// @brief A channel on an adapter that must outlive it, or a `std::shared_ptr` of one.
  template <class Adapter>
  MessageChannel(std::string message_channel_id, std::tuple<Stores&...> source_event_stores, Adapter&& adapter)
      : MessageChannel{std::move(message_channel_id), source_event_stores} {
    set_message_channel_adapter(std::forward<Adapter>(adapter));
  }
  template <class Store, class Adapter>
    requires(sizeof...(Stores) == 1 && std::derived_from<Store, std::tuple_element_t<0, std::tuple<Stores...>>>)
  MessageChannel(std::string message_channel_id, Store& source_event_store, Adapter&& adapter)
      : MessageChannel{std::move(message_channel_id), source_event_store} {
    set_message_channel_adapter(std::forward<Adapter>(adapter));
  }

  /// @brief The name it was given, for errors and logs.
  std::string_view message_channel_id() const noexcept { return id_; }
  /// @brief The stores whose messages the channel carries.
  const std::tuple<Stores&...>& source_event_stores() const noexcept { return sources_; }

  /// @brief Moves the channel to another adapter. No other thread may use the channel meanwhile.
  template <class Adapter>
  void set_message_channel_adapter(Adapter& adapter) {
    if constexpr (std::same_as<Adapter, AnyMessageChannelAdapter>) {
      adapter_ = adapter;
    } else if constexpr (check_channel_adapter<Adapter, Message>()) {
      tell_sources(adapter);
      adapter_ = AnyMessageChannelAdapter{adapter};
    }
  }
  template <class Adapter>
  void set_message_channel_adapter(std::shared_ptr<Adapter> adapter) {
    if constexpr (check_channel_adapter<Adapter, Message>()) {
      if (adapter) tell_sources(*adapter);
      adapter_ = AnyMessageChannelAdapter{std::move(adapter)};
    }
  }

  /// @brief The adapter. @throws UndefinedMessageChannelAdapterError
  const AnyMessageChannelAdapter& message_channel_adapter() const {
    if (!adapter_) throw UndefinedMessageChannelAdapterError{id_};
    return adapter_;
  }

  /// @brief Publishes one message.
  /// @throws MessageChannelEventStoreNotFoundError (fix), UndefinedMessageChannelAdapterError (fix); and what the
  /// adapter throws: MessagesNotPublishedError (keep and publish again). With all of these it was not published.
  template <class Published>
  void publish_message(const Published& message, PublishMessageOptions options = {}) const {
    publish_messages(std::span<const Published>{&message, 1}, options);
  }

  /// @brief Publishes messages in their order. All of them are checked before any is sent.
  /// @param messages Any range of messages. @throws As `publish_message`; of all messages but those that
  /// `MessagesNotPublishedError` names it is known that they were published.
  template <std::ranges::forward_range Messages>
  void publish_messages(const Messages& messages, PublishMessageOptions options = {}) const {
    using Published = std::ranges::range_value_t<Messages>;
    if constexpr (check_message<Published, MessageOf<Stores>...>()) {
      const AnyMessageChannelAdapter& adapter = message_channel_adapter();
      for (const Published& message : messages) check_source(message);
      // A range may make its messages as it goes; views need some that last.
      using Reference = std::ranges::range_reference_t<const Messages&>;
      if constexpr (std::same_as<Published, Message> && std::is_lvalue_reference_v<Reference>) {
        publish_views(adapter, messages, options);
      } else {
        publish_views(adapter, std::vector<Message>(std::ranges::begin(messages), std::ranges::end(messages)), options);
      }
    }
  }

  /// @brief A message of this channel from its JSON.
  /// @throws InvalidMessageError, MessageChannelEventStoreNotFoundError
  Message parse_message(std::string_view json) const {
    const std::string text{json};
    const MessageText parts = message_text(text);
    const std::string event_store_id = parts.string("eventStoreId");
    std::optional<Message> message;
    with_sources([&]<class Store>(const Store& store) {
      if (!message && store.event_store_id() == event_store_id) {
        message.emplace(MessageForm<MessageOf<Store>>::read(parts));
      }
    });
    if (!message) throw MessageChannelEventStoreNotFoundError{id_, event_store_id};
    return *std::move(message);
  }

 protected:
  template <class Visitor>
  void with_sources(const Visitor& visitor) const {
    std::apply([&visitor](const auto&... stores) { (visitor(stores), ...); }, sources_);
  }

  /// @throws MessageChannelEventStoreNotFoundError
  template <class Published>
  void check_source(const Published& message) const {
    if constexpr (requires { message.variant(); }) {
      message.visit([this](const auto& one) { this->check_source(one); });
    } else {
      bool is_source = false;
      with_sources([&]<class Store>(const Store& store) {
        if constexpr (std::same_as<MessageOf<Store>, Published>) {
          is_source = is_source || store.event_store_id() == message.event_store_id;
        }
      });
      if (!is_source) throw MessageChannelEventStoreNotFoundError{id_, message.event_store_id};
    }
  }

 private:
  template <class Messages>
  static void publish_views(const AnyMessageChannelAdapter& adapter, const Messages& messages,
                            const PublishMessageOptions& options) {
    std::vector<MessageView> views;
    for (const Message& message : messages) views.emplace_back(message);
    if (!views.empty()) adapter.publish_messages(views, options);
  }

  /// An adapter that wants to know whose messages it will get has `add_source_event_store`.
  template <class Adapter>
  void tell_sources(Adapter& adapter) const {
    if constexpr (requires { adapter.template add_source_event_store<Message>(std::string_view{}); }) {
      with_sources([&]<class Store>(const Store& store) {
        adapter.template add_source_event_store<MessageOf<Store>>(store.event_store_id());
      });
    }
  }

  std::string id_;
  std::tuple<Stores&...> sources_;
  AnyMessageChannelAdapter adapter_;
};

/// Adds what only a channel of state-carrying messages can do.
template <MessageChannelType channel_type, class... Stores>
class StateCarryingMessageChannel : public MessageChannel<MessageKind::state_carrying, channel_type, Stores...> {
  using Base = MessageChannel<MessageKind::state_carrying, channel_type, Stores...>;

 public:
  using Base::Base;

  /// @brief Fetches the aggregate as it was after the event, from the source store, and publishes both.
  /// @throws AggregateNotFoundError, the errors of loading, and those of `publish_message`.
  template <class Events>
  void get_aggregate_and_publish_message(const NotificationMessage<Events>& notification,
                                         PublishMessageOptions options = {}) const {
    if constexpr (check_message<NotificationMessage<Events>, NotificationMessage<typename Stores::Events>...>()) {
      bool is_published = false;
      this->with_sources([&]<class Store>(const Store& store) {
        if constexpr (std::same_as<typename Store::Events, Events>) {
          if (is_published || store.event_store_id() != notification.event_store_id) return;
          this->publish_message(
              StateCarryingMessage<Events, typename Store::Aggregate>{
                  .event_store_id = notification.event_store_id,
                  .event = notification.event,
                  .aggregate = store.get_existing_aggregate(notification.event.aggregate_id(),
                                                            whole_aggregate(store, notification.event.version()))},
              options);
          is_published = true;
        }
      });
      if (!is_published) {
        throw MessageChannelEventStoreNotFoundError{this->message_channel_id(), notification.event_store_id};
      }
    }
  }
};

}  // namespace detail

}  // namespace castore

#endif
