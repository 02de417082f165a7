// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_TRANSACTION_HPP
#define CASTORE_ADAPTERS_POSTGRES_TRANSACTION_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/dead_letters.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/sql_row.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

/// @brief A transaction on the database of a `PostgresEventStorageAdapter`, which its `transact`, or a push with a
/// hook, begins and ends. It is for the thread and the time of that call.
///
/// Parameters are `$1`, `$2` ...; their types are those of the columns that they go to, or those that a cast names.
///
/// **Guarantees:** `execute` only sends (libpq's pipeline), so that many statements cost few round trips; what becomes
/// of them is known with the next `query`, `checkpoint` or `move_checkpoint`, or at the end.
///
/// **Errors:** `StorageError` with a `PostgresError` nested in it. After one nothing of the transaction happens.
class PostgresTransaction {
 public:
  /// @brief For the library itself.
  PostgresTransaction(detail::PostgresConnection& connection, const detail::PostgresSettings& settings) noexcept
      : connection_{connection}, settings_{settings} {}
  PostgresTransaction(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(const PostgresTransaction&) = delete;

  /// @brief Executes one statement with these values as its parameters, some time before the next answer that is waited
  /// for. @throws StorageError, perhaps that of a statement before
  template <class... Values>
  void execute(std::string_view sql, const Values&... values) {
    const std::array<detail::SqlParameter, sizeof...(Values)> parameters{detail::sql_parameter(values)...};
    send(sql, parameters);
    constexpr std::size_t most_sent = 500;
    if (sent_ >= most_sent) await();
  }
  /// @brief The rows of a query; numbers and all else come as text, which `SqlRow::get` turns into what is asked for.
  /// @throws StorageError, perhaps that of a statement before
  template <class... Values>
  SqlRows query(std::string_view sql, const Values&... values) {
    settle();
    const std::array<detail::SqlParameter, sizeof...(Values)> parameters{detail::sql_parameter(values)...};
    send(sql, parameters);
    return rows_of(await());
  }
  /// @brief Waits for what becomes of all that was executed. @throws StorageError
  void settle() {
    if (sent_ > 0) await();
  }
  /// @brief The connection, for any other library, when all that was executed has been answered. It is in pipeline mode
  /// (`PQpipelineStatus`), which must be the same in the end, and so must the transaction. @throws StorageError
  PGconn* handle() {
    settle();
    return connection_.native();
  }

  /// @brief See `KeepsCheckpoints`. The table `..._projection` lies next to that of the events. @throws StorageError
  Position checkpoint(std::string_view name, int version) {
    if (!has_checkpoints()) return 0;
    const auto rows = query(
        "SELECT position FROM " + checkpoints_table() + " WHERE name = $1::text AND version = $2::int4", name, version);
    return rows.empty() ? 0 : rows[0].get<Position>(0);
  }
  /// @brief See `KeepsCheckpoints`. Waits for another transaction that moves it. @throws StorageError
  [[nodiscard("castore: false says that another one moved it, and that nothing was changed")]] bool move_checkpoint(
      std::string_view name, int version, Position from, Position to) {
    create_checkpoints();
    const std::string table = checkpoints_table();
    return !query(
                "INSERT INTO " + table +
                    " AS p (name, version, position) SELECT $1::text, $2::int4, $4::int8 WHERE $3::int8 = 0 OR EXISTS"
                    " (SELECT 1 FROM " +
                    table +
                    " WHERE name = $1::text AND version = $2::int4) ON CONFLICT (name, version) DO UPDATE SET position"
                    " = excluded.position, updated_at = now() WHERE p.position = $3::int8 RETURNING 1",
                name, version, from, to)
                .empty();
  }
  /// @brief Creates the table of checkpoints where it is missing. @throws StorageError
  void create_checkpoints() {
    if (has_checkpoints()) return;
    create_table(checkpoints_table(),
                 "(name TEXT COLLATE \"C\" NOT NULL, version INTEGER NOT NULL, position BIGINT NOT NULL, state TEXT,"
                 " inline_from BIGINT, updated_at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (name, version))"
                 " WITH (fillfactor = 50)");
    has_checkpoints_ = true;  // of this transaction
  }
  /// @brief The quoted name of the table of checkpoints, with its schema. @throws StorageError when it is too long
  std::string checkpoints_table() const { return settings_.quoted_name_with("_projection"); }

  /// @brief See `KeepsDeadLetters`. The table `..._dead_letter` lies next to that of the events, and is created when it
  /// is first needed. @throws StorageError
  void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) {
    const std::string table = dead_letters_table();
    if (!has_table(table)) {
      create_table(table,
                   "(name TEXT COLLATE \"C\" NOT NULL, version INTEGER NOT NULL, position BIGINT NOT NULL, error TEXT"
                   " NOT NULL, attempts INTEGER NOT NULL, at TIMESTAMPTZ NOT NULL, PRIMARY KEY (name, version,"
                   " position))");
    }
    execute("INSERT INTO " + table +
                " (name, version, position, error, attempts, at) VALUES ($1, $2, $3, $4, $5, TIMESTAMPTZ 'epoch' +"
                " $6::int8 * INTERVAL '1 millisecond') ON CONFLICT (name, version, position) DO UPDATE SET error ="
                " excluded.error, attempts = excluded.attempts, at = excluded.at",
            name, version, letter.position, letter.error, letter.attempts,
            std::int64_t{letter.at.time_since_epoch().count()});
  }
  /// @brief See `KeepsDeadLetters`. @throws StorageError
  std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) {
    std::vector<EventDeadLetter> letters;
    const std::string table = dead_letters_table();
    if (!has_table(table)) return letters;
    for (const SqlRow& row : query("SELECT position, error, attempts, (extract(epoch FROM at) * 1000)::int8 FROM " +
                                       table + " WHERE name = $1 AND version = $2 ORDER BY position",
                                   name, version)) {
      letters.push_back({row.get<Position>(0), row.get<std::string>(1), row.get<int>(2),
                         Timestamp{std::chrono::milliseconds{row.get<std::int64_t>(3)}}});
    }
    return letters;
  }
  /// @brief See `KeepsDeadLetters`. @throws StorageError
  bool drop_dead_letter(std::string_view name, int version, Position position) {
    const std::string table = dead_letters_table();
    return has_table(table) &&
           !query("DELETE FROM " + table + " WHERE name = $1 AND version = $2 AND position = $3 RETURNING 1", name,
                  version, position)
                .empty();
  }

  /// @brief For the library itself: waits for the answers to all that was sent. @throws StorageError
  detail::PostgresConnection::Outcome await() {
    auto outcome = connection_.receive();
    sent_ = 0;
    if (outcome.failed) {
      has_failed_ = true;
      detail::throw_postgres_error(connection_.name(), "run a transaction on", outcome.failure);
    }
    return outcome;
  }
  /// @brief For the library itself: begins it.
  void begin() { send("BEGIN ISOLATION LEVEL READ COMMITTED", {}); }
  /// @brief For the library itself: plans statements of others as the database does, not as the adapter's.
  void use_other_plans() {
    if (!connection_.prepares_statements()) return;
    for (const char* const setting : {"enable_seqscan", "enable_bitmapscan", "enable_sort", "plan_cache_mode"}) {
      send("SET LOCAL " + std::string{setting} + " TO DEFAULT", {});
    }
  }
  /// @brief For the library itself: ends it. @param is_sent Called before the server may commit.
  template <class IsSent>
  void commit(const IsSent& is_sent) {
    if (has_failed_) throw StorageError{failed_before};
    settle();
    if (PQtransactionStatus(connection_.native()) != PQTRANS_INTRANS) {
      throw StorageError{PQtransactionStatus(connection_.native()) == PQTRANS_INERROR
                             ? std::string{failed_before}
                             : "a transaction on " + connection_.name() +
                                   " was ended by a statement in it; leave BEGIN, COMMIT and ROLLBACK to the adapter"};
    }
    is_sent();
    send("COMMIT", {});
    await();
  }
  /// @brief For the library itself: undoes it. A connection that does not answer is not used again.
  void roll_back() noexcept {
    try {
      if (sent_ > 0) connection_.receive();
      send("ROLLBACK", {});
      connection_.receive();
    } catch (...) {  // the server rolls back when the connection ends
    }
  }

 private:
  static constexpr const char* failed_before =
      "a statement of the transaction failed, so nothing of it can be committed; let its error end the transaction";

  bool has_checkpoints() {
    if (!has_checkpoints_ && !connection_.has_checkpoints()) {
      connection_.set_has_checkpoints(has_table(checkpoints_table()));
    }
    return has_checkpoints_ || connection_.has_checkpoints();
  }
  std::string dead_letters_table() const { return settings_.quoted_name_with("_dead_letter"); }
  bool has_table(const std::string& table) {
    return query("SELECT pg_catalog.to_regclass($1::text) IS NOT NULL", table)[0].get<bool>(0);
  }
  /// One that others make at the same time is there afterwards, too.
  void create_table(const std::string& table, const std::string& definition) {
    query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('castore ' || $1::text, 0))", table);
    query("CREATE TABLE IF NOT EXISTS " + table + " " + definition);
  }

  void send(std::string_view sql, std::span<const detail::SqlParameter> parameters) {
    std::vector<std::string> texts(parameters.size());
    std::vector<const char*> values(parameters.size());
    for (std::size_t index = 0; index < parameters.size(); ++index) {
      if (std::holds_alternative<std::monostate>(parameters[index])) continue;
      texts[index] = std::visit([](const auto& value) { return text_of(value); }, parameters[index]);
      values[index] = texts[index].c_str();
    }
    connection_.send_text(std::string{sql}, values);
    ++sent_;
  }
  static std::string text_of(std::monostate) { return {}; }
  static std::string text_of(std::int64_t value) { return std::to_string(value); }
  static std::string text_of(bool value) { return value ? "true" : "false"; }
  static std::string text_of(double value) {
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  }
  static std::string text_of(std::string_view value) {
    if (value.find('\0') == std::string_view::npos) return std::string{value};
    throw StorageError{"a text for PostgreSQL holds a NUL, for which it has no place; leave it out"};
  }

  static SqlRows rows_of(const detail::PostgresConnection::Outcome& outcome) {
    SqlRows rows;
    if (!outcome.rows) return rows;
    const int columns = PQnfields(outcome.rows.handle());
    for (int row = 0; row < outcome.rows.rows(); ++row) {
      std::vector<SqlValue> values(static_cast<std::size_t>(columns));
      for (int column = 0; column < columns; ++column) {
        const std::string_view text = outcome.rows.text(row, column);
        if (text.data() != nullptr) values[static_cast<std::size_t>(column)] = std::string{text};
      }
      rows.emplace_back(std::move(values));
    }
    return rows;
  }

  detail::PostgresConnection& connection_;
  const detail::PostgresSettings& settings_;
  std::size_t sent_ = 0;
  bool has_failed_ = false;
  bool has_checkpoints_ = false;
};

static_assert(KeepsCheckpoints<PostgresTransaction> && KeepsDeadLetters<PostgresTransaction>);

}  // namespace castore

#endif
