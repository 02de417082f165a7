// SPDX-License-Identifier: MIT
#include <castore/observers/observed_event_store.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include <castore/snapshots/cached_event_store.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "observers/recorder.hpp"
#include "support/catch.hpp"

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using castore::InMemoryEventStorageAdapter;
using castore::NoObserver;
using castore::ObservedEventStore;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonEvents;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::Recorder;
using castore_tests::Told;

using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

// An observer that does nothing costs nothing.
static_assert(sizeof(ObservedEventStore<PokemonStore>) == sizeof(PokemonStore));
static_assert(sizeof(ObservedEventStore<PokemonStore, NoObserver>) == sizeof(PokemonStore));
static_assert(castore::DerivableStore<ObservedEventStore<PokemonStore, Recorder>>);
static_assert(castore::Observer<Recorder> && castore::Observer<NoObserver> && castore::Observer<castore::AnyObserver>);
static_assert(!castore::Observer<int>);

namespace {

struct Fixture {
  InMemoryEventStorageAdapter storage{};
  PokemonStore pokemons{"POKEMONS", storage};
  Recorder recorder{};
  ObservedEventStore<PokemonStore, Recorder> observed{pokemons, recorder};
};

struct ThrowsInReducer {
  void operator()(Pokemon&, const auto&) const { throw std::domain_error{"the reducer says no"}; }
};

}  // namespace

TEST_CASE("an observer is told of each push, and what became of it", "[observers]") {
  Fixture fixture;
  auto& [storage, pokemons, recorder, observed] = fixture;

  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1 at 1"});

  observed.push_events("pikachu", 1, PokemonLeveledUp{}, PokemonLeveledUp{});
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x2", "end push POKEMONS pikachu x2: 2 at 2"});

  CHECK_FALSE(observed.try_push_event("pikachu", 3, PokemonLeveledUp{}));
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, conflict"});

  CHECK_THROWS_AS(observed.push_event("pikachu", 3, PokemonLeveledUp{}), castore::EventAlreadyExistsError);
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, conflict"});

  CHECK_THROWS_AS(observed.push_event("pikachu", 9, PokemonLeveledUp{}), castore::VersionGapError);
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, VersionGapError"});

  const auto refused = error_of<castore::InvalidEventError>([&] { observed.push_event("mew", 0, PokemonLeveledUp{}); });
  CHECK(recorder.told() ==
        Told{"start push POKEMONS mew x1", std::string{"end push POKEMONS mew x1: 0, "} + refused.what()});

  pokemons.push_event("ditto", 1, PokemonAppeared{"Ditto", 1});
  CHECK(recorder.told().empty());  // through the store itself
}

TEST_CASE("an observer is told of a push whose hook failed as of one that was stored", "[observers]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage, {.on_event_pushed = [](const auto&) { throw std::domain_error{"no"}; }}};
  const Recorder recorder;
  ObservedEventStore observed{pokemons, recorder};
  CHECK_THROWS_AS(observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}), castore::OnEventPushedError);
  CHECK(recorder.told() ==
        Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1 at 1, OnEventPushedError"});
}

TEST_CASE("what an observer's start throws ends the push before anything is done", "[observers]") {
  Fixture fixture;
  auto& [storage, pokemons, recorder, observed] = fixture;
  const Recorder inner;
  ObservedEventStore both{observed, recorder};

  const std::string id = "refused by the observer";
  CHECK_THROWS_AS(observed.push_event(id, 1, PokemonAppeared{"Pikachu", 5}), std::domain_error);
  CHECK_FALSE(pokemons.get_aggregate(id));
  CHECK_THROWS_AS(observed.get_aggregate(id), std::domain_error);
  CHECK(recorder.told().empty());
}

TEST_CASE("when the second observer of a push throws, the first one is told the end", "[observers]") {
  struct Refuses {
    int start(const castore::Operation&) const { throw std::domain_error{"not now"}; }
    void end(int, const castore::Outcome&) const noexcept {}
  };
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const Recorder recorder;
  ObservedEventStore observed{pokemons, recorder};
  ObservedEventStore refusing{observed, Refuses{}};
  CHECK_THROWS_AS(refusing.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}), std::domain_error);
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, not now"});
  CHECK_FALSE(pokemons.get_aggregate("pikachu"));
}

TEST_CASE("a reducer that refuses an event ends its operation with the error", "[observers]") {
  InMemoryEventStorageAdapter storage;
  castore::EventStore<PokemonEvents, Pokemon, ThrowsInReducer> pokemons{"POKEMONS", storage};
  const Recorder recorder;
  ObservedEventStore observed{pokemons, recorder};
  CHECK_THROWS_AS(observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}), std::domain_error);
  CHECK(recorder.told() ==
        Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, the reducer says no"});
}

TEST_CASE("the events that a group pushes to a store are one operation of it", "[observers]") {
  Fixture fixture;
  auto& [storage, pokemons, recorder, observed] = fixture;
  PokemonStore others{"OTHERS", storage};
  const Recorder recorder_of_others;
  ObservedEventStore observed_others{others, recorder_of_others};

  castore::push_event_group(observed.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
                            observed_others.group_event("ditto", 1, PokemonAppeared{"Ditto", 1}),
                            observed.group_event("eevee", 1, PokemonAppeared{"Eevee", 2}));
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x2", "end push POKEMONS pikachu x2: 2 at 1"});
  CHECK(recorder_of_others.told() == Told{"start push OTHERS ditto x1", "end push OTHERS ditto x1: 1"});

  CHECK_THROWS_AS(castore::push_event_group(observed.group_event("pikachu", 2, PokemonLeveledUp{}),
                                            observed_others.group_event("ditto", 1, PokemonLeveledUp{})),
                  castore::EventAlreadyExistsError);
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, conflict"});
  CHECK(recorder_of_others.told() == Told{"start push OTHERS ditto x1", "end push OTHERS ditto x1: 0, conflict"});

  // The place of the first event is not that of another store's.
  castore::push_event_group(others.group_event("mew", 1, PokemonAppeared{"Mew", 1}),
                            observed.group_event("pikachu", 2, PokemonLeveledUp{}));
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1"});

  InMemoryEventStorageAdapter elsewhere;
  PokemonStore far{"FAR", elsewhere};
  CHECK_THROWS_AS(castore::push_event_group(observed.group_event("pikachu", 3, PokemonLeveledUp{}),
                                            far.group_event("mew", 1, PokemonLeveledUp{})),
                  castore::InvalidEventError);
  const Told refused = recorder.told();
  REQUIRE(refused.size() == 2);
  CHECK(refused.back().find("is kept by another adapter") != std::string::npos);
}

TEST_CASE("an observer is told of each load and each page", "[observers]") {
  Fixture fixture;
  auto& [storage, pokemons, recorder, observed] = fixture;
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  pokemons.push_event("eevee", 1, PokemonAppeared{"Eevee", 2});

  CHECK(observed.get_events("pikachu").size() == 2);
  CHECK(recorder.told() == Told{"start get_events POKEMONS pikachu", "end get_events POKEMONS pikachu: 2"});
  CHECK(observed.get_history("pikachu").events.size() == 2);
  CHECK(recorder.told() == Told{"start get_events POKEMONS pikachu", "end get_events POKEMONS pikachu: 2"});
  CHECK(observed.get_aggregate("pikachu", {.max_version = 1})->version == 1);
  CHECK(recorder.told() == Told{"start get_aggregate POKEMONS pikachu", "end get_aggregate POKEMONS pikachu: 1"});
  CHECK_FALSE(observed.get_aggregate("nobody"));
  CHECK(recorder.told() == Told{"start get_aggregate POKEMONS nobody", "end get_aggregate POKEMONS nobody: 0"});
  CHECK_THROWS_AS(observed.get_existing_aggregate("nobody"), castore::AggregateNotFoundError);
  CHECK(recorder.told() ==
        Told{"start get_aggregate POKEMONS nobody", "end get_aggregate POKEMONS nobody: 0, AggregateNotFoundError"});
  CHECK(observed.extend_aggregate(*pokemons.get_aggregate("pikachu", {.max_version = 1})).version == 2);
  CHECK(recorder.told() == Told{"start get_aggregate POKEMONS pikachu", "end get_aggregate POKEMONS pikachu: 1"});

  CHECK(observed.list_aggregate_ids().aggregate_ids.size() == 2);
  CHECK(recorder.told() == Told{"start list_aggregate_ids POKEMONS", "end list_aggregate_ids POKEMONS: 2"});
  std::size_t listed = 0;
  for ([[maybe_unused]] const auto& one : observed.aggregate_ids({.limit = 1})) ++listed;
  CHECK(listed == 2);
  CHECK(recorder.told().size() == 4);  // two pages
}

TEST_CASE("a command over an observed store has its loads and pushes told", "[observers]") {
  Fixture fixture;
  auto& [storage, pokemons, recorder, observed] = fixture;
  const castore::Command appear{"APPEAR", observed, [](const std::optional<Pokemon>&) {
                                  return std::vector<std::variant<PokemonAppeared, PokemonLeveledUp>>{
                                      PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}};
                                }};
  appear("pikachu");
  CHECK(recorder.told() == Told{"start get_aggregate POKEMONS pikachu", "end get_aggregate POKEMONS pikachu: 0",
                                "start push POKEMONS pikachu x2", "end push POKEMONS pikachu x2: 2 at 1"});
}

TEST_CASE("an observed store of a cached one, and a cached one of it, are told all the same", "[observers]") {
  Fixture fixture;
  auto& [storage, pokemons, recorder, observed] = fixture;
  castore::CachedEventStore cached{observed};
  const Recorder outer;
  ObservedEventStore outmost{cached, outer};
  outmost.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(recorder.told().size() == 2);
  CHECK(outer.told().size() == 2);
  CHECK(outmost.get_aggregate("pikachu")->level == 5);
  CHECK(outmost.get_aggregate("pikachu")->level == 5);
  CHECK(outer.told().size() == 4);
  auto copy = outmost;
  copy.push_event("pikachu", 2, PokemonLeveledUp{});
  CHECK(outer.told().size() == 2);
}

TEST_CASE("a store with an observer that does nothing does what the store does", "[observers]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  ObservedEventStore same{pokemons};
  same.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(same.get_existing_aggregate("pikachu").level == 5);
  CHECK(same.options().extension == nullptr);
}
