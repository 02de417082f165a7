// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_WRITER_HPP
#define CASTORE_ADAPTERS_SQLITE_WRITER_HPP

#include <castore/adapters/sqlite/commit_queue.hpp>
#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/connection_pool.hpp>
#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/adapters/sqlite/snapshots.hpp>
#include <castore/adapters/sqlite/statements.hpp>
#include <castore/adapters/sqlite/transaction.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/fwd.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

/// Pushes events, and runs transactions.
class SqliteWriter {
 public:
  explicit SqliteWriter(SqliteConnectionPool& pool) noexcept : pool_{pool} {}
  SqliteWriter(SqliteWriter&&) = delete;

  /// @param hook Called in the transaction, if there is one.
  /// @throws StorageError, and what the hook throws
  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options, const SqlitePushHook* hook) {
    check_writable();
    SqlitePush push{.records = records, .options = options, .hook = hook};
    std::vector<Position> positions;
    if (hook != nullptr && options.positions.empty()) {  // it is told them
      positions.resize(records.size());
      push.options.positions = positions;
    }
    if (pool_.in_memory()) {
      push_alone(push);
    } else {
      commit_queue_.push(push, [this](std::span<SqlitePush* const> pushes) noexcept {
        if (pushes.size() > 1 && push_together(pushes)) return;
        for (SqlitePush* each : pushes) {
          try {
            each->error = nullptr;
            push_alone(*each);
          } catch (...) {
            each->error = std::current_exception();
          }
        }
      });
    }
    return push.outcome;
  }

  /// @throws StorageError, and what the function throws
  void transact(FunctionRef<void(castore::SqliteTransaction&)> function) {
    check_writable();
    const auto lease = pool_.writer();
    last_ = {};
    SqliteTransaction transaction{lease.connection(), SqliteTransaction::writing, "run a transaction on"};
    castore::SqliteTransaction handed_out{lease.connection()};
    function(handed_out);
    check_is_open(lease.connection());
    transaction.commit();
    pool_.keep_log_short(lease.connection());
  }

 private:
  static constexpr std::string_view pushing = sqlite_pushing;

  void check_writable() {
    pool_.check_not_writing();
    if (!pool_.file().read_only) return;
    throw StorageError{"cannot push to " + pool_.file().name() + ": this adapter is read_only; open one without"};
  }
  static void check_is_open(const SqliteConnection& connection) {
    if (sqlite3_get_autocommit(connection.handle()) == 0) return;
    throw StorageError{"a transaction on " + connection.file().name() +
                       " was ended by a statement in it; leave BEGIN, COMMIT and ROLLBACK to the adapter"};
  }

  /// Gives a push its outcome. @throws What becomes its error.
  void push_alone(SqlitePush& push) {
    const auto lease = pool_.writer();
    if (push.records.size() == 1 && push.hook == nullptr && !push.options.force) {
      const PushRecord& event = push.records.front();
      const bool next = is_next(last_.event_store_id, last_.aggregate_id, last_.version, event);
      push.outcome = write_all(lease.connection(), push, next);
      // Nobody else can remove an event that is in memory; from a file another program might.
      if (pool_.in_memory() && push.outcome.status == PushOutcome::pushed) {
        last_ = {std::string{event.event_store_id}, event.record.aggregate_id, event.record.version};
      }
    } else {
      SqliteTransaction transaction{lease.connection(), SqliteTransaction::writing, pushing};
      if (push.hook != nullptr) last_ = {};
      if (write(lease.connection(), push)) transaction.commit();
      if (push.error) std::rethrow_exception(push.error);
    }
    // A commit has looked by itself.
    if (push.outcome.status != PushOutcome::pushed) lease.connection().check_in_place(pushing);
    pool_.keep_log_short(lease.connection());
  }

  /// Writes the pushes of several threads in one transaction. What all have in common fails for all.
  /// @return False when one of them failed: nothing is written then, and each one alone will find its own error.
  bool push_together(std::span<SqlitePush* const> pushes) noexcept {
    try {
      const auto lease = pool_.writer();
      SqliteTransaction transaction{lease.connection(), SqliteTransaction::writing, pushing};
      if (!write_each(lease.connection(), pushes)) return false;
      transaction.commit();
      pool_.keep_log_short(lease.connection());
    } catch (...) {
      for (SqlitePush* push : pushes) push->error = own_error(pool_.file());
    }
    return true;
  }
  static bool write_each(SqliteConnection& connection, std::span<SqlitePush* const> pushes) noexcept {
    try {
      for (SqlitePush* push : pushes) {
        execute(connection, "SAVEPOINT push", pushing);
        if (!write(connection, *push)) execute(connection, "ROLLBACK TO push", pushing);
        execute(connection, "RELEASE push", pushing);
      }
      return true;
    } catch (...) {
      return false;
    }
  }

  /// The current exception once more, as each thread may do with its own what it likes.
  static std::exception_ptr own_error(const SqliteFile& file) noexcept {
    try {
      try {
        throw;
      } catch (const StorageError& error) {
        std::rethrow_if_nested(error);
        throw;
      }
    } catch (const SqliteError& reason) {
      try {
        throw_sqlite_error(file, pushing, {reason.code(), std::string{reason.what()}});
      } catch (...) {
        return std::current_exception();
      }
    } catch (...) {
      return std::current_exception();
    }
  }

  /// Within a transaction. What a hook throws is its push's own error; others of the transaction go on.
  /// @return False when what it wrote must be rolled back.
  static bool write(SqliteConnection& connection, SqlitePush& push) {
    push.outcome = write_all(connection, push, false);
    if (push.outcome.status != PushOutcome::pushed) return false;
    if (push.hook == nullptr) return true;
    try {
      call_hook(connection, push);
    } catch (...) {
      push.error = std::current_exception();
      return false;
    }
    check_is_open(connection);
    return true;
  }
  static void call_hook(SqliteConnection& connection, const SqlitePush& push) {
    std::vector<SequencedEventView> events;
    events.reserve(push.records.size());
    for (std::size_t index = 0; index < push.records.size(); ++index) {
      const PushRecord& event = push.records[index];
      events.push_back({push.options.positions[index], event.event_store_id, event.record});
    }
    castore::SqliteTransaction transaction{connection};
    (*push.hook)(transaction, events);
  }

  /// True when `push` is of the event after this one, and so needs no look at what is stored.
  static bool is_next(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                      const PushRecord& push) noexcept {
    return push.record.version - 1 == version && push.record.aggregate_id == aggregate_id &&
           push.event_store_id == event_store_id;
  }

  /// @param next Whether the event before the first is known to be stored.
  static PushOutcome write_all(SqliteConnection& connection, const SqlitePush& push, bool next) {
    PushOutcome first;
    for (std::size_t index = 0; index < push.records.size(); ++index) {
      const PushRecord& event = push.records[index];
      if (index > 0) {
        const PushRecord& before = push.records[index - 1];
        next = is_next(before.event_store_id, before.record.aggregate_id, before.record.version, event);
      }
      const PushOutcome outcome = write_one(connection, event, push.options.force, next);
      if (outcome.status != PushOutcome::pushed) return {outcome.status, index};
      if (index < push.options.positions.size()) push.options.positions[index] = outcome.position;
      if (index == 0) first = outcome;
    }
    if (push.options.force) delete_snapshots(connection, push.records);
    return first;
  }
  static void delete_snapshots(SqliteConnection& connection, std::span<const PushRecord> records) {
    if (!has_sqlite_snapshots(connection, pushing)) return;
    for (const auto& [event_store_id, record] : records) {
      delete_sqlite_snapshots(connection, event_store_id, record.aggregate_id, record.version, pushing);
    }
  }

  static PushOutcome write_one(SqliteConnection& connection, const PushRecord& push, bool force, bool next) {
    const char* const sql = force ? sqlite_push_forced : (next ? sqlite_push_next : sqlite_push);
    const EventRecord& record = push.record;
    const std::string timestamp = format_timestamp(record.timestamp);
    SqliteQuery query{connection, sql, pushing};
    query.bind(push.event_store_id, record.aggregate_id, record.version, record.type, timestamp,
               SqliteTextOrNull{record.payload}, SqliteTextOrNull{record.metadata});
    int code = query.try_step();
    Position position = 0;
    if (code == SQLITE_ROW) {  // forced: where the event is, whether it is new or was there
      position = query.integer(0);
      code = query.try_step();
    } else {
      position = sqlite3_last_insert_rowid(connection.handle());
    }
    if (code == SQLITE_DONE && sqlite3_changes(connection.handle()) == 1) return {PushOutcome::pushed, 0, position};
    if (code == SQLITE_DONE) {
      throw_sqlite_error(connection.file(), pushing, SQLITE_CONSTRAINT_TRIGGER, "a trigger ignored the event");
    }
    return refusal(connection, push, code);
  }

  /// Why an event was not written. @throws StorageError when it is neither a conflict nor a gap.
  static PushOutcome refusal(SqliteConnection& connection, const PushRecord& push, int code) {
    const std::string message = sqlite3_errmsg(connection.handle());
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_NOTNULL) {
      const auto has = [&](Version version) {
        SqliteQuery existing{connection, sqlite_has_event, pushing};
        return existing.bind(push.event_store_id, push.record.aggregate_id, version).step();
      };
      if (has(push.record.version)) return {PushOutcome::already_exists, 0};
      // A trigger of the user's own may have met a NULL somewhere else.
      if (push.record.version > 1 && !has(push.record.version - 1)) return {PushOutcome::version_gap, 0};
    }
    if (code == SQLITE_CONSTRAINT_COMMITHOOK) connection.fail_moved(pushing);
    throw_sqlite_error(connection.file(), pushing, code, message);
  }

  /// An event that is stored.
  struct Stored {
    std::string event_store_id{};
    std::string aggregate_id{};
    Version version = 0;
  };

  SqliteConnectionPool& pool_;
  SqliteCommitQueue commit_queue_;
  Stored last_;  // the event pushed last, in memory only; guarded by the writer's lease
};

}  // namespace castore::detail

#endif
