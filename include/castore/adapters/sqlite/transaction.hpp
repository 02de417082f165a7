// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_TRANSACTION_HPP
#define CASTORE_ADAPTERS_SQLITE_TRANSACTION_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/core/dead_letters.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/sql_row.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

/// @brief A transaction on the file of a `SqliteEventStorageAdapter`, which its `transact`, or a push with a hook,
/// begins and ends. It is for the thread and the time of that call.
///
/// Parameters are `?`, `?1` or `$1`; those with `$` go by their numbers, so that a statement is the same in PostgreSQL.
///
/// **Errors:** `StorageError` with a `SqliteError` nested in it. After one the transaction may go on; what it did
/// before stands until the transaction is rolled back.
class SqliteTransaction {
 public:
  /// @brief For the library itself.
  explicit SqliteTransaction(detail::SqliteConnection& connection) noexcept : connection_{connection} {}
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  /// @brief Executes a statement with these values as its parameters; without values, several one after the other.
  /// @return How many rows the last one inserted, changed or deleted. @throws StorageError
  template <class... Values>
  std::int64_t execute(std::string_view sql, const Values&... values) {
    const std::array<detail::SqlParameter, sizeof...(Values)> parameters{detail::sql_parameter(values)...};
    return run(sql, parameters, [](sqlite3_stmt*) {});
  }
  /// @brief The rows of a query. @throws StorageError
  template <class... Values>
  SqlRows query(std::string_view sql, const Values&... values) {
    const std::array<detail::SqlParameter, sizeof...(Values)> parameters{detail::sql_parameter(values)...};
    SqlRows rows;
    run(sql, parameters, [&rows](sqlite3_stmt* statement) { rows.push_back(row_of(statement)); });
    return rows;
  }
  /// @brief The connection, for any other library. Its transaction must not be ended.
  sqlite3* handle() const noexcept { return connection_.handle(); }

  /// @brief See `KeepsCheckpoints`. @throws StorageError
  Position checkpoint(std::string_view name, int version) {
    try {
      const auto rows = query("SELECT position FROM castore_projection WHERE name = ? AND version = ?", name, version);
      return rows.empty() ? 0 : rows[0].get<Position>(0);
    } catch (const StorageError&) {
      if (has_table("castore_projection")) throw;
      return 0;
    }
  }
  /// @brief See `KeepsCheckpoints`. @throws StorageError
  [[nodiscard("castore: false says that another one moved it, and that nothing was changed")]] bool move_checkpoint(
      std::string_view name, int version, Position from, Position to) {
    create_checkpoints();
    return execute(
               "INSERT INTO castore_projection (name, version, position, updated_at) SELECT ?1, ?2, ?4,"
               " strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE ?3 = 0 OR EXISTS (SELECT 1 FROM castore_projection WHERE"
               " name = ?1 AND version = ?2) ON CONFLICT (name, version) DO UPDATE SET position = excluded.position,"
               " updated_at = excluded.updated_at WHERE position = ?3",
               name, version, from, to) == 1;
  }
  /// @brief Creates the table of checkpoints, `castore_projection`, where it is missing. @throws StorageError
  void create_checkpoints() {
    if (has_table("castore_projection")) return;
    execute(
        "CREATE TABLE IF NOT EXISTS castore_projection (name TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER"
        " NOT NULL, state TEXT, inline_from INTEGER, updated_at TEXT NOT NULL, PRIMARY KEY (name, version)) STRICT");
  }

  /// @brief See `KeepsDeadLetters`. The table `castore_dead_letter` is created when it is first needed.
  /// @throws StorageError
  void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) {
    execute(
        "CREATE TABLE IF NOT EXISTS castore_dead_letter (name TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER"
        " NOT NULL, error TEXT NOT NULL, attempts INTEGER NOT NULL, at INTEGER NOT NULL,"
        " PRIMARY KEY (name, version, position)) STRICT");
    execute(
        "INSERT OR REPLACE INTO castore_dead_letter (name, version, position, error, attempts, at) VALUES"
        " (?, ?, ?, ?, ?, ?)",
        name, version, letter.position, letter.error, letter.attempts,
        std::int64_t{letter.at.time_since_epoch().count()});
  }
  /// @brief See `KeepsDeadLetters`. @throws StorageError
  std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) {
    std::vector<EventDeadLetter> letters;
    if (!has_table("castore_dead_letter")) return letters;
    for (const SqlRow& row : query("SELECT position, error, attempts, at FROM castore_dead_letter WHERE name = ? AND"
                                   " version = ? ORDER BY position",
                                   name, version)) {
      letters.push_back({row.get<Position>(0), row.get<std::string>(1), row.get<int>(2),
                         Timestamp{std::chrono::milliseconds{row.get<std::int64_t>(3)}}});
    }
    return letters;
  }
  /// @brief See `KeepsDeadLetters`. @throws StorageError
  bool drop_dead_letter(std::string_view name, int version, Position position) {
    return has_table("castore_dead_letter") &&
           execute("DELETE FROM castore_dead_letter WHERE name = ? AND version = ? AND position = ?", name, version,
                   position) == 1;
  }

 private:
  static constexpr std::string_view executing = "execute a statement in";

  bool has_table(std::string_view name) {
    return !query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name).empty();
  }

  template <class OnRow>
  std::int64_t run(std::string_view sql, std::span<const detail::SqlParameter> parameters, const OnRow& on_row) {
    while (true) {
      detail::SqliteStatement statement{connection_, sql, executing};
      if (statement.handle() == nullptr) return 0;  // nothing but white space
      bind(statement.handle(), parameters);
      const int before = sqlite3_total_changes(handle());
      int code = SQLITE_OK;
      while ((code = sqlite3_step(statement.handle())) == SQLITE_ROW) on_row(statement.handle());
      if (code != SQLITE_DONE) connection_.fail(executing, code);
      sql = statement.rest();
      if (sql.find_first_not_of(" \t\r\n;") != std::string_view::npos) continue;
      return sqlite3_stmt_readonly(statement.handle()) != 0 || sqlite3_total_changes(handle()) == before
                 ? 0
                 : sqlite3_changes(handle());
    }
  }

  // Not inlined: GCC 12 would warn in programs at -O3 of alternatives of the parameters that are not there.
  [[gnu::noinline]] void bind(sqlite3_stmt* statement, std::span<const detail::SqlParameter> parameters) const {
    const int count = sqlite3_bind_parameter_count(statement);
    std::size_t used = 0;
    for (int index = 1; index <= count; ++index) {
      const char* const name = sqlite3_bind_parameter_name(statement, index);
      std::size_t number = static_cast<std::size_t>(index);
      if (name != nullptr && *name == '$') number = detail::parse_integer<std::size_t>(name + 1).value_or(0);
      if (number == 0 || number > parameters.size()) throw_wrong_count(static_cast<std::size_t>(count), parameters);
      used = (std::max)(used, number);
      const int code = std::visit(
          [&]<class Value>(const Value& value) {
            if constexpr (std::same_as<Value, std::monostate>) {
              return sqlite3_bind_null(statement, index);
            } else if constexpr (std::same_as<Value, double>) {
              return sqlite3_bind_double(statement, index, value);
            } else if constexpr (std::same_as<Value, std::string_view>) {
              return sqlite3_bind_text64(statement, index, value.data() == nullptr ? "" : value.data(), value.size(),
                                         SQLITE_STATIC, SQLITE_UTF8);
            } else {
              return sqlite3_bind_int64(statement, index, static_cast<std::int64_t>(value));
            }
          },
          parameters[number - 1]);
      if (code != SQLITE_OK) connection_.fail(executing, code);
    }
    if (used != parameters.size()) throw_wrong_count(static_cast<std::size_t>(count), parameters);
  }
  [[noreturn]] static void throw_wrong_count(std::size_t count, std::span<const detail::SqlParameter> parameters) {
    throw StorageError{"an SQL statement has " + std::to_string(count) + " parameters and was given " +
                       std::to_string(parameters.size()) + " values; give as many values as it has parameters"};
  }

  static SqlRow row_of(sqlite3_stmt* statement) {
    std::vector<SqlValue> values(static_cast<std::size_t>(sqlite3_column_count(statement)));
    for (int column = 0; column < static_cast<int>(values.size()); ++column) {
      SqlValue& value = values[static_cast<std::size_t>(column)];
      switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
          break;
        case SQLITE_INTEGER:
          value.emplace<std::int64_t>(sqlite3_column_int64(statement, column));
          break;
        case SQLITE_FLOAT:
          value = sqlite3_column_double(statement, column);
          break;
        default:
          const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
          value = std::string(bytes == nullptr ? "" : bytes,
                              static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      }
    }
    return SqlRow{std::move(values)};
  }

  detail::SqliteConnection& connection_;
};

static_assert(KeepsCheckpoints<SqliteTransaction> && KeepsDeadLetters<SqliteTransaction>);

}  // namespace castore

#endif
