// SPDX-License-Identifier: MIT
// What the DynamoDB adapter does when DynamoDB or the network fails: the server of server.sh does so on request.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/support.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace castore::dynamodb_tests;
using castore::AwsCredentials;
using castore::AwsConnectionError;
using castore::DynamoDbError;
using castore::DynamoDbEventStorageAdapter;
using castore::DynamoDbHttpClient;
using castore::PushOutcome;
using castore::StorageError;

namespace {

constexpr PushOutcome conflict{PushOutcome::already_exists, 0};

/// An adapter on server.sh's server, whatever the others use.
DynamoDbEventStorageAdapter storage_on(const Table& table, const castore::AwsHttpClientOptions& options,
                                       int max_attempts = 6) {
  return DynamoDbEventStorageAdapter{table.name(), {.client = options, .retry = quick_retries(max_attempts)}};
}

/// Its server knows no token of a transaction, and the answer to the first is lost.
struct ForgetfulClient {
  int transactions = 0;
  bool does_first = true;

  std::string call(std::string_view operation, const std::string& request) {
    if (operation != "TransactWriteItems") return server_client().call(operation, request);
    Json forgotten = Json::parse(request);
    forgotten.erase("ClientRequestToken");
    if (++transactions > 1) return server_client().call(operation, forgotten.dump());
    if (does_first) server_client().call(operation, forgotten.dump());
    throw AwsConnectionError{"the answer was lost", true};
  }
};

/// A StorageError, taken apart.
struct Failure {
  std::string what;
  bool retryable;
  std::optional<DynamoDbError> refusal;
  std::optional<AwsConnectionError> loss;
  StorageError::Outcome outcome = StorageError::Outcome::not_done;

  bool says(std::string_view text) const { return contains(what, text); }
};

template <class Function>
Failure failure_of(Function function) {
  try {
    function();
  } catch (const StorageError& error) {
    Failure failure{error.what(), error.retryable(), {}, {}, error.outcome()};
    try {
      std::rethrow_if_nested(error);
    } catch (const DynamoDbError& native) {
      failure.refusal = native;
    } catch (const AwsConnectionError& native) {
      failure.loss = native;
    }
    return failure;
  }
  throw std::runtime_error{"a StorageError was expected"};
}

}  // namespace

TEST_CASE("a push is repeated until it is written and written once whatever goes wrong") {
  const Table table{Layout::single_table, server_client()};
  int version = 0;
  for (const char* const fault :
       {"throttle", "throttling", "error500", "error503", "write_then_500", "drop_before", "drop_after", "hang_before",
        "hang_after", "cut_json", "cut_body", "html", "transaction_conflict"}) {
    CAPTURE(fault);
    ++version;
    const FaultPlan plan{{fault, fault}};
    const auto storage = storage_on(table, plan.options());
    const auto written = event("single", version, R"({"number":1.0,"text":"é"})", R"({"by":"me"})");
    CHECK(push(storage, written) == PushOutcome{});
    CHECK(plan.operations().size() >= 3);
    CHECK(push(storage, written) == conflict);
    CHECK(load(storage, "single").size() == static_cast<std::size_t>(version));
  }
}

TEST_CASE("a group is repeated until it is written and written once whatever goes wrong") {
  const Table table{Layout::single_table, server_client()};
  int version = 0;
  for (const char* const fault :
       {"throttle", "error500", "write_then_500", "drop_before", "drop_after", "hang_after", "cut_json", "cut_body"}) {
    CAPTURE(fault);
    ++version;
    const FaultPlan plan{{fault, fault}};
    const auto storage = storage_on(table, plan.options());
    CHECK(push(storage, event("a", version), event("b", version)) == PushOutcome{});
    std::set<std::string> tokens;
    for (const Json& request : plan.log()) {
      tokens.insert(Json::parse(request["body"].get<std::string>())["ClientRequestToken"]);
    }
    CHECK(tokens.size() == 1);
    CHECK(push(storage, event("c", version), event("b", version)) == PushOutcome{PushOutcome::already_exists, 1});
    CHECK(load(storage, "b").size() == static_cast<std::size_t>(version));
    CHECK(load(storage, "c").empty());
  }
}

TEST_CASE("a group whose answer was lost is compared with what is stored when its token is forgotten") {
  const Table table{Layout::single_table, server_client()};
  ForgetfulClient forgetful;
  const DynamoDbEventStorageAdapter storage{forgetful, table.name(), {.retry = quick_retries()}};
  CHECK(push(storage, event("a", 1), event("b", 1)) == PushOutcome{});
  CHECK(forgetful.transactions == 2);
  forgetful = {.transactions = 0, .does_first = false};
  CHECK(push(storage, event("b", 1), event("c", 1)) == conflict);
  CHECK(forgetful.transactions == 2);
  CHECK(load(storage, "c").empty());
}

TEST_CASE("a transaction cancelled by another one is repeated but not when a condition failed") {
  const Table table{Layout::single_table, server_client()};
  const FaultPlan plan{{{{"cancelled", {"None", "TransactionConflict"}}},
                        {{"cancelled", {"ThrottlingError", "None"}}},
                        "pass",
                        {{"cancelled", {"TransactionConflict", "ConditionalCheckFailed"}}}}};
  const auto storage = storage_on(table, plan.options());
  CHECK(push(storage, event("a", 1), event("b", 1)) == PushOutcome{});
  CHECK(plan.operations().size() == 3);
  CHECK(push(storage, event("a", 2), event("b", 2)) == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(plan.operations().size() == 4);
}

TEST_CASE("a conflict after a lost answer is one when another event is stored") {
  const Table table{Layout::single_table, server_client()};
  storage_on(table, server_options()).push_events(std::vector{event("a", 1, R"({"by":"another"})")}, {});
  const FaultPlan plan{{"drop_after", "drop_before"}};
  CHECK(push(storage_on(table, plan.options()), event("a", 1, R"({"by":"me"})")) == conflict);
  CHECK(plan.operations() == std::vector<std::string>{"PutItem", "PutItem", "PutItem", "GetItem"});
}

TEST_CASE("a kept connection that dies during a push makes no conflict of it") {
  const Table table{Layout::single_table, server_client()};
  const FaultPlan plan{{"pass", "drop_after"}};
  const auto storage = storage_on(table, plan.options());
  CHECK(push(storage, event("a", 1)) == PushOutcome{});
  CHECK(push(storage, event("a", 2)) == PushOutcome{});
  CHECK(plan.operations() == std::vector<std::string>{"PutItem", "PutItem", "PutItem", "GetItem"});
}

TEST_CASE("loads and lists are repeated and see every event once") {
  const Table table{Layout::single_table, server_client()};
  storage_on(table, server_options()).push_events(std::vector{event("a", 1), event("a", 2)}, {});
  const Json faults{"throttle", "error500", "drop_before", "drop_after", "hang_before", "cut_json", "cut_body", "html"};
  const FaultPlan plan{faults};
  CHECK(load(storage_on(table, plan.options(), 9), "a").size() == 2);
  CHECK(plan.operations().size() == 9);
  const FaultPlan list_plan{faults};
  CHECK(storage_on(table, list_plan.options(), 9).list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
}

TEST_CASE("what repeating cannot help fails at once") {
  const Table table{Layout::single_table, server_client()};
  for (const char* const fault : {"denied", "invalid"}) {
    const FaultPlan plan{{fault}};
    const auto storage = storage_on(table, plan.options());
    const Failure failure = failure_of([&] { push(storage, event("a", 1)); });
    CHECK_FALSE(failure.retryable);
    CHECK(failure.says(table.name()));
    REQUIRE(failure.refusal);
    CHECK(failure.refusal->http_status() == 400);
    CHECK(plan.operations().size() == 1);
    CHECK(push(storage, event("a", 1)) == PushOutcome{});  // the adapter is usable
    CHECK(storage.push_events(std::vector{event("a", 1)}, {.force = true}) == PushOutcome{});
    table.ask("DeleteItem", {{"Key", {{"aggregateId", {{"S", "POKEMONS#a"}}}, {"version", {{"N", "1"}}}}}});
  }
}

TEST_CASE("retries end at their limit and say that a push may have been written") {
  const Table table{Layout::single_table, server_client()};
  const FaultPlan lost{{"drop_before", "drop_before", "drop_before"}};
  Failure failure = failure_of([&] { push(storage_on(table, lost.options(), 3), event("a", 1)); });
  CHECK_FALSE(failure.retryable);
  CHECK(failure.says("after 3 attempts"));
  CHECK(failure.says("Whether it was written is unknown"));
  CHECK(failure.outcome == StorageError::Outcome::unknown);
  REQUIRE(failure.loss);
  CHECK(failure.loss->request_sent());
  CHECK(lost.operations().size() == 3);

  const FaultPlan refused{{"drop_after", "denied"}};
  failure = failure_of([&] { push(storage_on(table, refused.options()), event("b", 1)); });
  CHECK_FALSE(failure.retryable);
  CHECK(failure.says("Whether it was written is unknown"));
  CHECK(failure.outcome == StorageError::Outcome::unknown);
  const FaultPlan unseen{{"drop_after", "pass", "denied"}};
  failure = failure_of([&] { push(storage_on(table, unseen.options()), event("b", 2)); });
  CHECK(failure.says("Whether it was written is unknown"));
  CHECK(failure.outcome == StorageError::Outcome::unknown);

  const FaultPlan throttled{{"throttle", "throttle"}};
  failure = failure_of([&] { push(storage_on(table, throttled.options(), 2), event("a", 1)); });
  CHECK(failure.retryable);
  CHECK_FALSE(failure.says("unknown"));
  CHECK(failure.outcome == StorageError::Outcome::not_done);
  REQUIRE(failure.refusal);
  CHECK(failure.refusal->code() == "ProvisionedThroughputExceededException");

  auto nowhere = server_options();
  nowhere.endpoint = "http://127.0.0.1:1";
  failure = failure_of([&] { push(storage_on(table, nowhere, 2), event("a", 1)); });
  CHECK(failure.retryable);
  CHECK_FALSE(failure.says("unknown"));
  CHECK(failure.outcome == StorageError::Outcome::not_done);
  REQUIRE(failure.loss);
  CHECK_FALSE(failure.loss->request_sent());
  CHECK(load(storage_on(table, server_options()), "a").empty());
}

TEST_CASE("retries wait longer and longer and end at their deadline") {
  const Table table{Layout::single_table, server_client()};
  std::vector<std::chrono::milliseconds> waits;
  const castore::AwsRetryPolicy policy{.max_attempts = 9,
                                            .first = std::chrono::milliseconds{1'000},
                                            .longest = std::chrono::milliseconds{4'000},
                                            .deadline = std::chrono::milliseconds{60'000},
                                            .sleep = [&](auto wait) { waits.push_back(wait); }};
  const Json throttles(9, "throttle");
  const FaultPlan plan{throttles};
  CHECK_THROWS_AS(
      push(DynamoDbEventStorageAdapter{table.name(), {.client = plan.options(), .retry = policy}}, event("a", 1)),
      StorageError);
  REQUIRE(waits.size() == 8);
  for (std::size_t index = 0; index < waits.size(); ++index) {
    CHECK(waits[index].count() <= std::min(4'000, 1'000 << index));
  }
  CHECK(std::set<std::chrono::milliseconds>(waits.begin(), waits.end()).size() > 2);

  auto impatient = quick_retries(9);
  impatient.deadline = std::chrono::milliseconds{0};
  const FaultPlan at_once{throttles};
  CHECK_THROWS_AS(
      push(DynamoDbEventStorageAdapter{table.name(), {.client = at_once.options(), .retry = impatient}}, event("a", 1)),
      StorageError);
  CHECK(at_once.operations().size() == 1);
}

TEST_CASE("a wrong clock is corrected once by the time of the server") {
  const Table table{Layout::single_table, server_client()};
  for (const int seconds : {3'600, -3'600}) {
    const FaultPlan plan{Json::array(), seconds};
    DynamoDbHttpClient skewed{plan.options()};
    const std::string request = Json{{"TableName", table.name()}}.dump();
    skewed.call("DescribeTable", request);
    CHECK(plan.operations().size() == 2);
    skewed.call("DescribeTable", request);
    CHECK(plan.operations().size() == 3);
  }
  auto wrong_key = server_options();
  wrong_key.credentials->secret_access_key = "another secret";
  const auto error = error_of<DynamoDbError>([&] { DynamoDbHttpClient{wrong_key}.call("ListTables", "{}"); });
  CHECK(error.code() == "InvalidSignatureException");
  CHECK_FALSE(contains(error.what(), "another secret"));
}

TEST_CASE("a clock of the server that jumps is followed once for each call") {
  const FaultPlan plan{Json::array({{{"skewed", 3'600}}, {{"skewed", 7'200}}, {{"skewed", 10'800}}})};
  DynamoDbHttpClient skewed{plan.options()};
  CHECK(error_of<DynamoDbError>([&] { skewed.call("ListTables", "{}"); }).code() == "RequestTimeTooSkewed");
  CHECK(plan.operations().size() == 2);
}

TEST_CASE("expired credentials are renewed once") {
  const FaultPlan plan{{"expired", "pass", "expired", "expired"}};
  auto options = plan.options();
  options.credentials.reset();
  int calls = 0;
  options.credentials_provider = [&calls]() -> AwsCredentials {
    if (++calls == 1) return {"OLD", "old-secret", "old-token", {}};
    return {"TEMPORARY", "temporary-secret", "session/token+of==the test", {}};
  };
  DynamoDbHttpClient renewing{options};
  CHECK_NOTHROW(renewing.call("ListTables", "{}"));
  CHECK(calls == 2);
  CHECK(plan.log()[0]["accessKeyId"] == "OLD");
  CHECK(plan.log()[1]["accessKeyId"] == "TEMPORARY");
  // The provider has no others, so that is final.
  CHECK(error_of<DynamoDbError>([&] { renewing.call("ListTables", "{}"); }).code() == "ExpiredTokenException");
  CHECK(plan.operations().size() == 3);
}

TEST_CASE("credentials that always turn out to be expired are renewed once for each call") {
  const FaultPlan plan{Json(9, "expired")};
  auto options = plan.options();
  options.credentials.reset();
  int calls = 0;
  options.credentials_provider = [&calls]() -> AwsCredentials {
    return {"KEY" + std::to_string(++calls), "old-secret", "old-token", {}};
  };
  DynamoDbHttpClient renewing{options};
  for (const std::size_t requests : {2U, 4U}) {
    CHECK(error_of<DynamoDbError>([&] { renewing.call("ListTables", "{}"); }).code() == "ExpiredTokenException");
    CHECK(plan.operations().size() == requests);
  }
}

TEST_CASE("a thread keeps its connection and threads have one each") {
  const Table table{Layout::single_table, server_client()};
  const auto connections_of = [](const FaultPlan& plan) {
    std::set<int> ports;
    for (const Json& request : plan.log()) ports.insert(request["connection"].get<int>());
    return ports.size();
  };
  const FaultPlan plan{Json::array()};
  const auto storage = storage_on(table, plan.options());
  for (int version = 1; version <= 100; ++version) push(storage, event("a", version));
  CHECK(connections_of(plan) == 1);

  const FaultPlan parallel{Json(16, Json{{"wait", 200}})};
  auto options = parallel.options();
  options.request_timeout = std::chrono::seconds{10};
  const auto shared = storage_on(table, options);
  std::vector<std::thread> threads;
  std::atomic<int> loaded{0};
  for (int index = 0; index < 16; ++index) {
    threads.emplace_back([&] { loaded += static_cast<int>(load(shared, "a").size()); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(loaded == 1'600);
  CHECK(connections_of(parallel) == 16);

  const FaultPlan bounded{Json::array()};
  options = bounded.options();
  options.max_connections = 2;
  options.request_timeout = std::chrono::seconds{10};
  const auto few = storage_on(table, options);
  threads.clear();
  for (int index = 0; index < 8; ++index) threads.emplace_back([&] { load(few, "a"); });
  for (std::thread& thread : threads) thread.join();
  CHECK(bounded.operations().size() == 8);
  CHECK(connections_of(bounded) <= 2);
}
