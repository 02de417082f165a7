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
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
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
  Receipt(std::string name, Log& log, bool is_ours, bool redelivers, std::function<void()> on_begin = {})
      : name_{std::move(name)}, log_{log}, is_ours_{is_ours}, redelivers_{redelivers}, on_begin_{std::move(on_begin)} {}

  bool begin() noexcept override {
    log_.push_back("begin " + name_);
    if (!is_ours_ && on_begin_) on_begin_();
    return is_ours_;
  }
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
  std::function<void()> on_begin_;
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
                            attempt, std::make_shared<Receipt>(name, log, is_ours, redelivers, on_begin)});
    }
    engine.add(std::move(deliveries), names.size());
  }
  /// Fails for this one, or for all. @return What was heard meanwhile.
  Log poll(const std::string& failing = {}) {
    const auto handler = std::make_shared<const Handler>([&](const Message& message, const auto& context) {
      const std::string name = message.aggregate_id + std::to_string((message.initial_event_timestamp - at(0)).count());
      log.push_back("handle " + name + " (" + std::to_string(context.attempt) + ", " +
                    std::to_string(context.retry_attempts_left) + " left)");
      if (name == failing || failing == "all") throw std::runtime_error{"it fails"};
    });
    engine.poll(100, {}, handler);
    return std::exchange(log, {});
  }

  Log log{};
  std::function<void()> on_begin{};  ///< When a message that is not this consumer's is about to be handled.
  bool is_ours = true;
  bool redelivers = true;
  Engine engine;
  std::shared_ptr<Engine::Recipient> recipient = engine.add_recipient({});
};

/// A message for which there is no memory at times.
struct Fragile {
  Fragile(std::string id, int* moments) : aggregate_id{std::move(id)}, moments_left{moments} {}
  Fragile(const Fragile& other) : aggregate_id{other.aggregate_id}, moments_left{other.moments_left} { use(); }
  Fragile(Fragile&&) = default;
  Fragile& operator=(const Fragile&) = delete;
  Fragile& operator=(Fragile&&) = default;
  ~Fragile() = default;

  int variant() const { return 0; }
  template <class Visitor>
  castore::MessageHeader visit(const Visitor&) const {
    use();
    return {.event_store_id = "STORE", .aggregate_id = aggregate_id};
  }
  void use() const {
    if (*moments_left == 0) throw std::bad_alloc{};
    --*moments_left;
  }

  std::string aggregate_id;
  int* moments_left;
};

}  // namespace

template <>
struct castore::detail::MessageTraits<Fragile> {
  static constexpr MessageKind kind = MessageKind::aggregate_exists;
};

namespace {

using FragileEngine = castore::detail::MessageEngine<Fragile>;

void add(FragileEngine& engine, const std::shared_ptr<FragileEngine::Recipient>& recipient,
         const std::vector<std::string>& ids, int& moments, Log* log = nullptr) {
  std::vector<FragileEngine::Delivery> deliveries;
  for (const std::string& id : ids) {
    deliveries.push_back({recipient, std::make_shared<Fragile>(id, &moments)});
    if (log) deliveries.back().receipt = std::make_shared<Receipt>(id, *log, true, false);
  }
  engine.add(std::move(deliveries), ids.size());
}

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

TEST_CASE("what its source has again while a thread has it in hand does not take along what came after that") {
  for (const bool is_begun : {true, false}) {
    for (const int attempt : {1, 2}) {
      Consumer consumer;
      consumer.redelivers = false;
      // As another thread does, which has received them again.
      const auto receive_again = [&] {
        consumer.engine.release(true);
        consumer.is_ours = true;
        consumer.receive({"a1", "a2"});
      };
      if (!is_begun) {
        consumer.is_ours = false;
        consumer.on_begin = receive_again;
      }
      consumer.receive({"a1", "a2"}, attempt);
      const auto handler = std::make_shared<const Handler>([&](const Message&, const auto&) {
        if (!is_begun || consumer.engine.statistics().published > 2) return;
        receive_again();
        throw std::runtime_error{"it fails"};
      });
      CHECK(consumer.engine.poll(100, {}, handler) == 3);
      CHECK(consumer.log == Log{"begin a1", "release a2", "begin a1", "acknowledge a1", "begin a2", "acknowledge a2"});
      CHECK(consumer.engine.statistics() ==
            castore::MessageStatistics{
                .published = 4, .handled = 2, .failed_attempts = is_begun ? 1U : 0U, .dropped = 2});
    }
  }
}

TEST_CASE("dead letters that nobody can take are tried once in each poll, which comes back") {
  int tried = 0;
  Consumer consumer{[&](const castore::DeadLetter<Message>&) {
    ++tried;
    std::this_thread::sleep_for(15ms);  // so the other one is due again after it
    throw std::runtime_error{"there is no room"};
  }};
  consumer.receive({"a1", "b1"}, 2);
  consumer.poll("all");
  CHECK(tried == 2);
  std::this_thread::sleep_for(15ms);
  consumer.poll("all");
  CHECK(tried == 4);
}

TEST_CASE("what a function for dead letters throws is told, and what its listener throws stops nothing") {
  std::vector<std::string> told;
  bool throws = true;
  Engine engine{{.retry = {.retry_attempts = 0, .retry_delay = 0ms},
                 .on_dead_letter =
                     [&](const auto&) {
                       if (std::exchange(throws, false)) throw std::runtime_error{"there is no room"};
                     },
                 .on_error =
                     [&](const std::exception_ptr& error) {
                       told.push_back(error_of<std::runtime_error>([&] { std::rethrow_exception(error); }).what());
                       throw std::logic_error{"a listener's error"};
                     },
                 .capacity = 10}};
  const auto recipient = engine.add_recipient([](const auto&, const auto&) { throw std::logic_error{"it fails"}; });
  engine.add({{recipient, std::make_shared<Message>(Message{"STORE", "a", at(1)})}}, 1);
  CHECK(engine.drain(castore::detail::time_after(10s)));
  CHECK(told == std::vector<std::string>{"there is no room"});
  CHECK(engine.statistics() == castore::MessageStatistics{.published = 1, .failed_attempts = 1, .dead_letters = 1});
}

TEST_CASE("a dead letter for which there is no memory is tried again, and what comes after it waits") {
  for (const bool is_taken : {true, false}) {
    int moments = 1'000;
    std::vector<std::string> taken;
    castore::DeadLetterHandler<Fragile> take;
    if (is_taken) take = [&](const auto& letter) { taken.push_back(letter.message.aggregate_id); };
    FragileEngine engine{
        {.retry = {.retry_attempts = 0, .retry_delay = 1ms}, .on_dead_letter = std::move(take), .capacity = 10}};
    Log handled;
    const auto recipient = engine.add_recipient([&](const Fragile& message, const auto&) {
      handled.push_back(message.aggregate_id);
      moments = 0;
      if (handled.size() == 1) throw std::runtime_error{"it fails"};
    });
    add(engine, recipient, {"a", "a"}, moments);
    CHECK_NOTHROW(engine.poll(1));
    CHECK(engine.statistics() == castore::MessageStatistics{.published = 2, .failed_attempts = 1, .waiting = 2});
    moments = 1'000;
    CHECK(engine.drain(castore::detail::time_after(10s)));
    CHECK(handled == Log{"a", "a"});
    CHECK(engine.take_dead_letters().size() == (is_taken ? 0 : 1));
    CHECK(taken.size() == (is_taken ? 1 : 0));
  }
}

TEST_CASE("a dead letter that its source buries is not copied") {
  int moments = 1'000;
  Log log;
  FragileEngine engine{{.retry = {.retry_attempts = 0, .retry_delay = 5ms}, .capacity = 10}};
  const auto recipient = engine.add_recipient([&](const Fragile&, const auto&) {
    moments = 0;
    throw std::runtime_error{"it fails"};
  });
  add(engine, recipient, {"a"}, moments, &log);
  CHECK(engine.poll(10) == 1);
  CHECK(log == Log{"begin a", "bury a after 5"});
}

TEST_CASE("when memory ends while messages are added none of them is there") {
  int moments = 1'000;
  FragileEngine engine{{.capacity = 10}};
  Log handled;
  const auto recipient =
      engine.add_recipient([&](const Fragile& message, const auto&) { handled.push_back(message.aggregate_id); });
  add(engine, recipient, {"a"}, moments);
  moments = 3;
  CHECK_THROWS_AS(add(engine, recipient, {"a", "b", "a", "c"}, moments), std::bad_alloc);
  moments = 1'000;
  CHECK(engine.statistics() == castore::MessageStatistics{.published = 1, .waiting = 1});
  add(engine, recipient, {"b"}, moments);
  CHECK(engine.poll(10) == 2);
  CHECK(handled == Log{"a", "b"});
  CHECK(engine.statistics() == castore::MessageStatistics{.published = 2, .handled = 2});
}
