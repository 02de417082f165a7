// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_SNAPSHOTS_HPP
#define CASTORE_ADAPTERS_POSTGRES_SNAPSHOTS_HPP

/// @file
/// Snapshots in a table next to that of the events. A row of version 0 is not one: its state is the number that stands
/// for the history of all aggregates. A forced push, or a deletion, locks it until the end of the transaction, and so
/// does a save, against those.

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/event_table.hpp>
#include <castore/adapters/postgres/jsonb.hpp>
#include <castore/adapters/postgres/operations.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/transaction.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace castore::detail {

/// The first row of the table, whose number is none that it had before somebody emptied it.
inline std::string begin_postgres_history(const std::string& table) {
  return "INSERT INTO " + table +
         " VALUES ('', '', 0, 0, now(), to_jsonb((1000000 * extract(epoch FROM clock_timestamp()))::int8), now()) ON"
         " CONFLICT DO NOTHING";
}

/// The transaction of a push that has begun would not see a table that is made now, so it is waited for.
inline void create_postgres_snapshot_table(PostgresConnection& connection, const PostgresSettings& settings) {
  const std::string table = settings.quoted_name_with("_snapshot");
  change_postgres_event_table(connection, settings, "create snapshots of", [&](auto& execute) {
    execute("LOCK TABLE " + settings.quoted_table + " IN SHARE MODE");
    execute("CREATE TABLE IF NOT EXISTS " + table +
            " (aggregate_name TEXT COLLATE \"C\" NOT NULL, aggregate_id TEXT COLLATE \"C\" NOT NULL, reducer_version"
            " INTEGER NOT NULL, version BIGINT NOT NULL, event_timestamp TIMESTAMPTZ NOT NULL, state JSONB, created_at"
            " TIMESTAMPTZ NOT NULL, PRIMARY KEY (aggregate_name, aggregate_id, reducer_version, version))");
    execute(begin_postgres_history(table));
  });
}

[[noreturn]] inline void throw_postgres_snapshots(const PostgresOperations& operations,
                                                  const PostgresConnection::Outcome& outcome) {
  const std::string table = operations.settings().quoted_name_with("_snapshot");
  if (outcome.failure.sqlstate == "42P01") {
    throw StorageError{"there is no PostgreSQL table " + table + "; create it with create_snapshot_table"};
  }
  throw_postgres_error(operations.name(), "load a snapshot next to", outcome.failure);
}

inline std::int64_t load_postgres_snapshot(PostgresOperations& operations, const SnapshotKey& key, Version max_version,
                                           const SnapshotSink& sink) {
  using enum PostgresType;
  if (!is_utf8_without_nul(key.event_store_id) || !is_utf8_without_nul(key.aggregate_id)) return 0;
  const auto rows = operations.run([&](PostgresConnection& connection) {
    PostgresValues values;
    values.text(key.event_store_id).text(key.aggregate_id).integer(key.reducer_version).integer(max_version);
    auto outcome = connection.execute(PostgresStatement::load_snapshot, values);
    if (outcome.failed) throw_postgres_snapshots(operations, outcome);
    if (!outcome.rows.has_types({bigint, bigint, timestamptz, jsonb, timestamptz})) {
      throw_postgres_table_changed(connection);
    }
    return std::move(outcome.rows);
  });
  if (rows.rows() == 0) return 0;
  const Version version = rows.integer(0, 1);
  if (version != 0) {
    const auto event_timestamp = rows.time(0, 2);
    const auto created_at = rows.time(0, 4);
    // One whose timestamps are infinite has that of no event, so it is not used and is deleted. An error would come at
    // each load, and keep a good one from being saved.
    const bool is_whole = event_timestamp && created_at;
    sink({version, is_whole ? *event_timestamp : (Timestamp::min)(), rows.json(0, 3),
          created_at.value_or(Timestamp{})});
  }
  return rows.integer(0, 0);
}

/// The condition that a row is the one of the history.
inline constexpr char postgres_is_history[] =
    "aggregate_name = '' AND aggregate_id = '' AND reducer_version = 0 AND version = 0";

inline bool save_postgres_snapshot(PostgresTransaction& transaction, const PostgresSettings& settings,
                                   const SnapshotRecord& snapshot) {
  const std::string table = settings.quoted_name_with("_snapshot");
  const std::optional<std::string> changed = to_jsonb("state", snapshot.state);
  std::optional<std::string> state;
  if (!snapshot.state.empty()) state = changed ? *changed : snapshot.state;
  const bool is_saved =
      !transaction
           .query("WITH history AS MATERIALIZED (SELECT state FROM " + table + " WHERE " + postgres_is_history +
                      " AND state = to_jsonb($8::int8) FOR SHARE) INSERT INTO " + table +
                      " SELECT $1::text, $2::text, $3::int4, $4::int8, $5::timestamptz, $6::jsonb, $7::timestamptz"
                      " FROM history ON CONFLICT (aggregate_name, aggregate_id, reducer_version, version) DO UPDATE"
                      " SET event_timestamp = excluded.event_timestamp, state = excluded.state, created_at ="
                      " excluded.created_at RETURNING 1",
                  snapshot.event_store_id, snapshot.aggregate_id, snapshot.reducer_version, snapshot.version,
                  format_timestamp(snapshot.event_timestamp), state, format_timestamp(snapshot.created_at),
                  snapshot.history)
           .empty();
  if (!is_saved) transaction.execute(begin_postgres_history(table));  // the next is saved, if it was missing
  return is_saved;
}

inline void change_postgres_history(PostgresTransaction& transaction, const std::string& table) {
  transaction.execute("UPDATE " + table + " SET state = to_jsonb((state #>> '{}')::int8 + 1) WHERE " +
                      postgres_is_history);
}

inline void delete_postgres_snapshots(PostgresTransaction& transaction, const PostgresSettings& settings,
                                      std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
  const std::string table = settings.quoted_name_with("_snapshot");
  change_postgres_history(transaction, table);
  std::string where = " WHERE aggregate_name = $1::text AND version >= 1";
  where += which.aggregate_id ? " AND aggregate_id = $3::text" : " AND $3::text IS NOT NULL";
  where += which.reducer_version ? " AND reducer_version = $4::int4" : " AND $4::int4 IS NOT NULL";
  transaction.query("DELETE FROM " + table +
                        " s USING (SELECT aggregate_id, reducer_version, version, row_number() OVER (PARTITION BY"
                        " aggregate_id, reducer_version ORDER BY version DESC) AS number FROM " +
                        table + where +
                        ") n WHERE s.aggregate_name = $1::text AND s.aggregate_id = n.aggregate_id AND"
                        " s.reducer_version = n.reducer_version AND s.version = n.version AND n.version >= $2::int8"
                        " AND n.number > $5::int8",
                    event_store_id, which.min_version, which.aggregate_id.value_or(std::string_view{}),
                    which.reducer_version.value_or(0), static_cast<std::int64_t>(which.keep));
}

/// In the transaction of a forced push, after its events were written.
inline void delete_postgres_snapshots(PostgresTransaction& transaction, const PostgresSettings& settings,
                                      std::span<const PushRecord> records) {
  if (!settings.has_room_for_snapshots()) return;  // there cannot be one
  const std::string& table = settings.quoted_snapshots;
  if (!transaction.query("SELECT pg_catalog.to_regclass($1::text) IS NOT NULL", table)[0].get<bool>(0)) return;
  change_postgres_history(transaction, table);
  for (const auto& [event_store_id, record] : records) {
    transaction.execute(
        "DELETE FROM " + table + " WHERE aggregate_name = $1::text AND aggregate_id = $2::text AND version >= $3::int8",
        event_store_id, record.aggregate_id, record.version);
  }
}

}  // namespace castore::detail

#endif
