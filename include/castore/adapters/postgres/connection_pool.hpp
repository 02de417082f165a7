// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_CONNECTION_POOL_HPP
#define CASTORE_ADAPTERS_POSTGRES_CONNECTION_POOL_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/refusals.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/socket.hpp>
#include <castore/core/errors.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace castore::detail {

/// At most so many connections, made when they are needed and used again.
class PostgresConnectionPool {
 public:
  explicit PostgresConnectionPool(PostgresSettings settings) : settings_{std::move(settings)}, name_{settings_.name} {
    idle_.reserve(settings_.max_connections);  // so that putting one back cannot fail
  }
  PostgresConnectionPool(PostgresConnectionPool&&) = delete;

  const PostgresSettings& settings() const noexcept { return settings_; }

  /// What error messages call the table and, once there was a connection, its server.
  std::string name() const {
    const std::lock_guard lock{mutex_};
    return name_;
  }

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
  /// @param must_wait Longer for a free connection, and for a server that others have given up.
  /// @throws StorageError, PostgresConnectionLost, and whatever the provider of credentials throws
  Lease lease(bool must_wait = false) {
    using std::chrono::milliseconds;
    const auto start = PostgresClock::now();
    const milliseconds timeout =
        must_wait ? (std::max)(settings_.pool_timeout, settings_.connect_timeout) : settings_.pool_timeout;
    std::unique_lock lock{mutex_};
    if (!place_freed_.wait_until(lock, start + timeout, [this] { return leased_ < settings_.max_connections; })) {
      throw StorageError{"all " + std::to_string(settings_.max_connections) + " connections to " + name_ +
                             " were in use for " + std::to_string(timeout.count()) +
                             " ms; do it again, or give the adapter a greater max_connections or pool_timeout",
                         true};
    }
    ++leased_;
    try {
      for (milliseconds pause{50};; pause = (std::min)(2 * pause, milliseconds{400})) {  // attempts are a load
        if (auto connection = take_idle(lock)) return Lease{*this, std::move(connection), generation_};
        if (in_use_ > 0 && PostgresClock::now() < (std::min)(full_until_, start + timeout)) {
          connection_freed_.wait_until(lock, (std::min)(full_until_, start + timeout),
                                       [this] { return !idle_.empty() || in_use_ == 0; });
          continue;
        }
        const std::uint64_t generation = generation_;
        lock.unlock();
        try {
          std::unique_ptr<PostgresConnection> connection = connect();
          lock.lock();
          name_ = connection->name();
          is_expected_ = true;
          ++in_use_;
          return Lease{*this, std::move(connection), generation};
        } catch (const PostgresNotConnected& refused) {
          lock.lock();
          wait_after(refused, start, timeout, must_wait, pause, lock);
        }
      }
    } catch (...) {
      if (lock.owns_lock()) lock.unlock();
      put_back(nullptr, 0);
      throw;
    }
  }

  /// Closes all connections, those in use when they are put back.
  void clear() {
    std::vector<std::unique_ptr<PostgresConnection>> closed;
    closed.reserve(settings_.max_connections);
    const std::lock_guard lock{mutex_};
    ++generation_;
    closed.swap(idle_);
  }

 private:
  /// One that is still open, if there is one. @param lock Let go while a connection is looked at or closed.
  std::unique_ptr<PostgresConnection> take_idle(std::unique_lock<std::mutex>& lock) {
    while (!idle_.empty()) {
      const std::uint64_t generation = generation_;
      std::unique_ptr<PostgresConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      ++in_use_;
      lock.unlock();
      const bool is_open = connection->is_open();
      if (!is_open) connection.reset();
      lock.lock();
      if (is_open && generation == generation_) return connection;
      --in_use_;
    }
    return nullptr;
  }

  /// Returns when it is worth while to try again, or to wait for a connection that the adapter has, as when the server
  /// is full. When it was there before, it may be starting again. Once one has given up, only who must still waits. To
  /// be called while the refusal is handled.
  /// @throws PostgresNotConnected
  void wait_after(const PostgresNotConnected& refused, PostgresClock::time_point start,
                  std::chrono::milliseconds timeout, bool must_wait, std::chrono::milliseconds pause,
                  std::unique_lock<std::mutex>& lock) {
    const auto now = PostgresClock::now();
    if (refused.kind() == PostgresRefusalKind::full && in_use_ > 0) {
      if (now >= start + timeout) throw;
      full_until_ = now + std::chrono::seconds{1};
      return;
    }
    if (refused.kind() == PostgresRefusalKind::final || (!must_wait && !is_expected_)) throw;
    if (now >= start + settings_.connect_timeout) {
      is_expected_ = false;
      throw;
    }
    connection_freed_.wait_for(lock, pause, [this] { return !idle_.empty(); });
  }

  /// Asks for credentials again when they are refused.
  std::unique_ptr<PostgresConnection> connect() {
    const auto connect_with = [this](PostgresConnectionParameters credentials) {
      credentials.insert(settings_.parameters.begin(), settings_.parameters.end());
      return std::make_unique<PostgresConnection>(settings_, std::move(credentials), name());
    };
    if (!settings_.credentials) return connect_with({});
    const PostgresConnectionParameters credentials = ask_for_credentials();
    try {
      return connect_with(credentials);
    } catch (const PostgresNotConnected& refused) {
      if (refused.kind() != PostgresRefusalKind::final) throw;
      const PostgresConnectionParameters renewed = ask_for_credentials();
      if (renewed == credentials) throw;
      return connect_with(renewed);
    }
  }
  PostgresConnectionParameters ask_for_credentials() {
    const std::lock_guard lock{credentials_mutex_};
    return settings_.credentials();
  }

  void put_back(std::unique_ptr<PostgresConnection> connection, std::uint64_t generation) noexcept {
    {
      const std::lock_guard lock{mutex_};
      --leased_;
      if (connection) --in_use_;
      if (connection && generation == generation_ && connection->is_done()) idle_.push_back(std::move(connection));
    }
    place_freed_.notify_one();
    connection_freed_.notify_one();
  }

  PostgresSettings settings_;
  mutable std::mutex mutex_;
  std::mutex credentials_mutex_;
  std::condition_variable place_freed_;
  std::condition_variable connection_freed_;
  std::string name_;
  bool is_expected_ = false;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t leased_ = 0;
  std::size_t in_use_ = 0;  ///< Of the leased ones, those that have their connection already.
  std::uint64_t generation_ = 0;
  PostgresClock::time_point full_until_{};  ///< The server is not asked for more connections before.
};

}  // namespace castore::detail

#endif
