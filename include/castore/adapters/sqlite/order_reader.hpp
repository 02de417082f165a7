// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_ORDER_READER_HPP
#define CASTORE_ADAPTERS_SQLITE_ORDER_READER_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/connection_pool.hpp>
#include <castore/adapters/sqlite/log_watch.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/adapters/sqlite/rows.hpp>
#include <castore/adapters/sqlite/statements.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/signal.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// Reads the one order of all events, and waits for what comes next in it.
class SqliteOrderReader {
 public:
  explicit SqliteOrderReader(SqliteConnectionPool& pool) noexcept : pool_{pool} {}
  SqliteOrderReader(SqliteOrderReader&&) = delete;

  /// To be called after each push: wakes those of this process that wait.
  void note_push() noexcept {
    pushes_.fetch_add(1);
    pushed_.raise();
  }

  /// @throws StorageError, and whatever the sink throws
  ReadAllEventsResult read(Position after, const ReadAllEventsOptions& options, SequencedEventSink sink) const {
    constexpr std::size_t most_looked_at = 20'000;
    const bool is_filtered = !options.event_store_ids.empty() || !options.types.empty();
    ReadAllEventsResult result{after, 0, false};
    const auto lease = pool_.reader(reading_all);
    std::size_t left = options.limit;
    std::size_t rows = is_filtered ? (std::max)(most_looked_at, options.limit) : options.limit;
    if (left > 0) {
      SqliteQuery query{lease.connection(), sqlite_read_all, reading_all};
      query.bind((std::max)(after, Position{0}), sqlite_limit(rows));
      while (left > 0 && rows > 0 && query.step()) {
        --rows;
        const std::string_view event_store_id = query.text(1);
        if (is_among(options.event_store_ids, event_store_id) && is_among(options.types, query.text(4))) {
          const std::string_view aggregate_id = query.text(2);
          if (!is_utf8_without_nul(event_store_id) || !is_utf8_without_nul(aggregate_id)) {
            throw_sqlite_damaged(query.file(), event_store_id, aggregate_id, 1, "ids: write UTF-8 text without NUL");
          }
          sink({query.integer(0), event_store_id, sqlite_event_in(query, 3, event_store_id, aggregate_id)});
          --left;
        }
        result.next = query.integer(0);
      }
    }
    // Whoever came to the end has seen the newest.
    const bool is_at_end = left > 0 && rows > 0 && result.next > after;
    result.head = is_at_end ? result.next : last_position(lease.connection(), after);
    result.is_caught_up = result.head <= result.next;
    lease.connection().check_unchanged(reading_all);
    return result;
  }

  /// @return True when there is an event after a position. @throws StorageError
  bool wait(Position after, std::chrono::milliseconds at_most, const StopToken& stop_token) const {
    using std::chrono::microseconds;
    const auto deadline = Signal::deadline(at_most);
    const auto has_come = [&] {
      const auto lease = pool_.reader(reading_all);
      return last_position(lease.connection(), after) > after;
    };
    const std::uint64_t seen_first = pushes_.load();
    if (has_come()) return true;
    if (pool_.in_memory()) {
      pushed_.wait_until(deadline, stop_token, [&] { return pushes_.load() != seen_first; });
      return has_come();
    }
    const WatchLease lease{*this, log_path()};
    SqliteLogWatch& watch = *lease.watch;
    const auto wake = [&watch] { watch.wake(); };
    const StopCallback<decltype(wake)> wakes_on_stop{stop_token, wake};
    auto changed = Signal::Clock::now() - settling;
    for (microseconds pause = first_pause; true; pause = (std::min)(2 * pause, look_again_after)) {
      const std::uint64_t seen = pushes_.load();
      if (has_come()) return true;
      const auto now = Signal::Clock::now();
      if (now >= deadline || stop_token.stop_requested()) return false;
      const auto left = std::chrono::ceil<microseconds>(deadline - now);
      if (!watch.works()) {
        pushed_.wait_until(now + (std::min)(left, look_again_after), stop_token,
                           [&] { return pushes_.load() != seen; });
      } else if (watch.sleep((std::min)(left, now - changed < settling ? pause : longest_sleep))) {
        // What was written can be read a little later, which the system does not tell.
        changed = Signal::Clock::now();
        pause = first_pause;
      }
    }
  }

 private:
  /// A watch that was used before where there is one.
  struct WatchLease {
    WatchLease(const SqliteOrderReader& reader_, const std::string& path) : reader{reader_} {
      {
        const std::lock_guard lock{reader.watches_mutex_};
        if (!reader.watches_.empty()) {
          watch = std::move(reader.watches_.back());
          reader.watches_.pop_back();
        }
      }
      if (!watch || !watch->begin_again(path.c_str())) watch = std::make_unique<SqliteLogWatch>(path.c_str());
    }
    WatchLease(const WatchLease&) = delete;
    WatchLease& operator=(const WatchLease&) = delete;
    ~WatchLease() {
      const std::lock_guard lock{reader.watches_mutex_};
      try {
        reader.watches_.push_back(std::move(watch));
      } catch (...) {  // without memory it ends
      }
    }

    const SqliteOrderReader& reader;
    std::unique_ptr<SqliteLogWatch> watch{};
  };

  static constexpr std::string_view reading_all = "read all events of";
  static constexpr std::chrono::microseconds first_pause{50};
  static constexpr std::chrono::microseconds look_again_after{10'000};
  static constexpr std::chrono::microseconds settling{200'000};
  static constexpr std::chrono::microseconds longest_sleep{250'000};

  static bool is_among(std::span<const std::string_view> wanted, std::string_view text) noexcept {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), text) != wanted.end();
  }

  /// The newest position; where it is below what a reader has seen, the last that was ever given out, if the file
  /// knows.
  static Position last_position(SqliteConnection& connection, Position seen) {
    const auto first = [&connection](const char* sql) {
      SqliteQuery query{connection, sql, reading_all};
      return query.step() ? query.integer(0) : 0;
    };
    const Position last = first(sqlite_last_position);
    if (last >= seen || first(sqlite_has_sequence) == 0) return last;
    return (std::max)(last, (std::min)(seen, first(sqlite_last_given_out)));
  }

  /// The path of the write-ahead log; empty where there is none.
  std::string log_path() const {
    const auto lease = pool_.reader(reading_all);
    const char* const path = sqlite3_db_filename(lease.connection().handle(), "main");
    const char* const log = path == nullptr || *path == '\0' ? nullptr : sqlite3_filename_wal(path);
    return log == nullptr ? "" : log;
  }

  SqliteConnectionPool& pool_;
  mutable Signal pushed_;
  std::atomic<std::uint64_t> pushes_{0};  // by this adapter
  mutable std::mutex watches_mutex_;
  mutable std::vector<std::unique_ptr<SqliteLogWatch>> watches_;  // as many as waited at the same time
};

}  // namespace castore::detail

#endif
