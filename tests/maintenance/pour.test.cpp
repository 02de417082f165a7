// SPDX-License-Identifier: MIT
#include <castore/maintenance/pour.hpp>

#include <castore/castore.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>

#include "messaging/support.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <stop_token>

using namespace castore_tests;
using namespace std::chrono_literals;
using castore::PourOptions;
using castore::PourResult;

namespace {

/// Writes down what is poured into it, as the adapter of a channel or as a channel.
struct Glass {
  void publish_message(const MonsterMessage& message, const castore::PublishMessageOptions& options) {
    add(message, options);
  }
  void publish_message(const TamerMessage& message, const castore::PublishMessageOptions& options) {
    add(message, options);
  }
  void publish_message(const castore::AggregateExistsMessage& message, const castore::PublishMessageOptions& options) {
    add(message, options);
  }

  template <class Message>
  void add(const Message& message, const castore::PublishMessageOptions& options) {
    if (fails_at == poured.size() + 1) throw std::runtime_error{"the glass broke"};
    const castore::MessageHeader header = castore::message_header(message);
    poured.push_back(std::string{header.event_store_id} + '/' + std::string{header.aggregate_id} +
                     (header.version ? '#' + std::to_string(*header.version) : std::string{}));
    all_are_replays = all_are_replays && options.replay;
  }

  Published poured{};
  bool all_are_replays = true;
  std::size_t fails_at = 0;
};

struct Stores {
  castore::InMemoryEventStorageAdapter storage{};
  MonsterStore monsters{"MONSTERS", storage};
  TamerStore tamers{"TAMERS", storage};

  void level_up(const std::string& id, castore::Version version, int time) {
    monsters.push_event(id, version, LeveledUp{}, {.timestamp = at(time)});
  }
};

/// A storage whose lists have empty pages, also the last one, as DynamoDB's may.
struct EmptyPagesAdapter : RecordStorage {
  castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                               const castore::ListAggregateIdsOptions& options) override {
    if (++calls % 2 == 1) return {{}, options.page_token.value_or("first")};
    castore::ListAggregateIdsOptions asked = options;
    if (asked.page_token == "first") asked.page_token.reset();
    castore::AggregateIdsPage page = RecordStorage::list_aggregate_ids(event_store_id, asked);
    if (!page.next_page_token && !page.aggregate_ids.empty()) {
      castore::PageRequest request;
      page.next_page_token = castore::make_page_token(request, page.aggregate_ids.back());
    }
    return page;
  }
  int calls = 0;
};

/// Stores with random histories, and what a pour of them must give.
struct RandomStores : Stores {
  struct Expected {
    castore::Timestamp time;
    std::string store, id;
    castore::Version version;
    auto operator<=>(const Expected&) const = default;
  };

  explicit RandomStores(unsigned seed) {
    std::minstd_rand random{seed};
    for (int index = 0; index < 40; ++index) {
      const std::string id = "m" + std::to_string(random() % 1000);
      if (monsters.get_aggregate(id)) continue;
      int time = static_cast<int>(random() % 20);
      const auto size = 1 + static_cast<castore::Version>(random() % 9);
      for (castore::Version version = 1; version <= size; ++version) {
        level_up(id, version, time);
        expected.push_back({at(time), "MONSTERS", id, version});
        time += static_cast<int>(random() % 3);
      }
      tamers.push_event(id, 1, Joined{}, {.timestamp = at(time)});
      expected.push_back({at(time), "TAMERS", id, 1});
    }
    std::ranges::sort(expected);
  }

  Published names(const std::function<bool(const Expected&)>& is_wanted) const {
    Published result;
    for (const Expected& one : expected) {
      if (is_wanted(one)) result.push_back(one.store + '/' + one.id + '#' + std::to_string(one.version));
    }
    return result;
  }

  std::vector<Expected> expected{};
};

}  // namespace

TEST_CASE("events of one aggregate with equal timestamps are poured in the order of versions", "[defect10]") {
  Stores stores;
  for (int version = 1; version <= 30; ++version) stores.level_up("a", version, 7);
  stores.level_up("b", 1, 7);
  Glass glass;
  const PourResult result = castore::pour_event_store_events(stores.monsters, glass, {.page_size = 4});
  CHECK(result.poured_count == 31);
  CHECK(result.is_complete);
  CHECK(glass.all_are_replays);
  REQUIRE(glass.poured.size() == 31);
  for (int version = 1; version <= 30; ++version) {
    CHECK(glass.poured[static_cast<std::size_t>(version - 1)] == "MONSTERS/a#" + std::to_string(version));
  }
  CHECK(glass.poured.back() == "MONSTERS/b#1");
}

TEST_CASE("empty pages of a list lose nothing", "[defect11]") {
  EmptyPagesAdapter storage;
  MonsterStore monsters{"MONSTERS", storage};
  for (int index = 0; index < 7; ++index) {
    monsters.push_event("m" + std::to_string(index), 1, LeveledUp{}, {.timestamp = at(index)});
  }
  Glass glass;
  CHECK(castore::pour_event_store_events(monsters, glass, {.page_size = 2}).poured_count == 7);
  CHECK(castore::pour_event_store_aggregate_ids(monsters, glass, {.page_size = 2}).poured_count == 7);
  CHECK(glass.poured.size() == 14);
}

TEST_CASE("a store that ends long before another is poured once and both to their ends", "[defect12]") {
  Stores stores;
  stores.tamers.push_event("ash", 1, Joined{}, {.timestamp = at(0)});
  for (int index = 10; index < 60; ++index) stores.level_up("m" + std::to_string(index), 1, index);
  Glass glass;
  const auto result =
      castore::pour_event_store_collection_events(std::tie(stores.tamers, stores.monsters), glass, {.page_size = 20});
  CHECK(result.poured_count == 51);
  CHECK(glass.poured.size() == 51);
  CHECK(glass.poured.front() == "TAMERS/ash#1");
  CHECK(glass.poured.back() == "MONSTERS/m59#1");
}

TEST_CASE("all events of several stores come in the order of time then store then aggregate then version") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const RandomStores stores{seed};
    for (const std::size_t page_size : {1U, 3U, 100U}) {
      Glass glass;
      const auto result = castore::pour_event_store_collection_events(
          std::tie(stores.monsters, stores.tamers), glass, {.page_size = page_size, .max_buffered_events = 20});
      CHECK(result.is_complete);
      CHECK(glass.poured == stores.names([](const auto&) { return true; }));
    }
  }
}

TEST_CASE("filters by time are inclusive") {
  const RandomStores stores{4};
  for (const auto& [from, to] : {std::pair{at(8), at(12)}, {at(0), at(0)}, {at(15), at(100)}, {at(200), at(300)}}) {
    Glass glass;
    castore::pour_event_store_collection_events(std::tie(stores.monsters, stores.tamers), glass,
                                                {.filters = {.from = from, .to = to}, .page_size = 2});
    CHECK(glass.poured == stores.names([&](const auto& one) { return from <= one.time && one.time <= to; }));
  }
  Glass glass;
  castore::pour_event_store_events(stores.monsters, glass, {.filters = {.from = at(10)}});
  CHECK(glass.poured == stores.names([](const auto& one) { return one.store == "MONSTERS" && one.time >= at(10); }));
}

TEST_CASE("an aggregate is poured in the order of versions also where a clock went back") {
  Stores stores;
  stores.level_up("a", 1, 10);
  stores.level_up("a", 2, 5);
  stores.level_up("a", 3, 12);
  stores.level_up("b", 1, 11);
  Glass glass;
  std::vector<std::string> tokens;
  castore::pour_event_store_events(stores.monsters, glass, {.on_progress = [&](const castore::PourProgress& progress) {
                                     tokens.push_back(progress.resume_token());
                                   }});
  CHECK(glass.poured == Published{"MONSTERS/a#1", "MONSTERS/a#2", "MONSTERS/b#1", "MONSTERS/a#3"});
  Glass rest;
  castore::pour_event_store_events(stores.monsters, rest, {.resume_token = tokens.at(1)});
  CHECK(rest.poured == Published{"MONSTERS/b#1", "MONSTERS/a#3"});
  Glass filtered;
  castore::pour_event_store_events(stores.monsters, filtered, {.filters = {.to = at(9)}});
  CHECK(filtered.poured == Published{"MONSTERS/a#2"});
}

TEST_CASE("the events of one aggregate are poured, by version and time") {
  Stores stores;
  for (int version = 1; version <= 9; ++version) stores.level_up("a", version, version);
  stores.level_up("b", 1, 3);
  const auto pour = [&](PourOptions options, castore::PourVersions versions) {
    Glass glass;
    castore::pour_aggregate_events(stores.monsters, "a", glass, std::move(options), versions);
    return glass.poured;
  };
  CHECK(pour({.page_size = 2}, {}).size() == 9);
  CHECK(pour({.page_size = 2}, {.min_version = 3, .max_version = 4}) == Published{"MONSTERS/a#3", "MONSTERS/a#4"});
  CHECK(pour({.filters = {.from = at(8)}}, {}) == Published{"MONSTERS/a#8", "MONSTERS/a#9"});
  CHECK(pour({.filters = {.to = at(3)}, .page_size = 1}, {.min_version = 3}) == Published{"MONSTERS/a#3"});
  Glass glass;
  CHECK(castore::pour_aggregate_events(stores.monsters, "nobody", glass).poured_count == 0);
}

TEST_CASE("aggregate ids are poured in order, by the time of their initial events") {
  Stores stores;
  for (const auto& [id, time] : {std::pair{"c", 1}, {"b", 2}, {"a", 2}, {"e", 2}, {"d", 3}}) {
    stores.level_up(id, 1, time);
    stores.level_up(id, 2, 9);
  }
  Glass glass;
  CHECK(castore::pour_event_store_aggregate_ids(stores.monsters, glass, {.page_size = 2}).poured_count == 5);
  CHECK(glass.poured == Published{"MONSTERS/c", "MONSTERS/a", "MONSTERS/b", "MONSTERS/e", "MONSTERS/d"});
  Glass some;
  std::optional<std::string> token;
  castore::pour_event_store_aggregate_ids(
      stores.monsters, some,
      {.filters = {.from = at(2), .to = at(2)}, .on_progress = [&](const castore::PourProgress& progress) {
         if (progress.poured_count == 1) token = progress.resume_token();
       }});
  CHECK(some.poured == Published{"MONSTERS/a", "MONSTERS/b", "MONSTERS/e"});
  Glass rest;
  castore::pour_event_store_aggregate_ids(stores.monsters, rest, {.resume_token = token});
  CHECK(rest.poured == Published{"MONSTERS/b", "MONSTERS/e", "MONSTERS/d"});
}

TEST_CASE("a pour goes on from a token of any of its messages", "[defect42]") {
  const RandomStores stores{5};
  const auto sources = std::tie(stores.monsters, stores.tamers);
  std::vector<std::string> tokens;
  Glass whole;
  const PourResult result = castore::pour_event_store_collection_events(
      sources, whole, {.on_progress = [&](const castore::PourProgress& progress) {
        CHECK(progress.poured_count == tokens.size() + 1);
        tokens.push_back(progress.resume_token());
      }});
  REQUIRE(tokens.size() == whole.poured.size());
  CHECK(result.resume_token == tokens.back());
  for (std::size_t index = 0; index < tokens.size(); index += 7) {
    Glass rest;
    castore::pour_event_store_collection_events(sources, rest, {.resume_token = tokens[index], .page_size = 3});
    CHECK(rest.poured == Published(whole.poured.begin() + static_cast<std::ptrdiff_t>(index) + 1, whole.poured.end()));
  }
  Glass nothing;
  const PourResult again =
      castore::pour_event_store_collection_events(sources, nothing, {.resume_token = tokens.back()});
  CHECK(again.poured_count == 0);
  CHECK(again.resume_token == tokens.back());
}

TEST_CASE("a pour stops when it is told to, and goes on later") {
  const RandomStores stores{6};
  std::stop_source stop;
  Glass glass;
  const PourResult first = castore::pour_event_store_events(stores.monsters, glass,
                                                            {.on_progress =
                                                                 [&](const castore::PourProgress& progress) {
                                                                   if (progress.poured_count == 5) stop.request_stop();
                                                                 },
                                                             .stop_token = stop.get_token()});
  CHECK(first.poured_count == 5);
  CHECK_FALSE(first.is_complete);
  const PourResult second =
      castore::pour_event_store_events(stores.monsters, glass, {.resume_token = first.resume_token});
  CHECK(second.is_complete);
  CHECK(glass.poured == stores.names([](const auto& one) { return one.store == "MONSTERS"; }));
}

TEST_CASE("a pour that fails says where to go on, and with what it failed") {
  const RandomStores stores{7};
  Glass glass;
  glass.fails_at = 4;
  const auto pour = [&](std::optional<std::string> token) {
    castore::pour_event_store_events(stores.monsters, glass, {.resume_token = std::move(token)});
  };
  const auto error = error_of<castore::PourInterruptedError>([&] { pour({}); });
  CHECK(error.poured_count() == 3);
  CHECK(std::string{cause_of<std::runtime_error>([&] { pour(error.resume_token()); }).what()} == "the glass broke");
  glass.fails_at = 0;
  pour(error.resume_token());
  CHECK(glass.poured == stores.names([](const auto& one) { return one.store == "MONSTERS"; }));
}

TEST_CASE("a pour whose storage, channel or report fails goes on where it was, as often as it fails", "[failure]") {
  RandomStores stores{9};
  castore::testing::FaultInjectingAdapter faulty{stores.storage};
  const MonsterStore monsters{"MONSTERS", faulty};
  using Operation = castore::testing::StorageOperation;
  Glass glass;
  std::optional<std::string> token;
  std::uint64_t poured = 0;
  const auto interrupted = [&](PourOptions options) {
    options.resume_token = token;
    options.page_size = 3;
    const auto error = error_of<castore::PourInterruptedError>(
        [&] { castore::pour_event_store_events(monsters, glass, std::move(options)); });
    token = error.resume_token();
    poured += error.poured_count();
    return error.poured_count();
  };
  faulty.inject(Operation::list_aggregate_ids, castore::testing::fails_before());
  CHECK(interrupted({}) == 0);
  CHECK_FALSE(token);
  glass.fails_at = 3;
  CHECK(interrupted({}) == 2);
  REQUIRE(token);
  const std::string before = *token;
  CHECK(interrupted({}) == 0);  // the same again
  CHECK(token == before);
  glass.fails_at = 0;
  faulty.inject(Operation::get_events, {castore::testing::passes(), castore::testing::fails_before()});
  interrupted({});
  CHECK(interrupted({.on_progress = [](const auto&) { throw std::runtime_error{"the report failed"}; }}) == 1);
  const PourResult rest = castore::pour_event_store_events(monsters, glass, {.resume_token = token});
  CHECK(rest.is_complete);
  CHECK(poured + rest.poured_count == glass.poured.size());
  CHECK(glass.poured == stores.names([](const auto& one) { return one.store == "MONSTERS"; }));
}

TEST_CASE("tokens and options that mean nothing are refused") {
  const RandomStores stores{8};
  Glass glass;
  const auto pour = [&](PourOptions options) {
    castore::pour_event_store_events(stores.monsters, glass, std::move(options));
  };
  const std::string token = castore::PourProgress{1, {at(1), "MONSTERS", "a;b", 3}}.resume_token();
  CHECK(castore::detail::parse_resume_token(token) == castore::PourPosition{at(1), "MONSTERS", "a;b", 3});
  const auto with_checksum = [](std::string_view body) { return castore::detail::make_token("castorepour1;", body); };
  CHECK(castore::detail::parse_resume_token(with_checksum("1;2;1;a;b")).version == 2);
  for (std::string bad : {std::string{}, std::string{"castorepour1;"}, token + "x", token.substr(1),
                          std::string{"castorepour1;0;1;1;1;a;b"}, with_checksum("1;2;3;a;b"),
                          with_checksum("1;2;4;a;b"), with_checksum("1;2;0;a;b"), with_checksum("1;2;99;a;b"),
                          with_checksum("1;2;x;a;b"), with_checksum("1;2;18446744073709551615;a;b")}) {
    CHECK(error_of<castore::InvalidResumeTokenError>([&] { pour({.resume_token = bad}); }).resume_token() == bad);
  }
  CHECK_THROWS_AS(pour({.rate_limit = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(pour({.page_size = 0}), std::invalid_argument);
  CHECK_THROWS_AS(
      castore::pour_event_store_collection_events(std::tie(stores.monsters, stores.tamers, stores.monsters), glass),
      std::invalid_argument);
  CHECK(glass.poured.empty());
}

TEST_CASE("the rate of a pour is limited, and waiting for it can be stopped") {
  Stores stores;
  for (int version = 1; version <= 11; ++version) stores.level_up("a", version, version);
  Glass glass;
  const auto begin = std::chrono::steady_clock::now();
  castore::pour_event_store_events(stores.monsters, glass, {.rate_limit = 200});
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
  CHECK(glass.poured.size() == 11);
  std::stop_source stop;
  const PourResult stopped = castore::pour_event_store_events(
      stores.monsters, glass,
      {.rate_limit = 1e-9, .on_progress = [&](const auto&) { stop.request_stop(); }, .stop_token = stop.get_token()});
  CHECK(stopped.poured_count == 1);
}

TEST_CASE("queues and buses can be poured into, with the aggregate where they want it") {
  Stores stores;
  stores.monsters.push_events("a", 0, Appeared{"Pikachu"}, LeveledUp{}, LeveledUp{});
  RecordingAdapter adapter;
  castore::pour_event_store_events(stores.monsters, castore::StateCarryingMessageBus{"BUS", stores.monsters, adapter});
  CHECK(adapter.published == Published{"MONSTERS/a#1 again", "MONSTERS/a#2 again", "MONSTERS/a#3 again"});
  CHECK(nlohmann::json::parse(adapter.json[1])["aggregate"]["level"] == 1);
  castore::pour_event_store_collection_events(
      std::tie(stores.monsters, stores.tamers),
      castore::NotificationMessageQueue{"QUEUE", std::tie(stores.monsters, stores.tamers), adapter});
  castore::pour_event_store_aggregate_ids(stores.monsters,
                                          castore::AggregateExistsMessageQueue{"QUEUE", stores.monsters, adapter});
  CHECK(adapter.published.size() == 7);
  CHECK(adapter.published.back() == "MONSTERS/a again");
}

namespace {

/// Counts its living objects.
struct Counted {
  static constexpr std::string_view type = "COUNTED";
  static inline std::atomic<int> alive = 0;
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --alive; }
};
using CountedEvents = castore::Events<Counted>;
struct CountedAggregate : castore::Aggregate {};
struct CountedReducer {
  void operator()(CountedAggregate&, const Counted&) const {}
};

/// A long history that takes no memory: aggregate n begins at millisecond n and has an event every `step`.
struct EndlessStorage {
  static constexpr int aggregates = 50;
  castore::Version events = 0;
  castore::Version step = 10;
  int loads = 0;
  bool is_in_order = true;  ///< Else all begin at once, and are listed in no order.

  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
  void get_events(std::string_view, std::string_view id, const castore::GetEventsOptions& options,
                  castore::RecordSink sink) {
    ++loads;
    const castore::Version first = options.min_version.value_or(1);
    castore::Version last = std::min(options.max_version.value_or(events), events);
    if (options.limit) last = std::min(last, first + static_cast<castore::Version>(*options.limit) - 1);
    const int begin = std::stoi(std::string{id});
    for (castore::Version version = first; version <= last; ++version) {
      sink({id, version, Counted::type, at(begin + (version - 1) * step), {}, {}});
    }
  }
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) {
    castore::AggregateIdsPage page;
    for (int index = 0; index < aggregates; ++index) {
      page.aggregate_ids.push_back({std::to_string(index), at(is_in_order ? index : 0)});
    }
    return page;
  }
};

}  // namespace

TEST_CASE("a pour needs the same memory however long the history is", "[defect42]") {
  const auto peak_of = [](castore::Version events, std::optional<castore::Timestamp> from = {}) {
    EndlessStorage storage{.events = events};
    const castore::EventStore<CountedEvents, CountedAggregate, CountedReducer> store{"STORE", storage};
    struct {
      void publish_message(const castore::NotificationMessage<CountedEvents>&, const castore::PublishMessageOptions&) {
        peak = std::max(peak, Counted::alive.load());
      }
      int peak = 0;
    } channel;
    const PourResult result =
        castore::pour_event_store_events(store, channel, {.filters = {.from = from}, .max_buffered_events = 200});
    if (!from) CHECK(result.poured_count == static_cast<std::size_t>(EndlessStorage::aggregates * events));
    return channel.peak;
  };
  // The buffer, an event of each aggregate, and a page that is on its way.
  constexpr int bound = 200 + EndlessStorage::aggregates + 10;
  CHECK(peak_of(10) > 100);
  CHECK(peak_of(10) <= bound);
  CHECK(peak_of(300) <= bound);
  // Of pages that were read to find the first event, the rest is not kept.
  CHECK(peak_of(300, at(500)) <= bound + 100);
}

TEST_CASE("a pour forgets an aggregate that has ended, and so never needs more loads for the next") {
  EndlessStorage storage{.events = 10, .step = 0};  // one after the other
  const castore::EventStore<CountedEvents, CountedAggregate, CountedReducer> store{"STORE", storage};
  struct {
    void publish_message(const castore::NotificationMessage<CountedEvents>&, const castore::PublishMessageOptions&) {}
  } channel;
  castore::pour_event_store_events(store, channel, {.max_buffered_events = 100});
  CHECK(storage.loads <= 2 * EndlessStorage::aggregates);
}

TEST_CASE("aggregate ids of one time are poured in the order of ids, whatever the storage lists them in") {
  EndlessStorage storage{.events = 1, .is_in_order = false};
  const castore::EventStore<CountedEvents, CountedAggregate, CountedReducer> store{"STORE", storage};
  Glass glass;
  castore::pour_event_store_aggregate_ids(store, glass);
  CHECK(glass.poured.size() == EndlessStorage::aggregates);
  CHECK(std::ranges::is_sorted(glass.poured));
}
