// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_CLIENT_HPP
#define CASTORE_AWS_CLIENT_HPP

/// @file
/// What is asked of a client of a service of AWS: one function that sends one request once, and two errors.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A service of AWS answered that it did not do what it was asked. Nested in what the adapter throws; a client
/// of your own throws it, or the type that the service has for it, such as `DynamoDbError`.
/// **Handling:** as that of the error around it. `code()` is explained in the "Errors" part of each operation in the
/// service's API Reference.
class CASTORE_DETAIL_THROWN AwsError : public Error {
 public:
  /// @brief What a client throws for an answer whose HTTP status is not 200. @param service Such as `Amazon SQS`.
  /// @param http_status The answer's status, such as 400.
  /// @param code Its name without what stands before a `#`, such as `QueueDoesNotExist`.
  AwsError(const std::string& service, int http_status, std::string code, const std::string& message)
      : Error{"castore: " + service + ": " +
              (code.empty() ? "HTTP status " + std::to_string(http_status) : detail::safe_text(code, 200)) +
              (message.empty() ? "" : ": " + detail::safe_text(message))},
        http_status_{http_status},
        code_{std::move(code)} {}

  /// @brief The answer's HTTP status.
  int http_status() const noexcept { return http_status_; }
  /// @brief The error's name in the service's API; empty when the answer has none.
  const std::string& code() const noexcept { return code_; }

 private:
  int http_status_;
  std::string code_;
};

/// @brief There was no answer of a service of AWS, or none that can be understood. Nested in what the adapter throws; a
/// client of your own throws it.
/// **Handling:** as that of the error around it.
class CASTORE_DETAIL_THROWN AwsConnectionError : public Error {
 public:
  /// @brief What a client throws when there was no answer that can be understood.
  /// @param request_sent Whether the service may have got the request and done it. When in doubt, true.
  /// @param retryable Whether the same may succeed a little later; not so for a wrong address or certificate.
  AwsConnectionError(const std::string& what, bool request_sent, bool retryable = true)
      : Error{"castore: " + detail::safe_text(what)}, request_sent_{request_sent}, retryable_{retryable} {}

  /// @brief True when the service may have got the request, so that a write may have happened.
  bool request_sent() const noexcept { return request_sent_; }
  /// @brief True when the same may succeed a little later.
  bool retryable() const noexcept { return retryable_; }

 private:
  bool request_sent_;
  bool retryable_;
};

/// @brief Calls the JSON API of a service of AWS: `call("PutItem", request)` sends the request, which is JSON text, and
/// returns the answer of an HTTP status 200, which is JSON text too.
///
/// Any number of threads call it at the same time. It sends a request **once**: repeating is the adapter's business, as
/// a repeated write must not be taken for a conflict with itself. Where a client cannot be kept from repeating (the AWS
/// SDK can, by a retry strategy of 0 retries), pushes to DynamoDB may report such conflicts. It throws `AwsError`, for
/// DynamoDB `DynamoDbError`, or `AwsConnectionError`; other exceptions pass through the adapter unchanged. A client
/// that also has `call(operation, request, deadline)`, with a `std::chrono::steady_clock::time_point`, is asked by it
/// and ends by then.
template <class Client>
concept AwsClient = requires(Client& client, std::string_view operation, const std::string& request) {
  { client.call(operation, request) } -> std::convertible_to<std::string>;
};

/// @brief Keeps objects in a bucket of Amazon S3, as `S3HttpClient` does, with a
/// `std::chrono::steady_clock::time_point` by which `put_object` ends.
///
/// Any number of threads call it at the same time. `put_object` sends a request **once** and throws `AwsError` or
/// `AwsConnectionError`; `presigned_url` gives an address by which whoever has it may read the object for that long.
template <class Client>
concept S3Client = requires(Client& client, const std::string& key, std::string_view content, std::chrono::seconds time,
                            std::chrono::steady_clock::time_point deadline) {
  client.put_object(key, content, key, deadline);  // the third: the content's type
  { client.presigned_url(key, time) } -> std::convertible_to<std::string>;
};

}  // namespace castore

#endif
