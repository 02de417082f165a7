// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_CONNECTION_POOL_HPP
#define CASTORE_ADAPTERS_SQLITE_CONNECTION_POOL_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/opening.hpp>
#include <castore/adapters/sqlite/place.hpp>
#include <castore/adapters/sqlite/readers.hpp>
#include <castore/core/errors.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace castore::detail {

/// A mutex that knows its owner: taken twice by one thread it reports instead of waiting forever.
class SqliteMutex {
 public:
  /// @throws StorageError
  void lock() {
    if (owner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      throw StorageError{
          "the connection that writes, which is the only one of a database in memory, is in use by this thread: in a "
          "transaction do not push by the adapter, and while a database in memory hands out events do not call the "
          "adapter; collect the events first"};
    }
    mutex_.lock();
    owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  bool is_mine() const noexcept { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  void unlock() noexcept {
    owner_.store(std::thread::id{}, std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  std::mutex mutex_;
  std::atomic<std::thread::id> owner_{};
};

/// The connections to one database: one that writes, and those that read. A database in memory has only the first, an
/// adapter that only reads only the others.
class SqliteConnectionPool {
 public:
  SqliteConnectionPool(const SqliteFile& file, SqliteSynchronous synchronous, std::size_t max_readers)
      : file_{file},
        in_memory_{file.path == ":memory:"},
        path_{in_memory_ ? file.path : absolute_sqlite_path(file.path)},
        writer_{file.read_only ? nullptr : open_sqlite_writer(file, path_, synchronous)},
        readers_{[this](std::string_view action) { return open_reader(action); }, max_readers} {
    if (file.read_only) Lease{readers_, "open"};
  }
  SqliteConnectionPool(SqliteConnectionPool&&) = delete;

  bool in_memory() const noexcept { return in_memory_; }
  const SqliteFile& file() const noexcept { return file_; }

  /// A connection for the use of one thread, until the lease ends.
  class Lease {
   public:
    SqliteConnection& connection() const noexcept { return *connection_; }

    Lease(Lease&&) = delete;
    ~Lease() {
      if (reader_) readers_->put_back(std::move(reader_));
    }

   private:
    friend class SqliteConnectionPool;
    Lease(SqliteConnection& writer, std::unique_lock<SqliteMutex> lock)
        : lock_{std::move(lock)}, connection_{&writer} {}
    Lease(SqliteReaders& readers, std::string_view action)
        : readers_{&readers}, reader_{readers.take(action)}, connection_{reader_.get()} {}

    std::unique_lock<SqliteMutex> lock_;
    SqliteReaders* readers_ = nullptr;
    std::unique_ptr<SqliteConnection> reader_;
    SqliteConnection* connection_;
  };

  /// Waits for the other writers.
  Lease writer() { return Lease{*writer_, std::unique_lock{writer_mutex_}}; }

  /// Waiting for others who wait for this thread would never end. @throws StorageError when it has the lease
  void check_not_writing() {
    if (writer_mutex_.is_mine()) const Lease refused = writer();
  }

  /// Waits while as many threads read as may; in memory, for everybody.
  /// @throws StorageError, also when the file is not in its place any more.
  Lease reader(std::string_view action) { return in_memory_ ? writer() : Lease{readers_, action}; }

  /// To be called after each commit, with the writer's lease. SQLite writes to its log, and from the log to the file
  /// ("checkpoint"). The log starts again only in a moment in which nobody reads from it, which overlapping loads never
  /// let come. So once it is long, this waits for those who read; later ones then find everything in the file.
  void keep_log_short(SqliteConnection& writer) noexcept {
    const int pages = writer.log_pages();
    if (pages < checkpoint_at_) {
      if (pages < first_checkpoint) checkpoint_at_ = first_checkpoint;
      return;
    }
    if (pages < longest_log) {
      writer.checkpoint();
      checkpoint_at_ = pages + first_checkpoint / 4;
      return;
    }
    // A thread that pushes from within its own load would wait for itself.
    const auto at_most = readers_.is_reading() ? std::chrono::milliseconds{0} : log_patience;
    checkpoint_at_ = writer.empty_log(at_most) ? first_checkpoint : pages + first_checkpoint;
  }
  static constexpr int first_checkpoint = 1000;  ///< In pages, of 4 kB; SQLite's own.
  static constexpr int longest_log = 4000;
  static constexpr std::chrono::milliseconds log_patience{1000};

 private:
  std::unique_ptr<SqliteConnection> open_reader(std::string_view action) {
    if (writer_) return open_sqlite_reader(*writer_, action);
    if (place_ && !place_->missing().empty()) throw_sqlite_moved(file_, action, *place_);
    auto reader = open_sqlite_read_only(file_, path_, action);
    if (place_ && !reader->place().has_same_database(*place_)) reader->fail_moved(action);
    if (place_ && reader->place().has_same_files(*place_)) {
      reader->share_place(*place_);
    } else if (!place_ || !reader->is_frozen()) {
      place_ = reader->place();
    }
    return reader;
  }

  SqliteFile file_;
  bool in_memory_;
  std::string path_;
  SqliteMutex writer_mutex_;
  std::unique_ptr<SqliteConnection> writer_;
  int checkpoint_at_ = first_checkpoint;  // guarded by the writer's lease
  std::optional<SqlitePlace> place_;      // where the adapter only reads
  SqliteReaders readers_;
};

}  // namespace castore::detail

#endif
