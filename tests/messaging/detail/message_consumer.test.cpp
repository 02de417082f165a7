// SPDX-License-Identifier: MIT
// What a consumer tells its source and its user when something ends it.
#include <castore/messaging/detail/message_consumer.hpp>

#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>

#include "core/support.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace castore_tests;
using namespace std::chrono_literals;

namespace {

using Message = castore::AggregateExistsMessage;
using Log = std::vector<std::string>;

/// Writes down what it hears.
class Receipt final : public castore::detail::MessageReceipt {
 public:
  Receipt(std::string name, Log& log) : name_{std::move(name)}, log_{log} {}

  bool begin() noexcept override { return true; }
  void acknowledge() noexcept override { log_.push_back("acknowledge " + name_); }
  bool retry_after(std::chrono::milliseconds) noexcept override { return false; }
  bool bury(std::chrono::milliseconds) noexcept override { return false; }
  void release() noexcept override { log_.push_back("release " + name_); }

 private:
  std::string name_;
  Log& log_;
};

/// Has some messages, and then throws.
struct Source {
  using Deliveries = std::vector<castore::detail::MessageEngine<Message>::Delivery>;

  Deliveries receive(const std::optional<castore::detail::SteadyTime>&) {
    if (left.empty()) throw_error();
    Deliveries deliveries;
    for (const std::string& id : std::exchange(left, {})) {
      deliveries.push_back({.recipient = nullptr,
                            .message = std::make_shared<const Message>(Message{"STORE", id, at(0)}),
                            .receipt = std::make_shared<Receipt>(id, *log)});
    }
    return deliveries;
  }
  void settle() { log->push_back("settle"); }

  Log* log = nullptr;
  Log left{};
  std::function<void()> throw_error{};
};

struct Consumer : castore::detail::MessageConsumer<Message, Source> {
  Consumer(const castore::MessageRetryOptions& retry, Source source,
           std::function<void(const std::exception_ptr&)> on_error = {},
           castore::DeadLetterHandler<Message> on_dead_letter = {})
      : MessageConsumer{retry, std::move(on_dead_letter), std::move(on_error), std::move(source)} {}
};

}  // namespace

TEST_CASE("a run that something else than its broker ends gives back what waits") {
  Log log;
  const auto fails = [](const Message& message, const auto&) {
    if (message.aggregate_id == "a") throw std::runtime_error{"it fails"};
  };
  const castore::MessageRetryOptions later{.retry_delay = 1h};
  const Log expected{"acknowledge b", "settle", "release a", "settle"};
  SECTION("what the source throws") {
    Consumer consumer{later, {&log, {"a", "b"}, [] { throw std::logic_error{"the user's"}; }}};
    CHECK_THROWS_AS(consumer.run(fails, {}), std::logic_error);
    CHECK(log == expected);
  }
  SECTION("what on_error throws") {
    Consumer consumer{later,
                      {&log,
                       {"a", "b"},
                       [] {
                         throw castore::MessageSourceError{"it is busy", true};
                       }},
                      [](const std::exception_ptr&) { throw std::logic_error{"the user's"}; }};
    CHECK_THROWS_AS(consumer.run(fails, {}), std::logic_error);
    CHECK(log == expected);
  }
}

TEST_CASE("a consumer tells on_error what on_dead_letter throws") {
  Log log;
  Log told;
  Consumer consumer{{.retry_attempts = 0},
                    {&log, {"a"}},
                    [&](const std::exception_ptr& error) {
                      told.push_back(error_of<std::runtime_error>([&] { std::rethrow_exception(error); }).what());
                    },
                    [](const auto&) { throw std::runtime_error{"there is no room"}; }};
  CHECK(consumer.poll([](const auto&, const auto&) { throw std::logic_error{"it fails"}; }) == 1);
  CHECK(told == Log{"there is no room"});
  CHECK(consumer.statistics().waiting == 1);
}
