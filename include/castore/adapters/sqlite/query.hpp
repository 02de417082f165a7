// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_QUERY_HPP
#define CASTORE_ADAPTERS_SQLITE_QUERY_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/errors.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>

namespace castore::detail {

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
    (check_code(bind_one(++index, values)), ...);
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

  const SqliteFile& file() const noexcept { return connection_.file(); }

  std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
  /// SQLite's own buffer, valid until the next step; empty for NULL.
  std::string_view text(int column) const noexcept {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  void check_code(int code) const {
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

/// The first statement of a text that is not the library's own, for one execution.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, std::string_view sql, std::string_view action)
      : connection_{connection}, sql_{sql}, statement_{connection.take(sql, length_, action)} {}
  SqliteStatement(SqliteStatement&&) = delete;
  ~SqliteStatement() {
    if (!statement_) return;
    sqlite3_reset(statement_.get());
    if (length_ != sql_.size()) return;
    try {
      connection_.put_back(sql_, std::move(statement_));
    } catch (const std::exception&) {  // then it is prepared again
    }
  }

  sqlite3_stmt* handle() const noexcept { return statement_.get(); }
  /// What stands after it.
  std::string_view rest() const noexcept { return sql_.substr(length_); }

 private:
  SqliteConnection& connection_;
  std::string_view sql_;
  std::size_t length_ = 0;
  SqliteConnection::StatementPtr statement_;
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
