// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_DYNAMODB_SCRIPTED_CLIENT_HPP
#define CASTORE_TESTS_DYNAMODB_SCRIPTED_CLIENT_HPP

/// @file
/// A client without a server: it keeps the requests and gives the answers of a test. What a server's double does not
/// look at is seen in the requests themselves.

#include <castore/adapters/dynamodb/client.hpp>

#include "dynamodb/support.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::dynamodb_tests {

struct Request {
  std::string operation;
  Json body;
};

/// Gives each request the next answer, which may throw.
class ScriptedClient {
 public:
  using Answer = std::function<std::string()>;

  std::vector<Request> requests{};
  std::vector<Answer> answers{};

  ScriptedClient& answers_with(const Json& answer) {
    return then([text = answer.dump()] { return text; });
  }
  template <class Error>
  ScriptedClient& fails_with(const Error& error) {
    return then([error]() -> std::string { throw error; });
  }
  ScriptedClient& then(Answer answer) {
    answers.push_back(std::move(answer));
    return *this;
  }

  std::string call(std::string_view operation, const std::string& request) {
    requests.push_back({std::string{operation}, Json::parse(request)});
    if (requests.size() > answers.size()) throw std::logic_error{"a request without an answer: " + request};
    return answers[requests.size() - 1]();
  }
};

/// An adapter with such a client and the table `events`.
struct Scripted {
  explicit Scripted(const DynamoDbEventStorageAdapterOptions& options = {.retry = quick_retries(3)})
      : storage{client, "events", options} {}

  ScriptedClient client{};
  DynamoDbEventStorageAdapter storage;

  const Json& body(std::size_t index = 0) const { return client.requests.at(index).body; }
  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const Request& request : client.requests) names.push_back(request.operation);
    return names;
  }
};

using Reasons = std::vector<std::string>;

inline const DynamoDbError condition_failed{400, "ConditionalCheckFailedException", "The conditional request failed"};
inline const DynamoDbError throttled{400, "ThrottlingException", "slow down"};
inline const AwsConnectionError answer_lost{"the answer was lost", true};

inline DynamoDbError cancelled(const std::vector<std::string>& reasons) {
  return {400, "TransactionCanceledException", "Transaction cancelled", reasons};
}

/// `{"S": "text"}` or `{"N": "1"}`.
inline Json text_value(const std::string& text) { return {{"S", text}}; }
inline Json number_value(Version number) { return {{"N", std::to_string(number)}}; }

/// An item of a table as DynamoDB gives it.
inline Json stored_item(Version version, const std::string& id = "a") {
  return {{"aggregateId", text_value("POKEMONS#" + id)},
          {"version", number_value(version)},
          {"type", text_value("LEVELED_UP")},
          {"timestamp", text_value("2022-01-01T12:00:00.000Z")},
          {"payload", {{"M", Json::object()}}}};
}
/// An entry of the index.
inline Json stored_entry(const std::string& id, const std::string& timestamp = "2022-01-01T12:00:00.000Z") {
  return {{"aggregateId", text_value("POKEMONS#" + id)},
          {"version", number_value(1)},
          {"eventStoreId", text_value("POKEMONS")},
          {"timestamp", text_value(timestamp)}};
}
inline Json page_of(const std::vector<Json>& items, const Json& last_evaluated_key = {}) {
  Json page{{"Items", Json(items)}, {"Count", items.size()}};
  if (!last_evaluated_key.is_null()) page["LastEvaluatedKey"] = last_evaluated_key;
  return page;
}

}  // namespace castore::dynamodb_tests

#endif
