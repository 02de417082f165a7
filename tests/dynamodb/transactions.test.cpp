// SPDX-License-Identifier: MIT
// TransactWriteItems as AWS documents it. dynalite does not have it, so server/transactions.js is tested here, and any
// other endpoint as well.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/support.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace castore::dynamodb_tests;
using castore::DynamoDbError;
using castore::DynamoDbHttpClient;

namespace {

Json key(const std::string& id) { return {{"aggregateId", {{"S", id}}}, {"version", {{"N", "1"}}}}; }
Json item(const std::string& id, const std::string& text = "") {
  Json result = key(id);
  result["text"] = {{"S", text}};
  return result;
}
Json put(const Table& table, const Json& written, bool once = false) {
  Json result{{"TableName", table.name()}, {"Item", written}};
  if (once) result["ConditionExpression"] = "attribute_not_exists(aggregateId)";
  return {{"Put", result}};
}
Json check(const Table& table, const std::string& id, const char* condition = "attribute_exists(aggregateId)") {
  return {{"ConditionCheck", {{"TableName", table.name()}, {"Key", key(id)}, {"ConditionExpression", condition}}}};
}

Json request_of(const std::vector<Json>& operations, const std::string& token = {}) {
  Json request{{"TransactItems", operations}};
  if (!token.empty()) request["ClientRequestToken"] = token;
  return request;
}
Json write(const std::vector<Json>& operations, const std::string& token = {}) {
  return Json::parse(client().call("TransactWriteItems", request_of(operations, token).dump()));
}
DynamoDbError refusal_of(const std::vector<Json>& operations, const std::string& token = {}) {
  return error_of<DynamoDbError>([&] { write(operations, token); });
}

using Reasons = std::vector<std::string>;

}  // namespace

TEST_CASE("a transaction writes and deletes all its items") {
  const Table table;
  table.put(item("old"));
  write({put(table, item("new", "text")),
         {{"Delete", {{"TableName", table.name()}, {"Key", key("old")}}}},
         {{"Update",
           {{"TableName", table.name()},
            {"Key", key("updated")},
            {"UpdateExpression", "SET #t = :t"},
            {"ExpressionAttributeNames", {{"#t", "text"}}},
            {"ExpressionAttributeValues", {{":t", {{"S", "set"}}}}}}}},
         check(table, "other", "attribute_not_exists(aggregateId)")});
  CHECK(table.item("new", 1) == item("new", "text"));
  CHECK(table.item("old", 1).is_null());
  CHECK(table.item("updated", 1) == item("updated", "set"));
  CHECK(table.item("other", 1).is_null());
}

TEST_CASE("a cancelled transaction writes nothing and gives its reasons in order") {
  const Table table;
  table.put(item("there", "before"));
  table.put(item("also there"));
  const auto error = refusal_of({put(table, item("a"), true), put(table, item("there", "after"), true),
                                 check(table, "missing"), check(table, "also there")});
  CHECK(error.http_status() == 400);
  CHECK(error.code() == "TransactionCanceledException");
  CHECK(error.cancellation_reasons() == Reasons{"None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"});
  CHECK(table.item("a", 1).is_null());
  CHECK(table.item("there", 1) == item("there", "before"));
}

TEST_CASE("a cancelled transaction returns the item that is in the way on request") {
  // DynamoDbError keeps the codes only, so this one is asked without it.
  const Table table{Layout::single_table, server_client()};
  table.put(item("there", "before"));
  Json wanted = put(table, item("there", "after"), true);
  wanted["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
  const Json answer = Json::parse(raw_answer("TransactWriteItems", request_of({wanted, put(table, item("b"))}).dump()));
  REQUIRE(answer["CancellationReasons"].size() == 2);
  CHECK(answer["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed");
  CHECK(answer["CancellationReasons"][0]["Item"] == item("there", "before"));
  CHECK(answer["CancellationReasons"][1] == Json{{"Code", "None"}});
}

TEST_CASE("a transaction with the token of one that was written is not done again") {
  const Table table;
  const std::string token = castore::detail::new_client_request_token();
  const std::vector<Json> operations{put(table, item("a"), true), put(table, item("b"), true)};
  write(operations, token);
  CHECK_NOTHROW(write(operations, token));
  CHECK(refusal_of(operations).code() == "TransactionCanceledException");
  CHECK(refusal_of({operations.front()}, token).code() == "IdempotentParameterMismatchException");
}

TEST_CASE("a token of a cancelled transaction can be used again") {
  const Table table;
  const std::string token = castore::detail::new_client_request_token();
  CHECK(refusal_of({check(table, "a"), put(table, item("b"))}, token).code() == "TransactionCanceledException");
  table.put(item("a"));
  CHECK_NOTHROW(write({check(table, "a"), put(table, item("b"))}, token));
  CHECK(table.item("b", 1) == item("b"));
}

TEST_CASE("a transaction has at most 100 items and each of them once") {
  const Table table;
  std::vector<Json> operations;
  for (int index = 0; index < 100; ++index) operations.push_back(put(table, item("i" + std::to_string(index))));
  CHECK_NOTHROW(write(operations));
  CHECK(table.item("i99", 1) == item("i99"));
  operations.push_back(put(table, item("one too many")));
  CHECK(refusal_of(operations).code() == "ValidationException");
  CHECK(table.item("one too many", 1).is_null());
  CHECK(refusal_of({put(table, item("x")), check(table, "x")}).code() == "ValidationException");
  CHECK(refusal_of({}).code() == "ValidationException");
}

TEST_CASE("writes meet a transaction that goes on and are refused") {
  const Table table{Layout::single_table, server_client()};
  const FaultPlan plan{{{{"hold", 400}}}};
  const std::string token = castore::detail::new_client_request_token();
  std::thread slow{[&] {
    auto options = plan.options();
    options.request_timeout = std::chrono::seconds{10};
    DynamoDbHttpClient{options}.call("TransactWriteItems",
                                     request_of({put(table, item("a")), put(table, item("b"))}, token).dump());
  }};
  while (plan.log().empty()) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  const auto refused = [](const char* operation, const Json& request) {
    return error_of<DynamoDbError>([&] { server_client().call(operation, request.dump()); });
  };
  const auto cancelled = refused("TransactWriteItems", request_of({put(table, item("c")), put(table, item("b"))}));
  CHECK(cancelled.cancellation_reasons() == Reasons{"None", "TransactionConflict"});
  CHECK(refused("PutItem", {{"TableName", table.name()}, {"Item", item("a")}}).code() ==
        "TransactionConflictException");
  CHECK(refused("TransactWriteItems", request_of({put(table, item("a")), put(table, item("b"))}, token)).code() ==
        "TransactionInProgressException");
  slow.join();
  CHECK(table.item("a", 1) == item("a"));
  CHECK(table.item("c", 1).is_null());
  CHECK_NOTHROW(table.put(item("a", "again")));
}
