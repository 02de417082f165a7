// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_CALLER_HPP
#define CASTORE_ADAPTERS_DYNAMODB_CALLER_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/json_scanner.hpp>
#include <castore/adapters/dynamodb/retry.hpp>
#include <castore/core/errors.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// Calls a client of any type, again where that may help.
class DynamoDbCaller {
 public:
  template <DynamoDbClient Client>
  DynamoDbCaller(std::shared_ptr<Client> client, DynamoDbRetryPolicy policy)
      : call_{[client = std::move(client)](std::string_view operation, const std::string& request) -> std::string {
          return client->call(operation, request);
        }},
        policy_{std::move(policy)} {
    if (policy_.max_attempts < 1) throw std::invalid_argument{"castore: max_attempts is below 1; 1 means no retry"};
  }

  /// Becomes true when a request that failed may have been done all the same.
  using MayBeDone = bool;

  /// @param action What an error says was tried: `push to table 'events'`.
  /// @throws DynamoDbError when DynamoDB refused, and repeating would not help; StorageError when repeating did not.
  std::string call(std::string_view operation, const std::string& request, const std::string& action,
                   MayBeDone* may_be_done = nullptr) const {
    const auto start = std::chrono::steady_clock::now();
    const auto give_up = [&](int attempt, const std::exception& error, bool lasting) {
      const auto wait = dynamodb_wait(policy_, attempt);
      const auto elapsed = std::chrono::steady_clock::now() - start;
      if (!lasting && attempt < policy_.max_attempts && elapsed + wait <= policy_.deadline) {
        policy_.sleep(wait);
        return;
      }
      std::string what = "cannot " + action + " after " + std::to_string(attempt) +
                         (attempt == 1 ? " attempt" : " attempts") + ": " + without_prefix(error.what());
      const bool is_unknown = may_be_done != nullptr && *may_be_done;
      if (is_unknown) what += dynamodb_write_unknown;
      std::throw_with_nested(StorageError{what, !lasting && !is_unknown});
    };
    for (int attempt = 1;; ++attempt) {
      try {
        std::string answer = call_(operation, request);
        if (is_whole_json_object(answer)) return answer;
        throw DynamoDbConnectionError{"the answer is cut or no JSON", true};
      } catch (const DynamoDbError& error) {
        if (!is_transient(error)) throw;
        if (may_be_done != nullptr && error.http_status() >= 500) *may_be_done = true;
        give_up(attempt, error, false);
      } catch (const DynamoDbConnectionError& error) {
        if (may_be_done != nullptr && error.request_sent()) *may_be_done = true;
        give_up(attempt, error, !error.retryable());
      }
    }
  }

 private:
  std::function<std::string(std::string_view, const std::string&)> call_;
  DynamoDbRetryPolicy policy_;
};

}  // namespace castore::detail

#endif
