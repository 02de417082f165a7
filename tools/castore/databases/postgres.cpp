// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"

#include <castore/adapters/postgres.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/page_size.hpp>
#include <castore/maintenance/inspect_events.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

/// Takes `table` and `schema` out of a URL of libpq, which has no such parameters.
std::string take_parameter(std::string& url, const std::string& name) {
  for (std::size_t place = url.find('?'); place != std::string::npos; place = url.find('&', place + 1)) {
    if (url.compare(place + 1, name.size() + 1, name + '=') != 0) continue;
    const std::size_t end = (std::min)(url.find('&', place + 1), url.size());
    const std::string pair = url.substr(place + 1, end - place - 1);
    url.erase(place + 1, (std::min)(end + 1, url.size()) - place - 1);
    if (url.back() == '?' || url.back() == '&') url.pop_back();
    return DatabaseUrl::parse("postgres://?" + pair, {name}).parameter(name);
  }
  return {};
}

/// Every statement of a connection that is only to read fails when it would write.
PostgresConnectionParameters parameters_of(const std::string& url, Access access) {
  PostgresConnectionParameters parameters = detail::parse_postgres_connection(url);
  if (access == Access::read || access == Access::imagine)
    parameters["options"] += " -c default_transaction_read_only=on";
  return parameters;
}

/// An adapter does not connect where there is no table. False, too, when there is no connection: the adapter says why.
bool is_missing(const PostgresConnectionParameters& parameters, const std::string& quoted_table) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdbParams(names.data(), values.data(), 0),
                                                                &PQfinish};
  const char* const table = quoted_table.c_str();
  const std::unique_ptr<PGresult, decltype(&PQclear)> result{
      PQexecParams(connection.get(), "SELECT pg_catalog.to_regclass($1::text) IS NULL", 1, nullptr, &table, nullptr,
                   nullptr, 0),
      &PQclear};
  return PQresultStatus(result.get()) == PGRES_TUPLES_OK && PQgetvalue(result.get(), 0, 0)[0] == 't';
}

std::optional<std::string> text_in(const SqlRow& row, std::size_t column) {
  return row.get<std::optional<std::string>>(column);
}
class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::string url, Access access) {
    PostgresEventStorageAdapterOptions options;
    if (const std::string table = take_parameter(url, "table"); !table.empty()) options.table_name = table;
    options.schema = take_parameter(url, "schema");
    const PostgresConnectionParameters parameters = parameters_of(url, access);
    settings_ = detail::make_postgres_settings(parameters, options);
    storage_.emplace(parameters, options);
    // One that is there is left as it is, also where Castore made it without an index for lists.
    if (access == Access::create && is_missing(parameters, settings_.quoted_table)) storage_->create_event_table();
  }

  AnyEventStorageAdapter storage() override { return AnyEventStorageAdapter{*storage_}; }

  void for_each_row(const std::function<void(const StoredRow&)>& look) override {
    storage_->transact([&](PostgresTransaction& transaction) {
      transaction.query(
          "DECLARE castore_rows NO SCROLL CURSOR FOR SELECT id, aggregate_name, aggregate_id::text, version, type,"
          " coalesce(CASE WHEN timestamp >= '0001-01-01 00:00:00+00 BC' THEN"  // to_char leaves out BC
          " to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') END, timestamp::text), data,"
          " metadata FROM " +
          settings_.quoted_table + " ORDER BY aggregate_name, aggregate_id, version, id");
      detail::PageSize page_size{500};
      while (true) {
        const SqlRows rows = transaction.query("FETCH " + std::to_string(page_size.next()) + " FROM castore_rows");
        for (const SqlRow& row : rows) page_size.add(look_at(row, look));
        page_size.turn();
        if (rows.empty()) return;
      }
    });
  }

  std::vector<ReaderState> readers() override {
    std::vector<ReaderState> readers;
    const std::string table = settings_.quoted_name_with("_projection");
    if (!has_table(table)) return readers;
    storage_->transact([&](PostgresTransaction& transaction) {
      for (const SqlRow& row :
           transaction.query("SELECT name, version, position, to_char(updated_at AT TIME ZONE 'UTC',"
                             " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM " +
                             table + " ORDER BY name, version")) {
        readers.push_back({row.get<std::string>(0), row.get<int>(1), row.get<Position>(2), row.get<std::string>(3)});
      }
    });
    return readers;
  }

  std::vector<KeptDeadLetter> dead_letters() override {
    std::vector<KeptDeadLetter> letters;
    const std::string table = settings_.quoted_name_with("_dead_letter");
    if (!has_table(table)) return letters;
    storage_->transact([&](PostgresTransaction& transaction) {
      for (const SqlRow& row : transaction.query(
               "SELECT name, version, position, error, attempts, (extract(epoch FROM at) * 1000)::int8 FROM " + table +
               " ORDER BY name, version, position")) {
        letters.push_back({row.get<std::string>(0),
                           row.get<int>(1),
                           {row.get<Position>(2), row.get<std::string>(3), row.get<int>(4),
                            Timestamp{std::chrono::milliseconds{row.get<std::int64_t>(5)}}}});
      }
    });
    return letters;
  }

 private:
  bool has_table(const std::string& quoted_name) {
    bool has = false;
    storage_->transact([&](PostgresTransaction& transaction) {
      has = transaction.query("SELECT pg_catalog.to_regclass($1::text) IS NOT NULL", quoted_name)[0].get<bool>(0);
    });
    return has;
  }

  /// @return How large it is.
  static std::size_t look_at(const SqlRow& row, const std::function<void(const StoredRow&)>& look) {
    const Position position = row.get<Position>(0);
    const std::string place = "row " + std::to_string(position);
    const auto store = text_in(row, 1);
    const auto id = text_in(row, 2);
    const auto type = text_in(row, 4);
    auto timestamp = text_in(row, 5);
    // Microseconds that are not milliseconds are lost when an event is read.
    if (timestamp && timestamp->ends_with("000")) timestamp = timestamp->substr(0, timestamp->size() - 3) + 'Z';
    const auto payload = text_in(row, 6);
    const auto metadata = text_in(row, 7);
    look({.place = place,
          .position = position,
          .event_store_id = store,
          .aggregate_id = id,
          .version = row.get<std::optional<std::int64_t>>(3),
          .type = type,
          .timestamp = timestamp,
          .payload = payload,
          .metadata = metadata});
    return payload.value_or("").size() + metadata.value_or("").size();
  }

  detail::PostgresSettings settings_;
  std::optional<PostgresEventStorageAdapter> storage_;
};

const RegisterDatabase postgres_database{{"postgres://", "postgresql://"},
                                         [](const std::string& url, Access access) -> std::unique_ptr<Database> {
                                           return std::make_unique<PostgresDatabase>(url, access);
                                         }};

}  // namespace

}  // namespace castore::tool
