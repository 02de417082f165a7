// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_HPP
#define CASTORE_ADAPTERS_POSTGRES_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/event_table.hpp>
#include <castore/adapters/postgres/operations.hpp>
#include <castore/adapters/postgres/order_reader.hpp>
#include <castore/adapters/postgres/reading.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/snapshots.hpp>
#include <castore/adapters/postgres/transaction.hpp>
#include <castore/adapters/postgres/writing.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

/// @brief Keeps events in a table of a PostgreSQL database, the one that Castore's adapter uses: both may work on it at
/// the same time. For services on any number of machines.
///
/// **Guarantees**
/// - A push or a group of any size is one transaction and one round trip; so is a load and a page. The first use of a
///   connection costs one round trip more, and so does a group that is refused.
/// - A push tells the position of its first event, which is its column `id`. Positions rise with the versions of an
///   aggregate and in the order of a group; a forced event that was there keeps its own.
/// - Any number of threads may use one adapter; it has at most `max_connections` connections, made when needed, and
///   operations beyond wait up to `pool_timeout`, also where the server allows fewer. A sink may call the adapter.
/// - Every operation ends in bounded time, whatever the server does: see the options.
/// - After a connection broke, an operation that did not happen is done again, once. A push that may have happened is
///   found out about: it is pushed again, and when its versions exist, they are compared with what was pushed. (Another
///   writer's event that is equal in everything, also in its millisecond, cannot be told from it.) If the server does
///   not come back within the connect timeout, a `StorageError` says that the outcome is unknown.
/// - The table may be changed, or dropped and made again, while the adapter is used: what fails then is done once more,
///   with the table as it is now.
/// - Ids compare by their bytes. On a table whose ids are UUIDs, pushes take them in lower case only.
/// - Payloads and metadata come back as equal JSON values, not as the same text: JSONB orders keys, and writes numbers
///   in its own way.
///
/// The constructor does not connect. An adapter must not be carried over a `fork`; make one in the child.
///
/// **Errors** `InvalidEventError` (fix) for what the table has no room for: a NUL or half of a surrogate pair in a JSON
/// text, an id longer than its column or than 2,600 bytes, a push of more than 1 GB. `StorageError` for everything
/// else; it names the table and says what to do, with PostgreSQL's own (`PostgresError`) nested, and holds nothing of
/// the connection string. **Handling:** retry when `retryable()`, else report. After any of them the adapter is usable.
///
/// @code
/// castore::PostgresEventStorageAdapter storage{"postgresql://app@db.example.com/shop?sslmode=verify-full"};
/// storage.create_event_table();
/// @endcode
class PostgresEventStorageAdapter {
 public:
  /// @brief Reads where the database is; the first operation connects.
  /// @param connection A connection string of libpq, `postgresql://...` or `host=... dbname=...`. What it leaves out
  /// comes from the environment (PGHOST, PGPASSWORD ...), a service file or a password file.
  /// @throws StorageError when it cannot be read, or an option has no meaning.
  explicit PostgresEventStorageAdapter(const std::string& connection,
                                       const PostgresEventStorageAdapterOptions& options = {})
      : PostgresEventStorageAdapter{detail::parse_postgres_connection(connection), options} {}
  /// @brief The same with the parameters apart, so that none needs escaping. @throws StorageError as above
  /// @param parameters Parameters of libpq by name: `{{"host", "db.example.com"}, {"dbname", "shop"}}`.
  explicit PostgresEventStorageAdapter(const PostgresConnectionParameters& parameters,
                                       const PostgresEventStorageAdapterOptions& options = {})
      : operations_{detail::make_postgres_settings(parameters, options)} {}

  /// @brief Creates the table and its indexes, each where it is missing, in one transaction. Several processes may do
  /// so, or drop it, at the same time. A table that is there keeps its columns; Castore's gets the index that lists
  /// need, while which no other program can push.
  /// @throws StorageError, also when there is a table of this name with other columns.
  void create_event_table(const PostgresEventTableOptions& options = {}) {
    operations_.change_table([&](detail::PostgresConnection& connection) {
      detail::create_postgres_event_table(connection, operations_.settings(), options);
    });
  }

  /// @brief Drops the table with all its events, and that of their snapshots, if there is one.
  /// @throws StorageError
  void drop_event_table() {
    operations_.change_table([&](detail::PostgresConnection& connection) {
      detail::drop_postgres_event_table(connection, operations_.settings());
    });
  }

  /// @brief Creates the table of snapshots, named as that of the events and `_snapshot`, where it is missing, and waits
  /// for pushes that are under way. @throws StorageError
  void create_snapshot_table() {
    operations_.change_table([&](detail::PostgresConnection& connection) {
      detail::create_postgres_snapshot_table(connection, operations_.settings());
    });
  }

  /// @brief Writes all the events or none, in one transaction.
  /// @throws InvalidEventError, StorageError
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    return push(records, options);
  }
  /// @brief The same with a function that is called in the transaction, after the events were written. It is called
  /// again when another transaction was in the way, or the connection broke.
  /// @throws InvalidEventError, StorageError, and what the function throws, after which nothing is written
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<PostgresTransaction> hook) {
    return push(records, options, hook);
  }

  /// @brief What functions are called with in a transaction.
  using Transaction = PostgresTransaction;
  /// @brief Calls a function with a transaction, and commits it; when the function throws, it is rolled back. When the
  /// connection breaks meanwhile, nothing has happened, unless the error says that this is unknown; the function is not
  /// called again.
  /// @throws StorageError, and what the function throws
  void transact(detail::FunctionRef<void(PostgresTransaction&)> function) {
    detail::transact_on_postgres(operations_, function);
  }

  /// @brief Hands the events of one aggregate to the sink, when all of them have come from the server.
  /// @throws StorageError, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    detail::get_postgres_events(operations_, event_store_id, aggregate_id, options, sink);
  }

  /// @brief Lists the aggregates of one store, reading no more of the table than the page needs where it has the index
  /// that `create_event_table` makes.
  /// @throws InvalidPageTokenError, StorageError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return detail::list_postgres_aggregate_ids(operations_, event_store_id, options);
  }

  /// @brief The ids of the event stores that have an event, in the order of their bytes, by one look at an index for
  /// each of them.
  /// @throws StorageError
  std::vector<std::string> list_event_stores() const { return detail::list_postgres_event_stores(operations_); }

  /// @brief Hands out the events of all stores in the order of column `id`, when they have come from the server. An
  /// event behind a gap waits until the gap is dead: until every transaction that may fill it has ended. While that
  /// takes, `next` stays in front of the gap and `is_caught_up` is false; `feed_status` tells what is waited for.
  /// @throws StorageError, also on a standby, where open transactions cannot be seen, and when the sequence of column
  /// `id` has a CACHE; and whatever the sink throws
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) const {
    return order_.read_all_events(after, options, sink);
  }

  /// @brief Sleeps until there is an event to hand out after a position, at most so long, or until it is asked to stop.
  /// True when there is one. It looks every 10 ms, later every 250 ms, and at once after a push by this adapter.
  /// @throws StorageError
  bool wait_for_events(Position after, std::chrono::milliseconds at_most, detail::StopToken stop_token = {}) const {
    return order_.wait_for_events(after, at_most, stop_token);
  }

  /// @brief How far the order is known, and the oldest of the transactions that have written to the table and are open:
  /// the one that a reader waits for who does not come on. @throws StorageError
  FeedStatus feed_status() const { return order_.feed_status(); }

  /// @brief See `KeepsSnapshots`. @throws InvalidEventError, StorageError
  [[nodiscard("castore: false says that the history has changed and nothing was saved")]] bool save_snapshot(
      const SnapshotRecord& snapshot) {
    detail::check_id("event_store_id", snapshot.event_store_id);
    detail::check_event(snapshot.aggregate_id, snapshot.version, snapshot.event_timestamp);
    bool is_saved = false;
    transact([&](PostgresTransaction& transaction) {
      is_saved = detail::save_postgres_snapshot(transaction, operations_.settings(), snapshot);
    });
    return is_saved;
  }
  /// @brief See `KeepsSnapshots`. It needs the table that `create_snapshot_table` makes.
  /// @throws StorageError, and whatever the sink throws
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) const {
    return detail::load_postgres_snapshot(operations_, key, max_version, sink);
  }
  /// @brief See `KeepsSnapshots`. @throws StorageError
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
    transact([&](PostgresTransaction& transaction) {
      detail::delete_postgres_snapshots(transaction, operations_.settings(), event_store_id, which);
    });
  }

 private:
  template <class... Hook>
  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options, const Hook&... hook) {
    check_records(records);
    if (records.empty()) return {};
    const PushOutcome outcome = detail::push_to_postgres(operations_, records, options, hook...);
    if (outcome.status == PushOutcome::pushed) order_.tell_pushed();
    return outcome;
  }

  mutable detail::PostgresOperations operations_;
  mutable detail::PostgresOrderReader order_{operations_};
};

static_assert(EventStorageAdapter<PostgresEventStorageAdapter>);
static_assert(ListsEventStores<PostgresEventStorageAdapter>);
static_assert(ReadsAllEvents<PostgresEventStorageAdapter>);
static_assert(WaitsForEvents<PostgresEventStorageAdapter>);
static_assert(TellsFeedStatus<PostgresEventStorageAdapter>);
static_assert(RunsTransactions<PostgresEventStorageAdapter>);
static_assert(PushesInTransaction<PostgresEventStorageAdapter>);
static_assert(KeepsSnapshots<PostgresEventStorageAdapter>);

}  // namespace castore

#endif
