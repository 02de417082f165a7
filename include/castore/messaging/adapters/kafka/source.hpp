// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_SOURCE_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_SOURCE_HPP

#include <castore/config.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/group.hpp>
#include <castore/messaging/adapters/kafka/message.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// What the engine tells of a message. One that failed stays in its lane.
class KafkaReceipt final : public MessageReceipt {
 public:
  KafkaReceipt(std::shared_ptr<KafkaGroup> group, KafkaPlace place, KafkaPointer<rd_kafka_message_t> message)
      : group_{std::move(group)}, place_{std::move(place)}, message_{std::move(message)} {}

  bool begin() noexcept override { return group_->begin(place_); }
  void acknowledge() noexcept override { group_->acknowledge(place_); }
  bool retry_after(std::chrono::milliseconds) noexcept override {
    group_->put_down(place_);
    return false;
  }
  bool bury(std::chrono::milliseconds) noexcept override { return bury("its handler failed on every attempt"); }
  void release() noexcept override { group_->give_back(place_); }

  std::string body() const { return std::string{kafka_text(message_->payload, message_->len)}; }
  ReceivedBody read() const { return read_kafka_message(*message_); }
  bool bury(const std::string& reason) { return group_->bury(place_, *message_, reason); }

 private:
  std::shared_ptr<KafkaGroup> group_;
  KafkaPlace place_;
  KafkaPointer<rd_kafka_message_t> message_;
};

/// Asks Kafka for messages.
template <class Message>
class KafkaSource {
 public:
  using Delivery = typename MessageEngine<Message>::Delivery;

  struct Options {
    std::chrono::milliseconds wait_time{};
    std::function<Message(const std::string& body)> parse{};
    std::function<void(const std::string& body, const std::exception_ptr&)> on_invalid_message{};
  };

  KafkaSource(std::shared_ptr<KafkaGroup> group, Options options)
      : group_{std::move(group)}, options_{std::move(options)}, receiving_{std::make_unique<std::mutex>()} {}

  /// @param until When it is to be back. @param add Takes what has come, before another thread receives what is next.
  /// @param stop Ends it earlier. @throws MessageSourceError
  template <class Add>
  void receive(const std::optional<SteadyTime>& until, const Add& add, const StopToken& stop) {
    const std::scoped_lock lock{*receiving_};
    add(in_source("ask", [&] { return receive(until, stop); }));
  }

  /// @throws MessageSourceError
  void settle() {
    in_source("tell", [&] { group_->commit(); });
  }

 private:
  std::vector<Delivery> receive(const std::optional<SteadyTime>& until, const StopToken& stop) {
    SteadyTime end = time_after(options_.wait_time);
    // Other messages are in hand, or wait for their time.
    if (group_->held() > 0) end = (std::min)(end, time_after(std::chrono::milliseconds{100}));
    if (until) end = (std::min)(end, *until);
    auto messages = group_->poll(end, stop);
    std::vector<std::shared_ptr<KafkaReceipt>> receipts;
    receipts.reserve(messages.size());
    for (auto& [place, message] : messages) {
      receipts.push_back(std::make_shared<KafkaReceipt>(group_, std::move(place), std::move(message)));
    }
    std::vector<Delivery> deliveries;
    deliveries.reserve(receipts.size());
    for (const auto& receipt : receipts) {
      try {
        const ReceivedBody body = receipt->read();
        deliveries.push_back(Delivery{.recipient = nullptr,
                                      .message = std::make_shared<const Message>(options_.parse(body.json)),
                                      .replay = body.replay,
                                      .receipt = receipt});
      } catch (const std::exception& error) {  // another attempt would read the same
        if (stop.stop_requested()) {
          receipt->release();
        } else if (receipt->begin()) {  // else its partition is read again, and it comes again
          receipt->bury(without_prefix(error.what()));
          tell_of_invalid(receipt->body(), receipts);
        }
      }
    }
    return deliveries;
  }

  /// Of the exception that is being handled. When the user's function throws, all that is not handled is read again.
  void tell_of_invalid(const std::string& body, const std::vector<std::shared_ptr<KafkaReceipt>>& receipts) const {
    if (!options_.on_invalid_message) return;
    try {
      options_.on_invalid_message(body, std::current_exception());
    } catch (...) {
      for (const auto& receipt : receipts) receipt->release();
      throw;
    }
  }

  template <class Function>
  auto in_source(const char* verb, const Function& function) {
    try {
      return function();
    } catch (const KafkaError& error) {
      std::throw_with_nested(MessageSourceError{
          std::string{"cannot "} + verb + " Kafka: " + without_prefix(error.what()), error.retryable()});
    }
  }

  std::shared_ptr<KafkaGroup> group_;
  Options options_;
  std::unique_ptr<std::mutex> receiving_;
};

}  // namespace castore::detail

#endif
