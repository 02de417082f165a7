// SPDX-License-Identifier: MIT
#include <castore/core/observer.hpp>

#include <castore/castore.hpp>
#include <castore/observers.hpp>
#include "core/pokemons.hpp"
#include "observers/recorder.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using castore::AnyObserver;
using castore::InMemoryEventStorageAdapter;
using castore::ObservedCommand;
using castore::ObservedEventStore;
using castore::Operation;
using castore::OperationKind;
using castore::Outcome;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonEvents;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::PokemonStore;
using castore_tests::Recorder;
using castore_tests::Told;

namespace {

/// Its span can be moved and nothing else.
struct Owning {
  std::unique_ptr<std::string> start(const Operation& operation) const {
    return std::make_unique<std::string>(operation.aggregate_id);
  }
  void end(std::unique_ptr<std::string> span, const Outcome& outcome) const noexcept {
    *last = *span + " " + std::to_string(outcome.count);
  }
  std::shared_ptr<std::string> last = std::make_shared<std::string>();
};

/// It cannot be copied, and its span not even moved.
struct Counter {
  struct Span {
    Span() = default;
    Span(const Span&) = delete;
    Span(Span&&) = default;
  };

  Counter() = default;
  Counter(const Counter&) = delete;
  Span start(const Operation&) const { return {}; }
  void end(const Span&, const Outcome&) const noexcept { ++ended; }
  mutable std::atomic<int> ended{0};
};

/// An observer of two functions.
template <class Start, class End>
struct Functions {
  Start start;
  End end;
};
template <class Start, class End>
Functions(Start, End) -> Functions<Start, End>;

/// What `AnyObserver` is not made of.
struct NoSpan {
  void start(const Operation&) const {}
  void end(const Outcome&) const {}
};
struct NotConst {
  int start(const Operation&) { return 0; }
  void end(int, const Outcome&) {}
};

static_assert(castore::Observer<Recorder> && castore::Observer<Owning> && castore::Observer<castore::NoObserver>);
static_assert(!castore::Observer<Counter> && castore::Observer<std::reference_wrapper<Counter>>);
static_assert(castore::Observer<std::reference_wrapper<const Counter>>);
static_assert(castore::Observer<AnyObserver>);
static_assert(!castore::Observer<NoSpan> && !castore::Observer<NotConst> && !castore::Observer<int>);
static_assert(castore::Observer<std::reference_wrapper<NotConst>>);
static_assert(!castore::Observer<std::reference_wrapper<const NotConst>>);

struct Fixture {
  InMemoryEventStorageAdapter storage{};
  PokemonStore pokemons{"POKEMONS", storage};
};

}  // namespace

TEST_CASE("each kind of operation has a name", "[observers]") {
  CHECK(to_string(OperationKind::push) == "push");
  CHECK(to_string(OperationKind::get_events) == "get_events");
  CHECK(to_string(OperationKind::get_aggregate) == "get_aggregate");
  CHECK(to_string(OperationKind::list_aggregate_ids) == "list_aggregate_ids");
  CHECK(to_string(OperationKind::command) == "command");
  CHECK(to_string(OperationKind::publish) == "publish");
  CHECK(to_string(OperationKind::poll) == "poll");
  CHECK(to_string(static_cast<OperationKind>(99)) == "unknown");
}

TEST_CASE("an AnyObserver without an observer tells nobody", "[observers]") {
  const AnyObserver nobody;
  CHECK_FALSE(nobody);
  CHECK(nobody.start({}) == nullptr);
  nobody.end(nullptr, {});

  Fixture fixture;
  ObservedEventStore observed{fixture.pokemons, nobody};
  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(observed.get_aggregate("pikachu")->level == 5);
}

TEST_CASE("a span that can be moved only gets to the end of its operation", "[observers]") {
  Fixture fixture;
  const Owning owning;
  ObservedEventStore observed{fixture.pokemons, owning};
  observed.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  CHECK(*owning.last == "pikachu 2");
  CHECK(observed.get_aggregate("nobody") == std::nullopt);
  CHECK(*owning.last == "nobody 0");
  const AnyObserver any{owning};
  any.end(any.start({.aggregate_id = "eevee"}), {.count = 3});
  CHECK(*owning.last == "eevee 3");
}

TEST_CASE("an observer that cannot be copied is referred to", "[observers]") {
  Fixture fixture;
  Counter counter;
  ObservedEventStore observed{fixture.pokemons, std::ref(counter)};
  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(observed.get_aggregate("pikachu"));
  const ObservedCommand level_up{
      castore::Command{"LEVEL_UP", observed, [](const Pokemon&) { return PokemonLeveledUp{}; }}, std::cref(counter)};
  level_up("pikachu");
  CHECK(counter.ended == 5);
  const AnyObserver any{std::ref(counter)};
  any.end(any.start({}), {});
  CHECK(counter.ended == 6);
}

TEST_CASE("two functions are an observer", "[observers]") {
  Fixture fixture;
  std::string told;
  const Functions functions{[](const Operation& operation) { return std::string{operation.store}; },
                            [&told](const std::string& span, const Outcome&) { told += span + ";"; }};
  ObservedEventStore observed{fixture.pokemons, functions};
  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(observed.get_events("pikachu").size() == 1);
  CHECK(told == "POKEMONS;POKEMONS;");
}

TEST_CASE("an observer that was type-erased is told by stores, commands and copies of it", "[observers]") {
  Fixture fixture;
  const Recorder recorder;
  const AnyObserver any{recorder};
  CHECK(any);
  const AnyObserver copy{any};
  ObservedEventStore observed{fixture.pokemons, copy};
  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1 at 1"});
  CHECK(observed.get_events("pikachu").size() == 1);
  CHECK(recorder.told() == Told{"start get_events POKEMONS pikachu", "end get_events POKEMONS pikachu: 1"});
}

TEST_CASE("a store that names its adapter, and one with aggregates that can be moved only, are observed",
          "[observers]") {
  struct Moved {
    std::string aggregate_id;
    castore::Version version = 0;
    std::unique_ptr<int> level{};
  };
  struct Reducer {
    void operator()(Moved& moved, const PokemonAppeared& event) const {
      moved.level = std::make_unique<int>(event.level);
    }
    void operator()(Moved& moved, const PokemonLeveledUp&) const { ++*moved.level; }
  };
  using Events = castore::Events<PokemonAppeared, PokemonLeveledUp>;
  InMemoryEventStorageAdapter storage;
  castore::EventStore<Events, Moved, Reducer, InMemoryEventStorageAdapter> pokemons{"POKEMONS", storage};
  const Recorder recorder;
  ObservedEventStore observed{pokemons, recorder};
  observed.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  CHECK(*observed.get_existing_aggregate("pikachu").level == 6);
  CHECK(*observed.get_aggregate("pikachu")->level == 6);
  CHECK(*observed.extend_aggregate(observed.get_existing_aggregate("pikachu", {.max_version = 1})).level == 6);
  CHECK(*observed.get_history("pikachu").aggregate->level == 6);
  CHECK(recorder.told().size() == 12);
}
