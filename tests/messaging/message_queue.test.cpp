// SPDX-License-Identifier: MIT
// What queues and buses have in common is tested with both.
#include <castore/messaging/message_queue.hpp>

#include <castore/messaging/message_bus.hpp>

#include "messaging/support.hpp"

#include <memory>
#include <ranges>

using namespace castore_tests;
using castore::AggregateExistsMessage;

namespace {

struct Stores {
  castore::InMemoryEventStorageAdapter storage{};
  MonsterStore monsters{"MONSTERS", storage};
  MonsterStore rare_monsters{"RARE_MONSTERS", storage};
  TamerStore tamers{"TAMERS", storage};
};

}  // namespace

TEST_CASE("channels have correct properties") {
  Stores stores;
  RecordingAdapter adapter;
  const castore::NotificationMessageQueue queue{"QUEUE", stores.monsters, adapter};
  CHECK(queue.message_channel_id() == "QUEUE");
  STATIC_REQUIRE(queue.message_type == castore::MessageKind::notification);
  STATIC_REQUIRE(queue.message_channel_type == castore::MessageChannelType::queue);
  STATIC_REQUIRE(std::same_as<decltype(queue)::Message, MonsterMessage>);
  CHECK(&std::get<0>(queue.source_event_stores()) == &stores.monsters);
  CHECK(queue.message_channel_adapter() == castore::AnyMessageChannelAdapter{adapter});

  const castore::StateCarryingMessageBus bus{"BUS", std::tie(stores.monsters, stores.rare_monsters)};
  STATIC_REQUIRE(bus.message_type == castore::MessageKind::state_carrying);
  STATIC_REQUIRE(bus.message_channel_type == castore::MessageChannelType::bus);
  STATIC_REQUIRE(std::same_as<decltype(bus)::Message, MonsterStateMessage>);
  const castore::NotificationMessageBus both{"BUS", std::tie(stores.monsters, stores.tamers)};
  STATIC_REQUIRE(std::same_as<decltype(both)::Message, castore::AnyOfMessages<MonsterMessage, TamerMessage>>);
  STATIC_REQUIRE(
      std::same_as<castore::EventStoreNotificationMessage<MonsterStore, TamerStore>, decltype(both)::Message>);
}

TEST_CASE("a channel publishes one message or many, in order, and hands replay on") {
  Stores stores;
  RecordingAdapter adapter;
  const castore::NotificationMessageQueue queue{"QUEUE", std::tie(stores.monsters, stores.tamers), adapter};
  queue.publish_message(appeared("a"));
  queue.publish_message(joined("ash"), {.replay = true});
  using Message = decltype(queue)::Message;
  queue.publish_messages(std::vector<Message>{leveled_up("a", 2), joined("misty"), leveled_up("a", 3)});
  queue.publish_messages(std::vector{leveled_up("a", 4), leveled_up("a", 5)});
  CHECK(adapter.published == Published{"MONSTERS/a#1", "TAMERS/ash#1 again", "MONSTERS/a#2", "TAMERS/misty#1",
                                       "MONSTERS/a#3", "MONSTERS/a#4", "MONSTERS/a#5"});
  CHECK(adapter.calls == 4);
  CHECK(nlohmann::json::parse(adapter.json.front()) == nlohmann::json(appeared("a")));
  queue.publish_messages(std::vector<Message>{});
  CHECK(adapter.calls == 4);
}

TEST_CASE("a channel publishes a range that makes its messages as it goes") {
  Stores stores;
  RecordingAdapter adapter;
  const castore::NotificationMessageQueue queue{"QUEUE", stores.monsters, adapter};
  const auto made = [](int number) { return appeared(std::string(40, 'x') + std::to_string(number)); };
  queue.publish_messages(std::views::iota(1, 4) | std::views::transform(made));
  const std::string prefix = "MONSTERS/" + std::string(40, 'x');
  CHECK(adapter.published == Published{prefix + "1#1", prefix + "2#1", prefix + "3#1"});
  CHECK(nlohmann::json::parse(adapter.json.front()) == nlohmann::json(made(1)));
}

TEST_CASE("every kind of channel is made of a store or several and an adapter", "[defect40]") {
  Stores stores;
  const auto adapter = std::make_shared<RecordingAdapter>();
  const AggregateExistsMessage exists{"TAMERS", "ash", at(1)};
  castore::AggregateExistsMessageQueue{"Q", stores.tamers, adapter}.publish_message(exists);
  castore::AggregateExistsMessageBus{"B", std::tie(stores.monsters, stores.tamers), adapter}.publish_message(exists);
  castore::NotificationMessageBus{"B", stores.monsters, adapter}.publish_message(appeared("a"));
  const MonsterStateMessage state{"MONSTERS", appeared("b").event, {}};
  castore::StateCarryingMessageQueue{"Q", stores.monsters, adapter}.publish_message(state);
  castore::StateCarryingMessageBus bus{"B", std::tie(stores.monsters, stores.rare_monsters)};
  bus.set_message_channel_adapter(adapter);
  bus.publish_message(state, {.replay = true});
  CHECK(adapter->published ==
        Published{"TAMERS/ash", "TAMERS/ash", "MONSTERS/a#1", "MONSTERS/b#1", "MONSTERS/b#1 again"});
}

TEST_CASE("a message of a store that is no source is refused before anything is sent") {
  Stores stores;
  RecordingAdapter adapter;
  const castore::NotificationMessageQueue queue{"QUEUE", std::tie(stores.monsters, stores.tamers), adapter};
  const auto error = error_of<castore::MessageChannelEventStoreNotFoundError>([&] {
    queue.publish_messages(std::vector{appeared("a"), leveled_up("a", 2, "RARE_MONSTERS")});
  });
  CHECK(error.message_channel_id() == "QUEUE");
  CHECK(error.event_store_id() == "RARE_MONSTERS");
  CHECK(error_of<castore::MessageChannelEventStoreNotFoundError>([&] {
          queue.publish_message(TamerMessage{"MONSTERS", joined("ash").event});
        }).event_store_id() == "MONSTERS");
  CHECK(error_of<castore::MessageChannelEventStoreNotFoundError>([&] {
          castore::AggregateExistsMessageBus{"BUS", stores.tamers, adapter}.publish_message(
              AggregateExistsMessage{"MONSTERS", "a", at(1)});
        }).event_store_id() == "MONSTERS");
  CHECK(adapter.calls == 0);
}

TEST_CASE("a channel without an adapter says so") {
  Stores stores;
  const castore::NotificationMessageBus bus{"BUS", stores.monsters};
  const auto error =
      error_of<castore::UndefinedMessageChannelAdapterError>([&] { bus.publish_message(appeared("a")); });
  CHECK(error.message_channel_id() == "BUS");
  CHECK_THROWS_AS(bus.message_channel_adapter(), castore::UndefinedMessageChannelAdapterError);
}

TEST_CASE("what an adapter throws passes through a channel") {
  CHECK_FALSE(castore::MessagesNotPublishedError{{0}, "unless it says so"}.retryable());
  Stores stores;
  RecordingAdapter adapter;
  adapter.is_down = true;
  const castore::NotificationMessageBus bus{"BUS", stores.monsters, adapter};
  CHECK(error_of<castore::StorageError>([&] { bus.publish_message(appeared("a")); }).retryable());
}

TEST_CASE("a state-carrying channel fetches the aggregate at the event's version and publishes both") {
  Stores stores;
  RecordingAdapter adapter;
  const castore::StateCarryingMessageQueue queue{"QUEUE", std::tie(stores.monsters, stores.rare_monsters), adapter};
  for (MonsterStore* store : {&stores.monsters, &stores.rare_monsters}) {
    store->push_events("a", 0, Appeared{std::string{store->event_store_id()}}, LeveledUp{}, LeveledUp{});
  }
  queue.get_aggregate_and_publish_message(leveled_up("a", 2, "RARE_MONSTERS"), {.replay = true});
  REQUIRE(adapter.published == Published{"RARE_MONSTERS/a#2 again"});
  const auto aggregate = nlohmann::json::parse(adapter.json.front())["aggregate"];
  CHECK(aggregate == nlohmann::json{{"aggregateId", "a"}, {"version", 2}, {"name", "RARE_MONSTERS"}, {"level", 1}});

  const auto not_found = error_of<castore::AggregateNotFoundError>(
      [&] { queue.get_aggregate_and_publish_message(leveled_up("nobody", 2)); });
  CHECK(not_found.aggregate_id() == "nobody");
  CHECK(error_of<castore::MessageChannelEventStoreNotFoundError>([&] {
          queue.get_aggregate_and_publish_message(leveled_up("a", 2, "TAMERS"));
        }).event_store_id() == "TAMERS");
  CHECK(adapter.calls == 1);
}
