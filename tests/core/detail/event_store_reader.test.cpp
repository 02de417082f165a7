// SPDX-License-Identifier: MIT
#include <castore/core/detail/event_store_reader.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

using castore::AggregateIdEntry;
using castore::AggregateNotFoundError;
using castore::AnyEventStorageAdapter;
using castore::EventDetail;
using castore::GetEventsOptions;
using castore::InvalidPageTokenError;
using castore::Version;
using castore_tests::at;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvent;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

namespace {

Pokemon pikachu(Version version, int level) { return {{"pikachu", version}, "Pikachu", level, ""}; }

PokemonStore new_store(const AnyEventStorageAdapter& storage) { return PokemonStore{"POKEMONS", storage}; }

/// A store whose `pikachu` has five events at `at(1)` ... `at(5)`.
PokemonStore store_with_pikachu(const AnyEventStorageAdapter& storage) {
  PokemonStore store{"POKEMONS", storage};
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}, {.timestamp = at(1)});
  for (Version version = 2; version <= 5; ++version) {
    store.push_event("pikachu", version, PokemonLeveledUp{}, {.timestamp = at(version)});
  }
  return store;
}

std::vector<Version> versions(const PokemonStore& store, const GetEventsOptions& options) {
  std::vector<Version> result;
  for (const PokemonEvent& event : store.get_events("pikachu", options)) result.push_back(event.version());
  return result;
}

std::vector<std::string> ids(const castore::AggregateIdsPage& page) {
  std::vector<std::string> result;
  for (const AggregateIdEntry& entry : page.aggregate_ids) result.push_back(entry.aggregate_id);
  return result;
}

PokemonEvent leveled_up(Version version, castore::Timestamp timestamp) {
  return EventDetail<PokemonLeveledUp>{"pikachu", version, timestamp, {}, {}};
}

PokemonEvent appeared(Version version, castore::Timestamp timestamp, int level) {
  return EventDetail<PokemonAppeared>{"pikachu", version, timestamp, {"Pikachu", level}, {}};
}

using Versions = std::vector<Version>;
using Ids = std::vector<std::string>;

}  // namespace

// --- events and aggregates -------------------------------------------------------------------------------------------

TEST_CASE("get_events gives the events that its options select in the order they ask for") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  CHECK(versions(store, {}) == Versions{1, 2, 3, 4, 5});
  CHECK(versions(store, {.min_version = 3}) == Versions{3, 4, 5});
  CHECK(versions(store, {.max_version = 3}) == Versions{1, 2, 3});
  CHECK(versions(store, {.min_version = 2, .max_version = 4}) == Versions{2, 3, 4});
  CHECK(versions(store, {.min_version = 4, .max_version = 2}).empty());
  CHECK(versions(store, {.limit = 2}) == Versions{1, 2});
  CHECK(versions(store, {.limit = 0}).empty());
  CHECK(versions(store, {.reverse = true}) == Versions{5, 4, 3, 2, 1});
  CHECK(versions(store, {.limit = 2, .reverse = true}) == Versions{5, 4});
  CHECK(versions(store, {.min_version = 2, .max_version = 4, .limit = 2, .reverse = true}) == Versions{4, 3});
  CHECK(versions(store, {.min_version = 6}).empty());
  CHECK(versions(store, {.max_version = 0}).empty());
  CHECK(versions(store, {.min_version = std::numeric_limits<Version>::min(),
                         .max_version = std::numeric_limits<Version>::max()})
            .size() == 5);
}

TEST_CASE("an unknown aggregate has no events and does not come into being by being asked for") {
  PokemonStore store = new_store(CASTORE_TESTS_EITHER_STORAGE);
  CHECK(store.get_events("pikachu").empty());
  CHECK(store.get_events("pikachu", {.min_version = 1, .max_version = 9, .limit = 1, .reverse = true}).empty());
  CHECK(store.get_aggregate("pikachu") == std::nullopt);
  CHECK(store.get_history("pikachu").events.empty());
  CHECK(store.list_aggregate_ids().aggregate_ids.empty());
}

TEST_CASE("get_aggregate gives the aggregate now or as it was") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  CHECK(store.get_aggregate("pikachu") == pikachu(5, 9));
  CHECK(store.get_aggregate("pikachu", {.max_version = 1}) == pikachu(1, 5));
  CHECK(store.get_aggregate("pikachu", {.max_version = 3}) == pikachu(3, 7));
  CHECK(store.get_aggregate("pikachu", {.max_version = 99}) == pikachu(5, 9));
  CHECK(store.get_aggregate("pikachu", {.max_version = 0}) == std::nullopt);
  CHECK(store.get_aggregate("pikachu", {.max_version = -1}) == std::nullopt);
  CHECK(store.get_aggregate("Pikachu") == std::nullopt);
  CHECK(store.get_aggregate("pikach") == std::nullopt);
}

TEST_CASE("get_existing_aggregate insists that there is one") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(5, 9));
  CHECK(store.get_existing_aggregate("pikachu", {.max_version = 2}) == pikachu(2, 6));
  const auto unknown = error_of<AggregateNotFoundError>([&] { store.get_existing_aggregate("raichu"); });
  CHECK(unknown.event_store_id() == "POKEMONS");
  CHECK(unknown.aggregate_id() == "raichu");
  const auto too_early =
      error_of<AggregateNotFoundError>([&] { store.get_existing_aggregate("pikachu", {.max_version = 0}); });
  CHECK(too_early.aggregate_id() == "pikachu");
}

TEST_CASE("get_history gives the aggregate together with its events") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  const PokemonStore::History history = store.get_history("pikachu");
  CHECK(history.aggregate == pikachu(5, 9));
  CHECK(history.events == store.get_events("pikachu"));
  REQUIRE(history.last_event() != nullptr);
  CHECK(history.last_event() == &history.events.back());
  CHECK(history.last_event()->version() == 5);

  const auto earlier = store.get_history("pikachu", {.max_version = 2});
  CHECK(earlier.aggregate == pikachu(2, 6));
  CHECK(earlier.events.size() == 2);
  CHECK(earlier.last_event()->timestamp() == at(2));

  const auto nothing = store.get_history("pikachu", {.max_version = 0});
  CHECK(nothing.aggregate == std::nullopt);
  CHECK(nothing.last_event() == nullptr);
}

TEST_CASE("what was read stays as it was whatever is written later") {
  PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  const auto history = store.get_history("pikachu");
  const auto copy = history;
  store.push_event("pikachu", 6, PokemonLeveledUp{});
  store.push_event("pikachu", 1, PokemonAppeared{"Raichu", 99}, {.force = true});
  CHECK(history.events == copy.events);
  CHECK(history.aggregate == pikachu(5, 9));

  auto events = store.get_events("pikachu");
  events.clear();
  CHECK(store.get_events("pikachu").size() == 6);
}

// --- lists -----------------------------------------------------------------------------------------------------------

TEST_CASE("list_aggregate_ids lists by the first event's time and then by id") {
  PokemonStore store = new_store(CASTORE_TESTS_EITHER_STORAGE);
  for (const auto& [id, time] : {std::pair{"c", 1}, {"a", 2}, {"b", 1}, {"\xC3\xA9", 1}, {"B", 1}, {"", 3}}) {
    store.push_event(id, 1, PokemonLeveledUp{}, {.timestamp = at(time)});
  }
  store.push_event("a", 2, PokemonLeveledUp{}, {.timestamp = at(0)});
  const castore::AggregateIdsPage page = store.list_aggregate_ids();
  CHECK(page.aggregate_ids == std::vector<AggregateIdEntry>{
                                  {"B", at(1)}, {"b", at(1)}, {"c", at(1)}, {"\xC3\xA9", at(1)}, {"a", at(2)}, {"", at(3)}});
  CHECK(page.next_page_token == std::nullopt);
  CHECK(ids(store.list_aggregate_ids({.reverse = true})) == Ids{"", "a", "\xC3\xA9", "c", "b", "B"});
  CHECK(ids(store.list_aggregate_ids({.initial_event_after = at(2)})) == Ids{"a", ""});
  CHECK(ids(store.list_aggregate_ids({.initial_event_before = at(1)})) == Ids{"B", "b", "c", "\xC3\xA9"});
  CHECK(ids(store.list_aggregate_ids({.initial_event_after = at(2), .initial_event_before = at(2)})) == Ids{"a"});
  CHECK(ids(store.list_aggregate_ids({.initial_event_after = at(3), .initial_event_before = at(2)})).empty());
}

TEST_CASE("list_aggregate_ids goes on where a page token says and keeps its options") {
  PokemonStore store = new_store(CASTORE_TESTS_EITHER_STORAGE);
  for (const char* id : {"a", "b", "c", "d", "e"}) store.push_event(id, 1, PokemonLeveledUp{}, {.timestamp = at(0)});
  const auto first = store.list_aggregate_ids({.limit = 2, .initial_event_before = at(0), .reverse = true});
  CHECK(ids(first) == Ids{"e", "d"});
  REQUIRE(first.next_page_token);
  const auto second = store.list_aggregate_ids({.page_token = first.next_page_token});
  CHECK(ids(second) == Ids{"c", "b"});
  const auto third = store.list_aggregate_ids({.page_token = second.next_page_token});
  CHECK(ids(third) == Ids{"a"});
  CHECK(third.next_page_token == std::nullopt);
  CHECK(ids(store.list_aggregate_ids({.limit = 9, .page_token = first.next_page_token})) == Ids{"c", "b", "a"});
  CHECK(ids(store.list_aggregate_ids({.page_token = first.next_page_token, .reverse = false})) == Ids{"e"});
  CHECK(ids(store.list_aggregate_ids({.limit = 0})).empty());
  CHECK(store.list_aggregate_ids({.limit = 0}).next_page_token == std::nullopt);
  CHECK(store.list_aggregate_ids({.limit = 5}).next_page_token == std::nullopt);
}

TEST_CASE("list_aggregate_ids takes bounds beyond all events") {
  PokemonStore store = new_store(CASTORE_TESTS_EITHER_STORAGE);
  store.push_event("first", 1, PokemonLeveledUp{}, {.timestamp = castore::earliest_timestamp});
  store.push_event("last", 1, PokemonLeveledUp{}, {.timestamp = castore::latest_timestamp});
  for (const bool reverse : {false, true}) {
    auto page = store.list_aggregate_ids({.limit = 1,
                                          .initial_event_after = castore::Timestamp::min(),
                                          .initial_event_before = castore::Timestamp::max(),
                                          .reverse = reverse});
    CHECK(ids(page) == Ids{reverse ? "last" : "first"});
    REQUIRE(page.next_page_token);
    page = store.list_aggregate_ids({.page_token = page.next_page_token});
    CHECK(ids(page) == Ids{reverse ? "first" : "last"});
    CHECK(page.next_page_token == std::nullopt);
    CHECK(ids(store.list_aggregate_ids({.initial_event_after = castore::Timestamp::max(), .reverse = reverse})).empty());
    CHECK(ids(store.list_aggregate_ids({.initial_event_before = castore::Timestamp::min(), .reverse = reverse})).empty());
  }
}

TEST_CASE("list_aggregate_ids rejects what is no page token") {
  PokemonStore store = new_store(CASTORE_TESTS_EITHER_STORAGE);
  for (const std::string token : {"", "x", "castore1;0;;;;0;0;a"}) {
    CHECK(error_of<InvalidPageTokenError>([&] { store.list_aggregate_ids({.page_token = token}); }).page_token() == token);
    CHECK(error_of<InvalidPageTokenError>([&] { store.aggregate_ids({.page_token = token}).begin(); }).page_token() ==
          token);
  }
}

TEST_CASE("aggregate_ids goes through every id also when pages are small") {
  PokemonStore store = new_store(CASTORE_TESTS_EITHER_STORAGE);
  Ids expected;
  for (int number = 0; number < 250; ++number) {
    expected.push_back("pokemon " + std::to_string(number));
    store.push_event(expected.back(), 1, PokemonLeveledUp{}, {.timestamp = at(number / 7)});
  }
  std::sort(expected.begin(), expected.end());
  for (const auto& options : {castore::ListAggregateIdsOptions{}, {.limit = 1}, {.limit = 3, .reverse = true}}) {
    Ids seen;
    for (const AggregateIdEntry& entry : store.aggregate_ids(options)) seen.push_back(entry.aggregate_id);
    std::sort(seen.begin(), seen.end());
    CHECK(seen == expected);
  }
}

TEST_CASE("aggregate_ids may outlive its store and follow what is pushed meanwhile") {
  const auto storage = CASTORE_TESTS_EITHER_STORAGE;
  auto range = [&] {
    PokemonStore store{"POKEMONS", storage};
    store.push_event("a", 1, PokemonLeveledUp{}, {.timestamp = at(0)});
    store.push_event("b", 1, PokemonLeveledUp{}, {.timestamp = at(1)});
    return store.aggregate_ids({.limit = 1});
  }();
  Ids seen;
  for (const AggregateIdEntry& entry : range) {
    seen.push_back(entry.aggregate_id);
    PokemonStore store{"POKEMONS", storage};
    if (entry.aggregate_id == "a") store.push_event("c", 1, PokemonLeveledUp{}, {.timestamp = at(2)});
  }
  CHECK(seen == Ids{"a", "b", "c"});
}

// --- folds without storage -------------------------------------------------------------------------------------------

TEST_CASE("build_aggregate builds what get_aggregate would and asks no storage") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  const PokemonStore without_storage{"POKEMONS"};
  const std::vector<PokemonEvent> events = store.get_events("pikachu");
  CHECK(without_storage.build_aggregate(events) == pikachu(5, 9));
  CHECK(without_storage.build_aggregate({}) == std::nullopt);
  CHECK(without_storage.build_aggregate({}, pikachu(3, 7)) == pikachu(3, 7));
  for (Version version = 1; version < 5; ++version) {
    const auto later = store.get_events("pikachu", {.min_version = version + 1});
    CHECK(without_storage.build_aggregate(later, store.get_aggregate("pikachu", {.max_version = version})) ==
          pikachu(5, 9));
  }
}

TEST_CASE("simulate_aggregate without options is the aggregate itself") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  CHECK(store.simulate_aggregate(store.get_events("pikachu")) == pikachu(5, 9));
  CHECK(store.simulate_aggregate({}) == std::nullopt);
}

TEST_CASE("simulate_aggregate leaves out what happens after the simulation's date") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  const auto events = store.get_events("pikachu");
  CHECK(store.simulate_aggregate(events, {.simulation_date = at(3)}) == pikachu(3, 7));
  CHECK(store.simulate_aggregate(events, {.simulation_date = at(99)}) == pikachu(5, 9));
  CHECK(store.simulate_aggregate(events, {.simulation_date = at(0)}) == std::nullopt);
}

TEST_CASE("simulate_aggregate orders by time and by version when times are equal and counts versions anew") {
  const PokemonStore store{"POKEMONS"};
  // The second appearance decides: it happens last.
  CHECK(store.simulate_aggregate(std::vector{appeared(1, at(5), 50), appeared(2, at(4), 40), leveled_up(7, at(6))}) ==
        pikachu(3, 51));
  CHECK(store.simulate_aggregate(std::vector{appeared(2, at(5), 20), appeared(1, at(5), 10), leveled_up(3, at(5))}) ==
        pikachu(3, 21));
  // Of two events of one version the later in the list counts.
  CHECK(store.simulate_aggregate(std::vector{appeared(1, at(5), 10), appeared(1, at(4), 20)}) == pikachu(1, 20));
}

TEST_CASE("a side effect may remove and change and add the events that are simulated") {
  const PokemonStore store = store_with_pikachu(CASTORE_TESTS_EITHER_STORAGE);
  const auto events = store.get_events("pikachu");
  std::vector<Version> calls;
  const auto without_third = store.simulate_aggregate(
      events, {.simulate_side_effect = [&](std::map<Version, PokemonEvent>& indexed, const PokemonEvent& event) {
        calls.push_back(event.version());
        if (event.version() != 3) indexed.insert_or_assign(event.version(), event);
      }});
  CHECK(without_third == pikachu(4, 8));
  CHECK(calls == std::vector<Version>{1, 2, 3, 4, 5});

  const auto caught = store.simulate_aggregate(
      events, {.simulation_date = at(2),
               .simulate_side_effect = [](std::map<Version, PokemonEvent>& indexed, const PokemonEvent& event) {
                 indexed.clear();
                 indexed.insert_or_assign(event.version(), event);
                 indexed.insert_or_assign(
                     0, EventDetail<PokemonCaught>{"pikachu", 9, at(-1), {1}, {"level " + std::to_string(event.version())}});
               }});
  CHECK(caught == Pokemon{{"pikachu", 1}, "", 0, "level 5"});
  CHECK(store.get_events("pikachu") == events);
}

TEST_CASE("a reducer is told the simulated version and the event's own time") {
  struct Notes : castore::Aggregate {
    std::vector<std::string> lines;
  };
  struct NotesReducer {
    void operator()(Notes& notes, const PokemonHealed&, const castore::EventInfo<PokemonHealed>& info) const {
      notes.lines.push_back(std::string{info.aggregate_id} + " " + std::to_string(info.version) + " " +
                            std::to_string((info.timestamp - at(0)).count()) + " " +
                            (info.metadata ? info.metadata->name : "nobody"));
    }
  };
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  castore::EventStore<castore::Events<PokemonHealed>, Notes, NotesReducer> store{"NOTES", storage};
  store.push_event("a", 1, PokemonHealed{}, {.timestamp = at(5), .metadata = PokemonHealed::Nurse{"joy"}});
  store.push_event("a", 2, PokemonHealed{}, {.timestamp = at(4)});
  CHECK(store.get_existing_aggregate("a").lines == std::vector<std::string>{"a 1 5 joy", "a 2 4 nobody"});
  CHECK(store.simulate_aggregate(store.get_events("a"))->lines == std::vector<std::string>{"a 1 4 nobody", "a 2 5 joy"});
}
