// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_OPENING_HPP
#define CASTORE_ADAPTERS_SQLITE_OPENING_HPP

/// @file
/// How connections are opened: one that writes, more that read, and those of an adapter that only reads.

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/place.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/adapters/sqlite/schema.hpp>
#include <castore/core/errors.hpp>

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace castore {

/// @brief When a push counts as done.
enum class SqliteSynchronous {
  full,   ///< When the disk has it: an acknowledged push survives a loss of power.
  normal  ///< When the operating system has it: it survives a crash or kill of the program; a loss of power may undo
          ///< the last pushes, never a part of one, and never damages the file.
};

namespace detail {

/// Whether the write-ahead log held something before this connection. Only then would closing change the file.
inline bool has_sqlite_log(sqlite3* handle) noexcept {
  sqlite3_file* log = nullptr;
  sqlite3_int64 size = 0;
  return sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != nullptr &&
         log->pMethods != nullptr && log->pMethods->xFileSize(log, &size) == SQLITE_OK && size > 0;
}

/// A connection that is closed leaves the log as it is, and does not delete it.
inline void keep_sqlite_log_on_close(sqlite3* handle, bool keep) noexcept {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

inline std::unique_ptr<SqliteConnection> try_open_sqlite_writer(const SqliteFile& file, const std::string& path,
                                                                SqliteSynchronous synchronous,
                                                                const SqliteSchema& schema) {
  const bool in_memory = path == ":memory:";
  auto connection = std::make_unique<SqliteConnection>(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file);
  sqlite3* const handle = connection->handle();
  // SQLite falls back to reading when it may not write.
  if (sqlite3_db_readonly(handle, "main") == 1) {
    throw_sqlite_error(file, "open", SQLITE_READONLY, sqlite3_errstr(SQLITE_READONLY));
  }
  keep_sqlite_log_on_close(handle, true);  // a file that is refused stays as it is
  auto kind = SqliteFileKind::empty;
  {
    SqliteTransaction transaction{*connection, SqliteTransaction::reading, "open"};
    execute(*connection, "SELECT 1 FROM sqlite_schema", "open");
    keep_sqlite_log_on_close(handle, has_sqlite_log(handle));
    kind = recognise_sqlite_file(*connection, schema);
  }
  if (kind != SqliteFileKind::current) prepare_sqlite_file(*connection, schema, in_memory);
  keep_sqlite_log_on_close(handle, false);

  if (!in_memory) {
    if (sqlite_first_value(*connection, "PRAGMA journal_mode = WAL") != "wal") {
      refuse_sqlite_file(file,
                         "its file system does not support a write-ahead log, which needs shared memory; keep the "
                         "file on a local disk");
    }
    execute(*connection, "SELECT 1 FROM sqlite_schema", "open");  // opens the log
    connection->set_place(path, "open");
    connection->count_log_pages();
  }
  execute(*connection,
          synchronous == SqliteSynchronous::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "open");
  return connection;
}

/// Opens or creates the file. Several processes and threads may do so at once: where SQLite does not wait by itself
/// (while the journal mode changes), this does.
inline std::unique_ptr<SqliteConnection> open_sqlite_writer(const SqliteFile& file, const std::string& path,
                                                            SqliteSynchronous synchronous,
                                                            const SqliteSchema& schema = sqlite_schema) {
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    try {
      return try_open_sqlite_writer(file, path, synchronous, schema);
    } catch (const StorageError& error) {
      const auto waited = std::chrono::steady_clock::now() - start;
      if (!error.retryable() || std::chrono::floor<std::chrono::milliseconds>(waited) >= file.busy_timeout) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

/// One more connection to the file that the writer has open.
inline std::unique_ptr<SqliteConnection> open_sqlite_reader(const SqliteConnection& writer, std::string_view action) {
  writer.check_in_place(action);  // else SQLite would make a log where one is missing
  const std::string& path = writer.place().path();
  auto connection = std::make_unique<SqliteConnection>(path, SQLITE_OPEN_READWRITE, writer.file(), action);
  execute(*connection, "SELECT 1 FROM sqlite_schema", action);  // opens the log
  connection->set_place(path, action);
  if (!connection->place().has_same_files(writer.place())) connection->fail_moved(action);
  connection->share_place(writer.place());
  return connection;
}

/// The path as a URI that tells SQLite that nobody writes to the file: it then needs no lock and no log.
inline std::string immutable_sqlite_uri(std::string_view path) {
  std::string uri = "file:";
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char character : path) {
    if (character == '%' || character == '?' || character == '#') {
      uri += {'%', digits[static_cast<unsigned char>(character) >> 4U], digits[character & 0xF]};
    } else {
      uri += character;
    }
  }
  return uri + "?immutable=1";
}

/// Whether SQLite's log stands between a write and the file, by the file's header.
/// Source: https://www.sqlite.org/fileformat2.html, "File format version numbers".
inline bool is_sqlite_in_wal_mode(sqlite3* handle) noexcept {
  sqlite3_file* file = nullptr;
  char format = 0;
  return sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file != nullptr &&
         file->pMethods != nullptr && file->pMethods->xRead(file, &format, 1, 19) == SQLITE_OK && format == 2;
}

/// A connection that changes nothing. SQLite reads a file in WAL mode only where it finds or may create a log and its
/// index. So a file that nobody has open for writing is read without them, which leaves no trace and works where
/// nothing can be written; the connection then holds for as long as the file is untouched.
inline std::unique_ptr<SqliteConnection> open_sqlite_read_only(const SqliteFile& file, const std::string& path,
                                                               std::string_view action,
                                                               const SqliteSchema& schema = sqlite_schema) {
  if (std::error_code ignored; std::filesystem::is_directory(sqlite_path(path), ignored)) {
    throw_sqlite_error(file, action, SQLITE_CANTOPEN_ISDIR, "it is a folder");
  }
  const auto checked = [&](const std::string& name, int flags, const std::optional<SqliteStamp>& stamp) {
    auto connection = std::make_unique<SqliteConnection>(name, SQLITE_OPEN_READONLY | flags, file, action);
    SqliteTransaction transaction{*connection, SqliteTransaction::reading, action};
    const SqliteFileKind kind = recognise_sqlite_file(*connection, schema);
    if (kind == SqliteFileKind::empty) {
      refuse_sqlite_file(
          file, "it is empty, and an adapter that is read_only creates nothing; open it once without read_only");
    }
    if (kind == SqliteFileKind::older) {
      refuse_sqlite_file(file,
                         "its events are stored in an older schema, and an adapter that is read_only upgrades nothing; "
                         "open it once without read_only");
    }
    if (stamp) connection->set_frozen(*stamp);
    connection->set_place(path, action);
    return connection;
  };
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto stamp = SqliteStamp::of(path);
    if (!stamp) break;
    if (stamp->is_settled()) {
      auto connection = checked(immutable_sqlite_uri(path), SQLITE_OPEN_URI, stamp);
      if (!is_sqlite_in_wal_mode(connection->handle())) break;
      if (!connection->is_outdated()) return connection;
    } else {
      std::this_thread::sleep_for(SqliteStamp::resolution);
    }
  }
  return checked(path, 0, std::nullopt);
}

}  // namespace detail
}  // namespace castore

#endif
