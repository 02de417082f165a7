// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_ERRORS_HPP
#define CASTORE_ADAPTERS_POSTGRES_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/detail/text.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief What PostgreSQL or libpq said; nested in the `StorageError` of a `PostgresEventStorageAdapter`.
/// **Handling:** as that of the `StorageError` around it. For a report: `sqlstate()` is explained in appendix A of
/// PostgreSQL's manual (https://www.postgresql.org/docs/current/errcodes-appendix.html).
class CASTORE_DETAIL_THROWN PostgresError : public std::runtime_error {
 public:
  /// @brief What the adapter makes of an error that PostgreSQL or libpq reports.
  PostgresError(std::string sqlstate, const std::string& what)
      : std::runtime_error{detail::safe_text(what)}, sqlstate_{std::move(sqlstate)} {}

  /// @brief Five characters; empty when libpq itself failed, which happens when a server cannot be reached.
  const std::string& sqlstate() const noexcept { return sqlstate_; }

 private:
  std::string sqlstate_;
};

namespace detail {

/// What went wrong with one statement.
struct PostgresFailure {
  std::string sqlstate;
  std::string message;
  std::string routine{};  ///< Of PostgreSQL's source, which no language changes.
};

/// The connection broke during an operation that may or may not have happened.
struct PostgresConnectionLost : StorageInterruption {
  explicit PostgresConnectionLost(PostgresFailure lost) : failure{std::move(lost)} {}

  PostgresFailure failure;
};

struct PostgresTranslation {
  std::string_view sqlstate;  // or its first two characters, the class
  bool retryable;
  std::string_view text;
};

/// A code stands before its class; the first that fits is taken.
inline constexpr PostgresTranslation postgres_translations[] = {
    {"22001", false, "a text is longer than its column and nothing was written; give the table longer columns"},
    {"22003", false,
     "a number does not fit its column and nothing was written; give the table wider columns: where column id is an "
     "INTEGER, make it and its sequence a BIGINT"},
    {"22012", true, "it conflicted with other pushes, again and again, and nothing was written; do it again"},
    {"2200H", false,
     "the sequence of column id has given out its last number and nothing was written; where it is one of 32 bits, as "
     "that of a SERIAL is, make column and sequence a BIGINT (ALTER TABLE ... ALTER id TYPE BIGINT; ALTER SEQUENCE ... "
     "AS BIGINT)"},
    {"22P05", false,
     "the database's encoding has no such character and nothing was written; keep events in a UTF8 database"},
    {"23505", false,
     "a unique constraint other than that of the versions forbids it and nothing was written; remove it, or set the "
     "sequence of column id behind the last id that is stored"},
    {"23", false,
     "a constraint that was added to the table forbids it and nothing was written; remove it, or change the event"},
    {"25006", false,
     "the server is read-only, as a standby is, or default_transaction_read_only is set for the role or the database; "
     "connect to the primary, for which target_session_attrs=read-write looks among several hosts, or take the setting "
     "back"},
    {"26000", false,
     "the server lost a prepared statement, as happens behind a pooler that shares connections between transactions; "
     "set prepared_statements = false"},
    {"42P05", false,
     "another client's prepared statement is in the way, as happens behind a pooler that shares connections between "
     "transactions; set prepared_statements = false"},
    {"28", false, "access was denied; see user, password and pg_hba.conf"},
    {"3D000", false, "there is no such database; create it, or name another one in the connection string"},
    {"3F000", false, "there is no such schema; create it, or name another one"},
    {"40001", true, "it conflicted with another transaction and nothing was written; do it again"},
    {"40P01", true, "it was in a deadlock with another transaction and nothing was written; do it again"},
    {"42501", false,
     "the role lacks a right: loads and lists need SELECT on the table, pushes INSERT too and USAGE on the sequence of "
     "column id, pushes with force also UPDATE; create_event_table needs CREATE on the schema, drop_event_table the "
     "table's owner"},
    {"42P01", false, "there is no such table; create it with create_event_table"},
    {"42P10", false,
     "the table has no unique constraint on (aggregate_name, aggregate_id, version), without which conflicts cannot be "
     "seen; add it"},
    {"53100", false, "the server's disk is full and nothing was written; free some space and do it again"},
    {"53300", true, "the server has no connection left; do it again later, or allow more (max_connections)"},
    {"53", true, "the server lacks resources and nothing was written; do it again later"},
    {"54000", false,
     "an event is larger than PostgreSQL allows and nothing was written; keep large data elsewhere and its address in "
     "the event"},
    {"55P03", true, "a lock was not to be had in time and nothing was written; do it again"},
    {"57014", true,
     "it took longer than the statement timeout, or was cancelled, and nothing was written; do it again, or give the "
     "adapter a longer statement_timeout"},
    {"57P", true, "the server is starting or stopping; do it again a little later"},
    {"08", true, "the server cannot be reached; do it again when it can"},
};

inline PostgresTranslation translate_postgres_code(std::string_view sqlstate) {
  for (const PostgresTranslation& translation : postgres_translations) {
    if (sqlstate.starts_with(translation.sqlstate)) return translation;
  }
  return {sqlstate, false, "PostgreSQL refused; report this with the reason it gave"};
}

/// @throws StorageError with a `PostgresError` nested in it.
/// @param what Begins the message, without full stop.
[[noreturn]] inline void throw_with_postgres_error(const std::string& what, bool retryable,
                                                   const PostgresFailure& failure) {
  const std::string native =
      safe_text(failure.message) + (failure.sqlstate.empty() ? std::string{} : " (SQLSTATE " + failure.sqlstate + ")");
  try {
    throw PostgresError{failure.sqlstate, native};
  } catch (const PostgresError&) {
    std::throw_with_nested(StorageError{what + ". Reason: " + native, retryable});
  }
}

/// The same with the words for its SQLSTATE.
/// @param table What an error message calls the table and its server.
/// @param action What was tried, as it stands after "cannot" and before the table: "push to".
[[noreturn]] inline void throw_postgres_error(const std::string& table, std::string_view action,
                                              const PostgresFailure& failure) {
  const PostgresTranslation translation = translate_postgres_code(failure.sqlstate);
  throw_with_postgres_error("cannot " + std::string{action} + " " + table + ": " + std::string{translation.text},
                            translation.retryable, failure);
}

}  // namespace detail
}  // namespace castore

#endif
