// SPDX-License-Identifier: MIT
// Readers do not read an event twice, so history is not repaired in place but copied to a new store.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/maintenance/copy_events.hpp>

#include <iostream>
#include <map>
#include <span>
#include <string>
#include <vector>

// [read_model]
struct Levels {
  struct Row {
    castore::Version version = 0;
    int level = 0;
  };
  std::map<std::string, Row> rows{};

  void take(const castore::Event<PokemonEvents>& event) {
    Row& row = rows[event.aggregate_id()];
    if (event.version() <= row.version) return;  // already taken
    row.version = event.version();
    if (const auto* appeared = event.get_if<PokemonAppeared>()) row.level = appeared->payload.level;
    if (event.get_if<PokemonLeveledUp>()) ++row.level;
  }
};
// [/read_model]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  Levels levels;
  PokemonStore pokemons{
      "POKEMONS", storage, {.on_event_pushed = [&](const auto& pushed) { levels.take(pushed.event); }}};
  // a bug of the importer: two zeros too many
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 500}, PokemonLeveledUp{});
  pokemons.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});

  // [way]
  PokemonStore repaired{"POKEMONS_2", storage};
  castore::copy_events(pokemons, repaired, [](std::span<const PokemonStore::Event> events) {
    std::vector<PokemonStore::Event> changed(events.begin(), events.end());
    for (PokemonStore::Event& event : changed) {
      const auto* appeared = event.get_if<PokemonAppeared>();
      if (!appeared || appeared->payload.level <= 100) continue;
      auto right = *appeared;
      right.payload.level /= 100;
      event = right;
    }
    return changed;
  });
  Levels levels_2;
  for (const auto& entry : repaired.aggregate_ids()) {
    for (const auto& event : repaired.get_events(entry.aggregate_id)) levels_2.take(event);
  }
  // [/way]

  // [fall]
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}, {.force = true});
  std::cout << "edited: the store says " << pokemons.get_existing_aggregate("pikachu").level << ", the read model says "
            << levels.rows["pikachu"].level << '\n';
  // [/fall]
  std::cout << "copied: the store says " << repaired.get_existing_aggregate("pikachu").level << ", the read model says "
            << levels_2.rows["pikachu"].level << '\n';
}
