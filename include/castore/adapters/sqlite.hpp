// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_HPP
#define CASTORE_ADAPTERS_SQLITE_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/connection_pool.hpp>
#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/list_bounds.hpp>
#include <castore/adapters/sqlite/opening.hpp>
#include <castore/adapters/sqlite/order_reader.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/adapters/sqlite/rows.hpp>
#include <castore/adapters/sqlite/snapshots.hpp>
#include <castore/adapters/sqlite/statements.hpp>
#include <castore/adapters/sqlite/transaction.hpp>
#include <castore/adapters/sqlite/writer.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

/// @brief How a `SqliteEventStorageAdapter` behaves.
struct SqliteEventStorageAdapterOptions {
  SqliteSynchronous synchronous = SqliteSynchronous::full;  ///< When a push counts as done.
  /// How long to wait for other processes that write to the file before a `StorageError` says that it is locked.
  /// 0 does not wait.
  std::chrono::milliseconds busy_timeout = std::chrono::seconds{5};
  /// Opens the file for reading only: creates, changes and upgrades nothing, and leaves no other file next to it where
  /// nobody has it open for writing. A file that is missing or empty is an error, and so is a push. Works on read-only
  /// file systems, but not for `":memory:"`.
  bool read_only = false;
  /// How many loads and lists may be under way at once; more wait for them, up to a minute. Each takes two of the files
  /// that the process may have open. One that is made in the sink of another does not wait.
  std::size_t max_readers = 16;
};

/// @brief Keeps events in an SQLite file, one table, readable by any SQLite tool. For one machine: any number of
/// threads and processes, but not a network drive. `":memory:"` is a database that ends with the adapter.
///
/// **Guarantees**
/// - A push or a group is one transaction: all of it is written or nothing, also when the process is killed. With
///   `SqliteSynchronous::full`, the default, an acknowledged push survives a loss of power; with `normal` it survives
///   the end of the process, and a loss of power may undo the last pushes but never half of one.
/// - Any number of threads may use one adapter. Loads and lists run in parallel, also with a push, and see the events
///   as they were when they started. Pushes that come while another one is written share the next transaction, and so
///   its flush to the disk; each still gets its own outcome, after its own events are safe. In memory all operations
///   wait for each other.
/// - Any number of processes may use one file. A push waits up to `busy_timeout` for those of other processes, and up
///   to twice that behind a push of this process that waits already.
/// - Positions rise in the order of the commits, over all stores, with gaps. No position is given out twice. An event
///   that `force` writes over keeps its own, and `PushOutcome::position` then says that one.
/// - A file that is not an events file, or one of a newer schema, is refused and stays as it was. One of an older
///   schema is upgraded when it is opened, in one transaction. Files of this schema without AUTOINCREMENT, which the
///   first versions of this library made, are used as they are; there a position may come again after a deletion by
///   hand.
/// - Nothing is written to, or read from, a file that others do not find any more: when the file, its `-wal` or its
///   `-shm` was moved, deleted or replaced, every operation is a `StorageError` until it is back. (On Windows an open
///   file cannot be moved.)
/// - The `-wal` starts again after 16 MB (4,000 pages), or after what was written during the longest load. To that end
///   a push then waits up to a second for the loads under way, and no load waits for a push.
/// - Rows of other programs: an event without a version from 1, a type, an ISO 8601 timestamp, or with an empty payload
///   is a `StorageError` that names it. So is, in a list, a first event whose timestamp has another
///   form than `2022-01-01T00:00:00.000Z`, the only one in which texts sort like the time.
/// - A sink may call the adapter of a file; in memory, that is a `StorageError`.
/// - Ids compare by their bytes.
///
/// An adapter must not be carried over a `fork`; open one in the child.
///
/// **Errors** All are `StorageError`s that name the file and say what to do, with SQLite's own (`SqliteError`) nested.
/// **Handling:** retry when `retryable()` (the file was locked for too long, no more files may be open), else report:
/// disk full, file read-only, damaged, moved, newer, or of something else. After any of them the adapter is usable.
///
/// @code
/// castore::SqliteEventStorageAdapter storage{"pokemons.db"};
/// castore::SqliteEventStorageAdapter fast{"cache.db", {.synchronous = castore::SqliteSynchronous::normal}};
/// const castore::SqliteEventStorageAdapter archive{"/media/archive/2021.db", {.read_only = true}};
/// @endcode
class SqliteEventStorageAdapter {
 public:
  /// @brief Opens the file, or creates it in a folder that exists.
  /// @param path In UTF-8, relative to the current folder or absolute.
  /// @throws StorageError
  explicit SqliteEventStorageAdapter(const std::string& path, const SqliteEventStorageAdapterOptions& options = {})
      : pool_{checked_file(path, options), options.synchronous, options.max_readers} {}

  /// @brief Writes all the events or none, in one transaction.
  /// @throws InvalidEventError, StorageError
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    return push(records, options, nullptr);
  }
  /// @brief The same with a function that is called in the transaction, after the events were written. It may be called
  /// on another thread, and again when the transaction could not be committed together with those of others.
  /// @throws InvalidEventError, StorageError, and what the function throws, after which nothing is written
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<SqliteTransaction> hook) {
    return push(records, options, &hook);
  }

  /// @brief What functions are called with in a transaction.
  using Transaction = SqliteTransaction;
  /// @brief Calls a function with a transaction that may write to the file, and commits it; when the function throws,
  /// it is rolled back. Pushes wait meanwhile; the function must not push by the adapter.
  /// @throws StorageError, and what the function throws
  void transact(detail::FunctionRef<void(SqliteTransaction&)> function) { writer_.transact(function); }

  /// @brief Hands the events of one aggregate to the sink, straight out of SQLite's buffers.
  /// @throws StorageError, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    if (options.limit == 0U) return;
    const auto lease = pool_.reader(loading);
    detail::SqliteQuery query{lease.connection(),
                              options.reverse ? detail::sqlite_get_events_reverse : detail::sqlite_get_events, loading};
    query.bind(event_store_id, aggregate_id, options.min_version.value_or((std::numeric_limits<Version>::min)()),
               options.max_version.value_or((std::numeric_limits<Version>::max)()),
               detail::sqlite_limit(options.limit));
    while (query.step()) sink(detail::sqlite_event_in(query, 0, event_store_id, aggregate_id));
    lease.connection().check_unchanged(loading);
  }

  /// @brief Lists the aggregates of one store, reading no more of the file than the page needs.
  /// @throws InvalidPageTokenError, StorageError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    const PageRequest request = resolve_page_request(options);
    AggregateIdsPage page;
    if (request.limit == 0U) return page;
    const detail::SqliteListBounds bounds{request};
    const auto lease = pool_.reader(listing);
    detail::SqliteQuery query{lease.connection(), request.reverse ? detail::sqlite_list_reverse : detail::sqlite_list,
                              listing};
    query.bind(event_store_id, bounds.start_timestamp, bounds.start_id, bounds.end_timestamp);
    while (query.step()) {
      const std::string_view aggregate_id = query.text(0);
      const auto timestamp = detail::parse_sortable_timestamp(query.text(1));
      if (timestamp && (timestamp < request.initial_event_after.value_or(earliest_timestamp) ||
                        timestamp > request.initial_event_before.value_or(latest_timestamp))) {
        continue;
      }
      if (request.limit && page.aggregate_ids.size() == *request.limit) {
        page.next_page_token = make_page_token(request, page.aggregate_ids.back());
        break;
      }
      if (!timestamp) {
        detail::throw_sqlite_damaged(query.file(), event_store_id, aggregate_id, 1,
                                     "timestamp: write it as 2022-01-01T00:00:00.000Z, in UTC");
      }
      if (aggregate_id.data() == nullptr || !detail::is_utf8_without_nul(aggregate_id)) {
        detail::throw_sqlite_damaged(query.file(), event_store_id, aggregate_id, 1,
                                     "aggregate_id: write UTF-8 text without NUL");
      }
      page.aggregate_ids.push_back({std::string{aggregate_id}, *timestamp});
    }
    lease.connection().check_unchanged(listing);
    return page;
  }

  /// @brief The stores that have events, in the order of their bytes. Its time grows with their number, not with that
  /// of the events.
  /// @throws StorageError
  std::vector<std::string> list_event_stores() const {
    std::vector<std::string> event_stores;
    const auto lease = pool_.reader(listing_stores);
    detail::SqliteQuery query{lease.connection(), detail::sqlite_list_event_stores, listing_stores};
    while (query.step()) {
      const std::string_view event_store_id = query.text(0);
      if (!detail::is_utf8_without_nul(event_store_id)) {
        throw StorageError{pool_.file().name() + " is damaged: the event store id " +
                           detail::in_quotes(event_store_id) +
                           " is not UTF-8 text without NUL; correct its rows or restore the file from a backup"};
      }
      event_stores.emplace_back(event_store_id);
    }
    lease.connection().check_unchanged(listing_stores);
    return event_stores;
  }

  /// @brief Hands out the events of all stores in the order of their commits, straight out of SQLite's buffers. One
  /// call looks at no more than 20,000 events, so that a reader who wants few of them does not hold on to the file's
  /// log.
  /// @throws StorageError, and whatever the sink throws
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) const {
    return order_reader_.read(after, options, sink);
  }

  /// @brief Sleeps until there is an event after a position, at most so long, or until it is asked to stop. True when
  /// there is one. What other processes push wakes it where the system tells of changes to files (Linux); else it looks
  /// every 10 ms.
  /// @throws StorageError
  bool wait_for_events(Position after, std::chrono::milliseconds at_most, detail::StopToken stop_token = {}) const {
    return order_reader_.wait(after, at_most, stop_token);
  }

  /// @brief See `KeepsSnapshots`. @throws InvalidEventError, StorageError
  [[nodiscard("castore: false says that the history has changed and nothing was saved")]] bool save_snapshot(
      const SnapshotRecord& snapshot) {
    return snapshots_.save(snapshot, [this](const auto& function) { writer_.transact(function); });
  }
  /// @brief See `KeepsSnapshots`. The first call makes the table `castore_snapshot` where it is missing and the adapter
  /// is not read_only. @throws StorageError, and whatever the sink throws
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) const {
    return snapshots_.load(key, max_version, sink, [this](const auto& function) { writer_.transact(function); });
  }
  /// @brief See `KeepsSnapshots`. @throws StorageError
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
    snapshots_.remove(event_store_id, which, [this](const auto& function) { writer_.transact(function); });
  }

 private:
  static constexpr std::string_view loading = "load events from";
  static constexpr std::string_view listing = "list aggregate ids from";
  static constexpr std::string_view listing_stores = "list event stores from";

  static detail::SqliteFile checked_file(const std::string& path, const SqliteEventStorageAdapterOptions& options) {
    if (path.empty() || path.find('\0') != std::string::npos) {
      throw StorageError{"the path of an SQLite file is empty or holds a NUL; name a file, or \":memory:\""};
    }
    if (options.read_only && path == ":memory:") {
      throw StorageError{"a database in memory cannot be read_only: it begins empty, and nobody could write to it"};
    }
    return {path, options.busy_timeout, options.read_only};
  }

  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options,
                   const PushHook<SqliteTransaction>* hook) {
    check_records(records);
    if (records.empty()) return {};
    const PushOutcome outcome = writer_.push(records, options, hook);
    if (outcome.status == PushOutcome::pushed) order_reader_.note_push();
    return outcome;
  }

  mutable detail::SqliteConnectionPool pool_;
  mutable detail::SqliteWriter writer_{pool_};
  detail::SqliteOrderReader order_reader_{pool_};
  mutable detail::SqliteSnapshots snapshots_{pool_};
};

static_assert(EventStorageAdapter<SqliteEventStorageAdapter>);
static_assert(ListsEventStores<SqliteEventStorageAdapter>);
static_assert(ReadsAllEvents<SqliteEventStorageAdapter>);
static_assert(WaitsForEvents<SqliteEventStorageAdapter>);
static_assert(RunsTransactions<SqliteEventStorageAdapter>);
static_assert(PushesInTransaction<SqliteEventStorageAdapter>);
static_assert(KeepsSnapshots<SqliteEventStorageAdapter>);

}  // namespace castore

#endif
