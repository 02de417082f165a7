// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_HPP

/// @file
/// Messages through Amazon SQS, in Castore's format.

#include <castore/aws/caller.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/request_token.hpp>
#include <castore/aws/retry.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/aws/batch_channel.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/message_url.hpp>
#include <castore/messaging/adapters/sqs/client.hpp>
#include <castore/messaging/adapters/sqs/message.hpp>
#include <castore/messaging/adapters/sqs/receipts.hpp>
#include <castore/messaging/adapters/sqs/source.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_consumer.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
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

/// @brief Options of an `SqsMessageQueueAdapter`.
struct SqsMessageQueueOptions {
  AwsHttpClientOptions client{};  ///< Of the client that it makes; region and endpoint are those of the queue's URL.
  AwsRetryPolicy retry{};         ///< How often and how long it tries to send a batch.
  /// @brief In bytes, of a body with its attributes, and of a batch: what the queue's `MaximumMessageSize` is.
  std::size_t max_message_size = 262'144;
  MessageFormat format = MessageFormat::castore;  ///< In which form messages are sent.
};

/// @brief Sends messages to an Amazon SQS queue, in Castore's format. A queue whose name ends with `.fifo` keeps the
/// order of each aggregate's messages; any other does not.
///
/// @code
/// castore::SqsMessageQueueAdapter sqs{"https://sqs.eu-west-1.amazonaws.com/123456789012/pokemons.fifo"};
/// castore::NotificationMessageQueue queue{"POKEMONS", pokemons, sqs};
/// @endcode
///
/// **Guarantees**
/// - A message that `publish_messages` returned for is in the queue. It may be there twice when an answer was lost; a
///   FIFO queue drops what is sent again within five minutes, but neither replays nor a version that was written again
///   by force with another content.
/// - The body is the message's JSON unless `format` says otherwise. The attribute `messageId` is `store#id#version`,
/// and `replay` is there for replays
///   only. In a FIFO queue each aggregate is a message group: a batch has at most one message of each, and after one
///   that was refused no later one of its aggregate is sent.
/// - Batches of up to ten; each call of SQS counts as one request of up to 64 kB each.
/// - Any number of threads may use one adapter, and one client.
///
/// **Errors** `MessagesNotPublishedError` names what SQS did not take, with an `AwsError` or `AwsConnectionError`
/// nested where there was one; a message that is too large is refused before anything is sent. `AwsCredentialsError`
/// when there are no credentials.
class SqsMessageQueueAdapter {
 public:
  static constexpr bool needs_json = true;      ///< Messages are sent as JSON.
  static constexpr bool delivers_once = false;  ///< After a lost answer a message may come twice.

  /// @brief Uses a client of its own. @throws AwsSettingsError, AwsCredentialsError
  explicit SqsMessageQueueAdapter(std::string queue_url, const SqsMessageQueueOptions& options = {})
      : SqsMessageQueueAdapter{std::make_shared<SqsHttpClient>(detail::sqs_client_options(options.client, queue_url)),
                               std::move(queue_url), options} {}
  /// @brief Shares a client, such as one over the AWS SDK; `options.client` then means nothing.
  /// @throws std::invalid_argument when `max_attempts` is below 1
  template <AwsClient Client>
  SqsMessageQueueAdapter(std::shared_ptr<Client> client, std::string queue_url,
                         const SqsMessageQueueOptions& options = {})
      : channel_{{std::move(client), options.retry}, "SendMessageBatch", options.max_message_size},
        queue_url_{std::move(queue_url)},
        format_{options.format} {}

  /// @brief The queue's URL.
  const std::string& queue_url() const noexcept { return queue_url_; }
  /// @brief In bytes, of a body with its attributes.
  std::size_t max_message_size() const noexcept { return channel_.max_size(); }
  /// @brief Whether the queue keeps the order of messages, which its name says.
  bool is_fifo() const noexcept { return queue_url_.ends_with(".fifo"); }

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
    detail::SqsFormat format{.is_fifo = is_fifo(), .replay = options.replay, .form = format_};
    if (options.replay) format.token = detail::new_client_request_token(16);
    std::vector<detail::AwsOutgoingMessage> outgoing;
    outgoing.reserve(messages.size());
    for (const MessageView& view : messages) outgoing.push_back(detail::sqs_message(view, format));
    if (before_sending) before_sending(outgoing);
    channel_.publish(
        outgoing,
        [this](const std::vector<const detail::AwsOutgoingMessage*>& batch) {
          nlohmann::json request{{"QueueUrl", queue_url_}, {"Entries", nlohmann::json::array()}};
          for (const detail::AwsOutgoingMessage* const message : batch) {
            request["Entries"].push_back(message->entry);
            request["Entries"].back()["Id"] = std::to_string(request["Entries"].size() - 1);
          }
          return request;
        },
        read_results);
  }

 private:
  static void read_results(const nlohmann::json& answer, std::vector<detail::AwsEntryResult>& results) {
    const auto read = [&](const char* name, const auto& result_of) {
      const auto entries = answer.find(name);
      if (entries == answer.end() || !entries->is_array()) return;
      for (const nlohmann::json& entry : *entries) {
        const auto index = detail::parse_integer<std::size_t>(detail::text_member(entry, "Id"));
        if (index && *index < results.size()) results[*index] = result_of(entry);
      }
    };
    read("Successful", [](const nlohmann::json&) { return detail::AwsEntryResult{detail::AwsEntryStatus::taken, {}}; });
    read("Failed", [](const nlohmann::json& entry) {
      const bool is_ours = entry.contains("SenderFault") && entry["SenderFault"] == true;
      return detail::failed_aws_entry(detail::sqs_service, detail::text_member(entry, "Code"),
                                      detail::text_member(entry, "Message"), is_ours);
    });
  }

  detail::AwsBatchChannel channel_;
  std::string queue_url_;
  MessageFormat format_;
};

static_assert(MessageChannelAdapter<SqsMessageQueueAdapter>);

/// @brief Options of an `SqsConsumer`.
template <MessageType Message>
struct SqsConsumerOptions {
  AwsHttpClientOptions client{};  ///< Of the client that it makes; region and endpoint are those of the queue's URL.
  /// @brief How often and how long it tries to ask SQS. A stop ends the waiting between tries to receive; what was
  /// handled is told to SQS after that, too.
  AwsRetryPolicy requests{};
  /// @brief When a message that failed becomes visible again. Set the redrive policy's `maxReceiveCount` to
  /// `retry_attempts + 1`: SQS counts how often a message was received, by all consumers. For a FIFO queue set it
  /// higher, such as to 10: a message that fails goes back with those behind it in its group, and each time that uses
  /// up one receive of theirs, too. With `max_messages = 1` it does not.
  MessageRetryOptions retry{};
  /// @brief Takes over what failed as often as it may, which is then deleted. Unless given, the message goes back to
  /// the queue, whose redrive policy moves it to the dead-letter queue.
  DeadLetterHandler<Message> on_dead_letter{};
  /// @brief Reads messages that are kept in S3: a `castore::S3MessageReader`. What it cannot read goes back to the
  /// queue as what is not a message does.
  MessageReader message_reader{};
  /// @brief Is told of a body that is not a message of the channel, and why. The message goes back to the queue as one
  /// that failed, and those behind it in its group with it.
  std::function<void(const std::string& body, const std::exception_ptr& error)> on_invalid_message{};
  /// @brief Is told by `run` of errors after which it tries again, and what `on_dead_letter` throws.
  std::function<void(const std::exception_ptr& error)> on_error{};
  /// @brief How long a message that was received is kept from other consumers, 1 to 43,200 s. A handler must return
  /// within half of it: what waits its turn is extended.
  std::chrono::seconds visibility_timeout{30};
  /// @brief How long SQS waits for messages when there are none, 0 to 20 s; `poll` and the end of `run` may take as
  /// long.
  std::chrono::seconds wait_time{10};
  std::size_t max_messages = 10;  ///< Received at once, 1 to 10.
};

/// @brief Receives messages from an Amazon SQS queue and hands them to a handler, as this library or Castore sent them.
///
/// @code
/// castore::SqsConsumer consumer{queue, "https://sqs.eu-west-1.amazonaws.com/123456789012/pokemons.fifo"};
/// consumer.poll([](const auto& message, const castore::MessageContext& context) { ... });        // once, or
/// consumer.run([](const auto& message, const auto& context) { ... }, stop_token);                // until it is
/// stopped
/// @endcode
///
/// **Guarantees**
/// - At least once: a message is deleted after its handler returned, in batches, and at the latest with `poll`. What
///   was not handled when the program ends comes again; by an `Inbox` it takes effect once.
/// - From a FIFO queue, the messages of an aggregate are handled in their order, also after failures. From any other
///   queue those that arrive together are.
/// - `context.replay` is what the message was published with; `context.attempt` is how often it was received.
/// - A message whose time may be over is not handled: somebody else may have it.
/// - Any number of threads may call `poll` and `run`.
///
/// **Errors** `MessageSourceError`, `AwsCredentialsError`.
template <MessageType MessageT>
class SqsConsumer : public detail::MessageConsumer<MessageT, detail::SqsSource<MessageT>> {
  using Source = detail::SqsSource<MessageT>;
  using Base = detail::MessageConsumer<MessageT, Source>;

 public:
  using Options = SqsConsumerOptions<MessageT>;  ///< What the constructor takes.

  /// @brief Uses a client of its own. @param channel Whose messages the queue has: a queue or bus of this program, with
  /// or without an adapter, which must outlive the consumer.
  /// @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument when an option is out of range
  template <class Channel>
    requires std::same_as<typename Channel::Message, MessageT>
  SqsConsumer(const Channel& channel, std::string queue_url, Options options = {})
      : SqsConsumer{channel, std::make_shared<SqsHttpClient>(client_options(options, queue_url)), queue_url,
                    std::move(options)} {}
  /// @brief Shares a client, such as one over the AWS SDK; `options.client` then means nothing. Its time-out must be
  /// longer than `wait_time`.
  template <class Channel, AwsClient Client>
    requires std::same_as<typename Channel::Message, MessageT>
  SqsConsumer(const Channel& channel, std::shared_ptr<Client> client, std::string queue_url, Options options = {})
      : Base{options.retry, std::move(options.on_dead_letter), std::move(options.on_error),
             Source{std::make_shared<detail::SqsReceipts>(
                        detail::AwsCaller{std::move(client), std::move(options.requests)}, std::move(queue_url),
                        checked(options.visibility_timeout, 1, 43'200, "visibility_timeout")),
                    {.retry = options.retry,
                     .wait_time = checked(options.wait_time, 0, 20, "wait_time"),
                     .max_messages = checked(options.max_messages, 1, 10, "max_messages"),
                     .parse = [&channel](const std::string& body) { return channel.parse_message(body); },
                     .reader = std::move(options.message_reader),
                     .on_invalid_message = std::move(options.on_invalid_message)}}} {}

 private:
  template <class Value>
  static Value checked(Value value, int least, int most, const char* name) {
    if (value < Value(least) || value > Value(most)) {
      throw std::invalid_argument{std::string{"castore: "} + name + " is out of range: " + std::to_string(least) +
                                  " to " + std::to_string(most)};
    }
    return value;
  }

  /// A request waits for messages and then for its answer.
  static AwsHttpClientOptions client_options(const Options& options, std::string_view queue_url) {
    AwsHttpClientOptions client = detail::sqs_client_options(options.client, queue_url);
    if (client.request_timeout.count() > 0) client.request_timeout += options.wait_time;
    return client;
  }
};

template <class Channel>
SqsConsumer(const Channel&, std::string) -> SqsConsumer<typename Channel::Message>;
template <class Channel>
SqsConsumer(const Channel&, std::string, SqsConsumerOptions<typename Channel::Message>)
    -> SqsConsumer<typename Channel::Message>;
template <class Channel, AwsClient Client>
SqsConsumer(const Channel&, std::shared_ptr<Client>, std::string) -> SqsConsumer<typename Channel::Message>;
template <class Channel, AwsClient Client>
SqsConsumer(const Channel&, std::shared_ptr<Client>, std::string, SqsConsumerOptions<typename Channel::Message>)
    -> SqsConsumer<typename Channel::Message>;

}  // namespace castore

#endif
