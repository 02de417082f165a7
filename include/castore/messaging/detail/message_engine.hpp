// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DETAIL_MESSAGE_ENGINE_HPP
#define CASTORE_MESSAGING_DETAIL_MESSAGE_ENGINE_HPP

#include <castore/detail/stopping.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/dead_letter.hpp>
#include <castore/messaging/detail/message_lanes.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
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

/// Hands messages to their recipients on the threads that ask it to: what is under the queue and the bus in memory, and
/// under the consumers of brokers, whose sources learn by receipts what became of their messages.
///
/// The messages of one aggregate for one recipient form a lane. One thread at a time has a lane in hand, at its first
/// message, which stays there until it is handled or dead; so nothing overtakes. Of all lanes that could go on, the one
/// whose first message has waited longest does: with one thread and without failures the order is that of publishing.
template <class Message>
class MessageEngine {
 public:
  using Recipient = MessageRecipient<Message>;
  struct Delivery {
    std::shared_ptr<Recipient> recipient;
    std::shared_ptr<const Message> message;
    bool replay = false;
    int attempt = 1;
    std::shared_ptr<MessageReceipt> receipt{};
  };

  explicit MessageEngine(MessageEngineOptions<Message> options) : options_{std::move(options)} {
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
    for (auto lane = lanes_.begin_of(recipient.id); lane != lanes_.end() && std::get<0>(lane->first) == recipient.id;) {
      lane = drop_waiting(lane, [](const Entry&) {});
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
    append(std::move(deliveries));
    statistics_.published += count;
  }

  /// Handles what is due on this thread, where a recipient has no handler by that which is given.
  /// A dead letter that is not taken is tried once.
  /// @return How many attempts were made.
  std::size_t poll(std::size_t max_attempts, const StopToken& stop = {},
                   std::shared_ptr<const MessageHandler<Message>> handler = nullptr) {
    std::unique_lock lock{mutex_};
    const SteadyTime began = std::chrono::steady_clock::now();
    std::size_t attempts = 0;
    while (attempts < max_attempts && !is_stopped_ && !stop.stop_requested() && handle_next(lock, handler, began)) {
      ++attempts;
    }
    return attempts;
  }

  /// Handles messages on this thread until it is told to stop.
  void run(const StopToken& stop) {
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
    for (auto lane = lanes_.begin_of(0); lane != lanes_.end();) {
      lane = drop_waiting(lane, [&](const Entry& entry) {
        left.try_emplace(entry.number, UnhandledMessage<Message>{*entry.message, context_of(entry)});
      });
    }
    progress_.notify_all();
    std::vector<UnhandledMessage<Message>> result;
    for (auto& [number, unhandled] : left) result.push_back(std::move(unhandled));
    return result;
  }

  /// Gives back to their sources what waits and is not in hand.
  /// @param has_all_again Whether a source has also what is in hand again, and is about to deliver it.
  void release(bool has_all_again = false) {
    std::vector<std::shared_ptr<MessageReceipt>> receipts;
    {
      const std::scoped_lock lock{mutex_};
      receipts.reserve(statistics_.waiting);
      for (auto lane = lanes_.begin_of(0); lane != lanes_.end();) {
        if (has_all_again) lane->second.entries.front().is_elsewhere = true;
        lane = drop_waiting(lane, [&](const Entry& entry) { receipts.push_back(entry.receipt); });
      }
    }
    release_all(receipts);
  }

  /// When the next message is due that is not yet.
  std::optional<SteadyTime> next_delayed() const {
    const std::scoped_lock lock{mutex_};
    return lanes_.next_delayed();
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
  using Lane = MessageLane<Message>;
  using Entry = typename Lane::Entry;

  MessageContext context_of(const Entry& entry) const {
    return {.attempt = entry.attempt,
            .retry_attempts_left = (std::max)(0, options_.retry.retry_attempts - (entry.attempt - 1)),
            .replay = entry.replay};
  }

  void announce_work() {
    ++work_announced_;
    work_.notify_one();
  }

  void wait_for_work(std::unique_lock<std::mutex>& lock, const StopToken& stop, std::optional<SteadyTime> deadline) {
    const std::uint64_t seen = work_announced_;
    const auto is_new = [&] { return work_announced_ != seen; };
    const std::optional<SteadyTime> due = lanes_.next_delayed();
    if (due && (!deadline || *due < *deadline)) deadline = due;
    wait_unless_stopped(work_, lock, stop, deadline, is_new);
  }

  /// Appends all or none.
  void append(std::vector<Delivery> deliveries) {
    const std::uint64_t last_before = lanes_.last_number();
    std::size_t dropped = 0;
    std::size_t due = 0;
    try {
      for (Delivery& delivery : deliveries) {
        if (delivery.recipient->is_gone) {
          ++dropped;
          continue;
        }
        const bool is_due = lanes_.append(std::move(delivery.recipient), {.message = std::move(delivery.message),
                                                                          .replay = delivery.replay,
                                                                          .attempt = delivery.attempt,
                                                                          .receipt = std::move(delivery.receipt)});
        if (is_due) ++due;
      }
    } catch (...) {
      lanes_.take_back(last_before);
      throw;
    }
    statistics_.dropped += dropped;
    statistics_.waiting += deliveries.size() - dropped;
    for (; due > 0; --due) announce_work();
  }

  /// Drops what waits in a lane, but for what is in hand, and tells of each. @return The next lane.
  template <class OnDropped>
  typename MessageLanes<Message>::Iterator drop_waiting(typename MessageLanes<Message>::Iterator lane,
                                                        const OnDropped& on_dropped) {
    std::deque<Entry>& entries = lane->second.entries;
    const std::size_t kept = lane->second.state == MessageLaneState::busy ? 1 : 0;
    for (std::size_t index = kept; index < entries.size(); ++index) on_dropped(entries[index]);
    drop(entries.size() - kept);
    if (kept == 0) return lanes_.erase(lane);
    entries.resize(1);
    return ++lane;
  }

  void drop(std::size_t count) {
    statistics_.waiting -= count;
    statistics_.dropped += count;
    progress_.notify_all();
  }

  /// Makes one attempt, with the lock released meanwhile. @return Whether there was one to make.
  bool handle_next(std::unique_lock<std::mutex>& lock,
                   const std::shared_ptr<const MessageHandler<Message>>& own_handler = nullptr,
                   SteadyTime letters_until = (SteadyTime::max)()) {
    Lane* const lane = lanes_.take(own_handler != nullptr, letters_until);
    if (!lane) return false;
    if (lanes_.has_ready()) announce_work();  // for another thread
    Recipient& recipient = *lane->recipient;
    std::shared_ptr<const MessageHandler<Message>> handler = recipient.handler ? recipient.handler : own_handler;
    Entry& entry = lane->entries.front();  // stays where it is while others append
    const MessageContext context = context_of(entry);
    const std::thread::id self = std::this_thread::get_id();
    try {
      recipient.running.push_back(self);
    } catch (...) {
      lanes_.schedule(*lane);
      throw;
    }
    ++statistics_.in_hand;
    const bool was_dead = entry.last_error != nullptr;
    lock.unlock();

    const bool is_ours = !entry.receipt || entry.receipt->begin();
    std::exception_ptr error = entry.last_error;
    if (is_ours && !was_dead) error = exception_of([&] { (*handler)(*entry.message, context); });
    handler.reset();  // without the lock, as what it refers to may end with it
    if (is_ours && !error && entry.receipt) entry.receipt->acknowledge();

    lock.lock();
    if (error && !was_dead) ++statistics_.failed_attempts;
    const bool may_retry = context.retry_attempts_left > 0 && !is_stopped_;
    const std::chrono::milliseconds delay = message_retry_delay(options_.retry, context.attempt);
    const bool is_elsewhere = entry.is_elsewhere && (!is_ours || error);  // what is behind it came with it again
    bool is_gone = !is_ours && !is_elsewhere;
    bool is_done = !error || recipient.is_gone || is_elsewhere;
    if (is_ours && error && !is_done) {
      if (was_dead || !may_retry) {
        entry.last_error = error;
        is_done = bury(lock, entry, context, delay, is_gone);
      } else if (entry.receipt) {
        lock.unlock();
        is_gone = entry.receipt->retry_after(delay);
        lock.lock();
      }
    }
    recipient.running.erase(std::ranges::find(recipient.running, self));
    --statistics_.in_hand;
    if (is_ours && !error) ++statistics_.handled;
    if (is_elsewhere || (is_ours && error && recipient.is_gone)) ++statistics_.dropped;
    if (is_gone) {
      give_up(lock, *lane, is_ours);
    } else if (is_done) {
      --statistics_.waiting;
      lane->entries.pop_front();
      if (lane->entries.empty()) {
        lanes_.erase(lane->self);
      } else {
        lanes_.schedule(*lane);
        announce_work();
      }
    } else {
      if (!entry.last_error) ++entry.attempt;
      lanes_.schedule(*lane, delay);
      announce_work();
    }
    progress_.notify_all();
    return true;
  }

  /// Its source delivers the lane's first message again, so what comes after it must not be handled before.
  /// @param failed Whether that message was handled here, and failed.
  void give_up(std::unique_lock<std::mutex>& lock, const Lane& lane, bool failed) {
    statistics_.waiting -= lane.entries.size();
    statistics_.dropped += lane.entries.size() - (failed ? 1 : 0);
    auto ended = lanes_.extract(lane);
    lock.unlock();
    ended.mapped().entries.pop_front();
    for (const Entry& entry : ended.mapped().entries) {
      if (entry.receipt) entry.receipt->release();
    }
    lock.lock();
  }

  /// @param is_gone Becomes true when the message's source has it again. @return Whether the letter was taken.
  bool bury(std::unique_lock<std::mutex>& lock, const Entry& entry, const MessageContext& context,
            std::chrono::milliseconds delay, bool& is_gone) {
    MessageReceipt* const receipt = entry.receipt.get();
    std::optional<DeadLetter<Message>> letter;
    lock.unlock();
    const std::exception_ptr error = exception_of([&] {
      if (!options_.on_dead_letter && receipt) return;
      letter.emplace(DeadLetter<Message>{*entry.message, context, entry.last_error});
      if (options_.on_dead_letter) options_.on_dead_letter(*letter);
    });
    if (options_.on_dead_letter && receipt && !error) receipt->acknowledge();
    if (!options_.on_dead_letter && receipt) is_gone = receipt->bury(delay);
    if (error) tell_listener(options_.on_error, error);
    lock.lock();
    if (error && !(is_stopped_ && letter)) return false;
    const bool is_kept = letter && (error || !options_.on_dead_letter);
    if (is_kept && exception_of([&] { dead_letters_.push_back(*std::move(letter)); })) return false;
    if (!receipt || !receipt->was_buried()) ++statistics_.dead_letters;
    return true;
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

  MessageEngineOptions<Message> options_;
  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable progress_;
  MessageLanes<Message> lanes_;
  std::vector<DeadLetter<Message>> dead_letters_;
  MessageStatistics statistics_;
  std::uint64_t last_recipient_id_ = 0;
  std::uint64_t work_announced_ = 0;
  std::size_t runners_ = 0;
  bool is_closed_ = false;   ///< Takes no more messages.
  bool is_stopped_ = false;  ///< Hands out no more messages.
};

}  // namespace castore::detail

#endif
