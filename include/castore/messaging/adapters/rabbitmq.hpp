// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_HPP

/// @file
/// Messages through RabbitMQ.

#include <castore/detail/stopping.hpp>
#include <castore/messaging/adapters/rabbitmq/errors.hpp>
#include <castore/messaging/adapters/rabbitmq/message.hpp>
#include <castore/messaging/adapters/rabbitmq/pool.hpp>
#include <castore/messaging/adapters/rabbitmq/publisher.hpp>
#include <castore/messaging/adapters/rabbitmq/settings.hpp>
#include <castore/messaging/adapters/rabbitmq/source.hpp>
#include <castore/messaging/adapters/rabbitmq/subscription.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_consumer.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of a `RabbitMqMessageChannelAdapter`.
struct RabbitMqMessageChannelOptions {
  RabbitMqConnectionOptions connection{};  ///< How the broker is reached, and how long a call may take.
  /// @brief In bytes, of a body: not more than the broker's `max_message_size`. RabbitMQ 4 takes 16 MiB unless told
  /// otherwise, RabbitMQ 3 takes 128.
  std::size_t max_message_size = 16'777'216;
  MessageFormat format = MessageFormat::castore;  ///< In which form messages are sent.
  std::size_t max_connections = 4;  ///< For threads that publish at the same time, from 1; others wait for them.
};

/// @brief Sends messages to a topic exchange of RabbitMQ, which passes them on to its queues.
///
/// @code
/// castore::RabbitMqMessageChannelAdapter rabbitmq{"amqp://user:password@localhost/shop", "events"};
/// castore::NotificationMessageQueue queue{"POKEMONS", pokemons, rabbitmq};
/// @endcode
///
/// **Guarantees**
/// - A message that `publish_messages` returned for is stored by the broker in every queue that wants it, of which
/// there
///   is at least one (publisher confirms, `mandatory`, persistent). It may be there twice when a connection broke.
/// - The body is the message's JSON unless `format` says otherwise, the routing key `store.type`, `message_id` is
///   `store#id#version`. The header `aggregate` is `store#id`, and `replay` is there for replays only.
/// - Each aggregate's messages enter a queue in their order: none is sent before the one before it is confirmed, and
/// none
///   after one that was refused. Those of different aggregates are sent without waiting for each other.
/// - A connection that broke is made again, with growing pauses, until the time-out is over.
/// - Any number of threads may use one adapter.
///
/// **Errors** `MessagesNotPublishedError` names what the broker did not take, with a `RabbitMqError` nested where there
/// was one. A message that is too large, or whose store and type do not fit into a routing key, is refused before
/// anything is sent. No error holds anything of the password.
class RabbitMqMessageChannelAdapter {
 public:
  static constexpr bool needs_json = true;      ///< Messages are sent as JSON.
  static constexpr bool delivers_once = false;  ///< After a lost answer a message may come twice.

  /// @brief Does not connect yet. @param url `amqp://user:password@host:port/virtual_host`, or `amqps://...`.
  /// @param exchange Its name; it must be there when messages are published.
  /// @throws std::invalid_argument when the URL, the name or an option is not valid
  RabbitMqMessageChannelAdapter(std::string_view url, std::string exchange,
                                const RabbitMqMessageChannelOptions& options = {})
      : exchange_{detail::rabbitmq_name(std::move(exchange), "the exchange")},
        max_message_size_{options.max_message_size},
        format_{options.format},
        pool_{std::make_unique<detail::RabbitMqPool>(detail::RabbitMqSettings::parse(url, options.connection),
                                                     options.max_connections)} {
    if (options.max_connections == 0) throw std::invalid_argument{"castore: max_connections is 0"};
  }

  /// @brief The exchange's name.
  const std::string& exchange() const noexcept { return exchange_; }

  /// @brief The operation of the adapter contract.
  /// @throws MessagesNotPublishedError, EventEncodeError, InvalidMessageError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    std::vector<detail::RabbitMqOutgoing> outgoing;
    outgoing.reserve(messages.size());
    for (const MessageView& view : messages) {
      outgoing.push_back(detail::rabbitmq_message(view, options.replay, format_));
    }
    detail::RabbitMqPublisher{*pool_, exchange_, outgoing}.publish(max_message_size_);
  }

 private:
  std::string exchange_;
  std::size_t max_message_size_;
  MessageFormat format_;
  std::unique_ptr<detail::RabbitMqPool> pool_;
};

static_assert(MessageChannelAdapter<RabbitMqMessageChannelAdapter>);

/// @brief Options of a `RabbitMqConsumer`. One of the first two must be given: RabbitMQ drops what is rejected by a
/// queue without a place for dead letters.
template <MessageType Message>
struct RabbitMqConsumerOptions {
  /// @brief What failed as often as it may is rejected, and so is a body that is not a message of the channel. Say so
  /// when the queue has an `x-dead-letter-exchange`, which then gets it. RabbitMQ drops what is rejected when that
  /// exchange, or a queue behind it, is not there.
  bool reject_dead_letters = false;
  /// @brief Takes over what failed as often as it may, which is then acknowledged.
  DeadLetterHandler<Message> on_dead_letter{};
  /// @brief When a message that failed is tried again, by this program. Its attempts are counted from 1 again when it
  /// comes again.
  MessageRetryOptions retry{};
  /// @brief Is told of a body that is not a message of the channel, and why. Unless it is rejected, the broker keeps it
  /// for this consumer, and it comes again with the next connection. When it keeps `max_messages` of them nothing else
  /// can come: then `poll` and `run` throw a `MessageSourceError` that is not retryable and says so.
  std::function<void(const std::string& body, const std::exception_ptr& error)> on_invalid_message{};
  /// @brief Is told by `run` of errors after which it tries again, and what `on_dead_letter` throws.
  std::function<void(const std::exception_ptr& error)> on_error{};
  /// @brief How long `poll` waits for messages when there are none; the end of `run` may take as long.
  std::chrono::milliseconds wait_time{1'000};
  /// @brief How many messages the broker may hand out before they are acknowledged, 1 to 65,535. Those that wait for a
  /// retry, and for earlier ones of their aggregate, are among them.
  int max_messages = 100;
  RabbitMqConnectionOptions connection{};  ///< How the broker is reached.
};

/// @brief Receives messages from a queue of RabbitMQ and hands them to a handler.
///
/// @code
/// castore::RabbitMqConsumer consumer{queue, "amqp://user:password@localhost/shop", "pokemons",
///                                    {.reject_dead_letters = true}};
/// consumer.poll([](const auto& message, const castore::MessageContext& context) { ... });  // once, or
/// consumer.run([](const auto& message, const auto& context) { ... }, stop_token);          // until it is stopped
/// @endcode
///
/// **Guarantees**
/// - At least once: a message is acknowledged after its handler returned. What was not handled when the program ends,
///   or the connection, comes again; by an `Inbox` it takes effect once.
/// - The messages of an aggregate are handled in the order of the queue, also after failures and when the connection
///   broke, as long as one consumer at a time receives from it: declare it with `x-single-active-consumer`.
/// - `context.replay` is what the message was published with.
/// - A message whose connection has ended is not handled: somebody else may have it. When the last `run` ends, all that
///   was not handled is given back, in its order. Between calls of `poll` the consumer keeps up to `max_messages`.
/// - Any number of threads may call `poll` and `run`.
///
/// **Errors** `MessageSourceError` with a `RabbitMqError` nested.
template <MessageType MessageT>
class RabbitMqConsumer : public detail::MessageConsumer<MessageT, detail::RabbitMqSource<MessageT>> {
  using Source = detail::RabbitMqSource<MessageT>;
  using Base = detail::MessageConsumer<MessageT, Source>;

 public:
  using Options = RabbitMqConsumerOptions<MessageT>;  ///< What the constructor takes.

  /// @brief Does not connect yet. @param channel Whose messages the queue has: a queue or bus of this program, with or
  /// without an adapter, which must outlive the consumer.
  /// @param queue_name The queue, which must be there when messages are received.
  /// @throws std::invalid_argument when the URL, the name or an option is not valid
  template <class Channel>
    requires std::same_as<typename Channel::Message, MessageT>
  RabbitMqConsumer(const Channel& channel, std::string_view url, std::string queue_name, Options options)
      : Base{options.retry, checked(options).on_dead_letter, options.on_error,
             Source{std::make_shared<detail::RabbitMqSubscription>(
                        detail::RabbitMqSettings::parse(url, options.connection),
                        detail::rabbitmq_name(std::move(queue_name), "the queue"),
                        static_cast<std::uint16_t>(options.max_messages)),
                    {.wait_time = options.wait_time,
                     .reject_dead_letters = options.reject_dead_letters,
                     .parse = [&channel](const std::string& body) { return channel.parse_message(body); },
                     .on_invalid_message = options.on_invalid_message}}} {}

  /// @brief Receives and handles messages on this thread until it is told to stop: then the message at hand is
  /// finished, and those that wait are given back. Call it on several threads for several workers.
  /// @throws MessageSourceError when the broker cannot be asked and waiting will not help; while it may, it waits
  /// longer and longer, up to half a minute, and tells `on_error`. What `on_error` throws then, or
  /// `on_invalid_message`, ends it, too. In each case what waits is given back.
  void run(MessageHandler<MessageT> handler, const detail::StopToken& stop_token) {
    struct Running {
      explicit Running(RabbitMqConsumer& of) : consumer{of} { ++consumer.running_; }
      Running(const Running&) = delete;
      Running& operator=(const Running&) = delete;
      ~Running() {
        if (--consumer.running_ == 0) consumer.source().end();
      }
      RabbitMqConsumer& consumer;
    };
    const Running running{*this};
    Base::run(std::move(handler), stop_token);
  }

 private:
  static const Options& checked(const Options& options) {
    const auto refuse = [](const std::string& what) { throw std::invalid_argument{"castore: " + what}; };
    if (!options.reject_dead_letters && !options.on_dead_letter) {
      refuse(
          "say what becomes of messages that failed as often as they may: reject_dead_letters when the queue has an "
          "x-dead-letter-exchange, else on_dead_letter");
    }
    constexpr int most = 65'535;
    if (options.max_messages != std::clamp(options.max_messages, 1, most)) {
      refuse("max_messages is out of range: 1 to 65535");
    }
    if (options.wait_time.count() < 0) refuse("wait_time is negative");
    return options;
  }

  std::atomic<int> running_{0};
};

template <class Channel>
RabbitMqConsumer(const Channel&, std::string_view, std::string, RabbitMqConsumerOptions<typename Channel::Message>)
    -> RabbitMqConsumer<typename Channel::Message>;

}  // namespace castore

#endif
