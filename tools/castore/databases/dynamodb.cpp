// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"

#include <castore/adapters/dynamodb.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/maintenance/inspect_events.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

/// Reads a whole table or index, page by page.
class DynamoDbScan {
 public:
  DynamoDbScan(std::shared_ptr<DynamoDbHttpClient> client, std::string table)
      : caller_{std::move(client), AwsRetryPolicy{}}, table_{std::move(table)} {}

  template <class Function>
  void run(const nlohmann::json& options, const Function& look) const {
    nlohmann::json request = options;
    request["TableName"] = table_;
    detail::DynamoDbAction action{.what = "scan table " + detail::in_quotes(table_)};
    while (true) {
      action.deadline.reset();
      const std::string answer = caller_.call_or_throw("Scan", request.dump(), action);
      const detail::QueryAnswer page = read(answer, action);
      for (const std::string_view item : page.items) look(item);
      if (page.last_evaluated_key.empty()) return;
      request["ExclusiveStartKey"] = nlohmann::json::parse(page.last_evaluated_key);
    }
  }

 private:
  static detail::QueryAnswer read(const std::string& answer, const detail::DynamoDbAction& action) {
    try {
      return detail::read_query_answer(answer);
    } catch (const detail::JsonScanError& error) {
      throw detail::damaged_dynamodb_answer(action, error.what());
    }
  }

  detail::DynamoDbCaller caller_;
  std::string table_;
};

/// The adapter, and a scan of the index where event stores are asked for: DynamoDB knows them by no other way.
class ScannedDynamoDb {
 public:
  static constexpr AdapterProperties properties = DynamoDbEventStorageAdapter::properties;

  /// @param store Of a table of Castore's deprecated layout, which has one event store; else empty.
  ScannedDynamoDb(const std::shared_ptr<DynamoDbHttpClient>& client, const std::string& table, std::string store)
      : adapter_{make_adapter(client, table, store)}, scan_{client, table}, store_{std::move(store)} {}

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    return adapter_.push_events(records, options);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) {
    adapter_.get_events(event_store_id, aggregate_id, options, sink);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    return adapter_.list_aggregate_ids(event_store_id, options);
  }
  std::vector<std::string> list_event_stores() {
    if (!store_.empty()) return {store_};
    std::set<std::string> stores;
    scan_.run({{"IndexName", "initialEvents"}, {"ProjectionExpression", "eventStoreId"}}, [&](std::string_view item) {
      const auto json = nlohmann::json::parse(item, nullptr, false);
      if (json.is_object() && json.contains("eventStoreId")) stores.insert(json["eventStoreId"].value("S", ""));
    });
    stores.erase("");
    return {stores.begin(), stores.end()};
  }

 private:
  static DynamoDbEventStorageAdapter make_adapter(const std::shared_ptr<DynamoDbHttpClient>& client,
                                                  const std::string& table, const std::string& store) {
    if (store.empty()) return DynamoDbEventStorageAdapter{client, table};
    return DynamoDbEventStorageAdapter{client, DynamoDbTablePerEventStore{.tables = {{store, table}}}};
  }

  DynamoDbEventStorageAdapter adapter_;
  DynamoDbScan scan_;
  std::string store_;
};

/// An item as it is, of which any part may be anything.
struct Item {
  explicit Item(std::string_view text) {
    detail::JsonScanner scanner{text};
    scanner.object([&](std::string_view name) {
      if (name == "aggregateId") {
        key = detail::attribute_text(scanner, "S");
      } else if (name == "version") {
        version = detail::attribute_text(scanner, "N");
      } else if (name == "type") {
        type = detail::attribute_text(scanner, "S");
      } else if (name == "timestamp") {
        timestamp = detail::attribute_text(scanner, "S");
      } else if (name == "payload") {
        payload = json_of(scanner.value());
      } else if (name == "metadata") {
        metadata = json_of(scanner.value());
      } else {
        scanner.value();
      }
    });
  }
  bool is_snapshot() const { return key && key->starts_with("#castore_snapshot#"); }

  std::optional<std::string> key, version, type, timestamp, payload, metadata;

 private:
  /// Empty, which is not JSON, where it is a value that JSON has not.
  static std::string json_of(std::string_view value) {
    std::string json;
    try {
      detail::JsonScanner scanner{value};
      detail::append_attribute_value(json, scanner);
    } catch (const detail::JsonScanError&) {
      json.clear();
    }
    return json;
  }
};

/// @param store As ScannedDynamoDb has it.
void look_at(const Item& item, const std::string& store, const std::function<void(const StoredRow&)>& look) {
  const std::string_view key = item.key ? std::string_view{*item.key} : std::string_view{};
  const std::size_t hash = key.find('#');
  const bool has_store = hash != std::string_view::npos && hash > 0;
  std::optional<std::string_view> event_store_id;
  std::optional<std::string_view> aggregate_id;
  if (!store.empty()) {
    event_store_id = store;
    aggregate_id = item.key;
  } else if (has_store) {
    event_store_id = key.substr(0, hash);
    aggregate_id = key.substr(hash + 1);
  }
  const std::string place = "item " + detail::in_quotes(key) + " version " + item.version.value_or("?");
  look({.place = place,
        .event_store_id = event_store_id,
        .aggregate_id = aggregate_id,
        .version = detail::parse_integer<Version>(item.version.value_or("")),
        .type = item.type,
        .timestamp = item.timestamp,
        .payload = item.payload,
        .metadata = item.metadata});
}

class DynamoDbDatabase final : public Database {
 public:
  explicit DynamoDbDatabase(const std::string& url) {
    const DatabaseUrl parts = DatabaseUrl::parse(url, {"region", "endpoint", "store"});
    if (parts.rest.empty()) throw UsageError{"a DynamoDB URL names a table: dynamodb://table"};
    client_ = std::make_shared<DynamoDbHttpClient>(
        AwsHttpClientOptions{.region = parts.parameter("region"), .endpoint = parts.parameter("endpoint")});
    table_ = parts.rest;
    store_ = parts.parameter("store");
    storage_.emplace(client_, table_, store_);
  }

  AnyEventStorageAdapter storage() override { return AnyEventStorageAdapter{*storage_}; }

  /// A scan gives the items of a partition together, in the order of their versions.
  void for_each_row(const std::function<void(const StoredRow&)>& look) override {
    DynamoDbScan{client_, table_}.run({{"ConsistentRead", true}}, [&](std::string_view text) {
      const Item item{text};
      if (!item.is_snapshot()) look_at(item, store_, look);
    });
  }

  std::vector<ReaderState> readers() override { return {}; }
  std::vector<KeptDeadLetter> dead_letters() override { return {}; }

 private:
  std::shared_ptr<DynamoDbHttpClient> client_;
  std::string table_;
  std::string store_;
  std::optional<ScannedDynamoDb> storage_;
};

const RegisterDatabase dynamodb_database{{"dynamodb://"},
                                         [](const std::string& url, Access) -> std::unique_ptr<Database> {
                                           return std::make_unique<DynamoDbDatabase>(url);
                                         }};

}  // namespace

}  // namespace castore::tool
