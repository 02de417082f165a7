// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_HPP
#define CASTORE_ADAPTERS_SQLITE_HPP

#include <castore/adapters/sqlite/commit_queue.hpp>
#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/connection_pool.hpp>
#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/schema.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace castore {

/// @brief How a `SqliteEventStorageAdapter` behaves.
struct SqliteEventStorageAdapterOptions {
  SqliteSynchronous synchronous = SqliteSynchronous::full;  ///< When a push counts as done.
  /// How long to wait for other processes that write to the file before a `StorageError` says that it is locked.
  /// 0 does not wait.
  std::chrono::milliseconds busy_timeout = std::chrono::seconds{5};
};

namespace detail {

// A failed EXISTS makes the version NULL, which NOT NULL refuses: the check and the write are one statement, so that
// no other process can come between them.
inline constexpr char sqlite_push[] =
    "INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata) VALUES (?1, ?2,"
    " CASE WHEN ?3 = 1 OR EXISTS (SELECT 1 FROM event"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version = ?3 - 1) THEN ?3 END, ?4, ?5, ?6, ?7)";
inline constexpr char sqlite_push_next[] =
    "INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
inline constexpr char sqlite_push_forced[] =
    "INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (event_store_id, aggregate_id, version) DO UPDATE SET"
    " type = excluded.type, timestamp = excluded.timestamp, payload = excluded.payload, metadata = excluded.metadata";
inline constexpr char sqlite_has_event[] =
    "SELECT 1 FROM event WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version = ?3";
inline constexpr char sqlite_get_events[] =
    "SELECT version, type, timestamp, payload, metadata FROM event"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version BETWEEN ?3 AND ?4 ORDER BY version LIMIT ?5";
inline constexpr char sqlite_get_events_reverse[] =
    "SELECT version, type, timestamp, payload, metadata FROM event"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version BETWEEN ?3 AND ?4 ORDER BY version DESC LIMIT ?5";
// One comparison of pairs says where a page starts, so that the index leads there; a second bound on the same side
// would make SQLite choose the wrong one and walk over all the pages before.
inline constexpr char sqlite_list[] =
    "SELECT aggregate_id, timestamp FROM event WHERE event_store_id = ?1 AND version = 1"
    " AND (timestamp, aggregate_id) >= (?2, ?3) AND timestamp <= ?4 ORDER BY timestamp, aggregate_id LIMIT ?5";
inline constexpr char sqlite_list_reverse[] =
    "SELECT aggregate_id, timestamp FROM event WHERE event_store_id = ?1 AND version = 1"
    " AND (timestamp, aggregate_id) < (?2, ?3) AND timestamp >= ?4"
    " ORDER BY timestamp DESC, aggregate_id DESC LIMIT ?5";

}  // namespace detail

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
/// - A file that is not an events file, or one of a newer schema, is refused and stays as it was.
/// - A sink may call the adapter of a file; in memory, that is a `StorageError`.
/// - Ids compare by their bytes.
///
/// An adapter must not be carried over a `fork`; open one in the child.
///
/// **Errors** All are `StorageError`s that name the file and say what to do, with SQLite's own (`SqliteError`) nested.
/// **Handling:** retry when `retryable()` (the file was locked for too long), else report: disk full, file read-only,
/// damaged, newer, or of something else. After any of them the adapter is usable.
///
/// @code
/// castore::SqliteEventStorageAdapter storage{"pokemons.db"};
/// castore::SqliteEventStorageAdapter fast{"cache.db", {.synchronous = castore::SqliteSynchronous::normal}};
/// @endcode
class SqliteEventStorageAdapter {
 public:
  /// @brief Opens the file, or creates it in a folder that exists.
  /// @param path In UTF-8, relative to the current folder or absolute.
  /// @throws StorageError
  explicit SqliteEventStorageAdapter(const std::string& path, const SqliteEventStorageAdapterOptions& options = {})
      : pool_{checked_file(path, options), options.synchronous} {}

  /// @brief Writes all the events or none, in one transaction.
  /// @throws InvalidEventError, StorageError
  PushOutcome push_events(std::span<const PushRecord> records, bool force) {
    check_records(records);
    if (records.empty()) return {};
    if (pool_.in_memory()) return push_alone(records, force);
    return commit_queue_.push(records, force, [this](std::span<SqlitePush* const> pushes) noexcept {
      if (pushes.size() > 1 && push_together(pushes)) return;
      for (SqlitePush* push : pushes) {
        try {
          push->outcome = push_alone(push->records, push->force);
        } catch (...) {
          push->error = std::current_exception();
        }
      }
    });
  }

  /// @brief Hands the events of one aggregate to the sink, straight out of SQLite's buffers.
  /// @throws StorageError, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    if (options.limit == 0U) return;
    const auto lease = pool_.reader();
    detail::SqliteQuery query{lease.connection(),
                              options.reverse ? detail::sqlite_get_events_reverse : detail::sqlite_get_events,
                              "load events from"};
    query.bind(event_store_id, aggregate_id, options.min_version.value_or(std::numeric_limits<Version>::min()),
               options.max_version.value_or(std::numeric_limits<Version>::max()), sql_limit(options.limit));
    while (query.step()) {
      const Version version = query.integer(0);
      const std::string_view type = query.text(1);
      const auto timestamp = parse_timestamp(query.text(2));
      if (version < 1 || type.data() == nullptr || !timestamp) {
        throw_damaged(lease.connection(), event_store_id, aggregate_id, version);
      }
      sink({aggregate_id, version, type, *timestamp, query.text(3), query.text(4)});
    }
  }

  /// @brief Lists the aggregates of one store, reading no more of the file than the page needs.
  /// @throws InvalidPageTokenError, StorageError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    const PageRequest request = resolve_page_request(options);
    AggregateIdsPage page;
    if (request.limit == 0U) return page;
    const Bounds bounds = page_bounds(request);
    const auto lease = pool_.reader();
    detail::SqliteQuery query{lease.connection(), request.reverse ? detail::sqlite_list_reverse : detail::sqlite_list,
                              "list aggregate ids from"};
    // One more than the page takes tells whether there is another page.
    query.bind(event_store_id, bounds.start_timestamp, bounds.start_id, bounds.end_timestamp,
               sql_limit(request.limit, 1));
    while (query.step()) {
      if (request.limit && page.aggregate_ids.size() == *request.limit) {
        page.next_page_token = make_page_token(request, page.aggregate_ids.back());
        break;
      }
      const std::string_view aggregate_id = query.text(0);
      const auto timestamp = parse_timestamp(query.text(1));
      if (aggregate_id.data() == nullptr || !timestamp) {
        throw_damaged(lease.connection(), event_store_id, aggregate_id, 1);
      }
      page.aggregate_ids.push_back({std::string{aggregate_id}, *timestamp});
    }
    return page;
  }

 private:
  using SqlitePush = detail::SqlitePush;
  static constexpr std::string_view pushing = detail::sqlite_pushing;

  struct Bounds {
    std::string start_timestamp;
    std::string start_id;
    std::string end_timestamp;
  };

  static detail::SqliteFile checked_file(const std::string& path, const SqliteEventStorageAdapterOptions& options) {
    if (path.empty() || path.find('\0') != std::string::npos) {
      throw StorageError{"the path of an SQLite file is empty or holds a NUL; name a file, or \":memory:\""};
    }
    return {path, options.busy_timeout};
  }

  template <class Text>
  struct Key {
    Text event_store_id;
    Text aggregate_id;
    Version version = 0;
  };

  /// True when the event after `before` is pushed, which then needs no look at what is stored.
  template <class Text>
  static bool is_next(const Key<Text>& before, const PushRecord& push) noexcept {
    return push.record.version - 1 == before.version && push.record.aggregate_id == before.aggregate_id &&
           push.event_store_id == before.event_store_id;
  }

  PushOutcome push_alone(std::span<const PushRecord> records, bool force) {
    const auto lease = pool_.writer();
    check_in_place(lease.connection());
    if (records.size() == 1) {
      const PushRecord& push = records.front();
      const auto status = write(lease.connection(), push, force, is_next(last_, push));
      // Nobody else can remove an event that is in memory; from a file another program might.
      if (pool_.in_memory() && status == PushOutcome::pushed) {
        last_ = {std::string{push.event_store_id}, push.record.aggregate_id, push.record.version};
      }
      return {status, 0};
    }
    detail::SqliteTransaction transaction{lease.connection(), detail::SqliteTransaction::writing, pushing};
    const PushOutcome outcome = write_all(lease.connection(), records, force);
    if (outcome.status == PushOutcome::pushed) transaction.commit();
    return outcome;
  }

  /// A file that was deleted or replaced would take events that nobody finds again.
  static void check_in_place(const detail::SqliteConnection& connection) {
    int has_moved = 0;
    sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    if (has_moved == 0) return;
    detail::throw_sqlite_error(connection.file(), pushing, SQLITE_READONLY_DBMOVED,
                               sqlite3_errstr(SQLITE_READONLY_DBMOVED));
  }

  /// Writes the pushes of several threads in one transaction. What all have in common fails for all.
  /// @return False when one of them failed: nothing is written then, and each one alone will find its own error.
  bool push_together(std::span<SqlitePush* const> pushes) noexcept {
    bool is_writing = false;
    try {
      const auto lease = pool_.writer();
      check_in_place(lease.connection());
      detail::SqliteTransaction transaction{lease.connection(), detail::SqliteTransaction::writing, pushing};
      is_writing = true;
      for (SqlitePush* push : pushes) {
        detail::execute(lease.connection(), "SAVEPOINT push", pushing);
        push->outcome = write_all(lease.connection(), push->records, push->force);
        if (push->outcome.status != PushOutcome::pushed) detail::execute(lease.connection(), "ROLLBACK TO push", pushing);
        detail::execute(lease.connection(), "RELEASE push", pushing);
      }
      is_writing = false;
      transaction.commit();
    } catch (...) {
      if (is_writing) return false;
      for (SqlitePush* push : pushes) push->error = own_error(pool_.file());
    }
    return true;
  }

  /// The current exception once more, as each thread may do with its own what it likes.
  static std::exception_ptr own_error(const detail::SqliteFile& file) noexcept {
    try {
      try {
        throw;
      } catch (const StorageError& error) {
        std::rethrow_if_nested(error);
        throw;
      }
    } catch (const SqliteError& reason) {
      try {
        detail::throw_sqlite_error(file, pushing, {reason.code(), std::string{reason.what()}});
      } catch (...) {
        return std::current_exception();
      }
    } catch (...) {
      return std::current_exception();
    }
  }

  /// Within a transaction, which must be rolled back unless the outcome is `pushed`.
  static PushOutcome write_all(detail::SqliteConnection& connection, std::span<const PushRecord> records, bool force) {
    Key<std::string_view> before;
    for (std::size_t index = 0; index < records.size(); ++index) {
      const PushRecord& push = records[index];
      const auto status = write(connection, push, force, is_next(before, push));
      if (status != PushOutcome::pushed) return {status, index};
      before = {push.event_store_id, push.record.aggregate_id, push.record.version};
    }
    return {};
  }

  static PushOutcome::Status write(detail::SqliteConnection& connection, const PushRecord& push, bool force,
                                   bool next) {
    const char* const sql =
        force ? detail::sqlite_push_forced : (next ? detail::sqlite_push_next : detail::sqlite_push);
    const EventRecord& record = push.record;
    const std::string timestamp = format_timestamp(record.timestamp);
    detail::SqliteQuery query{connection, sql, pushing};
    query.bind(push.event_store_id, record.aggregate_id, record.version, record.type, timestamp,
               detail::SqliteTextOrNull{record.payload}, detail::SqliteTextOrNull{record.metadata});
    const int code = query.try_step();
    if (code == SQLITE_DONE && sqlite3_changes(connection.handle()) == 1) return PushOutcome::pushed;
    if (code == SQLITE_DONE) {
      detail::throw_sqlite_error(connection.file(), pushing, SQLITE_CONSTRAINT_TRIGGER, "a trigger ignored the event");
    }
    const std::string message = sqlite3_errmsg(connection.handle());
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_NOTNULL) {
      detail::SqliteQuery existing{connection, detail::sqlite_has_event, pushing};
      if (existing.bind(push.event_store_id, record.aggregate_id, record.version).step()) {
        return PushOutcome::already_exists;
      }
      if (code == SQLITE_CONSTRAINT_NOTNULL) return PushOutcome::version_gap;
    }
    detail::throw_sqlite_error(connection.file(), pushing, code, message);
  }

  /// -1 is no limit.
  static std::int64_t sql_limit(const std::optional<std::size_t>& limit, std::size_t more = 0) noexcept {
    constexpr auto largest = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    return limit ? static_cast<std::int64_t>(std::min(*limit, largest - more) + more) : -1;
  }

  static Bounds page_bounds(const PageRequest& request) {
    const std::string before_all = "";
    const std::string after_all = "\xFF";  // no UTF-8 text sorts after it
    const auto text = [&](const std::optional<Timestamp>& time, const std::string& otherwise) {
      if (!time) return otherwise;
      if (*time < earliest_timestamp) return before_all;
      return *time > latest_timestamp ? after_all : format_timestamp(*time);
    };
    const std::string first = text(request.initial_event_after, before_all);
    const std::string final = text(request.initial_event_before, after_all);
    const std::string last = request.last ? text(request.last->initial_event_timestamp, {}) : std::string{};
    if (request.reverse) {
      if (request.last && last <= final) return {last, request.last->aggregate_id, first};
      return {final, after_all, first};
    }
    // No id lies between an id and the same with a NUL behind it.
    if (request.last && last >= first) return {last, request.last->aggregate_id + '\0', final};
    return {first, before_all, final};
  }

  [[noreturn]] static void throw_damaged(const detail::SqliteConnection& connection, std::string_view event_store_id,
                                         std::string_view aggregate_id, Version version) {
    throw StorageError{connection.file().name() +
                       " is damaged: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " has no valid version, type or timestamp; correct its row or restore the file from a backup"};
  }

  mutable detail::SqliteConnectionPool pool_;
  detail::SqliteCommitQueue commit_queue_;
  Key<std::string> last_;  // the event pushed last, in memory only; guarded by the writer's lease
};

static_assert(EventStorageAdapter<SqliteEventStorageAdapter>);

}  // namespace castore

#endif
