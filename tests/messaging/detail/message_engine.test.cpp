// SPDX-License-Identifier: MIT
// What the sources of messages hear of them; the queue and the bus in memory test the rest of the engine.
#include <castore/messaging/detail/message_engine.hpp>

#include <castore/castore.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/message.hpp>

#include "core/support.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace castore_tests;
using namespace std::chrono_literals;

namespace {

using Message = castore::AggregateExistsMessage;
using Engine = castore::detail::MessageEngine<Message>;
using Handler = castore::MessageHandler<Message>;
using Log = std::vector<std::string>;

/// Writes down what it hears.
class Receipt final : public castore::detail::MessageReceipt {
 public:
  Receipt(std::string name, Log& log, bool is_ours, bool redelivers)
      : name_{std::move(name)}, log_{log}, is_ours_{is_ours}, redelivers_{redelivers} {}

  bool begin() noexcept override { return log_.push_back("begin " + name_), is_ours_; }
  void acknowledge() noexcept override { log_.push_back("acknowledge " + name_); }
  bool retry_after(std::chrono::milliseconds delay) noexcept override {
    log_.push_back("retry " + name_ + " after " + std::to_string(delay.count()));
    return redelivers_;
  }
  bool bury(std::chrono::milliseconds delay) noexcept override {
    log_.push_back("bury " + name_ + " after " + std::to_string(delay.count()));
    return redelivers_;
  }
  void release() noexcept override { log_.push_back("release " + name_); }

 private:
  std::string name_;
  Log& log_;
  bool is_ours_;
  bool redelivers_;
};

struct Consumer {
  explicit Consumer(castore::DeadLetterHandler<Message> on_dead_letter = {})
      : engine{{.retry = {.retry_attempts = 1, .retry_delay = 5ms},
                .on_dead_letter = std::move(on_dead_letter),
                .capacity = (std::numeric_limits<std::size_t>::max)()}} {}

  /// Messages of the aggregate "a" but for those that begin with another letter: "a1", "b1".
  void receive(const std::vector<std::string>& names, int attempt = 1) {
    std::vector<Engine::Delivery> deliveries;
    for (const std::string& name : names) {
      deliveries.push_back({recipient,
                            std::make_shared<Message>(Message{"STORE", name.substr(0, 1), at(name[1] - '0')}), false,
                            attempt, std::make_shared<Receipt>(name, log, is_ours, redelivers)});
    }
    engine.add(std::move(deliveries), names.size());
  }
  /// Fails for this one. @return What was heard meanwhile.
  Log poll(const std::string& failing = {}) {
    const auto handler = std::make_shared<const Handler>([&](const Message& message, const auto& context) {
      const std::string name = message.aggregate_id + std::to_string((message.initial_event_timestamp - at(0)).count());
      log.push_back("handle " + name + " (" + std::to_string(context.attempt) + ", " +
                    std::to_string(context.retry_attempts_left) + " left)");
      if (name == failing) throw std::runtime_error{"it fails"};
    });
    engine.poll(100, {}, handler);
    return std::exchange(log, {});
  }

  Log log{};
  bool is_ours = true;
  bool redelivers = true;
  Engine engine;
  std::shared_ptr<Engine::Recipient> recipient = engine.add_recipient({});
};

}  // namespace

TEST_CASE("a source hears that a message is begun, and that it was handled") {
  Consumer consumer;
  consumer.receive({"a1", "b1"});
  CHECK(consumer.poll() == Log{"begin a1", "handle a1 (1, 1 left)", "acknowledge a1", "begin b1",
                               "handle b1 (1, 1 left)", "acknowledge b1"});
  CHECK(consumer.engine.statistics() == castore::MessageStatistics{.published = 2, .handled = 2});
}

TEST_CASE("what a source delivers again takes those behind it along, and nothing else") {
  Consumer consumer;
  consumer.receive({"a1", "a2", "b1", "a3"});
  CHECK(consumer.poll("a1") == Log{"begin a1", "handle a1 (1, 1 left)", "retry a1 after 5", "release a2", "release a3",
                                   "begin b1", "handle b1 (1, 1 left)", "acknowledge b1"});
  CHECK(consumer.engine.statistics() ==
        castore::MessageStatistics{.published = 4, .handled = 1, .failed_attempts = 1, .dropped = 2});
  consumer.receive({"a1", "a2"}, 2);
  CHECK(consumer.poll() == Log{"begin a1", "handle a1 (2, 0 left)", "acknowledge a1", "begin a2",
                               "handle a2 (2, 0 left)", "acknowledge a2"});
}

TEST_CASE("what a source does not deliver again stays at its place until it is due") {
  Consumer consumer;
  consumer.redelivers = false;
  consumer.receive({"a1", "a2"});
  CHECK(consumer.poll("a1") == Log{"begin a1", "handle a1 (1, 1 left)", "retry a1 after 5"});
  REQUIRE(consumer.engine.next_delayed().has_value());
  Log log;
  while (log.empty()) log = consumer.poll();
  CHECK(log == Log{"begin a1", "handle a1 (2, 0 left)", "acknowledge a1", "begin a2", "handle a2 (1, 1 left)",
                   "acknowledge a2"});
}

TEST_CASE("a dead letter is buried by its source unless somebody takes it") {
  Consumer without;
  without.receive({"a1", "a2"}, 2);
  CHECK(without.poll("a1") == Log{"begin a1", "handle a1 (2, 0 left)", "bury a1 after 10", "release a2"});
  CHECK(without.engine.statistics() ==
        castore::MessageStatistics{.published = 2, .failed_attempts = 1, .dead_letters = 1, .dropped = 1});
  CHECK(without.engine.take_dead_letters().empty());

  Consumer final_grave;  // whose source does not deliver it again
  final_grave.redelivers = false;
  final_grave.receive({"a1", "a2"}, 2);
  CHECK(final_grave.poll("a1") == Log{"begin a1", "handle a1 (2, 0 left)", "bury a1 after 10", "begin a2",
                                      "handle a2 (2, 0 left)", "acknowledge a2"});
  CHECK(final_grave.engine.statistics() ==
        castore::MessageStatistics{.published = 2, .handled = 1, .failed_attempts = 1, .dead_letters = 1});

  std::vector<int> taken;
  Consumer with{[&](const castore::DeadLetter<Message>& letter) { taken.push_back(letter.context.attempt); }};
  with.receive({"a1", "a2"}, 7);  // more often than this program would
  CHECK(with.poll("a1") == Log{"begin a1", "handle a1 (7, 0 left)", "acknowledge a1", "begin a2",
                               "handle a2 (7, 0 left)", "acknowledge a2"});
  CHECK(taken == std::vector<int>{7});
}

TEST_CASE("what somebody else may have is not handled, nor what is behind it") {
  Consumer consumer;
  consumer.is_ours = false;
  consumer.receive({"a1", "a2"});
  CHECK(consumer.poll() == Log{"begin a1", "release a2"});
  CHECK(consumer.engine.statistics() == castore::MessageStatistics{.published = 2, .dropped = 2});
}

TEST_CASE("a source gets back what waits") {
  Consumer consumer;
  consumer.receive({"a1", "a2", "b1"});
  consumer.engine.release();
  CHECK(consumer.log == Log{"release a1", "release a2", "release b1"});
  CHECK(consumer.engine.statistics() == castore::MessageStatistics{.published = 3, .dropped = 3});
  consumer.log.clear();
  CHECK(consumer.poll().empty());
}
