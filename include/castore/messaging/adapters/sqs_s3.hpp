// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_S3_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_S3_HPP

/// @file
/// Messages through Amazon SQS, of which those that are too large are kept in Amazon S3, in Castore's format.
/// Source: \@castore/message-queue-adapter-sqs-s3 2.4.2.

#include <castore/aws/http_client.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/s3_messages.hpp>
#include <castore/messaging/adapters/sqs.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace castore {

/// @brief Sends messages to an Amazon SQS queue as `SqsMessageQueueAdapter` does, in the same order, and keeps those
/// that are too large for it in a bucket of Amazon S3. An `SqsConsumer` with an `S3MessageReader` gives them back.
///
/// @code
/// castore::SqsS3MessageQueueAdapter sqs{queue_url, {.bucket = "pokemons-messages"}};
/// castore::NotificationMessageQueue queue{"POKEMONS", pokemons, sqs};
/// @endcode
///
/// **Guarantees**
/// - Those of `SqsMessageQueueAdapter`. A FIFO queue knows a message that is sent again by its content, wherever that
/// is.
/// - What is too large is written first, below `<prefix><store>/<id>/<time>#<version>`; the body is then
///   `{"messageUrl": ...}`, an address that may be used for `url_lifetime`. Objects are not deleted: let the bucket do
///   it when the queue has forgotten the messages.
///
/// **Errors** As `SqsMessageQueueAdapter`. When a message cannot be kept, nothing is sent.
class SqsS3MessageQueueAdapter : private SqsMessageQueueAdapter {
 public:
  using SqsMessageQueueAdapter::delivers_once;
  using SqsMessageQueueAdapter::is_fifo;
  using SqsMessageQueueAdapter::max_message_size;
  using SqsMessageQueueAdapter::needs_json;
  using SqsMessageQueueAdapter::queue_url;

  /// @brief Uses clients of its own. @param s3 Where large messages go; the region is the queue's unless it says
  /// another.
  /// @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument when an option is out of range
  SqsS3MessageQueueAdapter(std::string queue_url, S3MessageOptions s3, const SqsMessageQueueOptions& options = {})
      : SqsMessageQueueAdapter{queue_url, options},
        s3_{std::move(s3), detail::sqs_client_options(options.client, queue_url), options.retry},
        content_type_{detail::content_type_of(options.format)} {}

  /// @brief The operation of the adapter contract.
  /// @throws MessagesNotPublishedError, AwsCredentialsError, EventEncodeError, InvalidMessageError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    publish(messages, options, [&](std::vector<detail::AwsOutgoingMessage>& outgoing) {
      s3_.keep_large(messages, outgoing, max_message_size(), "MessageBody", content_type_);
    });
  }

 private:
  detail::S3Messages s3_;
  std::string content_type_;
};

static_assert(MessageChannelAdapter<SqsS3MessageQueueAdapter>);

}  // namespace castore

#endif
