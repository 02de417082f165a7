// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DELIVERY_HPP
#define CASTORE_MESSAGING_DELIVERY_HPP

/// @file
/// What whoever handles messages gets and may choose, whatever carries them.

#include <castore/messaging/message.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>

namespace castore {

/// @brief Which attempt at a message this is.
struct MessageContext {
  int attempt = 1;              ///< From 1.
  int retry_attempts_left = 0;  ///< 0: when this attempt fails, the message is a dead letter.
  bool replay = false;          ///< The message was published as one of the past.

  friend bool operator==(const MessageContext&, const MessageContext&) = default;
};

/// @brief Handles a message; to throw is to fail.
template <MessageType Message>
using MessageHandler = std::function<void(const Message&, const MessageContext&)>;

/// @brief How often and when a message that failed is tried again. Meanwhile the later messages of its aggregate wait.
struct MessageRetryOptions {
  int retry_attempts = 2;                         ///< From 0; 2 means three attempts.
  std::chrono::milliseconds retry_delay{30'000};  ///< Before the first retry, from 0.
  double retry_backoff_rate = 2;                  ///< What the delay is multiplied by for each retry after it, from 0.
};

/// @brief The longest delay before a retry, whatever the back-off makes of it.
inline constexpr std::chrono::milliseconds max_message_retry_delay = std::chrono::hours{24};

/// @brief A message that failed as often as it may.
template <MessageType Message>
struct DeadLetter {
  Message message;             ///< As it was published.
  MessageContext context{};    ///< Of the last attempt.
  std::exception_ptr error{};  ///< What the last attempt threw.
};

/// @brief Takes over a message that failed as often as it may. When it throws, `on_error` is told, it is called again
/// after the delay of the last retry, and the later messages of the aggregate wait.
template <MessageType Message>
using DeadLetterHandler = std::function<void(const DeadLetter<Message>&)>;

/// @brief What publishing does when there is no room.
enum class WhenFull {
  refuse,  ///< Throws `MessagesNotPublishedError`, retryable.
  wait     ///< Blocks until there is room.
};

/// @brief A message that nobody has handled, as `stop` gives it back.
template <MessageType Message>
struct UnhandledMessage {
  Message message;           ///< As it was published.
  MessageContext context{};  ///< Of the attempt that was to come.
};

/// @brief Counts of what became of messages. A bus counts a message once per listener.
struct MessageStatistics {
  std::uint64_t published = 0;        ///< Taken over.
  std::uint64_t handled = 0;          ///< The handler returned.
  std::uint64_t failed_attempts = 0;  ///< How often a handler threw.
  std::uint64_t dead_letters = 0;     ///< Failed on every attempt that they had.
  std::uint64_t dropped = 0;          ///< Given back by `stop`, or sent to a listener that is gone.
  std::size_t waiting = 0;            ///< Not handled yet, including those in hand.
  std::size_t in_hand = 0;            ///< Being handled right now.

  friend bool operator==(const MessageStatistics&, const MessageStatistics&) = default;
};

namespace detail {

/// @throws std::invalid_argument
inline void check_message_retry_options(const MessageRetryOptions& options) {
  if (options.retry_attempts < 0 || options.retry_attempts == (std::numeric_limits<int>::max)()) {
    throw std::invalid_argument{"castore: retry_attempts is out of range; 0 means no retry"};
  }
  if (options.retry_delay.count() < 0) throw std::invalid_argument{"castore: retry_delay is negative"};
  if (!(options.retry_backoff_rate >= 0)) throw std::invalid_argument{"castore: retry_backoff_rate is negative"};
}

/// The delay after attempt number `attempt` has failed.
inline std::chrono::milliseconds message_retry_delay(const MessageRetryOptions& options, int attempt) {
  const double delay = static_cast<double>(options.retry_delay.count()) *
                       std::pow(options.retry_backoff_rate, static_cast<double>(attempt - 1));
  const auto longest = static_cast<double>(max_message_retry_delay.count());
  // NaN comes from infinity times 0. It is not less than anything, so it ends here, too.
  if (!(delay < longest))
    return options.retry_delay.count() == 0 ? std::chrono::milliseconds{0} : max_message_retry_delay;
  return std::chrono::milliseconds{std::llround(delay)};
}

}  // namespace detail

}  // namespace castore

#endif
