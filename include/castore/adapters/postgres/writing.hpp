// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_WRITING_HPP
#define CASTORE_ADAPTERS_POSTGRES_WRITING_HPP

/// @file
/// Pushes and transactions, and what becomes of them when a connection breaks.

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/operations.hpp>
#include <castore/adapters/postgres/push.hpp>
#include <castore/adapters/postgres/snapshots.hpp>
#include <castore/adapters/postgres/transaction.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <vector>

namespace castore::detail {

/// Calls a function with a transaction, which is committed when it returns true.
/// @throws PostgresConnectionLost; `may_have_happened` is true then when it was to be committed
template <class Function>
void in_postgres_transaction(const PostgresOperations& operations, PostgresConnection& connection,
                             bool& may_have_happened, const Function& function) {
  PostgresTransaction transaction{connection, operations.settings()};
  try {
    transaction.begin();
    if (function(transaction)) {
      transaction.commit([&may_have_happened] { may_have_happened = true; });
    } else {
      transaction.roll_back();
    }
  } catch (const PostgresConnectionLost&) {
    throw;
  } catch (...) {
    may_have_happened = false;
    transaction.roll_back();
    throw;
  }
}

[[noreturn]] inline void throw_lost_in_transaction(const std::string& name, const PostgresConnectionLost& lost,
                                                   bool may_have_happened) {
  const std::string what = "the connection to " + name + " broke during a transaction";
  if (!may_have_happened) throw_with_postgres_error(what + "; do it again", true, lost.failure);
  throw StorageError{what + " while it was committed, and it is unknown whether it happened; look at what it changes",
                     false, StorageError::Outcome::unknown};
}

inline void transact_on_postgres(PostgresOperations& operations, FunctionRef<void(PostgresTransaction&)> function) {
  std::exception_ptr error;  // kept from `run`, as the function is not to be called again
  operations.run([&](PostgresConnection& connection) {
    connection.table();  // when it breaks here, another one is taken
    bool may_have_happened = false;
    try {
      try {
        in_postgres_transaction(operations, connection, may_have_happened, [&](PostgresTransaction& transaction) {
          transaction.use_other_plans();
          function(transaction);
          return true;
        });
      } catch (const PostgresConnectionLost& lost) {
        operations.start_over();
        throw_lost_in_transaction(operations.name(), lost, may_have_happened);
      }
    } catch (...) {
      error = std::current_exception();
    }
  });
  if (error) std::rethrow_exception(error);
}

/// Writes a push, and finds out what became of it when a connection broke.
/// @param write `PushOutcome(PostgresConnection&, bool& may_have_happened)`.
template <class Write>
PushOutcome run_postgres_push(PostgresOperations& operations, const PostgresPush& push, const Write& write) {
  bool may_have_happened = false;
  try {
    return operations.run([&](PostgresConnection& connection) {
      connection.table();  // when it breaks here, nothing has happened
      const PushOutcome written = write(connection, may_have_happened);
      if (may_have_happened && written.status == PushOutcome::already_exists) {
        if (const auto position = push.find(connection)) return PushOutcome{PushOutcome::pushed, 0, *position};
      }
      return written;
    });
  } catch (const std::exception& error) {
    if (!may_have_happened) throw;
    std::throw_with_nested(StorageError{"the connection to " + operations.name() +
                                            " broke during a push, and it is unknown whether the events are stored; "
                                            "load the aggregate to see. Asking the server failed, too: " +
                                            without_prefix(error.what()),
                                        false, StorageError::Outcome::unknown});
  }
}

/// Writes a push and calls a function in its transaction, in which a forced one deletes snapshots.
inline PushOutcome push_to_postgres(PostgresOperations& operations, std::span<const PushRecord> records,
                                    const PushOptions& options, const PushHook<PostgresTransaction>& hook) {
  std::vector<Position> positions(records.size());
  const PostgresPush push{records, {.force = options.force, .positions = positions}};
  const auto write_once = [&](PostgresConnection& connection, bool& may_have_happened) {
    PushOutcome outcome;
    in_postgres_transaction(operations, connection, may_have_happened, [&](PostgresTransaction& transaction) {
      transaction.await();
      outcome = push.write_in_transaction(connection);
      if (outcome.status != PushOutcome::pushed) return false;
      if (options.force) delete_postgres_snapshots(transaction, operations.settings(), records);
      std::vector<SequencedEventView> events;
      for (std::size_t index = 0; index < records.size(); ++index) {
        events.push_back({positions[index], records[index].event_store_id, records[index].record});
      }
      transaction.use_other_plans();
      hook(transaction, events);
      return true;
    });
    return outcome;
  };
  const PushOutcome outcome =
      run_postgres_push(operations, push, [&](PostgresConnection& connection, bool& may_have_happened) {
        constexpr int most_attempts = 4;
        for (int attempt = 1;; ++attempt) {
          try {
            return write_once(connection, may_have_happened);
          } catch (const StorageError& error) {
            if (attempt == most_attempts || !PostgresPush::is_in_the_way(error)) throw;
          }
        }
      });
  if (outcome.status == PushOutcome::pushed) {
    std::copy_n(positions.begin(), options.positions.size(), options.positions.begin());
  }
  return outcome;
}

/// The same without a function, in one round trip, but for a forced push where there is a table of snapshots.
inline PushOutcome push_to_postgres(PostgresOperations& operations, std::span<const PushRecord> records,
                                    const PushOptions& options) {
  const PostgresPush push{records, options};
  bool is_refused = false;
  const PushOutcome outcome =
      run_postgres_push(operations, push, [&](PostgresConnection& connection, bool& may_have_happened) {
        try {
          if (!options.force) return push.write(connection);
          const auto written = push.try_write_forced(connection);
          is_refused = !written;
          return written.value_or(PushOutcome{});
        } catch (const PostgresConnectionLost&) {
          may_have_happened = true;
          throw;
        }
      });
  if (!is_refused) return outcome;
  return push_to_postgres(operations, records, options,
                          [](PostgresTransaction&, std::span<const SequencedEventView>) {});
}

}  // namespace castore::detail

#endif
