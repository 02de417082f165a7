// SPDX-License-Identifier: MIT
// Whoever has read an event does not read it again: history is not repaired in place but copied to a new store.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <map>
#include <string>

// [read_model]
struct Levels {  // a read model that takes each version once, as it should
  std::map<std::string, Pokemon> pokemons{};

  void operator()(const castore::PushedEvent<PokemonEvents, Pokemon>& pushed) {
    Pokemon& pokemon = pokemons[pushed.event.aggregate_id()];
    if (pushed.event.version() <= pokemon.version || !pushed.next_aggregate) return;
    pokemon = *pushed.next_aggregate;
  }
};
// [/read_model]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  Levels levels;
  PokemonStore pokemons{"POKEMONS", storage, {.on_event_pushed = [&](const auto& pushed) { levels(pushed); }}};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 500});  // a bug of the importer: one zero too many
  pokemons.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});

  // [way]
  PokemonStore repaired{"POKEMONS_2", storage};
  Levels levels_2;
  for (const auto& entry : pokemons.aggregate_ids()) {
    for (const auto& event : pokemons.get_events(entry.aggregate_id)) {
      event.visit(
          [&](castore::EventDetail<PokemonAppeared> appeared) {
            if (appeared.payload.level > 100) appeared.payload.level /= 100;
            levels_2({appeared, repaired.push_event(appeared).next_aggregate});
          },
          [&](const auto& other) { repaired.push_event(other); });
    }
  }
  // [/way]

  // [fall]
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}, {.force = true});
  std::cout << "edited: the store says " << pokemons.get_existing_aggregate("pikachu").level << ", the read model says "
            << levels.pokemons["pikachu"].level << '\n';
  // [/fall]
  std::cout << "copied: the store says " << repaired.get_existing_aggregate("pikachu").level << ", the read model says "
            << levels_2.pokemons["pikachu"].level << '\n';
}
