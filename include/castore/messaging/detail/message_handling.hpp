// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DETAIL_MESSAGE_HANDLING_HPP
#define CASTORE_MESSAGING_DETAIL_MESSAGE_HANDLING_HPP

#include <castore/detail/stop_token.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/message.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace castore::detail {

/// What a queue and a bus in memory have in common: their messages are handled by the threads that call these
/// functions.
template <MessageType MessageT>
class MessageHandling {
 public:
  /// @brief Handles what is due on the calling thread. A handler may not call it.
  /// @return How many attempts were made.
  std::size_t poll(std::size_t max_attempts = (std::numeric_limits<std::size_t>::max)()) {
    return engine_->poll(max_attempts);
  }

  /// @brief Handles messages on the calling thread until it is told to stop, or `stop` ends; the message at hand is
  /// finished. Call it on several threads so that a slow handler does not delay everything.
  void run(const std::stop_token& stop_token) { engine_->run(stop_token); }

  /// @brief Waits until every message is handled or dead, with its retries. The calling thread works itself when none
  /// is inside `run`. A handler may not call it.
  /// @return Whether nothing is left; false after `timeout`, which an attempt at work may exceed.
  bool drain(std::chrono::milliseconds timeout) { return engine_->drain(time_after(timeout)); }

  /// @brief Ends it: refuses new messages, waits as `drain` does, then ends every `run`. A message that is still in
  /// hand afterwards is handled to its end, and is a dead letter when it fails.
  /// @return What was not handled, in the order of publishing, to be kept or published elsewhere; of a bus once per
  /// listener.
  std::vector<UnhandledMessage<MessageT>> stop(std::chrono::milliseconds timeout) {
    return engine_->stop(time_after(timeout));
  }

  /// @brief What failed as often as it may, and no handler took.
  std::vector<DeadLetter<MessageT>> take_dead_letters() { return engine_->take_dead_letters(); }

  /// @brief What became of the messages so far.
  MessageStatistics statistics() const { return engine_->statistics(); }

 protected:
  using Engine = MessageEngine<MessageT>;

  explicit MessageHandling(std::shared_ptr<Engine> engine) : engine_{std::move(engine)} {}
  MessageHandling(const MessageHandling&) = delete;
  MessageHandling& operator=(const MessageHandling&) = delete;
  ~MessageHandling() = default;

  Engine& engine() noexcept { return *engine_; }

  /// What the options of a queue and of a bus say to the engine.
  template <class Options>
  static MessageEngineOptions<MessageT> engine_options(Options& options) {
    return {.retry = options.retry,
            .on_dead_letter = std::move(options.on_dead_letter),
            .on_error = std::move(options.on_error),
            .capacity = options.capacity,
            .when_full = options.when_full,
            .wait_at_most = options.wait_at_most};
  }

 private:
  std::shared_ptr<Engine> engine_;
};

}  // namespace castore::detail

#endif
