// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_AWS_S3_MESSAGES_HPP
#define CASTORE_MESSAGING_ADAPTERS_AWS_S3_MESSAGES_HPP

/// @file
/// Messages that are too large for a carrier are kept in Amazon S3.
/// Source: \@castore/message-queue-adapter-sqs-s3 2.4.2; Amazon S3 User Guide, "Creating object key names".

#include <castore/aws/caller.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/retry.hpp>
#include <castore/aws/s3_client.hpp>
#include <castore/aws/signature_v4.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>
#include <castore/messaging/adapters/aws/message_url.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Where messages go that are too large for a carrier. Credentials, time-outs and retries are those of the
/// carrier. With an S3 client of your own, `region` and `endpoint` mean nothing, and `bucket` is for errors.
struct S3MessageOptions {
  std::string bucket{};  ///< Its name, such as `pokemons-messages`.
  /// @brief What keys begin with, such as `pokemons/`. Give every channel that uses the bucket one of its own.
  std::string prefix{};
  std::string region{};    ///< The bucket's, unless it is the carrier's.
  std::string endpoint{};  ///< As in `AwsHttpClientOptions`, for S3.
  /// @brief How long the address in a message may be used, from 1 s to seven days, which is the most that S3 takes.
  /// Credentials that end earlier, such as those of a role, end it earlier.
  std::chrono::seconds url_lifetime = std::chrono::hours{24 * 7};
  /// @brief In bytes, with what is counted besides the body: larger messages go to S3. Unless given, those that the
  /// carrier does not take.
  std::optional<std::size_t> larger_than{};
};

/// @brief Options of an `S3MessageReader`.
struct S3MessageReaderOptions {
  AwsHttpClientOptions
      client{};  ///< Of the client that it makes; `max_answer_size` limits messages, 16 MiB unless set.
  /// @brief How often and how long it tries to get a message. Others wait for it, so keep the deadline short.
  AwsRetryPolicy retry{.max_attempts = 4, .deadline = std::chrono::seconds{5}};
  /// @brief Uses the address in the message, without credentials for the bucket: for as long as it may be used. Else
  /// the reader takes the key from it, and its own credentials.
  bool use_presigned_urls = false;
};

/// @brief Gets messages that a channel keeps in a bucket of Amazon S3, as this library or Castore wrote them: the
/// `message_reader` of an `SqsConsumer`.
///
/// @code
/// castore::SqsConsumer consumer{queue, url, {.message_reader = castore::S3MessageReader{"pokemons-messages"}}};
/// @endcode
///
/// **Guarantees** It asks for objects of its bucket only, whatever address a message has. Copies share one client; any
/// number of threads may use them.
///
/// **Errors** `AwsError`, `AwsConnectionError`, `AwsCredentialsError`, and `InvalidMessageError` when an address is not
/// one of the bucket.
class S3MessageReader {
 public:
  /// @brief Does not connect yet. @throws AwsSettingsError, AwsCredentialsError
  explicit S3MessageReader(std::string bucket, const S3MessageReaderOptions& options = {})
      : client_{std::make_shared<S3HttpClient>(std::move(bucket), options.client)},
        retry_{options.retry},
        use_presigned_urls_{options.use_presigned_urls} {}

  /// @brief The message's text. @throws AwsError, AwsConnectionError, AwsCredentialsError, InvalidMessageError
  std::string operator()(const std::string& message_url) const {
    const std::optional<std::string> key = client_->key_of(message_url);
    if (!key) {
      throw InvalidMessageError{detail::message_url_member, "it is not an object of the bucket " + client_->bucket()};
    }
    detail::AwsAction action{.what = "read"};
    return detail::repeat_aws_attempts<AwsError>(
        retry_, action, detail::is_transient_aws_error, [&](detail::Deadline deadline) {
          return use_presigned_urls_ ? client_->get_presigned(message_url, deadline)
                                     : client_->get_object(*key, deadline);
        });
  }

 private:
  std::shared_ptr<S3HttpClient> client_;
  AwsRetryPolicy retry_;
  bool use_presigned_urls_;
};

namespace detail {

/// Keeps large messages in a bucket, and puts their addresses in their place.
class S3Messages {
 public:
  /// @param client Of the carrier. @throws AwsSettingsError, AwsCredentialsError, std::invalid_argument
  S3Messages(const S3MessageOptions& options, const AwsHttpClientOptions& client, AwsRetryPolicy retry)
      : S3Messages{std::make_shared<S3HttpClient>(options.bucket, of_bucket(client, options)), options, client,
                   std::move(retry)} {}
  /// @param carrier Its clock is asked what time it is. @throws std::invalid_argument
  template <S3Client Client>
  S3Messages(std::shared_ptr<Client> client, S3MessageOptions options, const AwsHttpClientOptions& carrier,
             AwsRetryPolicy retry)
      : options_{std::move(options)},
        retry_{std::move(retry)},
        clock_{carrier.clock},
        put_object_{[client](const std::string& key, std::string_view content, const std::string& content_type,
                             Deadline deadline) { client->put_object(key, content, content_type, deadline); }},
        presigned_url_{[client](const std::string& key, std::chrono::seconds lifetime) -> std::string {
          return client->presigned_url(key, lifetime);
        }} {
    constexpr std::chrono::seconds longest = std::chrono::hours{24 * 7};
    if (options_.url_lifetime.count() < 1 || options_.url_lifetime > longest) {
      throw std::invalid_argument{"castore: url_lifetime is out of range: 1 s to 7 days"};
    }
  }

  /// @param body_name What the carrier calls the body. @throws MessagesNotPublishedError, AwsCredentialsError
  void keep_large(std::span<const MessageView> messages, std::vector<AwsOutgoingMessage>& outgoing,
                  std::size_t max_size, const char* body_name, const std::string& content_type) const {
    for (std::size_t index = 0; index < outgoing.size(); ++index) {
      AwsOutgoingMessage& message = outgoing[index];
      if (message.size <= options_.larger_than.value_or(max_size)) continue;
      auto& body = message.entry[body_name].get_ref<std::string&>();
      std::string pointer = keep(messages[index].header(), message.name, body, content_type, outgoing.size());
      message.size = message.size - body.size() + pointer.size();
      body = std::move(pointer);
    }
  }

 private:
  static AwsHttpClientOptions of_bucket(AwsHttpClientOptions client, const S3MessageOptions& options) {
    if (!options.region.empty()) client.region = options.region;
    client.endpoint = options.endpoint;
    return client;
  }

  std::string keep(const MessageHeader& header, const std::string& name, const std::string& body,
                   const std::string& content_type, std::size_t count) const {
    const auto refuse = [&](const Error& error, bool retryable) {
      std::vector<std::size_t> all(count);
      std::iota(all.begin(), all.end(), std::size_t{0});
      std::throw_with_nested(MessagesNotPublishedError{std::move(all),
                                                       name + " cannot be kept in the bucket " + options_.bucket +
                                                           ": " + without_prefix(error.what()) + "; nothing was sent",
                                                       retryable});
    };
    try {
      const std::string key = key_of(header);
      AwsAction action{.what = "keep", .is_write = true};
      repeat_aws_attempts<AwsError>(retry_, action, is_transient_aws_error,
                                    [&](Deadline deadline) { put_object_(key, body, content_type, deadline); });
      return nlohmann::json{{message_url_member, presigned_url_(key, options_.url_lifetime)}}.dump();
    } catch (const AwsError& error) {
      refuse(error, is_transient_aws_error(error));
    } catch (const AwsConnectionError& error) {
      refuse(error, error.retryable());
    }
    return {};
  }

  /// `<prefix><store>/<id>/<time>#<version>`
  std::string key_of(const MessageHeader& header) const {
    constexpr std::size_t longest = 1024;
    const std::string last = format_timestamp(std::chrono::floor<Timestamp::duration>(clock_())) +
                             (header.version ? "#" + std::to_string(*header.version) : std::string{});
    const auto key_with = [&](std::string_view store, std::string_view id) {
      return options_.prefix + std::string{store}.append("/").append(id).append("/") + last;
    };
    std::string key = key_with(header.event_store_id, header.aggregate_id);
    if (key.size() <= longest && !has_relative_part(key)) return key;
    return key_with("sha256-" + hexadecimal(sha256(header.event_store_id)),
                    "sha256-" + hexadecimal(sha256(header.aggregate_id)));
  }

  /// `.` and `..` between slashes, which clients and proxies resolve.
  static bool has_relative_part(std::string_view key) {
    while (!key.empty()) {
      const std::size_t end = (std::min)(key.find('/'), key.size());
      const std::string_view part = key.substr(0, end);
      if (part == "." || part == ".." || part.empty()) return true;
      key.remove_prefix((std::min)(end + 1, key.size()));
    }
    return false;
  }

  S3MessageOptions options_;
  AwsRetryPolicy retry_;
  std::function<std::chrono::system_clock::time_point()> clock_;
  std::function<void(const std::string& key, std::string_view content, const std::string& content_type, Deadline)>
      put_object_;
  std::function<std::string(const std::string& key, std::chrono::seconds lifetime)> presigned_url_;
};

}  // namespace detail
}  // namespace castore

#endif
