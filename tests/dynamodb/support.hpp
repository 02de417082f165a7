// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_DYNAMODB_SUPPORT_HPP
#define CASTORE_TESTS_DYNAMODB_SUPPORT_HPP

/// @file
/// What the tests of the DynamoDB adapter share: the server, tables, and short spellings. The tests run against the
/// server of server.sh, or against the endpoint in CASTORE_DYNAMODB_ENDPOINT with the environment's credentials, if it
/// has any.

#include <castore/adapters/dynamodb.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/place.hpp"
#include "support/records.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
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

using namespace record_tests;

using Json = nlohmann::json;

/// Where server.sh's server listens.
inline const std::string& server_address() {
  static const std::string address = [] {
    std::ifstream file{std::string{castore_tests::place::server} + "/address"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) throw std::runtime_error{"the server does not run; start it by tests/dynamodb/server.sh"};
    return text;
  }();
  return address;
}

inline const AwsCredentials server_credentials{"CASTORE", "castore/secret+key", "", {}};

/// Options for server.sh's server. @param path Such as `/faults/NAME`.
inline AwsHttpClientOptions server_options(const std::string& path = {}) {
  return {.region = "eu-west-1", .endpoint = server_address() + path, .credentials = server_credentials};
}

/// Options for the endpoint that most tests use.
inline AwsHttpClientOptions client_options() {
  const char* const other = std::getenv("CASTORE_DYNAMODB_ENDPOINT");
  if (other == nullptr || *other == '\0') return server_options();
  AwsHttpClientOptions options{.endpoint = other};
  if (std::getenv("AWS_REGION") == nullptr && std::getenv("AWS_DEFAULT_REGION") == nullptr)
    options.region = "us-east-1";
  const bool is_local = options.endpoint.starts_with("http://");
  if (is_local && std::getenv("AWS_ACCESS_KEY_ID") == nullptr) options.credentials = server_credentials;
  return options;
}

inline DynamoDbHttpClient& client() {
  static DynamoDbHttpClient shared{client_options()};
  return shared;
}

/// The same for server.sh's server, whatever endpoint the others use.
inline DynamoDbHttpClient& server_client() {
  static DynamoDbHttpClient shared{server_options()};
  return shared;
}

enum class Layout { single_table, table_per_event_store };

/// A table that ends with the test.
class Table {
 public:
  explicit Table(Layout layout = Layout::single_table, DynamoDbHttpClient& client = dynamodb_tests::client())
      : client_{client} {
    const bool single = layout == Layout::single_table;
    const char* const partition = single ? "eventStoreId" : "isInitialEvent";
    const auto attribute = [](const char* name, const char* type) -> Json {
      return {{"AttributeName", name}, {"AttributeType", type}};
    };
    const auto key = [](const char* name, const char* type) -> Json {
      return {{"AttributeName", name}, {"KeyType", type}};
    };
    ask("CreateTable",
        {{"AttributeDefinitions",
          {attribute("aggregateId", "S"), attribute("version", "N"), attribute(partition, single ? "S" : "N"),
           attribute("timestamp", "S")}},
         {"KeySchema", {key("aggregateId", "HASH"), key("version", "RANGE")}},
         {"BillingMode", "PAY_PER_REQUEST"},
         {"GlobalSecondaryIndexes", Json::array({{{"IndexName", "initialEvents"},
                                                  {"KeySchema", {key(partition, "HASH"), key("timestamp", "RANGE")}},
                                                  {"Projection", {{"ProjectionType", "KEYS_ONLY"}}}}})}});
    while (ask("DescribeTable")["Table"]["TableStatus"] != "ACTIVE") {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() {
    try {
      ask("DeleteTable");
    } catch (const std::exception& error) {
      WARN(error.what());
    }
  }

  const std::string& name() const noexcept { return name_; }

  /// An item as it is stored; null when there is none.
  Json item(const std::string& key, Version version) const {
    const Json answer =
        ask("GetItem", {{"Key", {{"aggregateId", {{"S", key}}}, {"version", {{"N", std::to_string(version)}}}}},
                        {"ConsistentRead", true}});
    return answer.contains("Item") ? answer["Item"] : Json{};
  }
  void put(const Json& item) const { ask("PutItem", {{"Item", item}}); }

  /// Calls an operation on this table.
  Json ask(std::string_view operation, Json request = Json::object()) const {
    request["TableName"] = name_;
    return Json::parse(client_.call(operation, request.dump()));
  }

 private:
  DynamoDbHttpClient& client_;
  std::string name_ = "castore-" + detail::new_client_request_token();
};

inline AwsRetryPolicy quick_retries(int max_attempts = 6) {
  return {.max_attempts = max_attempts, .first = std::chrono::milliseconds{1}, .longest = std::chrono::milliseconds{5}};
}

/// Something to ask of server.sh's server.
inline Json ask_server(const std::string& path, const std::string& method = "GET", const std::string& body = {}) {
  detail::HttpConnection connection{{.connect_timeout = std::chrono::seconds{3},
                                     .request_timeout = std::chrono::seconds{60},
                                     .max_answer_size = std::size_t{64} * 1024 * 1024}};
  const auto response = connection.send({.peer = "server.sh's server",
                                         .url = server_address() + path,
                                         .headers = {"Content-Type: application/json"},
                                         .method = method,
                                         .body = body});
  if (response.status != 200) throw std::runtime_error{response.body};
  return Json::parse(response.body);
}

/// The answer of server.sh's server to a signed request as it is, also that of an error.
inline std::string raw_answer(const std::string& operation, const std::string& body) {
  const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string address = server_address();
  detail::AwsRequest request{.method = "POST",
                             .headers = {{"Content-Type", "application/x-amz-json-1.0"},
                                         {"Host", address.substr(address.find("//") + 2)},
                                         {"X-Amz-Date", detail::amz_date(time)},
                                         {"X-Amz-Target", "DynamoDB_20120810." + operation}},
                             .body = body};
  const auto signature = detail::sign_v4(request, server_credentials, {"eu-west-1", "dynamodb", time});
  detail::HttpRequest sent{.peer = "server.sh's server",
                           .url = address + "/",
                           .headers = {"Authorization: " + signature.authorization},
                           .body = body};
  for (const auto& [name, value] : request.headers) sent.headers.push_back(name + ": " + value);
  return detail::HttpConnection{
      {.connect_timeout = std::chrono::seconds{3}, .request_timeout = std::chrono::seconds{10}}}
      .send(sent)
      .body;
}

/// What goes wrong with the next requests of clients with these options.
class FaultPlan {
 public:
  explicit FaultPlan(const Json& faults, int skew_seconds = 0) {
    ask_server("/plans/" + name_, "PUT", Json{{"faults", faults}, {"skewSeconds", skew_seconds}}.dump());
  }

  AwsHttpClientOptions options() const {
    auto options = server_options("/faults/" + name_);
    options.request_timeout = std::chrono::milliseconds{300};
    return options;
  }
  /// The requests that came in: `operation`, `body`, `connection`, `accessKeyId`.
  Json log() const { return ask_server("/plans/" + name_); }
  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const Json& request : log()) names.push_back(request["operation"]);
    return names;
  }

 private:
  std::string name_ = detail::new_client_request_token();
};

using castore_tests::support::error_of;

}  // namespace castore::dynamodb_tests

#endif
