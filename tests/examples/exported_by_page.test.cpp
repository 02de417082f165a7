// SPDX-License-Identifier: MIT
// What the web page exports of an aggregate "as a test", as the tests of the page compare it.
#include "pokemon/commands.hpp"

#include <castore/testing/given_when_then.hpp>

#include "support/catch.hpp"

// Written from stored events: the names of types and fields are guesses, and enumerations are still text.
TEST_CASE("POKEMON_LEVELED_UP after 2 events of ivysaur") {
  using namespace castore::testing;
  CHECK(
      given<PokemonStore>(PokemonAppeared{.name = "Ivysaur", .level = 16}, PokemonCaughtByTrainer{.trainer_id = "ash"})
          .when(level_up)
          .then(PokemonLeveledUp{}));
}
