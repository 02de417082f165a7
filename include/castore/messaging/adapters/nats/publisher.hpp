// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_PUBLISHER_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_PUBLISHER_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/adapters/nats/message.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace castore::detail {

/// Publishes messages to a stream and waits until it has all of them. Of the messages with the same subject one is on
/// its way at a time: a stream may take one and refuse an earlier one, which would be overtaken.
class NatsPublisher {
 public:
  static constexpr std::size_t most_on_their_way = 256;
  static constexpr std::chrono::milliseconds again_after{1'000};  ///< An answer may be lost.
  static constexpr int attempts_without_stream = 4;               ///< A cluster may be choosing who leads it.

  /// @param messages Must outlive it.
  NatsPublisher(const NatsConnection& connection, const std::vector<NatsOutgoingMessage>& messages,
                std::chrono::milliseconds timeout)
      : connection_{connection}, messages_{messages}, deadline_{time_after(timeout)}, lane_of_(messages.size()) {
    std::unordered_map<std::string_view, std::size_t> lanes;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const auto [lane, is_new] = lanes.try_emplace(messages[index].subject, lanes_.size());
      if (is_new) {
        ready_.push_back(lanes_.size());
        lanes_.emplace_back();
      }
      lane_of_[index] = lane->second;
      lanes_[lane->second].indices.push_back(index);
    }
  }

  /// @throws MessagesNotPublishedError
  void publish(std::size_t max_message_size) {
    refuse_too_large(max_message_size);
    try {
      NatsInbox inbox{connection_};
      while (!is_done() && std::chrono::steady_clock::now() < deadline_) {
        send_what_is_due(inbox);
        wait_for_answer(inbox);
        while (!is_done() && inbox.has_next()) wait_for_answer(inbox);
      }
      if (!is_done() && last_why_.empty()) {
        last_why_ = connection_.is_connected() ? "no answer came in time" : "there was no connection in time";
      }
    } catch (const NatsError& error) {
      last_why_ = without_prefix(error.what());
      may_help_ = may_help_ && error.retryable();
      cause_ = std::current_exception();
    }
    while (!ready_.empty()) give_up(ready_.front());
    while (!due_.empty()) give_up(due_.begin()->second);
    if (refused_.empty()) return;
    std::ranges::sort(refused_);
    const MessagesNotPublishedError error{std::move(refused_), why_.empty() ? last_why_ : why_, may_help_};
    if (!cause_) throw error;
    try {
      std::rethrow_exception(cause_);
    } catch (const NatsError&) {
      std::throw_with_nested(error);
    }
  }

 private:
  struct Lane {
    std::vector<std::size_t> indices{};
    std::size_t taken = 0;    ///< So many of them.
    bool is_sent = false;     ///< The next one, perhaps more than once.
    SteadyTime due{};         ///< If it is: when it is to be sent again.
    bool is_awaited = false;  ///< Nothing has been heard since.
    int failures = 0;
  };

  bool is_done() const { return ready_.empty() && due_.empty(); }

  void refuse_too_large(std::size_t max_message_size) const {
    for (const NatsOutgoingMessage& message : messages_) {
      if (message.size() <= max_message_size) continue;
      std::vector<std::size_t> all(messages_.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      throw MessagesNotPublishedError{std::move(all),
                                      message.name + " (at index " + std::to_string(&message - messages_.data()) +
                                          ") has " + std::to_string(message.size()) + " bytes, more than the " +
                                          std::to_string(max_message_size) + " that are allowed; nothing was sent",
                                      false};
    }
  }

  /// @param due When the lane's next message is to be sent again.
  void reschedule(std::size_t number, SteadyTime due) {
    Lane& lane = lanes_[number];
    if (lane.is_sent) due_.erase({lane.due, number});
    lane.is_sent = true;
    lane.due = due;
    due_.emplace(due, number);
  }

  void send_what_is_due(const NatsInbox& inbox) {
    // While the connection is broken the client library would keep what it is given, and nobody could take it back.
    if (!connection_.is_connected()) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    bool has_sent = false;
    for (; !due_.empty() && due_.begin()->first <= now; has_sent = true) send(due_.begin()->second, inbox, now);
    for (; !ready_.empty() && due_.size() < most_on_their_way; has_sent = true) {
      const std::size_t number = ready_.front();
      ready_.pop_front();
      send(number, inbox, now);
    }
    if (has_sent) flush_nats(connection_);
  }

  void send(std::size_t number, const NatsInbox& inbox, SteadyTime now) {
    const std::size_t index = lanes_[number].indices[lanes_[number].taken];
    const NatsOutgoingMessage& message = messages_[index];
    reschedule(number, now + again_after);
    lanes_[number].is_awaited = true;
    const natsStatus status =
        send_to_nats(connection_, message.subject, inbox.subject(index + 1), message.body, message.headers);
    if (!is_transient_nats_status(status)) check_nats(status, "cannot send " + message.name);
  }

  void wait_for_answer(NatsInbox& inbox) {
    constexpr std::chrono::milliseconds longest{50};  // then it is seen whether the connection is there again
    auto wait = longest;
    if (connection_.is_connected() && !due_.empty()) {
      const SteadyTime until = (std::min)(deadline_, due_.begin()->first);
      wait = (std::min)(wait, std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    }
    bool nobody_listens = false;
    const NatsPointer<natsMsg> answer = inbox.next(wait, &nobody_listens);
    if (nobody_listens) return find_missing_streams();
    if (!answer) return;
    const std::uint64_t number = inbox.number_of(natsMsg_GetSubject(answer.get()));
    if (number == 0 || number > messages_.size()) return;
    const std::size_t index = static_cast<std::size_t>(number) - 1;
    Lane& lane = lanes_[lane_of_[index]];
    // What was sent twice is answered twice.
    if (!lane.is_sent || lane.indices[lane.taken] != index) return;
    const nlohmann::json json = parse_nats_answer(data_of(answer.get()));
    if (const auto error = nats_error_in(json)) return failed(index, *error, !error->retryable());
    due_.erase({lane.due, lane_of_[index]});
    lane.is_sent = false;
    lane.failures = 0;
    if (++lane.taken < lane.indices.size()) ready_.push_back(lane_of_[index]);
  }

  /// Some of what is on its way reaches nobody.
  void find_missing_streams() {
    std::vector<std::size_t> lanes;
    for (const auto& [due, number] : due_) {
      if (lanes_[number].is_awaited) lanes.push_back(number);
    }
    for (const std::size_t number : lanes) {
      const std::size_t index = lanes_[number].indices[lanes_[number].taken];
      const std::string& subject = messages_[index].subject;
      if (number_at(connection_.ask("STREAM.NAMES", {{"subject", subject}}), "total") > 0) continue;
      const NatsError error{"no stream takes the subject " + in_quotes(subject), true};
      failed(index, error, lanes_[number].failures + 1 >= attempts_without_stream);
    }
  }

  /// @param for_good Whether it is not sent again.
  void failed(std::size_t index, const NatsError& error, bool for_good) {
    Lane& lane = lanes_[lane_of_[index]];
    lane.is_awaited = false;
    last_why_ = messages_[index].name + ": " + without_prefix(error.what());
    if (for_good) {
      if (why_.empty()) why_ = last_why_;
      may_help_ = may_help_ && error.retryable();
      if (!cause_) cause_ = std::make_exception_ptr(error);
      return give_up(lane_of_[index]);
    }
    const int doublings = (std::min)(lane.failures++, 3);
    reschedule(lane_of_[index], std::chrono::steady_clock::now() + std::chrono::milliseconds{100 << doublings});
  }

  /// What is left of a lane, as it must not overtake what was refused.
  void give_up(std::size_t number) {
    Lane& lane = lanes_[number];
    refused_.insert(refused_.end(), lane.indices.begin() + static_cast<std::ptrdiff_t>(lane.taken), lane.indices.end());
    if (lane.is_sent) {
      due_.erase({lane.due, number});
      lane.is_sent = false;
    } else {
      ready_.erase(std::ranges::find(ready_, number));
    }
  }

  const NatsConnection& connection_;
  const std::vector<NatsOutgoingMessage>& messages_;
  SteadyTime deadline_;
  std::vector<Lane> lanes_{};
  std::vector<std::size_t> lane_of_;
  std::deque<std::size_t> ready_{};                     ///< Lanes whose next message was not sent.
  std::set<std::pair<SteadyTime, std::size_t>> due_{};  ///< Lanes whose next message is on its way, and until when.
  std::vector<std::size_t> refused_{};
  std::string why_{};       ///< The first message was refused.
  std::string last_why_{};  ///< The last message was not taken, though it may be later.
  bool may_help_ = true;
  std::exception_ptr cause_{};
};

}  // namespace castore::detail

#endif
