// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_HPP

/// @file
/// Messages through NATS JetStream.

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/adapters/nats/durable.hpp>
#include <castore/messaging/adapters/nats/message.hpp>
#include <castore/messaging/adapters/nats/publisher.hpp>
#include <castore/messaging/adapters/nats/source.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_consumer.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of a `NatsMessageChannelAdapter`.
struct NatsMessageChannelOptions {
  /// @brief What subjects begin with: `prefix.store.id`. Without one they are `store.id`.
  std::string subject_prefix{};
  /// @brief How long a call waits for the stream to have all messages. Keep it below the stream's duplicate window, in
  /// which what is sent again is dropped.
  std::chrono::milliseconds timeout{10'000};
  /// @brief In bytes, of a message with its headers; 0: what the server takes. Set it where the stream's `max_msg_size`
  /// is smaller.
  std::size_t max_message_size = 0;
  MessageFormat format = MessageFormat::castore;  ///< In which form messages are sent.
};

/// @brief Sends messages to a stream of NATS JetStream, which must be there; for queues and buses.
///
/// @code
/// auto nats = std::make_shared<castore::NatsConnection>("nats://127.0.0.1:4222");
/// castore::NatsMessageChannelAdapter adapter{nats};
/// castore::NotificationMessageQueue queue{"POKEMONS", pokemons, adapter};
/// @endcode
///
/// **Guarantees**
/// - A message that `publish_messages` returned for is in a stream: the server has confirmed it.
/// - `Nats-Msg-Id` is the message's id and a hash of its JSON, so a stream drops what is sent again within its
///   duplicate window, but neither replays nor a version that was written again by force with another content.
/// - The subject is `store.id`, the body the message's JSON unless `format` says otherwise.
/// - Of the messages of one aggregate one is on its way at a time, so that none overtakes another one; after one that
///   was refused no later one of its aggregate is sent. Those of different aggregates do not wait for each other.
/// - While the connection is broken a call waits for it, up to its time-out, and sends again what was not confirmed.
/// - Any number of threads may use one adapter, and one connection.
///
/// **Errors** `MessagesNotPublishedError` names what was not confirmed, with a `NatsError` nested where there was one;
/// a message that is too large is refused before anything is sent. What was not confirmed may be in the stream even so;
/// publishing it again does not double it.
class NatsMessageChannelAdapter {
 public:
  static constexpr bool needs_json = true;      ///< Messages are sent as JSON.
  static constexpr bool delivers_once = false;  ///< After a lost acknowledgement a message may come twice.

  /// @brief Sends by a connection. @throws std::invalid_argument when the prefix cannot begin a subject
  explicit NatsMessageChannelAdapter(std::shared_ptr<NatsConnection> connection, NatsMessageChannelOptions options = {})
      : connection_{std::move(connection)}, options_{std::move(options)} {
    const std::string& prefix = options_.subject_prefix;
    const auto is_legal = [](char character) {
      return character > ' ' && character <= '~' && character != '*' && character != '>';
    };
    if (!std::ranges::all_of(prefix, is_legal) || prefix.starts_with('.') || prefix.ends_with('.') ||
        prefix.find("..") != std::string::npos) {
      throw std::invalid_argument{"castore: " + detail::in_quotes(prefix) +
                                  " cannot begin a subject of NATS; write words with dots between"};
    }
  }

  /// @brief The operation of the adapter contract.
  /// @throws MessagesNotPublishedError, EventEncodeError, InvalidMessageError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    const std::string replay_token = options.replay ? new_token() : std::string{};
    std::vector<detail::NatsOutgoingMessage> outgoing;
    outgoing.reserve(messages.size());
    for (const MessageView& view : messages) {
      outgoing.push_back(detail::nats_message(view, options_.subject_prefix, options_.format, replay_token));
    }
    if (outgoing.empty()) return;
    std::size_t most = connection_->max_message_size();
    if (options_.max_message_size > 0) most = (std::min)(most, options_.max_message_size);
    detail::NatsPublisher{*connection_, outgoing, options_.timeout}.publish(most);
  }

 private:
  static std::string new_token() {
    std::random_device device;
    return std::to_string(device()) + std::to_string(device());
  }

  std::shared_ptr<NatsConnection> connection_;
  NatsMessageChannelOptions options_;
};

static_assert(MessageChannelAdapter<NatsMessageChannelAdapter>);

/// @brief Options of a `NatsConsumer`.
template <MessageType Message>
struct NatsConsumerOptions {
  /// @brief Which messages of the stream it gets, such as `POKEMONS.>`; all unless given. When the consumer is made.
  std::string filter_subject{};
  /// @brief When and how often a message that failed is tried again. It stays in this program meanwhile.
  MessageRetryOptions retry{};
  /// @brief Takes over what failed as often as it may.
  DeadLetterHandler<Message> on_dead_letter{};
  /// @brief Without `on_dead_letter`: where such messages are published, in the form they had and with headers that say
  /// where they come from. A stream must take the subject. Unless given, the server is told to forget the message, of
  /// which it tells those who listen to `$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED`; the stream has it as long as it
  /// has others. A dead letter that is too large for the server or its stream is published without the headers that say
  /// where it comes from, and where that is still too large, with them and `Castore-Left-Out: body` but no body.
  std::string dead_letter_subject{};
  /// @brief Is told of a body that is not a message of the channel, and why. It becomes a dead letter at once; while
  /// that cannot be published, it comes again and what was received after it waits, too.
  std::function<void(const std::string& body, const std::exception_ptr& error)> on_invalid_message{};
  /// @brief Is told by `run` of errors after which it tries again; and, also by `poll`, of a dead letter that was
  /// published without its body or where it comes from, or could not be published, so that its message comes again,
  /// and of what `on_dead_letter` throws.
  std::function<void(const std::exception_ptr& error)> on_error{};
  /// @brief How long the server waits to hear of a message before it delivers it again, when the consumer is made. A
  /// handler must return within half of it: what waits its turn is extended.
  std::chrono::milliseconds ack_wait{30'000};
  /// @brief How long a call waits for messages when there are none; the end of `run` may take as long.
  std::chrono::milliseconds wait_time{1'000};
  /// @brief How many messages may be in programs at the same time (`max_ack_pending`), when the consumer is made.
  std::size_t max_messages = 256;
  /// @brief Whether the messages of an aggregate are handled in their order even when a program dies, or several share
  /// the consumer; then one of them at a time has messages. Without it they share the messages, in no order.
  bool keeps_order = true;
};

/// @brief Receives messages of a stream as a durable pull consumer, and hands them to a handler.
///
/// @code
/// castore::NatsConsumer consumer{queue, nats, "POKEMONS", "projector"};
/// consumer.poll([](const auto& message, const castore::MessageContext& context) { ... });        // once, or
/// consumer.run([](const auto& message, const auto& context) { ... }, stop_token);                // until it is
/// stopped
/// @endcode
///
/// **Guarantees**
/// - At least once: a message is acknowledged after its handler returned, and `poll` waits until the server has
/// confirmed
///   that. What was not handled when the program ends comes again; by an `Inbox` it takes effect once.
/// - The messages of an aggregate are handled in their order, also after failures, and after the death of a program:
///   until the server has given up waiting for that one (`ack_wait`) its successor handles nothing.
/// - `context.replay` is what the message was published with; `context.attempt` counts the attempts of this program.
/// - The consumer is made when it is not there; what it was made with counts, not the options.
/// - Any number of threads may call `poll` and `run`.
///
/// **Errors** `MessageSourceError`, with a `NatsError` nested.
template <MessageType MessageT>
class NatsConsumer : public detail::MessageConsumer<MessageT, detail::NatsSource<MessageT>> {
  using Source = detail::NatsSource<MessageT>;
  using Base = detail::MessageConsumer<MessageT, Source>;

 public:
  using Options = NatsConsumerOptions<MessageT>;  ///< What the constructor takes.

  /// @brief Finds the consumer, or makes it.
  /// @param channel Whose messages the stream has: a queue or bus of this program, with or without an adapter, which
  /// must outlive the consumer.
  /// @param stream The stream's name. @param durable The consumer's name.
  /// @throws NatsError when there is no such stream, or the consumer is of another kind; std::invalid_argument when an
  /// option is out of range
  template <class Channel>
    requires std::same_as<typename Channel::Message, MessageT>
  NatsConsumer(const Channel& channel, std::shared_ptr<NatsConnection> connection, std::string stream,
               std::string durable, Options options = {})
      : Base{options.retry, std::move(options.on_dead_letter), options.on_error,
             Source{std::make_shared<detail::NatsDurable>(
                        std::move(connection),
                        detail::NatsDurableOptions{.stream = std::move(stream),
                                                   .durable = std::move(durable),
                                                   .filter_subject = std::move(options.filter_subject),
                                                   .dead_letter_subject = std::move(options.dead_letter_subject),
                                                   .ack_wait = checked(options.ack_wait, 100, "ack_wait"),
                                                   .max_messages = checked(options.max_messages, 1, "max_messages"),
                                                   .on_error = std::move(options.on_error)}),
                    {.keeps_order = options.keeps_order,
                     .wait_time = checked(options.wait_time, 0, "wait_time"),
                     .parse = [&channel](const std::string& body) { return channel.parse_message(body); },
                     .on_invalid_message = std::move(options.on_invalid_message)}}} {}

 private:
  template <class Value>
  static Value checked(Value value, int least, const char* name) {
    if (value < static_cast<Value>(least)) {
      throw std::invalid_argument{std::string{"castore: "} + name + " is out of range: at least " +
                                  std::to_string(least)};
    }
    return value;
  }
};

template <class Channel>
NatsConsumer(const Channel&, std::shared_ptr<NatsConnection>, std::string, std::string)
    -> NatsConsumer<typename Channel::Message>;
template <class Channel>
NatsConsumer(const Channel&, std::shared_ptr<NatsConnection>, std::string, std::string,
             NatsConsumerOptions<typename Channel::Message>) -> NatsConsumer<typename Channel::Message>;

}  // namespace castore

#endif
