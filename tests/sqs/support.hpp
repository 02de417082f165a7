// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SQS_SUPPORT_HPP
#define CASTORE_TESTS_SQS_SUPPORT_HPP

/// @file
/// What the tests of Amazon SQS, and of what hands messages to it, share: the server of server.sh, queues, plans of
/// faults, and short spellings.

#include <castore/messaging/adapters/sqs.hpp>

#include "messaging/broker_support.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <castore/aws/http.hpp>
#include <castore/aws/request_token.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::sqs_tests {

using Json = nlohmann::json;

/// Where server.sh's server listens.
inline const std::string& server_address() {
  static const std::string address = [] {
    std::ifstream file{std::string{castore_tests::place::server} + "/address"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) throw std::runtime_error{"the server does not run; start it by tests/sqs/server.sh"};
    return text;
  }();
  return address;
}

/// @param path Such as `/faults/NAME`.
inline AwsHttpClientOptions client_options(const std::string& path = {}) {
  return {.region = "eu-west-1",
          .endpoint = server_address() + path,
          .credentials = AwsCredentials{"CASTORE", "castore/secret+key", "", {}}};
}

/// What an example is started with; it waits for messages, but not forever.
inline std::string example_environment() {
  return "AWS_ACCESS_KEY_ID=CASTORE AWS_SECRET_ACCESS_KEY=castore/secret+key AWS_SESSION_TOKEN= AWS_REGION=eu-west-1 "
         "AWS_ENDPOINT_URL=" +
         server_address() + " timeout 60 ";
}

inline SqsHttpClient& client() {
  static SqsHttpClient shared{client_options()};
  return shared;
}

inline Json ask(std::string_view operation, const Json& request) {
  return Json::parse(client().call(operation, request.dump()));
}

/// A queue of its own.
class Queue {
 public:
  explicit Queue(bool is_fifo = false, Json attributes = Json::object()) {
    if (is_fifo) attributes["FifoQueue"] = "true";
    const std::string name = "castore-" + detail::new_client_request_token(16) + (is_fifo ? ".fifo" : "");
    url_ = ask("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}})["QueueUrl"];
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() {
    try {
      ask("DeleteQueue", {{"QueueUrl", url_}});
    } catch (const std::exception& error) {
      WARN(error.what());
    }
  }

  const std::string& url() const noexcept { return url_; }
  std::string arn() const { return attribute("QueueArn"); }
  std::string attribute(const std::string& name) const {
    return ask("GetQueueAttributes", {{"QueueUrl", url_}, {"AttributeNames", {name}}})["Attributes"][name];
  }
  /// How many messages it has, and how many of them are being handled.
  int size() const { return std::stoi(attribute("ApproximateNumberOfMessages")); }
  int in_flight() const { return std::stoi(attribute("ApproximateNumberOfMessagesNotVisible")); }

  /// Takes what can be received out of the queue, as SQS gives it.
  std::vector<Json> take() const {
    std::vector<Json> taken;
    for (;;) {
      const Json answer =
          ask("ReceiveMessage", {{"QueueUrl", url_},
                                 {"MaxNumberOfMessages", 10},
                                 {"MessageAttributeNames", {"All"}},
                                 {"MessageSystemAttributeNames", {"MessageGroupId", "MessageDeduplicationId"}}});
      if (!answer.contains("Messages")) return taken;
      for (const Json& message : answer["Messages"]) {
        taken.push_back(message);
        ask("DeleteMessage", {{"QueueUrl", url_}, {"ReceiptHandle", message["ReceiptHandle"]}});
      }
    }
  }
  /// The ids of what it has.
  std::vector<std::string> take_ids() const {
    std::vector<std::string> ids;
    for (const Json& message : take()) ids.push_back(message["MessageAttributes"]["messageId"]["StringValue"]);
    return ids;
  }

 private:
  std::string url_{};
};

inline AwsRetryPolicy quick_retries(int max_attempts = 4) {
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

/// What goes wrong with the next requests of clients with these options.
class FaultPlan {
 public:
  explicit FaultPlan(const Json& faults = Json::array()) {
    ask_server("/plans/" + name_, "PUT", Json{{"faults", faults}}.dump());
  }

  std::string path() const { return "/faults/" + name_; }
  std::string endpoint() const { return server_address() + path(); }
  AwsHttpClientOptions options() const { return client_options(path()); }
  /// The requests that came in: `operation`, `body`.
  Json log() const { return ask_server("/plans/" + name_); }
  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const Json& request : log()) names.push_back(request["operation"]);
    return names;
  }

 private:
  std::string name_ = detail::new_client_request_token(16);
};

using broker_tests::appeared;
using broker_tests::error_of;
using broker_tests::json_of;
using broker_tests::Monsters;
using broker_tests::publish;
using castore_tests::Appeared;
using castore_tests::LeveledUp;
using castore_tests::MonsterMessage;
using castore_tests::MonsterStore;

/// What is nested in the error that a function throws.
template <class Nested, class Function>
Nested nested_of(Function function) {
  return error_of<Nested>([&] {
    try {
      function();
    } catch (const std::exception& error) {
      std::rethrow_if_nested(error);
    }
  });
}

}  // namespace castore::sqs_tests

#endif
