// SPDX-License-Identifier: MIT
// A context on its way: from a push through relays, channels, subscriptions and projections to the next push, and
// through what is done with stored events.
#include <castore/messaging.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/maintenance/copy_events.hpp>
#include <castore/maintenance/json_lines.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/snapshots.hpp>

#include "messaging/support.hpp"
#include "support/catch.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

using castore::Context;
using castore::EventDetail;
using castore::EventInfo;
using castore::EventPlace;
using castore::InMemoryEventStorageAdapter;
using castore::MessageContext;
using castore::SqliteEventStorageAdapter;
using castore_tests::Appeared;
using castore_tests::Joined;
using castore_tests::LeveledUp;
using castore_tests::MonsterEvents;
using castore_tests::MonsterMessage;
using castore_tests::MonsterStateMessage;
using castore_tests::MonsterStore;
using castore_tests::TamerMessage;
using castore_tests::TamerStore;

namespace {

const Context request{"request", "click", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
const Context caused{"request", "MONSTERS#pikachu#1", request.traceparent};

template <class Storage>
struct Storages {
  std::unique_ptr<Storage> make() const {
    if constexpr (std::is_same_v<Storage, SqliteEventStorageAdapter>) {
      return std::make_unique<Storage>(":memory:");
    } else {
      return std::make_unique<Storage>();
    }
  }
  std::unique_ptr<Storage> storage = make();
  MonsterStore monsters{"MONSTERS", *storage};
  TamerStore tamers{"TAMERS", *storage};
};

/// Takes what contexts say.
struct Seen {
  static constexpr std::string_view name = "seen";
  static constexpr int version = 1;
  std::shared_ptr<std::vector<Context>> contexts = std::make_shared<std::vector<Context>>();

  template <class Payload>
  void operator()(castore::AnyTransaction&, const Payload&, const EventInfo<Payload>& info,
                  const EventPlace& place) const {
    contexts->push_back(*info.context);
    contexts->push_back(castore::next_context(info, place));
  }
};

}  // namespace

TEMPLATE_TEST_CASE("what a relay publishes leads to an event that names its cause", "", InMemoryEventStorageAdapter,
                   SqliteEventStorageAdapter) {
  Storages<TestType> from;
  Storages<TestType> to;
  const castore::Command join{"JOIN", to.tamers, [](const std::optional<castore_tests::Tamer>&) { return Joined{}; }};
  castore::InMemoryMessageQueueAdapter<MonsterMessage> broker{
      {.worker = [&](const MonsterMessage& message, const MessageContext&) {
        join.with({.context = castore::next_context(message)})("ash");
      }}};
  castore::NotificationMessageQueue queue{"QUEUE", from.monsters, broker};
  castore::OutboxRelay relay{"relay", *from.storage, std::tie(from.monsters), queue};

  from.monsters.push_event("pikachu", 1, Appeared{"Pikachu"}, {.context = request});
  relay.catch_up();
  broker.poll();
  const auto events = to.tamers.get_events("ash");
  REQUIRE(events.size() == 1);
  CHECK(*events[0].context() == caused);
}

TEMPLATE_TEST_CASE("a connected store publishes contexts, with states, too", "", InMemoryEventStorageAdapter,
                   SqliteEventStorageAdapter) {
  Storages<TestType> stores;
  std::vector<Context> seen;
  castore::InMemoryMessageBusAdapter<MonsterStateMessage> broker;
  const auto subscription = broker.on({{}}, [&](const MonsterStateMessage& message, const MessageContext&) {
    seen.push_back(*message.event.context());
    seen.push_back(castore::next_context(message));
  });
  castore::StateCarryingMessageBus bus{"BUS", stores.monsters, broker};
  castore::ConnectedEventStore connected{stores.monsters, bus, [](const auto&, std::exception_ptr) {}};
  connected.push_event("pikachu", 1, Appeared{"Pikachu"}, {.context = request});
  const castore::Command level_up{"LEVEL_UP", connected, [](const castore_tests::Monster&) { return LeveledUp{}; }};
  level_up.with({.context = caused})("pikachu");
  broker.poll();
  CHECK(seen == std::vector<Context>{request, caused, caused, {"request", "MONSTERS#pikachu#2", request.traceparent}});
}

TEST_CASE("a message of one of several stores, and that an aggregate exists, have a next context") {
  const auto event = EventDetail<Appeared>{.aggregate_id = "pikachu", .version = 1, .payload = {}, .context = request};
  using Any = castore::AnyOfMessages<MonsterMessage, TamerMessage>;
  CHECK(castore::next_context(Any{MonsterMessage{"MONSTERS", event}}) == caused);
  CHECK(castore::next_context(castore::AggregateExistsMessage{"MONSTERS", "pikachu", {}}) ==
        Context{"MONSTERS#pikachu", "MONSTERS#pikachu", ""});
}

TEMPLATE_TEST_CASE("subscriptions see contexts", "", InMemoryEventStorageAdapter, SqliteEventStorageAdapter) {
  Storages<TestType> stores;
  stores.monsters.push_event("pikachu", 1, Appeared{"Pikachu"}, {.context = request});
  stores.monsters.push_event("pikachu", 2, LeveledUp{});
  stores.monsters.push_event("pikachu", 3, LeveledUp{}, {.context = request});
  castore::Subscription reactions{"reactions", *stores.storage, std::tie(stores.monsters)};
  std::vector<Context> seen;
  reactions.catch_up([&](const auto& event, const EventPlace& place) {
    seen.push_back(*event.context);
    if (event.version == 1)
      stores.tamers.push_event("ash", 1, Joined{}, {.context = castore::next_context(event, place)});
  });
  CHECK(seen == std::vector<Context>{request, {}, request});
  CHECK(*stores.tamers.get_events("ash")[0].context() == caused);
}

TEMPLATE_TEST_CASE("projections see contexts", "", InMemoryEventStorageAdapter, SqliteEventStorageAdapter) {
  Storages<TestType> stores;
  stores.monsters.push_event("pikachu", 1, Appeared{"Pikachu"}, {.context = request});
  castore::AnyEventStorageAdapter any{*stores.storage};
  const Seen projection;
  castore::AsyncProjection seen{any, std::tie(stores.monsters), projection};
  seen.catch_up();
  CHECK(*projection.contexts == std::vector<Context>{request, caused});

  castore::InlineProjections inlined{stores.monsters, any, projection};
  inlined.hand_over();
  projection.contexts->clear();
  inlined.push_event("mew", 1, Appeared{"Mew"}, {.context = request});
  CHECK(projection.contexts->front() == request);
}

TEMPLATE_TEST_CASE("stored events keep their contexts, whatever is done with them", "", InMemoryEventStorageAdapter,
                   SqliteEventStorageAdapter) {
  Storages<TestType> from;
  from.monsters.push_event("pikachu", 1, Appeared{"Pikachu"}, {.context = request});
  from.monsters.push_event("pikachu", 2, LeveledUp{});
  const auto check_copy = [](const MonsterStore& store) {
    const auto events = store.get_events("pikachu");
    REQUIRE(events.size() == 2);
    CHECK(*events[0].context() == request);
    CHECK(!events[1].context());
  };

  SECTION("copies of a storage") {
    Storages<SqliteEventStorageAdapter> to;
    CHECK(castore::copy_events(*from.storage, *to.storage).written_count == 2);
    check_copy(to.monsters);
  }
  SECTION("copies of a store that changes them") {
    Storages<TestType> to;
    castore::copy_events(from.monsters, to.monsters, [](std::span<const MonsterStore::Event> events) {
      return std::vector<MonsterStore::Event>{events.begin(), events.end()};
    });
    check_copy(to.monsters);
  }
  SECTION("export and import") {
    std::stringstream lines;
    castore::JsonLinesWriter writer{lines};
    REQUIRE(castore::copy_events(*from.storage, writer).is_complete);
    Storages<TestType> to;
    REQUIRE(castore::import_json_lines(lines, *to.storage).is_complete);
    check_copy(to.monsters);
  }
  SECTION("a pour") {
    std::vector<Context> seen;
    castore::InMemoryMessageQueueAdapter<MonsterMessage> broker{
        {.worker = [&](const MonsterMessage& message, const MessageContext&) {
          seen.push_back(*message.event.context());
        }}};
    castore::NotificationMessageQueue queue{"QUEUE", from.monsters, broker};
    castore::pour_event_store_events(from.monsters, queue);
    broker.poll();
    CHECK(seen == std::vector<Context>{request, {}});
  }
  SECTION("snapshots") {
    castore::SnapshotEventStore snapshots{from.monsters, *from.storage, {.policy = castore::every(2)}};
    snapshots.push_event("pikachu", 3, LeveledUp{}, {.context = caused});
    CHECK(snapshots.get_aggregate("pikachu")->level == 2);
    CHECK(*snapshots.get_events("pikachu")[2].context() == caused);
  }
}
