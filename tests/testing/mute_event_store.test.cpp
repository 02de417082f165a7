// SPDX-License-Identifier: MIT
#include <castore/testing/mute_event_store.hpp>

#include <castore/castore.hpp>
#include <castore/testing/mock_event_store.hpp>
#include "support/catch.hpp"
#include "testing/pokemons.hpp"

#include <chrono>
#include <memory>

namespace {

using castore::EventDetail;
using castore::testing::mute_event_store;
using kit_tests::PokemonAppeared;
using kit_tests::PokemonLeveledUp;
using kit_tests::PokemonStore;
using kit_tests::TrainerJoined;
using kit_tests::TrainerStore;

EventDetail<PokemonAppeared> pikachu_appeared(int level) {
  return {.aggregate_id = "pikachu", .version = 1, .payload = {"Pikachu", level}};
}

template <class Store>
int level_of(const Store& pokemons) {
  return pokemons.get_existing_aggregate("pikachu").level;
}

template <class Store>
void expect_no_storage(const Store& store) {
  try {
    (void)store.get_aggregate("pikachu");
    FAIL("nothing was thrown");
  } catch (const castore::UndefinedEventStorageAdapterError& error) {
    CHECK(error.event_store_id() == store.event_store_id());
  }
}

TEST_CASE("a muted store is on another storage until the mute ends") {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event(pikachu_appeared(5));
  {
    const auto muted = mute_event_store(pokemons, {pikachu_appeared(50)});
    CHECK(level_of(pokemons) == 50);
    pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
    CHECK(level_of(pokemons) == 51);
  }
  CHECK(level_of(pokemons) == 5);
  CHECK(pokemons.event_storage_adapter().target<castore::InMemoryEventStorageAdapter>() == &storage);
}

TEST_CASE("restore ends a mute early, and once") {
  castore::InMemoryEventStorageAdapter storage;
  castore::InMemoryEventStorageAdapter other_storage;
  PokemonStore pokemons{"POKEMONS", storage};
  auto muted = mute_event_store(pokemons);
  CHECK_FALSE(pokemons.get_aggregate("pikachu"));
  muted.restore();
  CHECK(pokemons.event_storage_adapter().target<castore::InMemoryEventStorageAdapter>() == &storage);
  pokemons.set_event_storage_adapter(other_storage);
  muted.restore();
  CHECK(pokemons.event_storage_adapter().target<castore::InMemoryEventStorageAdapter>() == &other_storage);
}

TEST_CASE("a command that has a store built in is muted with it") {
  PokemonStore pokemons{"POKEMONS"};
  const castore::Command command{"LEVEL_UP_POKEMON", pokemons, kit_tests::level_up};
  const auto muted = mute_event_store(pokemons, {pikachu_appeared(5)});
  CHECK(command("pikachu").aggregate.level == 6);
}

TEST_CASE("a store without a storage has none after the mute") {
  PokemonStore pokemons{"POKEMONS"};
  castore::EventStore<kit_tests::PokemonEvents, kit_tests::Pokemon, kit_tests::PokemonReducer,
                      castore::InMemoryEventStorageAdapter>
      typed{"TYPED"};
  {
    const auto muted = mute_event_store(pokemons, {pikachu_appeared(5)});
    const auto typed_muted = mute_event_store(typed, {pikachu_appeared(5)});
    CHECK(level_of(pokemons) == 5);
    CHECK(level_of(typed) == 5);
  }
  expect_no_storage(pokemons);
  expect_no_storage(typed);
}

TEST_CASE("a store that alone owns its storage has it after the mute") {
  auto storage = std::make_shared<castore::InMemoryEventStorageAdapter>();
  castore::EventStore<kit_tests::PokemonEvents, kit_tests::Pokemon, kit_tests::PokemonReducer,
                      castore::InMemoryEventStorageAdapter>
      typed{"TYPED", storage};
  PokemonStore pokemons{"POKEMONS", std::make_shared<castore::InMemoryEventStorageAdapter>()};
  typed.push_event(pikachu_appeared(5));
  pokemons.push_event(pikachu_appeared(5));
  const std::weak_ptr<castore::InMemoryEventStorageAdapter> watch = storage;
  storage.reset();
  {
    const auto typed_muted = mute_event_store(typed);
    const auto muted = mute_event_store(pokemons);
  }
  REQUIRE_FALSE(watch.expired());
  CHECK(&typed.event_storage_adapter() == watch.lock().get());
  CHECK(level_of(typed) == 5);
  CHECK(level_of(pokemons) == 5);
}

TEST_CASE("muting changes nothing but the storage") {
  int ticks = 0;
  int pushes = 0;
  PokemonStore pokemons{"POKEMONS",
                        {.clock =
                             [ticks]() mutable {
                               return castore::Timestamp{std::chrono::milliseconds{++ticks}};
                             },
                         .on_event_pushed = [&pushes](const auto&) { ++pushes; }}};
  {
    const auto muted = mute_event_store(pokemons);
    CHECK(pokemons.push_event("pikachu", 1, PokemonAppeared{}).event.timestamp.time_since_epoch().count() == 1);
    CHECK(pushes == 1);
  }
  const auto muted = mute_event_store(pokemons);
  CHECK(pokemons.push_event("pikachu", 1, PokemonAppeared{}).event.timestamp.time_since_epoch().count() == 2);
  CHECK(pushes == 2);
}

TEST_CASE("initial events that are no history are refused, and the store stays as it is") {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  try {
    const auto muted = mute_event_store(pokemons, {pikachu_appeared(5), pikachu_appeared(6)});
    FAIL("nothing was thrown");
  } catch (const castore::EventAlreadyExistsError& error) {
    CHECK(error.event_store_id() == "POKEMONS");
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == 1);
  }
  CHECK(pokemons.event_storage_adapter().target<castore::InMemoryEventStorageAdapter>() == &storage);
}

TEST_CASE("stores muted on one storage can be in one event group") {
  PokemonStore pokemons{"POKEMONS"};
  TrainerStore trainers{"TRAINERS"};
  const auto muted_pokemons = mute_event_store(pokemons);
  const auto muted_trainers = mute_event_store(
      trainers, muted_pokemons,
      {EventDetail<TrainerJoined>{.aggregate_id = "ash", .version = 1, .payload = {"Ash"}}});
  push_event_group(pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
                   trainers.group_event("gary", 1, TrainerJoined{"Gary"}));
  CHECK(level_of(pokemons) == 5);
  CHECK(trainers.get_existing_aggregate("gary").name == "Gary");
  CHECK(trainers.get_existing_aggregate("ash").name == "Ash");
}

TEST_CASE("a mock can be muted, too") {
  auto mock = castore::testing::mock_event_store(PokemonStore{"POKEMONS"}, {pikachu_appeared(5)});
  {
    const auto muted = mute_event_store(mock, {pikachu_appeared(50)});
    CHECK(level_of(mock) == 50);
  }
  CHECK(level_of(mock) == 5);
}

}  // namespace
