// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_SNAPSHOTS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_SNAPSHOTS_HPP

/// @file
/// Snapshots as items of the table of events, in partitions of their own: `#castore_snapshot#STORE#AGGREGATE`, which no
/// event store that has an id can have. They have no attribute of the index, so no list finds them. The item of version
/// 0 is not a snapshot: it counts what changed the history of the aggregate, and what was saved, so that a transaction
/// which has read both can tell whether anybody came in between.

#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/pages.hpp>
#include <castore/adapters/dynamodb/requests.hpp>
#include <castore/adapters/dynamodb/tables.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// The snapshots of one aggregate.
class DynamoDbSnapshots {
 public:
  /// @param key The key of its events.
  DynamoDbSnapshots(const DynamoDbCaller& caller, const std::string& table, const std::string& key,
                    std::size_t max_pages)
      : caller_{caller}, table_{table}, key_{"#castore_snapshot#" + key}, max_pages_{max_pages} {
    if (key_.size() > dynamodb_max_key_size) {
      throw InvalidEventError{"aggregate_id", in_quotes(key) +
                                                  " is too long to have snapshots in DynamoDB: its key and "
                                                  "18 bytes more have at most 2048 bytes"};
    }
  }

  /// How often the history was changed, and how often something was saved.
  struct Counts {
    std::int64_t history = 0;
    std::int64_t saved = 0;
  };
  Counts counts() const {
    DynamoDbAction action{.what = what("load")};
    const auto answer = parse_json(caller_.call_or_throw("GetItem", get_item_request(table_, key_, 0), action));
    if (!answer.is_object()) throw damaged_dynamodb_answer(action, "it is not JSON");
    const auto item = answer.find("Item");
    if (item == answer.end()) return {};
    return {integer_in(*item, "history").value_or(0), integer_in(*item, "saved").value_or(0)};
  }

  /// @throws StorageError, and what the sink throws
  std::int64_t load(int reducer_version, Version most_version, const SnapshotSink& sink) const {
    const std::int64_t history = counts().history;
    if (most_version < 1) return history;
    DynamoDbPages pages{caller_, what("load"), max_pages_};
    while (true) {
      const auto& items = pages.next(query(place(reducer_version, 1), place(reducer_version, most_version), 1)).items;
      if (!items.empty()) {
        hand_out(nlohmann::json::parse(items.front()), sink);
        return history;
      }
      if (pages.is_last()) return history;
    }
  }

  /// @return False when the history has changed, or somebody else saved at the same time.
  bool save(const SnapshotRecord& snapshot) const {
    nlohmann::json item{{"aggregateId", {{"S", key_}}},
                        {"version", {{"N", place(snapshot.reducer_version, snapshot.version)}}},
                        {"eventTimestamp", {{"S", format_timestamp(snapshot.event_timestamp)}}},
                        {"createdAt", {{"S", format_timestamp(snapshot.created_at)}}}};
    if (!snapshot.state.empty()) item["state"] = {{"S", snapshot.state}};
    const std::string put = nlohmann::json{{"Put", {{"TableName", table_}, {"Item", item}}}}.dump();
    const Counts before = counts();
    if (before.history != snapshot.history) return false;
    return transact({count(before, {before.history, before.saved + 1}), put}, "save", 1);
  }

  /// What a deletion is: the items to delete, and the change of the counts.
  struct Deletion {
    std::string count;
    std::vector<std::string> deletes;
  };
  /// @throws StorageError
  Deletion deletion(const DeleteSnapshotsOptions& which) const {
    const Counts before = counts();
    Deletion deletion{count(before, {before.history + 1, before.saved}), {}};
    std::map<std::string, std::vector<std::pair<Version, std::string>>, std::less<>> kept_of;  // by reducer version
    DynamoDbPages pages{caller_, what("delete"), max_pages_};
    const std::string least = which.reducer_version ? place(*which.reducer_version, 1) : "1";
    const std::string most = which.reducer_version ? place(*which.reducer_version, max_version) : std::string(38, '9');
    do {  // the newest first
      for (const std::string_view text : pages.next(query(least, most, 0, pages.start())).items) {
        const auto item = nlohmann::json::parse(text);
        const std::string at = text_in(item, "version", "N");
        if (at.size() <= version_digits) continue;
        const Version version = parse_integer<Version>(digits_of_version(at)).value_or(0);
        auto& all = kept_of[at.substr(0, at.size() - version_digits)];
        all.emplace_back(version, at);
        if (all.size() > which.keep && version >= which.min_version) deletion.deletes.push_back(delete_item(at));
      }
    } while (!pages.is_last());
    return deletion;
  }
  /// Deletes one after the other until no more are left than a transaction has room for; that is always safe.
  void make_room(Deletion& deletion, std::size_t room) const {
    for (; deletion.deletes.size() > room; deletion.deletes.pop_back()) {
      DynamoDbAction action{.what = what("delete"), .is_write = true};
      caller_.call_or_throw("DeleteItem", nlohmann::json::parse(deletion.deletes.back()).at("Delete").dump(), action);
    }
  }

  /// @throws StorageError
  void remove(const DeleteSnapshotsOptions& which) const {
    for (int attempt = 1;; ++attempt) {
      Deletion all = deletion(which);
      make_room(all, most_operations - 1);
      all.deletes.push_back(std::move(all.count));
      if (transact(all.deletes, "delete", attempt)) return;
    }
  }

  static constexpr std::size_t most_operations = 100;
  static constexpr int most_attempts = 100;  ///< Of a change of the history, before which savers came each time.

 private:
  static constexpr Version max_version = (std::numeric_limits<Version>::max)();
  static constexpr std::size_t version_digits = 19;

  std::string what(std::string_view verb) const {
    return std::string{verb} + " snapshots in DynamoDB table " + in_quotes(table_);
  }

  /// The sort key: the reducer's version, from 1 up, and 19 digits of the snapshot's.
  static std::string place(int reducer_version, Version version) {
    const std::int64_t above_zero = std::int64_t{reducer_version} - (std::numeric_limits<int>::min)() + 1;
    const std::string digits = std::to_string(version);
    return std::to_string(above_zero) + std::string(version_digits - digits.size(), '0') + digits;
  }
  static std::string_view digits_of_version(std::string_view place) {
    place.remove_prefix(place.size() - version_digits);
    const std::size_t first = place.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view{} : place.substr(first);
  }

  std::string query(const std::string& least, const std::string& most, std::size_t limit,
                    std::string_view start = {}) const {
    nlohmann::json request{
        {"TableName", table_},
        {"KeyConditionExpression", "#aggregateId = :aggregateId and #version between :least and :most"},
        {"ExpressionAttributeNames", {{"#aggregateId", "aggregateId"}, {"#version", "version"}}},
        {"ExpressionAttributeValues",
         {{":aggregateId", {{"S", key_}}}, {":least", {{"N", least}}}, {":most", {{"N", most}}}}},
        {"ConsistentRead", true},
        {"ScanIndexForward", false}};
    if (limit > 0) {
      request["Limit"] = limit;
    } else {
      request["ProjectionExpression"] = "#version";
    }
    if (!start.empty()) request["ExclusiveStartKey"] = nlohmann::json::parse(start);
    return request.dump();
  }

  /// A put of the counts, if they are still what they were.
  std::string count(const Counts& before, const Counts& after) const {
    const auto number = [](std::int64_t value) { return nlohmann::json{{"N", std::to_string(value)}}; };
    nlohmann::json put{{"TableName", table_},
                       {"Item",
                        {{"aggregateId", {{"S", key_}}},
                         {"version", {{"N", "0"}}},
                         {"history", number(after.history)},
                         {"saved", number(after.saved)}}}};
    if (before.history == 0 && before.saved == 0) {
      put["ConditionExpression"] = "attribute_not_exists(#version)";
      put["ExpressionAttributeNames"] = {{"#version", "version"}};
    } else {
      put["ConditionExpression"] = "#history = :history and #saved = :saved";
      put["ExpressionAttributeNames"] = {{"#history", "history"}, {"#saved", "saved"}};
      put["ExpressionAttributeValues"] = {{":history", number(before.history)}, {":saved", number(before.saved)}};
    }
    return nlohmann::json{{"Put", std::move(put)}}.dump();
  }
  std::string delete_item(const std::string& at) const {
    return nlohmann::json{
        {"Delete", {{"TableName", table_}, {"Key", {{"aggregateId", {{"S", key_}}}, {"version", {{"N", at}}}}}}}}
        .dump();
  }

  /// @return False when somebody came in between, and it is to be done again.
  bool transact(const std::vector<std::string>& operations, std::string_view verb, int attempt) const {
    std::string request{R"({"TransactItems":[)"};
    for (const std::string& operation : operations) {
      if (request.back() != '[') request += ',';
      request += operation;
    }
    request.append(R"(],"ClientRequestToken":")").append(new_client_request_token()).append("\"}");
    DynamoDbAction action{.what = what(verb), .is_write = true};
    try {
      caller_.call("TransactWriteItems", request, action);
      return true;
    } catch (const DynamoDbError& error) {
      const auto& reasons = error.cancellation_reasons();
      const bool is_refused = std::ranges::find(reasons, "ConditionalCheckFailed") != reasons.end();
      if (!is_refused || attempt == most_attempts) throw_dynamodb_refusal(action.what, error, action.may_be_done);
      return false;
    }
  }

  static std::string text_in(const nlohmann::json& item, const char* name, const char* type) {
    const auto attribute = item.find(name);
    if (attribute == item.end() || !attribute->is_object() || !attribute->contains(type)) return {};
    const auto& value = (*attribute)[type];
    return value.is_string() ? value.get<std::string>() : std::string{};
  }
  static std::optional<std::int64_t> integer_in(const nlohmann::json& item, const char* name) {
    return parse_integer<std::int64_t>(text_in(item, name, "N"));
  }
  void hand_out(const nlohmann::json& item, const SnapshotSink& sink) const {
    const std::string at = text_in(item, "version", "N");
    const std::string state = text_in(item, "state", "S");
    const auto event_timestamp = parse_timestamp(text_in(item, "eventTimestamp", "S"));
    const auto created_at = parse_timestamp(text_in(item, "createdAt", "S"));
    // One whose timestamps are damaged has that of no event, so it is not used and is deleted. An error would come at
    // each load, and keep a good one from being saved.
    const bool is_whole = event_timestamp && created_at;
    sink({parse_integer<Version>(digits_of_version(at)).value_or(0),
          is_whole ? *event_timestamp : (Timestamp::min)(), state, created_at.value_or(Timestamp{})});
  }

  const DynamoDbCaller& caller_;
  const std::string& table_;
  std::string key_;
  std::size_t max_pages_;
};

/// Where the snapshots of a table of events are, if there are any.
struct DynamoDbSnapshotTables {
  const DynamoDbCaller& caller;
  const DynamoDbTables& tables;
  std::size_t max_pages;
  bool are_kept;

  /// @throws InvalidEventError, StorageError
  DynamoDbSnapshots of(std::string_view event_store_id, std::string_view aggregate_id) const {
    const std::string& table = tables.table(event_store_id);
    if (!are_kept || !tables.is_single()) {
      throw StorageError{dynamodb_table_name(table) + " keeps no snapshots; set the option keeps_snapshots" +
                         (tables.is_single() ? "" : ", and use one table for all event stores")};
    }
    return {caller, table, tables.key(event_store_id, aggregate_id), max_pages};
  }
};

}  // namespace castore::detail

#endif
