// SPDX-License-Identifier: MIT
#include <castore/messaging/connected_event_store.hpp>

#include <castore/core/command.hpp>
#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/testing/adapter_conformance/latch.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include <castore/testing/mute_event_store.hpp>

#include "messaging/support.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using namespace castore_tests;
using castore::ConnectedEventStore;

namespace {

const auto must_not_fail = [](const auto&, const std::exception_ptr&) { FAIL("a publication failed"); };

struct Connected {
  castore::InMemoryEventStorageAdapter storage{};
  MonsterStore monsters{"MONSTERS", storage};
  TamerStore tamers{"TAMERS", storage};
  RecordingAdapter adapter{};
  castore::NotificationMessageQueue<MonsterStore, TamerStore> queue{"QUEUE", std::tie(monsters, tamers), adapter};
  std::vector<MonsterMessage> unpublished{};
  ConnectedEventStore<MonsterStore, decltype(queue)> store{
      monsters, queue,
      [this](const MonsterMessage& message, const std::exception_ptr&) { unpublished.push_back(message); }};
};

/// A channel that is no queue or bus.
struct PlainChannel {
  void publish_message(const MonsterMessage& message, const castore::PublishMessageOptions&) {
    published.push_back(message.event.aggregate_id());
  }
  Published published{};
};

}  // namespace

TEST_CASE("a connected store stores, then publishes, and returns what a push returns") {
  Connected connected;
  const auto result = connected.store.push_event("a", 1, Appeared{"Pikachu"}, {.timestamp = at(1)});
  CHECK(result.event.payload == Appeared{"Pikachu"});
  REQUIRE(result.next_aggregate);
  CHECK(result.next_aggregate->name == "Pikachu");
  REQUIRE(connected.store.try_push_event("a", 2, LeveledUp{}));
  connected.store.push_events("a", 2, LeveledUp{}, LeveledUp{});
  CHECK(connected.monsters.get_events("a").size() == 4);
  CHECK(connected.store.get_existing_aggregate("a").level == 3);
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2", "MONSTERS/a#3", "MONSTERS/a#4"});
  CHECK(nlohmann::json::parse(connected.adapter.json.front()) == nlohmann::json(appeared("a")));
}

TEST_CASE("what was not stored is not published") {
  Connected connected;
  connected.store.push_event("a", 1, Appeared{"Pikachu"});
  CHECK(error_of<castore::EventAlreadyExistsError>([&] {
          connected.store.push_event("a", 1, Appeared{"Raichu"});
        }).version() == 1);
  CHECK_FALSE(connected.store.try_push_event("a", 1, LeveledUp{}));
  CHECK_THROWS_AS(connected.store.push_event("a", 3, LeveledUp{}), castore::VersionGapError);
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1"});
  connected.store.push_event("a", 2, LeveledUp{});
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2"});
}

TEST_CASE("a push that fails holds nothing back that was pushed meanwhile, or comes later", "[failure]") {
  castore::InMemoryEventStorageAdapter storage;
  castore::testing::FaultInjectingAdapter faulty{storage};
  MonsterStore monsters{"MONSTERS", faulty};
  RecordingAdapter adapter;
  castore::NotificationMessageQueue queue{"QUEUE", monsters, adapter};
  ConnectedEventStore store{monsters, queue, must_not_fail};
  const auto during_the_next_push = [&](std::function<void()> action, castore::testing::Fault fault = {}) {
    fault.first = std::move(action);
    faulty.inject(castore::testing::StorageOperation::push_events, std::move(fault));
  };
  store.push_event("a", 1, Appeared{"Pikachu"});

  // It meets a conflict, a gap or a broken storage while another thread pushes what comes after it.
  Published expected{"MONSTERS/a#1"};
  const auto expect_next = [&](castore::Version version) {
    expected.push_back("MONSTERS/a#" + std::to_string(version));
  };
  during_the_next_push([&] { store.push_event("a", 2, LeveledUp{}); });
  CHECK_FALSE(store.try_push_event("a", 1, LeveledUp{}));
  expect_next(2);
  CHECK(adapter.published == expected);

  during_the_next_push([&] { store.push_event("a", 3, LeveledUp{}); });
  CHECK_THROWS_AS(store.push_events("a", 0, LeveledUp{}, LeveledUp{}), castore::EventAlreadyExistsError);
  expect_next(3);
  CHECK(adapter.published == expected);

  during_the_next_push([&] { store.push_event("a", 4, LeveledUp{}); }, castore::testing::fails_before());
  CHECK_THROWS_AS(store.push_event("a", 2, LeveledUp{}, {.force = true}), castore::StorageError);
  expect_next(4);
  CHECK(adapter.published == expected);

  during_the_next_push([&] { store.push_event("a", 5, LeveledUp{}); });
  CHECK_THROWS_AS(
      castore::push_event_group(store.group_event("b", 1, LeveledUp{}), store.group_event("a", 2, LeveledUp{})),
      castore::EventAlreadyExistsError);
  expect_next(5);
  CHECK(adapter.published == expected);

  // Two want the same version: the one that gets it waits for the other no longer, nor does what comes after it.
  during_the_next_push([&] {
    store.push_event("a", 6, LeveledUp{});
    expect_next(6);
    CHECK(adapter.published == expected);
    store.push_event("a", 7, LeveledUp{});
    expect_next(7);
    CHECK(adapter.published == expected);
  });
  CHECK_FALSE(store.try_push_event("a", 6, LeveledUp{}));
  CHECK(adapter.published == expected);

  // What comes later is published at once, and other aggregates wait for none of this.
  during_the_next_push([&] {
    store.push_event("c", 1, Appeared{"c"});
    expected.emplace_back("MONSTERS/c#1");
    CHECK(adapter.published == expected);
  });
  store.push_event("a", 8, LeveledUp{});
  expect_next(8);
  CHECK(adapter.published == expected);
}

TEST_CASE("an event whose push takes long is published before those that were pushed after it") {
  struct SlowStorage : RecordStorage {
    castore::PushOutcome push_events(std::span<const castore::PushRecord> records,
                                     const castore::PushOptions& options) override {
      const auto outcome = RecordStorage::push_events(records, options);
      if (then) std::exchange(then, {})();  // it is stored, and whoever pushed it does not know yet
      return outcome;
    }
    std::function<void()> then{};
  };
  SlowStorage storage;
  MonsterStore monsters{"MONSTERS", storage};
  RecordingAdapter adapter;
  castore::NotificationMessageQueue queue{"QUEUE", monsters, adapter};
  ConnectedEventStore store{monsters, queue, must_not_fail};
  storage.then = [&] {
    store.push_event("a", 2, LeveledUp{});
    storage.then = [&] { store.push_event("a", 4, LeveledUp{}); };
    store.push_event("a", 3, LeveledUp{});
    store.push_event("b", 1, LeveledUp{});
    CHECK(adapter.published == Published{"MONSTERS/b#1"});
  };
  store.push_event("a", 1, Appeared{"Pikachu"});
  CHECK(adapter.published == Published{"MONSTERS/b#1", "MONSTERS/a#1", "MONSTERS/a#2", "MONSTERS/a#3", "MONSTERS/a#4"});
}

TEST_CASE("a publication that fails holds nothing back of its aggregate", "[failure]") {
  Connected connected;
  connected.store.push_event("a", 1, Appeared{"Pikachu"});
  connected.adapter.is_down = true;
  connected.store.push_events("a", 1, LeveledUp{}, LeveledUp{});
  connected.adapter.is_down = false;
  connected.store.push_event("a", 4, LeveledUp{});
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#4"});
  CHECK(connected.unpublished.size() == 2);
}

TEST_CASE("a group publishes in its order, each event to its own store's channel", "[defect35]") {
  Connected connected;
  RecordingAdapter tamer_adapter;
  castore::NotificationMessageBus tamer_bus{"BUS", connected.tamers, tamer_adapter};
  ConnectedEventStore tamers{connected.tamers, tamer_bus, must_not_fail};
  auto [first, second, third] = castore::push_event_group(connected.store.group_event("a", 1, Appeared{"Pikachu"}),
                                                          tamers.group_event("ash", 1, Joined{}),
                                                          connected.store.group_event("a", 2, LeveledUp{}));
  REQUIRE(third.next_aggregate);
  CHECK(third.next_aggregate->level == 1);
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2"});
  CHECK(tamer_adapter.published == Published{"TAMERS/ash#1"});

  std::vector<castore::GroupedEvent> group;
  for (const std::string id : {"c", "b", "d"}) group.push_back(connected.store.group_event(id, 1, Appeared{id}));
  group.push_back(connected.store.group_event("b", 2, LeveledUp{}));
  castore::push_event_group(group);
  CHECK(Published(connected.adapter.published.begin() + 2, connected.adapter.published.end()) ==
        Published{"MONSTERS/c#1", "MONSTERS/b#1", "MONSTERS/d#1", "MONSTERS/b#2"});

  CHECK_THROWS_AS(castore::push_event_group(connected.store.group_event("e", 1, Appeared{"e"}),
                                            connected.store.group_event("b", 2, LeveledUp{})),
                  castore::EventAlreadyExistsError);
  CHECK(castore::push_event_group(std::vector<castore::GroupedEvent>{}).empty());
  CHECK(connected.adapter.published.size() == 6);
}

TEST_CASE("one failure in a group hides nothing of the rest", "[defect35]") {
  Connected connected;
  MonsterStore monsters{"MONSTERS", connected.storage, {.on_event_pushed = [](const auto& pushed) {
                          if (pushed.event.version() == 1) {
                            throw std::runtime_error{"the user's hook"};
                          }
                        }}};
  ConnectedEventStore store{monsters, connected.queue, must_not_fail};
  const auto error = error_of<castore::OnEventPushedError>([&] {
    castore::push_event_group(store.group_event("a", 1, Appeared{"Pikachu"}), store.group_event("a", 2, LeveledUp{}));
  });
  CHECK(error.version() == 1);
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2"});
}

TEST_CASE("commands publish what they push") {
  Connected connected;
  connected.store.push_event("a", 1, Appeared{"Pikachu"});
  const castore::Command once{"ONCE", connected.store, [](const Monster&) { return LeveledUp{}; }};
  const castore::Command twice{"TWICE", connected.store, [](const Monster&) {
                                 return std::tuple{LeveledUp{}, LeveledUp{}};
                               }};
  CHECK(once("a").aggregate.level == 1);
  CHECK(twice("a").aggregate.level == 3);
  const castore::Command both{
      "BOTH", std::tie(connected.store, connected.tamers), [](const std::string& id, auto& monsters, auto& tamers) {
        castore::push_event_group(monsters.group_event(id, 1, Appeared{id}), tamers.group_event(id, 1, Joined{}));
      }};
  both("b");
  CHECK(connected.adapter.published ==
        Published{"MONSTERS/a#1", "MONSTERS/a#2", "MONSTERS/a#3", "MONSTERS/a#4", "MONSTERS/b#1"});
}

TEST_CASE("a publication that fails is no failed push, and can be done again", "[defect34]") {
  Connected connected;
  connected.adapter.is_down = true;
  CHECK(connected.store.push_event("a", 1, Appeared{"Pikachu"}).event.version == 1);
  CHECK(connected.store.try_push_event("a", 2, LeveledUp{}));
  CHECK(connected.store.push_events("a", 2, LeveledUp{}).size() == 1);
  CHECK(connected.monsters.get_events("a").size() == 3);
  REQUIRE(connected.unpublished.size() == 3);
  CHECK(connected.unpublished[0].event_store_id == "MONSTERS");
  connected.adapter.is_down = false;
  for (const MonsterMessage& message : connected.unpublished) connected.store.publish_again(message);
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2", "MONSTERS/a#3"});

  std::vector<std::string> errors;
  castore::InMemoryMessageQueueAdapter full{connected.queue, {.capacity = 1}};
  ConnectedEventStore store{connected.monsters, connected.queue, [&](const auto&, const std::exception_ptr& error) {
                              errors.emplace_back(error_of<castore::MessagesNotPublishedError>([&] {
                                                    std::rethrow_exception(error);
                                                  }).what());
                            }};
  store.push_events("b", 0, Appeared{"b"}, LeveledUp{});
  CHECK(errors.size() == 1);
  CHECK(full.statistics().waiting == 1);
}

TEST_CASE("a state-carrying channel gets the next aggregate, or the aggregate at the event's version") {
  castore::InMemoryEventStorageAdapter storage;
  MonsterStore monsters{"MONSTERS", storage};
  RecordingAdapter adapter;
  castore::StateCarryingMessageBus bus{"BUS", monsters, adapter};
  ConnectedEventStore store{monsters, bus, must_not_fail};
  const auto first = store.push_event("a", 1, Appeared{"Pikachu"});
  store.push_event("a", 2, LeveledUp{}, {.prev_aggregate = first.next_aggregate});
  store.push_event("a", 3, LeveledUp{});
  store.push_event("a", 2, LeveledUp{}, {.force = true});
  std::vector<std::pair<int, int>> states;
  for (const std::string& json : adapter.json) {
    const auto aggregate = nlohmann::json::parse(json)["aggregate"];
    states.emplace_back(aggregate["version"].get<int>(), aggregate["level"].get<int>());
  }
  CHECK(states == std::vector<std::pair<int, int>>{{1, 0}, {2, 1}, {3, 2}, {2, 1}});
}

TEST_CASE("a store can be connected to a queue and a bus") {
  Connected connected;
  RecordingAdapter bus_adapter;
  castore::StateCarryingMessageBus bus{"BUS", connected.monsters, bus_adapter};
  ConnectedEventStore both{connected.store, bus, must_not_fail};
  both.push_event("a", 1, Appeared{"Pikachu"});
  castore::push_event_group(both.group_event("a", 2, LeveledUp{}), both.group_event("a", 3, LeveledUp{}));
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2", "MONSTERS/a#3"});
  CHECK(bus_adapter.published == connected.adapter.published);
  CHECK(&both.event_store() == &connected.store);
  CHECK(&both.message_channel() == &bus);
  connected.store.push_event("b", 1, Appeared{"Bulbasaur"});
  CHECK(connected.adapter.published.size() == 4);
  CHECK(bus_adapter.published.size() == 3);
}

TEST_CASE("any object that takes the messages is a channel", "[defect32]") {
  castore::InMemoryEventStorageAdapter storage;
  MonsterStore monsters{"MONSTERS", storage};
  PlainChannel channel;
  ConnectedEventStore store{monsters, channel, must_not_fail};
  store.push_event("a", 1, Appeared{"Pikachu"});
  CHECK(channel.published == Published{"a"});
}

TEST_CASE("a channel that cannot carry a store's events is known as such when it compiles", "[defect32]") {
  using castore::CarriesNotifications;
  using castore::CarriesState;
  STATIC_REQUIRE(CarriesNotifications<castore::NotificationMessageQueue<MonsterStore>, MonsterStore>);
  STATIC_REQUIRE_FALSE(CarriesNotifications<castore::NotificationMessageQueue<TamerStore>, MonsterStore>);
  STATIC_REQUIRE_FALSE(CarriesNotifications<castore::AggregateExistsMessageQueue<MonsterStore>, MonsterStore>);
  STATIC_REQUIRE_FALSE(CarriesState<castore::AggregateExistsMessageBus<MonsterStore>, MonsterStore>);
  STATIC_REQUIRE_FALSE(CarriesState<castore::NotificationMessageBus<MonsterStore>, MonsterStore>);
  STATIC_REQUIRE(CarriesState<castore::StateCarryingMessageBus<MonsterStore, TamerStore>, MonsterStore>);
  STATIC_REQUIRE(castore::CarriesAggregateExists<castore::AggregateExistsMessageBus<MonsterStore>>);
  SUCCEED();
}

TEST_CASE("a store made of a connected store's options publishes once and does not recurse", "[defect33]") {
  Connected connected;
  MonsterStore copy{"MONSTERS", connected.storage, connected.store.options()};
  copy.push_event("a", 1, Appeared{"Pikachu"});
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1"});
  ConnectedEventStore again{connected.store};
  again.push_event("a", 2, LeveledUp{});
  CHECK(connected.adapter.published == Published{"MONSTERS/a#1", "MONSTERS/a#2"});
}

TEST_CASE("a connected store shows and sets the adapter of the store it was made from") {
  Connected connected;
  CHECK(connected.store.event_storage_adapter().target<castore::InMemoryEventStorageAdapter>() == &connected.storage);
  castore::InMemoryEventStorageAdapter other;
  connected.store.set_event_storage_adapter(other);
  connected.store.push_event("a", 1, Appeared{"Pikachu"});
  CHECK(connected.monsters.get_events("a").size() == 1);
  CHECK(other.list_aggregate_ids("MONSTERS", {}).aggregate_ids.size() == 1);
  auto copy = connected.store;
  connected.monsters.set_event_storage_adapter(connected.storage);
  CHECK_FALSE(connected.store.get_aggregate("a"));
  CHECK_FALSE(copy.get_aggregate("a"));
}

TEST_CASE("to mute a store or one that is connected to it is to mute both") {
  Connected connected;
  castore::StateCarryingMessageBus bus{"BUS", connected.monsters, connected.adapter};
  ConnectedEventStore both{connected.store, bus, must_not_fail};
  {
    const auto muted = castore::testing::mute_event_store(both);
    both.push_events("a", 0, Appeared{"Pikachu"}, LeveledUp{});
    both.push_event("a", 3, LeveledUp{});
    CHECK(connected.monsters.get_events("a").size() == 3);
  }
  CHECK_FALSE(both.get_aggregate("a"));
  {
    const auto muted = castore::testing::mute_event_store(connected.monsters);
    both.push_event("a", 1, Appeared{"Pikachu"});
  }
  CHECK_FALSE(both.get_aggregate("a"));
  CHECK_FALSE(connected.monsters.get_aggregate("a"));
  CHECK(connected.adapter.published.size() == 8);
}

TEST_CASE("a connected store needs a function for what cannot be published") {
  Connected connected;
  using Store = ConnectedEventStore<MonsterStore, decltype(connected.queue)>;
  CHECK_THROWS_AS((Store{connected.monsters, connected.queue, Store::OnPublishFailed{}}), std::invalid_argument);
}

TEST_CASE("a channel whose subscriber pushes to the same aggregate keeps the order") {
  castore::InMemoryEventStorageAdapter storage;
  MonsterStore monsters{"MONSTERS", storage};
  struct PushingChannel {
    void publish_message(const MonsterMessage& message, const castore::PublishMessageOptions&) {
      if (message.event.version() < 4) push(message.event.version() + 1);
      versions.push_back(message.event.version());
    }
    std::function<void(castore::Version)> push{};
    std::vector<castore::Version> versions{};
  } channel;
  ConnectedEventStore store{monsters, channel, must_not_fail};
  channel.push = [&](castore::Version version) { store.push_event("a", version, LeveledUp{}); };
  store.push_event("a", 1, Appeared{"Pikachu"});
  CHECK(channel.versions == std::vector<castore::Version>{1, 2, 3, 4});
}

TEST_CASE("threads that push to the same aggregates publish in the order of versions", "[threads]") {
  castore::InMemoryEventStorageAdapter storage;
  MonsterStore monsters{"MONSTERS", storage};
  castore::NotificationMessageQueue queue{"QUEUE", monsters};
  std::map<std::string, std::vector<castore::Version>> versions;
  castore::InMemoryMessageQueueAdapter adapter{
      queue, {.worker = [&](const auto& message, const auto&) {
        versions[message.event.aggregate_id()].push_back(message.event.version());
      }}};
  ConnectedEventStore store{monsters, queue, must_not_fail};
  constexpr int thread_count = 4;
  constexpr int pushes = 150;
  castore::testing::detail::Latch start{thread_count};
  {
    std::vector<std::jthread> threads;
    for (int index = 0; index < thread_count; ++index) {
      threads.emplace_back([&, index] {
        start.arrive_and_wait();
        for (int done = 0; done < pushes;) {
          const std::string id{static_cast<char>('a' + (index + done) % 2)};
          const auto aggregate = store.get_aggregate(id);
          const castore::Version next = aggregate ? aggregate->version + 1 : 1;
          if (done % 3 == 0) {
            try {
              castore::push_event_group(store.group_event(id, next, LeveledUp{}),
                                        store.group_event(id, next + 1, LeveledUp{}));
            } catch (const castore::EventAlreadyExistsError&) {
              continue;
            }
            ++done;
          } else if (store.try_push_event(id, next, LeveledUp{})) {
            ++done;
          }
        }
      });
    }
  }
  adapter.poll();
  std::size_t total = 0;
  for (const auto& [id, published] : versions) {
    CHECK(published.front() == 1);
    CHECK(published.size() == monsters.get_events(id).size());
    CHECK(std::ranges::adjacent_find(published, [](auto left, auto right) { return right != left + 1; }) ==
          published.end());
    total += published.size();
  }
  CHECK(total == thread_count * pushes * 4 / 3);
}
