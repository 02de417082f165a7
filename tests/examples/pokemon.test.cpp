// SPDX-License-Identifier: MIT
// The rules of the game that examples and tutorial share.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>
#include <castore/testing/given_when_then.hpp>
#include <castore/testing/id_generator.hpp>
#include <castore/testing/mock_event_store.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using castore::testing::given;
using castore::testing::mock_event_store;
using castore::testing::throws;

namespace {

// [says]
auto says(std::string_view what) {
  return throws<std::domain_error>([what](const std::domain_error& error) { return error.what() == what; });
}
// [/says]

}  // namespace

// [appears]
TEST_CASE("a pokemon appears once") {
  CHECK(given<PokemonStore>().when(appear, "Pikachu", 5).then(PokemonAppeared{"Pikachu", 5}));
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 5})
            .when(appear, "Pikachu", 5)
            .then(says("Pikachu has appeared before")));
}
// [/appears]

// [level_up]
TEST_CASE("a pokemon levels up to level 100") {
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 99}).when(level_up).then(PokemonLeveledUp{}));
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 100}).when(level_up).then(throws<std::domain_error>()));
}
// [/level_up]

TEST_CASE("a pokemon that never appeared cannot level up") {
  CHECK(given<PokemonStore>().when(level_up).then(throws<castore::AggregateNotFoundError>()));
}

// [ids]
TEST_CASE("a game starts with a new id") {
  auto trainers = mock_event_store(TrainerStore{"TRAINERS"});
  const std::string id =
      start_pokemon_game(trainers)(StartPokemonGame{"Ash"}, castore::testing::IdGenerator{"trainer"});
  CHECK(id == "trainer-1");
  CHECK(trainers.get_existing_aggregate(id).name == "Ash");
}
// [/ids]

TEST_CASE("who catches a pokemon has one more, and nobody catches it again") {
  auto pokemons = mock_event_store(PokemonStore{"POKEMONS"});
  auto trainers = mock_event_store(TrainerStore{"TRAINERS"}, pokemons);
  const auto catch_it = catch_pokemon(pokemons, trainers);
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  trainers.push_event("ash", 1, GameStarted{"Ash"});
  trainers.push_event("misty", 1, GameStarted{"Misty"});

  catch_it(CatchPokemon{"pikachu", "ash"});
  const Pokemon pikachu = pokemons.get_existing_aggregate("pikachu");
  CHECK(pikachu.status == PokemonStatus::caught);
  CHECK(pikachu.trainer_id == "ash");
  CHECK(trainers.get_existing_aggregate("ash").caught_pokemon_ids == std::vector<std::string>{"pikachu"});

  try {
    catch_it(CatchPokemon{"pikachu", "misty"});
    FAIL("Pikachu was caught twice");
  } catch (const std::domain_error& error) {
    CHECK(error.what() == std::string_view{"Pikachu is already caught"});
  }
  CHECK(pokemons.get_events("pikachu").size() == 2);
  CHECK(trainers.get_events("misty").size() == 1);
}

TEST_CASE("only a trainer catches a pokemon") {
  auto pokemons = mock_event_store(PokemonStore{"POKEMONS"});
  auto trainers = mock_event_store(TrainerStore{"TRAINERS"}, pokemons);
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  try {
    catch_pokemon(pokemons, trainers)(CatchPokemon{"pikachu", "nobody"});
    FAIL("nobody caught Pikachu");
  } catch (const castore::AggregateNotFoundError& error) {
    CHECK(error.event_store_id() == "TRAINERS");
    CHECK(error.aggregate_id() == "nobody");
  }
  CHECK(pokemons.get_existing_aggregate("pikachu").status == PokemonStatus::wild);
}
