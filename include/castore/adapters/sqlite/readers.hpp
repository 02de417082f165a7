// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_READERS_HPP
#define CASTORE_ADAPTERS_SQLITE_READERS_HPP

#include <castore/adapters/sqlite/connection.hpp>
#include <castore/core/errors.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::detail {

/// The connections that read: opened when they are needed, used again, at most so many at once.
class SqliteReaders {
 public:
  /// Is called by one thread at a time.
  using Open = std::function<std::unique_ptr<SqliteConnection>(std::string_view action)>;

  /// @param patience How long to wait for a connection before that is an error.
  SqliteReaders(Open open, std::size_t max_readers, std::chrono::milliseconds patience = std::chrono::minutes{1})
      : open_{std::move(open)}, max_readers_{(std::max<std::size_t>)(max_readers, 1)}, patience_{patience} {}
  SqliteReaders(SqliteReaders&&) = delete;

  /// Waits while all are in use, but not in a thread that has one: it would wait for itself.
  /// @throws StorageError
  std::unique_ptr<SqliteConnection> take(std::string_view action) {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    const bool is_nested = holds_one();
    while (true) {
      if (is_nested || holders_.size() < max_readers_) {
        holders_.reserve(holders_.size() + 1);
        idle_.reserve(idle_.size() + holders_.size() + 1);  // so that putting one back cannot fail
        holders_.push_back(std::this_thread::get_id());
        std::unique_ptr<SqliteConnection> reader;
        if (!idle_.empty()) {
          reader = std::move(idle_.back());
          idle_.pop_back();
        }
        lock.unlock();
        try {
          return ready(std::move(reader), action);
        } catch (const StorageError& error) {
          give_back_turn();
          // No more files may be open, for example: those of others will do.
          if (is_nested || !error.retryable()) throw;
          lock.lock();
          keep_idle_ = 1;
          if (!idle_.empty()) continue;
          if (holders_.empty()) throw;
        } catch (...) {
          give_back_turn();
          throw;
        }
      }
      ++waiting_;
      const bool has_come =
          returned_.wait_until(lock, start + patience_, [&, seen = returns_] { return returns_ != seen; });
      --waiting_;
      if (!has_come) {
        throw StorageError{"all connections that may read an SQLite file at once (max_readers) were in use for " +
                               std::to_string(patience_.count()) +
                               " ms; do it again, or give the adapter a greater max_readers",
                           true};
      }
    }
  }

  /// Keeps few: each has a memory of pages, and files.
  void put_back(std::unique_ptr<SqliteConnection> reader) noexcept {
    {
      const std::lock_guard lock{mutex_};
      if (idle_.size() < (std::max)(keep_idle_, waiting_)) idle_.push_back(std::move(reader));
    }
    reader.reset();
    give_back_turn();
  }

  /// Whether this thread is in the middle of a load or list.
  bool is_reading() const {
    const std::lock_guard lock{mutex_};
    return holds_one();
  }

  static constexpr std::size_t max_idle = 8;

 private:
  bool holds_one() const noexcept {
    return std::find(holders_.begin(), holders_.end(), std::this_thread::get_id()) != holders_.end();
  }

  void give_back_turn() noexcept {
    {
      const std::lock_guard lock{mutex_};
      holders_.erase(std::find(holders_.begin(), holders_.end(), std::this_thread::get_id()));
      ++returns_;
    }
    returned_.notify_one();
  }

  /// @param reader Used before, or none.
  std::unique_ptr<SqliteConnection> ready(std::unique_ptr<SqliteConnection> reader, std::string_view action) {
    if (reader) {
      reader->check_in_place(action);
      if (!reader->is_outdated()) return reader;
      reader.reset();
    }
    // One at a time, so that threads that need several files each do not keep them from each other.
    const std::lock_guard lock{opening_};
    return open_(action);
  }

  Open open_;
  std::mutex opening_;
  std::size_t max_readers_;
  std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::thread::id> holders_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  std::size_t keep_idle_ = max_idle;
  std::size_t waiting_ = 0;
  std::uint64_t returns_ = 0;
};

}  // namespace castore::detail

#endif
