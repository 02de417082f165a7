// SPDX-License-Identifier: MIT
// Every kind of request, field by field, as Castore writes them; and which requests follow which answers.

#include <castore/adapters/dynamodb/requests.hpp>

#include "dynamodb/scripted_client.hpp"

#include <castore/core/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace castore;
using namespace castore::dynamodb_tests;

namespace {

const char noon_text[] = "2022-01-01T12:00:00.000Z";

const Json condition_names{{"#version", "version"}};

Json put_of(const std::string& id, Version version) {
  Json item = stored_item(version, id);
  if (version == 1) item["eventStoreId"] = text_value("POKEMONS");
  return {{"TableName", "events"},
          {"Item", item},
          {"ExpressionAttributeNames", condition_names},
          {"ConditionExpression", "attribute_not_exists(#version)"}};
}
Json forced(Json put) {
  put.erase("ExpressionAttributeNames");
  put.erase("ConditionExpression");
  return put;
}
Json check_of(const std::string& id, Version version) {
  return {{"TableName", "events"},
          {"Key", {{"aggregateId", text_value("POKEMONS#" + id)}, {"version", number_value(version)}}},
          {"ExpressionAttributeNames", condition_names},
          {"ConditionExpression", "attribute_exists(#version)"}};
}
Json get_of(const std::string& id, Version version) {
  return {{"TableName", "events"},
          {"Key", {{"aggregateId", text_value("POKEMONS#" + id)}, {"version", number_value(version)}}},
          {"ConsistentRead", true}};
}

/// Takes the token out of a transaction.
Json without_token(Json transaction) {
  CHECK(transaction.at("ClientRequestToken").get<std::string>().size() == 32);
  transaction.erase("ClientRequestToken");
  return transaction;
}

TEST_CASE("a push of one event is a conditional put of its item") {
  Scripted scripted;
  scripted.client.answers_with(Json::object()).answers_with(Json::object()).answers_with(Json::object());
  CHECK(push(scripted.storage, event("a", 1)) == PushOutcome{});
  CHECK(scripted.body(0) == put_of("a", 1));
  PushRecord with_all = event("a", 2, R"({"level":5})", R"(["by",null])");
  CHECK(push(scripted.storage, with_all) == PushOutcome{});
  Json expected = put_of("a", 2);
  expected["Item"]["payload"] = {{"M", {{"level", number_value(5)}}}};
  expected["Item"]["metadata"] = {{"L", {text_value("by"), {{"NULL", true}}}}};
  CHECK(scripted.body(1) == expected);
  with_all = event("a", 3, "", "");
  CHECK(push(scripted.storage, with_all) == PushOutcome{});
  expected = put_of("a", 3);
  expected["Item"].erase("payload");
  CHECK(scripted.body(2) == expected);
  CHECK(scripted.operations() == std::vector<std::string>{"PutItem", "PutItem", "PutItem"});
}

TEST_CASE("a forced push has no condition") {
  Scripted scripted;
  for (int answer = 0; answer < 3; ++answer) scripted.client.answers_with(Json::object());
  CHECK(scripted.storage.push_events(std::vector{event("a", 1)}, {.force = true}) == PushOutcome{});
  CHECK(scripted.body(0) == forced(put_of("a", 1)));
  CHECK(scripted.storage.push_events(std::vector{event("a", 1), event("b", 7)}, {.force = true}) == PushOutcome{});
  CHECK(without_token(scripted.body(1)) ==
        Json{{"TransactItems", {{{"Put", forced(put_of("a", 1))}}, {{"Put", forced(put_of("b", 7))}}}}});
  CHECK(scripted.operations() == std::vector<std::string>{"PutItem", "TransactWriteItems"});
}

TEST_CASE("a group is one transaction with a token of its own") {
  Scripted scripted;
  scripted.client.answers_with(Json::object()).answers_with(Json::object());
  CHECK(push(scripted.storage, event("a", 1), event("a", 2), event("b", 9)) == PushOutcome{});
  CHECK(without_token(scripted.body(0)) ==
        Json{{"TransactItems", {{{"Put", put_of("a", 1)}}, {{"Put", put_of("a", 2)}}, {{"Put", put_of("b", 9)}}}}});
  CHECK(push(scripted.storage, event("a", 1), event("a", 2)) == PushOutcome{});
  CHECK(scripted.body(0)["ClientRequestToken"] != scripted.body(1)["ClientRequestToken"]);
  CHECK(scripted.operations() == std::vector<std::string>{"TransactWriteItems", "TransactWriteItems"});
}

TEST_CASE("check_previous_version adds a check for each aggregate whose first version is above 1") {
  Scripted scripted{{.check_previous_version = true}};
  for (int answer = 0; answer < 4; ++answer) scripted.client.answers_with(Json::object());
  CHECK(push(scripted.storage, event("a", 1)) == PushOutcome{});
  CHECK(scripted.body(0) == put_of("a", 1));
  CHECK(push(scripted.storage, event("a", 2)) == PushOutcome{});
  CHECK(without_token(scripted.body(1)) ==
        Json{{"TransactItems", {{{"Put", put_of("a", 2)}}, {{"ConditionCheck", check_of("a", 1)}}}}});
  CHECK(push(scripted.storage, event("a", 5), event("a", 6), event("b", 1), event("c", 3)) == PushOutcome{});
  CHECK(without_token(scripted.body(2)) == Json{{"TransactItems",
                                                 {{{"Put", put_of("a", 5)}},
                                                  {{"ConditionCheck", check_of("a", 4)}},
                                                  {{"Put", put_of("a", 6)}},
                                                  {{"Put", put_of("b", 1)}},
                                                  {{"Put", put_of("c", 3)}},
                                                  {{"ConditionCheck", check_of("c", 2)}}}}});
  CHECK(scripted.storage.push_events(std::vector{event("a", 9)}, {.force = true}) == PushOutcome{});
  CHECK(scripted.body(3) == forced(put_of("a", 9)));
}

TEST_CASE("of several aggregates and stores only an event of the same one is the previous version") {
  Scripted scripted{{.check_previous_version = true}};
  scripted.client.answers_with(Json::object());
  PushRecord other_store = event("a", 1);
  other_store.event_store_id = "TRAINERS";
  CHECK(push(scripted.storage, other_store, event("b", 1), event("a", 2)) == PushOutcome{});
  const Json& operations = scripted.body().at("TransactItems");
  REQUIRE(operations.size() == 4);
  CHECK(operations[0]["Put"]["Item"]["aggregateId"] == text_value("TRAINERS#a"));
  CHECK(operations[0]["Put"]["Item"]["eventStoreId"] == text_value("TRAINERS"));
  CHECK(operations[3] == Json{{"ConditionCheck", check_of("a", 1)}});
}

TEST_CASE("a load is a consistent query of the aggregate's versions") {
  const Json whole{{"TableName", "events"},
                   {"KeyConditionExpression", "#aggregateId = :aggregateId"},
                   {"ExpressionAttributeNames", {{"#aggregateId", "aggregateId"}}},
                   {"ExpressionAttributeValues", {{":aggregateId", text_value("POKEMONS#a")}}},
                   {"ConsistentRead", true}};
  const auto query_of = [](const GetEventsOptions& options) {
    Scripted scripted;
    scripted.client.answers_with(page_of({}));
    CHECK(load(scripted.storage, "a", options).empty());
    CHECK(scripted.operations() == std::vector<std::string>{"Query"});
    return scripted.body();
  };
  const auto with = [&](const char* condition, const Json& values, const Json& more = Json::object()) {
    Json query = whole;
    query["KeyConditionExpression"] = query["KeyConditionExpression"].get<std::string>() + condition;
    if (*condition != '\0') query["ExpressionAttributeNames"]["#version"] = "version";
    query["ExpressionAttributeValues"].update(values);
    query.update(more);
    return query;
  };
  CHECK(query_of({}) == whole);
  CHECK(query_of({.min_version = 3}) == with(" and #version >= :minVersion", {{":minVersion", number_value(3)}}));
  CHECK(query_of({.max_version = 4}) == with(" and #version <= :maxVersion", {{":maxVersion", number_value(4)}}));
  CHECK(query_of({.min_version = 3, .max_version = 3}) ==
        with(" and #version between :minVersion and :maxVersion",
             {{":minVersion", number_value(3)}, {":maxVersion", number_value(3)}}));
  CHECK(query_of({.limit = 5}) == with("", Json::object(), {{"Limit", 5}}));
  CHECK(query_of({.limit = 3'000'000'000U}) == with("", Json::object(), {{"Limit", 2'147'483'647}}));
  CHECK(query_of({.reverse = true}) == with("", Json::object(), {{"ScanIndexForward", false}}));
}

TEST_CASE("each page of a load is asked for like the first after the last key") {
  Scripted scripted;
  const Json key{{"aggregateId", text_value("POKEMONS#a")}, {"version", number_value(2)}};
  const Json next_key{{"aggregateId", text_value("POKEMONS#a")}, {"version", number_value(3)}};
  scripted.client.answers_with(page_of({stored_item(1), stored_item(2)}, key))
      .answers_with(page_of({}, next_key))
      .answers_with(page_of({stored_item(4), stored_item(5)}, key));
  CHECK(load(scripted.storage, "a", {.limit = 4}).size() == 4);
  REQUIRE(scripted.client.requests.size() == 3);
  Json expected = scripted.body(0);
  CHECK(expected["Limit"] == 4);
  CHECK_FALSE(expected.contains("ExclusiveStartKey"));
  expected["Limit"] = 2;
  expected["ExclusiveStartKey"] = key;
  CHECK(scripted.body(1) == expected);
  expected["ExclusiveStartKey"] = next_key;
  CHECK(scripted.body(2) == expected);
}

TEST_CASE("a list is a query of the index") {
  const Json whole{{"TableName", "events"},
                   {"IndexName", "initialEvents"},
                   {"KeyConditionExpression", "#eventStoreId = :partition"},
                   {"ExpressionAttributeNames", {{"#eventStoreId", "eventStoreId"}}},
                   {"ExpressionAttributeValues", {{":partition", text_value("POKEMONS")}}}};
  const auto query_of = [](const ListAggregateIdsOptions& options) {
    Scripted scripted;
    scripted.client.answers_with(page_of({}));
    CHECK(scripted.storage.list_aggregate_ids("POKEMONS", options).aggregate_ids.empty());
    CHECK(scripted.operations() == std::vector<std::string>{"Query"});
    return scripted.body();
  };
  const auto with = [&](const char* condition, const Json& values, const Json& more = Json::object()) {
    Json query = whole;
    query["KeyConditionExpression"] = query["KeyConditionExpression"].get<std::string>() + condition;
    if (*condition != '\0') query["ExpressionAttributeNames"]["#timestamp"] = "timestamp";
    query["ExpressionAttributeValues"].update(values);
    query.update(more);
    return query;
  };
  const Json after{{":initialEventAfter", text_value(noon_text)}};
  const Json before{{":initialEventBefore", text_value(noon_text)}};
  Json both = after;
  both.update(before);
  CHECK(query_of({}) == whole);
  CHECK(query_of({.limit = 5}) == with("", Json::object(), {{"Limit", 6}}));
  CHECK(query_of({.initial_event_after = noon}) == with(" and #timestamp >= :initialEventAfter", after));
  CHECK(query_of({.initial_event_before = noon}) == with(" and #timestamp <= :initialEventBefore", before));
  CHECK(query_of({.initial_event_after = noon, .initial_event_before = noon}) ==
        with(" and #timestamp between :initialEventAfter and :initialEventBefore", both));
  CHECK(query_of({.reverse = true}) == with("", Json::object(), {{"ScanIndexForward", false}}));
  CHECK(query_of({.reverse = false}) == whole);
}

TEST_CASE("each page of a list is asked for like the first after the last key and so is that of a token") {
  Scripted scripted;
  scripted.client.answers_with(page_of({stored_entry("a")}, stored_entry("a")))
      .answers_with(page_of({stored_entry("b"), stored_entry("c")}))
      .answers_with(page_of({stored_entry("c")}));
  const auto page = scripted.storage.list_aggregate_ids("POKEMONS", {.limit = 2});
  CHECK(page.aggregate_ids == std::vector<AggregateIdEntry>{{"a", noon}, {"b", noon}});
  Json expected = scripted.body(0);
  CHECK(expected["Limit"] == 3);
  expected["Limit"] = 2;
  expected["ExclusiveStartKey"] = stored_entry("a");
  CHECK(scripted.body(1) == expected);
  REQUIRE(page.next_page_token);
  CHECK(Json::parse(*page.next_page_token) ==
        Json{{"limit", 2}, {"reverse", false}, {"lastEvaluatedKey", stored_entry("b")}});
  const auto last = scripted.storage.list_aggregate_ids("POKEMONS", {.page_token = page.next_page_token});
  CHECK(last.aggregate_ids == std::vector<AggregateIdEntry>{{"c", noon}});
  CHECK_FALSE(last.next_page_token);
  expected = scripted.body(0);
  expected["ExclusiveStartKey"] = stored_entry("b");
  CHECK(scripted.body(2) == expected);
}

TEST_CASE("the deprecated layout has its own tables, keys and index") {
  ScriptedClient client;
  const DynamoDbEventStorageAdapter storage{
      client, DynamoDbTablePerEventStore{{{"POKEMONS", "pokemon-table"}, {"TRAINERS", "trainer-table"}}}};
  client.answers_with(Json::object()).answers_with(Json::object()).answers_with(page_of({})).answers_with(page_of({}));
  CHECK(push(storage, event("a#b", 1)) == PushOutcome{});
  Json put = put_of("a#b", 1);
  put["TableName"] = "pokemon-table";
  put["Item"]["aggregateId"] = text_value("a#b");
  put["Item"].erase("eventStoreId");
  put["Item"]["isInitialEvent"] = number_value(1);
  CHECK(client.requests[0].body == put);
  PushRecord trainer = event("t", 2);
  trainer.event_store_id = "TRAINERS";
  CHECK(push(storage, event("a", 2), trainer) == PushOutcome{});
  CHECK(client.requests[1].body["TransactItems"][0]["Put"]["TableName"] == "pokemon-table");
  CHECK(client.requests[1].body["TransactItems"][1]["Put"]["TableName"] == "trainer-table");
  CHECK(load(storage, "a").empty());
  CHECK(client.requests[2].body["TableName"] == "pokemon-table");
  CHECK(client.requests[2].body["ExpressionAttributeValues"] == Json{{":aggregateId", text_value("a")}});
  CHECK(storage.list_aggregate_ids("TRAINERS", {}).aggregate_ids.empty());
  CHECK(client.requests[3].body == Json{{"TableName", "trainer-table"},
                                        {"IndexName", "initialEvents"},
                                        {"KeyConditionExpression", "#isInitialEvent = :partition"},
                                        {"ExpressionAttributeNames", {{"#isInitialEvent", "isInitialEvent"}}},
                                        {"ExpressionAttributeValues", {{":partition", number_value(1)}}}});
}

TEST_CASE("a put that is repeated after a lost answer is the same and then looked up consistently") {
  Scripted scripted;
  Json stored = put_of("a", 1)["Item"];
  scripted.client.fails_with(answer_lost).fails_with(condition_failed).answers_with({{"Item", stored}});
  CHECK(push(scripted.storage, event("a", 1)) == PushOutcome{});
  CHECK(scripted.operations() == std::vector<std::string>{"PutItem", "PutItem", "GetItem"});
  CHECK(scripted.body(0) == scripted.body(1));
  CHECK(scripted.body(2) == get_of("a", 1));
}

TEST_CASE("after a lost answer another event, or none, in the same place is a conflict") {
  const PushOutcome conflict{PushOutcome::already_exists, 0};
  for (const char* const attribute : {"type", "timestamp", "payload", "eventStoreId", "metadata"}) {
    CAPTURE(attribute);
    Scripted scripted;
    Json stored = put_of("a", 1)["Item"];
    stored[attribute] = text_value("another");
    scripted.client.fails_with(answer_lost).fails_with(condition_failed).answers_with({{"Item", stored}});
    CHECK(push(scripted.storage, event("a", 1)) == conflict);
  }
  Scripted gone;
  gone.client.fails_with(answer_lost).fails_with(condition_failed).answers_with(Json::object());
  CHECK(push(gone.storage, event("a", 1)) == conflict);
}

TEST_CASE("a conflict is not looked up when every attempt before it was answered") {
  Scripted scripted;
  scripted.client.fails_with(throttled)
      .fails_with(AwsConnectionError{"no connection", false})
      .fails_with(condition_failed);
  CHECK(push(scripted.storage, event("a", 1)) == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(scripted.operations() == std::vector<std::string>{"PutItem", "PutItem", "PutItem"});
}

TEST_CASE("a group that is repeated keeps its token and each of its events is looked up") {
  Scripted scripted;
  scripted.client.fails_with(answer_lost)
      .fails_with(cancelled({"ConditionalCheckFailed", "ConditionalCheckFailed"}))
      .answers_with({{"Item", put_of("a", 1)["Item"]}})
      .answers_with({{"Item", put_of("b", 4)["Item"]}});
  CHECK(push(scripted.storage, event("a", 1), event("b", 4)) == PushOutcome{});
  CHECK(scripted.body(0) == scripted.body(1));
  CHECK(scripted.body(2) == get_of("a", 1));
  CHECK(scripted.body(3) == get_of("b", 4));

  Scripted other;
  Json stored = put_of("b", 4)["Item"];
  stored["type"] = text_value("ANOTHER");
  other.client.fails_with(DynamoDbError{500, "InternalServerError", ""})
      .fails_with(cancelled({"ConditionalCheckFailed", "ConditionalCheckFailed"}))
      .answers_with({{"Item", put_of("a", 1)["Item"]}})
      .answers_with({{"Item", stored}});
  CHECK(push(other.storage, event("a", 1), event("b", 4)) == PushOutcome{PushOutcome::already_exists, 0});
}

TEST_CASE("with checks a repeated group looks up the events and not the checks") {
  Scripted scripted{{.retry = quick_retries(3), .check_previous_version = true}};
  scripted.client.fails_with(answer_lost)
      .fails_with(cancelled({"ConditionalCheckFailed", "None", "ConditionalCheckFailed", "None"}))
      .answers_with({{"Item", put_of("a", 3)["Item"]}})
      .answers_with({{"Item", put_of("b", 4)["Item"]}});
  CHECK(push(scripted.storage, event("a", 3), event("b", 4)) == PushOutcome{});
  CHECK(scripted.body(2) == get_of("a", 3));
  CHECK(scripted.body(3) == get_of("b", 4));
}

TEST_CASE("the event that a condition failed for is named at every index") {
  std::vector<std::string> not_named;
  for (const std::size_t size : {2U, 3U, 4U, 100U}) {
    std::vector<PushRecord> group;
    for (std::size_t index = 0; index < size; ++index) group.push_back(event("a" + std::to_string(index), 1));
    for (std::size_t index = 0; index < size; ++index) {
      Scripted scripted;
      std::vector<std::string> reasons(size, "None");
      reasons[index] = "ConditionalCheckFailed";
      if (index + 1 < size) reasons.back() = "ConditionalCheckFailed";  // the first one counts
      scripted.client.fails_with(cancelled(reasons));
      if (scripted.storage.push_events(group, {}) != PushOutcome{PushOutcome::already_exists, index}) {
        not_named.push_back(std::to_string(index) + " of " + std::to_string(size));
      }
    }
  }
  CHECK(not_named.empty());
}

TEST_CASE("a failed check of the version before is a gap of its event") {
  const auto outcome_of = [](const std::vector<std::string>& reasons) {
    Scripted scripted{{.check_previous_version = true}};
    scripted.client.fails_with(cancelled(reasons));
    return push(scripted.storage, event("a", 1), event("b", 2), event("c", 3));
  };
  // Put a, put b, check b 1, put c, check c 2.
  CHECK(outcome_of({"None", "None", "ConditionalCheckFailed", "None", "None"}) ==
        PushOutcome{PushOutcome::version_gap, 1});
  CHECK(outcome_of({"None", "None", "None", "None", "ConditionalCheckFailed"}) ==
        PushOutcome{PushOutcome::version_gap, 2});
  CHECK(outcome_of({"None", "None", "None", "ConditionalCheckFailed", "None"}) ==
        PushOutcome{PushOutcome::already_exists, 2});
  CHECK(outcome_of({"ConditionalCheckFailed", "None", "ConditionalCheckFailed", "None", "None"}) ==
        PushOutcome{PushOutcome::already_exists, 0});
}

TEST_CASE("a cancelled transaction without a reason for each operation is an error and not a conflict") {
  for (const Reasons& reasons :
       {Reasons{}, Reasons{"ConditionalCheckFailed"}, Reasons{"None", "None"}, Reasons{"None", "ValidationError"},
        Reasons{"None", "ConditionalCheckFailed", "None"}, Reasons{"ItemCollectionSizeLimitExceeded", "None"}}) {
    Scripted scripted;
    scripted.client.fails_with(cancelled(reasons));
    const auto error = error_of<StorageError>([&] { push(scripted.storage, event("a", 1), event("b", 1)); });
    CHECK_FALSE(error.retryable());
    CHECK(error.outcome() == StorageError::Outcome::not_done);
  }
}

TEST_CASE("an error that says too much of an item is an error of the event") {
  for (const char* const what :
       {"Item size has exceeded the maximum allowed size", "Nesting Levels have exceeded supported limits",
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
        "Number underflow. ...", "Attempting to store more than 38 significant digits in a Number"}) {
    Scripted scripted;
    scripted.client.fails_with(DynamoDbError{400, "ValidationException", what});
    CHECK(error_of<InvalidEventError>([&] { push(scripted.storage, event("a", 1)); }).field() == "payload");
  }
}

TEST_CASE("errors that help themselves are tried again and all others are not") {
  const auto attempts_after = [](const DynamoDbError& error) {
    Scripted scripted;
    scripted.client.fails_with(error).answers_with(page_of({}));
    try {
      load(scripted.storage, "a");
    } catch (const StorageError& failure) {
      CHECK_FALSE(failure.retryable());
    }
    return scripted.client.requests.size();
  };
  for (const char* const code :
       {"ProvisionedThroughputExceededException", "ThrottlingException", "ThrottledException", "RequestLimitExceeded",
        "RequestThrottledException", "InternalServerError", "InternalFailure", "ServiceUnavailable",
        "TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException"}) {
    CAPTURE(code);
    CHECK(attempts_after({400, code, ""}) == 2);
  }
  Scripted lasting;
  lasting.client.fails_with(AwsConnectionError{"a wrong address", false, false}).answers_with(page_of({}));
  CHECK_FALSE(error_of<StorageError>([&] { load(lasting.storage, "a"); }).retryable());
  CHECK(lasting.client.requests.size() == 1);
  for (const int status : {429, 500, 502, 503, 504}) CHECK(attempts_after({status, "", ""}) == 2);
  for (const int status : {301, 400, 403, 404, 413, 499}) CHECK(attempts_after({status, "", ""}) == 1);
  for (const char* const code : {"ValidationException", "AccessDeniedException", "ResourceNotFoundException",
                                 "UnrecognizedClientException", "SerializationException", "ExpiredTokenException"}) {
    CAPTURE(code);
    CHECK(attempts_after({400, code, ""}) == 1);
  }
  const auto attempts_after_reasons = [&](const Reasons& reasons) {
    return attempts_after({400, "TransactionCanceledException", "", reasons});
  };
  for (const char* const reason :
       {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "DuplicateRequest"}) {
    CHECK(attempts_after_reasons({"None", reason}) == 2);
    CHECK(attempts_after_reasons({reason, "ConditionalCheckFailed"}) == 1);
  }
  CHECK(attempts_after_reasons({"None", "None"}) == 1);
  CHECK(attempts_after_reasons({}) == 1);
}

TEST_CASE("an error of 5xx leaves the outcome of a push open and one of throttling does not") {
  const auto error_after = [](const auto&... errors) {
    Scripted scripted{{.retry = quick_retries(sizeof...(errors))}};
    (scripted.client.fails_with(errors), ...);
    return error_of<StorageError>([&] { push(scripted.storage, event("a", 1)); });
  };
  const DynamoDbError failed{500, "InternalServerError", ""};
  const AwsConnectionError not_sent{"no connection", false};
  CHECK(error_after(failed).outcome() == StorageError::Outcome::unknown);
  CHECK(error_after(failed, throttled).outcome() == StorageError::Outcome::unknown);
  CHECK(error_after(answer_lost, not_sent).outcome() == StorageError::Outcome::unknown);
  CHECK(error_after(throttled, throttled).outcome() == StorageError::Outcome::not_done);
  CHECK(error_after(throttled).retryable());
  CHECK(error_after(not_sent).outcome() == StorageError::Outcome::not_done);
  CHECK(error_after(not_sent).retryable());
  CHECK_FALSE(error_after(answer_lost).retryable());
  // A load has no outcome.
  Scripted lost{{.retry = quick_retries(1)}};
  lost.client.fails_with(answer_lost);
  const auto loss = error_of<StorageError>([&] { load(lost.storage, "a"); });
  CHECK(loss.outcome() == StorageError::Outcome::not_done);
  CHECK(loss.retryable());
  Scripted scripted{{.retry = quick_retries(1)}};
  scripted.client.fails_with(failed);
  const auto error = error_of<StorageError>([&] { load(scripted.storage, "a"); });
  CHECK(error.outcome() == StorageError::Outcome::not_done);
  CHECK(error.retryable());
}

TEST_CASE("what fails while a lost put is looked up leaves the outcome open") {
  const DynamoDbError denied{400, "AccessDeniedException", ""};
  Scripted refused;
  refused.client.fails_with(answer_lost).fails_with(condition_failed).fails_with(denied);
  CHECK(error_of<StorageError>([&] { push(refused.storage, event("a", 1)); }).outcome() ==
        StorageError::Outcome::unknown);
  Scripted damaged;
  damaged.client.fails_with(answer_lost).fails_with(condition_failed).then([] {
    return std::string{"{\"Item\":{\"a\":\"\0\"}}", 18};
  });
  CHECK(error_of<StorageError>([&] { push(damaged.storage, event("a", 1)); }).outcome() ==
        StorageError::Outcome::unknown);
}

TEST_CASE("an adapter works on after every kind of failure") {
  Scripted scripted{{.retry = quick_retries(1)}};
  auto& client = scripted.client;
  client.fails_with(DynamoDbError{400, "AccessDeniedException", ""}).answers_with(Json::object());
  CHECK_THROWS_AS(push(scripted.storage, event("a", 1)), StorageError);
  CHECK(push(scripted.storage, event("a", 1)) == PushOutcome{});
  client.fails_with(answer_lost).answers_with(Json::object());
  CHECK_THROWS_AS(push(scripted.storage, event("a", 2), event("b", 1)), StorageError);
  CHECK(push(scripted.storage, event("a", 2), event("b", 1)) == PushOutcome{});
  CHECK(client.requests[2].body["ClientRequestToken"] != client.requests[3].body["ClientRequestToken"]);
  client.then([] { return "not JSON"; }).answers_with(page_of({stored_item(1)}));
  CHECK_THROWS_AS(load(scripted.storage, "a"), StorageError);
  CHECK(load(scripted.storage, "a").size() == 1);
  client.answers_with(page_of({stored_item(1)}));
  CHECK_THROWS_AS(scripted.storage.get_events("POKEMONS", "a", {},
                                              [](const EventRecordView&) { throw std::domain_error{"the sink"}; }),
                  std::domain_error);
  client.fails_with(std::logic_error{"of the client"}).answers_with(page_of({stored_entry("a")}));
  CHECK_THROWS_AS(scripted.storage.list_aggregate_ids("POKEMONS", {}), std::logic_error);
  CHECK(scripted.storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
}

TEST_CASE("a wait of any length and a deadline of any length are taken") {
  constexpr std::chrono::hours century{24 * 365 * 100};
  int waits = 0;
  AwsRetryPolicy retry{.max_attempts = 3, .first = century, .longest = century};
  retry.deadline = std::chrono::milliseconds::max();
  retry.sleep = [&](std::chrono::milliseconds) { ++waits; };
  Scripted scripted{{.retry = retry}};
  scripted.client.fails_with(throttled).fails_with(throttled).answers_with(page_of({}));
  CHECK_NOTHROW(load(scripted.storage, "a"));
  CHECK(waits == 2);
}

TEST_CASE("a client that takes a deadline gets that of the whole push") {
  struct Client {
    std::vector<std::chrono::steady_clock::time_point> deadlines{};
    int calls_without = 0;
    std::string call(std::string_view, const std::string&) {
      ++calls_without;
      return "{}";
    }
    std::string call(std::string_view operation, const std::string&, std::chrono::steady_clock::time_point deadline) {
      deadlines.push_back(deadline);
      if (deadlines.size() == 1 || deadlines.size() == 3) throw answer_lost;
      if (operation == "GetItem") return "{}";
      if (operation == "Query") {
        return deadlines.size() == 5 ? R"({"Items":[],"LastEvaluatedKey":{}})" : R"({"Items":[]})";
      }
      throw condition_failed;
    }
  };
  Client client;
  auto retry = quick_retries(3);
  retry.deadline = std::chrono::hours{1};
  const DynamoDbEventStorageAdapter storage{client, "events", {.retry = retry}};
  const auto before = std::chrono::steady_clock::now();
  CHECK(push(storage, event("a", 1)) == PushOutcome{PushOutcome::already_exists, 0});
  const auto after = std::chrono::steady_clock::now();
  REQUIRE(client.deadlines.size() == 4);
  CHECK(client.deadlines[0] == std::chrono::steady_clock::time_point::max());  // the client's own
  CHECK(client.deadlines[1] >= before + retry.deadline);
  CHECK(client.deadlines[1] <= after + retry.deadline);
  CHECK(client.deadlines[2] == client.deadlines[1]);
  CHECK(client.deadlines[3] == client.deadlines[1]);
  CHECK(load(storage, "a").empty());
  REQUIRE(client.deadlines.size() == 6);
  CHECK(client.deadlines[4] == client.deadlines[0]);  // each page has its own
  CHECK(client.deadlines[5] == client.deadlines[0]);
  CHECK(client.calls_without == 0);
}

}  // namespace
