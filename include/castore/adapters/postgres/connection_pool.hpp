// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_CONNECTION_POOL_HPP
#define CASTORE_ADAPTERS_POSTGRES_CONNECTION_POOL_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/core/errors.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace castore::detail {

/// At most so many connections, made when they are needed and used again.
class PostgresConnectionPool {
 public:
  /// @param patience How long to wait for a server that was there, until it is there again.
  PostgresConnectionPool(PostgresSettings settings, std::size_t max_connections, std::chrono::milliseconds timeout,
                         std::chrono::milliseconds patience)
      : settings_{std::move(settings)}, max_connections_{max_connections}, timeout_{timeout}, patience_{patience} {
    idle_.reserve(max_connections);  // so that putting one back cannot fail
  }
  PostgresConnectionPool(PostgresConnectionPool&&) = delete;

  const PostgresSettings& settings() const noexcept { return settings_; }

  /// A connection for the use of one thread, until the lease ends.
  class Lease {
   public:
    PostgresConnection& connection() const noexcept { return *connection_; }

    Lease(Lease&&) = delete;
    ~Lease() { pool_.put_back(std::move(connection_), generation_); }

   private:
    friend class PostgresConnectionPool;
    Lease(PostgresConnectionPool& pool, std::unique_ptr<PostgresConnection> connection, std::uint64_t generation)
        : pool_{pool}, connection_{std::move(connection)}, generation_{generation} {}

    PostgresConnectionPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
    std::uint64_t generation_;
  };

  /// Waits while all connections are in use.
  /// @param must_wait Longer for a free connection, and for a server that others have waited for in vain.
  /// @throws StorageError
  Lease lease(bool must_wait = false) {
    std::unique_lock lock{mutex_};
    const auto is_free = [this] { return leased_ < max_connections_; };
    const std::chrono::milliseconds timeout = must_wait ? std::max(timeout_, patience_) : timeout_;
    if (!is_free() && !freed_.wait_for(lock, timeout, is_free)) {
      throw StorageError{"all " + std::to_string(max_connections_) + " connections to " + settings_.name +
                             " were in use for " + std::to_string(timeout.count()) +
                             " ms; do it again, or give the adapter a greater max_connections or pool_timeout",
                         true};
    }
    ++leased_;
    const std::uint64_t generation = generation_;
    try {
      while (!idle_.empty()) {
        std::unique_ptr<PostgresConnection> connection = std::move(idle_.back());
        idle_.pop_back();
        lock.unlock();
        if (connection->is_open()) return Lease{*this, std::move(connection), generation};
        connection.reset();
        lock.lock();
      }
      lock.unlock();
      return Lease{*this, connect(must_wait), generation};
    } catch (...) {
      put_back(nullptr, generation);
      throw;
    }
  }

  /// Closes all connections, those in use when they are put back.
  void clear() {
    std::vector<std::unique_ptr<PostgresConnection>> closed;
    closed.reserve(max_connections_);
    const std::lock_guard lock{mutex_};
    ++generation_;
    closed.swap(idle_);
  }

 private:
  /// When the server was there before, it may be starting again. Once it was waited for in vain, only who must still
  /// waits.
  std::unique_ptr<PostgresConnection> connect(bool must_wait) {
    using std::chrono::milliseconds;
    const auto start = std::chrono::steady_clock::now();
    for (milliseconds pause{50};; pause = std::min(2 * pause, milliseconds{400})) {  // those who knock slow it down
      try {
        auto connection = std::make_unique<PostgresConnection>(settings_);
        is_expected_ = true;
        return connection;
      } catch (const StorageError&) {
        if (!must_wait && !is_expected_) throw;
        if (std::chrono::steady_clock::now() - start >= patience_) {
          is_expected_ = false;
          throw;
        }
      }
      std::this_thread::sleep_for(pause);
    }
  }

  void put_back(std::unique_ptr<PostgresConnection> connection, std::uint64_t generation) noexcept {
    {
      const std::lock_guard lock{mutex_};
      --leased_;
      if (connection && generation == generation_ && connection->is_done()) idle_.push_back(std::move(connection));
    }
    freed_.notify_one();
  }

  PostgresSettings settings_;
  std::size_t max_connections_;
  std::chrono::milliseconds timeout_;
  std::chrono::milliseconds patience_;
  std::atomic<bool> is_expected_ = false;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t leased_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace castore::detail

#endif
