// SPDX-License-Identifier: MIT
// A test that looks at the state sees what it asks for; a test of the decision sees everything.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>
#include <castore/testing/given_when_then.hpp>

#include <iostream>
#include <optional>
#include <stdexcept>
#include <tuple>

using castore::testing::given;
using castore::testing::nothing;
using castore::testing::throws;

// [decide]
auto level_up_wrongly(const Pokemon& pokemon) {
  return std::tuple{level_up(pokemon), PokemonCaughtByTrainer{"nobody"}};  // left over from an experiment
}
// [/decide]

int main() {
  // [fall]
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  castore::Command{"LEVEL_UP", pokemons, level_up_wrongly}("pikachu");
  std::cout << "state test: " << (pokemons.get_existing_aggregate("pikachu").level == 6 ? "passed" : "failed") << '\n';
  // [/fall]

  // [way]
  try {
    given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(level_up_wrongly).then(PokemonLeveledUp{});
  } catch (const castore::testing::Failure& failure) {
    std::cout << failure.what();
  }
  // [/way]

  // [all]
  const auto train_if_caught = [](const Pokemon& pokemon) {
    return pokemon.status == PokemonStatus::wild ? std::optional<PokemonLeveledUp>{} : PokemonLeveledUp{};
  };
  given<PokemonStore>(PokemonAppeared{"Pikachu", 99}).when(level_up).then(PokemonLeveledUp{});
  given<PokemonStore>(PokemonAppeared{"Pikachu", 100}).when(level_up).then(throws<std::domain_error>());
  given<PokemonStore>().when(level_up).then(throws<castore::AggregateNotFoundError>());
  given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(train_if_caught).then(nothing);
  std::cout << "four decisions are as expected\n";
  // [/all]
}
