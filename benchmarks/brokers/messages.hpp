// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_BROKERS_MESSAGES_HPP
#define CASTORE_BENCHMARKS_BROKERS_MESSAGES_HPP

/// @file
/// What all carriers send: the library's messages, and a hand-written program's own, which have the same JSON.

#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/castore.hpp>
#include <castore/messaging.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace benchmarks::brokers {

using Store = castore::EventStore<AccountEvents, Account, InPlaceReducer>;
using Message = castore::NotificationMessage<AccountEvents>;
using Queue = castore::NotificationMessageQueue<Store>;

/// A channel without pushes: its store gives it the name and the types.
struct Accounts {
  castore::InMemoryEventStorageAdapter storage{};
  Store store{"ACCOUNTS", storage};
};

/// A notification as a program without the library may have it.
struct HandMessage {
  std::string store{};
  std::string aggregate_id{};
  std::int64_t version = 0;
  castore::Timestamp timestamp{};
  MoneyDeposited payload{};

  /// `store#id`
  std::string aggregate() const { return store + "#" + aggregate_id; }
  /// `store#id#version`
  std::string id() const { return aggregate() + "#" + std::to_string(version); }

  std::string to_json() const {
    return nlohmann::json{{"eventStoreId", store},
                          {"event",
                           {{"aggregateId", aggregate_id},
                            {"version", version},
                            {"type", MoneyDeposited::type},
                            {"timestamp", castore::format_timestamp(timestamp)},
                            {"payload", payload}}}}
        .dump();
  }
  template <class Iterator>
  static HandMessage from_json(Iterator begin, Iterator end) {
    const nlohmann::json json = nlohmann::json::parse(begin, end);
    const nlohmann::json& event = json.at("event");
    if (event.at("type").get_ref<const std::string&>() != MoneyDeposited::type) throw std::runtime_error{"type"};
    const auto timestamp = castore::parse_timestamp(event.at("timestamp").get_ref<const std::string&>());
    return {.store = json.at("eventStoreId"),
            .aggregate_id = event.at("aggregateId"),
            .version = event.at("version"),
            .timestamp = timestamp.value(),
            .payload = event.at("payload")};
  }
};

/// Events of 100 aggregates, each time the next ones, in the order in which a log has them when all are as busy.
class Batches {
 public:
  /// @param size A multiple of the number of aggregates.
  explicit Batches(std::size_t size) : size_{size} {}

  std::size_t size() const { return size_; }

  std::vector<HandMessage> next() {
    std::vector<HandMessage> messages;
    messages.reserve(size_);
    while (messages.size() < size_) {
      ++version_;
      for (const std::string& id : ids_) {
        messages.push_back({"ACCOUNTS", id, version_, castore::system_timestamp(), deposited_60});
      }
    }
    return messages;
  }

 private:
  std::size_t size_;
  std::vector<std::string> ids_ = make_ids(100);
  std::int64_t version_ = 0;
};

inline std::vector<Message> as_library_messages(const std::vector<HandMessage>& messages) {
  std::vector<Message> result;
  result.reserve(messages.size());
  for (const HandMessage& one : messages) {
    result.push_back({one.store, castore::EventDetail<MoneyDeposited>{.aggregate_id = one.aggregate_id,
                                                                      .version = one.version,
                                                                      .timestamp = one.timestamp,
                                                                      .payload = one.payload}});
    if (result.size() == 1 &&
        nlohmann::json::parse(castore::MessageView{result.front()}.to_json()) != nlohmann::json::parse(one.to_json())) {
      throw std::runtime_error{"the two programs do not send the same"};
    }
  }
  return result;
}

/// How a program keeps the order by hand: which messages may be sent at once, and which one after which one.
struct Chains {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// @param keep_order Without it all may be sent at once.
  Chains(const std::vector<HandMessage>& messages, bool keep_order) : after(messages.size(), none) {
    std::unordered_map<std::string, std::size_t> last;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const auto [found, is_new] = last.try_emplace(messages[index].aggregate_id, index);
      if (is_new || !keep_order) {
        first.push_back(index);
      } else {
        after[std::exchange(found->second, index)] = index;
      }
    }
  }

  std::vector<std::size_t> first{};
  std::vector<std::size_t> after;
};

/// @throws std::runtime_error
inline void expect(bool is_done, const char* what) {
  if (!is_done) throw std::runtime_error{what};
}

/// The seconds in which a consumer of the library handles so many messages.
template <class Consumer>
double receive_by_library(Consumer& consumer, std::size_t count) {
  return seconds([&] {
    std::size_t handled = 0;
    std::int64_t cents = 0;
    while (handled < count) {
      consumer.poll([&](const Message& message, const castore::MessageContext&) {
        ++handled;
        cents += message.event.version();
      });
    }
    keep(cents);
  });
}

/// Publishing, beside a program that keeps the order of an aggregate and one that does not. What was published is
/// received, without being timed, so that the broker stays as it was.
/// @param publish_by_hand Takes messages, and whether to keep the order. @param receive_by_hand Takes a count.
template <class Consumer, class PublishByHand, class ReceiveByHand>
void compare_publishing(const std::string& broker, int rounds, Batches& batches, Batches& hand_batches,
                        const Queue& queue, Consumer& consumer, PublishByHand publish_by_hand,
                        ReceiveByHand receive_by_hand) {
  const std::size_t count = batches.size();
  const auto library = [&] {
    const std::vector<Message> messages = as_library_messages(batches.next());
    const double time = seconds([&] { queue.publish_messages(messages); });
    receive_by_library(consumer, count);
    return time;
  };
  const auto by_hand = [&](bool in_order) {
    const std::vector<HandMessage> messages = hand_batches.next();
    const double time = seconds([&] { publish_by_hand(messages, in_order); });
    receive_by_hand(count);
    return time;
  };
  compare(broker + ", publish", count, rounds, library, [&] { return by_hand(true); });
  compare("  / all at once, in no order after a refusal", count, rounds, library, [&] { return by_hand(false); });
}

}  // namespace benchmarks::brokers

#endif
