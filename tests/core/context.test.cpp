// SPDX-License-Identifier: MIT
#include <castore/core/context.hpp>

#include <castore/castore.hpp>

#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using castore::Context;
using castore::EventContext;
using castore_tests::error_of;
using castore_tests::records_of;
using castore_tests::RecordStorage;

namespace {

struct Ordered {
  static constexpr std::string_view type = "ORDERED";
  std::string article;
};
/// All of whose metadata may be left out, and are then an object without members.
struct Paid {
  static constexpr std::string_view type = "PAID";
  struct Metadata {
    std::optional<std::string> user{};
    friend bool operator==(const Metadata&, const Metadata&) = default;
  };
  int cents = 0;
};
struct Noted {
  static constexpr std::string_view type = "NOTED";
  using Metadata = std::optional<nlohmann::json>;
};
struct Signed {
  static constexpr std::string_view type = "SIGNED";
  using Metadata = std::string;
};
struct Sent1 {
  static constexpr std::string_view type = "SENT";
  int parcels = 0;
};
struct Sent {
  static constexpr std::string_view type = "SENT_2";
  using upcasts = castore::Upcasts<Sent1>;
  static Sent upcast(Sent1 old) { return {old.parcels}; }
  int boxes = 0;
};

struct Counted {
  static constexpr std::string_view type = "COUNTED";
  friend bool operator==(const Counted&, const Counted&) = default;
};

struct Order : castore::Aggregate {
  std::string correlations;
};
struct OrderReducer {
  template <class Payload>
  void operator()(Order& order, const Payload&, const castore::EventInfo<Payload>& info) const {
    order.correlations += info.context->correlation_id + ';';
  }
};
using OrderEvents = castore::Events<Ordered, Paid, Noted, Signed, Sent>;
using OrderStore = castore::EventStore<OrderEvents, Order, OrderReducer>;

const Context request{.correlation_id = "request \"7\"\n\xc3\xa9",
                      .causation_id = "click",
                      .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
const Context other{.correlation_id = "other"};

template <class Metadata, class Payload>
const Metadata& metadata_of(const OrderStore::Event& event) {
  return event.get_if<Payload>()->metadata;
}

static_assert(sizeof(EventContext) == sizeof(void*));
static_assert(sizeof(castore::PushEventOptions<Ordered, Order>) <=
              sizeof(std::optional<Order>) + sizeof(std::optional<castore::Timestamp>) + 3 * sizeof(void*));
static_assert(!EventContext{} && EventContext{} == EventContext{});

}  // namespace

TEST_CASE("a context that says nothing is none") {
  CHECK(Context{}.is_empty());
  CHECK(!EventContext{Context{}});
  CHECK(EventContext{Context{}} == EventContext{});
  CHECK(EventContext {} -> correlation_id.empty());
  CHECK(EventContext{other});
  CHECK(EventContext{Context{.traceparent = "x"}});
}

TEST_CASE("contexts are compared by what they say, and copies share one") {
  EventContext context{request};
  EventContext copy = context;
  CHECK(&*copy == &*context);
  CHECK(copy == EventContext{request});
  CHECK(copy != EventContext{other});
  CHECK(copy != EventContext{});
  const EventContext moved = std::move(context);
  CHECK(moved == copy);
  copy = EventContext{other};
  CHECK(*copy == other);
  CHECK(*moved == request);
}

TEST_CASE("threads may copy one context at the same time") {
  const EventContext context{request};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&context] {
      for (int time = 0; time < 1000; ++time) {
        const EventContext copy = context;
        (void)copy;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(*context == request);
}

TEST_CASE("the next context has the correlation of an event, and the event as its cause") {
  const castore::EventDetail<Ordered> event{
      .aggregate_id = "a#b", .version = 3, .payload = {}, .context = EventContext{request}};
  const Context next = castore::next_context(event, "ORDERS");
  CHECK(next == Context{request.correlation_id, "ORDERS#a#b#3", request.traceparent});
  CHECK(castore::next_context(castore::Event<OrderEvents>{event}, "ORDERS") == next);
  const castore::NoMetadata none;
  const castore::EventInfo<Ordered> info{"a#b", 3, {}, none, event.context};
  CHECK(castore::next_context(info, "ORDERS") == next);
}

TEST_CASE("an event without a correlation begins one") {
  const castore::EventDetail<Ordered> event{.aggregate_id = "1", .version = 2, .payload = {}};
  CHECK(castore::next_context(event, "ORDERS") ==
        Context{.correlation_id = "ORDERS#1#2", .causation_id = "ORDERS#1#2"});
}

TEMPLATE_TEST_CASE("an event comes back with its context, and its metadata without it", "",
                   castore::InMemoryEventStorageAdapter, RecordStorage) {
  TestType storage;
  OrderStore orders{"ORDERS", storage};
  orders.push_event("1", 1, Ordered{"book"}, {.context = request});
  orders.push_event("1", 2, Paid{500}, {.context = request});
  orders.push_event("1", 3, Paid{500}, {.metadata = {"ann"}, .context = request});
  orders.push_event("1", 4, Noted{}, {.context = request});
  orders.push_event("1", 5, Noted{}, {.metadata = nlohmann::json::object(), .context = request});
  orders.push_event("1", 6, Noted{}, {.metadata = nlohmann::json{{"a", {1, 2}}}, .context = request});
  orders.push_event("1", 7, Signed{}, {.metadata = "a text"});
  orders.push_event(castore::EventDetail<Ordered>{
      .aggregate_id = "1", .version = 8, .payload = {"pen"}, .context = EventContext{other}});
  CHECK(orders.try_push_event("1", 9, Sent{1}, {.context = other})->event.context == EventContext{other});

  const auto events = orders.get_events("1");
  REQUIRE(events.size() == 9);
  for (const auto& event : events) {
    CHECK(*event.context() == (event.version() < 7 ? request : event.version() == 7 ? Context{} : other));
  }
  CHECK(metadata_of<Paid::Metadata, Paid>(events[1]) == Paid::Metadata{});
  CHECK(metadata_of<Paid::Metadata, Paid>(events[2]) == Paid::Metadata{"ann"});
  CHECK(!metadata_of<Noted::Metadata, Noted>(events[3]));
  CHECK(metadata_of<Noted::Metadata, Noted>(events[4]) == nlohmann::json::object());
  CHECK(metadata_of<Noted::Metadata, Noted>(events[5]) == nlohmann::json{{"a", {1, 2}}});
  CHECK(metadata_of<Signed::Metadata, Signed>(events[6]) == "a text");

  const auto records = records_of(storage, "ORDERS", "1");
  CHECK(nlohmann::json::parse(records[0].metadata) == nlohmann::json{{"$context",
                                                                      {{"correlationId", request.correlation_id},
                                                                       {"causationId", "click"},
                                                                       {"traceparent", request.traceparent}}}});
  CHECK(records[7].metadata == R"({"$context":{"correlationId":"other"}})");
  CHECK(nlohmann::json::parse(records[2].metadata)["user"] == "ann");
  CHECK(records[6].metadata == R"("a text")");
}

TEMPLATE_TEST_CASE("reducers see contexts, in pushes and in loads", "", castore::InMemoryEventStorageAdapter,
                   RecordStorage) {
  TestType storage;
  OrderStore orders{"ORDERS", storage};
  const auto first = orders.push_event("1", 1, Ordered{"book"}, {.context = other});
  CHECK(first.next_aggregate->correlations == "other;");
  orders.push_event("1", 2, Ordered{"pen"});
  orders.push_event("1", 3, Noted{}, {.context = Context{.correlation_id = "third"}});
  CHECK(orders.get_aggregate("1")->correlations == "other;;third;");
  const auto history = orders.get_history("1");
  CHECK(history.aggregate->correlations == "other;;third;");
  CHECK(orders.simulate_aggregate(history.events)->correlations == "other;;third;");
  CHECK(orders.extend_aggregate(*orders.get_aggregate("1", {.max_version = 1})).correlations == "other;;third;");
}

TEMPLATE_TEST_CASE("groups and several events have contexts", "", castore::InMemoryEventStorageAdapter, RecordStorage) {
  TestType storage;
  OrderStore orders{"ORDERS", storage};
  OrderStore returns{"RETURNS", storage};
  const auto [left, right] =
      castore::push_event_group(orders.group_event("1", 1, Ordered{"book"}, {.context = request}),
                                returns.group_event("1", 1, Sent{1}, {.context = other}));
  CHECK(*left.event.context == request);
  CHECK(*right.event.context == other);
  castore::push_event_group(
      std::vector<castore::GroupedEvent>{orders.group_event("1", 2, Noted{}, {.context = other})});

  orders.push_events({.context = request}, "1", 2, Ordered{"pen"}, castore::with_metadata(Paid{5}, {"ann"}));
  using Payloads = std::vector<std::variant<Ordered, Noted>>;
  orders.push_events("1", 4, Payloads{Ordered{"ink"}}, {.context = other});
  REQUIRE(orders.try_push_events("1", 5, Payloads{Noted{}, Ordered{"cap"}}, {.context = request}));
  std::string correlations;
  for (const auto& event : orders.get_events("1")) correlations += event.context()->correlation_id.substr(0, 1);
  CHECK(correlations == "rorrorr");
  CHECK(*returns.get_events("1")[0].context() == other);
}

TEMPLATE_TEST_CASE("a call of a command gives its events a context, also where it is tried again", "",
                   castore::InMemoryEventStorageAdapter, RecordStorage) {
  TestType storage;
  OrderStore orders{"ORDERS", storage};
  orders.push_event("1", 1, Ordered{"book"});
  int attempts = 0;
  const castore::Command pay{"PAY", orders, [&](const Order& order, int cents) {
                               if (++attempts == 1) orders.push_event("1", order.version + 1, Noted{});
                               return castore::with_metadata(Paid{cents}, {"ann"});
                             }};
  const auto paid = pay.with({.context = request})("1", 500);
  CHECK(attempts == 2);
  CHECK(*paid.events[0].context() == request);
  CHECK(metadata_of<Paid::Metadata, Paid>(orders.get_events("1")[2]) == Paid::Metadata{"ann"});
  CHECK(*orders.get_events("1")[2].context() == request);
  CHECK(!orders.get_events("1")[1].context());

  const castore::Command send{"SEND", orders, [](const std::optional<Order>&, const Sent& input) {
                                return std::vector<Sent>{input, input};
                              }};
  send.with({.context = other}).call_json("2", R"({"boxes": 3})");
  send("2", Sent{4});
  const auto events = orders.get_events("2");
  REQUIRE(events.size() == 4);
  CHECK(*events[0].context() == other);
  CHECK(*events[1].context() == other);
  CHECK(!events[2].context());
}

TEMPLATE_TEST_CASE("a context that cannot be stored is refused before anything is written", "",
                   castore::InMemoryEventStorageAdapter, RecordStorage) {
  TestType storage;
  OrderStore orders{"ORDERS", storage};
  const std::pair<Context, std::string> bad[] = {
      {{.correlation_id = std::string{"a\0b", 3}}, "context.correlation_id"},
      {{.correlation_id = "\xff"}, "context.correlation_id"},
      {{.correlation_id = std::string(castore::max_context_id_size + 1, 'x')}, "context.correlation_id"},
      {{.causation_id = "\xed\xa0\x80"}, "context.causation_id"},
      {{.causation_id = std::string(castore::max_context_id_size + 1, 'x')}, "context.causation_id"},
      {{.traceparent = "1"}, "context.traceparent"}};
  for (const auto& [context, field] : bad) {
    CHECK(error_of<castore::InvalidEventError>([&] {
            orders.push_event("1", 1, Ordered{}, {.context = context});
          }).field() == field);
    CHECK(error_of<castore::InvalidEventError>([&] {
            orders.push_events({.context = context}, "1", 0, Ordered{}, Ordered{});
          }).field() == field);
  }
  orders.push_event("1", 1, Ordered{},
                    {.context = Context{.correlation_id = std::string(castore::max_context_id_size, 'x')}});
  CHECK(orders.get_events("1").size() == 1);
}

TEMPLATE_TEST_CASE("metadata that are not an object have no room for a context", "",
                   castore::InMemoryEventStorageAdapter, RecordStorage) {
  TestType storage;
  OrderStore orders{"ORDERS", storage};
  const auto error = error_of<castore::InvalidEventError>(
      [&] { orders.push_event("1", 1, Signed{}, {.metadata = "a text", .context = other}); });
  CHECK(error.field() == "metadata");
  CHECK(error.reason() ==
        R"(they are '"a text"', and only an object has room for a context; declare a struct as Metadata, or push the )"
        "event without a context");
  for (const nlohmann::json& metadata : {nlohmann::json(5), nlohmann::json(nullptr), nlohmann::json::array({1})}) {
    const Noted::Metadata given{std::in_place, metadata};
    CHECK(error_of<castore::InvalidEventError>([&] {
            orders.push_event("1", 1, Noted{}, {.metadata = given, .context = other});
          }).field() == "metadata");
  }
  CHECK(orders.get_events("1").empty());
}

TEST_CASE("metadata with a member of the context's name are refused where they become text") {
  RecordStorage storage;
  OrderStore orders{"ORDERS", storage};
  const nlohmann::json metadata{{"$context", {{"correlationId", "by hand"}}}};
  const auto push = [&] { orders.push_event("1", 1, Noted{}, {.metadata = metadata}); };
  const std::string what = error_of<castore::EventEncodeError>(push).what();
  CHECK(what.ends_with("they have a member $context, which is that of the event's context; use the option context"));

  // Whatever it is, beside a context it would be there twice; and however its name is written.
  const auto refuses = [](const std::string& text, const EventContext& context) {
    try {
      return castore::detail::put_context(text, context).empty();
    } catch (const castore::InvalidEventError& error) {
      return error.field() == "metadata";
    }
  };
  const EventContext with{other};
  CHECK(refuses(R"({"$context":"mine","b":1})", with));
  CHECK(refuses(R"({"b":1, "\u0024context":5})", with));
  CHECK(refuses(R"({"\u0024context":{"x":1}})", {}));
  for (const std::string text :
       {R"({"$context":"mine"})", R"({"a":"$context","b":"\\"})", R"({"$":{"$context":{}}})"}) {
    CHECK(castore::detail::put_context(text, {}) == text);
  }
  CHECK_FALSE(refuses(R"({"a":"$context"})", with));
}

TEST_CASE("of a stored context nothing is taken that could not be pushed, and of two contexts neither") {
  const auto context_in = [](const std::string& text) {
    const EventContext context = castore::detail::context_in(text);
    return context ? *context : Context{};
  };
  CHECK(context_in(R"({"$context":{"correlationId":"a","causationId":"b\u0000","traceparent":"junk"}})") ==
        Context{.correlation_id = "a"});
  CHECK(context_in(R"({"$context":{"correlationId":")" + std::string(castore::max_context_id_size + 1, 'x') +
                   R"(","causationId":"b"}})") == Context{.causation_id = "b"});
  const std::string twice = R"({"$context":{"correlationId":"x"},"$context":{"correlationId":"y"}})";
  CHECK(context_in(twice) == Context{});
  CHECK(castore::detail::take_context(twice).metadata == twice);
}

TEST_CASE("older forms of an event keep its context, and so do events that are not known") {
  RecordStorage storage;
  castore::EventStore<castore::Events<Sent1>, Order, OrderReducer> before{"ORDERS", storage};
  before.push_event("1", 1, Sent1{2}, {.context = request});
  OrderStore orders{"ORDERS", storage};
  const auto events = orders.get_events("1");
  CHECK(events[0].get_if<Sent>()->payload.boxes == 2);
  CHECK(*events[0].context() == request);

  struct KeepingReducer {
    void operator()(Order&, const Paid&) const {}
    void operator()(Order& order, const castore::UnknownEvent&,
                    const castore::EventInfo<castore::UnknownEvent>& info) const {
      order.correlations += info.context->correlation_id + ';';
    }
  };
  using PaidStore = castore::EventStore<castore::Events<Paid>, Order, KeepingReducer>;
  PaidStore keeping{"ORDERS", storage, {.unknown_events = castore::UnknownEvents::keep}};
  CHECK(keeping.get_aggregate("1")->correlations == request.correlation_id + ';');
}

TEST_CASE("events as JSON have their context in the metadata, both ways") {
  const castore::Event<OrderEvents> event{castore::EventDetail<Paid>{.aggregate_id = "1",
                                                                     .version = 1,
                                                                     .timestamp = castore_tests::at(0),
                                                                     .payload = {},
                                                                     .metadata = {"ann"},
                                                                     .context = EventContext{other}}};
  const nlohmann::json json = event;
  CHECK(json["metadata"] == nlohmann::json{{"user", "ann"}, {"$context", {{"correlationId", "other"}}}});
  const auto again = json.get<castore::Event<OrderEvents>>();
  CHECK(*again.context() == other);
  CHECK(metadata_of<Paid::Metadata, Paid>(again) == Paid::Metadata{"ann"});
}

TEST_CASE("events differ when their contexts do") {
  castore::EventDetail<Counted> event{.aggregate_id = "1", .version = 1, .payload = {}};
  auto with_context = event;
  with_context.context = EventContext{other};
  CHECK(event != with_context);
  event.context = EventContext{other};
  CHECK(event == with_context);
  CHECK(event.type() == "COUNTED");
}
