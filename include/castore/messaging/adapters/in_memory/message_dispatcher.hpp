// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_MESSAGE_DISPATCHER_HPP
#define CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_MESSAGE_DISPATCHER_HPP

#include <castore/detail/stop_token.hpp>
#include <castore/messaging/adapters/in_memory/message_recipient.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace castore::detail {

/// Hands messages to their recipients on the threads that ask it to.
///
/// The messages of one aggregate for one recipient form a lane. One thread at a time has a lane in hand, at its first
/// message, which stays there until it is handled or dead; so nothing overtakes. Of all lanes that could go on, the one
/// whose first message has waited longest does: with one thread and without failures the order is that of publishing.
template <class Message>
class MessageDispatcher {
 public:
  using Recipient = MessageRecipient<Message>;
  struct Delivery {
    std::shared_ptr<Recipient> recipient;
    std::shared_ptr<const Message> message;
    bool replay = false;
  };

  explicit MessageDispatcher(MessageDispatcherOptions<Message> options) : options_{std::move(options)} {
    check_message_retry_options(options_.retry);
  }

  std::shared_ptr<Recipient> add_recipient(MessageHandler<Message> handler) {
    auto recipient = std::make_shared<Recipient>();
    if (handler) recipient->handler = std::make_shared<const MessageHandler<Message>>(std::move(handler));
    const std::scoped_lock lock{mutex_};
    recipient->id = ++last_recipient_id_;
    return recipient;
  }

  void set_handler(Recipient& recipient, MessageHandler<Message> handler) {
    auto shared = handler ? std::make_shared<const MessageHandler<Message>>(std::move(handler)) : nullptr;
    const std::scoped_lock lock{mutex_};
    recipient.handler.swap(shared);  // the old one ends without the lock
    announce_work();
  }

  /// Drops what waits for the recipient, and returns when no other thread is inside its handler, unless such a thread
  /// calls it while another one does so already: they would wait for each other.
  void remove_recipient(Recipient& recipient) {
    std::shared_ptr<const MessageHandler<Message>> handler;  // ends without the lock
    std::unique_lock lock{mutex_};
    const std::thread::id self = std::this_thread::get_id();
    if (recipient.is_gone && std::ranges::count(recipient.running, self) > 0) return;
    recipient.is_gone = true;
    handler.swap(recipient.handler);
    auto next = lanes_.lower_bound(LaneKey{recipient.id, {}, {}});
    while (next != lanes_.end() && std::get<0>(next->first) == recipient.id) {
      const auto lane = next++;
      const std::size_t kept = lane->second.state == LaneState::busy ? 1 : 0;
      drop(lane->second.entries.size() - kept);
      if (kept == 0) {
        leave_schedule(lane->second);
        lanes_.erase(lane);
      } else {
        lane->second.entries.resize(1);
      }
    }
    progress_.wait(lock, [&] { return std::ranges::count(recipient.running, self) == std::ssize(recipient.running); });
  }

  /// Takes over all deliveries or none. @throws MessagesNotPublishedError
  void add(std::vector<Delivery> deliveries, std::size_t message_count) {
    const auto refuse = [&](const std::string& what, bool retryable) {
      std::vector<std::size_t> indices(message_count);
      std::iota(indices.begin(), indices.end(), std::size_t{0});
      throw MessagesNotPublishedError{std::move(indices), what, retryable};
    };
    const std::size_t count = deliveries.size();
    if (count > options_.capacity) {
      refuse("they are more than the capacity of " + std::to_string(options_.capacity), false);
    }
    std::unique_lock lock{mutex_};
    const auto has_room = [&] { return statistics_.waiting <= options_.capacity - count; };
    if (!has_room() && !is_closed_ && options_.when_full == WhenFull::wait) {
      const auto may_go_on = [&] { return is_closed_ || has_room(); };
      if (options_.wait_at_most) {
        progress_.wait_until(lock, time_after(*options_.wait_at_most), may_go_on);
      } else {
        progress_.wait(lock, may_go_on);
      }
    }
    if (is_closed_) refuse("their recipient was stopped", false);
    if (!has_room()) refuse("there is no room left; try again when messages were handled", true);
    for (Delivery& delivery : deliveries) append(std::move(delivery));
    statistics_.published += count;
  }

  /// Handles what is due on this thread. @return How many attempts were made.
  std::size_t poll(std::size_t max_attempts) {
    std::unique_lock lock{mutex_};
    std::size_t attempts = 0;
    while (attempts < max_attempts && !is_stopped_ && handle_next(lock)) ++attempts;
    return attempts;
  }

  /// Handles messages on this thread until it is told to stop.
  void run(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    ++runners_;
    while (!stop.stop_requested() && !is_stopped_) {
      if (!handle_next(lock)) wait_for_work(lock, stop, std::nullopt);
    }
    --runners_;
    // Work may have been announced to this thread alone.
    announce_work();
    progress_.notify_all();
  }

  /// Waits until nothing is left; works itself when no other thread does. @return Whether nothing is left.
  bool drain(SteadyTime deadline) {
    std::unique_lock lock{mutex_};
    return drain(lock, deadline);
  }

  /// Refuses new messages, waits as `drain` does, and ends all `run`s. @return What nobody has handled, in order.
  std::vector<UnhandledMessage<Message>> stop(SteadyTime deadline) {
    std::unique_lock lock{mutex_};
    is_closed_ = true;
    progress_.notify_all();
    drain(lock, deadline);  // announces work at its end, so that whoever waits looks again
    is_stopped_ = true;
    work_.notify_all();
    std::map<std::uint64_t, UnhandledMessage<Message>> left;
    for (auto next = lanes_.begin(); next != lanes_.end();) {
      const auto lane = next++;
      std::deque<Entry>& entries = lane->second.entries;
      const bool is_busy = lane->second.state == LaneState::busy;
      for (std::size_t index = is_busy ? 1 : 0; index < entries.size(); ++index) {
        const Entry& entry = entries[index];
        left.try_emplace(entry.number, UnhandledMessage<Message>{*entry.message, context_of(entry)});
      }
      drop(entries.size() - (is_busy ? 1 : 0));
      if (is_busy) {
        entries.resize(1);
      } else {
        leave_schedule(lane->second);
        lanes_.erase(lane);
      }
    }
    progress_.notify_all();
    std::vector<UnhandledMessage<Message>> result;
    for (auto& [number, unhandled] : left) result.push_back(std::move(unhandled));
    return result;
  }

  std::vector<DeadLetter<Message>> take_dead_letters() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(dead_letters_, {});
  }

  MessageStatistics statistics() const {
    const std::scoped_lock lock{mutex_};
    return statistics_;
  }

 private:
  using LaneKey = std::tuple<std::uint64_t, std::string, std::string>;
  struct Entry {
    std::uint64_t number = 0;  ///< In the order of publishing.
    std::shared_ptr<const Message> message{};
    bool replay = false;
    int attempt = 1;
    std::exception_ptr last_error{};  ///< Set when it failed for the last time, but the dead letter was not taken.
  };
  enum class LaneState { ready, delayed, busy };
  struct Lane {
    std::shared_ptr<Recipient> recipient{};
    std::deque<Entry> entries{};
    LaneState state = LaneState::ready;
    SteadyTime not_before{};
    typename std::map<LaneKey, Lane>::iterator self{};
  };

  MessageContext context_of(const Entry& entry) const {
    return {.attempt = entry.attempt,
            .retry_attempts_left = options_.retry.retry_attempts - (entry.attempt - 1),
            .replay = entry.replay};
  }

  void announce_work() {
    ++work_announced_;
    work_.notify_one();
  }

  void wait_for_work(std::unique_lock<std::mutex>& lock, const std::stop_token& stop,
                     std::optional<SteadyTime> deadline) {
    const std::uint64_t seen = work_announced_;
    const auto is_new = [&] { return work_announced_ != seen; };
    if (!delayed_.empty() && (!deadline || delayed_.begin()->first.first < *deadline)) {
      deadline = delayed_.begin()->first.first;
    }
    if (deadline) {
      work_.wait_until(lock, stop, *deadline, is_new);
    } else {
      work_.wait(lock, stop, is_new);
    }
  }

  void append(Delivery delivery) {
    if (delivery.recipient->is_gone) {
      ++statistics_.dropped;
      return;
    }
    const MessageHeader header = message_header(*delivery.message);
    const auto [found, is_new] =
        lanes_.try_emplace(LaneKey{delivery.recipient->id, header.event_store_id, header.aggregate_id});
    Lane& lane = found->second;
    ++statistics_.waiting;
    lane.entries.push_back(
        {.number = ++last_number_, .message = std::move(delivery.message), .replay = delivery.replay});
    if (!is_new) return;
    lane.recipient = std::move(delivery.recipient);
    lane.self = found;
    schedule(lane);
  }

  /// The lane can go on with its first message.
  void schedule(Lane& lane) {
    lane.state = LaneState::ready;
    ready_.emplace(lane.entries.front().number, &lane);
    announce_work();
  }

  void schedule(Lane& lane, std::chrono::milliseconds delay) {
    lane.state = LaneState::delayed;
    lane.not_before = time_after(delay);
    delayed_.emplace(std::pair{lane.not_before, lane.entries.front().number}, &lane);
    announce_work();
  }

  void leave_schedule(Lane& lane) {
    const std::uint64_t number = lane.entries.front().number;
    if (lane.state == LaneState::ready) ready_.erase(number);
    if (lane.state == LaneState::delayed) delayed_.erase({lane.not_before, number});
  }

  void drop(std::size_t count) {
    statistics_.waiting -= count;
    statistics_.dropped += count;
    progress_.notify_all();
  }

  Lane* take() {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!delayed_.empty() && delayed_.begin()->first.first <= now) {
      Lane& lane = *delayed_.begin()->second;
      delayed_.erase(delayed_.begin());
      lane.state = LaneState::ready;
      ready_.emplace(lane.entries.front().number, &lane);
    }
    for (auto next = ready_.begin(); next != ready_.end(); ++next) {
      Lane& lane = *next->second;
      // Only a queue's single recipient can be without a handler: then none of its lanes can go on.
      if (!lane.recipient->handler) return nullptr;
      ready_.erase(next);
      lane.state = LaneState::busy;
      return &lane;
    }
    return nullptr;
  }

  /// Makes one attempt, with the lock released meanwhile. @return Whether there was one to make.
  bool handle_next(std::unique_lock<std::mutex>& lock) {
    Lane* const lane = take();
    if (!lane) return false;
    if (!ready_.empty()) announce_work();  // for another thread
    Recipient& recipient = *lane->recipient;
    std::shared_ptr<const MessageHandler<Message>> handler = recipient.handler;
    Entry& entry = lane->entries.front();  // stays where it is while others append
    const MessageContext context = context_of(entry);
    const std::thread::id self = std::this_thread::get_id();
    recipient.running.push_back(self);
    ++statistics_.in_hand;
    const bool was_dead = entry.last_error != nullptr;
    lock.unlock();

    std::exception_ptr error = entry.last_error;
    if (!was_dead) error = error_of([&] { (*handler)(*entry.message, context); });
    handler.reset();  // without the lock, as what it refers to may end with it

    lock.lock();
    if (error && !was_dead) ++statistics_.failed_attempts;
    const bool may_retry = context.retry_attempts_left > 0 && !is_stopped_;
    bool is_done = !error || recipient.is_gone;
    if (error && !is_done && (was_dead || !may_retry)) {
      entry.last_error = error;
      is_done = bury(lock, {*entry.message, context, error});
    }
    recipient.running.erase(std::ranges::find(recipient.running, self));
    --statistics_.in_hand;
    if (!error) ++statistics_.handled;
    if (error && recipient.is_gone) ++statistics_.dropped;
    if (is_done) {
      --statistics_.waiting;
      lane->entries.pop_front();
      if (lane->entries.empty()) {
        lanes_.erase(lane->self);
      } else {
        schedule(*lane);
      }
    } else {
      if (!entry.last_error) ++entry.attempt;
      schedule(*lane, message_retry_delay(options_.retry, context.attempt));
    }
    progress_.notify_all();
    return true;
  }

  /// @return Whether the letter was taken.
  bool bury(std::unique_lock<std::mutex>& lock, DeadLetter<Message> letter) {
    if (options_.on_dead_letter) {
      lock.unlock();
      const std::exception_ptr error = error_of([&] { options_.on_dead_letter(letter); });
      lock.lock();
      if (error && !is_stopped_) return false;
      if (error) dead_letters_.push_back(std::move(letter));
    } else {
      dead_letters_.push_back(std::move(letter));
    }
    ++statistics_.dead_letters;
    return true;
  }

  template <class Function>
  static std::exception_ptr error_of(const Function& function) {
    try {
      function();
    } catch (...) {
      return std::current_exception();
    }
    return nullptr;
  }

  bool drain(std::unique_lock<std::mutex>& lock, SteadyTime deadline) {
    while (statistics_.waiting > 0 && std::chrono::steady_clock::now() < deadline) {
      if (runners_ > 0) {
        announce_work();  // to them; it may have been announced to this thread alone
        progress_.wait_until(lock, deadline, [&] { return statistics_.waiting == 0 || runners_ == 0; });
      } else if (!handle_next(lock)) {
        wait_for_work(lock, {}, (std::min)(deadline, time_after(std::chrono::milliseconds{100})));
      }
    }
    announce_work();  // likewise
    return statistics_.waiting == 0;
  }

  MessageDispatcherOptions<Message> options_;
  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable progress_;
  std::map<LaneKey, Lane> lanes_;                                  ///< None is empty.
  std::map<std::uint64_t, Lane*> ready_;                           ///< By their first messages.
  std::map<std::pair<SteadyTime, std::uint64_t>, Lane*> delayed_;  ///< Likewise, and when they may go on.
  std::vector<DeadLetter<Message>> dead_letters_;
  MessageStatistics statistics_;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_recipient_id_ = 0;
  std::uint64_t work_announced_ = 0;
  std::size_t runners_ = 0;
  bool is_closed_ = false;   ///< Takes no more messages.
  bool is_stopped_ = false;  ///< Hands out no more messages.
};

}  // namespace castore::detail

#endif
