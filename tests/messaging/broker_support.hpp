// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_MESSAGING_BROKER_SUPPORT_HPP
#define CASTORE_TESTS_MESSAGING_BROKER_SUPPORT_HPP

/// @file
/// What the tests of brokers' adapters and consumers share: messages, a channel, waiting, errors.

#include <castore/messaging/message_queue.hpp>

#include "messaging/support.hpp"
#include "support/error_of.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace castore::broker_tests {

using castore_tests::Appeared;
using castore_tests::MonsterMessage;
using castore_tests::MonsterStore;
using castore_tests::support::error_of;
using Log = std::vector<std::string>;

/// Waits until something is so. @return Whether it is.
template <class Condition>
bool eventually(const Condition& condition, std::chrono::seconds at_most = std::chrono::seconds{60}) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

inline MonsterMessage appeared(const std::string& id, Version version = 1, const std::string& name = "Pikachu") {
  return {"MONSTERS", EventDetail<Appeared>{.aggregate_id = id,
                                            .version = version,
                                            .timestamp = castore_tests::at(static_cast<int>(version % 1000)),
                                            .payload = {name}}};
}

/// What is sent of it.
inline std::string json_of(const MonsterMessage& message) { return castore::MessageView{message}.to_json(); }

/// A channel over a queue, without pushes.
struct Monsters {
  InMemoryEventStorageAdapter storage{};
  MonsterStore store{"MONSTERS", storage};
  NotificationMessageQueue<MonsterStore> queue{"QUEUE", store};
};

template <class Adapter, class Message = MonsterMessage>
void publish(Adapter& adapter, const std::vector<Message>& messages, bool replay = false) {
  std::vector<MessageView> views;
  for (const Message& message : messages) views.emplace_back(message);
  adapter.publish_messages(views, {.replay = replay});
}

}  // namespace castore::broker_tests

#endif
