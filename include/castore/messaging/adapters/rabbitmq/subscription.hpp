// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_SUBSCRIPTION_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_SUBSCRIPTION_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/rabbitmq/connection.hpp>
#include <castore/messaging/adapters/rabbitmq/errors.hpp>
#include <castore/messaging/adapters/rabbitmq/settings.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace castore::detail {

/// What a program has of a queue: the messages that the broker has pushed, and those that are not acknowledged. When
/// the connection ends, the broker gives all of these to the next one, in their order; so that is how they are given
/// back. Any number of threads may use it.
class RabbitMqSubscription {
 public:
  RabbitMqSubscription(RabbitMqSettings settings, std::string queue, std::uint16_t max_messages)
      : settings_{std::move(settings)}, queue_{std::move(queue)}, max_messages_{max_messages} {}

  /// A message's place: of which connection, and what the broker calls it.
  struct Tag {
    std::uint64_t generation = 0;
    std::uint64_t tag = 0;
  };
  struct Received {
    Tag tag{};
    RabbitMqIncoming message{};
  };
  struct Batch {
    std::uint64_t number = 0;  ///< From 1; 0: there is nothing in it.
    bool is_anew = false;      ///< The first of its connection: what older ones had is not this program's any more.
    std::vector<Received> messages{};
  };

  /// What has come, which is waited for. @throws MessageSourceError
  Batch receive(SteadyTime until) {
    std::unique_lock lock{mutex_};
    leave();
    try {
      for (;;) {
        if (is_ending_) {  // others are still handling messages of this connection
          if (!ended_.wait_until(lock, until, [this] { return !is_ending_; })) return {};
        }
        if (!connection_) subscribe();
        read();
        if (!received_.empty()) {
          Batch batch{
              .number = last_batch_ + 1,
              .is_anew = generation_ != last_generation_,
              .messages = {std::make_move_iterator(received_.begin()), std::make_move_iterator(received_.end())}};
          received_.clear();
          ++last_batch_;
          last_generation_ = generation_;
          return batch;
        }
        if (kept_ >= max_messages_) {  // so nothing else will come
          throw MessageSourceError{
              "cannot ask the queue " + in_quotes(queue_) + ": " + std::to_string(kept_) +
                  " bodies in it are not messages of the channel, and max_messages lets the "
                  "broker hand out no more; take them out of the queue, or set reject_dead_letters",
              false};
        }
        if (std::chrono::steady_clock::now() >= until) return {};
        const std::shared_ptr<RabbitMqConnection> connection = connection_;
        lock.unlock();
        connection->wait(until);
        lock.lock();
        if (connection_ != connection) return {};  // another thread has ended it, perhaps as all are to stop
      }
    } catch (const RabbitMqError& error) {
      forget_connection();
      std::throw_with_nested(MessageSourceError{
          "cannot ask the queue " + in_quotes(queue_) + ": " + without_prefix(error.what()), error.retryable()});
    } catch (...) {  // without memory something that came may be missing, so all comes again
      forget_connection();
      throw;
    }
  }

  /// Calls the function after those of the batches that were received before. It must be called for each batch.
  template <class Function>
  void in_turn(std::uint64_t number, const Function& function) {
    std::unique_lock lock{turn_mutex_};
    turn_changed_.wait(lock, [&] { return handed_over_ + 1 == number; });
    struct Next {
      ~Next() {
        ++subscription.handed_over_;
        subscription.turn_changed_.notify_all();
      }
      RabbitMqSubscription& subscription;
    };
    const Next next{*this};
    function();
  }

  /// The calling thread is about to handle a message. @return Whether it is still this program's.
  bool begin(const Tag& tag) noexcept {
    const std::scoped_lock lock{mutex_};
    if (!is_current(tag) || is_ending_) return false;
    try {
      read();
      in_hand_.insert(std::this_thread::get_id());
      return true;
    } catch (...) {  // the broker has ended the connection and gives the message to somebody else
      forget_connection();
      return false;
    }
  }
  void acknowledge(const Tag& tag) noexcept {
    tell(tag, [&] { return amqp_basic_ack(connection_->state(), RabbitMqConnection::channel, tag.tag, 0); });
  }
  /// It becomes a dead letter.
  void reject(const Tag& tag) noexcept {
    tell(tag, [&] { return amqp_basic_reject(connection_->state(), RabbitMqConnection::channel, tag.tag, 0); });
  }
  /// It stays with this program as long as the connection does.
  void keep(const Tag& tag) noexcept {
    const std::scoped_lock lock{mutex_};
    if (is_current(tag)) ++kept_;
  }
  /// All that is not acknowledged is given back as soon as no thread has any of it in hand.
  void release(const Tag& tag) noexcept {
    const std::scoped_lock lock{mutex_};
    is_ending_ = is_ending_ || is_current(tag);
  }
  /// All that is not in hand is about to be given back.
  void before_release() {
    const std::scoped_lock lock{mutex_};
    is_ending_ = connection_ != nullptr;
  }
  /// The calling thread has nothing in hand.
  void settle() {
    const std::scoped_lock lock{mutex_};
    leave();
  }
  /// Nobody receives any more.
  void end() {
    const std::scoped_lock lock{mutex_};
    is_ending_ = connection_ != nullptr;
    leave();
  }

  const std::string& queue() const noexcept { return queue_; }

 private:
  bool is_current(const Tag& tag) const noexcept { return connection_ && tag.generation == generation_; }

  /// @throws RabbitMqError
  void subscribe() {
    const SteadyTime deadline = time_after(settings_.options.timeout);
    const auto connection = std::make_shared<RabbitMqConnection>(settings_, deadline);
    connection->ask(deadline,
                    [&] { amqp_basic_qos(connection->state(), RabbitMqConnection::channel, 0, max_messages_, 0); });
    connection->ask(deadline, [&] {
      amqp_basic_consume(connection->state(), RabbitMqConnection::channel, amqp_bytes(queue_), amqp_empty_bytes, 0, 0,
                         0, amqp_empty_table);
    });
    connection_ = connection;
    ++generation_;
    kept_ = 0;
  }

  /// Takes what has come. @throws RabbitMqError
  void read() {
    while (std::optional<RabbitMqIncoming> incoming = connection_->next(SteadyTime{})) {
      if (incoming->kind != RabbitMqIncoming::Kind::delivery) continue;
      const Tag tag{generation_, incoming->tag};
      received_.push_back({tag, *std::move(incoming)});
    }
  }

  /// @param send Returns what the client library does.
  template <class Send>
  void tell(const Tag& tag, const Send& send) noexcept {
    const std::scoped_lock lock{mutex_};
    if (!is_current(tag)) return;
    try {
      connection_->send(time_after(settings_.options.timeout), send);
    } catch (...) {  // the message comes again
      forget_connection();
    }
  }

  void leave() {
    in_hand_.erase(std::this_thread::get_id());
    if (is_ending_ && in_hand_.empty()) forget_connection();
  }

  /// Without an error this tells the broker, which reads all acknowledgements before.
  void forget_connection() noexcept {
    if (connection_) connection_->close();
    connection_.reset();
    received_.clear();
    is_ending_ = false;
    ended_.notify_all();
  }

  RabbitMqSettings settings_;
  std::string queue_;
  std::uint16_t max_messages_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::shared_ptr<RabbitMqConnection> connection_;
  std::uint64_t generation_ = 0;
  std::deque<Received> received_;      ///< And not yet handed out.
  std::set<std::thread::id> in_hand_;  ///< Threads that may be inside a handler.
  std::size_t kept_ = 0;               ///< Messages of the connection that nobody will handle.
  bool is_ending_ = false;
  std::uint64_t last_batch_ = 0;
  std::uint64_t last_generation_ = 0;  ///< Of the last batch.

  std::mutex turn_mutex_;
  std::condition_variable turn_changed_;
  std::uint64_t handed_over_ = 0;
};

/// What the engine tells of a message.
class RabbitMqReceipt final : public MessageReceipt {
 public:
  RabbitMqReceipt(std::shared_ptr<RabbitMqSubscription> subscription, const RabbitMqSubscription::Tag& tag)
      : subscription_{std::move(subscription)}, tag_{tag} {}

  bool begin() noexcept override { return subscription_->begin(tag_); }
  void acknowledge() noexcept override { subscription_->acknowledge(tag_); }
  bool retry_after(std::chrono::milliseconds) noexcept override { return false; }
  bool bury(std::chrono::milliseconds) noexcept override {
    subscription_->reject(tag_);
    return false;
  }
  void release() noexcept override { subscription_->release(tag_); }

 private:
  std::shared_ptr<RabbitMqSubscription> subscription_;
  RabbitMqSubscription::Tag tag_;
};

}  // namespace castore::detail

#endif
