// SPDX-License-Identifier: MIT
#include <castore/core/events.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

using castore::Event;
using castore::EventDetail;
using castore::Events;
using castore_tests::at;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvent;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;

namespace {

struct Carried {
  static constexpr std::string_view type = "CARRIED";
  std::unique_ptr<int> weight;
};
struct Dropped {
  static constexpr std::string_view type = "DROPPED";
};

const PokemonEvent appeared = EventDetail<PokemonAppeared>{"pikachu", 1, at(0), {"Pikachu", 5}, {}};
const PokemonEvent leveled_up = EventDetail<PokemonLeveledUp>{"pikachu", 2, at(1), {}, {}};
const PokemonEvent caught = EventDetail<PokemonCaught>{"pikachu", 3, at(2), {2}, {"ash"}};

}  // namespace

TEST_CASE("an event tells what all events have whatever its type is") {
  CHECK(appeared.aggregate_id() == "pikachu");
  CHECK(appeared.version() == 1);
  CHECK(appeared.timestamp() == at(0));
  CHECK(appeared.type() == "POKEMON_APPEARED");
  CHECK(caught.aggregate_id() == "pikachu");
  CHECK(caught.version() == 3);
  CHECK(caught.timestamp() == at(2));
  CHECK(caught.type() == "POKEMON_CAUGHT");
}

TEST_CASE("get_if gives the detail of an event when it has the type asked for") {
  REQUIRE(caught.get_if<PokemonCaught>() != nullptr);
  CHECK(caught.get_if<PokemonCaught>()->payload.balls == 2);
  CHECK(caught.get_if<PokemonCaught>()->metadata.trainer == "ash");
  CHECK(caught.get_if<PokemonAppeared>() == nullptr);
  CHECK(caught.get_if<PokemonLeveledUp>() == nullptr);
}

TEST_CASE("visit calls the function that fits the event best") {
  const auto describe = [](const PokemonEvent& event) {
    return event.visit([](const EventDetail<PokemonAppeared>& detail) { return detail.payload.name; },
                       [](const EventDetail<PokemonCaught>& detail) { return detail.metadata.trainer; },
                       [](const auto& detail) { return "other: " + std::string{detail.type()}; });
  };
  CHECK(describe(appeared) == "Pikachu");
  CHECK(describe(caught) == "ash");
  CHECK(describe(leveled_up) == "other: POKEMON_LEVELED_UP");
}

TEST_CASE("visit takes functions that change and functions that are lvalues") {
  int levels = 0;
  auto count = [&levels](const EventDetail<PokemonLeveledUp>&) mutable { ++levels; };
  const auto ignore = [](const auto&) {};
  for (const PokemonEvent& event : {appeared, leveled_up, leveled_up}) event.visit(count, ignore);
  CHECK(levels == 2);
}

TEST_CASE("events are equal when they have the same type and equal details") {
  CHECK(appeared == PokemonEvent{*appeared.get_if<PokemonAppeared>()});
  CHECK(appeared != leveled_up);
  EventDetail<PokemonAppeared> other = *appeared.get_if<PokemonAppeared>();
  other.payload.level = 6;
  CHECK(appeared != PokemonEvent{other});
  CHECK(PokemonEvent{EventDetail<PokemonHealed>{"pikachu", 2, at(1), {}, {}}} != leveled_up);
}

TEST_CASE("an event owns its payload and gives it away when it is moved from") {
  using Parcel = Event<Events<Carried, Dropped>>;
  Parcel parcel = EventDetail<Carried>{"parcel", 1, at(0), {std::make_unique<int>(3)}, {}};
  Parcel moved = std::move(parcel);
  REQUIRE(moved.get_if<Carried>() != nullptr);
  CHECK(*moved.get_if<Carried>()->payload.weight == 3);
  EventDetail<Carried> detail = std::get<EventDetail<Carried>>(std::move(moved).variant());
  CHECK(*detail.payload.weight == 3);
  CHECK(moved.get_if<Carried>() != nullptr);
}
