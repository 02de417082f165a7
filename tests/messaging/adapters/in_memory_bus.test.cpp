// SPDX-License-Identifier: MIT
#include <castore/messaging/adapters/in_memory_bus.hpp>

#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/run_in_background.hpp>
#include <castore/testing/adapter_conformance/latch.hpp>

#include "messaging/support.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace castore_tests;
using namespace std::chrono_literals;
using castore::MessageContext;
using castore::MessagesNotPublishedError;

namespace {

using Log = std::vector<std::string>;
using Bus = castore::InMemoryMessageBusAdapter<MonsterMessage>;
using Options = castore::InMemoryMessageBusOptions<MonsterMessage>;

void publish(Bus& bus, const std::vector<MonsterMessage>& messages, bool replay = false) {
  std::vector<castore::MessageView> views;
  for (const MonsterMessage& one : messages) views.emplace_back(one);
  bus.publish_messages(views, {.replay = replay});
}

castore::MessageHandler<MonsterMessage> writes(Log& log) {
  return [&log](const MonsterMessage& message, const MessageContext&) {
    log.push_back(message.event_store_id + '/' + message.event.aggregate_id() +
                  std::to_string(message.event.version()));
  };
}

}  // namespace

TEST_CASE("a bus without listeners takes messages and forgets them") {
  Bus bus;
  publish(bus, {appeared("a")});
  CHECK(bus.poll() == 0);
  CHECK(bus.statistics() == castore::MessageStatistics{});
}

TEST_CASE("every listener gets what one of its filters matches, once") {
  Bus bus;
  Log all, rare, appearances, rare_appearances, twice;
  const auto s1 = bus.on({{}}, writes(all));
  const auto s2 = bus.on({{.event_store_id = "RARE"}}, writes(rare));
  const auto s3 = bus.on({{.event_type = "APPEARED"}}, writes(appearances));
  const auto s4 = bus.on({{.event_store_id = "RARE", .event_type = "APPEARED"}}, writes(rare_appearances));
  const auto s5 = bus.on({{.event_store_id = "RARE"}, {.event_type = "APPEARED"}, {.on_replay = true}}, writes(twice));
  publish(bus, {appeared("a"), leveled_up("a", 2), appeared("b", "RARE"), leveled_up("b", 2, "RARE")});
  CHECK(all.empty());
  CHECK(bus.poll() == 4 + 2 + 2 + 1 + 4);
  CHECK(all == Log{"MONSTERS/a1", "MONSTERS/a2", "RARE/b1", "RARE/b2"});
  CHECK(rare == Log{"RARE/b1", "RARE/b2"});
  CHECK(appearances == Log{"MONSTERS/a1", "RARE/b1"});
  CHECK(rare_appearances == Log{"RARE/b1"});
  CHECK(twice == all);
}

TEST_CASE("replays reach only listeners that want them") {
  Bus bus;
  Log live, both;
  const auto s1 = bus.on({{}}, writes(live));
  const auto s2 = bus.on({{.event_type = "APPEARED", .on_replay = true}}, writes(both));
  publish(bus, {appeared("a"), leveled_up("a", 2)}, true);
  publish(bus, {appeared("b")});
  bus.poll();
  CHECK(live == Log{"MONSTERS/b1"});
  CHECK(both == Log{"MONSTERS/a1", "MONSTERS/b1"});
}

TEST_CASE("a retry at a bus keeps replay", "[defect26]") {
  Bus bus{Options{.retry = {.retry_attempts = 2, .retry_delay = 0ms}}};
  std::vector<MessageContext> contexts;
  const auto subscription = bus.on({{.on_replay = true}}, [&](const MonsterMessage&, const MessageContext& context) {
    contexts.push_back(context);
    if (context.attempt < 3) throw std::runtime_error{"not yet"};
  });
  publish(bus, {appeared("a")}, true);
  CHECK(bus.drain(5s));
  CHECK(contexts == std::vector<MessageContext>{{1, 2, true}, {2, 1, true}, {3, 0, true}});
}

TEST_CASE("two buses never hear each other, also in retries", "[defect27]") {
  Options options{.retry = {.retry_attempts = 1, .retry_delay = 0ms}};
  Bus left{options};
  Bus right{options};
  Log at_left, at_right;
  const auto s1 = left.on({{}}, [&](const MonsterMessage&, const MessageContext&) {
    at_left.push_back("left");
    throw std::runtime_error{"always"};
  });
  const auto s2 = right.on({{}}, writes(at_right));
  publish(left, {appeared("a")});
  publish(right, {appeared("b")});
  CHECK(left.drain(5s));
  CHECK(right.drain(5s));
  CHECK(at_left == Log{"left", "left"});
  CHECK(at_right == Log{"MONSTERS/b1"});
}

TEST_CASE("a listener that fails neither stops nor delays the others, and only it is tried again") {
  std::vector<castore::DeadLetter<MonsterMessage>> letters;
  Bus bus{Options{.retry = {.retry_attempts = 1, .retry_delay = 10ms},
                  .on_dead_letter = [&](const auto& letter) { letters.push_back(letter); }}};
  Log log;
  Log failures;
  const auto s1 = bus.on({{}}, [&](const MonsterMessage& message, const MessageContext&) {
    failures.push_back(message.event.aggregate_id());
    if (message.event.aggregate_id() == "a") throw std::runtime_error{"not a"};
  });
  const auto s2 = bus.on({{}}, writes(log));
  publish(bus, {appeared("a"), leveled_up("a", 2), appeared("b")});
  bus.poll();
  CHECK(log == Log{"MONSTERS/a1", "MONSTERS/a2", "MONSTERS/b1"});
  CHECK(failures == Log{"a", "b"});
  CHECK(bus.drain(5s));
  CHECK(failures == Log{"a", "b", "a", "a", "a"});
  CHECK(log.size() == 3);
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].message.event.version() == 1);
  CHECK(letters[1].message.event.version() == 2);
}

TEST_CASE("a listener leaves with its subscription, and what waits for it is dropped") {
  Bus bus;
  Log log;
  {
    const auto subscription = bus.on({{}}, writes(log));
    publish(bus, {appeared("a"), appeared("b")});
    CHECK(bus.poll(1) == 1);
  }
  publish(bus, {appeared("c")});
  CHECK(bus.poll() == 0);
  CHECK(log == Log{"MONSTERS/a1"});
  CHECK(bus.statistics() == castore::MessageStatistics{.published = 2, .handled = 1, .dropped = 1});

  auto moved = bus.on({{}}, writes(log));
  auto to = std::move(moved);
  publish(bus, {appeared("d")});
  bus.poll();
  CHECK(log.back() == "MONSTERS/d1");
  to = {};
  publish(bus, {appeared("e")});
  CHECK(bus.poll() == 0);
}

TEST_CASE("what a listener fails at that has left is dropped, and what a stop gave back is not dropped again") {
  Bus bus;
  castore::BusSubscription<MonsterMessage> leaves = bus.on({{}}, [&](const MonsterMessage&, const MessageContext&) {
    leaves = {};
    throw std::runtime_error{"gone"};
  });
  publish(bus, {appeared("a")});
  CHECK(bus.poll() == 1);
  CHECK(bus.statistics() == castore::MessageStatistics{.published = 1, .failed_attempts = 1, .dropped = 1});
  Log log;
  auto stays = bus.on({{}}, writes(log));
  publish(bus, {appeared("b")});
  CHECK(bus.stop(-1ms).size() == 1);
  stays = {};
  CHECK(bus.statistics() == castore::MessageStatistics{.published = 2, .failed_attempts = 1, .dropped = 2});
}

TEST_CASE("a subscription may end inside its own listener and after its bus") {
  std::optional<Bus> bus{std::in_place};
  int calls = 0;
  castore::BusSubscription<MonsterMessage> subscription;
  subscription = bus->on({{}}, [&](const MonsterMessage&, const MessageContext&) {
    ++calls;
    subscription.unsubscribe();
    throw std::runtime_error{"no retry, as it is gone"};
  });
  publish(*bus, {appeared("a"), leveled_up("a", 2)});
  CHECK(bus->drain(5s));
  CHECK(calls == 1);
  CHECK(bus->statistics().waiting == 0);
  CHECK(bus->take_dead_letters().empty());
  Log log;
  auto late = bus->on({{}}, writes(log));
  bus.reset();
  late.unsubscribe();
  CHECK(log.empty());
}

TEST_CASE("unsubscribe waits for a listener that runs on another thread", "[threads]") {
  Bus bus;
  std::atomic<bool> is_inside{false};
  std::atomic<bool> has_left{false};
  const std::jthread runner = castore::run_in_background(bus);
  {
    const auto subscription = bus.on({{}}, [&](const MonsterMessage&, const MessageContext&) {
      is_inside = true;
      std::this_thread::sleep_for(20ms);
      has_left = true;
    });
    publish(bus, {appeared("a"), leveled_up("a", 2)});
    while (!is_inside) std::this_thread::yield();
  }
  CHECK(has_left);
}

TEST_CASE("a listener may end its subscription on several threads at once while it is destroyed", "[threads]") {
  Bus bus;
  std::atomic<int> inside{0};
  const auto first = castore::run_in_background(bus);
  const auto second = castore::run_in_background(bus);
  {
    castore::BusSubscription<MonsterMessage> subscription;
    subscription = bus.on({{}}, [&](const MonsterMessage&, const MessageContext&) {
      ++inside;
      while (inside < 2) std::this_thread::yield();
      subscription.unsubscribe();
    });
    publish(bus, {appeared("a"), appeared("b"), appeared("c")});
    while (inside < 2) std::this_thread::yield();
  }
  CHECK(inside == 2);
  CHECK(bus.drain(30s));
}

TEST_CASE("a listener may own its subscription and leaves for good when it ends it") {
  Bus bus;
  auto subscription = std::make_shared<castore::BusSubscription<MonsterMessage>>();
  const std::weak_ptr<castore::BusSubscription<MonsterMessage>> seen = subscription;
  *subscription =
      bus.on({{}}, [subscription](const MonsterMessage&, const MessageContext&) { subscription->unsubscribe(); });
  subscription.reset();
  publish(bus, {appeared("a")});
  CHECK_FALSE(seen.expired());
  CHECK(bus.poll() == 1);
  CHECK(seen.expired());
}

TEST_CASE("listeners come and go while others publish and listen", "[threads]") {
  Bus bus;
  std::atomic<int> heard{0};
  std::vector<castore::Version> versions;
  const auto steady = bus.on(
      {{}}, [&](const MonsterMessage& message, const MessageContext&) { versions.push_back(message.event.version()); });
  {
    std::vector<std::jthread> threads;
    for (int count = 0; count < 3; ++count) threads.push_back(castore::run_in_background(bus));
    const std::jthread publisher{[&] {
      for (castore::Version version = 1; version <= 300; ++version) publish(bus, {leveled_up("a", version)});
    }};
    for (int round = 0; round < 300; ++round) {
      const auto passing = bus.on({{}}, [&](const MonsterMessage&, const MessageContext&) { ++heard; });
      std::this_thread::yield();
    }
  }
  CHECK(bus.drain(30s));
  REQUIRE(versions.size() == 300);
  CHECK(std::ranges::is_sorted(versions));
}

TEST_CASE("threads may add listeners at the same time, and each hears what it asked for", "[threads]") {
  constexpr std::size_t thread_count = 4;
  constexpr std::size_t count = 40;
  for (int round = 0; round < 300; ++round) {  // what goes wrong does so when all begin
    Bus bus;
    std::vector<int> heard(count);
    std::vector<castore::BusSubscription<MonsterMessage>> subscriptions(count);
    {
      castore::testing::detail::Latch start{thread_count};
      std::vector<std::jthread> threads;
      for (std::size_t thread = 0; thread < thread_count; ++thread) {
        threads.emplace_back([&, thread] {
          start.arrive_and_wait();
          for (std::size_t index = thread; index < count; index += thread_count) {
            subscriptions[index] =
                bus.on([&own = heard[index]](const MonsterMessage&, const MessageContext&) { ++own; });
          }
        });
      }
    }
    publish(bus, {appeared("a")});
    REQUIRE(bus.poll() == count);
    REQUIRE(std::ranges::count(heard, 1) == std::ptrdiff_t{count});
    subscriptions.clear();
    publish(bus, {appeared("a")});
    REQUIRE(bus.poll() == 0);
  }
}

TEST_CASE("a bus is bounded, counts once per listener, and refuses a call as a whole") {
  Bus bus{Options{.capacity = 3}};
  Log first, second;
  const auto s1 = bus.on({{}}, writes(first));
  const auto s2 = bus.on({{}}, writes(second));
  publish(bus, {appeared("a")});
  const auto full = error_of<MessagesNotPublishedError>([&] { publish(bus, {appeared("b")}); });
  CHECK(full.indices() == std::vector<std::size_t>{0});
  CHECK(full.retryable());
  bus.poll();
  publish(bus, {appeared("b")});
  const auto left = bus.stop(0ms);
  CHECK(left.size() == 2);
  CHECK(first == Log{"MONSTERS/a1"});
  CHECK_FALSE(error_of<MessagesNotPublishedError>([&] { publish(bus, {appeared("c")}); }).retryable());
}

TEST_CASE("a publisher that waits for room gets in when a listener leaves, which gets nothing more", "[threads]") {
  Bus bus{Options{.capacity = 1, .when_full = castore::WhenFull::wait}};
  Log log;
  auto leaves = bus.on({{}}, writes(log));
  publish(bus, {appeared("a")});
  std::atomic<bool> is_in{false};
  std::jthread publisher{[&] {
    publish(bus, {appeared("b")});
    is_in = true;
  }};
  std::this_thread::sleep_for(20ms);  // else it is no test of waiting, and passes, too
  leaves = {};
  for (int round = 0; round < 5000 && !is_in; ++round) std::this_thread::sleep_for(1ms);
  CHECK(is_in);
  CHECK(bus.statistics().waiting == 0);
  CHECK(bus.poll() == 0);
  bus.stop(0ms);
  CHECK(log.empty());
}

TEST_CASE("a listener without a filter hears everything but replays") {
  Bus bus;
  Log log;
  const auto subscription = bus.on(writes(log));
  publish(bus, {appeared("a"), leveled_up("a", 2), appeared("b", "RARE")});
  publish(bus, {appeared("c")}, true);
  bus.poll();
  CHECK(log == Log{"MONSTERS/a1", "MONSTERS/a2", "RARE/b1"});
}

TEST_CASE("filters that no message can match are refused") {
  const auto nothing = [](const auto&, const auto&) {};
  const auto check = [&](auto& bus, const std::vector<castore::MessageFilter>& filters, const std::string& field,
                         const std::string& what) {
    const auto error = error_of<castore::InvalidMessageFilterError>([&] { (void)bus.on(filters, nothing); });
    CHECK(error.field() == field);
    CHECK(error.what() ==
          "castore: message filter: " + field + ": " + what + "the listener would never hear of a message");
  };
  Bus bus;
  check(bus, {}, "filters", "there is none, so that ");
  check(bus, {{}, {.event_type = "APEARED"}}, "event_type", "no message of this bus has the event type 'APEARED'; ");
  CHECK_NOTHROW(bus.on({{.event_store_id = "ANY"}}, nothing));  // it knows of no channel, and so of no store
  CHECK_THROWS_AS(bus.on({{}}, {}), std::invalid_argument);
  CHECK_THROWS_AS(bus.on(castore::MessageHandler<MonsterMessage>{}), std::invalid_argument);

  castore::InMemoryMessageBusAdapter<castore::AggregateExistsMessage> exists;
  check(exists, {{.event_type = "APPEARED"}}, "event_type", "no message of this bus has the event type 'APPEARED'; ");

  MonsterStore monsters{"MONSTERS"};
  TamerStore tamers{"TAMERS"};
  castore::NotificationMessageBus channel{"BUS", std::tie(monsters, tamers)};
  const auto several = std::make_shared<castore::InMemoryMessageBusAdapter<decltype(channel)::Message>>();
  channel.set_message_channel_adapter(several);
  CHECK_NOTHROW(
      several->on({{.event_store_id = "MONSTERS", .event_type = "APPEARED"}, {.event_type = "JOINED"}}, nothing));
  check(*several, {{.event_type = "LEFT"}}, "event_type", "no message of this bus has the event type 'LEFT'; ");
  check(*several, {{.event_store_id = "MONSTER"}}, "event_store_id",
        "this bus has no source 'MONSTER' but 'MONSTERS', 'TAMERS'; ");
  check(*several, {{.event_store_id = "TAMERS", .event_type = "APPEARED"}}, "event_type",
        "no message of this store has the event type 'APPEARED'; ");

  // An adapter of two channels has the sources of both.
  MonsterStore rare{"RARE"};
  castore::NotificationMessageBus first{"FIRST", monsters};
  castore::InMemoryMessageBusAdapter shared{first};
  check(shared, {{.event_store_id = "RARE"}}, "event_store_id", "this bus has no source 'RARE' but 'MONSTERS'; ");
  castore::NotificationMessageBus second{"SECOND", rare, shared};
  CHECK_NOTHROW(shared.on({{.event_store_id = "RARE", .event_type = "APPEARED"}}, nothing));
}

TEST_CASE("an adapter attaches itself to a bus over several stores") {
  MonsterStore monsters{"MONSTERS"};
  TamerStore tamers{"TAMERS"};
  castore::NotificationMessageBus bus{"BUS", std::tie(monsters, tamers)};
  castore::InMemoryMessageBusAdapter adapter{bus, {.retry = {.retry_attempts = 0}}};
  Log log;
  const auto subscription = adapter.on({{.event_store_id = "TAMERS"}}, [&](const auto& message, const auto&) {
    log.push_back(message.visit([](const MonsterMessage&) { return std::string{"monster"}; },
                                [](const TamerMessage& tamer) { return tamer.event.aggregate_id(); }));
  });
  bus.publish_message(joined("ash"));
  bus.publish_message(appeared("a"));
  adapter.poll();
  CHECK(log == Log{"ash"});
}
