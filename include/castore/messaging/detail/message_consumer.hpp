// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DETAIL_MESSAGE_CONSUMER_HPP
#define CASTORE_MESSAGING_DETAIL_MESSAGE_CONSUMER_HPP

#include <castore/detail/signal.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace castore::detail {

/// The engine and a source that is asked for messages: what is under every consumer.
/// @tparam Source Has `receive(wait)`, which returns deliveries without recipients, with receipts, and takes at most
/// about that long; and `settle()`, which tells the broker what the receipts were told and it does not know yet. Both
/// may throw MessageSourceError, and any number of threads call them. Where two threads may receive messages of one
/// aggregate, it has `receive(wait, add)` instead, which calls `add` in their order, and says there whether all that
/// waits here is to be given back before, as the broker has it again; or `receive(wait, add, stop_token)`, which also
/// ends at a stop. It may have `before_release()`: from then on it lets none of its messages begin until what waits was
/// given back.
template <MessageType MessageT, class Source>
class MessageConsumer {
 public:
  using Message = MessageT;  ///< What its handlers get.

  MessageConsumer(const MessageConsumer&) = delete;
  MessageConsumer& operator=(const MessageConsumer&) = delete;

  /// @brief Asks for messages once, which may take as long as the options say, and handles those that came, and what is
  /// due again, on this thread. A message is acknowledged after its handler; to throw is to fail.
  /// @return How many attempts were made. @throws MessageSourceError: what was not handled comes again.
  std::size_t poll(MessageHandler<Message> handler) {
    const auto shared = std::make_shared<const MessageHandler<Message>>(std::move(handler));
    return poll_once(shared, {});
  }

  /// @brief Receives and handles messages on this thread until it is told to stop: then the message at hand is
  /// finished, and those that wait are given back. Call it on several threads for several workers.
  /// @throws MessageSourceError when the broker cannot be asked and waiting will not help; while it may, it waits
  /// longer and longer, up to half a minute, and tells `on_error`. What `on_error` throws then, and what
  /// `on_invalid_message` or a client of yours throws, ends it, too. In each case what waits is given back.
  void run(MessageHandler<Message> handler, const StopToken& stop_token) {
    const auto shared = std::make_shared<const MessageHandler<Message>>(std::move(handler));
    try {
      poll_until_stopped(shared, stop_token);
    } catch (...) {  // also what the user's functions and a client of theirs throw
      give_back();
      settle_if_possible();
      throw;
    }
    give_back();
    source_.settle();
  }

  /// @brief What became of the messages so far; `published` counts those that were received.
  MessageStatistics statistics() const { return engine_.statistics(); }

 protected:
  /// @param on_error Is told why the broker could not be asked, and what `on_dead_letter` throws.
  MessageConsumer(const MessageRetryOptions& retry, DeadLetterHandler<Message> on_dead_letter,
                  std::function<void(const std::exception_ptr&)> on_error, Source source)
      : source_{std::move(source)},
        on_error_{std::move(on_error)},
        engine_{{.retry = retry,
                 .on_dead_letter = std::move(on_dead_letter),
                 .on_error = on_error_,
                 .capacity = (std::numeric_limits<std::size_t>::max)()}},
        recipient_{engine_.add_recipient({})} {}
  ~MessageConsumer() = default;

  Source& source() noexcept { return source_; }

 private:
  using Engine = MessageEngine<Message>;

  void poll_until_stopped(const std::shared_ptr<const MessageHandler<Message>>& handler, const StopToken& stop_token) {
    for (int failures = 0; !stop_token.stop_requested();) {
      try {
        poll_once(handler, stop_token);
        failures = 0;
      } catch (const MessageSourceError& error) {
        if (!error.retryable()) throw;
        give_back();
        if (on_error_) on_error_(std::current_exception());
        wait(stop_token,
             message_retry_delay({.retry_delay = std::chrono::milliseconds{100}}, (std::min)(++failures, 9)));
      }
    }
  }

  std::size_t poll_once(const std::shared_ptr<const MessageHandler<Message>>& handler, const StopToken& stop_token) {
    const auto add = [this](std::vector<typename Engine::Delivery> deliveries, bool is_anew = false) {
      if (is_anew) engine_.release(true);
      for (typename Engine::Delivery& delivery : deliveries) delivery.recipient = recipient_;
      const std::size_t count = deliveries.size();
      engine_.add(std::move(deliveries), count);
    };
    if constexpr (requires { source_.receive(engine_.next_delayed(), add, stop_token); }) {
      source_.receive(engine_.next_delayed(), add, stop_token);
    } else if constexpr (requires { source_.receive(engine_.next_delayed(), add); }) {
      source_.receive(engine_.next_delayed(), add);
    } else {
      add(source_.receive(engine_.next_delayed()));
    }
    const std::size_t attempts = engine_.poll((std::numeric_limits<std::size_t>::max)(), stop_token, handler);
    if (stop_token.stop_requested()) give_back();
    source_.settle();
    return attempts;
  }

  /// Where another error is told.
  void settle_if_possible() {
    try {
      source_.settle();
    } catch (...) {
    }
  }
  void give_back() {
    if constexpr (requires(Source& source) { source.before_release(); }) source_.before_release();
    engine_.release();
  }

  static void wait(const StopToken& stop_token, std::chrono::milliseconds time) {
    Signal signal;
    signal.wait_until(Signal::deadline(time), stop_token, [] { return false; });
  }

  Source source_;
  std::function<void(const std::exception_ptr&)> on_error_;
  Engine engine_;
  std::shared_ptr<MessageRecipient<Message>> recipient_;
};

}  // namespace castore::detail

#endif
