// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_DYNAMODB_SUPPORT_HPP
#define CASTORE_TESTS_DYNAMODB_SUPPORT_HPP

/// @file
/// What the tests of the DynamoDB adapter share: the server, tables, and short spellings. The tests run against the
/// server of server.sh, or against the endpoint in CASTORE_DYNAMODB_ENDPOINT with the environment's credentials.

#include <castore/adapters/dynamodb.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::dynamodb_tests {

using Json = nlohmann::json;

/// Where server.sh's server listens.
inline const std::string& server_address() {
  static const std::string address = [] {
    std::ifstream file{std::string{DYNAMODB_SERVER} + "/address"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) throw std::runtime_error{"the server does not run; start it by tests/dynamodb/server.sh"};
    return text;
  }();
  return address;
}

inline const AwsCredentials server_credentials{"CASTORE", "castore/secret+key", "", {}};

/// Options for server.sh's server. @param path Such as `/faults/NAME`.
inline DynamoDbHttpClientOptions server_options(const std::string& path = {}) {
  return {.region = "eu-west-1", .endpoint = server_address() + path, .credentials = server_credentials};
}

/// Options for the endpoint that most tests use.
inline DynamoDbHttpClientOptions client_options() {
  const char* const other = std::getenv("CASTORE_DYNAMODB_ENDPOINT");
  if (other == nullptr || *other == '\0') return server_options();
  DynamoDbHttpClientOptions options{.endpoint = other};
  if (std::getenv("AWS_REGION") == nullptr) options.region = "us-east-1";
  return options;
}

inline DynamoDbHttpClient& client() {
  static DynamoDbHttpClient shared{client_options()};
  return shared;
}

inline Json call(std::string_view operation, const Json& request) {
  return Json::parse(client().call(operation, request.dump()));
}

enum class Layout { single_table, table_per_event_store };

/// A table that ends with the test.
class Table {
 public:
  explicit Table(Layout layout = Layout::single_table) {
    const bool single = layout == Layout::single_table;
    const char* const partition = single ? "eventStoreId" : "isInitialEvent";
    const auto attribute = [](const char* name, const char* type) -> Json {
      return {{"AttributeName", name}, {"AttributeType", type}};
    };
    const auto key = [](const char* name, const char* type) -> Json {
      return {{"AttributeName", name}, {"KeyType", type}};
    };
    call("CreateTable",
         {{"TableName", name_},
          {"AttributeDefinitions",
           {attribute("aggregateId", "S"), attribute("version", "N"), attribute(partition, single ? "S" : "N"),
            attribute("timestamp", "S")}},
          {"KeySchema", {key("aggregateId", "HASH"), key("version", "RANGE")}},
          {"BillingMode", "PAY_PER_REQUEST"},
          {"GlobalSecondaryIndexes",
           Json::array({{{"IndexName", "initialEvents"},
                         {"KeySchema", {key(partition, "HASH"), key("timestamp", "RANGE")}},
                         {"Projection", {{"ProjectionType", "KEYS_ONLY"}}}}})}});
    while (call("DescribeTable", {{"TableName", name_}})["Table"]["TableStatus"] != "ACTIVE") {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() {
    try {
      call("DeleteTable", {{"TableName", name_}});
    } catch (const std::exception& error) {
      WARN(error.what());
    }
  }

  const std::string& name() const noexcept { return name_; }

  /// An item as it is stored; null when there is none.
  Json item(const std::string& key, Version version) const {
    const Json answer = call("GetItem", {{"TableName", name_},
                                         {"Key", {{"aggregateId", {{"S", key}}},
                                                  {"version", {{"N", std::to_string(version)}}}}},
                                         {"ConsistentRead", true}});
    return answer.contains("Item") ? answer["Item"] : Json{};
  }
  void put(const Json& item) const { call("PutItem", {{"TableName", name_}, {"Item", item}}); }

 private:
  std::string name_ = "castore-" + detail::new_client_request_token();
};

inline DynamoDbRetryPolicy quick_retries(int max_attempts = 6) {
  return {.max_attempts = max_attempts, .first = std::chrono::milliseconds{1}, .longest = std::chrono::milliseconds{5}};
}

inline const Timestamp noon = *parse_timestamp("2022-01-01T12:00:00.000Z");

inline PushRecord event(std::string aggregate_id, Version version, std::string payload = "{}",
                        std::string metadata = {}) {
  return {"POKEMONS", {std::move(aggregate_id), version, "LEVELED_UP", noon, std::move(payload), std::move(metadata)}};
}

template <class... Records>
PushOutcome push(const DynamoDbEventStorageAdapter& storage, const Records&... records) {
  const std::vector<PushRecord> group{records...};
  return storage.push_events(group, false);
}

inline std::vector<EventRecord> load(const DynamoDbEventStorageAdapter& storage, std::string_view aggregate_id,
                                     const GetEventsOptions& options = {}) {
  std::vector<EventRecord> events;
  storage.get_events("POKEMONS", aggregate_id, options,
                     [&](const EventRecordView& event) { events.push_back(event.to_record()); });
  return events;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The error that a function throws, which must be of this type.
template <class Error, class Function>
Error error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error{"the expected error was not thrown"};
}

}  // namespace castore::dynamodb_tests

#endif
