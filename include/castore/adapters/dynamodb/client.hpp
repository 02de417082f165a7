// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_CLIENT_HPP
#define CASTORE_ADAPTERS_DYNAMODB_CLIENT_HPP

/// @file
/// What the DynamoDB adapter asks of a client: one function that sends one request once, and two errors.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief DynamoDB answered that it did not do what it was asked. Nested in the `StorageError` of a
/// `DynamoDbEventStorageAdapter`; a client of your own throws it.
/// **Handling:** as that of the `StorageError` around it. `code()` is explained in the "Errors" part of each operation
/// in the Amazon DynamoDB API Reference.
class CASTORE_DETAIL_THROWN DynamoDbError : public Error {
 public:
  /// @brief What a client throws for an answer whose HTTP status is not 200.
  /// @param http_status The answer's status, such as 400.
  /// @param code Its name without what stands before a `#`, such as `ConditionalCheckFailedException`.
  /// @param cancellation_reasons The `Code` of each entry of `CancellationReasons`, in their order.
  DynamoDbError(int http_status, std::string code, const std::string& message,
                std::vector<std::string> cancellation_reasons = {})
      : Error{"castore: DynamoDB: " +
              (code.empty() ? "HTTP status " + std::to_string(http_status) : detail::safe_text(code, 200)) +
              (message.empty() ? "" : ": " + detail::safe_text(message))},
        http_status_{http_status},
        code_{std::move(code)},
        cancellation_reasons_{std::move(cancellation_reasons)} {}

  /// @brief The answer's HTTP status.
  int http_status() const noexcept { return http_status_; }
  /// @brief The error's name in DynamoDB's API; empty when the answer has none.
  const std::string& code() const noexcept { return code_; }
  /// @brief Why a transaction was cancelled: one code per item, `None` for those that are not to blame.
  const std::vector<std::string>& cancellation_reasons() const noexcept { return cancellation_reasons_; }

 private:
  int http_status_;
  std::string code_;
  std::vector<std::string> cancellation_reasons_;
};

/// @brief There was no answer, or none that can be understood. Nested in the `StorageError` of a
/// `DynamoDbEventStorageAdapter`; a client of your own throws it.
/// **Handling:** as that of the `StorageError` around it.
class CASTORE_DETAIL_THROWN DynamoDbConnectionError : public Error {
 public:
  /// @brief What a client throws when there was no answer that can be understood.
  /// @param request_sent Whether DynamoDB may have got the request and done it. When in doubt, true.
  /// @param retryable Whether the same may succeed a little later; not so for a wrong address or certificate.
  DynamoDbConnectionError(const std::string& what, bool request_sent, bool retryable = true)
      : Error{"castore: " + detail::safe_text(what)}, request_sent_{request_sent}, retryable_{retryable} {}

  /// @brief True when DynamoDB may have got the request, so that a write may have happened.
  bool request_sent() const noexcept { return request_sent_; }
  /// @brief True when the same may succeed a little later.
  bool retryable() const noexcept { return retryable_; }

 private:
  bool request_sent_;
  bool retryable_;
};

/// @brief Calls DynamoDB's low-level API: `call("PutItem", request)` sends the request, which is JSON text, and returns
/// the answer of an HTTP status 200, which is JSON text too.
///
/// Any number of threads call it at the same time. It sends a request **once**: repeating is the adapter's business, as
/// a repeated write must not be taken for a conflict with itself. Where a client cannot be kept from repeating (the AWS
/// SDK can, by a retry strategy of 0 retries), pushes may report such conflicts. It throws `DynamoDbError` or
/// `DynamoDbConnectionError`; other exceptions pass through the adapter unchanged. A client that also has
/// `call(operation, request, deadline)`, with a `std::chrono::steady_clock::time_point`, is asked by it and ends by
/// then.
template <class Client>
concept DynamoDbClient = requires(Client& client, std::string_view operation, const std::string& request) {
  { client.call(operation, request) } -> std::convertible_to<std::string>;
};

}  // namespace castore

#endif
