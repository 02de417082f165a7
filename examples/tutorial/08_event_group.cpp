// SPDX-License-Identifier: MIT
// Events of several stores are pushed together: all of them or none.

#include "pokemon/commands.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <stdexcept>
#include <string>

int main() {
  // [setup]
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  TrainerStore trainers{"TRAINERS", storage};

  const auto appear_in_the_wild = wild_pokemon_appears(pokemons);
  appear_in_the_wild("pikachu", "Pikachu", 5);
  appear_in_the_wild("bulbasaur", "Bulbasaur", 7);
  const std::string ash = start_pokemon_game(trainers)(StartPokemonGame{"Ash"}, [] { return std::string{"ash"}; });
  // [/setup]

  const auto print = [&] {
    const Trainer trainer = trainers.get_existing_aggregate(ash);
    std::cout << trainer.name << " has caught " << trainer.caught_pokemon_ids.size();
    for (const std::string id : {"pikachu", "bulbasaur"}) {
      const bool is_wild = pokemons.get_existing_aggregate(id).status == PokemonStatus::wild;
      std::cout << ", " << id << " is " << (is_wild ? "wild" : "caught");
    }
    std::cout << '\n';
  };

  // [catch]
  const auto catch_it = catch_pokemon(pokemons, trainers);
  catch_it(CatchPokemon{"pikachu", ash});
  print();
  try {
    catch_it(CatchPokemon{"pikachu", ash});
  } catch (const std::domain_error& error) {
    std::cout << error.what() << '\n';
  }
  // [/catch]

  // [none]
  try {
    castore::push_event_group(pokemons.group_event("bulbasaur", 2, PokemonCaughtByTrainer{ash}),
                              trainers.group_event(ash, 2, PokemonCaught{"bulbasaur"}));
  } catch (const castore::EventAlreadyExistsError& error) {
    std::cout << "version " << error.version() << " of " << error.aggregate_id() << " in " << error.event_store_id()
              << " exists\n";
  }
  print();
  // [/none]
}
