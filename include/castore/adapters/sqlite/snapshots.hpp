// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_SNAPSHOTS_HPP
#define CASTORE_ADAPTERS_SQLITE_SNAPSHOTS_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/connection_pool.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/adapters/sqlite/transaction.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace castore::detail {

// A row of version 0 is not a snapshot: its state is the number that stands for the history of all aggregates.
inline constexpr char sqlite_has_snapshots[] =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'castore_snapshot'";
inline constexpr char sqlite_create_snapshots[] =
    "CREATE TABLE IF NOT EXISTS castore_snapshot (event_store_id TEXT NOT NULL, aggregate_id TEXT NOT NULL,"
    " reducer_version INTEGER NOT NULL, version INTEGER NOT NULL, event_timestamp TEXT NOT NULL, state TEXT,"
    " created_at TEXT NOT NULL, PRIMARY KEY (event_store_id, aggregate_id, reducer_version, version)) STRICT";
inline constexpr char sqlite_load_snapshot[] =
    "SELECT coalesce((SELECT CAST(state AS INTEGER) FROM castore_snapshot WHERE event_store_id = '' AND aggregate_id ="
    " '' AND reducer_version = 0 AND version = 0), 0), s.version, s.event_timestamp, s.created_at, s.state"
    " FROM (SELECT 1) LEFT JOIN (SELECT version, event_timestamp, created_at, state FROM castore_snapshot"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND reducer_version = ?3 AND version BETWEEN 1 AND ?4"
    " ORDER BY version DESC LIMIT 1) s";
inline constexpr char sqlite_save_snapshot[] =
    "INSERT OR REPLACE INTO castore_snapshot (event_store_id, aggregate_id, reducer_version, version, event_timestamp,"
    " state, created_at) SELECT ?1, ?2, ?3, ?4, ?5, nullif(?6, ''), ?7 WHERE coalesce((SELECT CAST(state AS INTEGER)"
    " FROM castore_snapshot WHERE event_store_id = '' AND aggregate_id = '' AND reducer_version = 0 AND version = 0), "
    "0)"
    " = ?8";
// It begins with microseconds, so that it is none that the row had before somebody emptied the table.
inline constexpr char sqlite_change_history[] =
    "INSERT INTO castore_snapshot VALUES ('', '', 0, 0, '', CAST(CAST(86400000000 * (julianday('now') - 2440587.5) AS"
    " INTEGER) AS TEXT), '') ON CONFLICT DO UPDATE SET state = CAST(CAST(state AS INTEGER) + 1 AS TEXT)";
inline constexpr char sqlite_delete_snapshots_of_aggregate[] =
    "DELETE FROM castore_snapshot WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version >= ?3";

inline bool has_sqlite_snapshots(SqliteConnection& connection, std::string_view action) {
  return SqliteQuery{connection, sqlite_has_snapshots, action}.step();
}

/// In the transaction of a forced push: its event may be another than the one in these snapshots.
inline void delete_sqlite_snapshots(SqliteConnection& connection, std::string_view event_store_id,
                                    std::string_view aggregate_id, Version min_version, std::string_view action) {
  SqliteQuery{connection, sqlite_change_history, action}.step();
  SqliteQuery query{connection, sqlite_delete_snapshots_of_aggregate, action};
  query.bind(event_store_id, aggregate_id, min_version).step();
}

/// The snapshots in a file. Their table is made when one is asked for, so that every forced push from then on finds it.
class SqliteSnapshots {
 public:
  explicit SqliteSnapshots(SqliteConnectionPool& pool) noexcept : pool_{pool} {}
  SqliteSnapshots(SqliteSnapshots&&) = delete;

  /// @param transact Runs a function in a transaction. @throws StorageError, and what the sink throws
  template <class Transact>
  std::int64_t load(const SnapshotKey& key, Version max_version, const SnapshotSink& sink, const Transact& transact) {
    if (!is_there_ && !make_table(transact)) return no_table;
    const auto lease = pool_.reader(loading);
    SqliteQuery query{lease.connection(), sqlite_load_snapshot, loading};
    query.bind(key.event_store_id, key.aggregate_id, std::int64_t{key.reducer_version}, max_version).step();
    const std::int64_t history = query.integer(0);
    if (query.integer(1) != 0) {
      const auto event_timestamp = parse_timestamp(query.text(2));
      const auto created_at = parse_timestamp(query.text(3));
      // One whose timestamps are damaged has that of no event, so it is not used and is deleted. An error would come at
      // each load, and keep a good one from being saved.
      const bool is_whole = event_timestamp && created_at;
      sink({query.integer(1), is_whole ? *event_timestamp : (Timestamp::min)(), query.text(4),
            created_at.value_or(Timestamp{})});
    }
    lease.connection().check_unchanged(loading);
    return history;
  }

  /// @throws InvalidEventError, StorageError
  template <class Transact>
  bool save(const SnapshotRecord& snapshot, const Transact& transact) {
    check_id("event_store_id", snapshot.event_store_id);
    check_event(snapshot.aggregate_id, snapshot.version, snapshot.event_timestamp);
    if (snapshot.history == no_table) return false;
    bool is_saved = false;
    transact([&](castore::SqliteTransaction& transaction) {
      transaction.execute(sqlite_create_snapshots);
      is_saved =
          transaction.execute(sqlite_save_snapshot, snapshot.event_store_id, snapshot.aggregate_id,
                              snapshot.reducer_version, snapshot.version, format_timestamp(snapshot.event_timestamp),
                              snapshot.state, format_timestamp(snapshot.created_at), snapshot.history) > 0;
    });
    return is_saved;
  }

  /// @throws StorageError
  template <class Transact>
  void remove(std::string_view event_store_id, const DeleteSnapshotsOptions& which, const Transact& transact) {
    std::string where = " WHERE event_store_id = ?1 AND version >= 1";
    if (which.aggregate_id) where += " AND aggregate_id = ?3";
    if (which.reducer_version) where += " AND reducer_version = ?4";
    const std::string sql =
        "DELETE FROM castore_snapshot WHERE rowid IN (SELECT row FROM (SELECT rowid AS row, version, row_number() OVER"
        " (PARTITION BY aggregate_id, reducer_version ORDER BY version DESC) AS number FROM castore_snapshot" +
        where + ") WHERE version >= ?2 AND number > ?5 AND coalesce(?3, ?4) IS NOT NULL)";
    transact([&](castore::SqliteTransaction& transaction) {
      transaction.execute(sqlite_create_snapshots);
      transaction.execute(sqlite_change_history);
      transaction.execute(sql, event_store_id, which.min_version, which.aggregate_id.value_or(std::string_view{}),
                          which.reducer_version.value_or(0), static_cast<std::int64_t>(which.keep));
    });
  }

 private:
  static constexpr std::string_view loading = "load a snapshot from";
  /// Stands for a history of which nothing is kept.
  static constexpr std::int64_t no_table = -1;

  template <class Transact>
  bool make_table(const Transact& transact) {
    {
      const auto lease = pool_.reader(loading);
      is_there_ = has_sqlite_snapshots(lease.connection(), loading);
      lease.connection().check_unchanged(loading);
    }
    if (!is_there_ && !pool_.file().read_only) {
      transact([](castore::SqliteTransaction& transaction) { transaction.execute(sqlite_create_snapshots); });
      is_there_ = true;
    }
    return is_there_;
  }

  SqliteConnectionPool& pool_;
  std::atomic<bool> is_there_{false};
};

}  // namespace castore::detail

#endif
