// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_CALLER_HPP
#define CASTORE_ADAPTERS_DYNAMODB_CALLER_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/deadline.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/json_scanner.hpp>
#include <castore/adapters/dynamodb/retry.hpp>
#include <castore/core/errors.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// What an operation tries, and what is known of it.
struct DynamoDbAction {
  std::string what;  ///< As an error says it after "cannot": `push to table 'events'`.
  bool is_write = false;
  bool may_be_done = false;            ///< Of a write: an attempt that failed may have done it.
  std::optional<Deadline> deadline{};  ///< Of all attempts and look-ups; set when the first one begins.
};

inline StorageError damaged_dynamodb_answer(const DynamoDbAction& action, const std::string& what) {
  return dynamodb_storage_error("cannot " + action.what + ": the answer is damaged: " + what, false,
                                action.may_be_done);
}

/// Calls a client of any type, again where that may help.
class DynamoDbCaller {
 public:
  template <DynamoDbClient Client>
  DynamoDbCaller(std::shared_ptr<Client> client, DynamoDbRetryPolicy policy)
      : call_{[client = std::move(client)](std::string_view operation, const std::string& request,
                                           Deadline deadline) -> std::string {
          if constexpr (requires { client->call(operation, request, deadline); }) {
            return client->call(operation, request, deadline);
          } else {
            return client->call(operation, request);
          }
        }},
        policy_{std::move(policy)} {
    if (policy_.max_attempts < 1) throw std::invalid_argument{"castore: max_attempts is below 1; 1 means no retry"};
  }

  /// @throws DynamoDbError when DynamoDB refused, and repeating would not help; StorageError when repeating did not.
  std::string call(std::string_view operation, const std::string& request, DynamoDbAction& action) const {
    // The first attempt has the client's own time.
    Deadline deadline = action.deadline.value_or(no_deadline);
    if (!action.deadline) action.deadline = deadline_after(policy_.deadline);
    for (int attempt = 1;; ++attempt, deadline = *action.deadline) {
      try {
        std::string answer = call_(operation, request, deadline);
        if (is_whole_json_object(answer)) return answer;
        throw DynamoDbConnectionError{"the answer is cut or not JSON", true};
      } catch (const DynamoDbError& error) {
        if (!is_transient(error)) throw;
        if (action.is_write && error.http_status() >= 500) action.may_be_done = true;
        wait_or_give_up(action, attempt, error, true);
      } catch (const DynamoDbConnectionError& error) {
        if (action.is_write && error.request_sent()) action.may_be_done = true;
        wait_or_give_up(action, attempt, error, error.retryable());
      }
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
  void wait_or_give_up(const DynamoDbAction& action, int attempt, const std::exception& error, bool may_help) const {
    const auto wait = dynamodb_wait(policy_, attempt);
    if (may_help && attempt < policy_.max_attempts && wait < time_until(*action.deadline)) {
      policy_.sleep(wait);
      return;
    }
    std::throw_with_nested(dynamodb_storage_error("cannot " + action.what + " after " + std::to_string(attempt) +
                                                      (attempt == 1 ? " attempt" : " attempts") + ": " +
                                                      without_prefix(error.what()),
                                                  may_help, action.may_be_done));
  }

  std::function<std::string(std::string_view, const std::string&, Deadline)> call_;
  DynamoDbRetryPolicy policy_;
};

}  // namespace castore::detail

#endif
