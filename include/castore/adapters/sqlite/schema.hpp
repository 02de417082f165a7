// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_SCHEMA_HPP
#define CASTORE_ADAPTERS_SQLITE_SCHEMA_HPP

/// @file
/// The layout of the file: how it is created, recognised, upgraded or refused.

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/core/errors.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace castore::detail {

/// The statements that turn a file of one version of the schema into one of the next.
struct SqliteUpgrade {
  const char* statements;
};

/// A version of the layout. A file says in `user_version` which one it has.
struct SqliteSchema {
  std::int64_t version;
  const char* create;                       ///< The statements that make an empty file one of this version.
  std::string_view description;             ///< What `describe_event_table` says of it.
  std::span<const SqliteUpgrade> upgrades;  ///< From version 1 to 2, from 2 to 3, and so on up to `version`.
};

/// With AUTOINCREMENT no position is given out twice, not even when the last events were deleted. Files of before have
/// the same version without it and are used as they are.
inline constexpr char sqlite_create_event[] =
    "CREATE TABLE event (\n"
    "  position INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "  event_store_id TEXT NOT NULL,\n"
    "  aggregate_id TEXT NOT NULL,\n"
    "  version INTEGER NOT NULL,\n"
    "  type TEXT NOT NULL,\n"
    "  timestamp TEXT NOT NULL,\n"
    "  payload TEXT,\n"
    "  metadata TEXT,\n"
    "  UNIQUE (event_store_id, aggregate_id, version)\n"
    ") STRICT;\n"
    "CREATE INDEX event_initial ON event (event_store_id, timestamp, aggregate_id) WHERE version = 1";

inline constexpr SqliteSchema sqlite_schema{
    1,
    sqlite_create_event,
    "position INTEGER 0 1,event_store_id TEXT 1 0,aggregate_id TEXT 1 0,version INTEGER 1 0,type TEXT 1 0,"
    "timestamp TEXT 1 0,payload TEXT 0 0,metadata TEXT 0 0 strict 1 unique 1 UTF-8",
    {}};

/// What every statement of the adapter relies on, as one line: the columns, STRICT, the unique key that
/// compares bytes, UTF-8.
inline constexpr char sqlite_describe_event[] =
    "SELECT (SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || pk)"
    " FROM pragma_table_info('event'))"
    " || (SELECT ' strict ' || strict FROM pragma_table_list('event') WHERE schema = 'main')"
    " || ' unique ' || EXISTS (SELECT 1 FROM pragma_index_list('event') AS list WHERE list.\"unique\" AND"
    " NOT list.partial AND (SELECT group_concat(name || ' ' || coll) FROM pragma_index_xinfo(list.name) WHERE key) ="
    " 'event_store_id BINARY,aggregate_id BINARY,version BINARY')"
    " || (SELECT ' ' || encoding FROM pragma_encoding)";

[[noreturn]] inline void refuse_sqlite_file(const SqliteFile& file, const std::string& reason) {
  throw StorageError{"cannot open " + file.name() + ": " + reason};
}

inline std::string sqlite_first_value(SqliteConnection& connection, const char* sql) {
  SqliteQuery query{connection, sql, "open"};
  query.step();
  return std::string{query.text(0)};
}

/// Runs statements that return nothing and are not worth keeping.
inline void execute_all(SqliteConnection& connection, const std::string& statements, std::string_view action) {
  const int code = sqlite3_exec(connection.handle(), statements.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) connection.fail(action, code);
}

/// @throws StorageError when the table is not of this layout.
inline void check_event_table(SqliteConnection& connection, const SqliteSchema& schema) {
  bool is_ours = sqlite_first_value(connection, sqlite_describe_event) == schema.description;
  for (const char* column : {"event_store_id", "aggregate_id", "timestamp"}) {  // what a column is compared by
    const char* collation = nullptr;
    is_ours = is_ours &&
              sqlite3_table_column_metadata(connection.handle(), "main", "event", column, nullptr, &collation, nullptr,
                                            nullptr, nullptr) == SQLITE_OK &&
              std::string_view{collation} == "BINARY";
  }
  if (is_ours) return;
  refuse_sqlite_file(connection.file(),
                     "its table 'event' is not the one that castore creates; choose another file, or restore the "
                     "table's schema");
}

enum class SqliteFileKind { empty, older, current };

/// Looks at the file inside a transaction. @throws StorageError when it is none of ours.
inline SqliteFileKind recognise_sqlite_file(SqliteConnection& connection, const SqliteSchema& schema) {
  const auto integer = [&connection](const char* sql) {
    SqliteQuery query{connection, sql, "open"};
    query.step();
    return query.integer(0);
  };
  const auto version = integer("PRAGMA user_version");
  if (version == 0 && integer("SELECT count(*) FROM sqlite_schema") == 0) return SqliteFileKind::empty;

  const auto tables = integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'event'");
  if (version < 1 || tables == 0) {
    refuse_sqlite_file(connection.file(),
                       "it is a database of something else, not of castore events; choose another file");
  }
  if (version > schema.version) {
    refuse_sqlite_file(connection.file(), "its events are stored in schema version " + std::to_string(version) +
                                              ", which is newer than version " + std::to_string(schema.version) +
                                              " that this castore knows; open it with a newer castore");
  }
  if (version < schema.version) return SqliteFileKind::older;
  check_event_table(connection, schema);
  return SqliteFileKind::current;
}

/// Makes an empty file ours, or one of an older version one of this, all or nothing: in a transaction of its own, which
/// does nothing when another process was faster.
inline void prepare_sqlite_file(SqliteConnection& connection, const SqliteSchema& schema, bool in_memory) {
  SqliteTransaction transaction{connection, SqliteTransaction::writing, "open"};
  switch (recognise_sqlite_file(connection, schema)) {
    case SqliteFileKind::empty: {
      std::string create = schema.create;
      // Nobody can delete an event that is in memory, so AUTOINCREMENT would only cost.
      constexpr std::string_view autoincrement = " AUTOINCREMENT";
      if (const auto place = create.find(autoincrement); in_memory && place != std::string::npos) {
        create.erase(place, autoincrement.size());
      }
      execute_all(connection, create, "create");
      break;
    }
    case SqliteFileKind::older: {
      const auto version = std::stoll(sqlite_first_value(connection, "PRAGMA user_version"));
      for (const SqliteUpgrade& upgrade : schema.upgrades.subspan(static_cast<std::size_t>(version - 1))) {
        execute_all(connection, upgrade.statements, "upgrade");
      }
      break;
    }
    case SqliteFileKind::current:
      return;
  }
  execute_all(connection, "PRAGMA user_version = " + std::to_string(schema.version), "open");
  check_event_table(connection, schema);
  transaction.commit();
}

}  // namespace castore::detail

#endif
