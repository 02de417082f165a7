// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DETAIL_MESSAGE_LANES_HPP
#define CASTORE_MESSAGING_DETAIL_MESSAGE_LANES_HPP

#include <castore/config.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace castore::detail {

enum class MessageLaneState { ready, delayed, busy };

/// The messages of one aggregate for one recipient, in the order in which they came.
template <class Message>
struct MessageLane {
  struct Entry {
    std::uint64_t number = 0;  ///< In the order of publishing.
    std::shared_ptr<const Message> message{};
    bool replay = false;
    int attempt = 1;
    std::shared_ptr<MessageReceipt> receipt{};  ///< None when nobody wants to hear of it.
    std::exception_ptr last_error{};  ///< Set when it failed for the last time, but the dead letter was not taken.
    bool is_elsewhere = false;        ///< Its source had it again while it was in hand.
  };
  using Key = std::tuple<std::uint64_t, std::string, std::string>;  ///< Recipient, aggregate, event store.
  /// Lanes by when they may go on, and by their first messages.
  using Schedule = std::map<std::pair<SteadyTime, std::uint64_t>, MessageLane*>;

  std::shared_ptr<MessageRecipient<Message>> recipient{};
  std::deque<Entry> entries{};
  MessageLaneState state = MessageLaneState::ready;
  SteadyTime not_before{};
  typename std::map<Key, MessageLane>::iterator self{};
  typename Schedule::node_type place{};  ///< In a schedule; kept here while it is in none, as a new one needs memory.
};

/// All lanes, none of which is empty, and which of them can go on. Not for several threads at once.
template <class Message>
class MessageLanes {
 public:
  using Lane = MessageLane<Message>;
  using Entry = typename Lane::Entry;
  using Key = typename Lane::Key;
  using Iterator = typename std::map<Key, Lane>::iterator;

  /// Appends it or changes nothing. @return Whether a lane can go on that could not before.
  bool append(std::shared_ptr<MessageRecipient<Message>> recipient, Entry entry) {
    const MessageHeader header = message_header(*entry.message);
    const auto [found, is_new] = lanes_.try_emplace(Key{recipient->id, header.aggregate_id, header.event_store_id});
    Lane& lane = found->second;
    entry.number = last_number_ + 1;
    try {
      lane.entries.push_back(std::move(entry));
      if (is_new) ready_.emplace(place_of(lane, SteadyTime{}), &lane);
    } catch (...) {
      if (is_new) lanes_.erase(found);
      throw;
    }
    ++last_number_;
    if (!is_new) return false;
    lane.recipient = std::move(recipient);
    lane.self = found;
    return true;
  }
  std::uint64_t last_number() const noexcept { return last_number_; }
  /// Takes back what was appended after the one with this number. None of it must have been in hand.
  void take_back(std::uint64_t last) {
    for (Iterator lane = lanes_.begin(); lane != lanes_.end();) {
      std::deque<Entry>& entries = lane->second.entries;
      if (entries.front().number > last) {
        lane = erase(lane);
      } else {
        while (entries.back().number > last) entries.pop_back();
        ++lane;
      }
    }
    last_number_ = last;
  }

  /// The lane, which is in hand, can go on with its first message.
  void schedule(Lane& lane) noexcept {
    lane.state = MessageLaneState::ready;
    put(lane, ready_, SteadyTime{});
  }
  void schedule(Lane& lane, std::chrono::milliseconds delay) noexcept {
    lane.state = MessageLaneState::delayed;
    lane.not_before = time_after(delay);
    put(lane, delayed_, lane.not_before);
  }

  /// The lane whose first message has waited longest of those that can go on; it is in hand then.
  /// @param any_handler Whether there is a handler for recipients that have none.
  /// @param letters_until A dead letter that was to be tried later than this is left; so is what is due after it.
  Lane* take(bool any_handler, SteadyTime letters_until) {
    while (!delayed_.empty() && delayed_.begin()->first.first <= std::chrono::steady_clock::now()) {
      Lane& lane = *delayed_.begin()->second;
      if (lane.entries.front().last_error && lane.not_before > letters_until) break;
      lane.place = delayed_.extract(delayed_.begin());
      schedule(lane);
    }
    // Only a queue's single recipient can be without a handler: then none of its lanes can go on.
    if (ready_.empty() || (!any_handler && !ready_.begin()->second->recipient->handler)) return nullptr;
    Lane& lane = *ready_.begin()->second;
    lane.place = ready_.extract(ready_.begin());
    lane.state = MessageLaneState::busy;
    return &lane;
  }

  /// Ends a lane that is not in hand, or whose last message was. @return The next one.
  Iterator erase(Iterator lane) {
    const Lane& ended = lane->second;
    if (ended.state == MessageLaneState::ready) ready_.erase(place_of(ended, SteadyTime{}));
    if (ended.state == MessageLaneState::delayed) delayed_.erase(place_of(ended, ended.not_before));
    return lanes_.erase(lane);
  }
  /// Takes out a lane that is in hand.
  auto extract(const Lane& lane) noexcept { return lanes_.extract(lane.self); }

  bool has_ready() const noexcept { return !ready_.empty(); }
  std::optional<SteadyTime> next_delayed() const {
    return delayed_.empty() ? std::nullopt : std::optional{delayed_.begin()->first.first};
  }
  /// The lanes of the recipients from this one on.
  Iterator begin_of(std::uint64_t recipient_id) { return lanes_.lower_bound(Key{recipient_id, {}, {}}); }
  Iterator end() { return lanes_.end(); }

 private:
  using Schedule = typename Lane::Schedule;

  static typename Schedule::key_type place_of(const Lane& lane, SteadyTime time) noexcept {
    return {time, lane.entries.front().number};
  }
  static void put(Lane& lane, Schedule& schedule, SteadyTime time) noexcept {
    lane.place.key() = place_of(lane, time);
    schedule.insert(std::move(lane.place));
  }

  std::map<Key, Lane> lanes_;
  Schedule ready_;  ///< All at the same time.
  Schedule delayed_;
  std::uint64_t last_number_ = 0;
};

}  // namespace castore::detail

#endif
