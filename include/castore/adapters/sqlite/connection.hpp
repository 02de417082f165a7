// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_CONNECTION_HPP
#define CASTORE_ADAPTERS_SQLITE_CONNECTION_HPP

#include <castore/adapters/sqlite/errors.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

static_assert(SQLITE_VERSION_NUMBER >= 3'037'000,
              "castore: the SQLite adapter needs SQLite 3.37 or newer (STRICT tables)");

namespace castore::detail {

/// One connection to a database and its prepared statements. One thread at a time may use it.
class SqliteConnection {
 public:
  /// @param flags Of sqlite3_open_v2; the connection needs no mutex of SQLite's own.
  SqliteConnection(const std::string& path, int flags, const SqliteFile& file) : file_{file} {
    sqlite3* handle = nullptr;
    // Where URIs are switched on for the whole process, "file:x" would not be a file of that name.
    const std::string plain_path = path.starts_with("file:") ? "./" + path : path;
    const int code = sqlite3_open_v2(plain_path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (handle != nullptr) sqlite3_extended_result_codes(handle, 1);
    if (code != SQLITE_OK) fail("open", handle == nullptr ? code : sqlite3_extended_errcode(handle));
    sqlite3_busy_handler(handle, &SqliteConnection::wait_when_busy, this);
  }
  // SQLite holds a pointer to this object.
  SqliteConnection(SqliteConnection&&) = delete;

  sqlite3* handle() const noexcept { return handle_.get(); }
  const SqliteFile& file() const noexcept { return file_; }

  [[noreturn]] void fail(std::string_view action, int code) const {
    throw_sqlite_error(file_, action, code, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
  }

  /// The prepared statement of this text. It is kept; `sql` is a literal, known by its address.
  sqlite3_stmt* prepared(const char* sql, std::string_view action) {
    for (const auto& [text, statement] : statements_) {
      if (text == sql) return statement.get();
    }
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(action, code);
    return statements_.emplace_back(sql, StatementPtr{statement}).statement.get();
  }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using StatementPtr = std::unique_ptr<sqlite3_stmt, Close>;
  struct Prepared {
    Prepared(const char* text_, StatementPtr statement_) : text{text_}, statement{std::move(statement_)} {}
    const char* text;
    StatementPtr statement;
  };

  // SQLite's own handler sleeps up to 100 ms at a time: among processes that push without a pause it then finds a free
  // moment too rarely and gives up although nobody holds the lock for long.
  static int wait_when_busy(void* self, int attempt) noexcept {
    auto& connection = *static_cast<SqliteConnection*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (attempt == 0) connection.busy_since_ = now;
    // In milliseconds, so that no busy timeout is too long to be compared.
    if (std::chrono::floor<std::chrono::milliseconds>(now - connection.busy_since_) >= connection.file_.busy_timeout) {
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::microseconds{100} * std::min(attempt + 1, 20));
    return 1;
  }

  SqliteFile file_;
  std::chrono::steady_clock::time_point busy_since_{};
  std::unique_ptr<sqlite3, Close> handle_;
  std::vector<Prepared> statements_;
};

/// Text to bind, NULL when it is empty.
struct SqliteTextOrNull {
  std::string_view text;
};

/// A prepared statement in use: bound, stepped, and reset at the end whatever happens.
class SqliteQuery {
 public:
  SqliteQuery(SqliteConnection& connection, const char* sql, std::string_view action)
      : connection_{connection}, action_{action}, statement_{connection.prepared(sql, action)} {}
  SqliteQuery(SqliteQuery&&) = delete;
  ~SqliteQuery() { sqlite3_reset(statement_); }

  /// Binds the parameters ?1, ?2 ... in order. What text views refer to must live until the query ends.
  template <class... Values>
  SqliteQuery& bind(const Values&... values) {
    int index = 0;
    (check(bind_one(++index, values)), ...);
    return *this;
  }

  /// The result code as it is: SQLITE_ROW, SQLITE_DONE or an error.
  int try_step() noexcept { return sqlite3_step(statement_); }

  /// True when there is a row, false at the end.
  bool step() {
    const int code = try_step();
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) connection_.fail(action_, code);
    return false;
  }

  bool is_null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  /// SQLite's own buffer, valid until the next step; empty for NULL.
  std::string_view text(int column) const noexcept {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) connection_.fail(action_, code);
  }
  int bind_one(int index, std::int64_t value) noexcept { return sqlite3_bind_int64(statement_, index, value); }
  int bind_one(int index, SqliteTextOrNull value) noexcept {
    return value.text.empty() ? sqlite3_bind_null(statement_, index) : bind_one(index, value.text);
  }
  int bind_one(int index, std::string_view text) noexcept {
    // To SQLite a null pointer is NULL, not empty text.
    return sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }

  SqliteConnection& connection_;
  std::string_view action_;
  sqlite3_stmt* statement_;
};

/// Runs a statement that returns nothing.
inline void execute(SqliteConnection& connection, const char* sql, std::string_view action) {
  SqliteQuery{connection, sql, action}.step();
}

/// From BEGIN to COMMIT; without the commit everything is rolled back.
class SqliteTransaction {
 public:
  /// A transaction that writes takes the lock at once: one that first reads and then wants to write can fail although
  /// nobody holds the lock.
  static constexpr const char* reading = "BEGIN";
  static constexpr const char* writing = "BEGIN IMMEDIATE";

  SqliteTransaction(SqliteConnection& connection, const char* begin, std::string_view action)
      : connection_{connection}, action_{action} {
    execute(connection, begin, action);
  }
  SqliteTransaction(SqliteTransaction&&) = delete;
  ~SqliteTransaction() {
    // SQLite may have rolled back by itself, for example when the disk was full.
    if (sqlite3_get_autocommit(connection_.handle()) == 0) {
      sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }

  void commit() { execute(connection_, "COMMIT", action_); }

 private:
  SqliteConnection& connection_;
  std::string_view action_;
};

}  // namespace castore::detail

#endif
