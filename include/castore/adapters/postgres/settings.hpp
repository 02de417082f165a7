// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_SETTINGS_HPP
#define CASTORE_ADAPTERS_POSTGRES_SETTINGS_HPP

#include <castore/adapters/postgres/refusals.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief The parameters of a connection by their names in libpq
/// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
using PostgresConnectionParameters = std::map<std::string, std::string>;

/// @brief Gets what changes while a program runs: `{{"password", token}}`, perhaps also `user`. It is asked before each
/// new connection and again when the server refuses what it gave; by one thread at a time. What it throws ends the
/// operation.
using PostgresCredentialsProvider = std::function<PostgresConnectionParameters()>;

/// @brief How a `PostgresEventStorageAdapter` behaves.
struct PostgresEventStorageAdapterOptions {
  /// The table, taken literally: `Event` is not `event`, and a dot or a quote is a part of the name.
  std::string table_name = "event";
  std::string schema{};              ///< The table's schema; empty for the first on the connection's search_path.
  std::size_t max_connections = 10;  ///< At least 1.
  /// How long an operation waits for a connection while all are in use; 0 does not wait.
  std::chrono::milliseconds pool_timeout = std::chrono::seconds{30};
  /// How long connecting to one address of a host may take, at least 2 s, and how long an operation waits for a server
  /// that was there to come back. A connect_timeout among the parameters of the connection wins for the first.
  std::chrono::seconds connect_timeout{10};
  /// How long a statement may take before the server cancels it and nothing has happened. When there is no answer after
  /// this and the connect timeout, whatever the server does, the connection counts as broken. 0 leaves the first to the
  /// server's settings, and counts as 20 s for the second.
  std::chrono::milliseconds statement_timeout = std::chrono::seconds{30};
  /// False behind a pooler that shares connections between transactions: no prepared statements, and no settings of the
  /// session, not even the statement timeout, which is then the client's alone.
  bool prepared_statements = true;
  /// Gets credentials that change; what it gives wins over the parameters of the connection.
  PostgresCredentialsProvider credentials{};
};

namespace detail {

inline std::string quote_postgres_name(std::string_view name);

/// What all connections of an adapter have in common.
struct PostgresSettings {
  PostgresConnectionParameters parameters;
  PostgresCredentialsProvider credentials;
  std::string quoted_table;
  std::string quoted_snapshots;  ///< The table of snapshots; that of the events where its name would be too long.
  std::string name;  ///< What error messages call the table.
  std::size_t max_connections = 1;
  std::chrono::milliseconds pool_timeout{};
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds statement_timeout{};  ///< 0: the server's.
  std::chrono::milliseconds answer_timeout{};     ///< Until a server that does not answer counts as gone.
  bool prepared_statements = true;
  std::string schema;  ///< Quoted and with a dot, or empty.
  std::string table;   ///< Its name alone.

  /// Whether the table of snapshots can have its name.
  bool has_room_for_snapshots() const noexcept {
    constexpr std::size_t longest_name = 63;
    return table.size() + std::string_view{"_snapshot"}.size() <= longest_name;
  }
  /// That of another table next to the table of events. @throws StorageError when it is too long
  std::string quoted_name_with(std::string_view ending) const {
    return schema + quote_postgres_name(table + std::string{ending});
  }
};

/// A name as SQL text that means this name and nothing else.
/// @throws StorageError
inline std::string quote_postgres_name(std::string_view name) {
  // PostgreSQL cuts longer names, so that two of them could be one.
  if (name.empty() || name.size() > 63 || !is_utf8_without_nul(name)) {
    throw StorageError{in_quotes(name) +
                       " is not a name of a PostgreSQL table or schema; a name has 1 to 63 bytes of "
                       "UTF-8 text without NUL"};
  }
  std::string quoted{'"'};
  for (const char character : name) quoted.append(character == '"' ? 2 : 1, character);
  return quoted += '"';
}

inline PostgresConnectionParameters parse_postgres_connection(const std::string& connection) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{PQconninfoParse(connection.c_str(), &error),
                                                                            &PQconninfoFree};
  const std::unique_ptr<char, decltype(&PQfreemem)> owned_error{error, &PQfreemem};
  if (!parsed) {
    if (error == nullptr) throw std::bad_alloc{};
    throw StorageError{
        "a connection string of PostgreSQL cannot be read: " + std::string{postgres_syntax_hint(error)} +
        "; write postgresql://user@host/database or host=... dbname=..., or give the parameters apart, where nothing "
        "needs escaping. (The string is not repeated, as it may hold a password.)"};
  }
  PostgresConnectionParameters parameters;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters[option->keyword] = option->val;
  }
  return parameters;
}

inline PostgresSettings make_postgres_settings(const PostgresConnectionParameters& parameters,
                                               const PostgresEventStorageAdapterOptions& options) {
  const auto refuse_unless = [](bool is_right, std::string_view what) {
    if (!is_right) throw StorageError{"wrong options of a PostgresEventStorageAdapter: " + std::string{what}};
  };
  constexpr auto is_timeout = [](std::chrono::milliseconds time) {
    return time.count() >= 0 && time.count() <= (std::numeric_limits<int>::max)() / 2;
  };
  constexpr std::size_t most_connections = 100'000;
  refuse_unless(options.max_connections >= 1 && options.max_connections <= most_connections,
                "max_connections must be from 1 to 100,000");
  refuse_unless(
      is_timeout(options.pool_timeout) && is_timeout(options.connect_timeout) && is_timeout(options.statement_timeout),
      "a timeout must be from 0 to 12 days");

  PostgresSettings settings;
  settings.parameters = parameters;
  settings.parameters.emplace("fallback_application_name", "castore");
  // libpq takes less than 1 for no end.
  if (const auto given = parameters.find("connect_timeout");
      given == parameters.end() || parse_integer<int>(given->second).value_or(0) < 1) {
    settings.parameters["connect_timeout"] = std::to_string((std::max)(options.connect_timeout.count(), {2}));
  }
  settings.credentials = options.credentials;

  if (!options.schema.empty()) settings.schema = quote_postgres_name(options.schema) + '.';
  settings.table = options.table_name;
  settings.quoted_table = settings.quoted_name_with("");
  settings.quoted_snapshots =
      settings.has_room_for_snapshots() ? settings.quoted_name_with("_snapshot") : settings.quoted_table;
  settings.name = "PostgreSQL table " + settings.quoted_table;
  settings.max_connections = options.max_connections;
  settings.pool_timeout = options.pool_timeout;
  settings.connect_timeout = options.connect_timeout;
  settings.statement_timeout = options.statement_timeout;
  constexpr std::chrono::seconds longest_without_limit{20};
  settings.answer_timeout = options.connect_timeout +
                            (options.statement_timeout.count() > 0 ? options.statement_timeout : longest_without_limit);
  settings.prepared_statements = options.prepared_statements;
  return settings;
}

}  // namespace detail
}  // namespace castore

#endif
