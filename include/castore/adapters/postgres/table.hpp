// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_TABLE_HPP
#define CASTORE_ADAPTERS_POSTGRES_TABLE_HPP

#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// The statements of an adapter, in the order of `PostgresTable::sql`.
enum class PostgresStatement : std::size_t {
  push,
  push_in_group,
  push_forced,
  has_event,
  has_same_event,
  get,
  get_reverse,
  list,
  list_after,
  list_reverse,
  list_reverse_after
};
inline constexpr std::size_t postgres_statement_count = 11;

/// A name as SQL text that means this name and nothing else.
/// @throws StorageError
inline std::string quote_postgres_name(std::string_view name) {
  // PostgreSQL cuts longer names, so that two of them could be one.
  if (name.empty() || name.size() > 63 || !is_utf8_without_nul(name)) {
    throw StorageError{in_quotes(name) +
                       " is no name of a PostgreSQL table or schema; a name has 1 to 63 bytes of "
                       "UTF-8 text without NUL"};
  }
  std::string quoted{'"'};
  for (const char character : name) quoted.append(character == '"' ? 2 : 1, character);
  return quoted += '"';
}

/// What the catalogs say of an events table, and the statements that fit it.
class PostgresTable {
 public:
  /// Tells name, type and type modifier of the columns; `$1` is the quoted name.
  static constexpr char describe_sql[] =
      "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, NULL)::text, a.atttypmod::int8"
      " FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass($1::text)"
      " AND a.attnum > 0 AND NOT a.attisdropped";

  /// @param quoted_name With its schema, if it has one.
  /// @param name What an error message calls it.
  /// @throws StorageError when it is not there or has other columns.
  PostgresTable(const std::string& quoted_name, const std::string& name, const PostgresResult& columns) {
    if (columns.rows() == 0) {
      throw StorageError{"there is no " + name +
                         "; create it with create_event_table, or correct its name: it is "
                         "taken literally, with upper and lower case"};
    }
    const auto column = [&](std::string_view wanted, std::initializer_list<std::string_view> types) {
      for (int row = 0; row < columns.rows(); ++row) {
        if (columns.text(row, 0) != wanted) continue;
        const std::string_view type = columns.text(row, 1);
        if (std::ranges::find(types, type) != types.end()) return std::pair{type, columns.integer(row, 2)};
        throw StorageError{name + " is no events table: its column " + std::string{wanted} + " has the type " +
                           std::string{type} + " instead of " + std::string{*types.begin()} +
                           "; name another table, or create one with create_event_table"};
      }
      throw StorageError{name + " is no events table: it has no column " + std::string{wanted} +
                         "; name another table, or create one with create_event_table"};
    };
    static constexpr std::string_view varying = "character varying";
    const auto length = [](const auto& type_and_modifier) {  // the modifier is the length and 4 more, or -1
      const auto [type, modifier] = type_and_modifier;
      return type == varying && modifier > 4 ? static_cast<std::size_t>(modifier) - 4 : unlimited;
    };
    name_length_ = length(column("aggregate_name", {"text", varying}));
    const auto id = column("aggregate_id", {"text", varying, "uuid"});
    id_is_uuid_ = id.first == "uuid";
    id_length_ = length(id);
    if (column("version", {"bigint", "integer"}).first == "integer") {
      last_version_ = std::numeric_limits<std::int32_t>::max();
    }
    type_length_ = length(column("type", {"text", varying}));
    column("data", {"jsonb"});
    column("metadata", {"jsonb"});
    column("timestamp", {"timestamp with time zone"});
    write_sql(quoted_name);
  }

  const std::string& sql(PostgresStatement statement) const noexcept {
    return sql_[static_cast<std::size_t>(statement)];
  }

  bool ids_are_uuids() const noexcept { return id_is_uuid_; }

  /// @throws InvalidEventError when the table has no room for the event's ids, type or version.
  void check(const PushRecord& push) const {
    const EventRecord& record = push.record;
    check_length("event_store_id", push.event_store_id, name_length_);
    if (id_is_uuid_ && !is_canonical_uuid(record.aggregate_id)) {
      throw InvalidEventError{"aggregate_id", in_quotes(record.aggregate_id) +
                                                  " is no UUID in lower case, as this table's ids are; give the "
                                                  "event such an id, or create a table with ids of another type"};
    }
    check_length("aggregate_id", record.aggregate_id, id_length_);
    // Longer ones do not fit the entry of an index, which is less than a third of a page.
    constexpr std::size_t longest_key = 2'600;
    if (push.event_store_id.size() + record.aggregate_id.size() > longest_key) {
      throw InvalidEventError{"aggregate_id", in_quotes(record.aggregate_id) +
                                                  " is too long; with its event store's id it has at most " +
                                                  std::to_string(longest_key) + " bytes in PostgreSQL"};
    }
    if (record.version > last_version_) {
      throw InvalidEventError{"version", std::to_string(record.version) +
                                             " does not fit this table's column version, "
                                             "which is an INTEGER; make it a BIGINT"};
    }
    if (!is_utf8_without_nul(record.type)) {
      throw InvalidEventError{"type", in_quotes(record.type) + " is not UTF-8 text without NUL"};
    }
    check_length("type", record.type, type_length_);
  }

  /// Whether an event of the table can have this id.
  bool may_hold(std::string_view aggregate_id) const noexcept {
    return id_is_uuid_ ? is_uuid(aggregate_id) : is_utf8_without_nul(aggregate_id);
  }

 private:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  static void check_length(std::string_view field, std::string_view text, std::size_t longest) {
    if (text.size() <= longest) return;
    const auto characters = static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
    if (characters <= longest) return;
    throw InvalidEventError{
        field, in_quotes(text) + " is too long; this table has room for " + std::to_string(longest) + " characters"};
  }

  static bool is_uuid(std::string_view text, bool only_lower_case = false) noexcept {
    if (text.size() != 36) return false;
    for (std::size_t index = 0; index < text.size(); ++index) {
      const char character = text[index];
      const bool is_hyphen = index == 8 || index == 13 || index == 18 || index == 23;
      const bool is_digit = (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
                            (!only_lower_case && character >= 'A' && character <= 'F');
      if (is_hyphen ? character != '-' : !is_digit) return false;
    }
    return true;
  }
  static bool is_canonical_uuid(std::string_view text) noexcept { return is_uuid(text, true); }

  void write_sql(const std::string& table) {
    const std::string id = id_is_uuid_ ? "$2::text::uuid" : "$2::text";
    const std::string aggregate = " FROM " + table + " e WHERE e.aggregate_name = $1::text AND e.aggregate_id = " + id;
    const std::string event = "SELECT 1" + aggregate + " AND e.version = $3::int8";
    const std::string event_before = event + " - 1";
    const std::string insert =
        "INSERT INTO " + table + " (aggregate_name, aggregate_id, version, type, data, metadata, timestamp)";
    const auto values = [&](std::string_view version) {
      return "$1::text, " + id + ", " + std::string{version} + ", $4::text, $5::jsonb, $6::jsonb, $7::timestamptz";
    };
    const std::string key = "(aggregate_name, aggregate_id, version)";
    const auto set = [this](PostgresStatement statement, std::string sql) {
      sql_[static_cast<std::size_t>(statement)] = std::move(sql);
    };

    // All its parts see the table at one moment, except for the insert, which also meets what others write then.
    set(PostgresStatement::push,
        "WITH pushed AS (" + insert + " SELECT " + values("$3::int8") + " WHERE $3::int8 = 1 OR EXISTS (" +
            event_before + ") ON CONFLICT " + key + " DO NOTHING RETURNING 1)" +
            " SELECT CASE WHEN EXISTS (SELECT 1 FROM pushed) THEN 0::int8 WHEN $3::int8 = 1 OR EXISTS (" +
            event_before + ") OR EXISTS (" + event + ") THEN 1::int8 ELSE 2::int8 END");
    // What must not be written is an error here, which ends the whole group: the version that exists meets the unique
    // constraint, and the one after a gap is NULL, which the column refuses.
    set(PostgresStatement::push_in_group, insert + " SELECT " +
                                              values("CASE WHEN $3::int8 = 1 OR EXISTS (" + event_before +
                                                     ") OR EXISTS (" + event + ") THEN $3::int8 END"));
    set(PostgresStatement::push_forced,
        insert + " VALUES (" + values("$3::int8") + ") ON CONFLICT " + key +
            " DO UPDATE SET type = excluded.type, data = excluded.data, metadata = excluded.metadata, timestamp = "
            "excluded.timestamp");
    set(PostgresStatement::has_event, event);
    set(PostgresStatement::has_same_event,
        event +
            " AND e.type = $4::text AND e.data IS NOT DISTINCT FROM $5::jsonb"
            " AND e.metadata IS NOT DISTINCT FROM $6::jsonb AND e.timestamp = $7::timestamptz");

    const auto get = [&](const char* direction) {
      return "SELECT e.version::int8, e.type::text, e.timestamp, e.data, e.metadata" + aggregate +
             " AND e.version BETWEEN $3::int8 AND $4::int8 ORDER BY e.version" + direction + " LIMIT $5::int8";
    };
    set(PostgresStatement::get, get(""));
    set(PostgresStatement::get_reverse, get(" DESC"));

    // A page begins at a moment or after an aggregate; the one comparison that says so leads the index there. Other
    // programs may have stored microseconds, of which a page token knows nothing, so the last aggregate's are looked
    // up: by its version in a parameter, so that the index for lists, which is the wrong one, cannot be taken.
    const std::string sorted_id = id_is_uuid_ ? "e.aggregate_id" : "e.aggregate_id COLLATE \"C\"";
    const std::string last_id = id_is_uuid_ ? "$5::text::uuid" : "$5::text";
    const std::string last =
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
    set(PostgresStatement::list_after, list(position + " > " + last + " AND e.timestamp < $2::timestamptz", ""));
    set(PostgresStatement::list_reverse_after,
        list(position + " < " + last + " AND e.timestamp >= $2::timestamptz", " DESC"));
  }

  std::size_t name_length_ = unlimited;
  std::size_t id_length_ = unlimited;
  std::size_t type_length_ = unlimited;
  Version last_version_ = std::numeric_limits<Version>::max();
  bool id_is_uuid_ = false;
  std::array<std::string, postgres_statement_count> sql_;
};

}  // namespace castore::detail

#endif
