// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_OPERATIONS_HPP
#define CASTORE_ADAPTERS_POSTGRES_OPERATIONS_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/connection_pool.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/log.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore::detail {

[[noreturn]] inline void throw_postgres_table_changed(const PostgresConnection& connection) {
  throw StorageError{connection.name() + " was changed meanwhile; do it again", true};
}

/// @param action What is tried, as it stands after "cannot" and before the table.
/// @param types Of what is asked for. The server says that they changed only where it prepared the statement.
/// @throws StorageError, PostgresConnectionLost
inline PostgresResult query_postgres(PostgresConnection& connection, std::string_view action,
                                     PostgresStatement statement, const PostgresValues& values,
                                     std::initializer_list<PostgresType> types) {
  auto outcome = connection.execute(statement, values);
  if (outcome.failed) throw_postgres_error(connection.name(), action, outcome.failure);
  if (!outcome.rows.has_types(types)) throw_postgres_table_changed(connection);
  return std::move(outcome.rows);
}

/// What all operations of an adapter share: its connections, and what was learned over them.
class PostgresOperations {
 public:
  explicit PostgresOperations(PostgresSettings settings) : pool_{std::move(settings)} {}

  const PostgresSettings& settings() const noexcept { return pool_.settings(); }
  /// What error messages call the table and, once there was a connection, its server.
  std::string name() const { return pool_.name(); }
  PostgresOrder& order() noexcept { return order_; }

  /// Runs an operation, and once more when its connection breaks or when the table is another than the one that was
  /// looked at.
  template <class Operation>
  std::invoke_result_t<Operation&, PostgresConnection&> run(Operation operation) {
    bool was_lost = false;
    bool was_changed = false;
    while (true) {
      try {
        const auto lease = pool_.lease(was_lost);
        try {
          return operation(lease.connection());
        } catch (const Error&) {
          if (was_changed || !lease.connection().has_another_table()) throw;
          was_changed = true;
        }
      } catch (const PostgresConnectionLost& lost) {
        if (was_lost) {
          throw_with_postgres_error("the connection to " + name() + " broke twice; do it again", true, lost.failure);
        }
        was_lost = true;
      }
      start_over();
    }
  }
  /// The same for what changes the table.
  template <class Change>
  void change_table(Change change) {
    run(change);
    pool_.clear();  // other connections know the table as it was
  }

  /// Forgets what was learned over the connections, and closes them: what broke one may be about to break the others,
  /// and all know the table as it was.
  void start_over() {
    order_.forget();
    pool_.clear();
  }

  /// The event in a row, which has version, type, timestamp, payload and metadata from a column on.
  /// @throws StorageError when another program wrote what no event has
  EventRecordView event_in(const PostgresResult& rows, int row, int column, std::string_view event_store_id,
                           std::string_view aggregate_id) const {
    const Version version = rows.integer(row, column);
    const auto timestamp = rows.time(row, column + 2);
    if (version < 1 || !timestamp) throw_damaged(event_store_id, aggregate_id, version);
    return {aggregate_id,
            version,
            rows.text(row, column + 1),
            *timestamp,
            rows.json(row, column + 3),
            rows.json(row, column + 4)};
  }
  [[noreturn]] void throw_damaged(std::string_view event_store_id, std::string_view aggregate_id,
                                  Version version) const {
    throw StorageError{name() + " is damaged: " + event_name(event_store_id, aggregate_id, version) +
                       " has no valid version or timestamp; correct its row"};
  }

 private:
  PostgresConnectionPool pool_;
  PostgresOrder order_;
};

}  // namespace castore::detail

#endif
