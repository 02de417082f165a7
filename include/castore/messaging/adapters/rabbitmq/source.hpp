// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_SOURCE_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_SOURCE_HPP

#include <castore/config.hpp>
#include <castore/messaging/adapters/rabbitmq/subscription.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace castore::detail {

/// Makes typed messages of what a subscription receives.
template <class Message>
class RabbitMqSource {
 public:
  using Delivery = typename MessageEngine<Message>::Delivery;

  struct Options {
    std::chrono::milliseconds wait_time{};
    bool reject_dead_letters = false;
    std::function<Message(const std::string& body)> parse{};
    std::function<void(const std::string& body, const std::exception_ptr&)> on_invalid_message{};
  };

  RabbitMqSource(std::shared_ptr<RabbitMqSubscription> subscription, Options options)
      : subscription_{std::move(subscription)}, options_{std::move(options)} {}

  /// @param until When it is to be back. @param add Called with what has come, in its order, also when several threads
  /// receive. @throws MessageSourceError
  template <class Add>
  void receive(const std::optional<SteadyTime>& until, const Add& add) {
    const SteadyTime longest = time_after(options_.wait_time);
    RabbitMqSubscription::Batch batch = subscription_->receive((std::min)(until.value_or(longest), longest));
    if (batch.messages.empty()) return;
    std::vector<Delivery> deliveries;
    std::exception_ptr error;
    for (RabbitMqSubscription::Received& received : batch.messages) {
      try {
        if (std::optional<Delivery> delivery = read(received)) deliveries.push_back(*std::move(delivery));
      } catch (const std::bad_alloc&) {  // all of this connection comes again, in its order
        subscription_->release(received.tag);
        error = std::current_exception();
      } catch (...) {
        error = std::current_exception();
      }
    }
    subscription_->in_turn(batch.number, [&] {
      try {
        add(std::move(deliveries), batch.is_anew);
      } catch (...) {  // likewise
        subscription_->release(batch.messages.front().tag);
        throw;
      }
    });
    if (error) std::rethrow_exception(error);
  }
  void before_release() { subscription_->before_release(); }
  void settle() { subscription_->settle(); }
  /// Nobody receives any more.
  void end() { subscription_->end(); }

 private:
  std::optional<Delivery> read(RabbitMqSubscription::Received& received) {
    RabbitMqIncoming& incoming = received.message;
    try {
      const ReceivedBody body =
          read_body(incoming.body, incoming.content_type, incoming.headers, {"cloudEvents_", "cloudEvents:"});
      return Delivery{.recipient = nullptr,
                      .message = std::make_shared<const Message>(options_.parse(body.json)),
                      .replay = body.replay || incoming.headers["replay"] == "true",
                      .attempt = 1,
                      .receipt = std::make_shared<RabbitMqReceipt>(subscription_, received.tag)};
    } catch (const std::bad_alloc&) {  // which says nothing of the body
      throw;
    } catch (...) {
      // Without a place for dead letters it stays where it is until the connection ends, and then comes again.
      if (options_.reject_dead_letters) {
        subscription_->reject(received.tag);
      } else {
        subscription_->keep(received.tag);
      }
      if (options_.on_invalid_message) options_.on_invalid_message(incoming.body, std::current_exception());
      return std::nullopt;
    }
  }

  std::shared_ptr<RabbitMqSubscription> subscription_;
  Options options_;
};

}  // namespace castore::detail

#endif
