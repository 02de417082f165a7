// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_HPP
#define CASTORE_ADAPTERS_POSTGRES_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/connection_pool.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/event_table.hpp>
#include <castore/adapters/postgres/push.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief Keeps events in a table of a PostgreSQL database, the one that Castore's adapter uses: both may work on it at
/// the same time. For services on any number of machines.
///
/// **Guarantees**
/// - A push or a group of any size is one transaction and one round trip; so is a load and a page. The first use of a
///   connection costs one round trip more.
/// - Any number of threads may use one adapter; it has at most `max_connections` connections, made when needed, and
///   operations beyond wait up to `pool_timeout`. A sink may call the adapter.
/// - After a connection broke, an operation that did not happen is done again, once. A push that may have happened is
///   found out about: it is pushed again, and when its versions exist, they are compared with what was pushed. (Another
///   writer's event that is equal in everything, also in its millisecond, cannot be told from it.) If the server does
///   not come back within the connect timeout, a `StorageError` says that the outcome is unknown.
/// - Ids compare by their bytes. On a table whose ids are UUIDs, pushes take them in lower case only.
/// - Payloads and metadata come back as equal JSON values, not as the same text: JSONB orders keys and writes numbers
/// in
///   its own way.
///
/// The constructor does not connect. An adapter must not be carried over a `fork`; make one in the child.
///
/// **Errors** `InvalidEventError` (fix) for what the table has no room for: a NUL or half of a surrogate pair in a JSON
/// text, an id longer than its column or than 2,600 bytes. `StorageError` for everything else; it names the table and
/// says what to do, with PostgreSQL's own (`PostgresError`) nested. **Handling:** retry when `retryable()`, else
/// report. After any of them the adapter is usable.
///
/// @code
/// castore::PostgresEventStorageAdapter storage{"postgresql://app@db.example.com/shop?sslmode=verify-full"};
/// storage.create_event_table();
/// @endcode
class PostgresEventStorageAdapter {
 public:
  /// @param connection A connection string of libpq, `postgresql://...` or `host=... dbname=...`. What it leaves out
  /// comes from the environment (PGHOST, PGPASSWORD ...), a service file or a password file.
  /// @throws StorageError when it cannot be read, or an option has no meaning.
  explicit PostgresEventStorageAdapter(const std::string& connection,
                                       const PostgresEventStorageAdapterOptions& options = {})
      : PostgresEventStorageAdapter{detail::parse_postgres_connection(connection), options} {}
  /// @param parameters Parameters of libpq by name: `{{"host", "db.example.com"}, {"dbname", "shop"}}`.
  explicit PostgresEventStorageAdapter(const PostgresConnectionParameters& parameters,
                                       const PostgresEventStorageAdapterOptions& options = {})
      : pool_{detail::make_postgres_settings(parameters, options), options.max_connections, options.pool_timeout,
              options.connect_timeout} {}

  /// @brief Creates the table and its indexes, each where it is missing, in one transaction. Several processes may do
  /// so, or drop it, at the same time. A table that is there keeps its columns; Castore's gets the index that lists
  /// need, while which no other program can push.
  /// @throws StorageError, also when there is a table of this name with other columns.
  void create_event_table(const PostgresEventTableOptions& options = {}) {
    change_table([&](detail::PostgresConnection& connection) {
      detail::create_postgres_event_table(connection, pool_.settings(), options);
    });
  }

  /// @brief Drops the table with all its events, if there is one.
  /// @throws StorageError
  void drop_event_table() {
    change_table([&](detail::PostgresConnection& connection) {
      detail::drop_postgres_event_table(connection, pool_.settings());
    });
  }

  /// @brief Writes all the events or none, in one transaction.
  /// @throws InvalidEventError, StorageError
  PushOutcome push_events(std::span<const PushRecord> records, bool force) {
    check_records(records);
    if (records.empty()) return {};
    const detail::PostgresPush push{records, force, pool_.settings()};
    bool may_have_happened = false;
    try {
      return run([&](detail::PostgresConnection& connection) {
        connection.table();  // when it breaks here, nothing has happened
        PushOutcome outcome;
        try {
          outcome = push.write(connection);
        } catch (const detail::PostgresConnectionLost&) {
          may_have_happened = true;
          throw;
        }
        const bool has_happened =
            may_have_happened && outcome.status == PushOutcome::already_exists && push.is_stored(connection);
        return has_happened ? PushOutcome{} : outcome;
      });
    } catch (const StorageError&) {
      if (!may_have_happened) throw;
      std::throw_with_nested(StorageError{"the connection to " + pool_.settings().name +
                                          " broke during a push, and it is unknown whether the events are stored: the "
                                          "server could not be asked; load the aggregate to see"});
    }
  }

  /// @brief Hands the events of one aggregate to the sink, when all of them have come from the server.
  /// @throws StorageError, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    if (options.limit == 0U || !detail::is_utf8_without_nul(event_store_id)) return;
    const auto rows = run([&](detail::PostgresConnection& connection) {
      // The server would not understand an id that no event of the table can have.
      if (!connection.table().may_hold(aggregate_id)) return detail::PostgresResult{};
      return query(connection, "load events from",
                   options.reverse ? detail::PostgresStatement::get_reverse : detail::PostgresStatement::get,
                   [&](detail::PostgresValues& values) {
                     values.text(event_store_id).text(aggregate_id);
                     values.integer(options.min_version.value_or(std::numeric_limits<Version>::min()));
                     values.integer(options.max_version.value_or(std::numeric_limits<Version>::max()));
                     add_limit(values, options.limit);
                   });
    });
    for (int row = 0; row < rows.rows(); ++row) {
      const Version version = rows.integer(row, 0);
      const auto timestamp = rows.time(row, 2);
      if (version < 1 || !timestamp) throw_damaged(event_store_id, aggregate_id, version);
      sink({aggregate_id, version, rows.text(row, 1), *timestamp, rows.json(row, 3), rows.json(row, 4)});
    }
  }

  /// @brief Lists the aggregates of one store, reading no more of the table than the page needs where it has the index
  /// that `create_event_table` makes.
  /// @throws InvalidPageTokenError, StorageError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    const PageRequest request = resolve_page_request(options);
    AggregateIdsPage page;
    if (request.limit == 0U || !detail::is_utf8_without_nul(event_store_id)) return page;
    const auto rows = run([&](detail::PostgresConnection& connection) {
      if (request.last && !connection.table().may_hold(request.last->aggregate_id)) {
        throw InvalidPageTokenError{options.page_token.value_or(std::string{})};
      }
      return list(connection, event_store_id, request);
    });
    for (int row = 0; row < rows.rows(); ++row) {
      if (request.limit && page.aggregate_ids.size() == *request.limit) {
        page.next_page_token = make_page_token(request, page.aggregate_ids.back());
        break;
      }
      const std::string_view aggregate_id = rows.text(row, 0);
      const auto timestamp = rows.time(row, 1);
      if (!timestamp) throw_damaged(event_store_id, aggregate_id, 1);
      page.aggregate_ids.push_back({std::string{aggregate_id}, *timestamp});
    }
    return page;
  }

 private:
  /// Runs an operation, and once more when its connection breaks.
  template <class Operation>
  std::invoke_result_t<Operation&, detail::PostgresConnection&> run(Operation operation) const {
    using detail::PostgresConnectionLost;
    try {
      const auto lease = pool_.lease();
      return operation(lease.connection());
    } catch (const PostgresConnectionLost&) {
      pool_.clear();  // what broke one may be about to break the others
    }
    try {
      const auto lease = pool_.lease(true);
      return operation(lease.connection());
    } catch (const PostgresConnectionLost& lost) {
      detail::throw_with_postgres_error("the connection to " + pool_.settings().name + " broke twice; do it again",
                                        true, lost.failure);
    }
  }

  template <class Change>
  void change_table(Change change) {
    run(change);
    pool_.clear();  // other connections know the table as it was
  }

  template <class Bind>
  detail::PostgresResult query(detail::PostgresConnection& connection, std::string_view action,
                               detail::PostgresStatement statement, Bind bind) const {
    auto outcome = connection.execute(statement, 1, [&](std::size_t, detail::PostgresValues& values) { bind(values); });
    if (outcome.failed) detail::throw_postgres_error(pool_.settings().name, action, outcome.failure);
    return std::move(outcome.last);
  }

  detail::PostgresResult list(detail::PostgresConnection& connection, std::string_view event_store_id,
                              const PageRequest& request) const {
    using enum detail::PostgresStatement;
    constexpr std::chrono::milliseconds moment{1};
    constexpr auto before_all = std::numeric_limits<std::int64_t>::min();
    constexpr auto after_all = std::numeric_limits<std::int64_t>::max();
    // Bounds may lie outside of what PostgreSQL counts. The last moment is exclusive, for what others stored more
    // exactly.
    const auto first = request.initial_event_after
                           ? detail::to_postgres_time(std::min(*request.initial_event_after, latest_timestamp + moment))
                           : before_all;
    const auto final =
        request.initial_event_before
            ? detail::to_postgres_time(std::max(*request.initial_event_before, earliest_timestamp - moment) + moment)
            : after_all;
    const auto last = request.last ? detail::to_postgres_time(request.last->initial_event_timestamp) : 0;
    const bool goes_on = request.last && (request.reverse ? last < final : last >= first);
    const auto statement =
        goes_on ? (request.reverse ? list_reverse_after : list_after) : (request.reverse ? list_reverse : list);
    return query(connection, "list aggregate ids from", statement, [&](detail::PostgresValues& values) {
      values.text(event_store_id);
      if (goes_on) {
        values.integer(request.reverse ? first : final).integer(last);
      } else {
        values.integer(first).integer(final);
      }
      add_limit(values, request.limit, 1);  // one more than the page takes tells whether there is another page
      if (goes_on) values.text(request.last->aggregate_id).integer(1);
    });
  }

  static void add_limit(detail::PostgresValues& values, const std::optional<std::size_t>& limit, std::size_t more = 0) {
    constexpr auto largest = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    if (limit) {
      values.integer(static_cast<std::int64_t>(std::min(*limit, largest - more) + more));
    } else {
      values.null();
    }
  }

  [[noreturn]] void throw_damaged(std::string_view event_store_id, std::string_view aggregate_id,
                                  Version version) const {
    throw StorageError{pool_.settings().name +
                       " is damaged: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " has no valid version or timestamp; correct its row"};
  }

  mutable detail::PostgresConnectionPool pool_;
};

static_assert(EventStorageAdapter<PostgresEventStorageAdapter>);

}  // namespace castore

#endif
