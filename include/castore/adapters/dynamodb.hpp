// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_HPP
#define CASTORE_ADAPTERS_DYNAMODB_HPP

#include <castore/adapters/dynamodb/answers.hpp>
#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/http_client.hpp>
#include <castore/adapters/dynamodb/page_token.hpp>
#include <castore/adapters/dynamodb/pages.hpp>
#include <castore/adapters/dynamodb/requests.hpp>
#include <castore/adapters/dynamodb/snapshots.hpp>
#include <castore/adapters/dynamodb/tables.hpp>
#include <castore/adapters/dynamodb/writer.hpp>
#include <castore/aws/credentials.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/retry.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief What `list_aggregate_ids` does with an entry of the index that is not that of an event: its timestamp,
/// version or key is nothing that Castore wrote.
enum class DynamoDbDamagedEntries {
  refuse,  ///< The list fails with a `DynamoDbDamagedItemError`.
  skip     ///< The list goes on without it, and `on_damaged_entry` is told.
};

/// @brief How a `DynamoDbEventStorageAdapter` behaves.
struct DynamoDbEventStorageAdapterOptions {
  AwsHttpClientOptions client{};  ///< Of the client that the adapter makes when it is given none.
  AwsRetryPolicy retry{};         ///< How often and how long it tries.
  /// @brief Makes a push that would leave a gap a `VersionGapError`, in the same write. Each aggregate of a push whose
  /// first version is above 1 then takes one of the 100 places of a transaction, and a push costs twice as much.
  bool check_previous_version = false;
  /// @brief What lists do with damaged entries. Loads refuse damaged events always: without one the others mean
  /// something else.
  DynamoDbDamagedEntries damaged_entries = DynamoDbDamagedEntries::refuse;
  /// @brief Called for each entry that is skipped, by the thread that lists; several may do so at the same time. What
  /// it throws ends the list.
  std::function<void(const DynamoDbDamagedItemError&)> on_damaged_entry{};
  /// @brief The most requests of one load or list; more are a `StorageError`, so that a server that never comes to an
  /// end is left. Each brings up to 1 MB.
  std::size_t max_pages = 1'000;
  /// @brief Keeps snapshots as items of the table, which neither Castore nor a list of aggregates finds. A forced push
  /// is then a transaction that deletes the snapshots at or above its version, too, so set it wherever events are
  /// forced: each aggregate of the push takes one of its 100 places. Not for the deprecated layout.
  bool keeps_snapshots = false;
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
///   `limit` a page holds about 1 MB of index entries. The index compares timestamps as texts: those that other
///   programs wrote in another form than `2022-01-01T00:00:00.000Z` are listed, but stand where their text sorts.
/// - Any number of threads may use one adapter, and one client.
///
/// Values: DynamoDB has no negative zero, which becomes 0, and no number beyond 38 digits or outside 1e-130
/// to 9.99e125; nor objects with one key twice, or values nested more than 32 deep. Except for zero these are refused.
/// Integers and floating point are one type: `1.0` comes back as `1`.
///
/// **Errors** `InvalidEventError` before anything is sent when DynamoDB cannot hold an event or a group.
/// `DynamoDbDamagedItemError` names an item that is not an event. All others are `StorageError`s that name the table,
/// whose `outcome()` says when a push may have been written, with a `DynamoDbError` or `AwsConnectionError`
/// nested, or `AwsCredentialsError`s. **Handling:** retry when `retryable()`, else report.
///
/// @code
/// castore::DynamoDbEventStorageAdapter storage{"events"};
/// castore::DynamoDbEventStorageAdapter local{"events", {.client = {.endpoint = "http://localhost:8000"}}};
/// @endcode
class DynamoDbEventStorageAdapter {
 public:
  /// @brief What DynamoDB cannot do: gaps are detected only with `check_previous_version`, equal timestamps listed in
  /// an order of its own, loads may see a part of a group, there is no negative zero (see "Values"), a transaction
  /// holds 100 events, and a key 2,048 bytes.
  static constexpr AdapterProperties properties{.detects_version_gaps = false,
                                                .orders_equal_timestamps = false,
                                                .shows_groups_at_once = false,
                                                .holds_every_double = false,
                                                .max_events_per_push = detail::dynamodb_max_transaction_operations,
                                                .max_id_size = 1023};

  /// @brief Uses a client of its own for a table with all event stores.
  /// @throws AwsSettingsError, AwsCredentialsError
  explicit DynamoDbEventStorageAdapter(std::string table_name, const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{std::make_shared<DynamoDbHttpClient>(options.client), std::move(table_name),
                                    options} {}
  /// @brief The same for the deprecated layout.
  explicit DynamoDbEventStorageAdapter(DynamoDbTablePerEventStore tables,
                                       const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{std::make_shared<DynamoDbHttpClient>(options.client), std::move(tables), options} {}

  /// @brief Shares a client, such as one over the AWS SDK; `options.client` then means nothing.
  template <AwsClient Client>
  DynamoDbEventStorageAdapter(std::shared_ptr<Client> client, std::string table_name,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : caller_{std::move(client), options.retry}, tables_{std::move(table_name)}, options_{behaviour(options)} {}
  template <AwsClient Client>
  DynamoDbEventStorageAdapter(std::shared_ptr<Client> client, DynamoDbTablePerEventStore tables,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : caller_{std::move(client), options.retry}, tables_{std::move(tables)}, options_{behaviour(options)} {}

  /// @brief The same, referring to a client that must live as long as the adapter.
  template <AwsClient Client>
  DynamoDbEventStorageAdapter(Client& client, std::string table_name,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{not_owned(client), std::move(table_name), options} {}
  template <AwsClient Client>
  DynamoDbEventStorageAdapter(Client& client, DynamoDbTablePerEventStore tables,
                              const DynamoDbEventStorageAdapterOptions& options = {})
      : DynamoDbEventStorageAdapter{not_owned(client), std::move(tables), options} {}

  /// @brief Writes all the events or none: one by a conditional put, several by a transaction.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) const {
    check_records(records);
    if (records.empty()) return {};
    if (records.size() > detail::dynamodb_max_transaction_operations) {
      throw InvalidEventError{"max_events_per_push",
                              "a DynamoDB transaction writes at most 100 events; push fewer at once"};
    }
    const detail::DynamoDbWriter writer{caller_, tables_, snapshot_tables()};
    if (options.force && options_.keeps_snapshots) return writer.force_push(records);
    const bool check = options_.check_previous_version && !options.force;
    if (records.size() == 1 && !(check && records.front().record.version > 1)) {
      return writer.put(records.front(), options.force);
    }
    return writer.write_group(records, options.force, check);
  }

  /// @brief Hands the events of one aggregate to the sink, by consistent queries of up to 1 MB each.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    const std::string& table = tables_.table(event_store_id);
    const std::string key = tables_.key(event_store_id, aggregate_id);
    if (options.min_version && options.max_version && *options.min_version > *options.max_version) return;
    detail::DynamoDbPages pages{caller_, "load events from " + detail::dynamodb_table_name(table), options_.max_pages};
    std::optional<std::size_t> left = options.limit;
    detail::StoredEvent event;
    Version last = options.reverse ? (std::numeric_limits<Version>::max)() : 0;
    while (left != 0U) {
      for (const std::string_view item :
           pages.next(detail::events_query(table, key, options, left, pages.start())).items) {
        if (left && (*left)-- == 0) pages.refuse("it has more events than were asked for");
        const EventRecordView view =
            detail::read_dynamodb_item(table, item, event, [&] { return event.view(aggregate_id); });
        // Else a page that comes twice would hand out events twice.
        if (options.reverse ? view.version >= last : view.version <= last) pages.refuse("its events are out of order");
        last = view.version;
        sink(view);
      }
      if (pages.is_last()) return;
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
    detail::DynamoDbPages pages{caller_, "list aggregate ids from " + detail::dynamodb_table_name(table),
                                options_.max_pages, std::move(start)};
    detail::StoredEvent event;
    detail::DynamoDbIndexKey last;
    for (;;) {
      // One more than the page takes tells whether there is another page.
      std::optional<std::size_t> wanted;
      if (request.limit) wanted = *request.limit - page.aggregate_ids.size() + (*request.limit < most ? 1 : 0);
      const auto& items =
          pages.next(detail::initial_events_query(table, partition, request, wanted, pages.start())).items;
      for (std::size_t index = 0; index < items.size(); ++index) {
        if (!read_entry(table, partition, items[index], event)) continue;
        // Without a limit the last entry of what DynamoDB gives at once is left for the next page.
        const bool is_full = request.limit
                                 ? page.aggregate_ids.size() == *request.limit
                                 : !pages.is_last() && index + 1 == items.size() && !page.aggregate_ids.empty();
        if (is_full) {
          page.next_page_token = detail::make_dynamodb_page_token(request, last, partition);
          return page;
        }
        const std::string& time = event.key().timestamp;
        const bool is_in_order = request.reverse ? time <= last.timestamp : time >= last.timestamp;
        if (!page.aggregate_ids.empty() && !is_in_order) pages.refuse("its entries are out of order");
        last = event.key();
        page.aggregate_ids.push_back({last.aggregate_id.substr(partition.prefix.size()), event.timestamp()});
      }
      if (pages.is_last()) return page;
    }
  }

  /// @brief See `KeepsSnapshots`; with the option `keeps_snapshots`. Two requests and a transaction.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError
  [[nodiscard("castore: false says that the history has changed and nothing was saved")]] bool save_snapshot(
      const SnapshotRecord& snapshot) const {
    detail::check_event(snapshot.aggregate_id, snapshot.version, snapshot.event_timestamp);
    return snapshots_of(snapshot.event_store_id, snapshot.aggregate_id).save(snapshot);
  }
  /// @brief See `KeepsSnapshots`; with the option `keeps_snapshots`. Two requests.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError, and whatever the sink throws
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) const {
    return snapshots_of(key.event_store_id, key.aggregate_id).load(key.reducer_version, max_version, sink);
  }
  /// @brief See `KeepsSnapshots`; with the option `keeps_snapshots`. Unless an aggregate is named, it lists those of
  /// the event store that have events, and asks for the snapshots of each.
  /// @throws InvalidEventError, StorageError, AwsCredentialsError
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) const {
    if (which.aggregate_id) return snapshots_of(event_store_id, *which.aggregate_id).remove(which);
    ListAggregateIdsOptions page_options;
    while (true) {
      const AggregateIdsPage page = list_aggregate_ids(event_store_id, page_options);
      for (const AggregateIdEntry& entry : page.aggregate_ids) {
        snapshots_of(event_store_id, entry.aggregate_id).remove(which);
      }
      if (!page.next_page_token) return;
      page_options.page_token = page.next_page_token;
    }
  }

 private:
  static constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)();

  template <class Client>
  static std::shared_ptr<Client> not_owned(Client& client) {
    return {std::shared_ptr<void>{}, &client};
  }

  static DynamoDbEventStorageAdapterOptions behaviour(const DynamoDbEventStorageAdapterOptions& options) {
    return {.check_previous_version = options.check_previous_version,
            .damaged_entries = options.damaged_entries,
            .on_damaged_entry = options.on_damaged_entry,
            .max_pages = options.max_pages,
            .keeps_snapshots = options.keeps_snapshots};
  }

  /// @return False when the entry is damaged, and skipped.
  bool read_entry(const std::string& table, const detail::DynamoDbIndexPartition& partition, std::string_view item,
                  detail::StoredEvent& event) const {
    try {
      detail::read_dynamodb_item(table, item, event, [&] {
        if (event.version() != 1) throw detail::DamagedAttribute{"version", "the index is for version 1 alone"};
        if (!event.key().aggregate_id.starts_with(partition.prefix)) {
          throw detail::DamagedAttribute{"aggregateId", "it does not begin with the event store's id and '#'"};
        }
      });
      return true;
    } catch (const DynamoDbDamagedItemError& error) {
      if (options_.damaged_entries == DynamoDbDamagedEntries::refuse) throw;
      if (options_.on_damaged_entry) options_.on_damaged_entry(error);
      return false;
    }
  }

  detail::DynamoDbSnapshotTables snapshot_tables() const {
    return {caller_, tables_, options_.max_pages, options_.keeps_snapshots};
  }
  detail::DynamoDbSnapshots snapshots_of(std::string_view event_store_id, std::string_view aggregate_id) const {
    return snapshot_tables().of(event_store_id, aggregate_id);
  }

  /// Where a page starts. The place of a token is outside of bounds that were given again when they leave out all
  /// before it, which DynamoDB refuses. @return False when they leave out all after it.
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
  DynamoDbEventStorageAdapterOptions options_;  // without those of client and retries
};

static_assert(EventStorageAdapter<DynamoDbEventStorageAdapter>);
static_assert(KeepsSnapshots<DynamoDbEventStorageAdapter>);

}  // namespace castore

#endif
