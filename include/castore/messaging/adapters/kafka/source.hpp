// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_SOURCE_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_SOURCE_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/group.hpp>
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

inline std::string_view kafka_text(const void* data, std::size_t size) {
  return data == nullptr ? std::string_view{} : std::string_view{static_cast<const char*>(data), size};
}

inline bool is_kafka_replay(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  return rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
         rd_kafka_header_get_last(headers, "replay", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR &&
         kafka_text(value, size) == "1";
}

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
  bool is_replay() const { return is_kafka_replay(*message_); }
  bool bury(const std::string& reason) {
    return group_->bury(place_, std::string{kafka_text(message_->key, message_->key_len)}, body(), is_replay(), reason);
  }

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
  /// @throws MessageSourceError
  template <class Add>
  void receive(const std::optional<SteadyTime>& until, const Add& add) {
    const std::scoped_lock lock{*receiving_};
    add(in_source("ask", [&] { return receive(until); }));
  }

  /// @throws MessageSourceError
  void settle() {
    in_source("tell", [&] { group_->commit(); });
  }

 private:
  std::vector<Delivery> receive(const std::optional<SteadyTime>& until) {
    SteadyTime end = time_after(options_.wait_time);
    // Other messages are in hand, or wait for their time.
    if (group_->held() > 0) end = (std::min)(end, time_after(std::chrono::milliseconds{100}));
    if (until) end = (std::min)(end, *until);
    std::vector<std::shared_ptr<KafkaReceipt>> receipts;
    for (auto& [place, message] : group_->poll(end)) {
      receipts.push_back(std::make_shared<KafkaReceipt>(group_, std::move(place), std::move(message)));
    }
    std::vector<Delivery> deliveries;
    for (const auto& receipt : receipts) {
      const std::string body = receipt->body();
      try {
        deliveries.push_back(Delivery{.recipient = nullptr,
                                      .message = std::make_shared<const Message>(options_.parse(body)),
                                      .replay = receipt->is_replay(),
                                      .receipt = receipt});
      } catch (const std::exception& error) {  // another attempt would read the same
        receipt->bury(without_prefix(error.what()));
        tell_of_invalid(body, receipts);
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
