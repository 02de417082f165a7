// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_OBSERVED_MESSAGE_CHANNEL_HPP
#define CASTORE_MESSAGING_OBSERVED_MESSAGE_CHANNEL_HPP

#include <castore/core/observer.hpp>
#include <castore/fwd.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <cstddef>
#include <iterator>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A queue or bus that tells an observer of what is published. Give it in place of the channel to whatever
/// publishes: a `ConnectedEventStore`, an `OutboxRelay`, a pouring.
///
/// @code
/// castore::ObservedMessageChannel observed{queue, Logs{}};  // Logs is a type of yours, see `Observer`
/// castore::ConnectedEventStore connected{pokemons, observed, on_publish_failed};
/// @endcode
/// **Guarantees:** what is given to the channel at once is one operation, whatever becomes of it. Its count is that of
/// all messages when none was refused, else 0: `MessagesNotPublishedError` names those that were.
///
/// **Errors:** those of the channel. What `start` throws passes: nothing was published.
/// @tparam Channel A queue or bus.
template <class Channel, class ObserverT = NoObserver>
class ObservedMessageChannel {
  static_assert(detail::check_observer<ObserverT>());

 public:
  using Observer = ObserverT;                 ///< What is told.
  using Message = typename Channel::Message;  ///< What the channel carries.
  /// @brief Whether `publish_message` takes such a message.
  template <class Published>
  static constexpr bool carries = Channel::template carries<Published>;

  /// @brief A channel with an observer. @param channel Must outlive it.
  explicit ObservedMessageChannel(Channel& channel, Observer observer = {})
      : channel_{channel}, observer_(std::move(observer)) {}

  /// @brief The channel it was made from.
  Channel& message_channel() const noexcept { return channel_; }
  /// @brief What is told.
  const Observer& observer() const noexcept { return observer_; }
  /// @brief The channel's id.
  std::string_view message_channel_id() const noexcept { return channel_.message_channel_id(); }

  /// @brief See the channel's.
  template <class Published>
  void publish_message(const Published& message, PublishMessageOptions options = {}) const {
    observe(std::span<const Published>{&message, 1}, [&] { channel_.publish_message(message, options); });
  }
  /// @brief See the channel's. An empty range is not an operation: the observer is not told.
  template <std::ranges::forward_range Messages>
  void publish_messages(const Messages& messages, PublishMessageOptions options = {}) const {
    if (std::ranges::empty(messages)) return channel_.publish_messages(messages, options);
    observe(messages, [&] { channel_.publish_messages(messages, options); });
  }
  /// @brief See the channel's, where it carries states.
  template <class Events>
    requires requires(Channel& channel, const NotificationMessage<Events>& notification) {
      channel.get_aggregate_and_publish_message(notification);
    }
  void get_aggregate_and_publish_message(const NotificationMessage<Events>& notification,
                                         PublishMessageOptions options = {}) const {
    observe(std::span<const NotificationMessage<Events>>{&notification, 1},
            [&] { channel_.get_aggregate_and_publish_message(notification, options); });
  }

 private:
  template <class Messages, class Function>
  void observe(const Messages& messages, const Function& function) const {
    decltype(auto) first = *std::ranges::begin(messages);
    const MessageHeader header = message_header(first);
    const auto count = static_cast<std::size_t>(std::ranges::distance(messages));
    detail::observe(observer_,
                    {.kind = OperationKind::publish,
                     .store = header.event_store_id,
                     .aggregate_id = header.aggregate_id,
                     .count = count,
                     .name = channel_.message_channel_id()},
                    [&](Outcome& outcome) {
                      function();
                      outcome.count = count;
                    });
  }

  Channel& channel_;
  [[no_unique_address]] Observer observer_;
};

template <class Channel>
ObservedMessageChannel(Channel&) -> ObservedMessageChannel<Channel>;
template <class Channel, class ObserverT>
ObservedMessageChannel(Channel&, ObserverT) -> ObservedMessageChannel<Channel, ObserverT>;

}  // namespace castore

#endif
