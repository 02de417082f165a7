// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_CLIENT_HPP
#define CASTORE_ADAPTERS_DYNAMODB_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/config.hpp>

#include <string>
#include <utility>
#include <vector>

namespace castore {

/// @brief DynamoDB answered that it did not do what it was asked. Nested in the `StorageError` of a
/// `DynamoDbEventStorageAdapter`; a client of your own throws it.
/// **Handling:** as that of the `StorageError` around it. `code()` is explained in the "Errors" part of each operation
/// in the Amazon DynamoDB API Reference.
class CASTORE_DETAIL_THROWN DynamoDbError : public AwsError {
 public:
  /// @brief What a client throws for an answer whose HTTP status is not 200.
  /// @param http_status The answer's status, such as 400.
  /// @param code Its name without what stands before a `#`, such as `ConditionalCheckFailedException`.
  /// @param cancellation_reasons The `Code` of each entry of `CancellationReasons`, in their order.
  DynamoDbError(int http_status, std::string code, const std::string& message,
                std::vector<std::string> cancellation_reasons = {})
      : AwsError{"DynamoDB", http_status, std::move(code), message},
        cancellation_reasons_{std::move(cancellation_reasons)} {}

  /// @brief Why a transaction was cancelled: one code per item, `None` for those that are not to blame.
  const std::vector<std::string>& cancellation_reasons() const noexcept { return cancellation_reasons_; }

 private:
  std::vector<std::string> cancellation_reasons_;
};

}  // namespace castore

#endif
