// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_SHOP_SYSTEM_HPP
#define CASTORE_EXAMPLES_SHOP_SYSTEM_HPP

/// @file
/// Where events are kept, and what carries messages: the only file that knows. The rest is the same on PostgreSQL with
/// RabbitMQ and, with SHOP_SQLITE_NATS, on SQLite with NATS.

#include <castore/castore.hpp>

#ifdef SHOP_SQLITE_NATS
#include <castore/adapters/sqlite.hpp>
#include <castore/messaging/adapters/nats.hpp>
#else
#include <castore/adapters/postgres.hpp>
#include <castore/messaging/adapters/rabbitmq.hpp>
#endif

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace shop {

/// What failed, as the database was busy, is tried again soon; it is a dead letter after ten attempts, some minutes.
inline castore::MessageRetryOptions message_retry() {
  return {.retry_attempts = 10, .retry_delay = std::chrono::milliseconds{100}};
}

#ifdef SHOP_SQLITE_NATS

// [small]
using Storage = castore::SqliteEventStorageAdapter;
inline void prepare(Storage&) {}  // the file has its tables since it was opened

class Broker {
 public:
  explicit Broker(const std::string& url) : nats_{std::make_shared<castore::NatsConnection>(url)} {
    nats_->create_stream({.name = "SHOP", .subjects = {"ORDERS.>", "RESERVATIONS.>", "DEAD_LETTERS.>"}});
  }
  auto sender() const { return castore::NatsMessageChannelAdapter{nats_}; }
  /// The events of a store, for one receiver, which the server remembers by its name.
  template <class Channel>
  auto receiver(const Channel& channel, const std::string& store, const std::string& name) const {
    return castore::NatsConsumer{channel, nats_, "SHOP", name,
                                 castore::NatsConsumerOptions<typename Channel::Message>{
                                     .filter_subject = store + ".>",
                                     .retry = message_retry(),
                                     .dead_letter_subject = "DEAD_LETTERS." + name,
                                     .ack_wait = std::chrono::seconds{1},  // so long a killed one's work waits
                                     .wait_time = std::chrono::milliseconds{200}}};
  }

 private:
  std::shared_ptr<castore::NatsConnection> nats_;
};
// [/small]

#else

// [large]
using Storage = castore::PostgresEventStorageAdapter;
inline void prepare(Storage& storage) { storage.create_event_table(); }

class Broker {  // rabbitmq.json has its exchange and queues
 public:
  explicit Broker(std::string url) : url_{std::move(url)} {}
  auto sender() const { return castore::RabbitMqMessageChannelAdapter{url_, "shop"}; }
  /// The events of a store, for one receiver, whose queue has its name and is bound to the store's events.
  template <class Channel>
  auto receiver(const Channel& channel, const std::string& /*store*/, const std::string& name) const {
    return castore::RabbitMqConsumer{
        channel, url_, name,
        castore::RabbitMqConsumerOptions<typename Channel::Message>{
            .reject_dead_letters = true, .retry = message_retry(), .wait_time = std::chrono::milliseconds{200}}};
  }

 private:
  std::string url_;
};
// [/large]

#endif

using Transaction = Storage::Transaction;

}  // namespace shop

#endif
