// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_CONNECTION_POOL_HPP
#define CASTORE_ADAPTERS_SQLITE_CONNECTION_POOL_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/schema.hpp>
#include <castore/core/errors.hpp>

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace castore::detail {

/// A mutex that knows its owner: taken twice by one thread it reports instead of waiting for ever.
class SqliteMutex {
 public:
  /// @throws StorageError
  void lock() {
    if (owner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      throw StorageError{
          "a database in memory has one connection, which is handing out events: do not call the adapter while it "
          "does; collect the events first, or use a file"};
    }
    mutex_.lock();
    owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  void unlock() noexcept {
    owner_.store(std::thread::id{}, std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  std::mutex mutex_;
  std::atomic<std::thread::id> owner_{};
};

/// The connections to one database: one that writes, and as many that read as there ever were loads at once. A database
/// in memory has only the first.
class SqliteConnectionPool {
 public:
  SqliteConnectionPool(SqliteFile file, SqliteSynchronous synchronous)
      : in_memory_{file.path == ":memory:"}, writer_{open_sqlite_writer(file, synchronous)} {}

  bool in_memory() const noexcept { return in_memory_; }
  const SqliteFile& file() const noexcept { return writer_->file(); }

  /// A connection for the use of one thread, until the lease ends.
  class Lease {
   public:
    SqliteConnection& connection() const noexcept { return *connection_; }

    Lease(Lease&&) = delete;
    ~Lease() {
      if (reader_) pool_.put_back(std::move(reader_));
    }

   private:
    friend class SqliteConnectionPool;
    Lease(SqliteConnectionPool& pool, std::unique_lock<SqliteMutex> lock)
        : pool_{pool}, lock_{std::move(lock)}, connection_{pool.writer_.get()} {}
    Lease(SqliteConnectionPool& pool, std::unique_ptr<SqliteConnection> reader)
        : pool_{pool}, reader_{std::move(reader)}, connection_{reader_.get()} {}

    SqliteConnectionPool& pool_;
    std::unique_lock<SqliteMutex> lock_;
    std::unique_ptr<SqliteConnection> reader_;
    SqliteConnection* connection_;
  };

  /// Waits for the other writers.
  Lease writer() { return Lease{*this, std::unique_lock{writer_mutex_}}; }

  /// Waits for nobody; in memory, for everybody.
  Lease reader() {
    if (in_memory_) return writer();
    {
      const std::lock_guard lock{readers_mutex_};
      if (!idle_readers_.empty()) {
        auto reader = std::move(idle_readers_.back());
        idle_readers_.pop_back();
        return Lease{*this, std::move(reader)};
      }
    }
    // The name is absolute: the process may have changed its folder since.
    auto reader = std::make_unique<SqliteConnection>(sqlite3_db_filename(writer_->handle(), "main"),
                                                     SQLITE_OPEN_READWRITE, writer_->file());
    const std::lock_guard lock{readers_mutex_};
    idle_readers_.reserve(++readers_);  // so that putting it back cannot fail
    return Lease{*this, std::move(reader)};
  }

 private:
  void put_back(std::unique_ptr<SqliteConnection> reader) noexcept {
    const std::lock_guard lock{readers_mutex_};
    idle_readers_.push_back(std::move(reader));
  }

  bool in_memory_;
  SqliteMutex writer_mutex_;
  std::unique_ptr<SqliteConnection> writer_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_readers_;
  std::size_t readers_ = 0;
};

}  // namespace castore::detail

#endif
