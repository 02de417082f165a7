// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_TABLE_HPP
#define CASTORE_ADAPTERS_POSTGRES_TABLE_HPP

#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

namespace castore::detail {

/// What the catalogs say of an events table, and the statements that fit it.
class PostgresTable {
 public:
  /// Tells of each column its name, type, type modifier, whether its collation, or that of a unique index of it, takes
  /// different texts for equal, what gives the next number to column id, whether the table has its unique key, and the
  /// type's name; `$1` is the quoted name. Numbers stand for types, as names are written in one way or another as a
  /// setting wants it.
  static constexpr char describe_sql[] =
      "SELECT a.attname::text, a.atttypid::int8, a.atttypmod::int8, (c.collisdeterministic IS FALSE OR EXISTS"
      " (SELECT 1 FROM pg_catalog.pg_index i, unnest(i.indkey::int2[], i.indcollation::oid[]) k(attnum, id)"
      " JOIN pg_catalog.pg_collation o ON o.oid = k.id WHERE i.indrelid = a.attrelid AND i.indisunique"
      " AND k.attnum = a.attnum AND NOT o.collisdeterministic))::int4::int8,"
      " CASE a.attname WHEN 'id' THEN coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'pg_catalog.nextval('"
      " || pg_catalog.quote_literal(pg_catalog.pg_get_serial_sequence($1::text, 'id')) || '::pg_catalog.regclass)')"
      " END, (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND "
      "i.indisvalid"
      " AND i.indimmediate AND i.indpred IS NULL AND i.indnkeyatts = 3 AND ARRAY(SELECT k.attname::text"
      " FROM pg_catalog.pg_attribute k WHERE k.attrelid = a.attrelid AND k.attnum = ANY (i.indkey[0:2])"
      " ORDER BY k.attname) = ARRAY['aggregate_id', 'aggregate_name', 'version']), pg_catalog.format_type(a.atttypid, "
      "NULL)::text FROM pg_catalog.pg_attribute a"
      " LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation"
      " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
      " WHERE a.attrelid = pg_catalog.to_regclass($1::text) AND a.attnum > 0 AND NOT a.attisdropped"
      " ORDER BY a.attnum";

  /// All that `describe_sql` told, to see whether it is another table now.
  static std::string description(const PostgresResult& columns) {
    std::string text;
    for (int row = 0; row < columns.rows(); ++row) {
      for (int column = 0; column < 6; ++column) (text += columns.text(row, column)) += '\0';
    }
    return text;
  }

  /// @param quoted_name With its schema, if it has one.
  /// @param quoted_snapshots That of the table of snapshots.
  /// @param name What an error message calls it.
  /// @throws StorageError when it is not there or has other columns.
  PostgresTable(const std::string& quoted_name, const std::string& quoted_snapshots, const std::string& name,
                const PostgresResult& columns)
      : description_{description(columns)},
        snapshots_{quoted_snapshots == quoted_name ? std::string{} : quoted_snapshots} {
    if (columns.rows() == 0) {
      throw StorageError{"there is no " + name +
                         "; create it with create_event_table, or correct its name: it is "
                         "taken literally, with upper and lower case"};
    }
    constexpr std::string_view remedy = "; name another table, or create one with create_event_table";
    const auto column = [&](std::string_view wanted, std::initializer_list<ColumnType> types) {
      for (int row = 0; row < columns.rows(); ++row) {
        if (columns.text(row, 0) != wanted) continue;
        const Column found{static_cast<ColumnType>(columns.integer(row, 1)), columns.integer(row, 2),
                           columns.integer(row, 3) != 0, columns.text(row, 4)};
        if (std::ranges::find(types, found.type) != types.end()) return found;
        throw StorageError{name + " is not an events table: its column " + std::string{wanted} + " has the type " +
                           std::string{columns.text(row, 6)} + " instead of " + name_of(*types.begin()) +
                           std::string{remedy}};
      }
      throw StorageError{name + " is not an events table: it has no column " + std::string{wanted} +
                         std::string{remedy}};
    };
    // Its equal texts would be one key.
    const auto key_column = [&](std::string_view wanted, std::initializer_list<ColumnType> types) {
      const Column found = column(wanted, types);
      if (!found.confuses_texts) return found;
      throw StorageError{name + " cannot hold events: its column " + std::string{wanted} +
                         " has a nondeterministic collation, by itself or in a unique index, which takes different ids "
                         "for equal; give it another one (ALTER TABLE ... ALTER " +
                         std::string{wanted} + " TYPE text COLLATE \"C\"), or drop the index"};
    };
    using enum ColumnType;
    has_key_ = columns.integer(0, 5) > 0;
    const std::string_view next_id = column("id", {bigint, integer}).next_value;
    name_length_ = key_column("aggregate_name", {text, varchar}).length();
    const Column id = key_column("aggregate_id", {text, varchar, uuid});
    id_is_uuid_ = id.type == uuid;
    id_length_ = id.length();
    if (column("version", {bigint, integer}).type == integer) {
      last_version_ = (std::numeric_limits<std::int32_t>::max)();
    }
    type_length_ = column("type", {text, varchar}).length();
    column("data", {jsonb});
    column("metadata", {jsonb});
    constexpr std::int64_t milliseconds = 3;
    if (const std::int64_t digits = column("timestamp", {timestamptz}).modifier; digits >= 0 && digits < milliseconds) {
      throw StorageError{name +
                         " cannot hold events: its column timestamp has no room for milliseconds; make it a "
                         "TIMESTAMPTZ without a number (ALTER TABLE ... ALTER timestamp TYPE timestamptz)"};
    }
    sql_ = write_postgres_statements(quoted_name, quoted_snapshots, id_is_uuid_, std::string{next_id.empty() ? "NULL::int8" : next_id});
  }

  const std::string& sql(PostgresStatement statement) const noexcept {
    return sql_[static_cast<std::size_t>(statement)];
  }
  const std::string& description() const noexcept { return description_; }

  /// The quoted name of the table of snapshots; empty where there cannot be one.
  const std::string& snapshots() const noexcept { return snapshots_; }

  bool ids_are_uuids() const noexcept { return id_is_uuid_; }
  /// Whether two events of one version cannot be.
  bool has_key() const noexcept { return has_key_; }

  /// @throws InvalidEventError when the table has no room for the event's ids, type or version.
  void check_event(const PushRecord& push) const {
    const EventRecord& record = push.record;
    check_length("event_store_id", push.event_store_id, name_length_);
    if (id_is_uuid_ && !is_canonical_uuid(record.aggregate_id)) {
      throw InvalidEventError{"aggregate_id", in_quotes(record.aggregate_id) +
                                                  " is not a UUID in lower case, as this table's ids are; give the "
                                                  "event such an id, or create a table with ids of another type"};
    }
    check_length("aggregate_id", record.aggregate_id, id_length_);
    // Longer ones do not fit the entry of an index, which is less than a third of a page.
    constexpr std::size_t longest_key = 2'600;
    if (push.event_store_id.size() + record.aggregate_id.size() > longest_key) {
      const bool is_store = push.event_store_id.size() > record.aggregate_id.size();
      throw InvalidEventError{is_store ? "event_store_id" : "aggregate_id",
                              in_quotes(is_store ? push.event_store_id : std::string_view{record.aggregate_id}) +
                                  " is too long; an event store's id and an aggregate's have together at most " +
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
  static constexpr std::size_t unlimited = (std::numeric_limits<std::size_t>::max)();

  /// By their numbers in pg_type, which never change.
  enum class ColumnType : std::int64_t {
    bigint = 20,
    integer = 23,
    text = 25,
    varchar = 1043,
    timestamptz = 1184,
    uuid = 2950,
    jsonb = 3802
  };
  static std::string name_of(ColumnType type) {
    switch (type) {
      case ColumnType::bigint:
        return "bigint";
      case ColumnType::text:
        return "text";
      case ColumnType::timestamptz:
        return "timestamp with time zone";
      default:
        return "jsonb";
    }
  }

  struct Column {
    ColumnType type;
    std::int64_t modifier;
    bool confuses_texts;
    std::string_view next_value;

    /// A modifier is the length and 4 more, or -1.
    std::size_t length() const noexcept {
      return type == ColumnType::varchar && modifier > 4 ? static_cast<std::size_t>(modifier) - 4 : unlimited;
    }
  };

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

  std::string description_;
  std::string snapshots_;
  std::size_t name_length_ = unlimited;
  std::size_t id_length_ = unlimited;
  std::size_t type_length_ = unlimited;
  Version last_version_ = (std::numeric_limits<Version>::max)();
  bool id_is_uuid_ = false;
  bool has_key_ = false;
  PostgresStatements sql_;
};

}  // namespace castore::detail

#endif
