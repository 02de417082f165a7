// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_HPP
#define CASTORE_ADAPTERS_DYNAMODB_HPP

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/credentials.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/http_client.hpp>
#include <castore/adapters/dynamodb/json_scanner.hpp>
#include <castore/adapters/dynamodb/page_token.hpp>
#include <castore/adapters/dynamodb/requests.hpp>
#include <castore/adapters/dynamodb/retry.hpp>
#include <castore/adapters/dynamodb/tables.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief How a `DynamoDbEventStorageAdapter` behaves.
struct DynamoDbEventStorageAdapterOptions {
  DynamoDbHttpClientOptions client{};  ///< Of the client that the adapter makes when it is given none.
  DynamoDbRetryPolicy retry{};         ///< How often and how long it tries.
  /// @brief Makes a push that would leave a gap a `VersionGapError`, in the same write. Each aggregate of a push whose
  /// first version is above 1 then takes one of the 100 places of a transaction, and a push costs twice as much.
  bool check_previous_version = false;
};

/// @brief Keeps events in Amazon DynamoDB, in Castore's tables: what either library writes the other reads. For more
/// than one machine, and for amounts that outgrow one.
///
/// **Guarantees**
/// - A push of one event is one conditional put. A group is one transaction of up to 100 events and 4 MB.
/// - A push whose answer was lost is repeated without being written twice or taken for a conflict with itself. One case
///   cannot be told apart: two programs push one event that is equal in every field, and the answer to one is lost.
/// - `get_events` sees all that was written before it started. `list_aggregate_ids` reads an index that follows within
///   about a second. A load that runs while a group is written may see some of its events and not yet the others.
/// - A gap in the versions is not noticed unless `check_previous_version` is set.
/// - Aggregates with equal initial timestamps are listed in an order of DynamoDB's own, each exactly once. Without
///   `limit` a page holds about 1 MB of index entries.
/// - Any number of threads may use one adapter, and one client.
///
/// Values: DynamoDB has no negative zero, which becomes 0, and no number beyond 38 digits or outside 1e-130
/// to 9.99e125; nor objects with one key twice, or values nested more than 32 deep. Except for zero these are refused.
/// Integers and floating point are one type: `1.0` comes back as `1`.
///
/// **Errors** `InvalidEventError` before anything is sent when DynamoDB cannot hold an event or a group. All others are
/// `StorageError`s that name the table, with a `DynamoDbError` or `DynamoDbConnectionError` nested, or
/// `AwsCredentialsError`s. **Handling:** retry when `retryable()`, else report.
///
/// @code
/// castore::DynamoDbEventStorageAdapter storage{"events"};
/// castore::DynamoDbEventStorageAdapter local{"events", {.client = {.endpoint = "http://localhost:8000"}}};
/// @endcode
class DynamoDbEventStorageAdapter {
 public:
  static constexpr bool detects_version_gaps = false;      ///< Only with `check_previous_version`.
  static constexpr bool orders_equal_timestamps = false;   ///< Lists them, each once, in DynamoDB's order.
  static constexpr bool shows_groups_at_once = false;      ///< A load may see a part of a group.
  static constexpr bool holds_every_double = false;        ///< No negative zero; see "Values".
  static constexpr std::size_t max_events_per_push = 100;  ///< The most a transaction can hold.

  /// @brief Uses a client of its own for a table with all event stores.
  /// @throws StorageError, AwsCredentialsError
  explicit DynamoDbEventStorageAdapter(std::string table_name, const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{std::make_shared<DynamoDbHttpClient>(options.client), std::move(table_name),
                                    options} {}
  /// @brief The same for the deprecated layout.
  explicit DynamoDbEventStorageAdapter(DynamoDbTablePerEventStore tables,
                                       const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{std::make_shared<DynamoDbHttpClient>(options.client), std::move(tables), options} {}

  /// @brief Shares a client, such as one over the AWS SDK; `options.client` then means nothing.
  template <DynamoDbClient Client>
  DynamoDbEventStorageAdapter(std::shared_ptr<Client> client, std::string table_name,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : caller_{std::move(client), options.retry},
        tables_{std::move(table_name)},
        check_previous_version_{options.check_previous_version} {}
  template <DynamoDbClient Client>
  DynamoDbEventStorageAdapter(std::shared_ptr<Client> client, DynamoDbTablePerEventStore tables,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : caller_{std::move(client), options.retry},
        tables_{std::move(tables)},
        check_previous_version_{options.check_previous_version} {}

  /// @brief The same, referring to a client that must live as long as the adapter.
  template <DynamoDbClient Client>
  DynamoDbEventStorageAdapter(Client& client, std::string table_name,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{not_owned(client), std::move(table_name), options} {}
  template <DynamoDbClient Client>
  DynamoDbEventStorageAdapter(Client& client, DynamoDbTablePerEventStore tables,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{not_owned(client), std::move(tables), options} {}

  /// @brief Writes all the events or none: one by a conditional put, several by a transaction.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError
  PushOutcome push_events(std::span<const PushRecord> records, bool force) const {
    check_records(records);
    if (records.empty()) return {};
    if (records.size() > max_events_per_push) {
      throw InvalidEventError{"max_events_per_push",
                              "a DynamoDB transaction writes at most 100 events; push fewer at once"};
    }
    const bool check = check_previous_version_ && !force;
    if (records.size() == 1 && !(check && records.front().record.version > 1)) return put(records.front(), force);
    return write_group(records, force, check);
  }

  /// @brief Hands the events of one aggregate to the sink, by consistent queries of up to 1 MB each.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    const std::string& table = tables_.table(event_store_id);
    const std::string key = tables_.key(event_store_id, aggregate_id);
    if (options.min_version && options.max_version && *options.min_version > *options.max_version) return;
    const std::string action = "load events from " + name_of(table);
    std::optional<std::size_t> left = options.limit;
    std::string start;
    detail::StoredEvent event;
    while (left != 0U) {
      const std::string answer = call("Query", detail::events_query(table, key, options, left, start), action);
      const auto page = read<detail::QueryAnswer>(action, [&] { return detail::read_query_answer(answer); });
      for (const std::string_view item : page.items) {
        sink(read<EventRecordView>(action, [&] {
          event.read(item);
          return event.view(aggregate_id);
        }));
      }
      if (page.last_evaluated_key.empty()) return;
      if (left) *left -= std::min(*left, page.items.size());
      start = page.last_evaluated_key;
    }
  }

  /// @brief Lists the aggregates of one store by its index, reading one entry more than the page needs.
  /// @throws InvalidEventError, InvalidPageTokenError, StorageError, AwsCredentialsError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    const std::string& table = tables_.table(event_store_id);
    const auto partition = tables_.index_partition(event_store_id);
    const auto request = detail::resolve_dynamodb_page_request(options, partition);
    AggregateIdsPage page;
    std::string start;
    if (request.limit == 0U || !find_start(request, partition, start)) return page;
    const std::string action = "list aggregate ids from " + name_of(table);
    detail::StoredEvent event;
    detail::DynamoDbIndexKey last;
    for (;;) {
      // One more than the page takes tells whether there is another page.
      std::optional<std::size_t> wanted;
      if (request.limit) wanted = *request.limit - page.aggregate_ids.size() + (*request.limit < most ? 1 : 0);
      const std::string query = detail::initial_events_query(table, partition, request, wanted, start);
      const std::string answer = call("Query", query, action);
      const auto found = read<detail::QueryAnswer>(action, [&] { return detail::read_query_answer(answer); });
      const bool ends = found.last_evaluated_key.empty();
      for (std::size_t index = 0; index < found.items.size(); ++index) {
        // Without a limit the last entry of what DynamoDB gives at once is left for the next page.
        const bool is_full = request.limit ? page.aggregate_ids.size() == *request.limit
                                           : !ends && index + 1 == found.items.size() && !page.aggregate_ids.empty();
        if (is_full) {
          page.next_page_token = detail::make_dynamodb_page_token(request, last, partition);
          return page;
        }
        read<int>(action, [&] {
          event.read(found.items[index]);
          return 0;
        });
        last = event.key();
        if (!last.aggregate_id.starts_with(partition.prefix)) {
          throw StorageError{"cannot " + action + ": its index holds " + detail::in_quotes(last.aggregate_id) +
                             " for event store " + detail::in_quotes(event_store_id) + "; correct that item"};
        }
        page.aggregate_ids.push_back({last.aggregate_id.substr(partition.prefix.size()), event.timestamp()});
      }
      if (ends) return page;
      start = found.last_evaluated_key;
    }
  }

 private:
  static constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

  template <class Client>
  static std::shared_ptr<Client> not_owned(Client& client) {
    return {std::shared_ptr<void>{}, &client};
  }

  static std::string name_of(const std::string& table) { return "DynamoDB table " + detail::in_quotes(table); }

  std::string call(std::string_view operation, const std::string& request, const std::string& action,
                   bool may_be_done = false) const {
    try {
      return caller_.call(operation, request, action, may_be_done ? &may_be_done : nullptr);
    } catch (const DynamoDbError& error) {
      detail::throw_dynamodb_refusal(action, error, may_be_done);
    }
  }

  template <class Result, class Function>
  static Result read(const std::string& action, const Function& function) {
    try {
      return function();
    } catch (const detail::JsonScanError& error) {
      throw StorageError{"cannot " + action + ": an item or answer is damaged: " + error.what()};
    }
  }

  PushOutcome put(const PushRecord& push, bool force) const {
    const std::string& table = tables_.table(push.event_store_id);
    const std::string key = tables_.key(push.event_store_id, push.record.aggregate_id);
    const std::string action = "push to " + name_of(table);
    std::string request{"{"};
    detail::append_put(request, table, push, key, tables_.index_partition(push.event_store_id), force);
    request += '}';
    bool may_be_done = false;
    try {
      caller_.call("PutItem", request, action, &may_be_done);
      return {};
    } catch (const DynamoDbError& error) {
      if (error.code() != "ConditionalCheckFailedException") throw_push_refusal(action, error, may_be_done);
    }
    // The event that is in the way may be this one, written by an attempt whose answer was lost.
    if (may_be_done && is_stored(push, nlohmann::json::parse(request), action)) return {};
    return {PushOutcome::already_exists, 0};
  }

  bool is_stored(const PushRecord& push, const nlohmann::json& put_request, const std::string& action) const {
    const std::string request =
        detail::get_item_request(tables_.table(push.event_store_id),
                                 tables_.key(push.event_store_id, push.record.aggregate_id), push.record.version);
    const auto answer = nlohmann::json::parse(call("GetItem", request, action, true), nullptr, false);
    return answer.is_object() && answer.contains("Item") &&
           detail::same_attribute_values(answer["Item"], put_request.at("Item"));
  }

  bool are_stored(std::span<const PushRecord> records, const std::string& group_request,
                  const std::string& action) const {
    const auto request = nlohmann::json::parse(group_request);
    auto push = records.begin();
    for (const auto& operation : request.at("TransactItems")) {
      if (operation.contains("Put") && !is_stored(*push++, operation["Put"], action)) return false;
    }
    return true;
  }

  PushOutcome write_group(std::span<const PushRecord> records, bool force, bool check) const {
    std::string request{R"({"TransactItems":[)"};
    std::vector<std::pair<std::size_t, PushOutcome::Status>>
        operations;  // whose they are, and what their failure means
    std::size_t size = 0;
    for (std::size_t index = 0; index < records.size(); ++index) {
      const PushRecord& push = records[index];
      const Version version = push.record.version;
      const std::string& table = tables_.table(push.event_store_id);
      const std::string key = tables_.key(push.event_store_id, push.record.aggregate_id);
      if (index > 0) request += ',';
      request += R"({"Put":{)";
      size += detail::append_put(request, table, push, key, tables_.index_partition(push.event_store_id), force);
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
      detail::append_condition_check(request, table, key, version - 1);
      request += "}}";
      operations.emplace_back(index, PushOutcome::version_gap);
    }
    if (operations.size() > max_events_per_push) {
      throw InvalidEventError{"max_events_per_push",
                              "the group's " + std::to_string(records.size()) + " events and " +
                                  std::to_string(operations.size() - records.size()) +
                                  " checks of the versions before are more than the 100 operations of a DynamoDB "
                                  "transaction; push fewer at once"};
    }
    if (size > detail::dynamodb_max_transaction_size) {
      throw InvalidEventError{"max_events_per_push", "the group has " + std::to_string(size) +
                                                         " bytes in DynamoDB, whose transactions allow 4194304 (4 MB); "
                                                         "push fewer or smaller events at once"};
    }
    request.append(R"(],"ClientRequestToken":")").append(detail::new_client_request_token()).append("\"}");
    const std::string action = "push a group to " + name_of(tables_.table(records.front().event_store_id));
    bool may_be_done = false;
    PushOutcome outcome;
    try {
      caller_.call("TransactWriteItems", request, action, &may_be_done);
      return {};
    } catch (const DynamoDbError& error) {
      outcome = conflict_of(error, operations, action, may_be_done);
    }
    // DynamoDB forgets a token after ten minutes, and other servers may not know it at all.
    if (may_be_done && outcome.status == PushOutcome::already_exists && are_stored(records, request, action)) return {};
    return outcome;
  }

  /// The first event that a condition failed for. An event that exists is no gap.
  static PushOutcome conflict_of(const DynamoDbError& error,
                                 const std::vector<std::pair<std::size_t, PushOutcome::Status>>& operations,
                                 const std::string& action, bool may_be_done) {
    const auto& reasons = error.cancellation_reasons();
    if (reasons.size() == operations.size()) {
      for (std::size_t place = 0; place < reasons.size(); ++place) {
        if (reasons[place] == "ConditionalCheckFailed") return {operations[place].second, operations[place].first};
      }
    }
    throw_push_refusal(action, error, may_be_done);
  }

  [[noreturn]] static void throw_push_refusal(const std::string& action, const DynamoDbError& error, bool may_be_done) {
    constexpr std::string_view too_large[] = {"Item size has exceeded", "Nesting Levels have exceeded",
                                              "Number overflow", "Number underflow", "more than 38 significant digits"};
    const std::string_view what = error.what();
    const auto says = [what](std::string_view part) { return what.find(part) != std::string_view::npos; };
    if (std::ranges::any_of(too_large, says)) {
      std::throw_with_nested(InvalidEventError{"payload", detail::without_prefix(what)});
    }
    detail::throw_dynamodb_refusal(action, error, may_be_done);
  }

  /// Where a page starts. The place of a token is outside of bounds that were given anew when they leave out all before
  /// it, which DynamoDB refuses. @return False when they leave out all after it.
  static bool find_start(const detail::DynamoDbPageRequest& request, const detail::DynamoDbIndexPartition& partition,
                         std::string& start) {
    if (request.after && request.before && *request.after > *request.before) return false;
    if (!request.last) return true;
    const bool too_early = request.after && request.last->timestamp < *request.after;
    const bool too_late = request.before && request.last->timestamp > *request.before;
    if (request.reverse ? too_early : too_late) return false;
    if (!too_early && !too_late) start = detail::index_key_json(*request.last, partition).dump();
    return true;
  }

  detail::DynamoDbCaller caller_;
  detail::DynamoDbTables tables_;
  bool check_previous_version_;
};

static_assert(EventStorageAdapter<DynamoDbEventStorageAdapter>);

}  // namespace castore

#endif
