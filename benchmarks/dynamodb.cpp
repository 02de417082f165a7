// SPDX-License-Identifier: MIT
// The DynamoDB adapter beside a minimal libcurl client that sends the same requests on one kept connection.
//
// Its first argument is the address of a server: tests/dynamodb/server.sh start DIRECTORY writes it to
// DIRECTORY/address. Without one there is nothing to measure against.
#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/adapters/dynamodb.hpp>
#include <castore/castore.hpp>

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace benchmarks;
using Store = castore::EventStore<AccountEvents, Account, InPlaceReducer>;

const castore::AwsCredentials credentials{"CASTORE", "castore/secret+key", {}, {}};
constexpr std::string_view region = "eu-west-1";

/// A request is signed, sent and its answer collected; nothing else.
class HandClient {
 public:
  explicit HandClient(const std::string& endpoint)
      : url_{endpoint + "/"}, host_{endpoint.substr(endpoint.find("//") + 2)} {
    curl_easy_setopt(curl_, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer_);
  }
  HandClient(const HandClient&) = delete;
  HandClient& operator=(const HandClient&) = delete;
  ~HandClient() { curl_easy_cleanup(curl_); }

  const std::string& call(std::string_view operation, const std::string& body) {
    const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string date = castore::detail::amz_date(time);
    const std::string target = "DynamoDB_20120810." + std::string{operation};
    const auto signature = castore::detail::sign_v4({.method = "POST",
                                                     .headers = {{"content-type", "application/x-amz-json-1.0"},
                                                                 {"host", host_},
                                                                 {"x-amz-date", date},
                                                                 {"x-amz-target", target}},
                                                     .body = body},
                                                    credentials, {region, "dynamodb", time});
    curl_slist* headers = nullptr;
    for (const std::string& header :
         {std::string{"Expect:"}, std::string{"content-type: application/x-amz-json-1.0"}, "x-amz-date: " + date,
          "x-amz-target: " + target, "authorization: " + signature.authorization}) {
      headers = curl_slist_append(headers, header.c_str());
    }
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    answer_.clear();
    const CURLcode code = curl_easy_perform(curl_);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK || status != 200) throw std::runtime_error{answer_};
    return answer_;
  }

 private:
  static std::size_t append(char* data, std::size_t, std::size_t size, void* answer) {
    static_cast<std::string*>(answer)->append(data, size);
    return size;
  }

  CURL* curl_ = curl_easy_init();
  std::string url_;
  std::string host_;
  std::string answer_;
};

void create_table(HandClient& client, const std::string& name) {
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
std::int64_t load_by_hand(HandClient& client, const std::string& table, const std::string& id) {
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
  HandClient hand{endpoint};
  const std::string table = "benchmark-" + std::to_string(std::random_device{}());
  create_table(hand, table);
  castore::DynamoDbEventStorageAdapter storage{
      table, {.client = {.region = std::string{region}, .endpoint = endpoint, .credentials = credentials}}};
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
}
