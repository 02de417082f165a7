// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_CALLER_HPP
#define CASTORE_ADAPTERS_DYNAMODB_CALLER_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/retry.hpp>
#include <castore/aws/caller.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/retry.hpp>
#include <castore/core/errors.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

using DynamoDbAction = AwsAction;

inline StorageError damaged_dynamodb_answer(const DynamoDbAction& action, const std::string& what) {
  return dynamodb_storage_error("cannot " + action.what + ": the answer is damaged: " + what, false,
                                action.may_be_done);
}

/// Calls a client of any type, again where that may help.
class DynamoDbCaller {
 public:
  template <AwsClient Client>
  DynamoDbCaller(std::shared_ptr<Client> client, AwsRetryPolicy policy)
      : caller_{std::move(client), std::move(policy)} {}

  /// @throws DynamoDbError when DynamoDB refused, and repeating would not help; StorageError when repeating did not.
  std::string call(std::string_view operation, const std::string& request, DynamoDbAction& action) const {
    try {
      return caller_.call<DynamoDbError>(operation, request, action, is_transient);
    } catch (const DynamoDbError& error) {
      if (!is_transient(error)) throw;
      throw_given_up(action, error, true);
    } catch (const AwsConnectionError& error) {
      throw_given_up(action, error, error.retryable());
    }
  }

  /// The same, with what DynamoDB says translated.
  /// @throws StorageError
  std::string call_or_throw(std::string_view operation, const std::string& request, DynamoDbAction& action) const {
    try {
      return call(operation, request, action);
    } catch (const DynamoDbError& error) {
      throw_dynamodb_refusal(action.what, error, action.may_be_done);
    }
  }

 private:
  [[noreturn]] static void throw_given_up(const DynamoDbAction& action, const Error& error, bool may_help) {
    std::throw_with_nested(dynamodb_storage_error(
        "cannot " + action.what + " after " + std::to_string(action.attempts) +
            (action.attempts == 1 ? " attempt" : " attempts") + ": " + without_prefix(error.what()),
        may_help, action.may_be_done));
  }

  AwsCaller caller_;
};

}  // namespace castore::detail

#endif
