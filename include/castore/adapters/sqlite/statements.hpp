// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_STATEMENTS_HPP
#define CASTORE_ADAPTERS_SQLITE_STATEMENTS_HPP

#include <castore/config.hpp>

namespace castore::detail {

// A failed EXISTS makes the version NULL, which NOT NULL refuses: the check and the write are one statement, so that
// no other process can come between them. OR ABORT, as a table could name something else for its constraints.
inline constexpr char sqlite_push[] =
    "INSERT OR ABORT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata) VALUES (?1,"
    " ?2, CASE WHEN ?3 = 1 OR EXISTS (SELECT 1 FROM event"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version = ?3 - 1) THEN ?3 END, ?4, ?5, ?6, ?7)";
inline constexpr char sqlite_push_next[] =
    "INSERT OR ABORT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
inline constexpr char sqlite_push_forced[] =
    "INSERT OR ABORT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload, metadata)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT"
    " (event_store_id COLLATE BINARY, aggregate_id COLLATE BINARY, version) DO UPDATE SET"
    " type = excluded.type, timestamp = excluded.timestamp, payload = excluded.payload, metadata = excluded.metadata"
    " RETURNING position";
inline constexpr char sqlite_has_event[] =
    "SELECT 1 FROM event WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version = ?3";

inline constexpr char sqlite_get_events[] =
    "SELECT version, type, timestamp, payload, metadata FROM event"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version BETWEEN ?3 AND ?4 ORDER BY version LIMIT ?5";
inline constexpr char sqlite_get_events_reverse[] =
    "SELECT version, type, timestamp, payload, metadata FROM event"
    " WHERE event_store_id = ?1 AND aggregate_id = ?2 AND version BETWEEN ?3 AND ?4 ORDER BY version DESC LIMIT ?5";

// One comparison of pairs says where a page starts, so that the index leads there; a second bound on the same side
// would make SQLite choose the wrong one and walk over all the pages before.
inline constexpr char sqlite_list[] =
    "SELECT aggregate_id, timestamp FROM event WHERE event_store_id = ?1 AND version = 1"
    " AND (timestamp, aggregate_id) >= (?2, ?3) AND timestamp <= ?4 ORDER BY timestamp, aggregate_id";
inline constexpr char sqlite_list_reverse[] =
    "SELECT aggregate_id, timestamp FROM event WHERE event_store_id = ?1 AND version = 1"
    " AND (timestamp, aggregate_id) < (?2, ?3) AND timestamp >= ?4 ORDER BY timestamp DESC, aggregate_id DESC";

// From each store to the next by one search in the index ("loose index scan"): DISTINCT would read all of it.
inline constexpr char sqlite_list_event_stores[] =
    "WITH RECURSIVE store (id) AS (SELECT min(event_store_id) FROM event UNION ALL"
    " SELECT (SELECT min(event_store_id) FROM event WHERE event_store_id > store.id) FROM store"
    " WHERE store.id IS NOT NULL) SELECT id FROM store WHERE id IS NOT NULL";

// Positions rise in the order of commits, so what is not there now will never come before what is.
inline constexpr char sqlite_read_all[] =
    "SELECT position, event_store_id, aggregate_id, version, type, timestamp, payload, metadata FROM event"
    " WHERE position > ?1 ORDER BY position LIMIT ?2";
inline constexpr char sqlite_last_position[] = "SELECT max(position) FROM event";
// Of files with AUTOINCREMENT: what was deleted counts.
inline constexpr char sqlite_has_sequence[] = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'";
inline constexpr char sqlite_last_given_out[] = "SELECT seq FROM sqlite_sequence WHERE name = 'event'";

}  // namespace castore::detail

#endif
