// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_PUBLISHER_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_PUBLISHER_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/rabbitmq/connection.hpp>
#include <castore/messaging/adapters/rabbitmq/errors.hpp>
#include <castore/messaging/adapters/rabbitmq/message.hpp>
#include <castore/messaging/adapters/rabbitmq/pool.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace castore::detail {

/// Publishes the messages of one call. Of the messages of an aggregate each is sent after the one before it was
/// confirmed, and none after one that was refused; those of different aggregates do not wait for each other.
class RabbitMqPublisher {
 public:
  RabbitMqPublisher(RabbitMqPool& pool, const std::string& exchange, const std::vector<RabbitMqOutgoing>& messages)
      : pool_{pool}, exchange_{exchange}, messages_{messages}, deadline_{time_after(pool.settings().options.timeout)} {}

  /// @throws MessagesNotPublishedError
  void publish(std::size_t max_message_size) {
    refuse_what_cannot_be_sent(max_message_size);
    for (std::size_t index = 0; index < messages_.size(); ++index) {
      std::deque<std::size_t>& lane = lanes_[messages_[index].aggregate];
      lane.push_back(index);
      if (lane.size() == 1) ready_.insert(index);
    }
    constexpr std::chrono::milliseconds shortest_attempt{10};
    std::chrono::milliseconds wait{0};
    while (!ready_.empty()) {
      bool is_fresh = true;
      try {
        RabbitMqPool::Loan loan{pool_, deadline_};
        is_fresh = loan.is_fresh();
        send_all(loan.connection());
        loan.keep();
      } catch (const RabbitMqError& error) {
        const bool is_of_one = in_flight_.size() == 1 && error.code() == AMQP_PRECONDITION_FAILED;
        const std::size_t sent_alone = in_flight_.empty() ? 0 : in_flight_.begin()->second;
        for (const auto& [tag, index] : in_flight_) ready_.insert(index);
        in_flight_.clear();
        returned_.clear();
        if (is_of_one) {
          refuse(sent_alone, without_prefix(error.what()), false);
        } else if (error.code() == AMQP_PRECONDITION_FAILED && most_in_flight_ > 1) {
          most_in_flight_ = 1;  // one of them is refused, such as too large a one; which one shows next
        } else if (!error.retryable() || std::chrono::steady_clock::now() + wait + shortest_attempt >= deadline_) {
          give_up(error);
        } else if (is_fresh) {  // another one may have ended long ago
          std::this_thread::sleep_for(wait);
          constexpr std::chrono::milliseconds first{50};
          constexpr std::chrono::milliseconds longest{2'000};
          wait = std::clamp(wait * 2, first, longest);
        }
      }
    }
    if (refused_.empty()) return;
    throw MessagesNotPublishedError{{refused_.begin(), refused_.end()}, why_, may_help_};
  }

 private:
  void refuse_what_cannot_be_sent(std::size_t max_message_size) const {
    for (std::size_t index = 0; index < messages_.size(); ++index) {
      const std::optional<std::string> fault = messages_[index].fault(max_message_size);
      if (!fault) continue;
      std::vector<std::size_t> all(messages_.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      throw MessagesNotPublishedError{
          std::move(all),
          messages_[index].name() + " (at index " + std::to_string(index) + ") " + *fault + "; nothing was sent",
          false};
    }
  }

  /// @throws RabbitMqError
  void send_all(RabbitMqPublishingConnection& publishing) {
    RabbitMqConnection& connection = publishing.connection;
    while (!ready_.empty() || !in_flight_.empty()) {
      while (!ready_.empty() && in_flight_.size() < most_in_flight_ && !connection.blocked()) {
        const std::size_t index = *ready_.begin();
        ready_.erase(ready_.begin());
        in_flight_.emplace(++publishing.last_tag, index);
        publish_rabbitmq_message(connection, exchange_, messages_[index], deadline_);
        while (connection.has_next()) handle(*connection.next(deadline_));
      }
      std::optional<RabbitMqIncoming> incoming = connection.next(deadline_);
      if (!incoming) connection.fail_late("it has not confirmed them in time");
      handle(*incoming);
    }
  }

  void handle(const RabbitMqIncoming& incoming) {
    using Kind = RabbitMqIncoming::Kind;
    if (incoming.kind == Kind::returned) {
      const auto aggregate = incoming.headers.find("aggregate");
      if (aggregate != incoming.headers.end()) returned_.insert_or_assign(aggregate->second, incoming.text);
    }
    if (incoming.kind != Kind::ack && incoming.kind != Kind::nack) return;
    auto end = in_flight_.upper_bound(incoming.tag);
    auto next = incoming.multiple ? in_flight_.begin() : in_flight_.find(incoming.tag);
    if (next == in_flight_.end()) return;
    std::vector<std::size_t> indices;
    for (auto each = next; each != end; ++each) indices.push_back(each->second);
    in_flight_.erase(next, end);
    for (const std::size_t index : indices) {
      const auto returned = returned_.find(messages_[index].aggregate);
      if (returned != returned_.end()) {
        refuse(index,
               "no queue of the exchange " + in_quotes(exchange_) + " wants the routing key " +
                   in_quotes(messages_[index].routing_key) + ": " + safe_text(returned->second, 200),
               false);
        returned_.erase(returned);
      } else if (incoming.kind == Kind::nack) {
        refuse(index, "RabbitMQ could not take it, as when a queue is full", true);
      } else {
        std::deque<std::size_t>& lane = lanes_[messages_[index].aggregate];
        lane.pop_front();
        if (!lane.empty()) ready_.insert(lane.front());
      }
    }
  }

  /// And those of its aggregate that come after it.
  void refuse(std::size_t index, const std::string& why, bool may_help) {
    std::deque<std::size_t>& lane = lanes_[messages_[index].aggregate];
    refused_.insert(lane.begin(), lane.end());
    lane.clear();
    ready_.erase(index);
    if (why_.empty()) why_ = messages_[index].name() + ": " + why;
    may_help_ = may_help_ && may_help;
  }

  [[noreturn]] void give_up(const RabbitMqError& error) {
    for (const auto& [aggregate, lane] : lanes_) refused_.insert(lane.begin(), lane.end());
    const std::string why = (why_.empty() ? why_ : why_ + "; ") + without_prefix(error.what());
    std::throw_with_nested(
        MessagesNotPublishedError{{refused_.begin(), refused_.end()}, why, may_help_ && error.retryable()});
  }

  RabbitMqPool& pool_;
  const std::string& exchange_;
  const std::vector<RabbitMqOutgoing>& messages_;
  SteadyTime deadline_;
  std::unordered_map<std::string_view, std::deque<std::size_t>> lanes_;  ///< What is not confirmed, in order.
  std::set<std::size_t> ready_;                                          ///< The first of lanes, not in flight.
  std::map<std::uint64_t, std::size_t> in_flight_;                       ///< By what the broker calls them.
  std::map<std::string, std::string> returned_;  ///< Why, by aggregates; their confirmations are still to come.
  std::size_t most_in_flight_ = 1'000;
  std::set<std::size_t> refused_;
  std::string why_;
  bool may_help_ = true;
};

}  // namespace castore::detail

#endif
