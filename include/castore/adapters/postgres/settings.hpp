// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_SETTINGS_HPP
#define CASTORE_ADAPTERS_POSTGRES_SETTINGS_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <libpq-fe.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief The parameters of a connection by their names in libpq
/// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
using PostgresConnectionParameters = std::map<std::string, std::string>;

/// @brief How a `PostgresEventStorageAdapter` behaves.
struct PostgresEventStorageAdapterOptions {
  /// The table, taken literally: `Event` is not `event`, and a dot or a quote is a part of the name.
  std::string table_name = "event";
  std::string schema{};              ///< The table's schema; empty for the first on the connection's search_path.
  std::size_t max_connections = 10;  ///< At least 1.
  /// How long an operation waits for a connection while all are in use; 0 does not wait.
  std::chrono::milliseconds pool_timeout = std::chrono::seconds{30};
  /// How long connecting to one host may take, from 2 s, and how long an operation waits for a server that was there to
  /// come back. 0 leaves the first to the operating system and tries the second once. A connect_timeout among the
  /// parameters of the connection wins for the first.
  std::chrono::seconds connect_timeout{10};
  /// How long a statement may take before the server cancels it and nothing has happened; if the server does not answer
  /// at all for this and the connect timeout, the connection counts as broken. 0 leaves it to the server's settings,
  /// and waits for ever.
  std::chrono::milliseconds statement_timeout = std::chrono::seconds{30};
  /// False behind a pooler that shares connections between transactions and does not know prepared statements.
  bool prepared_statements = true;
};

namespace detail {

inline PostgresConnectionParameters parse_postgres_connection(const std::string& connection) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{PQconninfoParse(connection.c_str(), &error),
                                                                            &PQconninfoFree};
  const std::unique_ptr<char, decltype(&PQfreemem)> owned_error{error, &PQfreemem};
  if (!parsed) {
    if (error == nullptr) throw std::bad_alloc{};
    std::string reason{error};
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    throw StorageError{
        "a connection string of PostgreSQL cannot be read; write postgresql://user@host/database or "
        "host=... dbname=... Reason: " +
        reason};
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
    return time.count() >= 0 && time.count() <= std::numeric_limits<int>::max() / 2;
  };
  constexpr std::size_t most_connections = 100'000;
  refuse_unless(options.max_connections >= 1 && options.max_connections <= most_connections,
                "max_connections must be from 1 to 100,000");
  refuse_unless(
      is_timeout(options.pool_timeout) && is_timeout(options.connect_timeout) && is_timeout(options.statement_timeout),
      "a timeout must be from 0 to 12 days");

  PostgresSettings settings;
  settings.parameters = {{"connect_timeout", std::to_string(options.connect_timeout.count())},
                         {"fallback_application_name", "castore"}};
  settings.parameters.insert(settings.parameters.end(), parameters.begin(), parameters.end());
  settings.parameters.emplace_back("client_encoding", "UTF8");

  if (!options.schema.empty()) settings.quoted_table = quote_postgres_name(options.schema) + '.';
  settings.quoted_table += quote_postgres_name(options.table_name);
  settings.name = "PostgreSQL table " + settings.quoted_table;
  std::string where;
  for (const char* const parameter : {"dbname", "host", "service"}) {
    const auto found = parameters.find(parameter);
    if (found == parameters.end()) continue;
    where += (where.empty() ? " (" : ", ") + found->first + " " + in_quotes(found->second);
  }
  settings.name += where.empty() ? where : where + ")";
  settings.statement_timeout = options.statement_timeout;
  if (options.statement_timeout.count() > 0) settings.patience = options.statement_timeout + options.connect_timeout;
  settings.prepared_statements = options.prepared_statements;
  return settings;
}

}  // namespace detail
}  // namespace castore

#endif
