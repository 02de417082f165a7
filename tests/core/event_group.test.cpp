// SPDX-License-Identifier: MIT
#include <castore/core/event_group.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::EventAlreadyExistsError;
using castore::EventDetail;
using castore::GroupedEvent;
using castore::InMemoryEventStorageAdapter;
using castore::InvalidEventError;
using castore::OnEventPushedError;
using castore::push_event_group;
using castore::UndefinedEventStorageAdapterError;
using castore::Version;
using castore::VersionGapError;
using castore_tests::at;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using castore_tests::RecordStorage;
using namespace std::string_literals;

namespace event_group_test {

struct TrainerStarted {
  static constexpr std::string_view type = "TRAINER_STARTED";
  std::string name;
  friend bool operator==(const TrainerStarted&, const TrainerStarted&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(TrainerStarted, name)
};
struct TrainerCaughtPokemon {
  static constexpr std::string_view type = "TRAINER_CAUGHT_POKEMON";
  std::string pokemon;
  friend bool operator==(const TrainerCaughtPokemon&, const TrainerCaughtPokemon&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(TrainerCaughtPokemon, pokemon)
};
using TrainerEvents = castore::Events<TrainerStarted, TrainerCaughtPokemon>;
struct Trainer : castore::Aggregate {
  std::string name;
  std::vector<std::string> pokemons;
};
struct TrainerReducer {
  void operator()(Trainer& trainer, const TrainerStarted& event) const { trainer.name = event.name; }
  void operator()(Trainer& trainer, const TrainerCaughtPokemon& event) const {
    trainer.pokemons.push_back(event.pokemon);
  }
};
using TrainerStore = castore::EventStore<TrainerEvents, Trainer, TrainerReducer>;

/// Both stores on one storage, with clocks that tell which one was asked and what their hooks saw.
struct World {
  explicit World(const AnyEventStorageAdapter& storage_) : storage{storage_} {}

  AnyEventStorageAdapter storage;
  std::vector<std::string> log;
  PokemonStore pokemons{"POKEMONS",
                        storage,
                        {.clock = [] { return at(1); },
                         .on_event_pushed =
                             [this](const PokemonStore::PushedEvent& pushed) {
                               log.push_back("pokemon " + pushed.event.aggregate_id() + " " +
                                             std::to_string(pushed.event.version()) +
                                             (pushed.next_aggregate ? " level " + std::to_string(pushed.next_aggregate->level)
                                                                    : ""));
                             }}};
  TrainerStore trainers{"TRAINERS",
                        storage,
                        {.clock = [] { return at(2); },
                         .on_event_pushed =
                             [this](const TrainerStore::PushedEvent& pushed) {
                               log.push_back("trainer " + pushed.event.aggregate_id() + " " +
                                             std::to_string(pushed.event.version()));
                             }}};

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  bool is_empty() const {
    return pokemons.list_aggregate_ids().aggregate_ids.empty() && trainers.list_aggregate_ids().aggregate_ids.empty() &&
           pokemons.get_events("pikachu").empty() && trainers.get_events("ash").empty() && log.empty();
  }
};

Pokemon pikachu(Version version, int level) { return {{"pikachu", version}, "Pikachu", level, ""}; }

}  // namespace event_group_test

using namespace event_group_test;

// --- what is pushed and returned -------------------------------------------------------------------------------------

TEST_CASE("a group pushes events of several stores and returns their results in the order given") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto [started, appeared, caught] = push_event_group(
      world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
      world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
      world.trainers.group_event("ash", 2, TrainerCaughtPokemon{"pikachu"}));
  CHECK(started.event == EventDetail<TrainerStarted>{"ash", 1, at(2), {"Ash"}, {}});
  CHECK(appeared.event == EventDetail<PokemonAppeared>{"pikachu", 1, at(2), {"Pikachu", 5}, {}});
  CHECK(caught.event == EventDetail<TrainerCaughtPokemon>{"ash", 2, at(2), {"pikachu"}, {}});
  CHECK(appeared.next_aggregate == pikachu(1, 5));
  REQUIRE(caught.next_aggregate);
  CHECK(caught.next_aggregate->name == "Ash");
  CHECK(caught.next_aggregate->pokemons == std::vector{"pikachu"s});
  CHECK(caught.next_aggregate->version == 2);

  CHECK(world.pokemons.get_existing_aggregate("pikachu") == pikachu(1, 5));
  CHECK(world.trainers.get_events("ash").size() == 2);
  CHECK(world.trainers.get_events("ash").at(1) == TrainerStore::Event{caught.event});
  CHECK(world.log == std::vector{"trainer ash 1"s, "pokemon pikachu 1 level 5"s, "trainer ash 2"s});
}

TEST_CASE("a group of events known at run time is pushed and returned in the order given") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  std::vector<GroupedEvent> events;
  events.push_back(world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  events.push_back(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}));
  events.push_back(world.pokemons.group_event("pikachu", 2, PokemonCaught{1}, {.metadata = {"ash"}}));
  const std::vector<castore::AnyPushEventResult> results = push_event_group(events);
  REQUIRE(results.size() == 3);

  const auto* appeared = results[0].get_if<PokemonStore::PushEventResult<PokemonAppeared>>();
  REQUIRE(appeared);
  CHECK(appeared->event == EventDetail<PokemonAppeared>{"pikachu", 1, at(1), {"Pikachu", 5}, {}});
  CHECK(appeared->next_aggregate == pikachu(1, 5));
  CHECK(results[0].get_if<PokemonStore::PushEventResult<PokemonCaught>>() == nullptr);
  CHECK(results[0].get_if<TrainerStore::PushEventResult<TrainerStarted>>() == nullptr);
  REQUIRE(results[1].get_if<TrainerStore::PushEventResult<TrainerStarted>>());
  const auto* caught = results[2].get_if<PokemonStore::PushEventResult<PokemonCaught>>();
  REQUIRE(caught);
  CHECK(caught->event.metadata.trainer == "ash");
  CHECK(caught->next_aggregate == Pokemon{{"pikachu", 2}, "Pikachu", 5, "ash"});

  CHECK(world.pokemons.get_existing_aggregate("pikachu").version == 2);
  CHECK(world.log == std::vector{"pokemon pikachu 1 level 5"s, "trainer ash 1"s, "pokemon pikachu 2 level 5"s});
}

TEST_CASE("a group may consist of one event and at run time of none") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto results = push_event_group(world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  CHECK(std::get<0>(results).next_aggregate == pikachu(1, 5));
  CHECK(push_event_group(std::vector<GroupedEvent>{}).empty());
  CHECK(push_event_group({world.pokemons.group_event("pikachu", 2, PokemonLeveledUp{})}).size() == 1);
  CHECK(world.pokemons.get_existing_aggregate("pikachu") == pikachu(2, 6));
}

TEST_CASE("a grouped event tells what it is before and after the push") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto typed = world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const GroupedEvent event = typed;
  const auto check = [&] {
    CHECK(event.event_store_id() == "POKEMONS");
    CHECK(event.aggregate_id() == "pikachu");
    CHECK(event.version() == 1);
    CHECK(event.type() == "POKEMON_APPEARED");
  };
  check();
  CHECK(world.is_empty());
  push_event_group(typed);
  check();
}

TEST_CASE("an event of a group follows the one before it in the group or the aggregate it is given") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  world.pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const auto [second, third, other] =
      push_event_group(world.pokemons.group_event("pikachu", 2, PokemonLeveledUp{}, {.prev_aggregate = pikachu(1, 5)}),
                       world.pokemons.group_event("pikachu", 3, PokemonLeveledUp{}),
                       world.trainers.group_event("pikachu", 1, TrainerStarted{"Pikachu"}));
  CHECK(second.next_aggregate == pikachu(2, 6));
  CHECK(third.next_aggregate == pikachu(3, 7));
  CHECK(other.next_aggregate->version == 1);

  const auto [fourth, fifth] = push_event_group(world.pokemons.group_event("pikachu", 4, PokemonLeveledUp{}),
                                                world.pokemons.group_event("pikachu", 5, PokemonLeveledUp{}));
  CHECK(fourth.next_aggregate == std::nullopt);
  CHECK(fifth.next_aggregate == std::nullopt);
}

// --- time ------------------------------------------------------------------------------------------------------------

TEST_CASE("a group has the first timestamp that was given or else the time of its first store's clock") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  push_event_group(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
                   world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  CHECK(world.pokemons.get_events("pikachu").at(0).timestamp() == at(2));

  push_event_group(world.trainers.group_event("ash", 2, TrainerCaughtPokemon{"pikachu"}),
                   world.pokemons.group_event("pikachu", 2, PokemonCaught{1}, {.timestamp = at(77)}),
                   world.pokemons.group_event("pikachu", 3, PokemonLeveledUp{}, {.timestamp = at(77)}));
  CHECK(world.trainers.get_events("ash").at(1).timestamp() == at(77));
  CHECK(world.pokemons.get_events("pikachu").at(2).timestamp() == at(77));
}

TEST_CASE("a group with two timestamps is refused and so is one outside the years 0000 to 9999") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto push = [&] {
    push_event_group(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}, {.timestamp = at(1)}),
                     world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
                     world.pokemons.group_event("pikachu", 2, PokemonLeveledUp{}, {.timestamp = at(2)}));
  };
  const auto error = error_of<InvalidEventError>(push);
  CHECK(error.field() == "timestamp");
  CHECK(error.what() == "castore: timestamp: event 2 of aggregate 'pikachu' in event store 'POKEMONS' has another one "
                        "than an earlier event of its group; a group has one timestamp"s);
  CHECK(error_of<InvalidEventError>([&] {
          push_event_group(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
                           world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5},
                                                      {.timestamp = castore::Timestamp::max()}));
        }).field() == "timestamp");
  CHECK(world.is_empty());
}

// --- refused groups --------------------------------------------------------------------------------------------------

TEST_CASE("a conflict in a group names the offending event and leaves nothing of the group") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  world.trainers.push_event("ash", 1, TrainerStarted{"Ash"});
  world.log.clear();
  const auto group = [&](Version version) {
    return std::tuple{world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
                      world.trainers.group_event("ash", version, TrainerCaughtPokemon{"pikachu"}),
                      world.pokemons.group_event("pikachu", 2, PokemonCaught{1}, {.metadata = {"ash"}})};
  };
  const auto push = [&](Version version) {
    std::apply([](const auto&... events) { push_event_group(events...); }, group(version));
  };
  const auto push_at_run_time = [&](Version version) {
    push_event_group(std::apply([](const auto&... events) { return std::vector<GroupedEvent>{events...}; }, group(version)));
  };
  const auto check_conflict = [](const EventAlreadyExistsError& error) {
    CHECK(error.event_store_id() == "TRAINERS");
    CHECK(error.aggregate_id() == "ash");
    CHECK(error.version() == 1);
  };
  check_conflict(error_of<EventAlreadyExistsError>([&] { push(1); }));
  check_conflict(error_of<EventAlreadyExistsError>([&] { push_at_run_time(1); }));

  const auto check_gap = [](const VersionGapError& error) {
    CHECK(error.event_store_id() == "TRAINERS");
    CHECK(error.aggregate_id() == "ash");
    CHECK(error.version() == 4);
    CHECK(error.expected_version() == 2);
  };
  check_gap(error_of<VersionGapError>([&] { push(4); }));
  check_gap(error_of<VersionGapError>([&] { push_at_run_time(4); }));

  CHECK(world.pokemons.get_events("pikachu").empty());
  CHECK(world.pokemons.list_aggregate_ids().aggregate_ids.empty());
  CHECK(world.trainers.get_events("ash").size() == 1);
  CHECK(world.log.empty());
  push(2);
  CHECK(world.pokemons.get_existing_aggregate("pikachu").trainer == "ash");
}

TEST_CASE("an adapter that refuses an event that is not in the group is told to be mended") {
  class Confused : public RecordStorage {
   public:
    castore::PushOutcome push_events(std::span<const castore::PushRecord> records,
                                     const castore::PushOptions&) override {
      return {status, records.size()};
    }
    castore::PushOutcome::Status status = castore::PushOutcome::already_exists;
  };
  const auto storage = std::make_shared<Confused>();
  World world{AnyEventStorageAdapter{storage}};
  for (const auto status : {castore::PushOutcome::already_exists, castore::PushOutcome::version_gap}) {
    storage->status = status;
    const auto error = error_of<castore::StorageError>([&] {
      push_event_group(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
                       world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
    });
    CHECK(error.what() ==
          "castore: the adapter refused event 2 of a group of 2 (counted from 0), which there is not; fix "
          "its push_events"s);
    CHECK_FALSE(error.retryable());
  }
  CHECK(world.log.empty());
}

TEST_CASE("a group is refused when its stores do not share one adapter object") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  World other{CASTORE_TESTS_EITHER_STORAGE};
  const auto push = [&] {
    push_event_group(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
                     other.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  };
  const auto error = error_of<InvalidEventError>(push);
  CHECK(error.field() == "event_storage_adapter");
  CHECK(error.what() == "castore: event_storage_adapter: event 1 of aggregate 'pikachu' in event store 'POKEMONS' is kept "
                        "by another adapter than the first event of its group; all stores of a group share one adapter "
                        "object"s);
  CHECK(error_of<InvalidEventError>([&] {
          push_event_group({world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
                            other.trainers.group_event("misty", 1, TrainerStarted{"Misty"})});
        }).field() == "event_storage_adapter");
  CHECK(world.is_empty());
  CHECK(other.is_empty());
}

TEST_CASE("a group is refused when a store has no adapter") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  PokemonStore nowhere{"NOWHERE"};
  CHECK(error_of<UndefinedEventStorageAdapterError>([&] {
          push_event_group(world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}),
                           nowhere.group_event("pikachu", 1, PokemonLeveledUp{}));
        }).event_store_id() == "NOWHERE");
  CHECK(error_of<UndefinedEventStorageAdapterError>([&] {
          push_event_group({nowhere.group_event("pikachu", 1, PokemonLeveledUp{})});
        }).event_store_id() == "NOWHERE");
  CHECK(world.is_empty());
}

TEST_CASE("a group is refused when it holds an event twice") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto event = world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const auto error = error_of<InvalidEventError>([&] { push_event_group(event, event); });
  CHECK(error.field() == "version");
  CHECK(error.what() == "castore: version: a group holds event 1 of aggregate 'pikachu' in event store 'POKEMONS' twice; "
                        "give each event its own version"s);
  CHECK(error_of<InvalidEventError>([&] {
          push_event_group({.force = true}, event, world.pokemons.group_event("pikachu", 1, PokemonLeveledUp{}));
        }).field() == "version");
  CHECK(world.is_empty());
  push_event_group(event, world.trainers.group_event("pikachu", 1, TrainerStarted{"Pikachu"}));
  CHECK(world.log.size() == 2);
}

TEST_CASE("a group of any size knows what comes before each event, and what it holds twice") {
  for (const Version size : {2, 8, 9, 20}) {
    World world{CASTORE_TESTS_EITHER_STORAGE};
    const auto group = [&](Version repeated) {
      std::vector<GroupedEvent> events;
      const auto add = [&](Version version) {
        version == 1 ? events.push_back(world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}))
                     : events.push_back(world.pokemons.group_event("pikachu", version, PokemonLeveledUp{}));
      };
      for (Version version = 1; version <= size; ++version) add(version);
      if (repeated > 0) add(repeated);
      return events;
    };
    for (const Version repeated : {Version{1}, Version{2}, size}) {
      const auto error = error_of<InvalidEventError>([&] { push_event_group(group(repeated)); });
      CHECK(error.what() ==
            "castore: version: a group holds event " + std::to_string(repeated) +
                " of aggregate 'pikachu' in event store 'POKEMONS' twice; give each event its own version");
    }
    std::vector<GroupedEvent> impossible = group(0);
    impossible.push_back(
        world.pokemons.group_event("raichu", (std::numeric_limits<Version>::min)(), PokemonLeveledUp{}));
    CHECK(error_of<InvalidEventError>([&] { push_event_group(impossible); }).field() == "version");
    CHECK(world.is_empty());
    push_event_group(group(0));
    REQUIRE(world.log.size() == static_cast<std::size_t>(size));
    CHECK(world.log.back() == "pokemon pikachu " + std::to_string(size) + " level " + std::to_string(size + 4));

    // What comes behind a gap follows nothing.
    std::vector<GroupedEvent> with_gap = group(0);
    with_gap.push_back(world.pokemons.group_event("pikachu", size + 2, PokemonLeveledUp{}));
    push_event_group(with_gap, {.force = true});
    CHECK(world.log.back() == "pokemon pikachu " + std::to_string(size + 2));
  }
}

TEST_CASE("a group is refused for an event that could not be pushed alone") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto field_of_error = [&](const GroupedEvent& event) {
    return error_of<InvalidEventError>([&] {
             push_event_group({world.trainers.group_event("ash", 1, TrainerStarted{"Ash"}), event});
           }).field();
  };
  CHECK(field_of_error(world.pokemons.group_event("a\0"s, 1, PokemonLeveledUp{})) == "aggregate_id");
  CHECK(field_of_error(world.pokemons.group_event("a", 0, PokemonLeveledUp{})) == "version");
  CHECK(field_of_error(world.pokemons.group_event("a", std::numeric_limits<Version>::min(), PokemonLeveledUp{})) ==
        "version");
  CHECK(field_of_error(world.pokemons.group_event("a", 2, PokemonLeveledUp{}, {.prev_aggregate = pikachu(1, 1)})) ==
        "prev_aggregate");
  CHECK(error_of<InvalidEventError>([&] {
          (void)world.pokemons.group_event("a", 1, PokemonLeveledUp{}, {.force = true});
        }).field() == "force");
  CHECK(world.is_empty());
}

TEST_CASE("events of one aggregate that come in the wrong order are refused") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto error = error_of<VersionGapError>([&] {
    push_event_group(world.pokemons.group_event("pikachu", 2, PokemonLeveledUp{}),
                     world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  });
  CHECK(error.version() == 2);
  CHECK(error.expected_version() == 1);
  CHECK(world.is_empty());
}

TEST_CASE("a grouped event belongs to its store also after that was assigned to") {
  RecordStorage storage;
  PokemonStore store{"A_LONG_NAME_FOR_THE_FIRST_STORE", storage};
  const GroupedEvent event = store.group_event("pikachu", 1, PokemonLeveledUp{});
  store = PokemonStore{"A_NAME_FOR_THE_SECOND_STORE", storage};
  push_event_group({event});
  CHECK(event.event_store_id() == "A_NAME_FOR_THE_SECOND_STORE");
  CHECK(store.get_events("pikachu").size() == 1);
}

// --- again and by force ----------------------------------------------------------------------------------------------

TEST_CASE("an event of a known type is pushed as a copy") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto appeared = world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  push_event_group(appeared);
  CHECK(error_of<EventAlreadyExistsError>([&] { push_event_group(appeared); }).version() == 1);
  CHECK(std::get<0>(push_event_group({.force = true}, appeared)).next_aggregate == pikachu(1, 5));
}

TEST_CASE("a grouped event can be pushed once and after a failure again") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  world.trainers.push_event("ash", 1, TrainerStarted{"Ash"});
  const GroupedEvent appeared = world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(error_of<EventAlreadyExistsError>([&] {
          push_event_group({appeared, world.trainers.group_event("ash", 1, TrainerStarted{"Ash"})});
        }).event_store_id() == "TRAINERS");
  push_event_group({appeared, world.trainers.group_event("ash", 2, TrainerCaughtPokemon{"pikachu"})});
  CHECK(world.pokemons.get_existing_aggregate("pikachu") == pikachu(1, 5));

  const auto error = error_of<InvalidEventError>([&] { push_event_group({appeared}, {.force = true}); });
  CHECK(error.field() == "event");
  CHECK(error.what() == "castore: event: a grouped event can be pushed once; make a new one"s);
}

TEST_CASE("a grouped event that is pushed again after a failure forgets the aggregate it was going to follow") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const auto second = world.pokemons.group_event("pikachu", 2, PokemonLeveledUp{});
  world.pokemons.push_event("pikachu", 1, PokemonAppeared{"Raichu", 50});
  CHECK(error_of<EventAlreadyExistsError>([&] {
          push_event_group(world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}), second);
        }).version() == 1);
  const auto results = push_event_group(second);
  CHECK(std::get<0>(results).next_aggregate == std::nullopt);
}

TEST_CASE("a forced group overwrites and leaves gaps in both forms") {
  World world{CASTORE_TESTS_EITHER_STORAGE};
  const TrainerStore trainers{"TRAINERS", world.storage, {.missing_versions = castore::MissingVersions::accept}};
  world.pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  push_event_group({.force = true}, world.pokemons.group_event("pikachu", 1, PokemonAppeared{"Raichu", 7}),
                   world.trainers.group_event("ash", 5, TrainerCaughtPokemon{"pikachu"}),
                   world.pokemons.group_event("pikachu", 3, PokemonHealed{}));
  CHECK(world.pokemons.get_existing_aggregate("pikachu") == Pokemon{{"pikachu", 3}, "Raichu", 8, ""});
  CHECK(trainers.get_existing_aggregate("ash").version == 5);
  CHECK(world.pokemons.list_aggregate_ids().aggregate_ids ==
        std::vector<castore::AggregateIdEntry>{{"pikachu", world.pokemons.get_events("pikachu").at(0).timestamp()}});

  push_event_group({world.pokemons.group_event("pikachu", 2, PokemonHealed{}),
                    world.trainers.group_event("ash", 5, TrainerCaughtPokemon{"raichu"})},
                   {.force = true});
  CHECK(world.pokemons.get_existing_aggregate("pikachu").level == 7);
  CHECK(trainers.get_existing_aggregate("ash").pokemons == std::vector{"raichu"s});
}

// --- hooks -----------------------------------------------------------------------------------------------------------

TEST_CASE("all hooks of a group are called also when one throws and the first error is the one that is thrown") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  std::vector<std::string> called;
  PokemonStore store{"POKEMONS", storage, {.on_event_pushed = [&](const PokemonStore::PushedEvent& pushed) {
                       called.push_back(pushed.event.aggregate_id());
                       if (pushed.event.aggregate_id() != "a") throw std::domain_error{pushed.event.aggregate_id()};
                     }}};
  const std::vector<GroupedEvent> events = {store.group_event("a", 1, PokemonLeveledUp{}),
                                            store.group_event("a rather long id, not kept in place", 1, PokemonLeveledUp{}),
                                            store.group_event("c", 1, PokemonLeveledUp{}),
                                            store.group_event("a", 2, PokemonLeveledUp{})};
  const auto error = error_of<OnEventPushedError>([&] { push_event_group(events); });
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "a rather long id, not kept in place");
  CHECK(error.version() == 1);
  CHECK(called == std::vector{"a"s, "a rather long id, not kept in place"s, "c"s, "a"s});
  CHECK(store.get_events("a").size() == 2);
  CHECK(store.get_events("c").size() == 1);
  CHECK(events[1].aggregate_id() == "a rather long id, not kept in place");
  CHECK(events[2].aggregate_id() == "c");
  CHECK(cause_of<std::domain_error>([&] {
          store.push_events("d", 0, PokemonLeveledUp{}, PokemonLeveledUp{});
        }).what() == "d"s);
  CHECK(store.get_events("d").size() == 2);
}

TEST_CASE("events of aggregates that cannot be copied can be grouped") {
  struct Sole : castore::Aggregate {
    std::unique_ptr<int> count;
  };
  struct SoleReducer {
    void operator()(Sole& sole, const PokemonAppeared&) const {
      sole.count = std::make_unique<int>(sole.count ? *sole.count + 1 : 1);
    }
  };
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Sole, SoleReducer> soles{"SOLES", storage};
  auto [first] = castore::push_event_group(soles.group_event("pikachu", 1, PokemonAppeared{}));
  REQUIRE(first.next_aggregate.has_value());
  auto [second] = castore::push_event_group(soles.group_event(
      "pikachu", 2, PokemonAppeared{}, {.prev_aggregate = std::move(first.next_aggregate)}));
  REQUIRE(second.next_aggregate.has_value());
  CHECK(*second.next_aggregate->count == 2);
  CHECK(soles.push_events("bulbasaur", 0, PokemonAppeared{}, PokemonAppeared{}).size() == 2);
}
