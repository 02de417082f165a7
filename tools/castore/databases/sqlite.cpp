// SPDX-License-Identifier: MIT
#include "tools/castore/database.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/core/errors.hpp>
#include <castore/maintenance/inspect_events.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace castore::tool {

namespace {

constexpr std::string_view looking = "look at";

/// Text of a column that may be of any type; nothing for NULL. A blob is taken for text, as it may be one that was put
/// there by mistake.
std::optional<std::string_view> text_in(const detail::SqliteQuery& query, int column) {
  const std::string_view text = query.text(column);
  return text.data() == nullptr ? std::nullopt : std::optional<std::string_view>(text);
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& path, Access access) : path_{path}, access_{access} {
    std::error_code ignored;
    if (access == Access::create || std::filesystem::exists(path, ignored)) return;
    if (access != Access::imagine) throw StorageError{"cannot open " + file().name() + ": it is not there"};
    path_ = ":memory:";
  }

  AnyEventStorageAdapter storage() override {
    if (!storage_) {
      // Copies are compared, and run again, so no push has to survive a loss of power by itself.
      storage_.emplace(path_, SqliteEventStorageAdapterOptions{.synchronous = SqliteSynchronous::normal,
                                                               .read_only = is_read_only()});
    }
    return AnyEventStorageAdapter{*storage_};
  }

  void for_each_row(const std::function<void(const StoredRow&)>& look) override {
    const auto connection = open_damaged();
    detail::SqliteQuery query{*connection,
                              "SELECT position, event_store_id, aggregate_id, version, type, timestamp, payload,"
                              " metadata FROM event ORDER BY event_store_id, aggregate_id, version",
                              looking};
    while (query.step()) {
      const std::string place = "row " + std::to_string(query.integer(0));
      look({.place = place,
            .position = query.integer(0),
            .event_store_id = text_in(query, 1),
            .aggregate_id = text_in(query, 2),
            .version = query.text(3).data() == nullptr ? std::nullopt : std::optional<Version>(query.integer(3)),
            .type = text_in(query, 4),
            .timestamp = text_in(query, 5),
            .payload = text_in(query, 6),
            .metadata = text_in(query, 7)});
    }
  }

  std::vector<ReaderState> readers() override {
    std::vector<ReaderState> readers;
    const auto connection = open();
    SqliteTransaction transaction{*connection};
    if (!has_table(transaction, "castore_projection")) return readers;
    for (const SqlRow& row : transaction.query(
             "SELECT name, version, position, updated_at FROM castore_projection ORDER BY name, version")) {
      readers.push_back({row.get<std::string>(0), row.get<int>(1), row.get<Position>(2), row.get<std::string>(3)});
    }
    return readers;
  }

  std::vector<KeptDeadLetter> dead_letters() override {
    std::vector<KeptDeadLetter> letters;
    const auto connection = open();
    SqliteTransaction transaction{*connection};
    if (!has_table(transaction, "castore_dead_letter")) return letters;
    for (const SqlRow& row : transaction.query(
             "SELECT name, version, position, error, attempts, at FROM castore_dead_letter ORDER BY 1, 2, 3")) {
      letters.push_back({row.get<std::string>(0),
                         row.get<int>(1),
                         {row.get<Position>(2), row.get<std::string>(3), row.get<int>(4),
                          Timestamp{std::chrono::milliseconds{row.get<std::int64_t>(5)}}}});
    }
    return letters;
  }

 private:
  bool is_read_only() const noexcept {
    return access_ == Access::read || (access_ == Access::imagine && path_ != ":memory:");
  }
  detail::SqliteFile file() const { return {path_, std::chrono::seconds{5}, true}; }
  std::unique_ptr<detail::SqliteConnection> open() const {
    return detail::open_sqlite_read_only(file(), detail::absolute_sqlite_path(path_), looking);
  }
  /// The same for a file whose table is not quite the one that an adapter accepts: its rows are to be seen. Why it does
  /// not accept it is said by whoever then asks for `storage()`.
  std::unique_ptr<detail::SqliteConnection> open_damaged() const {
    try {
      return open();
    } catch (const StorageError&) {
      auto connection = std::make_unique<detail::SqliteConnection>(detail::absolute_sqlite_path(path_),
                                                                   SQLITE_OPEN_READONLY, file(), looking);
      SqliteTransaction transaction{*connection};
      if (!has_table(transaction, "event")) throw;
      return connection;
    }
  }
  static bool has_table(SqliteTransaction& transaction, std::string_view name) {
    return !transaction.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name).empty();
  }

  std::string path_;
  Access access_;
  std::optional<SqliteEventStorageAdapter> storage_;
};

const RegisterDatabase sqlite_database{{""}, [](const std::string& url, Access access) -> std::unique_ptr<Database> {
                                         return std::make_unique<SqliteDatabase>(url, access);
                                       }};

}  // namespace

}  // namespace castore::tool
