// SPDX-License-Identifier: MIT
// Moves an event store to another storage, and then leaves out what somebody wants deleted.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/maintenance/copy_events.hpp>

#include <iostream>
#include <span>
#include <vector>

// [change]
using PokemonHistory = std::vector<PokemonStore::Event>;

PokemonHistory without_ash(std::span<const PokemonStore::Event> events) {  // all of one pokemon
  PokemonHistory changed(events.begin(), events.end());
  for (PokemonStore::Event& event : changed) {
    const auto* caught = event.get_if<PokemonCaughtByTrainer>();
    if (!caught || caught->payload.trainer_id != "ash") continue;
    auto forgotten = *caught;
    forgotten.payload.trainer_id = "somebody";
    event = forgotten;
  }
  return changed;
}
// [/change]

int main() {
  castore::InMemoryEventStorageAdapter memory;
  PokemonStore pokemons{"POKEMONS", memory};
  // [push_events]
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  // [/push_events]
  pokemons.push_event("eevee", 1, PokemonAppeared{"Eevee", 3});

  // [run]
  castore::SqliteEventStorageAdapter file{":memory:"};
  std::cout << castore::copy_events(memory, file).written_count << " events copied\n";
  pokemons.push_event("pikachu", 3, PokemonCaughtByTrainer{"ash"});
  std::cout << castore::copy_events(memory, file).written_count << " more\n";
  pokemons.set_event_storage_adapter(file);
  std::cout << "level " << pokemons.get_existing_aggregate("pikachu").level << " in the new storage\n";
  // [/run]

  // [forget]
  PokemonStore pokemons_2{"POKEMONS_2", file};
  const auto is_alike = [](const Pokemon& before, const Pokemon& after) {
    return before.level == after.level && before.status == after.status;
  };
  const castore::CopyResult dry =
      castore::copy_events(pokemons, pokemons_2, without_ash, {.check = is_alike, .dry_run = true});
  std::cout << "would write " << dry.written_count << " events of " << dry.aggregate_count << " pokemons\n";
  castore::copy_events(pokemons, pokemons_2, without_ash, {.check = is_alike});
  std::cout << "caught by " << pokemons_2.get_existing_aggregate("pikachu").trainer_id << '\n';
  // [/forget]
}
