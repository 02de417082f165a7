// SPDX-License-Identifier: MIT
#include <castore/core/event_store.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::EventAlreadyExistsError;
using castore::EventDetail;
using castore::InMemoryEventStorageAdapter;
using castore::InvalidEventError;
using castore::MissingVersions;
using castore::OnEventPushedError;
using castore::UndefinedEventStorageAdapterError;
using castore::Version;
using castore::VersionGapError;
using castore_tests::at;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvent;
using castore_tests::PokemonEvents;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::PokemonStore;
using castore_tests::records_of;
using castore_tests::RecordStorage;
using namespace std::string_literals;

namespace {

constexpr Version largest = std::numeric_limits<Version>::max();
constexpr Version smallest = std::numeric_limits<Version>::min();

/// A store whose clock stands still at `at(0)`.
PokemonStore new_store(const AnyEventStorageAdapter& storage) {
  return PokemonStore{"POKEMONS", storage, {.clock = [] { return at(0); }}};
}

Pokemon pikachu(Version version, int level) { return {{"pikachu", version}, "Pikachu", level, ""}; }

/// Everything that can be read of `pikachu` and the list, to see that nothing changed.
struct Content {
  explicit Content(const PokemonStore& store)
      : events{store.get_events("pikachu")}, ids{store.list_aggregate_ids().aggregate_ids} {}
  std::vector<PokemonEvent> events;
  std::vector<castore::AggregateIdEntry> ids;
  friend bool operator==(const Content&, const Content&) = default;
};

}  // namespace

// --- constructors and adapters ---------------------------------------------------------------------------------------

TEST_CASE("an event store knows its id whatever text it is") {
  for (const std::string& id : {"POKEMONS"s, ""s, "Pok\u00E9mons #1"s, std::string(castore::max_id_size, 'x')}) {
    CHECK(PokemonStore{id}.event_store_id() == id);
  }
}

TEST_CASE("an event store refuses an id that no storage can keep") {
  for (const std::string& id : {"\0"s, "\xFF"s, "a\xED\xA0\x80"s, std::string(castore::max_id_size + 1, 'x')}) {
    CHECK(error_of<InvalidEventError>([&] { PokemonStore{id}; }).field() == "event_store_id");
  }
}

TEST_CASE("an event store without an adapter says so wherever it would need one") {
  PokemonStore store{"POKEMONS"};
  const std::function<void()> uses[] = {
      [&] { store.get_events("pikachu"); },
      [&] { store.get_aggregate("pikachu"); },
      [&] { store.get_existing_aggregate("pikachu"); },
      [&] { store.get_history("pikachu"); },
      [&] { store.list_aggregate_ids(); },
      [&] { store.aggregate_ids().begin(); },
      [&] { store.push_event("pikachu", 1, PokemonLeveledUp{}); },
      [&] { store.push_event(EventDetail<PokemonLeveledUp>{"pikachu", 1, at(0), {}, {}}); },
      [&] { (void)store.try_push_event("pikachu", 1, PokemonLeveledUp{}); },
      [&] { store.push_events("pikachu", 0, PokemonLeveledUp{}); },
      [&] { push_event_group(store.group_event("pikachu", 1, PokemonLeveledUp{})); },
      [&] { store.event_storage_adapter(); },
      [&] { std::as_const(store).event_storage_adapter(); },
  };
  for (const auto& use : uses) {
    const auto error = error_of<UndefinedEventStorageAdapterError>(use);
    CHECK(error.event_store_id() == "POKEMONS");
  }
  CHECK(store.build_aggregate({}) == std::nullopt);
  CHECK(store.simulate_aggregate({}) == std::nullopt);
}

TEST_CASE("an event store with an empty shared adapter has none") {
  PokemonStore store{"POKEMONS", std::shared_ptr<RecordStorage>{}};
  CHECK(error_of<UndefinedEventStorageAdapterError>([&] { store.get_events("a"); }).event_store_id() == "POKEMONS");
  InMemoryEventStorageAdapter storage;
  store.set_event_storage_adapter(storage);
  CHECK(store.get_events("a").empty());
}

TEST_CASE("an event store can be given its adapter later and another one after that") {
  InMemoryEventStorageAdapter first;
  const auto second = std::make_shared<RecordStorage>();
  PokemonStore store{"POKEMONS"};
  store.set_event_storage_adapter(first);
  CHECK(store.event_storage_adapter().target<InMemoryEventStorageAdapter>() == &first);
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});

  store.set_event_storage_adapter(second);
  CHECK(std::as_const(store).event_storage_adapter().target<RecordStorage>() == second.get());
  CHECK(store.get_events("pikachu").empty());

  const AnyEventStorageAdapter handle{first};
  store.set_event_storage_adapter(handle);
  CHECK(store.event_storage_adapter() == handle);
  CHECK(store.get_existing_aggregate("pikachu").level == 5);
}

TEST_CASE("an event store keeps a shared adapter alive and so do its copies") {
  auto storage = std::make_shared<InMemoryEventStorageAdapter>();
  const std::weak_ptr<InMemoryEventStorageAdapter> watcher = storage;
  std::optional<PokemonStore> store{std::in_place, "POKEMONS", std::move(storage)};
  std::optional<PokemonStore> copy = store;
  store.reset();
  copy->push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(copy->get_existing_aggregate("pikachu").level == 5);
  CHECK_FALSE(watcher.expired());
  copy.reset();
  CHECK(watcher.expired());
}

TEST_CASE("a copy of an event store has the same storage and options and goes its own way") {
  InMemoryEventStorageAdapter storage;
  InMemoryEventStorageAdapter other;
  int pushed = 0;
  PokemonStore store{"POKEMONS",
                     storage,
                     {.reducer = {.levels_per_step = 10},
                      .clock = [] { return at(7); },
                      .on_event_pushed = [&](const auto&) { ++pushed; }}};
  PokemonStore copy = store;
  CHECK(copy.push_event("pikachu", 1, PokemonLeveledUp{}).event.timestamp == at(7));
  CHECK(pushed == 1);
  CHECK(store.get_existing_aggregate("pikachu").level == 10);
  CHECK(copy.event_store_id() == "POKEMONS");
  CHECK(copy.options().reducer.levels_per_step == 10);

  copy.set_event_storage_adapter(other);
  CHECK(copy.get_events("pikachu").empty());
  CHECK(store.get_events("pikachu").size() == 1);
}

TEST_CASE("two event stores on one storage never see each other") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore a{"A", storage};
  PokemonStore a1{"A#1", storage};
  PokemonStore b{"B", storage};
  a.push_event("1#2", 1, PokemonAppeared{"one", 1});
  a1.push_event("2", 1, PokemonAppeared{"two", 2});
  b.push_event("1#2", 1, PokemonAppeared{"three", 3});
  CHECK(a.get_existing_aggregate("1#2").name == "one");
  CHECK(a1.get_existing_aggregate("2").name == "two");
  CHECK(b.get_existing_aggregate("1#2").name == "three");
  CHECK(a.get_events("2").empty());
  CHECK(a1.get_events("1#2").empty());
  CHECK(a.list_aggregate_ids().aggregate_ids.size() == 1);
}

// --- one event -------------------------------------------------------------------------------------------------------

TEST_CASE("push_event stores the event and returns it as it is stored") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const auto first = store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(first.event == EventDetail<PokemonAppeared>{"pikachu", 1, at(0), {"Pikachu", 5}, {}});
  CHECK(first.next_aggregate == pikachu(1, 5));

  const auto second = store.push_event("pikachu", 2, PokemonLeveledUp{});
  CHECK(second.event == EventDetail<PokemonLeveledUp>{"pikachu", 2, at(0), {}, {}});
  CHECK(second.next_aggregate == std::nullopt);

  const auto third = store.push_event("pikachu", 3, PokemonCaught{2}, {.metadata = {"ash"}});
  CHECK(third.event == EventDetail<PokemonCaught>{"pikachu", 3, at(0), {2}, {"ash"}});

  CHECK(store.get_events("pikachu") == std::vector<PokemonEvent>{first.event, second.event, third.event});
}

TEST_CASE("push_event takes a whole event detail") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const EventDetail<PokemonCaught> event{"pikachu", 1, at(5), {2}, {"ash"}};
  const auto result = store.push_event(event);
  CHECK(result.event == event);
  CHECK(result.next_aggregate == Pokemon{{"pikachu", 1}, "", 0, "ash"});
  const auto healed = store.push_event(EventDetail<PokemonHealed>{.aggregate_id = "pikachu", .version = 2, .payload = {}},
                                       {.prev_aggregate = result.next_aggregate});
  CHECK(healed.event.timestamp == at(0));
  CHECK(healed.event.metadata == std::nullopt);
  CHECK(healed.next_aggregate == Pokemon{{"pikachu", 2}, "", 0, "ash"});
}

TEST_CASE("an event without a timestamp gets the time of the store's clock and one with a timestamp keeps it") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  int readings = 0;
  PokemonStore store{"POKEMONS", storage, {.clock = [&] { return at(100 + ++readings); }}};
  CHECK(store.push_event("a", 1, PokemonLeveledUp{}).event.timestamp == at(101));
  CHECK(store.push_event("a", 2, PokemonLeveledUp{}, {.timestamp = at(-7)}).event.timestamp == at(-7));
  CHECK(store.push_event(EventDetail<PokemonLeveledUp>{"a", 3, at(3), {}, {}}).event.timestamp == at(3));
  CHECK(readings == 1);
  CHECK(store.push_event("a", 4, PokemonLeveledUp{}, {.timestamp = castore::unset_timestamp}).event.timestamp == at(102));
  CHECK(store.get_events("a").at(0).timestamp() == at(101));
  CHECK(store.get_events("a").at(1).timestamp() == at(-7));
}

TEST_CASE("an event store has the system's clock unless it is given another one") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  const auto before = castore::system_timestamp();
  const auto timestamp = store.push_event("a", 1, PokemonLeveledUp{}).event.timestamp;
  CHECK(before <= timestamp);
  CHECK(timestamp <= castore::system_timestamp());
}

TEST_CASE("an event may happen at any moment of the years 0000 to 9999 and at no other") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  store.push_event("a", 1, PokemonLeveledUp{}, {.timestamp = castore::earliest_timestamp});
  store.push_event("a", 2, PokemonLeveledUp{}, {.timestamp = castore::latest_timestamp});
  CHECK(store.get_events("a").at(0).timestamp() == castore::earliest_timestamp);
  CHECK(store.get_events("a").at(1).timestamp() == castore::latest_timestamp);

  for (const auto bad : {castore::earliest_timestamp - std::chrono::milliseconds{1},
                         castore::latest_timestamp + std::chrono::milliseconds{1}, castore::Timestamp::max()}) {
    CHECK(error_of<InvalidEventError>([&] { store.push_event("a", 3, PokemonLeveledUp{}, {.timestamp = bad}); }).field() ==
          "timestamp");
    PokemonStore wrong_clock{"POKEMONS", storage, {.clock = [bad] { return bad; }}};
    CHECK(error_of<InvalidEventError>([&] { wrong_clock.push_event("a", 3, PokemonLeveledUp{}); }).field() ==
          "timestamp");
  }
  PokemonStore no_clock{"POKEMONS", storage, {.clock = [] { return castore::unset_timestamp; }}};
  CHECK(error_of<InvalidEventError>([&] { no_clock.push_event("a", 3, PokemonLeveledUp{}); }).field() == "timestamp");
  CHECK(store.get_events("a").size() == 2);
}

TEST_CASE("push_event rejects a version that already exists and changes nothing") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  store.push_event("pikachu", 2, PokemonLeveledUp{});
  const Content before{store};
  for (const Version version : {1, 2}) {
    const auto error =
        error_of<EventAlreadyExistsError>([&] { store.push_event("pikachu", version, PokemonAppeared{"Raichu", 9}); });
    CHECK(error.event_store_id() == "POKEMONS");
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == version);
    CHECK(Content{store} == before);
  }
  CHECK(error_of<EventAlreadyExistsError>([&] {
          store.push_event(EventDetail<PokemonLeveledUp>{"pikachu", 2, at(0), {}, {}});
        }).version() == 2);
  CHECK(Content{store} == before);
}

TEST_CASE("push_event rejects a version that would leave a gap and tells the one to push") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const auto check = [&](Version version, Version expected) {
    const Content before{store};
    const auto error = error_of<VersionGapError>([&] { store.push_event("pikachu", version, PokemonLeveledUp{}); });
    CHECK(error.event_store_id() == "POKEMONS");
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == version);
    CHECK(error.expected_version() == expected);
    CHECK(Content{store} == before);
  };
  check(2, 1);
  check(largest, 1);
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  store.push_event("pikachu", 2, PokemonLeveledUp{});
  check(4, 3);
  check(largest, 3);
  store.push_event("pikachu", 9, PokemonLeveledUp{}, {.force = true});
  check(5, 3);
  check(11, 10);
  store.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(store.get_events("pikachu").size() == 4);
}

TEST_CASE("push_event rejects a version below one") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  for (const Version version : {Version{0}, Version{-1}, smallest}) {
    for (const bool force : {false, true}) {
      CHECK(error_of<InvalidEventError>([&] {
              store.push_event("pikachu", version, PokemonLeveledUp{}, {.force = force});
            }).field() == "version");
      CHECK(error_of<InvalidEventError>([&] {
              store.push_event("pikachu", version, PokemonLeveledUp{}, {.prev_aggregate = pikachu(version, 1)});
            }).field() == "version");
    }
  }
  CHECK(store.get_events("pikachu").empty());
}

TEST_CASE("the largest version can be stored by force and nothing comes after it") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store{"POKEMONS", storage, {.clock = [] { return at(0); }, .missing_versions = MissingVersions::accept}};
  store.push_event("pikachu", largest, PokemonLeveledUp{}, {.force = true});
  store.push_event("pikachu", largest - 1, PokemonLeveledUp{}, {.force = true});
  CHECK(store.get_existing_aggregate("pikachu").version == largest);
  CHECK(store.get_events("pikachu", {.min_version = largest}).size() == 1);
  CHECK(store.get_events("pikachu", {.max_version = largest - 1}).size() == 1);
  CHECK(error_of<EventAlreadyExistsError>([&] { store.push_event("pikachu", largest, PokemonLeveledUp{}); }).version() ==
        largest);
  CHECK(error_of<InvalidEventError>([&] { store.push_events("pikachu", largest, PokemonLeveledUp{}); }).field() ==
        "expected_last");
}

TEST_CASE("any text can be an aggregate's id") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const std::vector<std::string> ids = {"", " ", "#", "A#1", "__proto__", "constructor", "'; DROP TABLE event; --", "\"\\",
                                        "\n\t\x7F", "Pok\u00E9mon", "Poke\u0301mon", "\U0001F600", std::string(1024, 'x'),
                                        std::string(castore::max_id_size, 'y')};
  int level = 0;
  for (const std::string& id : ids) store.push_event(id, 1, PokemonAppeared{"", ++level});
  level = 0;
  for (const std::string& id : ids) {
    CHECK(store.get_existing_aggregate(id).level == ++level);
    CHECK(store.get_existing_aggregate(id).aggregate_id == id);
    CHECK(store.get_events(id).at(0).aggregate_id() == id);
  }
  CHECK(store.list_aggregate_ids().aggregate_ids.size() == ids.size());
}

TEST_CASE("push_event rejects an aggregate id that no storage can keep") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  for (const std::string& id : {"a\0b"s, "\0"s, "\xFF"s, "\xC3"s, "\xED\xA0\x80"s, "\xC0\x80"s,
                                std::string(castore::max_id_size + 1, 'x')}) {
    CHECK(error_of<InvalidEventError>([&] { store.push_event(id, 1, PokemonLeveledUp{}); }).field() == "aggregate_id");
    CHECK(store.get_events(id).empty());
    CHECK(store.get_aggregate(id) == std::nullopt);
  }
  CHECK(store.list_aggregate_ids().aggregate_ids.empty());
}

TEST_CASE("push_event gives the next aggregate for a first event and where it is told the previous one") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const auto first = store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(first.next_aggregate == pikachu(1, 5));
  const auto second = store.push_event("pikachu", 2, PokemonLeveledUp{}, {.prev_aggregate = first.next_aggregate});
  CHECK(second.next_aggregate == pikachu(2, 6));
  CHECK(store.push_event("pikachu", 3, PokemonLeveledUp{}).next_aggregate == std::nullopt);
  const auto fourth =
      store.push_event("pikachu", 4, PokemonLeveledUp{}, {.prev_aggregate = store.get_aggregate("pikachu")});
  CHECK(fourth.next_aggregate == store.get_aggregate("pikachu"));
}

TEST_CASE("push_event rejects a previous aggregate of another id or version") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const Content before{store};
  const auto error_for = [&](Pokemon previous) {
    const auto push = [&] { store.push_event("pikachu", 2, PokemonLeveledUp{}, {.prev_aggregate = previous}); };
    const auto error = error_of<InvalidEventError>(push);
    CHECK(error.field() == "prev_aggregate");
    CHECK(Content{store} == before);
    return std::string{error.what()};
  };
  CHECK(error_for({{"raichu", 1}, "", 1, ""}) == "castore: prev_aggregate: it is another aggregate than 'pikachu'");
  CHECK(error_for({{"", 1}, "", 1, ""}) == "castore: prev_aggregate: it is another aggregate than 'pikachu'");
  CHECK(error_for(pikachu(0, 5)) ==
        "castore: prev_aggregate: it has version 0, but event 2 applies to version 1");
  CHECK(error_for(pikachu(2, 5)) ==
        "castore: prev_aggregate: it has version 2, but event 2 applies to version 1");
  CHECK(error_for(pikachu(smallest, 5)).starts_with("castore: prev_aggregate: it has version -9223372036854775808"));
}

TEST_CASE("a forced push overwrites exactly one event") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  store.push_event("raichu", 1, PokemonAppeared{"Raichu", 1}, {.timestamp = at(2)});

  store.push_event("pikachu", 2, PokemonCaught{1}, {.timestamp = at(9), .metadata = {"ash"}, .force = true});
  CHECK(store.get_existing_aggregate("pikachu") == Pokemon{{"pikachu", 3}, "Pikachu", 6, "ash"});
  CHECK(store.get_events("pikachu").at(1).timestamp() == at(9));
  CHECK(store.get_events("pikachu").at(2).timestamp() == at(0));

  store.push_event(EventDetail<PokemonAppeared>{"pikachu", 1, at(5), {"Surfing Pikachu", 7}, {}}, {.force = true});
  CHECK(store.get_existing_aggregate("pikachu") == Pokemon{{"pikachu", 3}, "Surfing Pikachu", 8, "ash"});
  CHECK(store.list_aggregate_ids().aggregate_ids ==
        std::vector<castore::AggregateIdEntry>{{"raichu", at(2)}, {"pikachu", at(5)}});
}

TEST_CASE("a forced push may leave a gap and the missing events may come later") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store{"POKEMONS", storage, {.clock = [] { return at(0); }, .missing_versions = MissingVersions::accept}};
  store.push_event("pikachu", 3, PokemonLeveledUp{}, {.force = true});
  CHECK(store.get_existing_aggregate("pikachu").version == 3);
  CHECK(store.list_aggregate_ids().aggregate_ids.empty());
  CHECK(store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}).next_aggregate == pikachu(1, 5));
  CHECK(store.list_aggregate_ids().aggregate_ids.size() == 1);
  store.push_event("pikachu", 2, PokemonLeveledUp{});
  store.push_event("pikachu", 4, PokemonLeveledUp{});
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(4, 8));
}

TEST_CASE("try_push_event returns nothing on a conflict and throws on everything else") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const auto pushed = store.try_push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  REQUIRE(pushed);
  CHECK(pushed->event == EventDetail<PokemonAppeared>{"pikachu", 1, at(0), {"Pikachu", 5}, {}});
  CHECK(pushed->next_aggregate == pikachu(1, 5));
  const Content before{store};
  CHECK_FALSE(store.try_push_event("pikachu", 1, PokemonAppeared{"Raichu", 9}).has_value());
  CHECK_FALSE(store.try_push_event(EventDetail<PokemonLeveledUp>{"pikachu", 1, at(0), {}, {}}).has_value());
  const auto gap = error_of<VersionGapError>([&] { (void)store.try_push_event("pikachu", 3, PokemonLeveledUp{}); });
  CHECK(gap.version() == 3);
  CHECK(gap.expected_version() == 2);
  CHECK(error_of<VersionGapError>([&] {
          (void)store.try_push_event(EventDetail<PokemonLeveledUp>{"pikachu", 4, at(0), {}, {}});
        }).expected_version() == 2);
  CHECK(error_of<InvalidEventError>([&] { (void)store.try_push_event("pikachu", 0, PokemonLeveledUp{}); }).field() ==
        "version");
  CHECK(Content{store} == before);

  const auto with_options = store.try_push_event("pikachu", 2, PokemonCaught{1},
                                                 {.timestamp = at(4), .metadata = {"ash"}, .prev_aggregate = pikachu(1, 5)});
  REQUIRE(with_options);
  CHECK(with_options->event == EventDetail<PokemonCaught>{"pikachu", 2, at(4), {1}, {"ash"}});
  CHECK(with_options->next_aggregate == Pokemon{{"pikachu", 2}, "Pikachu", 5, "ash"});
  const auto forced = store.try_push_event(EventDetail<PokemonLeveledUp>{"pikachu", 2, at(0), {}, {}},
                                           {.prev_aggregate = pikachu(1, 5), .force = true});
  REQUIRE(forced);
  CHECK(forced->next_aggregate == pikachu(2, 6));
}

// --- options ---------------------------------------------------------------------------------------------------------

TEST_CASE("a store's reducer may have a state") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store{"POKEMONS", storage, {.reducer = {.levels_per_step = 10}}};
  CHECK(store.push_event("pikachu", 1, PokemonLeveledUp{}).next_aggregate->level == 10);
  store.push_event("pikachu", 2, PokemonLeveledUp{});
  CHECK(store.get_existing_aggregate("pikachu").level == 20);
  CHECK(store.get_history("pikachu").aggregate->level == 20);
  CHECK(store.simulate_aggregate(store.get_events("pikachu"))->level == 20);
}

TEST_CASE("a store's reducer may be a lambda that captures") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  const auto reducer = [step = 3](Pokemon& pokemon, const auto&) { pokemon.level += step; };
  castore::EventStore<PokemonEvents, Pokemon, decltype(reducer)> store{"POKEMONS", storage, {.reducer = reducer}};
  store.push_events("pikachu", 0, PokemonLeveledUp{}, PokemonHealed{});
  CHECK(store.get_existing_aggregate("pikachu").level == 6);
}

TEST_CASE("on_event_pushed sees the stored event and the next aggregate once per push") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  std::vector<PokemonStore::PushedEvent> seen;
  std::size_t stored_when_called = 0;
  PokemonStore store{"POKEMONS",
                     storage,
                     {.clock = [] { return at(0); },
                      .on_event_pushed = [&](const PokemonStore::PushedEvent& pushed) {
                        seen.push_back(pushed);
                        stored_when_called = PokemonStore{"POKEMONS", storage}.get_events("pikachu").size();
                      }}};
  const auto first = store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  REQUIRE(seen.size() == 1);
  CHECK(stored_when_called == 1);
  CHECK(seen[0].event == PokemonEvent{EventDetail<PokemonAppeared>{"pikachu", 1, at(0), {"Pikachu", 5}, {}}});
  CHECK(seen[0].next_aggregate == pikachu(1, 5));
  CHECK(PokemonEvent{first.event} == seen[0].event);
  CHECK(first.next_aggregate == seen[0].next_aggregate);

  store.push_event("pikachu", 2, PokemonCaught{1}, {.metadata = {"ash"}});
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].event == PokemonEvent{EventDetail<PokemonCaught>{"pikachu", 2, at(0), {1}, {"ash"}}});
  CHECK(seen[1].next_aggregate == std::nullopt);

  const auto third = store.try_push_event("pikachu", 3, PokemonAppeared{"Raichu", 9});
  REQUIRE(third);
  CHECK(third->event.payload == PokemonAppeared{"Raichu", 9});
  CHECK(seen.size() == 3);

  CHECK_FALSE(store.try_push_event("pikachu", 3, PokemonLeveledUp{}).has_value());
  CHECK(error_of<EventAlreadyExistsError>([&] { store.push_event("pikachu", 3, PokemonLeveledUp{}); }).version() == 3);
  CHECK(error_of<VersionGapError>([&] { store.push_event("pikachu", 5, PokemonLeveledUp{}); }).version() == 5);
  CHECK(seen.size() == 3);
}

TEST_CASE("an error of on_event_pushed says that the event is stored and carries its cause") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store{"POKEMONS", storage, {.on_event_pushed = [](const auto&) { throw std::domain_error{"no mail"}; }}};
  const auto error = error_of<OnEventPushedError>([&] { store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}); });
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.version() == 1);
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(1, 5));
  CHECK(cause_of<std::domain_error>([&] { (void)store.try_push_event("pikachu", 2, PokemonLeveledUp{}); }).what() == "no mail"s);
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(2, 6));

  PokemonStore odd{"ODD", storage, {.on_event_pushed = [](const auto&) { throw 42; }}};
  CHECK(cause_of<int>([&] { odd.push_event("pikachu", 1, PokemonLeveledUp{}); }) == 42);
}

TEST_CASE("on_event_pushed may push the next event") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore* self = nullptr;
  PokemonStore store{"POKEMONS", storage, {.on_event_pushed = [&](const PokemonStore::PushedEvent& pushed) {
                       if (pushed.event.version() < 4) {
                         self->push_event(pushed.event.aggregate_id(), pushed.event.version() + 1, PokemonLeveledUp{});
                       }
                     }}};
  self = &store;
  CHECK(store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}).event.version == 1);
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(4, 8));
}

TEST_CASE("a reducer that throws on a first event leaves nothing written") {
  struct Refuses : PokemonReducer {
    using PokemonReducer::operator();
    void operator()(Pokemon&, const PokemonHealed&) const { throw std::domain_error{"not healed"}; }
  };
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  int pushed = 0;
  castore::EventStore<PokemonEvents, Pokemon, Refuses> store{
      "POKEMONS", storage, {.on_event_pushed = [&](const auto&) { ++pushed; }}};
  CHECK(error_of<std::domain_error>([&] { store.push_event("pikachu", 1, PokemonHealed{}); }).what() == "not healed"s);
  CHECK(error_of<std::domain_error>([&] {
          store.push_events("pikachu", 0, PokemonLeveledUp{}, PokemonHealed{});
        }).what() == "not healed"s);
  CHECK(error_of<std::domain_error>([&] {
          push_event_group(store.group_event("raichu", 1, PokemonLeveledUp{}),
                           store.group_event("pikachu", 1, PokemonHealed{}));
        }).what() == "not healed"s);
  CHECK(store.get_events("pikachu").empty());
  CHECK(store.list_aggregate_ids().aggregate_ids.empty());
  CHECK(pushed == 0);

  store.push_event("pikachu", 1, PokemonLeveledUp{});
  store.push_event("pikachu", 2, PokemonHealed{});  // nobody asked for the next aggregate
  CHECK(error_of<std::domain_error>([&] { store.get_aggregate("pikachu"); }).what() == "not healed"s);
  CHECK(store.get_events("pikachu").size() == 2);
}

// --- several events of one aggregate ---------------------------------------------------------------------------------

TEST_CASE("push_events pushes all its payloads at the versions after the expected last") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  int readings = 0;
  PokemonStore store{"POKEMONS", storage, {.clock = [&] { return at(++readings); }}};
  const std::vector<PokemonEvent> first =
      store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonHealed{});
  CHECK(first == std::vector<PokemonEvent>{EventDetail<PokemonAppeared>{"pikachu", 1, at(1), {"Pikachu", 5}, {}},
                                           EventDetail<PokemonLeveledUp>{"pikachu", 2, at(1), {}, {}},
                                           EventDetail<PokemonHealed>{"pikachu", 3, at(1), {}, {}}});
  CHECK(store.get_events("pikachu") == first);
  const std::vector<std::variant<PokemonLeveledUp, PokemonCaught>> payloads = {PokemonLeveledUp{}, PokemonCaught{3}};
  const std::vector<PokemonEvent> second = store.push_events("pikachu", 3, payloads);
  CHECK(second == std::vector<PokemonEvent>{EventDetail<PokemonLeveledUp>{"pikachu", 4, at(2), {}, {}},
                                            EventDetail<PokemonCaught>{"pikachu", 5, at(2), {3}, {}}});
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(5, 7));
  CHECK(store.push_events("pikachu", 5, PokemonLeveledUp{}).size() == 1);
}

TEST_CASE("push_events of nothing does nothing") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const std::vector<std::variant<PokemonLeveledUp>> nothing;
  CHECK(store.push_events("pikachu", 0, nothing).empty());
  CHECK(store.push_events("pikachu", 7, nothing).empty());
  CHECK(store.try_push_events("pikachu", 0, nothing) == std::vector<PokemonEvent>{});
  CHECK(store.get_events("pikachu").empty());
}

TEST_CASE("push_events pushes nothing when one of its versions exists or would leave a gap") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  store.push_event("pikachu", 3, PokemonLeveledUp{}, {.force = true});
  const Content before{store};
  const auto conflict =
      error_of<EventAlreadyExistsError>([&] { store.push_events("pikachu", 0, PokemonLeveledUp{}, PokemonHealed{}); });
  CHECK(conflict.event_store_id() == "POKEMONS");
  CHECK(conflict.aggregate_id() == "pikachu");
  CHECK(conflict.version() == 1);
  CHECK(error_of<EventAlreadyExistsError>([&] {
          store.push_events("pikachu", 1, PokemonLeveledUp{}, PokemonHealed{});
        }).version() == 3);
  const auto gap = error_of<VersionGapError>([&] { store.push_events("pikachu", 6, PokemonLeveledUp{}, PokemonHealed{}); });
  CHECK(gap.event_store_id() == "POKEMONS");
  CHECK(gap.aggregate_id() == "pikachu");
  CHECK(gap.version() == 7);
  CHECK(gap.expected_version() == 4);
  CHECK(Content{store} == before);
}

TEST_CASE("try_push_events returns nothing on a conflict and throws on a gap") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const std::vector<std::variant<PokemonLeveledUp, PokemonHealed>> payloads = {PokemonLeveledUp{}, PokemonHealed{}};
  const auto pushed = store.try_push_events("pikachu", 0, payloads);
  REQUIRE(pushed);
  CHECK(*pushed == store.get_events("pikachu"));
  CHECK(pushed->size() == 2);
  const Content before{store};
  CHECK_FALSE(store.try_push_events("pikachu", 0, payloads).has_value());
  CHECK_FALSE(store.try_push_events("pikachu", 1, payloads).has_value());
  CHECK(error_of<VersionGapError>([&] { (void)store.try_push_events("pikachu", 3, payloads); }).expected_version() == 3);
  CHECK(Content{store} == before);
}

TEST_CASE("push_events rejects an expected last version that is none") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = new_store(storage);
  const std::vector<std::variant<PokemonLeveledUp>> two(2);
  for (const Version bad : {Version{-1}, smallest, largest, largest - 1}) {
    CHECK(error_of<InvalidEventError>([&] {
            store.push_events("pikachu", bad, PokemonLeveledUp{}, PokemonLeveledUp{});
          }).field() == "expected_last");
    CHECK(error_of<InvalidEventError>([&] { store.push_events("pikachu", bad, two); }).field() == "expected_last");
    CHECK(error_of<InvalidEventError>([&] { (void)store.try_push_events("pikachu", bad, two); }).field() == "expected_last");
  }
  CHECK(error_of<VersionGapError>([&] { store.push_events("pikachu", largest - 2, two); }).version() == largest - 1);
  CHECK(store.get_events("pikachu").empty());
}

TEST_CASE("on_event_pushed sees every event of push_events with the aggregate after it") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  std::vector<std::optional<Pokemon>> seen;
  PokemonStore store{"POKEMONS", storage, {.on_event_pushed = [&](const PokemonStore::PushedEvent& pushed) {
                       seen.push_back(pushed.next_aggregate);
                     }}};
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  CHECK(seen == std::vector<std::optional<Pokemon>>{pikachu(1, 5), pikachu(2, 6), pikachu(3, 7)});
  seen.clear();
  store.push_events("pikachu", 3, PokemonLeveledUp{}, PokemonLeveledUp{});
  CHECK(seen == std::vector<std::optional<Pokemon>>{std::nullopt, std::nullopt});
}

namespace event_store_test {

struct RefusesMetadata {
  static constexpr std::string_view type = "REFUSES_METADATA";
  struct Metadata {
    Metadata() { throw std::runtime_error{"metadata must be given"}; }
  };
};
struct Mute : castore::Aggregate {};
struct MuteReducer {
  void operator()(Mute&, const RefusesMetadata&) const {}
};

}  // namespace event_store_test

TEST_CASE("what the default of an event's metadata throws reaches who pushes without metadata") {
  using namespace event_store_test;
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<RefusesMetadata>, Mute, MuteReducer, castore::InMemoryEventStorageAdapter> store{
      "MUTES", storage};
  CHECK_THROWS_AS(store.push_event("a", 1, RefusesMetadata{}), std::runtime_error);
  CHECK_THROWS_AS(store.group_event("a", 1, RefusesMetadata{}), std::runtime_error);
}
