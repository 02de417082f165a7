// SPDX-License-Identifier: MIT
#include <castore/testing/mock_event_store.hpp>

#include <castore/castore.hpp>
#include <castore/testing/fake_clock.hpp>
#include "support/catch.hpp"
#include "testing/pokemons.hpp"
#include "testing/records_adapter.hpp"

#include <chrono>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace {

using castore::EventDetail;
using castore::testing::FakeClock;
using castore::testing::mock_event_store;
using castore::testing::MockEventStore;
using kit_tests::Pokemon;
using kit_tests::PokemonAppeared;
using kit_tests::PokemonLeveledUp;
using kit_tests::PokemonStore;
using kit_tests::TrainerJoined;
using kit_tests::TrainerStore;

EventDetail<PokemonAppeared> pikachu_appeared(int level = 5) {
  return {.aggregate_id = "pikachu", .version = 1, .payload = {"Pikachu", level}};
}
EventDetail<PokemonLeveledUp> pikachu_leveled_up(castore::Version version) {
  return {.aggregate_id = "pikachu", .version = version, .payload = {}};
}

int level_of(const PokemonStore& pokemons) { return pokemons.get_existing_aggregate("pikachu").level; }

TEST_CASE("a mock and its original do not see each other's events") {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event(pikachu_appeared());
  auto mock = mock_event_store(pokemons);
  CHECK_FALSE(mock.get_aggregate("pikachu"));
  mock.push_event(pikachu_appeared(50));
  CHECK(level_of(mock) == 50);
  CHECK(level_of(pokemons) == 5);
}

TEST_CASE("a mock starts with its initial events and goes back to them by reset") {
  const PokemonStore pokemons{"POKEMONS"};
  auto mock = mock_event_store(pokemons, {pikachu_appeared(), pikachu_leveled_up(2)});
  CHECK(level_of(mock) == 6);
  mock.push_event("pikachu", 3, PokemonLeveledUp{});
  mock.push_event("raichu", 1, PokemonAppeared{"Raichu", 1});
  CHECK(level_of(mock) == 7);
  mock.reset();
  CHECK(level_of(mock) == 6);
  CHECK_FALSE(mock.get_aggregate("raichu"));
  mock.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(level_of(mock) == 7);
}

TEST_CASE("a mock has its own copies of the initial events") {
  std::vector<PokemonStore::Event> events{pikachu_appeared()};
  auto mock = mock_event_store(PokemonStore{"POKEMONS"}, events);
  events[0] = pikachu_appeared(50);
  mock.reset();
  CHECK(level_of(mock) == 5);
}

TEST_CASE("a mock keeps id, reducer, clock and on_event_pushed of its original") {
  std::vector<std::string> pushed;
  FakeClock clock;
  const PokemonStore pokemons{"POKEMONS",
                              {.reducer = {.step = 10},
                               .clock = clock,
                               .on_event_pushed = [&pushed](const PokemonStore::PushedEvent& event) {
                                 pushed.emplace_back(event.event.type());
                               }}};
  auto mock = mock_event_store(pokemons, {pikachu_appeared()});
  CHECK(mock.event_store_id() == "POKEMONS");
  CHECK(mock.get_events("pikachu").front().timestamp() == clock.now());
  CHECK(pushed.empty());
  clock.advance(std::chrono::seconds{1});
  CHECK(mock.push_event("pikachu", 2, PokemonLeveledUp{}).event.timestamp == clock.now());
  CHECK(level_of(mock) == 15);
  CHECK(pushed == std::vector<std::string>{"POKEMON_LEVELED_UP"});
  mock.reset();
  CHECK(pushed.size() == 1);
  mock.push_event("pikachu", 2, PokemonLeveledUp{});
  CHECK(pushed.size() == 2);
}

TEST_CASE("a mock takes the place of its original") {
  static_assert(std::is_base_of_v<PokemonStore, MockEventStore<PokemonStore>>);
  auto mock = mock_event_store(PokemonStore{"POKEMONS"}, {pikachu_appeared()});
  const castore::Command command{"LEVEL_UP_POKEMON", mock, kit_tests::level_up};
  CHECK(command("pikachu").aggregate.level == 6);
  const castore::Command handler{"LEVEL_UP_POKEMON", std::tie(mock), [](PokemonStore& pokemons) {
                                   return pokemons.push_event("pikachu", 3, PokemonLeveledUp{}).event.version;
                                 }};
  CHECK(handler() == 3);
  const PokemonStore copy = mock;
  CHECK(level_of(copy) == 7);
}

TEST_CASE("mocks on one storage can be in one event group, and are reset together") {
  auto pokemons = mock_event_store(PokemonStore{"POKEMONS"}, {pikachu_appeared()});
  auto trainers = mock_event_store(
      TrainerStore{"TRAINERS"}, pokemons,
      {EventDetail<TrainerJoined>{.aggregate_id = "ash", .version = 1, .payload = {"Ash"}}});
  push_event_group(pokemons.group_event("pikachu", 2, PokemonLeveledUp{}),
                   trainers.group_event("gary", 1, TrainerJoined{"Gary"}));
  CHECK(level_of(pokemons) == 6);
  CHECK(trainers.get_aggregate("gary"));
  trainers.reset();
  CHECK(level_of(pokemons) == 5);
  CHECK_FALSE(trainers.get_aggregate("gary"));
  CHECK(trainers.get_existing_aggregate("ash").name == "Ash");
  push_event_group(pokemons.group_event("pikachu", 2, PokemonLeveledUp{}),
                   trainers.group_event("gary", 1, TrainerJoined{"Gary"}));
  CHECK(level_of(pokemons) == 6);
}

TEST_CASE("a mock may end before the one that shares its storage") {
  auto pokemons = mock_event_store(PokemonStore{"POKEMONS"}, {pikachu_appeared()});
  { const auto trainers = mock_event_store(TrainerStore{"TRAINERS"}, pokemons); }
  pokemons.reset();
  CHECK(level_of(pokemons) == 5);
}

TEST_CASE("a mock of a store that is declared for another adapter is declared for the in-memory one") {
  using Store = castore::EventStore<kit_tests::PokemonEvents, Pokemon, kit_tests::PokemonReducer, kit_tests::RecordsAdapter>;
  using Mock = castore::EventStore<kit_tests::PokemonEvents, Pokemon, kit_tests::PokemonReducer,
                                   castore::InMemoryEventStorageAdapter>;
  static_assert(std::is_base_of_v<Mock, MockEventStore<Store>>);
  auto mock = mock_event_store(Store{"POKEMONS"}, {pikachu_appeared()});
  const castore::Command command{"LEVEL_UP_POKEMON", mock, kit_tests::level_up};
  CHECK(command("pikachu").aggregate.level == 6);
}

TEST_CASE("initial events that are no history are refused") {
  const PokemonStore pokemons{"POKEMONS"};
  try {
    const auto mock = mock_event_store(pokemons, {pikachu_appeared(), pikachu_leveled_up(3)});
    FAIL("nothing was thrown");
  } catch (const castore::VersionGapError& error) {
    CHECK(error.event_store_id() == "POKEMONS");
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == 3);
    CHECK(error.expected_version() == 2);
  }
}

}  // namespace
