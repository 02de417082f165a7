// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_WRITER_HPP
#define CASTORE_ADAPTERS_DYNAMODB_WRITER_HPP

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/requests.hpp>
#include <castore/adapters/dynamodb/snapshots.hpp>
#include <castore/adapters/dynamodb/tables.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// How a push is written. Records come checked, at least one.
class DynamoDbWriter {
 public:
  DynamoDbWriter(const DynamoDbCaller& caller, const DynamoDbTables& tables, const DynamoDbSnapshotTables& snapshots)
      : caller_{caller}, tables_{tables}, snapshots_{snapshots} {}

  /// One event, by a conditional put.
  PushOutcome put(const PushRecord& push, bool force) const {
    const std::string& table = tables_.table(push.event_store_id);
    const std::string key = tables_.key(push.event_store_id, push.record.aggregate_id);
    DynamoDbAction action{.what = "push to " + dynamodb_table_name(table), .is_write = true};
    std::string request{"{"};
    append_put(request, table, push, key, tables_.index_partition(push.event_store_id), force);
    request += '}';
    try {
      caller_.call("PutItem", request, action);
      return {};
    } catch (const DynamoDbError& error) {
      if (error.code() != "ConditionalCheckFailedException") throw_push_refusal(action, error);
    }
    // The event that is in the way may be this one, written by an attempt whose answer was lost.
    if (action.may_be_done && is_stored(push, nlohmann::json::parse(request), action)) return {};
    return {PushOutcome::already_exists, 0};
  }

  /// Several, by a transaction; `check` looks for the versions before, too.
  PushOutcome write_group(std::span<const PushRecord> records, bool force, bool check) const {
    std::string request{R"({"TransactItems":[)"};
    std::vector<std::pair<std::size_t, PushStatus>> operations;  // whose they are, and what their failure means
    std::size_t size = 0;
    for (std::size_t index = 0; index < records.size(); ++index) {
      const PushRecord& push = records[index];
      const Version version = push.record.version;
      const std::string& table = tables_.table(push.event_store_id);
      const std::string key = tables_.key(push.event_store_id, push.record.aggregate_id);
      if (index > 0) request += ',';
      request += R"({"Put":{)";
      size += append_put(request, table, push, key, tables_.index_partition(push.event_store_id), force);
      request += "}}";
      operations.emplace_back(index, PushOutcome::already_exists);
      if (!check || version == 1) continue;
      const auto is_previous = [&](const PushRecord& other) {
        return other.record.version == version - 1 && other.event_store_id == push.event_store_id &&
               other.record.aggregate_id == push.record.aggregate_id;
      };
      const auto before = records.first(index);
      if (std::ranges::any_of(before, is_previous)) continue;
      if (std::ranges::any_of(records, is_previous)) return {PushOutcome::version_gap, index};
      request += R"(,{"ConditionCheck":{)";
      append_condition_check(request, table, key, version - 1);
      request += "}}";
      operations.emplace_back(index, PushOutcome::version_gap);
    }
    if (operations.size() > dynamodb_max_transaction_operations) {
      throw InvalidEventError{"max_events_per_push",
                              "the group's " + std::to_string(records.size()) + " events and " +
                                  std::to_string(operations.size() - records.size()) +
                                  " checks of the versions before are more than the 100 operations of a DynamoDB "
                                  "transaction; push fewer at once"};
    }
    if (size > dynamodb_max_transaction_size) {
      throw InvalidEventError{"max_events_per_push", "the group has " + std::to_string(size) +
                                                         " bytes in DynamoDB, whose transactions allow 4194304 (4 MB); "
                                                         "push fewer or smaller events at once"};
    }
    request.append(R"(],"ClientRequestToken":")").append(new_client_request_token()).append("\"}");
    DynamoDbAction action{
        .what = "push a group to " + dynamodb_table_name(tables_.table(records.front().event_store_id)),
        .is_write = true};
    PushOutcome outcome;
    try {
      caller_.call("TransactWriteItems", request, action);
      return {};
    } catch (const DynamoDbError& error) {
      outcome = conflict_of(error, operations, action);
    }
    // DynamoDB forgets a token after ten minutes, and other servers may not know it at all.
    if (action.may_be_done && outcome.status == PushOutcome::already_exists && are_stored(records, request, action)) {
      return {};
    }
    return outcome;
  }

  /// A transaction that also deletes snapshots, and changes the history of their aggregates.
  PushOutcome force_push(std::span<const PushRecord> records) const {
    std::map<std::pair<std::string_view, std::string_view>, Version> aggregates;
    std::string puts;
    std::size_t size = 0;
    for (const PushRecord& push : records) {
      const EventRecord& record = push.record;
      const auto place = aggregates.try_emplace({push.event_store_id, record.aggregate_id}, record.version).first;
      place->second = (std::min)(place->second, record.version);
      puts += puts.empty() ? R"({"Put":{)" : R"(,{"Put":{)";
      size += append_put(puts, tables_.table(push.event_store_id), push,
                         tables_.key(push.event_store_id, record.aggregate_id),
                         tables_.index_partition(push.event_store_id), true);
      puts += "}}";
    }
    if (records.size() + aggregates.size() > dynamodb_max_transaction_operations ||
        size > dynamodb_max_transaction_size) {
      throw InvalidEventError{
          "max_events_per_push",
          "a forced push of " + std::to_string(records.size()) + " events of " + std::to_string(aggregates.size()) +
              " aggregates that may have snapshots is more than the 100 operations or the 4 MB of a "
              "DynamoDB transaction; push fewer at once"};
    }
    DynamoDbAction action{
        .what = "push by force to " + dynamodb_table_name(tables_.table(records.front().event_store_id)),
        .is_write = true};
    for (int attempt = 1;; ++attempt) {
      std::size_t room = dynamodb_max_transaction_operations - records.size() - aggregates.size();
      std::string request = R"({"TransactItems":[)" + puts;
      for (const auto& [name, version] : aggregates) {
        const auto snapshots = snapshots_.of(name.first, name.second);
        auto deletion = snapshots.deletion({.min_version = version});
        snapshots.make_room(deletion, room);
        room -= deletion.deletes.size();
        request.append(",").append(deletion.count);
        for (const std::string& each : deletion.deletes) request.append(",").append(each);
      }
      request.append(R"(],"ClientRequestToken":")").append(new_client_request_token()).append("\"}");
      try {
        caller_.call("TransactWriteItems", request, action);
        return {};
      } catch (const DynamoDbError& error) {  // somebody saved meanwhile, or an attempt before has done it
        const auto& reasons = error.cancellation_reasons();
        const bool is_outdated = std::ranges::find(reasons, "ConditionalCheckFailed") != reasons.end();
        if (!is_outdated || attempt == DynamoDbSnapshots::most_attempts) throw_push_refusal(action, error);
      }
    }
  }

 private:
  bool is_stored(const PushRecord& push, const nlohmann::json& put_request, DynamoDbAction& action) const {
    const std::string request =
        get_item_request(tables_.table(push.event_store_id), tables_.key(push.event_store_id, push.record.aggregate_id),
                         push.record.version);
    const auto answer = parse_json(caller_.call_or_throw("GetItem", request, action));
    if (!answer.is_object()) throw damaged_dynamodb_answer(action, "it is not JSON");
    return answer.contains("Item") && same_attribute_values(answer["Item"], put_request.at("Item"));
  }

  bool are_stored(std::span<const PushRecord> records, const std::string& group_request, DynamoDbAction& action) const {
    const auto request = nlohmann::json::parse(group_request);
    auto push = records.begin();
    for (const auto& operation : request.at("TransactItems")) {
      if (operation.contains("Put") && !is_stored(*push++, operation["Put"], action)) return false;
    }
    return true;
  }

  /// The first event that a condition failed for. An event that exists is not a gap.
  static PushOutcome conflict_of(const DynamoDbError& error,
                                 const std::vector<std::pair<std::size_t, PushStatus>>& operations,
                                 const DynamoDbAction& action) {
    const auto& reasons = error.cancellation_reasons();
    if (reasons.size() == operations.size()) {
      for (std::size_t place = 0; place < reasons.size(); ++place) {
        if (reasons[place] == "ConditionalCheckFailed") return {operations[place].second, operations[place].first};
      }
    }
    throw_push_refusal(action, error);
  }

  [[noreturn]] static void throw_push_refusal(const DynamoDbAction& action, const DynamoDbError& error) {
    constexpr std::string_view too_large[] = {"Item size has exceeded", "Nesting Levels have exceeded",
                                              "Number overflow", "Number underflow", "more than 38 significant digits"};
    const std::string_view what = error.what();
    const auto says = [what](std::string_view part) { return what.find(part) != std::string_view::npos; };
    if (std::ranges::any_of(too_large, says)) {
      std::throw_with_nested(InvalidEventError{"payload", without_prefix(what)});
    }
    throw_dynamodb_refusal(action.what, error, action.may_be_done);
  }

  const DynamoDbCaller& caller_;
  const DynamoDbTables& tables_;
  DynamoDbSnapshotTables snapshots_;
};

}  // namespace castore::detail

#endif
