// SPDX-License-Identifier: MIT
// A rule that asks a read model decides on an old state.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <functional>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  for (const char* id : {"pikachu", "bulbasaur"}) pokemons.push_event(id, 1, PokemonAppeared{id, 5});

  // [fall]
  std::set<std::string, std::less<>> wild_pokemons;  // a read model, updated now and then
  for (const auto& entry : pokemons.aggregate_ids()) {
    const Pokemon pokemon = pokemons.get_existing_aggregate(entry.aggregate_id);
    if (pokemon.status == PokemonStatus::wild) wild_pokemons.insert(pokemon.aggregate_id);
  }
  const auto decide_by_list = [&](const Pokemon& pokemon, const std::string& trainer_id) {
    if (!wild_pokemons.contains(pokemon.aggregate_id)) throw std::domain_error{pokemon.name + " is caught"};
    return PokemonCaughtByTrainer{trainer_id};
  };
  const castore::Command catch_if_listed{"CATCH_POKEMON", pokemons, decide_by_list};
  catch_if_listed("pikachu", "ash");
  catch_if_listed("pikachu", "misty");
  // [/fall]
  for (const auto& event : pokemons.get_events("pikachu")) std::cout << event.version() << ' ' << event.type() << '\n';

  // [way]
  const auto decide_by_state = [](const Pokemon& pokemon, const std::string& trainer_id) {
    if (pokemon.status == PokemonStatus::caught) throw std::domain_error{pokemon.name + " is caught"};
    return PokemonCaughtByTrainer{trainer_id};
  };
  const castore::Command catch_pokemon{"CATCH_POKEMON", pokemons, decide_by_state};
  catch_pokemon("bulbasaur", "ash");
  try {
    catch_pokemon("bulbasaur", "misty");
  } catch (const std::domain_error& error) {
    std::cout << error.what() << '\n';
  }
  // [/way]
}
