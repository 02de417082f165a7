// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_STATEMENTS_HPP
#define CASTORE_ADAPTERS_POSTGRES_STATEMENTS_HPP

#include <castore/config.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// The statements of an adapter, in the order of `PostgresStatements`.
enum class PostgresStatement : std::size_t {
  push,         ///< One event: the id it got, or one of the two below.
  push_next,    ///< One of several events in an order without circles: its id, or the error 22012.
  push_group,   ///< Events as arrays: status, index, the first one's id, and all ids as text; or the error 22012.
  push_forced,  ///< The same, of which the status is always 0.
  find_pushed,  ///< Of events as arrays: how many of them are stored as they are, 0, and their ids as above.
  get,
  get_reverse,
  list,
  list_after,
  list_reverse,
  list_reverse_after,
  list_stores,
  read_all,          ///< Numbers of events after one, with the event where it is wanted; see `PostgresOrder`.
  next_number,       ///< The first number after one.
  last_number,       ///< The greatest number that can be seen.
  probe,             ///< The same, and who may still write a smaller one.
  holder,            ///< The oldest of those.
  order_facts,       ///< What must hold for numbers to be an order.
  load_snapshot,     ///< The number of the history; version, timestamp, state and age of a snapshot, or NULL.
  push_forced_alone  ///< As `push_forced`; the error 22012, and nothing is written, where there is a table of
                     ///< snapshots.
};
inline constexpr std::size_t postgres_statement_count = 20;
using PostgresStatements = std::array<std::string, postgres_statement_count>;

/// What `push` answers instead of an id, which is greater.
inline constexpr int postgres_already_exists = -1;
inline constexpr int postgres_version_gap = -2;

/// A text to stand between quotes in SQL.
inline std::string in_sql_text(const std::string& text) {
  std::string escaped;
  for (const char character : text) escaped.append(character == '\'' ? 2 : 1, character);
  return escaped;
}

/// @param table Its quoted name.
/// @param snapshots That of the table of snapshots.
/// @param next_id The expression that draws a number for column id.
inline PostgresStatements write_postgres_statements(const std::string& table, const std::string& snapshots,
                                                    bool id_is_uuid,
                                                    const std::string& next_id) {
  PostgresStatements statements;
  const auto set = [&statements](PostgresStatement statement, std::string sql) {
    statements[static_cast<std::size_t>(statement)] = std::move(sql);
  };
  const std::string to_id = id_is_uuid ? "::uuid" : "";
  const std::string id = "$2::text" + to_id;
  const std::string aggregate = " FROM " + table + " e WHERE e.aggregate_name = $1::text AND e.aggregate_id = " + id;
  const std::string columns = "(aggregate_name, aggregate_id, version, type, data, metadata, timestamp";
  const std::string key = "(aggregate_name, aggregate_id, version)";

  // Of the version and the one before it the last that is there tells what becomes of a push, in one look at the index;
  // so a conflict that can be seen draws no number for column id. All parts of the statement see the table at one
  // moment, except for the insert, which also meets what others write then.
  const std::string last = "coalesce((SELECT e.version" + aggregate +
                           " AND e.version BETWEEN $3::int8 - 1 AND $3::int8 ORDER BY e.version DESC LIMIT 1), 0)";
  set(PostgresStatement::push,
      "WITH pushed AS (INSERT INTO " + table + " " + columns + ") SELECT $1::text, " + id +
          ", $3::int8, $4::text, $5::jsonb, $6::jsonb, $7::timestamptz WHERE " + last + " = $3::int8 - 1 ON CONFLICT " +
          key + " DO NOTHING RETURNING id) SELECT coalesce((SELECT id::int8 FROM pushed), CASE WHEN " + last +
          " < $3::int8 - 1 THEN " + std::to_string(postgres_version_gap) + "::int8 ELSE " +
          std::to_string(postgres_already_exists) + "::int8 END)");

  // What is in the way divides by zero, which ends the whole flight.
  set(PostgresStatement::push_next, "INSERT INTO " + table + " " + columns + ") SELECT $1::text, " + id +
                                        ", $3::int8 / (" + last +
                                        " = $3::int8 - 1)::int4, $4::text, $5::jsonb, $6::jsonb, $7::timestamptz"
                                        " RETURNING id::int8");

  // Events come as arrays, in the order of their group. Their numbers are drawn in this order, while the statement
  // holds its lock of the table; written they are in the order of their aggregates, so that no two groups wait for each
  // other in a circle. An event that follows another one of its group needs no other before it.
  const std::string events =
      " FROM unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::jsonb[], $6::jsonb[], $7::timestamptz[]";
  const std::string names = ") WITH ORDINALITY g(aggregate_name, aggregate_id, version, type, data, metadata, at";
  const std::string refused =
      "refused AS MATERIALIZED (SELECT c.place, c.last = c.version AS already_exists FROM (SELECT g.place, g.version,"
      " g.follows, coalesce((SELECT e.version::int8 FROM " +
      table + " e WHERE e.aggregate_name = g.aggregate_name AND e.aggregate_id = g.aggregate_id" + to_id +
      " AND e.version BETWEEN g.version - 1 AND g.version ORDER BY e.version DESC LIMIT 1), 0) AS last"
      " FROM unnest($1::text[], $2::text[], $3::int8[], $9::bool[]) WITH ORDINALITY"
      " g(aggregate_name, aggregate_id, version, follows, place) OFFSET 0) c"
      " WHERE c.last = c.version OR (c.last < c.version - 1 AND NOT c.follows) ORDER BY c.place LIMIT 1), ";
  const auto insert = [&](const std::string& condition, const std::string& conflict) {
    return "drawn AS MATERIALIZED (SELECT " + next_id + " AS id, g.*" + events + ", $8::int8[]" + names +
           ", rank, place)" + condition + " ORDER BY g.place), pushed AS (INSERT INTO " + table + " " + columns +
           ", id) OVERRIDING SYSTEM VALUE SELECT d.aggregate_name, d.aggregate_id" + to_id +
           ", d.version, d.type, d.data, d.metadata, d.at, d.id FROM drawn d ORDER BY d.rank ON CONFLICT " + key +
           conflict + " RETURNING id, aggregate_name, aggregate_id, version) ";
  };
  // What others pushed meanwhile makes a group incomplete, which divides by zero, too.
  set(PostgresStatement::push_group,
      "WITH " + refused + insert(" WHERE NOT EXISTS (SELECT 1 FROM refused)", " DO NOTHING") +
          "SELECT CASE WHEN r.place IS NULL THEN 0 WHEN r.already_exists THEN 1 ELSE 2 END::int8,"
          " coalesce(r.place - 1, 0)::int8, CASE WHEN r.place IS NULL THEN coalesce(p.first, 0)"
          " / (p.count = cardinality($3::int8[]))::int4 ELSE 0 END::int8, p.ids"
          " FROM (SELECT min(id)::int8 AS first, count(*), string_agg(id::text, ' ' ORDER BY id) AS ids FROM pushed) p"
          " LEFT JOIN refused r ON true");
  const auto force = [&](const std::string& check) {
    return "WITH " +
           insert("",
                  " DO UPDATE SET type = excluded.type, data = excluded.data, metadata = excluded.metadata, timestamp ="
                  " excluded.timestamp") +
           "SELECT 0::int8, 0::int8, (array_agg(p.id ORDER BY d.place))[1]::int8, string_agg(p.id::text, ' ' ORDER BY"
           " d.place)" +
           check +
           " FROM pushed p JOIN drawn d ON p.aggregate_name = d.aggregate_name AND p.aggregate_id = d.aggregate_id" +
           to_id + " AND p.version = d.version";
  };
  set(PostgresStatement::push_forced, force(""));
  // Looked for when the events are written, as the table of snapshots is made when no push is under way.
  set(PostgresStatement::push_forced_alone,
      force(", 1 / (pg_catalog.to_regclass(nullif($9::text, '')) IS NULL)::int4"));
  set(PostgresStatement::find_pushed,
      "SELECT count(*), 0::int8, coalesce(min(e.id) FILTER (WHERE g.place = 1), 0)::int8, string_agg(e.id::text, ' '"
      " ORDER BY g.place)" +
          events + names + ", place) JOIN " + table +
          " e ON e.aggregate_name = g.aggregate_name AND e.aggregate_id = g.aggregate_id" + to_id +
          " AND e.version = g.version AND e.type = g.type AND e.data IS NOT DISTINCT FROM g.data"
          " AND e.metadata IS NOT DISTINCT FROM g.metadata AND e.timestamp = g.at");

  const auto get = [&](const char* direction) {
    return "SELECT e.version::int8, e.type::text, e.timestamp, e.data, e.metadata" + aggregate +
           " AND e.version BETWEEN $3::int8 AND $4::int8 ORDER BY e.version" + direction + " LIMIT $5::int8";
  };
  set(PostgresStatement::get, get(""));
  set(PostgresStatement::get_reverse, get(" DESC"));

  // A page begins at a moment or after an aggregate; the one comparison that says so leads the index there. Other
  // programs may have stored microseconds, of which a page token knows nothing, so the last aggregate's are looked
  // up: by its version in a parameter, so that the index for lists, which is the wrong one, cannot be taken.
  const std::string sorted_id = id_is_uuid ? "e.aggregate_id" : "e.aggregate_id COLLATE \"C\"";
  const std::string last_id = "$5::text" + to_id;
  const std::string last_place =
      "(coalesce((SELECT CASE WHEN l.timestamp >= $3::timestamptz AND l.timestamp < $3::timestamptz + interval"
      " '1 millisecond' THEN l.timestamp END FROM " +
      table + " l WHERE l.aggregate_name = $1::text AND l.aggregate_id = " + last_id +
      " AND l.version = $6::int8), $3::timestamptz), " + last_id + ")";
  const auto list = [&](const std::string& bounds, const std::string& direction) {
    return "SELECT e.aggregate_id::text, e.timestamp FROM " + table +
           " e WHERE e.aggregate_name = $1::text AND e.version = 1 AND " + bounds + " ORDER BY e.timestamp" +
           direction + ", " + sorted_id + direction + " LIMIT $4::int8";
  };
  const std::string between = "e.timestamp >= $2::timestamptz AND e.timestamp < $3::timestamptz";
  const std::string position = "(e.timestamp, " + sorted_id + ")";
  set(PostgresStatement::list, list(between, ""));
  set(PostgresStatement::list_reverse, list(between, " DESC"));
  set(PostgresStatement::list_after, list(position + " > " + last_place + " AND e.timestamp < $2::timestamptz", ""));
  set(PostgresStatement::list_reverse_after,
      list(position + " < " + last_place + " AND e.timestamp >= $2::timestamptz", " DESC"));

  // One look at the index for each store, instead of reading every event.
  const auto next_store = [&](const std::string& condition) {
    return "(SELECT e.aggregate_name::text FROM " + table + " e" + condition + " ORDER BY e.aggregate_name LIMIT 1)";
  };
  set(PostgresStatement::list_stores,
      "WITH RECURSIVE stores(name) AS (" + next_store("") + " UNION ALL SELECT " +
          next_store(" WHERE e.aggregate_name > s.name") +
          " FROM stores s WHERE s.name IS NOT NULL) SELECT s.name FROM stores s WHERE s.name IS NOT NULL");

  // All numbers are read, so that a gap can be seen; the rest of an event only where it is wanted. Of the last two columns,
  // which only the first row has, one changes when the table is made again or truncated and when the server is started,
  // the other is the greatest number, so that a full page needs no question of its own for it.
  const std::string name = "pg_catalog.to_regclass('" + in_sql_text(table) + "')";
  const std::string identity =
      "(SELECT (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::int8 #"
      " (coalesce(pg_catalog.pg_relation_filenode(" +
      name + "), 0)::int8 << 24))";
  const auto wanted = [](const std::string& column) { return ", CASE WHEN e.yes THEN " + column + " END"; };
  const auto first = [](const std::string& value) { return ", CASE WHEN e.first THEN " + value + " END"; };
  // The limit stands inside, so that it is found out once for each row whether it is wanted, not for each column.
  set(PostgresStatement::read_all,
      "SELECT e.id::int8" + wanted("e.aggregate_name::text") + wanted("e.aggregate_id::text") +
          wanted("e.version::int8") + wanted("e.type::text") + wanted("e.timestamp") + wanted("e.data") +
          wanted("e.metadata") + first(identity) + first("(SELECT max(m.id) FROM " + table + " m)::int8") +
          " FROM (SELECT e.id, e.aggregate_name, e.aggregate_id, e.version, e.type, e.timestamp, e.data, e.metadata,"
          " e.id = (SELECT min(f.id) FROM " + table + " f WHERE f.id > $1::int8) AS first,"
          " ($3::text[] IS NULL OR e.aggregate_name::text = ANY ($3::text[]))"
          " AND ($4::text[] IS NULL OR e.type::text = ANY ($4::text[])) AS yes FROM " +
          table + " e WHERE e.id > $1::int8 ORDER BY e.id LIMIT $2::int8) e ORDER BY e.id");
  set(PostgresStatement::next_number,
      "SELECT e.id::int8, " + identity + " FROM " + table + " e WHERE e.id > $1::int8 ORDER BY e.id LIMIT 1");
  // Where the last events were deleted, the sequence still knows how far it came.
  const std::string top = "coalesce((SELECT max(e.id) FROM " + table + " e), 0)::int8";
  const std::string sequence = "pg_catalog.pg_get_serial_sequence('" + in_sql_text(table) + "', 'id')";
  set(PostgresStatement::last_number,
      "SELECT CASE WHEN t.top >= $1::int8 OR NOT coalesce(pg_catalog.has_sequence_privilege(" + sequence +
          ", 'USAGE, SELECT'), false) THEN t.top ELSE greatest(t.top, least($1::int8, "
          "coalesce(pg_catalog.pg_sequence_last_value(" +
          sequence + "::pg_catalog.regclass), 0))) END::int8 FROM (SELECT " + top + " AS top) t");
  // The snapshot is older than the look at the locks, as it must be.
  const std::string locks =
      "pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted"
      " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"
      " AND l.relation = " +
      name + "::oid";
  // Not by their processes: a transaction that is prepared loses its process, and keeps this name until the server
  // ends.
  set(PostgresStatement::probe, "SELECT " + identity + ", " + top +
                                    ", h.holder FROM (SELECT 1) one LEFT JOIN"
                                    " (SELECT l.virtualtransaction AS holder FROM " +
                                    locks + ") h ON true");
  set(PostgresStatement::holder,
      "SELECT coalesce(h.pid, 0)::int8, (extract(epoch FROM pg_catalog.clock_timestamp() - h.began) * 1000)::int8,"
      " h.name FROM (SELECT l.pid, coalesce(a.xact_start, p.prepared) AS began, coalesce(p.gid, a.application_name, '')"
      " AS name FROM (SELECT l.pid, l.virtualtransaction FROM " +
          locks +
          ") l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid LEFT JOIN pg_catalog.pg_locks x ON l.pid IS "
          "NULL"
          " AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = l.virtualtransaction"
          " LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid) h ORDER BY h.began LIMIT 1");
  set(PostgresStatement::order_facts,
      "SELECT pg_catalog.pg_is_in_recovery()::int4::int8, coalesce(max(s.seqcache), 1)::int8,"
      " coalesce(min(s.seqincrement), 1)::int8 FROM pg_catalog.pg_sequence s WHERE s.seqrelid = " +
          sequence +
          "::pg_catalog.regclass OR s.seqrelid IN (SELECT d.refobjid FROM pg_catalog.pg_depend d"
          " JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid"
          " AND a.attnum = f.adnum WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass"
          " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND a.attname = 'id' AND f.adrelid = " +
          name + "::oid)");
  set(PostgresStatement::load_snapshot,
      "SELECT (h.state #>> '{}')::int8, s.version, s.event_timestamp, s.state, s.created_at FROM " + snapshots +
          " h LEFT JOIN LATERAL (SELECT * FROM " + snapshots +
          " s WHERE s.aggregate_name = $1::text AND s.aggregate_id = $2::text AND s.reducer_version = $3::int8"
          " AND s.version BETWEEN 1 AND $4::int8 ORDER BY s.version DESC LIMIT 1) s ON true"
          " WHERE h.aggregate_name = '' AND h.aggregate_id = '' AND h.reducer_version = 0 AND h.version = 0");
  return statements;
}

}  // namespace castore::detail

#endif
