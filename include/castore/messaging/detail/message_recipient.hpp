// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DETAIL_MESSAGE_RECIPIENT_HPP
#define CASTORE_MESSAGING_DETAIL_MESSAGE_RECIPIENT_HPP

#include <castore/messaging/delivery.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace castore::detail {

using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime time_after(std::chrono::milliseconds delay) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};  // later than that would overflow
  return std::chrono::steady_clock::now() + (std::min)(delay, longest);
}

/// What a function throws; null when it returns.
template <class Function>
std::exception_ptr exception_of(const Function& function) {
  try {
    function();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

/// How a source hears what became of a message that it gave. It is called without the engine's lock, by one thread at a
/// time, and must not throw: what it cannot tell a broker now it tells it later, or its messages come again.
class MessageReceipt {
 public:
  MessageReceipt() = default;
  MessageReceipt(const MessageReceipt&) = delete;
  MessageReceipt& operator=(const MessageReceipt&) = delete;
  virtual ~MessageReceipt() = default;

  /// The message is about to be handled. @return False when somebody else may have it by now: then it is not.
  virtual bool begin() noexcept = 0;
  /// It was handled, or somebody took its dead letter.
  virtual void acknowledge() noexcept = 0;
  /// It failed and is due again after the delay. @return Whether the source delivers it again by itself, and then what
  /// comes after it in its lane; else it stays where it is.
  virtual bool retry_after(std::chrono::milliseconds delay) noexcept = 0;
  /// It failed as often as it may and nobody here takes its dead letter. @return Whether the source delivers it again,
  /// after the delay, and then what comes after it in its lane; else what comes after it is handled.
  virtual bool bury(std::chrono::milliseconds delay) noexcept = 0;
  /// Whether it was buried before, and counted as a dead letter, but its source delivered it again.
  virtual bool was_buried() const noexcept { return false; }
  /// Nobody here will handle it.
  virtual void release() noexcept = 0;
};

/// @param receipts Null for those of whose messages nobody wants to hear.
inline void release_all(const std::vector<std::shared_ptr<MessageReceipt>>& receipts) noexcept {
  for (const auto& receipt : receipts) {
    if (receipt) receipt->release();
  }
}

/// A recipient of messages. All its members are guarded by the engine's mutex.
template <class Message>
struct MessageRecipient {
  std::uint64_t id = 0;
  std::shared_ptr<const MessageHandler<Message>> handler{};  ///< None yet: its messages wait.
  std::vector<std::thread::id> running{};                    ///< Threads inside the handler.
  bool is_gone = false;
};

template <class Message>
struct MessageEngineOptions {
  MessageRetryOptions retry{};
  DeadLetterHandler<Message> on_dead_letter{};
  std::function<void(const std::exception_ptr&)> on_error{};  ///< Is told why a dead letter was not taken.
  std::size_t capacity = 0;
  WhenFull when_full = WhenFull::refuse;
  std::optional<std::chrono::milliseconds> wait_at_most{};
};

}  // namespace castore::detail

#endif
