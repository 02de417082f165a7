// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_S3_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_S3_HPP

/// @file
/// Messages through Amazon SQS, in Castore's format. Those that are too large for it are kept in Amazon S3.
/// Source: \@castore/message-queue-adapter-sqs-s3 2.4.2.

#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/s3_messages.hpp>
#include <castore/messaging/adapters/sqs.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace castore {

/// @brief Sends messages to an Amazon SQS queue in the same way and order as `SqsMessageQueueAdapter`, and keeps those
/// that are too large for it in an Amazon S3 bucket. An `SqsConsumer` with an `S3MessageReader` reads them.
///
/// @code
/// castore::SqsS3MessageQueueAdapter sqs{queue_url, {.bucket = "pokemons-messages"}};
/// castore::NotificationMessageQueue queue{"POKEMONS", pokemons, sqs};
/// @endcode
///
/// **Guarantees**
/// - Those of `SqsMessageQueueAdapter`. A FIFO queue recognises a message that is sent again by its content, wherever
///   that is kept.
/// - A message that is too large is written to `<prefix><store>/<id>/<time>#<version>` before anything is sent. Its
///   body is then `{"messageUrl": ...}`, with an address that may be used for `url_lifetime`. The adapter does not
///   delete objects: let the bucket expire them when the queue can no longer have the messages.
///
/// **Errors** Those of `SqsMessageQueueAdapter`. If a message cannot be kept, nothing is sent.
class SqsS3MessageQueueAdapter : private SqsMessageQueueAdapter {
 public:
  using SqsMessageQueueAdapter::delivers_once;
  using SqsMessageQueueAdapter::is_fifo;
  using SqsMessageQueueAdapter::max_message_size;
  using SqsMessageQueueAdapter::needs_json;
  using SqsMessageQueueAdapter::queue_url;

  /// @brief Uses clients of its own. @param s3 Where large messages go. The region is the queue's unless this names
  /// another.
  /// @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument when an option is out of range
  SqsS3MessageQueueAdapter(std::string queue_url, const S3MessageOptions& s3,
                           const SqsMessageQueueOptions& options = {})
      : SqsMessageQueueAdapter{queue_url, options},
        s3_{s3, detail::sqs_client_options(options.client, queue_url), options.retry},
        content_type_{detail::content_type_of(options.format)} {}
  /// @brief Shares clients, such as those over the AWS SDK: one of SQS and one of the bucket. Of `options.client` only
  /// the clock is used, of `s3` neither `region` nor `endpoint`.
  /// @throws std::invalid_argument when an option is out of range
  template <AwsClient Client, S3Client S3>
  SqsS3MessageQueueAdapter(std::shared_ptr<Client> client, std::shared_ptr<S3> s3_client, std::string queue_url,
                           S3MessageOptions s3, const SqsMessageQueueOptions& options = {})
      : SqsMessageQueueAdapter{std::move(client), std::move(queue_url), options},
        s3_{std::move(s3_client), std::move(s3), options.client, options.retry},
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
