// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_READING_HPP
#define CASTORE_ADAPTERS_POSTGRES_READING_HPP

/// @file
/// The events of one aggregate, and lists of aggregates and of event stores.

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/operations.hpp>
#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

inline void get_postgres_events(PostgresOperations& operations, std::string_view event_store_id,
                                std::string_view aggregate_id, const GetEventsOptions& options,
                                const RecordSink& sink) {
  if (options.limit == 0U || !is_utf8_without_nul(event_store_id)) return;
  using enum PostgresType;
  const auto rows = operations.run([&](PostgresConnection& connection) {
    // The server would not understand an id that no event of the table can have.
    if (!connection.table().may_hold(aggregate_id)) {
      if (!connection.has_another_table()) return PostgresResult{};
      throw_postgres_table_changed(connection);
    }
    PostgresValues values;
    values.text(event_store_id).text(aggregate_id);
    values.integer(options.min_version.value_or((std::numeric_limits<Version>::min)()));
    values.integer(options.max_version.value_or((std::numeric_limits<Version>::max)()));
    values.limit(options.limit);
    return query_postgres(connection, "load events from",
                          options.reverse ? PostgresStatement::get_reverse : PostgresStatement::get, values,
                          {bigint, text, timestamptz, jsonb, jsonb});
  });
  for (int row = 0; row < rows.rows(); ++row) sink(operations.event_in(rows, row, 0, event_store_id, aggregate_id));
}

/// Ids and timestamps of a page, and of one aggregate more where there is another page.
inline PostgresResult query_postgres_page(PostgresConnection& connection, std::string_view event_store_id,
                                          const PageRequest& request) {
  using enum PostgresStatement;
  constexpr std::chrono::milliseconds moment{1};
  constexpr auto before_all = (std::numeric_limits<std::int64_t>::min)();
  constexpr auto after_all = (std::numeric_limits<std::int64_t>::max)();
  // Bounds may lie outside of what PostgreSQL counts. The last moment is exclusive, for what others stored more
  // exactly.
  const auto first = request.initial_event_after
                         ? to_postgres_time((std::min)(*request.initial_event_after, latest_timestamp + moment))
                         : before_all;
  const auto final =
      request.initial_event_before
          ? to_postgres_time((std::max)(*request.initial_event_before, earliest_timestamp - moment) + moment)
          : after_all;
  const auto last = request.last ? to_postgres_time(request.last->initial_event_timestamp) : 0;
  const bool goes_on = request.last && (request.reverse ? last < final : last >= first);
  const auto statement =
      goes_on ? (request.reverse ? list_reverse_after : list_after) : (request.reverse ? list_reverse : list);
  PostgresValues values;
  values.text(event_store_id);
  if (goes_on) {
    values.integer(request.reverse ? first : final).integer(last);
  } else {
    values.integer(first).integer(final);
  }
  values.limit(request.limit, 1);
  if (goes_on) values.text(request.last->aggregate_id).integer(1);
  return query_postgres(connection, "list aggregate ids from", statement, values,
                        {PostgresType::text, PostgresType::timestamptz});
}

inline AggregateIdsPage list_postgres_aggregate_ids(PostgresOperations& operations, std::string_view event_store_id,
                                                    const ListAggregateIdsOptions& options) {
  const PageRequest request = resolve_page_request(options);
  AggregateIdsPage page;
  if (request.limit == 0U || !is_utf8_without_nul(event_store_id)) return page;
  const auto rows = operations.run([&](PostgresConnection& connection) {
    if (request.last && !connection.table().may_hold(request.last->aggregate_id)) {
      throw InvalidPageTokenError{options.page_token.value_or(std::string{})};
    }
    return query_postgres_page(connection, event_store_id, request);
  });
  for (int row = 0; row < rows.rows(); ++row) {
    if (request.limit && page.aggregate_ids.size() == *request.limit) {
      page.next_page_token = make_page_token(request, page.aggregate_ids.back());
      break;
    }
    const std::string_view aggregate_id = rows.text(row, 0);
    const auto timestamp = rows.time(row, 1);
    if (!timestamp) operations.throw_damaged(event_store_id, aggregate_id, 1);
    page.aggregate_ids.push_back({std::string{aggregate_id}, *timestamp});
  }
  return page;
}

inline std::vector<std::string> list_postgres_event_stores(PostgresOperations& operations) {
  const auto rows = operations.run([](PostgresConnection& connection) {
    return query_postgres(connection, "list event stores of", PostgresStatement::list_stores, {}, {PostgresType::text});
  });
  std::vector<std::string> ids;
  for (int row = 0; row < rows.rows(); ++row) ids.emplace_back(rows.text(row, 0));
  std::ranges::sort(ids);  // the column may be ordered by the words of a language
  return ids;
}

}  // namespace castore::detail

#endif
