// SPDX-License-Identifier: MIT
#include <castore/core/event.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>

using castore::EventDetail;
using castore_tests::at;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;

TEST_CASE("an event detail that says nothing of its time leaves it to the store's clock") {
  const EventDetail<PokemonAppeared> event{.aggregate_id = "pikachu", .version = 1, .payload = {"Pikachu", 5}};
  CHECK(event.aggregate_id == "pikachu");
  CHECK(event.version == 1);
  CHECK(event.timestamp == castore::unset_timestamp);
  CHECK(event.payload == PokemonAppeared{"Pikachu", 5});
  CHECK(event.type() == "POKEMON_APPEARED");
}

TEST_CASE("event details are equal when everything about them is") {
  const EventDetail<PokemonCaught> event{"pikachu", 2, at(0), {1}, {"ash"}};
  EventDetail<PokemonCaught> other = event;
  CHECK(event == other);
  other.aggregate_id = "raichu";
  CHECK(event != other);
  other = event;
  other.version = 3;
  CHECK(event != other);
  other = event;
  other.timestamp = at(1);
  CHECK(event != other);
  other = event;
  other.payload.balls = 2;
  CHECK(event != other);
  other = event;
  other.metadata.trainer = "misty";
  CHECK(event != other);
}

TEST_CASE("event details without payload or metadata are compared by the rest") {
  const EventDetail<PokemonLeveledUp> event{"pikachu", 2, at(0), {}, {}};
  CHECK(event == EventDetail<PokemonLeveledUp>{"pikachu", 2, at(0), {}, {}});
  CHECK(event != EventDetail<PokemonLeveledUp>{"pikachu", 3, at(0), {}, {}});

  const EventDetail<PokemonHealed> healed{"pikachu", 2, at(0), {}, std::nullopt};
  CHECK(healed == EventDetail<PokemonHealed>{"pikachu", 2, at(0), {}, {}});
  CHECK(healed != EventDetail<PokemonHealed>{"pikachu", 2, at(0), {}, PokemonHealed::Nurse{"joy"}});
}
