// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_MESSAGE_RECIPIENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_MESSAGE_RECIPIENT_HPP

#include <castore/messaging/delivery.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
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

/// Who gets messages. All its members are guarded by the dispatcher's mutex.
template <class Message>
struct MessageRecipient {
  std::uint64_t id = 0;
  std::shared_ptr<const MessageHandler<Message>> handler{};  ///< None yet: its messages wait.
  std::vector<std::thread::id> running{};                    ///< Threads inside the handler.
  bool is_gone = false;
};

template <class Message>
struct MessageDispatcherOptions {
  MessageRetryOptions retry{};
  DeadLetterHandler<Message> on_dead_letter{};
  std::size_t capacity = 0;
  WhenFull when_full = WhenFull::refuse;
  std::optional<std::chrono::milliseconds> wait_at_most{};
};

}  // namespace castore::detail

#endif
