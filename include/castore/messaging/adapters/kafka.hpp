// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_HPP

/// @file
/// Messages through Apache Kafka.

#include <castore/config.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/group.hpp>
#include <castore/messaging/adapters/kafka/message.hpp>
#include <castore/messaging/adapters/kafka/publisher.hpp>
#include <castore/messaging/adapters/kafka/source.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_consumer.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of a `KafkaMessageChannelAdapter`.
struct KafkaMessageChannelOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds{30};  ///< A call waits so long for the topic to have all.
  /// @brief The most bytes of a message with its key and headers, from 1: what the topic has as `max.message.bytes`.
  std::size_t max_message_size = 1'000'000;
  MessageFormat format = MessageFormat::castore;  ///< In which form messages are sent.
};

/// @brief Sends messages to a topic of Apache Kafka, which must be there; for queues and buses.
///
/// @code
/// castore::KafkaMessageChannelAdapter adapter{{.brokers = "localhost:9092"}, "pokemons"};
/// castore::NotificationMessageQueue queue{"POKEMONS", pokemons, adapter};
/// @endcode
///
/// **Guarantees**
/// - A message that `publish_messages` returned for is in the topic, on all replicas that are in sync (`acks=all`).
/// - The key is `store#id`, so that an aggregate's messages are in one partition, in their order: of one aggregate one
///   message is on its way at a time, and after one that was refused no later one is sent. The producer is idempotent:
///   what it sends again after a lost answer is there once. What a caller publishes again after an error may be there
///   twice.
/// - The body is the message's JSON unless `format` says otherwise; headers are `messageId` (`store#id#version`) and,
///   for replays, `replay` = 1.
/// - Any number of threads may use one adapter.
///
/// **Errors** `MessagesNotPublishedError` names what was not confirmed, with a `KafkaError` nested; a message that is
/// too large is refused before anything is sent.
class KafkaMessageChannelAdapter {
 public:
  static constexpr bool needs_json = true;      ///< Messages are sent as JSON.
  static constexpr bool delivers_once = false;  ///< What is published again after an error may come twice.

  /// @brief Makes a producer, which connects by itself. @throws KafkaError, std::invalid_argument for a wrong setting
  KafkaMessageChannelAdapter(KafkaSettings settings, std::string topic, const KafkaMessageChannelOptions& options = {})
      : producer_{std::make_shared<detail::KafkaProducer>(std::move(settings), options.timeout,
                                                          options.max_message_size)},
        topic_{std::move(topic)},
        format_{options.format} {}

  /// @brief The topic's name.
  const std::string& topic() const noexcept { return topic_; }

  /// @brief The operation of the adapter contract.
  /// @throws MessagesNotPublishedError, EventEncodeError, InvalidMessageError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    std::vector<detail::KafkaOutgoingMessage> outgoing;
    outgoing.reserve(messages.size());
    for (const MessageView& view : messages) {
      outgoing.push_back(detail::kafka_message(view, format_, options.replay));
    }
    producer_->publish(topic_, outgoing);
  }

  /// @brief librdkafka's producer at the moment, e.g. for its statistics. After a fatal error there is another one.
  std::shared_ptr<rd_kafka_t> producer() const { return producer_->current(); }

 private:
  std::shared_ptr<detail::KafkaProducer> producer_;
  std::string topic_;
  MessageFormat format_;
};

static_assert(MessageChannelAdapter<KafkaMessageChannelAdapter>);

/// @brief Options of a `KafkaConsumer`.
template <MessageType Message>
struct KafkaConsumerOptions {
  /// @brief When and how often a message that failed is tried again. It stays in this program meanwhile, and so does
  /// the committed offset of its partition.
  MessageRetryOptions retry{};
  /// @brief Takes over what failed as often as it may.
  DeadLetterHandler<Message> on_dead_letter{};
  /// @brief Without `on_dead_letter`: the topic that gets such messages, in the form they had and with headers that say
  /// where they come from. Unless given they are passed over; the topic has them as long as it has others. A dead
  /// letter that is too large for its topic is published without the headers that say where it comes from, and where
  /// that is still too large, with them and the header `leftOut: body` but no body.
  std::string dead_letter_topic{};
  /// @brief Is told of a body that is not a message of the channel, and why. It becomes a dead letter at once.
  std::function<void(const std::string& body, const std::exception_ptr& error)> on_invalid_message{};
  /// @brief Is told of errors after which librdkafka or `run` tries again, such as brokers that cannot be reached; and
  /// of a dead letter that was published without its body or where it comes from, or could not be published, so that
  /// its message comes again; and what `on_dead_letter` throws.
  std::function<void(const std::exception_ptr& error)> on_error{};
  /// @brief How long a call waits for messages when there are none; the end of `run` may take as long, but at most a
  /// second of it.
  std::chrono::milliseconds wait_time{1'000};
  std::size_t max_messages = 1'000;  ///< How many messages may be in this program at the same time.
  /// @brief How long a rebalance of the group waits for handlers in other threads.
  std::chrono::milliseconds rebalance_wait{10'000};
};

/// @brief Receives messages of a topic as a member of a consumer group, and hands them to a handler.
///
/// @code
/// castore::KafkaConsumer consumer{queue, {.brokers = "localhost:9092"}, "pokemons", "projector"};
/// consumer.poll([](const auto& message, const castore::MessageContext& context) { ... });        // once, or
/// consumer.run([](const auto& message, const auto& context) { ... }, stop_token);                // until it is
/// stopped
/// @endcode
///
/// **Guarantees**
/// - At least once: of each partition the offset before which all messages were handled is committed, after `poll`.
/// What
///   was not handled when the program ends, and what was handled behind it, comes again; by an `Inbox` it takes effect
///   once.
/// - The messages of an aggregate are handled in their order, also after failures. Before a partition goes to another
///   member of the group its handlers end and what they did is committed.
/// - `context.replay` is what the message was published with; `context.attempt` counts the attempts of this program.
/// - Any number of threads may call `poll` and `run`. One of them must do so within `max.poll.interval.ms` (5 minutes),
///   else the group goes on without this program.
///
/// **Errors** `MessageSourceError`, with a `KafkaError` nested.
template <MessageType MessageT>
class KafkaConsumer : public detail::MessageConsumer<MessageT, detail::KafkaSource<MessageT>> {
  using Source = detail::KafkaSource<MessageT>;
  using Base = detail::MessageConsumer<MessageT, Source>;

 public:
  using Options = KafkaConsumerOptions<MessageT>;  ///< What the constructor takes.

  /// @brief Joins a group. @param channel Whose messages the topic has: a queue or bus of this program, with or without
  /// an adapter, which must outlive the consumer.
  /// @throws KafkaError, std::invalid_argument when an option is out of range or a setting is wrong
  template <class Channel>
    requires std::same_as<typename Channel::Message, MessageT>
  KafkaConsumer(const Channel& channel, KafkaSettings settings, std::string topic, std::string group,
                Options options = {})
      : Base{options.retry, std::move(options.on_dead_letter), options.on_error,
             Source{group_of(settings, std::move(topic), std::move(group), options),
                    {.wait_time = options.wait_time,
                     .parse = [&channel](const std::string& body) { return channel.parse_message(body); },
                     .on_invalid_message = std::move(options.on_invalid_message)}}} {}

 private:
  static std::shared_ptr<detail::KafkaGroup> group_of(const KafkaSettings& settings, std::string topic,
                                                      std::string group, const Options& options) {
    if (options.max_messages == 0) throw std::invalid_argument{"castore: max_messages is out of range: at least 1"};
    if (options.wait_time.count() < 0) throw std::invalid_argument{"castore: wait_time is negative"};
    std::shared_ptr<detail::KafkaProducer> dead_letters;
    if (!options.dead_letter_topic.empty()) {
      const KafkaMessageChannelOptions defaults;
      dead_letters = std::make_shared<detail::KafkaProducer>(settings, defaults.timeout, 2 * defaults.max_message_size);
    }
    return std::make_shared<detail::KafkaGroup>(
        settings,
        detail::KafkaGroupOptions{.topics = {std::move(topic)},
                                  .group = std::move(group),
                                  .dead_letter_topic = options.dead_letter_topic,
                                  .max_messages = options.max_messages,
                                  .rebalance_wait = options.rebalance_wait,
                                  .on_error = options.on_error},
        std::move(dead_letters));
  }
};

template <class Channel>
KafkaConsumer(const Channel&, KafkaSettings, std::string, std::string) -> KafkaConsumer<typename Channel::Message>;
template <class Channel>
KafkaConsumer(const Channel&, KafkaSettings, std::string, std::string, KafkaConsumerOptions<typename Channel::Message>)
    -> KafkaConsumer<typename Channel::Message>;

}  // namespace castore

#endif
