// SPDX-License-Identifier: MIT
#include <castore/core/upcasts.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/testing/event_schema.hpp>
#include "core/support.hpp"
#include "core/upcast_chain.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <any>
#include <array>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using castore::EventDecodeError;
using castore::EventDetail;
using castore::EventRecord;
using castore::GetAggregateOptions;
using castore::InMemoryEventStorageAdapter;
using castore::Timestamp;
using castore::UnknownEvent;
using castore::UnknownEvents;
using castore::UnknownEventTypeError;
using castore::UpcastInfo;
using castore_tests::error_of;
using std::chrono::milliseconds;

namespace {

struct Caught1 {
  static constexpr std::string_view type = "CAUGHT";
  std::string trainer;
};
struct Caught2 {
  static constexpr std::string_view type = "CAUGHT_2";
  static constexpr std::array<std::string_view, 1> former_types{"TAKEN"};
  std::string trainer_id;
  using upcasts = castore::Upcasts<Caught1>;
  static constexpr Caught2 upcast(Caught1 old) { return {.trainer_id = std::move(old.trainer)}; }
};
struct Lured final {  // another way to catch, which became one with the first
  static constexpr std::string_view type = "LURED";
  int berries = 0;
};
struct Caught {
  static constexpr std::string_view type = "CAUGHT_3";
  struct Metadata {
    std::string source;
    friend bool operator==(const Metadata&, const Metadata&) = default;
  };
  std::string trainer_id;
  std::string place;
  castore::Version version = 0;
  using upcasts = castore::Upcasts<Caught2, Lured>;
  static Caught upcast(Caught2 old, const UpcastInfo& info) {
    return {std::move(old.trainer_id), std::string{info.aggregate_id} + " " + std::string{info.type}, info.version};
  }
  static Caught upcast(const Lured& old) {
    if (old.berries < 0) throw std::domain_error{"there are no negative berries"};
    return {"nobody", std::to_string(old.berries), 0};
  }
  friend bool operator==(const Caught&, const Caught&) = default;
};
struct Freed {
  static constexpr std::string_view type = "FREED";
  static constexpr std::array<std::string_view, 2> former_types{"RELEASED", "LET_GO"};
  int how = 0;
  friend bool operator==(const Freed&, const Freed&) = default;
};

struct Ball : castore::Aggregate {
  std::vector<std::string> seen;
};
struct BallReducer {
  void operator()(Ball& ball, const Caught& event) const { ball.seen.push_back(event.trainer_id + "@" + event.place); }
  void operator()(Ball& ball, const Freed& event) const { ball.seen.push_back("freed " + std::to_string(event.how)); }
};
struct KeepingReducer : BallReducer {
  using BallReducer::operator();
  void operator()(Ball& ball, const UnknownEvent& event, const castore::EventInfo<UnknownEvent>& info) const {
    ball.seen.push_back(std::to_string(info.version) + event.type + event.payload + event.metadata);
  }
};
using BallEvents = castore::Events<Freed, Caught>;
using BallStore = castore::EventStore<BallEvents, Ball, BallReducer>;
using KeepingStore = castore::EventStore<BallEvents, Ball, KeepingReducer>;

constexpr std::string_view source = R"({"source":"s"})";

/// The same history in older forms and in the newest, as other programs write it.
void push_history(auto& storage, bool is_old) {
  castore::AnyEventStorageAdapter any{
      std::shared_ptr<std::remove_reference_t<decltype(storage)>>{std::shared_ptr<void>{}, &storage}};
  castore::Version version = 0;
  const auto push = [&](std::string type, std::string payload, std::string_view metadata) {
    ++version;
    const EventRecord record{
        "a", version, std::move(type), Timestamp{milliseconds{version}}, std::move(payload), std::string{metadata}};
    const castore::PushRecord pushed{"BALLS", record};
    CHECK(any.push_events({&pushed, 1}, {}) == castore::PushOutcome{});
  };
  if (is_old) {
    push("CAUGHT", R"({"trainer":"ash"})", source);
    push("CAUGHT_2", R"({"trainer_id":"misty"})", source);
    push("TAKEN", R"({"trainer_id":"brock"})", source);
    push("LURED", R"({"berries":3})", source);
    push("CAUGHT_3", R"({"trainer_id":"gary","place":"gym","version":5})", source);
    push("RELEASED", R"({"how":1})", {});
    push("LET_GO", R"({"how":2})", {});
  } else {
    push("CAUGHT_3", R"({"trainer_id":"ash","place":"a CAUGHT","version":1})", source);
    push("CAUGHT_3", R"({"trainer_id":"misty","place":"a CAUGHT_2","version":2})", source);
    push("CAUGHT_3", R"({"trainer_id":"brock","place":"a TAKEN","version":3})", source);
    push("CAUGHT_3", R"({"trainer_id":"nobody","place":"3","version":0})", source);
    push("CAUGHT_3", R"({"trainer_id":"gary","place":"gym","version":5})", source);
    push("FREED", R"({"how":1})", {});
    push("FREED", R"({"how":2})", {});
  }
}

}  // namespace

TEST_CASE("an upcast sees where its old event belongs, under which type it was stored and when", "[core]") {
  CHECK(Caught2::upcast({"ash"}).trainer_id == "ash");
  CHECK(Caught::upcast(Caught2{"ash"}, {"a", 3, "TAKEN", Timestamp{}}) == Caught{"ash", "a TAKEN", 3});
}

TEMPLATE_TEST_CASE("events of each older form are read as if the newest had been stored", "[core]",
                   InMemoryEventStorageAdapter, castore::SqliteEventStorageAdapter) {
  std::vector<std::vector<BallStore::Event>> events;
  std::vector<Ball> balls;
  for (const bool is_old : {true, false}) {
    auto storage = [] {
      if constexpr (std::is_same_v<TestType, InMemoryEventStorageAdapter>) {
        return InMemoryEventStorageAdapter{};
      } else {
        return castore::SqliteEventStorageAdapter{":memory:"};
      }
    }();
    push_history(storage, is_old);
    BallStore store{"BALLS", storage};
    events.push_back(store.get_events("a"));
    balls.push_back(store.get_existing_aggregate("a"));
    CHECK(store.get_history("a").events == events.back());
  }
  CHECK(events[0] == events[1]);
  CHECK(balls[0].seen == balls[1].seen);
  CHECK(balls[0].seen == std::vector<std::string>{"ash@a CAUGHT", "misty@a CAUGHT_2", "brock@a TAKEN", "nobody@3",
                                                  "gary@gym", "freed 1", "freed 2"});
  CHECK(events[0].front().type() == "CAUGHT_3");
  CHECK(events[0].front().get_if<Caught>()->metadata.source == "s");
}

TEMPLATE_TEST_CASE("a chain of four forms ends in the newest in every part of a program", "[core]",
                   InMemoryEventStorageAdapter, castore::SqliteEventStorageAdapter) {
  auto storage = [] {
    if constexpr (std::is_same_v<TestType, InMemoryEventStorageAdapter>) {
      return InMemoryEventStorageAdapter{};
    } else {
      return castore::SqliteEventStorageAdapter{":memory:"};
    }
  }();
  castore_tests::upcast_chain::store_forms(storage, "ball");
  castore_tests::upcast_chain::check_forms(storage, "ball");
}

/// Forms whose common base is reduced.
struct Trained {
  std::string trainer_id;
};
struct Trained1 : Trained {
  static constexpr std::string_view type = "TRAINED";
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Trained1, trainer_id)
};
struct Trained2 : Trained {
  static constexpr std::string_view type = "TRAINED_2";
  using upcasts = castore::Upcasts<Trained1>;
  static Trained2 upcast(Trained1 old) { return {{std::move(old.trainer_id) + "+"}}; }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Trained2, trainer_id)
};
struct BaseReducer {
  void operator()(Ball& ball, const Trained& event) const { ball.seen.push_back(event.trainer_id); }
};
struct PureBaseReducer {
  Ball operator()(Ball ball, const Trained& event) const {
    ball.seen.push_back(event.trainer_id);
    return ball;
  }
};

TEMPLATE_TEST_CASE("a reducer may take the common base of an event and its older form", "[core]", BaseReducer,
                   PureBaseReducer) {
  const castore::EventStore<castore::Events<Trained2>, Ball, TestType> store{"BALLS"};
  const std::vector<typename decltype(store)::Event> events{EventDetail<Trained2>{"a", 1, {}, {{"ash"}}}};
  CHECK(store.build_aggregate(events)->seen == std::vector<std::string>{"ash"});
}

TEST_CASE("an event that is pushed has its newest form", "[core]") {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  BallStore store{"BALLS", storage};
  store.push_event("a", 1, Caught{"ash", "gym", 1}, {.metadata = {"s"}});
  store.push_event("a", 2, Freed{3});
  std::vector<std::string> types;
  storage.get_events("BALLS", "a", {},
                     [&types](const castore::EventRecordView& record) { types.emplace_back(record.type); });
  CHECK(types == std::vector<std::string>{"CAUGHT_3", "FREED"});
}

TEST_CASE("an old event that does not fit its form, or whose upcast throws, is named with the type it is stored under",
          "[core]") {
  InMemoryEventStorageAdapter storage;
  BallStore store{"BALLS", storage};
  const std::vector<EventRecord> records{
      {"a", 1, "CAUGHT", Timestamp{}, R"({"trainer_id":"ash"})", std::string{source}},
      {"b", 1, "LURED", Timestamp{}, R"({"berries":-1})", std::string{source}}};
  for (const EventRecord& record : records) {
    const castore::PushRecord pushed{"BALLS", record};
    CHECK(storage.push_events({&pushed, 1}, {}) == castore::PushOutcome{});
    const auto error = error_of<EventDecodeError>([&] { (void)store.get_aggregate(record.aggregate_id); });
    CHECK(error.event_store_id() == "BALLS");
    CHECK(error.aggregate_id() == record.aggregate_id);
    CHECK(error.type() == record.type);
  }
  CHECK_THROWS_WITH(store.get_aggregate("a"), Catch::Contains("trainer"));
  CHECK_THROWS_WITH(store.get_aggregate("b"), Catch::Contains("there are no negative berries"));
}

TEST_CASE("the JSON of an event in an older form is read, too", "[core]") {
  const nlohmann::json json = nlohmann::json::parse(
      R"({"aggregateId":"a","version":1,"type":"TAKEN","timestamp":"2022-01-01T00:00:00.000Z",
          "payload":{"trainer_id":"ash"},"metadata":{"source":"s"}})");
  const auto event = json.get<castore::Event<BallEvents>>();
  CHECK(event.get_if<Caught>()->payload == Caught{"ash", "a TAKEN", 1});
  CHECK(nlohmann::json(event)["type"] == "CAUGHT_3");
}

TEMPLATE_TEST_CASE("a subscription and a projection that name an event are handed its older forms", "[core]",
                   InMemoryEventStorageAdapter, castore::SqliteEventStorageAdapter) {
  auto storage = [] {
    if constexpr (std::is_same_v<TestType, InMemoryEventStorageAdapter>) {
      return InMemoryEventStorageAdapter{};
    } else {
      return castore::SqliteEventStorageAdapter{":memory:"};
    }
  }();
  push_history(storage, true);
  BallStore store{"BALLS", storage};
  std::vector<std::string> caught;
  castore::Subscription subscription{"caught", storage, std::tie(store)};
  subscription.catch_up([&caught](const EventDetail<Caught>& event, const castore::EventPlace& place) {
    CHECK(place.type == "CAUGHT_3");
    caught.push_back(event.payload.trainer_id);
  });
  CHECK(caught == std::vector<std::string>{"ash", "misty", "brock", "nobody", "gary"});
  int freed = 0;
  castore::Subscription other{"freed", storage, std::tie(store)};
  other.catch_up([&freed](const EventDetail<Freed>& event) { freed += event.payload.how; });
  CHECK(freed == 3);
}

TEST_CASE("a listener that names an older type hears of the event in its newest form", "[core]") {
  InMemoryEventStorageAdapter storage;
  BallStore store{"BALLS", storage};
  castore::NotificationMessageBus bus{"BALLS_BUS", store};
  castore::InMemoryMessageBusAdapter adapter{bus};
  std::map<std::string, int> heard;
  std::vector<castore::BusSubscription<castore::NotificationMessage<BallEvents>>> stays;
  for (const char* const type : {"CAUGHT", "TAKEN", "CAUGHT_3", "RELEASED"}) {
    stays.push_back(
        adapter.on({{.event_type = std::string{type}}}, [&heard, type](const auto&, const auto&) { ++heard[type]; }));
  }
  castore::ConnectedEventStore connected{store, bus,
                                         [](const auto&, std::exception_ptr error) { std::rethrow_exception(error); }};
  connected.push_event("a", 1, Caught{"ash", "gym", 1}, {.metadata = {"s"}});
  CHECK(adapter.drain(std::chrono::seconds{5}));
  CHECK(heard == std::map<std::string, int>{{"CAUGHT", 1}, {"TAKEN", 1}, {"CAUGHT_3", 1}});
}

TEST_CASE("the schema of events holds each type that is stored, with its form", "[core]") {
  const nlohmann::json schema = castore::testing::event_schema<BallEvents>();
  std::vector<std::string> types;
  for (const auto& [type, one] : schema["$defs"].items()) types.push_back(type);
  CHECK(types ==
        std::vector<std::string>{"CAUGHT", "CAUGHT_2", "CAUGHT_3", "FREED", "LET_GO", "LURED", "RELEASED", "TAKEN"});
  CHECK(schema["$defs"]["CAUGHT"]["properties"]["payload"]["properties"].contains("trainer"));
  CHECK(schema["$defs"]["CAUGHT"]["properties"].contains("metadata"));
}

namespace {

/// Version 2 is of a type that the stores do not know.
void push_unknown(InMemoryEventStorageAdapter& storage) {
  const std::vector<EventRecord> records{
      {"a", 1, "FREED", Timestamp{}, R"({"how":1})", {}},
      {"a", 2, "PAINTED", Timestamp{milliseconds{1}}, R"({"red":1})", R"({"by":"me"})"},
      {"a", 3, "FREED", Timestamp{milliseconds{2}}, R"({"how":3})", {}},
  };
  for (const EventRecord& record : records) {
    const castore::PushRecord pushed{"BALLS", record};
    CHECK(storage.push_events({&pushed, 1}, {}) == castore::PushOutcome{});
  }
}

template <class Function>
void check_unknown(Function function) {
  const auto error = error_of<UnknownEventTypeError>(function);
  CHECK(error.event_store_id() == "BALLS");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 2);
  CHECK(error.type() == "PAINTED");
}

}  // namespace

TEST_CASE("an event of an unknown type is an error unless a store is told otherwise", "[core]") {
  InMemoryEventStorageAdapter storage;
  push_unknown(storage);
  const BallStore store{"BALLS", storage};
  check_unknown([&] { (void)store.get_aggregate("a"); });
  check_unknown([&] { (void)store.get_events("a"); });
  check_unknown([&] { (void)store.get_history("a"); });
  CHECK(store.get_existing_aggregate("a", {.unknown_events = UnknownEvents::skip}).version == 3);
}

TEST_CASE("unknown events that are skipped are left out of what is read, and nothing is decided or built on the rest",
          "[core]") {
  InMemoryEventStorageAdapter storage;
  push_unknown(storage);
  BallStore store{"BALLS", storage, {.unknown_events = UnknownEvents::skip}};
  const Ball ball = store.get_existing_aggregate("a");
  CHECK(ball.seen == std::vector<std::string>{"freed 1", "freed 3"});
  CHECK(ball.version == 3);
  CHECK(store.get_events("a").size() == 2);
  CHECK(store.get_history("a").events.size() == 2);

  bool is_decided = false;
  const auto decide = [&is_decided](const Ball&) {
    is_decided = true;
    return Freed{4};
  };
  castore::Command free{"FREE", store, decide};
  check_unknown([&] { (void)free("a"); });
  CHECK_FALSE(is_decided);
  check_unknown([&] { (void)store.push_event("a", 4, Freed{4}, {.prev_aggregate = ball}); });
  castore::Command handle{"FREE_TWICE", std::tie(store), [](const std::string& id, BallStore& balls) {
                            const Ball before = balls.get_existing_aggregate(id);
                            (void)castore::push_event_group(
                                balls.group_event(id, before.version + 1, Freed{5}, {.prev_aggregate = before}));
                          }};
  check_unknown([&] { handle(std::string{"a"}); });
  CHECK(store.get_events("a").size() == 2);

  store.push_event("b", 1, Freed{1});
  CHECK(free("b").aggregate.version == 2);
  CHECK(store.push_event("a", 4, Freed{4}).event.version == 4);  // without saying what it builds on

  int freed = 0;
  castore::Subscription subscription{"all", storage, std::tie(store)};
  subscription.catch_up([&freed](const auto&) { ++freed; });
  CHECK(freed == 5);
}

TEST_CASE("unknown events that are kept are handed to the reducer, and commands decide on what it made", "[core]") {
  InMemoryEventStorageAdapter storage;
  push_unknown(storage);
  KeepingStore store{"BALLS", storage, {.unknown_events = UnknownEvents::keep}};
  const std::vector<std::string> seen{"freed 1", R"(2PAINTED{"red":1}{"by":"me"})", "freed 3"};
  CHECK(store.get_existing_aggregate("a").seen == seen);
  CHECK(store.extend_aggregate(store.get_existing_aggregate("a", {.max_version = 1})).seen == seen);
  check_unknown([&] { (void)store.get_events("a"); });
  check_unknown([&] { (void)store.get_history("a"); });
  castore::Command free{"FREE", store, [](const Ball& ball) { return Freed{static_cast<int>(ball.seen.size())}; }};
  CHECK(free("a").aggregate.seen.back() == "freed 3");
}

TEST_CASE("keeping unknown events needs a reducer that takes them", "[core]") {
  InMemoryEventStorageAdapter storage;
  CHECK_THROWS_WITH((BallStore{"BALLS", storage, {.unknown_events = UnknownEvents::keep}}),
                    "castore: the option unknown_events = keep needs a reducer with an overload for "
                    "castore::UnknownEvent; write in it: void operator()(TheAggregate&, const castore::UnknownEvent&) "
                    "const");
}

TEST_CASE("a generic reducer is not asked whether it takes unknown events", "[core]") {
  const auto reducer = [](Ball& ball, const auto& event) { ball.seen.push_back(std::string{event.type}); };
  InMemoryEventStorageAdapter storage;
  castore::EventStore<BallEvents, Ball, decltype(reducer)> store{"BALLS", storage, {.reducer = reducer}};
  store.push_event("a", 1, Freed{1});
  CHECK(store.get_existing_aggregate("a").seen == std::vector<std::string>{"FREED"});
}

namespace {

struct Anything {
  static constexpr std::string_view type = "ANYTHING";
  std::any value;
};
struct AnythingReducer {
  void operator()(castore::Aggregate&, const Anything&) const {}
};
struct PureKeepingReducer {
  void operator()(Ball& ball, const Freed& event) const { ball.seen.push_back(std::to_string(event.how)); }
  Ball operator()(Ball ball, const UnknownEvent& event) const {
    ball.seen.push_back(event.type);
    return ball;
  }
};

}  // namespace

TEST_CASE("an event whose first field takes any value is not taken for an unknown event", "[core]") {
  InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Anything>, castore::Aggregate, AnythingReducer, InMemoryEventStorageAdapter>
      store{"ANYTHINGS", storage};
  store.push_event("a", 1, Anything{3});
  CHECK(store.get_existing_aggregate("a").version == 1);
}

TEST_CASE("unknown events may be reduced purely next to events that are reduced in place", "[core]") {
  InMemoryEventStorageAdapter storage;
  push_unknown(storage);
  const castore::EventStore<castore::Events<Freed>, Ball, PureKeepingReducer> store{
      "BALLS", storage, {.unknown_events = UnknownEvents::keep}};
  CHECK(store.get_existing_aggregate("a").seen == std::vector<std::string>{"1", "PAINTED", "3"});
}

TEST_CASE("a message with the state of an aggregate lacks no event", "[core]") {
  InMemoryEventStorageAdapter storage;
  push_unknown(storage);
  BallStore store{"BALLS", storage, {.unknown_events = UnknownEvents::skip}};
  castore::StateCarryingMessageBus bus{"BALLS_BUS", store};
  castore::InMemoryMessageBusAdapter adapter{bus};
  std::string failure;
  castore::ConnectedEventStore connected{store, bus, [&failure](const auto&, std::exception_ptr error) {
                                           try {
                                             std::rethrow_exception(error);
                                           } catch (const UnknownEventTypeError& unknown) {
                                             failure = unknown.type();
                                           }
                                         }};
  connected.push_event("a", 4, Freed{4});
  CHECK(failure == "PAINTED");
}
