// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_EVENT_TABLE_HPP
#define CASTORE_ADAPTERS_POSTGRES_EVENT_TABLE_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace castore {

/// @brief The type of column `aggregate_id`.
enum class PostgresAggregateIdType {
  text,    ///< TEXT: any id.
  uuid,    ///< UUID: only UUIDs in lower case, but in 16 bytes.
  varchar  ///< VARCHAR: ids of at most `aggregate_id_length` characters.
};
/// @brief The type of column `version`.
enum class PostgresVersionType {
  bigint,  ///< BIGINT: every `Version`.
  integer  ///< INTEGER: ends at version 2,147,483,647.
};
/// @brief The type of column `id`, which numbers all events of the table.
enum class PostgresIdType {
  bigserial,  ///< BIGSERIAL: a table is never full.
  serial      ///< SERIAL: ends at 2,147,483,647 events.
};

/// @brief How `create_event_table` makes the columns. The options are Castore's; its own defaults are a UUID as
/// aggregate id, 32 characters for the name of an event store and 64 for an event's type. Lengths are in characters,
/// from 1 to 10,485,760, or 0 for no limit.
struct PostgresEventTableOptions {
  PostgresIdType id_type = PostgresIdType::bigserial;                         ///< Of the numbers of all events.
  std::size_t aggregate_name_length = 0;                                      ///< Of the id of an event store.
  PostgresAggregateIdType aggregate_id_type = PostgresAggregateIdType::text;  ///< Of aggregate ids.
  std::size_t aggregate_id_length = 0;                             ///< Needed by `varchar`, and only by this.
  PostgresVersionType version_type = PostgresVersionType::bigint;  ///< Of versions.
  std::size_t type_length = 0;                                     ///< Of an event's type.
};

namespace detail {

inline std::string postgres_text_type(std::string_view option, std::size_t length) {
  constexpr std::size_t longest = 10'485'760;
  if (length > longest) {
    throw StorageError{std::string{option} + " is " + std::to_string(length) + "; a VARCHAR has at most " +
                       std::to_string(longest) + " characters"};
  }
  // Bytes are compared faster than words of a language, and their order never changes with the system's locales.
  return (length == 0 ? "TEXT" : "VARCHAR(" + std::to_string(length) + ")") + " COLLATE \"C\"";
}

inline std::string postgres_create_table_sql(const std::string& table, const PostgresEventTableOptions& options) {
  const bool is_varchar = options.aggregate_id_type == PostgresAggregateIdType::varchar;
  if (is_varchar != (options.aggregate_id_length > 0)) {
    throw StorageError{
        "aggregate_id_length belongs to aggregate ids of type varchar, which need one; give both or none"};
  }
  const bool is_uuid = options.aggregate_id_type == PostgresAggregateIdType::uuid;
  return "CREATE TABLE IF NOT EXISTS " + table + " (id " +
         (options.id_type == PostgresIdType::serial ? "SERIAL" : "BIGSERIAL") + " PRIMARY KEY, aggregate_name " +
         postgres_text_type("aggregate_name_length", options.aggregate_name_length) + " NOT NULL, aggregate_id " +
         (is_uuid ? "UUID" : postgres_text_type("aggregate_id_length", options.aggregate_id_length)) +
         " NOT NULL, version " + (options.version_type == PostgresVersionType::integer ? "INTEGER" : "BIGINT") +
         " NOT NULL, type " + postgres_text_type("type_length", options.type_length) +
         " NOT NULL, data JSONB, metadata JSONB, timestamp TIMESTAMPTZ NOT NULL DEFAULT (CURRENT_TIMESTAMP(3)),"
         " UNIQUE (aggregate_name, aggregate_id, version))";
}

/// Whether the table has an index for lists, whatever its name. Ids that are texts need the order of their bytes in it,
/// which is collation 950.
inline constexpr char postgres_has_list_index[] =
    "SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = pg_catalog.to_regclass($1::text) AND i.indisvalid"
    " AND pg_catalog.pg_get_expr(i.indpred, i.indrelid) IN ('(version = 1)', '(\"version\" = 1)')"
    " AND ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place)"
    " = ARRAY['aggregate_name', 'timestamp', 'aggregate_id'] AND i.indcollation[2] IN (0, 950)";

/// In one transaction, one at a time: of several that run at once each sees what the one before it did.
/// @param action What is tried, as it stands after "cannot" and before the table.
/// @param change Called with a function that executes SQL.
template <class Change>
void change_postgres_event_table(PostgresConnection& connection, const PostgresSettings& settings,
                                 std::string_view action, Change change) {
  const auto execute = [&](const std::string& sql, const PostgresValues& values = {}) {
    PostgresConnection::Outcome outcome = connection.execute(sql, values);
    if (outcome.failed) throw_postgres_error(connection.name(), action, outcome.failure);
    return outcome;
  };
  PostgresValues name;
  name.text(settings.quoted_table);
  connection.take_time();
  execute("BEGIN ISOLATION LEVEL READ COMMITTED");
  execute("SET LOCAL statement_timeout = 0");
  execute("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('castore ' || $1::text, 0))", name);
  change(execute);
  execute("COMMIT");
}

inline void create_postgres_event_table(PostgresConnection& connection, const PostgresSettings& settings,
                                        const PostgresEventTableOptions& options) {
  const std::string create = postgres_create_table_sql(settings.quoted_table, options);
  change_postgres_event_table(connection, settings, "create", [&](auto& execute) {
    execute(create);
    const bool is_uuid = connection.table().ids_are_uuids();
    PostgresValues name;
    name.text(settings.quoted_table);
    if (execute(postgres_has_list_index, name).rows.rows() == 0) {
      execute("CREATE INDEX ON " + settings.quoted_table + " (aggregate_name, timestamp, aggregate_id" +
              (is_uuid ? "" : " COLLATE \"C\"") + ") WHERE version = 1");
    }
  });
}

inline void drop_postgres_event_table(PostgresConnection& connection, const PostgresSettings& settings) {
  change_postgres_event_table(connection, settings, "drop",
                              [&](auto& execute) {
                                execute("DROP TABLE IF EXISTS " + settings.quoted_table);
                                if (settings.has_room_for_snapshots()) {
                                  execute("DROP TABLE IF EXISTS " + settings.quoted_snapshots);
                                }
                              });
}

}  // namespace detail
}  // namespace castore

#endif
