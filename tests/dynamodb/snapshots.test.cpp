// SPDX-License-Identifier: MIT
// Snapshots in DynamoDB that were damaged, came from elsewhere or from another release, or whose savers were killed.

#include <castore/snapshots.hpp>

#include "dynamodb/support.hpp"
#include "snapshots/support/damaged.hpp"
#include "snapshots/support/histories.hpp"
#include "snapshots/support/kills.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

using namespace castore;
using namespace castore::snapshot_tests;
using castore::dynamodb_tests::Json;

namespace {

const std::string snapshot_key = "#castore_snapshot#";

struct Tables {
  using Storage = DynamoDbEventStorageAdapter;

  std::shared_ptr<Storage> open() const {
    return std::make_shared<Storage>(
        table.name(),
        DynamoDbEventStorageAdapterOptions{.client = dynamodb_tests::client_options(),
                                           .retry = {.max_attempts = 30, .first = std::chrono::milliseconds{2}},
                                           .keeps_snapshots = true});
  }
  Json snapshots(const std::string& key) const {
    return table.ask("Query", {{"KeyConditionExpression", "aggregateId = :id"},
                               {"ExpressionAttributeValues", {{":id", {{"S", key}}}}},
                               {"ConsistentRead", true}})["Items"];
  }
  void remove(const std::string& key, const Json& version) const {
    table.ask("DeleteItem", {{"Key", {{"aggregateId", {{"S", key}}}, {"version", version}}}});
  }

  dynamodb_tests::Table table;
};

}  // namespace

TEST_CASE("a damaged snapshot in DynamoDB is not used, and the next one is good") {
  using enum SnapshotFault;
  using Change = std::function<void(Json&)>;
  const auto set = [](const char* name, const Json& value) { return Change{[=](Json& item) { item[name] = value; }}; };
  const auto& [name, change, fault] = GENERATE_COPY(table<std::string, Change, SnapshotFault>({
      {"no state", [](Json& item) { item.erase("state"); }, damaged},
      {"a state of another type", set("state", {{"N", "7"}}), damaged},
      {"a state that is cut", set("state", {{"S", R"({"aggregate_id":"a","version":3)"}}), damaged},
      {"another aggregate", set("state", {{"S", R"({"aggregate_id":"b","version":3,"text":"1 2 3 "})"}}), of_another},
      {"no timestamp of the event", [](Json& item) { item.erase("eventTimestamp"); }, not_in_history},
      {"a timestamp that is none", set("eventTimestamp", {{"S", "yesterday"}}), not_in_history},
      {"another event", set("eventTimestamp", {{"S", "2099-01-01T00:00:00.000Z"}}), not_in_history},
      {"no time", set("createdAt", {{"NULL", true}}), not_in_history},
  }));
  CAPTURE(name);
  const Tables tables;
  const auto storage = tables.open();
  const auto damage = [&, &changes = change] {
    for (Json item : tables.snapshots(snapshot_key + "S#a")) {
      if (!item.contains("state")) continue;  // what is counted
      changes(item);
      tables.table.put(item);
    }
  };
  check_damaged_snapshot(*storage, damage, fault);
}

TEST_CASE("DynamoDB keeps snapshots again after somebody has deleted their items") {
  const Tables tables;
  const auto storage = tables.open();
  const auto remove = [&] {
    for (const Json& item : tables.snapshots(snapshot_key + "S#a"))
      tables.remove(snapshot_key + "S#a", item["version"]);
  };
  check_damaged_snapshot(*storage, remove, std::nullopt);
}

TEST_CASE("in DynamoDB three releases load what all events make, whatever is among the snapshots") {
  const Tables tables;
  const auto first = tables.open();
  const auto second = tables.open();
  const auto third = tables.open();
  const auto erase = [&](const std::string& id, Version version) {
    while (true) {
      const Json key{{"N", std::to_string(version++)}};
      const Json is_there = tables.table.item("COUNTERS#" + id, version - 1);
      if (is_there.is_null()) return;
      tables.remove("COUNTERS#" + id, key);
    }
  };
  check_random_history(std::array{first.get(), second.get(), third.get()}, erase, 100);
}

TEST_CASE("after random kills of two releases that save snapshots every load from DynamoDB is the fold of all events") {
  kill_savers_at_random<Tables>();
}
