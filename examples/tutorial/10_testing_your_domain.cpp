// SPDX-License-Identifier: MIT
// Rules are tested without a storage, handlers on mocked stores.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>
#include <castore/testing/check_events.hpp>
#include <castore/testing/given_when_then.hpp>
#include <castore/testing/mock_event_store.hpp>
#include <castore/testing/property_check.hpp>

#include <iostream>
#include <optional>
#include <stdexcept>

int main() {
  using castore::testing::given;
  using castore::testing::throws;

  // [rules]
  given<PokemonStore>().when(appear, "Pikachu", 5).then(PokemonAppeared{"Pikachu", 5});
  given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(level_up).then(PokemonLeveledUp{});
  given<PokemonStore>(PokemonAppeared{"Pikachu", 99}, PokemonLeveledUp{})
      .when(level_up)
      .then(throws<std::domain_error>());
  std::cout << "the rules are as expected\n";
  // [/rules]

  // [failure]
  try {
    given<PokemonStore>().when(appear, "Pikachu", 5).then(PokemonAppeared{"Pikachu", 6});
  } catch (const castore::testing::Failure& failure) {
    std::cout << failure.what();
  }
  // [/failure]

  // [properties]
  castore::testing::check_events<PokemonEvents>(PokemonAppeared{"Pikachu", 5});
  const auto appear_somewhere = [](const std::optional<Pokemon>& pokemon) { return appear(pokemon, "Pikachu", 98); };
  castore::testing::check_reducer<PokemonStore>(appear_somewhere, level_up, PokemonCaughtByTrainer{"ash"});
  std::cout << "events come back from JSON, and the reducer is pure\n";
  // [/properties]

  // [mock]
  auto pokemons = castore::testing::mock_event_store(
      PokemonStore{"POKEMONS"},
      {castore::EventDetail<PokemonAppeared>{.aggregate_id = "pikachu", .version = 1, .payload = {"Pikachu", 5}}});
  auto trainers = castore::testing::mock_event_store(
      TrainerStore{"TRAINERS"}, pokemons,
      {castore::EventDetail<GameStarted>{.aggregate_id = "ash", .version = 1, .payload = {"Ash"}}});

  catch_pokemon(pokemons, trainers)(CatchPokemon{"pikachu", "ash"});
  std::cout << "Ash has " << trainers.get_events("ash").size() << " events\n";

  trainers.reset();  // for the next test; pokemons too, as they share a storage
  std::cout << "Ash has " << trainers.get_events("ash").size() << " event again\n";
  // [/mock]
}
