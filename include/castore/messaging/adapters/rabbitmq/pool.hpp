// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_POOL_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_POOL_HPP

#include <castore/config.hpp>
#include <castore/messaging/adapters/rabbitmq/connection.hpp>
#include <castore/messaging/adapters/rabbitmq/errors.hpp>
#include <castore/messaging/adapters/rabbitmq/settings.hpp>
#include <castore/messaging/detail/message_recipient.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace castore::detail {

/// A connection whose messages are confirmed.
struct RabbitMqPublishingConnection {
  /// @throws RabbitMqError
  RabbitMqPublishingConnection(const RabbitMqSettings& settings, SteadyTime deadline) : connection{settings, deadline} {
    connection.ask(deadline, [&] { amqp_confirm_select(connection.state(), RabbitMqConnection::channel); });
  }

  RabbitMqConnection connection;
  std::uint64_t last_tag = 0;  ///< How the broker calls the last message that was sent.
};

/// Connections for the calls of several threads, made when they are needed.
class RabbitMqPool {
 public:
  RabbitMqPool(RabbitMqSettings settings, std::size_t max_connections)
      : settings_{std::move(settings)}, free_places_{max_connections} {}

  /// A connection for one call, which ends with it unless it is kept.
  class Loan {
   public:
    /// @throws RabbitMqError
    Loan(RabbitMqPool& pool, SteadyTime deadline) : pool_{pool} {
      {
        std::unique_lock lock{pool_.mutex_};
        if (!pool_.returned_.wait_until(lock, deadline, [&] { return pool_.free_places_ > 0; })) {
          throw RabbitMqError{pool_.settings_.broker(), 0, "other threads have used all connections for too long",
                              true};
        }
        --pool_.free_places_;
        if (!pool_.idle_.empty()) {
          connection_ = std::move(pool_.idle_.back());
          pool_.idle_.pop_back();
        }
      }
      if (connection_) return;
      is_fresh_ = true;
      try {
        connection_ = std::make_unique<RabbitMqPublishingConnection>(pool_.settings_, deadline);
      } catch (...) {
        give_place_back();
        throw;
      }
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
      connection_.reset();
      give_place_back();
    }

    RabbitMqPublishingConnection& connection() noexcept { return *connection_; }
    /// Whether it was made for this call.
    bool is_fresh() const noexcept { return is_fresh_; }
    /// It can be used again.
    void keep() {
      const std::scoped_lock lock{pool_.mutex_};
      pool_.idle_.push_back(std::move(connection_));
    }

   private:
    void give_place_back() noexcept {
      {
        const std::scoped_lock lock{pool_.mutex_};
        ++pool_.free_places_;
      }
      pool_.returned_.notify_one();
    }

    RabbitMqPool& pool_;
    std::unique_ptr<RabbitMqPublishingConnection> connection_{};
    bool is_fresh_ = false;
  };

  const RabbitMqSettings& settings() const noexcept { return settings_; }

 private:
  RabbitMqSettings settings_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<RabbitMqPublishingConnection>> idle_;
  std::size_t free_places_;  ///< For connections that are lent.
};

}  // namespace castore::detail

#endif
