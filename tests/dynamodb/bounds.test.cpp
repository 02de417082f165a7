// SPDX-License-Identifier: MIT
// How long and how much a client takes from a server that does not behave.

#include <castore/adapters/dynamodb/http_client.hpp>

#include "dynamodb/support.hpp"

#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/core/errors.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore;
using namespace castore::dynamodb_tests;

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// The error of one call, and how long it took.
struct Failed {
  AwsConnectionError error;
  milliseconds time;
};

Failed call_with(const AwsHttpClientOptions& options, std::optional<Clock::time_point> deadline = std::nullopt) {
  DynamoDbHttpClient client{options};
  const auto start = Clock::now();
  auto error = error_of<AwsConnectionError>(
      [&] { deadline ? client.call("ListTables", "{}", *deadline) : client.call("ListTables", "{}"); });
  return {std::move(error), std::chrono::duration_cast<milliseconds>(Clock::now() - start)};
}

TEST_CASE("an answer is larger than is allowed and the request ends") {
  for (const Json& fault :
       {Json{{"large", {200, 1'001}}}, Json{{"endless_body", 200}}, Json{{"large", {500, 2'000}}}}) {
    CAPTURE(fault.dump());
    const FaultPlan plan{Json::array({fault})};
    auto options = plan.options();
    options.request_timeout = std::chrono::seconds{30};
    options.max_answer_size = 1'000;
    const auto [error, time] = call_with(options);
    CHECK(contains(error.what(), "larger than is allowed: 1000 bytes"));
    CHECK(error.request_sent());
    CHECK_FALSE(error.retryable());
    CHECK(time < std::chrono::seconds{10});
  }
}

TEST_CASE("an answer as large as is allowed is taken") {
  const FaultPlan plan{Json::array({{{"large", {200, 1'000}}}, {{"large", {200, 1'001}}}, {{"large", {200, 1'000}}}})};
  auto options = plan.options();
  options.max_answer_size = 1'000;
  options.request_timeout = std::chrono::seconds{10};
  DynamoDbHttpClient client{options};
  CHECK(client.call("ListTables", "{}").size() == 1'000);
  CHECK_THROWS_AS(client.call("ListTables", "{}"), AwsConnectionError);
  CHECK(client.call("ListTables", "{}").size() == 1'000);  // on another connection
}

TEST_CASE("by default an answer of 16 MB is taken and no larger one and an error of 256 kB") {
  CHECK(AwsHttpClientOptions{}.max_answer_size == 16'777'216);
  const FaultPlan plan{Json::array({{{"large", {200, 16'777'216}}},
                                    {{"endless_body", 200}},
                                    {{"large", {400, 262'144}}},
                                    {{"large", {400, 262'145}}},
                                    {{"endless_body", 500}}})};
  auto options = plan.options();
  options.request_timeout = std::chrono::seconds{30};
  DynamoDbHttpClient client{options};
  CHECK(client.call("ListTables", "{}").size() == 16'777'216);
  CHECK_THROWS_AS(client.call("ListTables", "{}"), AwsConnectionError);
  CHECK(error_of<DynamoDbError>([&] { client.call("ListTables", "{}"); }).http_status() == 400);
  CHECK_THROWS_AS(client.call("ListTables", "{}"), AwsConnectionError);
  CHECK_THROWS_AS(client.call("ListTables", "{}"), AwsConnectionError);
}

TEST_CASE("headers without end are left") {
  for (const char* const fault : {"endless_headers", "endless_continues"}) {
    CAPTURE(fault);
    const FaultPlan plan{{fault}};
    auto options = plan.options();
    options.request_timeout = std::chrono::seconds{30};
    const auto [error, time] = call_with(options);
    CHECK(contains(error.what(), "65536 of headers"));
    CHECK(time < std::chrono::seconds{10});
  }
}

TEST_CASE("an answer that trickles in ends with the time-out") {
  const FaultPlan plan{{"trickle"}};
  const auto [error, time] = call_with(plan.options());  // 300 ms
  CHECK(error.request_sent());
  CHECK(error.retryable());
  CHECK(time >= milliseconds{290});
  CHECK(time < std::chrono::seconds{3});
}

TEST_CASE("a call ends by its deadline when that is earlier than its time-out") {
  const FaultPlan plan{{"trickle", "hang_before"}};
  auto options = plan.options();
  options.request_timeout = std::chrono::seconds{30};
  const auto [error, time] = call_with(options, Clock::now() + milliseconds{100});
  CHECK(error.request_sent());
  CHECK(time < std::chrono::seconds{3});
  options.request_timeout = milliseconds{0};  // forever, but for the deadline
  CHECK(call_with(options, Clock::now() + milliseconds{100}).time < std::chrono::seconds{3});
  const auto late = call_with(options, Clock::now() - milliseconds{1});
  CHECK_FALSE(late.error.request_sent());
  CHECK(late.error.retryable());
}

TEST_CASE("a second request after one that was refused shares its time") {
  // The clock is corrected after the first answer; the second request hangs.
  const FaultPlan plan{Json::array({{{"wait", 400}}, "hang_before"}), 3'600};
  auto options = plan.options();
  options.request_timeout = milliseconds{600};
  const auto [error, time] = call_with(options);
  CHECK(plan.operations().size() == 2);
  CHECK(time < milliseconds{950});  // both have 600 ms together
}

TEST_CASE("waiting for a connection counts into the time-out") {
  const FaultPlan plan{{"hang_before", "hang_before"}};
  auto options = plan.options();
  options.max_connections = 1;
  options.request_timeout = milliseconds{400};
  DynamoDbHttpClient client{options};
  auto first = std::async(std::launch::async,
                          [&] { return error_of<AwsConnectionError>([&] { client.call("ListTables", "{}"); }); });
  while (plan.operations().empty()) std::this_thread::yield();
  const auto start = Clock::now();
  const auto error =
      error_of<AwsConnectionError>([&] { client.call("ListTables", "{}", Clock::now() + milliseconds{50}); });
  CHECK(Clock::now() - start < milliseconds{390});
  CHECK_FALSE(error.request_sent());
  CHECK(contains(error.what(), "max_connections"));
  CHECK(first.get().request_sent());
  // The connection that was given back after a failure is used again.
  CHECK_THROWS_AS(client.call("ListTables", "{}"), AwsConnectionError);
  CHECK(client.call("ListTables", "{}").front() == '{');
}

TEST_CASE("a client that was used for long still opens as many connections as it may") {
  const FaultPlan plan{Json::array({"pass", "pass", "pass", {{"wait", 600}}, {{"wait", 600}}})};
  auto options = plan.options();
  options.max_connections = 2;
  options.request_timeout = milliseconds{1'000};
  DynamoDbHttpClient client{options};
  for (int call = 0; call < 3; ++call) client.call("ListTables", "{}");
  auto other = std::async(std::launch::async, [&] { return client.call("ListTables", "{}"); });
  CHECK_NOTHROW(client.call("ListTables", "{}"));
  CHECK_NOTHROW(other.get());  // one after the other would take 1.2 seconds
}

TEST_CASE("a request with a header of two lines or for anything but HTTP is not sent") {
  detail::HttpConnection connection{{.connect_timeout = milliseconds{1'000}, .request_timeout = milliseconds{1'000}}};
  const std::string server = server_address();
  for (const std::string& end : {std::string{"\r\n"}, std::string{"\n"}, std::string(1, '\0')}) {
    for (const bool is_header : {true, false}) {
      const auto error = error_of<AwsConnectionError>([&] {
        connection.send({.peer = "the server",
                         .url = server + "/imds/" + (is_header ? "" : end) + "x",
                         .headers = {"X-One: 1" + (is_header ? end + "X-Two: 2" : "")},
                         .method = "GET"});
      });
      CHECK_FALSE(error.request_sent());
      CHECK_FALSE(error.retryable());
    }
  }
  const auto error = error_of<AwsConnectionError>(
      [&] { connection.send({.peer = "the file", .url = "file:///etc/hostname", .method = "GET"}); });
  CHECK_FALSE(error.retryable());
  CHECK(connection.send({.peer = "the server", .url = server + "/imds/", .method = "GET"}).status == 403);
}

TEST_CASE("waiting for credentials counts into the time-out and valid ones are not waited for") {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  std::atomic<int> calls{0};
  std::atomic<int> clock_calls{0};
  std::atomic<std::int64_t> minutes{0};
  const auto start = std::chrono::system_clock::now();
  const auto now = [&] {
    ++clock_calls;
    return start + std::chrono::minutes{minutes};
  };
  const auto provider = [&]() -> AwsCredentials {
    if (++calls > 1) gone.wait();
    return {"KEY" + std::to_string(calls), "secret", "", now() + std::chrono::hours{1}};
  };
  detail::CachedCredentials cached{provider, now};
  CHECK(cached.get().access_key_id == "KEY1");
  minutes = 57;
  auto renewing = std::async(std::launch::async, [&] { return cached.get().access_key_id; });
  while (calls < 2) std::this_thread::yield();
  CHECK(cached.get().access_key_id == "KEY1");  // still valid
  minutes = 61;
  const auto error = error_of<AwsConnectionError>([&] { cached.get(Clock::now() + milliseconds{20}); });
  CHECK_FALSE(error.request_sent());
  CHECK(error.retryable());
  // The clock is asked under the lock, which is free again when the thread waits.
  const int asked = clock_calls;
  auto waiting =
      std::async(std::launch::async, [&] { return cached.get(Clock::now() + std::chrono::seconds{20}).access_key_id; });
  while (clock_calls == asked) std::this_thread::yield();
  go.set_value();
  CHECK(renewing.get() == "KEY2");
  CHECK(waiting.wait_for(std::chrono::seconds{10}) == std::future_status::ready);
  CHECK(waiting.get() == "KEY2");
  CHECK(calls == 2);
}

TEST_CASE("the deadline of a push holds over its retries whatever they wait for") {
  const FaultPlan plan{Json(50, "trickle")};
  const Table table{Layout::single_table, server_client()};
  auto options = plan.options();
  options.request_timeout = milliseconds{600};
  const DynamoDbEventStorageAdapter storage{
      table.name(),
      {.client = options, .retry = {.max_attempts = 50, .first = milliseconds{1}, .deadline = milliseconds{800}}}};
  const auto start = Clock::now();
  const auto error = error_of<StorageError>([&] { push(storage, event("a", 1)); });
  CHECK(Clock::now() - start < milliseconds{1'150});  // the second attempt is cut
  CHECK(error.outcome() == StorageError::Outcome::unknown);
  CHECK(plan.operations().size() == 2);
}

TEST_CASE("an error body of any size and depth is an error") {
  const std::string deep =
      R"({"__type":"x#ValidationException","message":)" + std::string(120'000, '[') + std::string(120'000, ']') + "}";
  std::string reasons = R"({"__type":"TransactionCanceledException","CancellationReasons":[)";
  for (int index = 0; index < 5'000; ++index) reasons += R"({"Code":"None"},)";
  reasons += "{}]}";
  const std::string long_text = R"({"__type":"ValidationException","message":")" + std::string(200'000, 'x') + "\"}";
  const FaultPlan plan{Json::array({{{"text", {400, deep}}},
                                    {{"text", {400, reasons}}},
                                    {{"text", {400, long_text}}},
                                    {{"text", {418, "\xc2\x9b[31m teapot"}}},
                                    {{"text", {400, R"({"message":5,"__type":[]})"}}},
                                    {{"text", {400, R"({"message":"a\u001b[31m\u202eb\r\nc","__type":"A B"})"}}}})};
  auto options = plan.options();
  options.request_timeout = std::chrono::seconds{10};
  DynamoDbHttpClient client{options};
  const auto next = [&] { return error_of<DynamoDbError>([&] { client.call("ListTables", "{}"); }); };
  CHECK(next().code() == "ValidationException");
  CHECK(next().cancellation_reasons().size() == 100);
  CHECK(std::string_view{next().what()}.size() < 1'200);
  CHECK(next().what() == std::string{"castore: DynamoDB: HTTP status 418"});
  CHECK(next().code().empty());
  const std::string said = next().what();
  CHECK(said == "castore: DynamoDB: HTTP status 400: a\\x1B[31m\\xE2\\x80\\xAEb\\x0D\\x0Ac");
}

}  // namespace
