// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_DEAD_LETTER_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_DEAD_LETTER_HPP

#include <castore/config.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/message.hpp>
#include <castore/messaging/adapters/kafka/place.hpp>
#include <castore/messaging/adapters/kafka/publisher.hpp>
#include <castore/messaging/detail/dead_letter.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

namespace castore::detail {

/// A message that failed as often as it may, and where it comes from. What it refers to must outlive it.
struct KafkaDeadLetter {
  const KafkaPlace& place;
  const rd_kafka_message_t& message;
  const std::string& reason;
};

inline KafkaOutgoingMessage kafka_dead_letter(const KafkaDeadLetter& dead, LeftOut left_out) {
  KafkaOutgoingMessage letter{.key = std::string{kafka_text(dead.message.key, dead.message.key_len)},
                              .name = "the dead letter"};
  if (left_out != LeftOut::origin) {
    letter.headers = {{"topic", dead.place.partition->topic},
                      {"partition", std::to_string(dead.place.partition->number)},
                      {"offset", std::to_string(dead.place.offset)},
                      {"reason", dead.reason}};
  }
  if (left_out == LeftOut::body) {
    letter.headers.emplace_back("leftOut", "body");
  } else {
    letter.body = kafka_text(dead.message.payload, dead.message.len);
    std::ranges::move(kafka_form_headers(dead.message), std::back_inserter(letter.headers));
  }
  return letter;
}

inline bool is_too_large_for_topic(const MessagesNotPublishedError& error) {
  try {
    std::rethrow_if_nested(error);
  } catch (const KafkaError& cause) {
    return cause.code() == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           cause.code() == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
  }
  return false;
}

/// @return What had to be left out. @throws MessagesNotPublishedError
inline LeftOut publish_kafka_dead_letter(KafkaProducer& producer, const std::string& topic,
                                         const KafkaDeadLetter& dead) {
  return publish_what_fits([&](LeftOut left_out) {
    const std::vector<KafkaOutgoingMessage> letters{kafka_dead_letter(dead, left_out)};
    if (letters.front().size() > producer.max_message_size()) return false;
    try {
      producer.publish(topic, letters);
      return true;
    } catch (const MessagesNotPublishedError& error) {
      if (!is_too_large_for_topic(error)) throw;
      return false;
    }
  });
}

/// After a dead letter that could not be published now, those of messages that were received before are not tried for as
/// long as that one was: each would be waited for as long, and no partition goes on meanwhile.
class KafkaLetterDelay {
 public:
  void begin_poll() noexcept { ++poll_; }
  std::uint64_t poll() const noexcept { return poll_; }
  /// @throws What the letter before threw.
  void expect_none(const KafkaPlace& place) const {
    const std::scoped_lock lock{mutex_};
    if (why_ && place.poll <= last_poll_ && std::chrono::steady_clock::now() < until_) std::rethrow_exception(why_);
  }
  /// A letter was published.
  void end() noexcept {
    const std::scoped_lock lock{mutex_};
    why_ = nullptr;
  }
  /// @param error The exception that is being handled. @param began When the letter was tried.
  void note(const std::exception& error, SteadyTime began) noexcept {
    const auto* const refused = dynamic_cast<const MessagesNotPublishedError*>(&error);
    const std::scoped_lock lock{mutex_};
    if (refused == nullptr || !refused->retryable() || why_ == std::current_exception()) return;
    why_ = std::current_exception();
    last_poll_ = poll_;
    const SteadyTime now = std::chrono::steady_clock::now();
    until_ = now + (now - began);
  }

 private:
  std::atomic<std::uint64_t> poll_{0};
  mutable std::mutex mutex_;
  std::exception_ptr why_;
  std::uint64_t last_poll_ = 0;  ///< That received such a message.
  SteadyTime until_{};
};

}  // namespace castore::detail

#endif
