// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_SCHEMA_HPP
#define CASTORE_ADAPTERS_SQLITE_SCHEMA_HPP

/// @file
/// The layout of the file, and how a file is opened, recognised, refused or created.

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/core/errors.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace castore {

/// @brief When a push counts as done.
enum class SqliteSynchronous {
  full,   ///< When the disk has it: an acknowledged push survives a loss of power.
  normal  ///< When the operating system has it: it survives a crash or kill of the program; a loss of power may undo
          ///< the last pushes, never a part of one, and never damages the file.
};

namespace detail {

inline constexpr std::int64_t sqlite_schema_version = 1;

inline constexpr char sqlite_create_table[] =
    "CREATE TABLE event (\n"
    "  position INTEGER PRIMARY KEY,\n"
    "  event_store_id TEXT NOT NULL,\n"
    "  aggregate_id TEXT NOT NULL,\n"
    "  version INTEGER NOT NULL,\n"
    "  type TEXT NOT NULL,\n"
    "  timestamp TEXT NOT NULL,\n"
    "  payload TEXT,\n"
    "  metadata TEXT,\n"
    "  UNIQUE (event_store_id, aggregate_id, version)\n"
    ") STRICT";
inline constexpr char sqlite_create_index[] =
    "CREATE INDEX event_initial ON event (event_store_id, timestamp, aggregate_id) WHERE version = 1";
inline constexpr char sqlite_set_schema_version[] = "PRAGMA user_version = 1";

/// What every statement of the adapter relies on, as one line: the columns, STRICT, the unique key, UTF-8.
inline constexpr char sqlite_describe_event[] =
    "SELECT (SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || pk)"
    " FROM pragma_table_info('event'))"
    " || (SELECT ' strict ' || strict FROM pragma_table_list('event') WHERE schema = 'main')"
    " || ' unique ' || EXISTS (SELECT 1 FROM pragma_index_list('event') AS list WHERE list.\"unique\" AND"
    " NOT list.partial AND (SELECT group_concat(name) FROM pragma_index_info(list.name)) ="
    " 'event_store_id,aggregate_id,version')"
    " || (SELECT ' ' || encoding FROM pragma_encoding)";
inline constexpr std::string_view sqlite_event_description =
    "position INTEGER 0 1,event_store_id TEXT 1 0,aggregate_id TEXT 1 0,version INTEGER 1 0,type TEXT 1 0,"
    "timestamp TEXT 1 0,payload TEXT 0 0,metadata TEXT 0 0 strict 1 unique 1 UTF-8";

/// Looks at the file inside a transaction. True when it is ours, false when it is empty.
/// @throws StorageError when it is anything else.
inline bool recognise_sqlite_file(SqliteConnection& connection) {
  const auto first_row = [&connection](const char* sql, auto read) {
    SqliteQuery query{connection, sql, "open"};
    query.step();
    return read(query);
  };
  const auto integer = [](const SqliteQuery& query) { return query.integer(0); };
  const auto text = [](const SqliteQuery& query) { return std::string{query.text(0)}; };
  const auto refuse = [&connection](const std::string& reason) {
    throw StorageError{"cannot open " + connection.file().name() + ": " + reason};
  };

  const auto objects = first_row("SELECT count(*) FROM sqlite_schema", integer);
  const auto version = first_row("PRAGMA user_version", integer);
  if (version == 0 && objects == 0) return false;

  const auto tables = first_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'event'", integer);
  if (version < sqlite_schema_version || tables == 0) {
    refuse("it is a database of something else, not of castore events; choose another file");
  }
  if (version > sqlite_schema_version) {
    refuse("its events are stored in schema version " + std::to_string(version) + ", which is newer than version " +
           std::to_string(sqlite_schema_version) + " that this castore knows; open it with a newer castore");
  }
  if (first_row(sqlite_describe_event, text) != sqlite_event_description) {
    refuse("its table 'event' is not the one that castore creates; choose another file, or restore the table's schema");
  }
  return true;
}

/// Whether the write-ahead log held something before this connection. Only then would closing change the file.
inline bool has_sqlite_log(sqlite3* handle) noexcept {
  sqlite3_file* log = nullptr;
  sqlite3_int64 size = 0;
  return sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != nullptr &&
         log->pMethods != nullptr && log->pMethods->xFileSize(log, &size) == SQLITE_OK && size > 0;
}

inline std::unique_ptr<SqliteConnection> try_open_sqlite_writer(const SqliteFile& file, SqliteSynchronous synchronous) {
  const bool in_memory = file.path == ":memory:";
  auto connection = std::make_unique<SqliteConnection>(file.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file);
  sqlite3* const handle = connection->handle();
  // SQLite falls back to reading when it may not write.
  if (sqlite3_db_readonly(handle, "main") == 1) {
    throw_sqlite_error(file, "open", SQLITE_READONLY, sqlite3_errstr(SQLITE_READONLY));
  }
  // A file that is refused stays as it is; closing it would write its log into it.
  const auto keep_log_on_close = [handle](bool keep) {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
  };
  keep_log_on_close(true);

  bool exists = false;
  {
    SqliteTransaction transaction{*connection, SqliteTransaction::reading, "open"};
    execute(*connection, "SELECT 1 FROM sqlite_schema", "open");
    keep_log_on_close(has_sqlite_log(handle));
    exists = recognise_sqlite_file(*connection);
  }
  if (!exists) {
    SqliteTransaction transaction{*connection, SqliteTransaction::writing, "create"};
    if (!recognise_sqlite_file(*connection)) {  // nobody else was faster
      execute(*connection, sqlite_create_table, "create");
      execute(*connection, sqlite_create_index, "create");
      execute(*connection, sqlite_set_schema_version, "create");
      transaction.commit();
    }
  }
  keep_log_on_close(false);

  if (!in_memory) {
    SqliteQuery query{*connection, "PRAGMA journal_mode = WAL", "open"};
    query.step();
    if (query.text(0) != "wal") {
      throw StorageError{"cannot open " + file.name() +
                         ": its file system does not support a write-ahead log, which needs shared memory; keep the "
                         "file on a local disk"};
    }
  }
  execute(*connection,
          synchronous == SqliteSynchronous::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "open");
  return connection;
}

/// Opens or creates the file. Several processes and threads may do so at once: where SQLite does not wait by itself
/// (while the journal mode changes), this does.
inline std::unique_ptr<SqliteConnection> open_sqlite_writer(const SqliteFile& file, SqliteSynchronous synchronous) {
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    try {
      return try_open_sqlite_writer(file, synchronous);
    } catch (const StorageError& error) {
      const auto waited = std::chrono::steady_clock::now() - start;
      if (!error.retryable() || std::chrono::floor<std::chrono::milliseconds>(waited) >= file.busy_timeout) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

}  // namespace detail
}  // namespace castore

#endif
