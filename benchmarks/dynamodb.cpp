// SPDX-License-Identifier: MIT
// The DynamoDB adapter beside a minimal libcurl client that sends the same requests on one kept connection.
//
// Its first argument is the address of a server: tests/dynamodb/server.sh start DIRECTORY writes it to
// DIRECTORY/address. Without one there is nothing to measure against.
#include "support/compare.hpp"
#include "support/hand_aws_client.hpp"
#include "support/workload.hpp"

#include <castore/adapters/dynamodb.hpp>
#include <castore/castore.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace benchmarks;
using Store = castore::EventStore<AccountEvents, Account, InPlaceReducer>;

void create_table(HandAwsClient& client, const std::string& name) {
  client.call(
      "CreateTable",
      R"({"TableName":")" + name +
          R"(","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[)"
          R"({"AttributeName":"aggregateId","AttributeType":"S"},{"AttributeName":"version","AttributeType":"N"},)"
          R"({"AttributeName":"eventStoreId","AttributeType":"S"},{"AttributeName":"timestamp","AttributeType":"S"}],)"
          R"("KeySchema":[{"AttributeName":"aggregateId","KeyType":"HASH"},)"
          R"({"AttributeName":"version","KeyType":"RANGE"}],"GlobalSecondaryIndexes":[{"IndexName":"initialEvents",)"
          R"("KeySchema":[{"AttributeName":"eventStoreId","KeyType":"HASH"},)"
          R"({"AttributeName":"timestamp","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]})");
  const std::string description = R"({"TableName":")" + name + "\"}";
  while (client.call("DescribeTable", description).find(R"("TableStatus":"ACTIVE")") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

std::string put_request(const std::string& table, const std::string& id, castore::Version version,
                        const MoneyDeposited& payload) {
  return R"({"TableName":")" + table + R"(","Item":{"aggregateId":{"S":"ACCOUNTS#)" + id + R"("},"version":{"N":")" +
         std::to_string(version) + R"("},"type":{"S":")" + std::string{MoneyDeposited::type} +
         R"("},"timestamp":{"S":")" + castore::format_timestamp(castore::system_timestamp()) +
         R"("},"payload":{"M":{"cents":{"N":")" + std::to_string(payload.cents) + R"("},"reference":{"S":")" +
         payload.reference + R"("}}})" + (version == 1 ? R"(,"eventStoreId":{"S":"ACCOUNTS"})" : "") +
         R"x(},"ExpressionAttributeNames":{"#version":"version"},"ConditionExpression":"attribute_not_exists(#version)"})x";
}

/// The sum of the deposits, each read as an object.
std::int64_t load_by_hand(HandAwsClient& client, const std::string& table, const std::string& id) {
  std::string start;
  std::int64_t cents = 0;
  do {
    const std::string& answer = client.call(
        "Query", R"({"TableName":")" + table +
                     R"(","KeyConditionExpression":"#aggregateId = :aggregateId","ExpressionAttributeNames":)"
                     R"({"#aggregateId":"aggregateId"},"ExpressionAttributeValues":{":aggregateId":{"S":"ACCOUNTS#)" +
                     id + R"("}},"ConsistentRead":true)" + start + "}");
    const auto json = nlohmann::json::parse(answer);
    for (const auto& item : json["Items"]) {
      MoneyDeposited payload;
      payload.cents = std::stoll(item["payload"]["M"]["cents"]["N"].get_ref<const std::string&>());
      payload.reference = item["payload"]["M"]["reference"]["S"];
      keep(payload.reference);
      cents += payload.cents;
    }
    start = json.contains("LastEvaluatedKey") ? R"(,"ExclusiveStartKey":)" + json["LastEvaluatedKey"].dump() : "";
  } while (!start.empty());
  return cents;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::printf("usage: %s ADDRESS (tests/dynamodb/server.sh start DIRECTORY writes one to DIRECTORY/address)\n",
                arguments[0]);
    return 0;
  }
  const std::string endpoint = arguments[1];
  HandAwsClient hand{endpoint, "dynamodb", "DynamoDB_20120810."};
  const std::string table = "benchmark-" + std::to_string(std::random_device{}());
  create_table(hand, table);
  castore::DynamoDbEventStorageAdapter storage{
      table, {.client = {.region = std::string{aws_region}, .endpoint = endpoint, .credentials = aws_credentials}}};
  Store store{"ACCOUNTS", storage};

  print_header();
  constexpr std::size_t pushes = 400;
  int round = 0;
  compare(
      "push", pushes, 9,
      [&] {
        const std::string id = "castore-" + std::to_string(++round);
        return seconds([&] {
          for (std::size_t version = 1; version <= pushes; ++version) {
            store.push_event(id, static_cast<castore::Version>(version), deposited_60);
          }
        });
      },
      [&] {
        const std::string id = "hand-" + std::to_string(++round);
        return seconds([&] {
          for (std::size_t version = 1; version <= pushes; ++version) {
            hand.call("PutItem", put_request(table, id, static_cast<castore::Version>(version), deposited_60));
          }
        });
      });

  for (const std::size_t events : {10U, 1000U, 5000U}) {
    const std::string id = "load-" + std::to_string(events);
    // The last of these is an aggregate of events of 2 kB.
    const MoneyDeposited payload{4200, events == 5000 ? std::string(2'000, 'x') : deposited_60.reference};
    for (std::size_t version = 1; version <= events; ++version) {
      hand.call("PutItem", put_request(table, id, static_cast<castore::Version>(version), payload));
    }
    const std::size_t times = events == 10 ? 200 : (events == 1000 ? 20 : 2);
    compare(
        "load " + std::to_string(events) + (events == 5000 ? " events of 2 kB" : " events"), times, 9,
        [&] {
          return seconds([&] {
            for (std::size_t time = 0; time < times; ++time) keep(store.get_existing_aggregate(id).cents);
          });
        },
        [&] {
          return seconds([&] {
            for (std::size_t time = 0; time < times; ++time) keep(load_by_hand(hand, table, id));
          });
        });
  }
  hand.call("DeleteTable", R"({"TableName":")" + table + "\"}");
  return 0;
}
