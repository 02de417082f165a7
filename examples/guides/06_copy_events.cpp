// SPDX-License-Identifier: MIT
// Moves an event store to another storage, record by record; to run it again copies what has come since.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>

#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

// [copy]
std::size_t copy_events(castore::AnyEventStorageAdapter source, castore::AnyEventStorageAdapter target,
                        std::string_view event_store_id) {
  std::size_t copied = 0;
  castore::ListAggregateIdsOptions options{.limit = 100};
  do {
    const castore::AggregateIdsPage page = source.list_aggregate_ids(event_store_id, options);
    for (const auto& entry : page.aggregate_ids) {
      std::vector<castore::EventRecord> records;
      source.get_events(event_store_id, entry.aggregate_id, {},
                        [&](const castore::EventRecordView& record) { records.push_back(record.to_record()); });
      for (castore::EventRecord& record : records) {
        const castore::PushRecord push{event_store_id, std::move(record)};
        const castore::PushOutcome outcome = target.push_events({&push, 1}, false);
        if (outcome.status == castore::PushOutcome::version_gap) throw std::runtime_error{"the target has a gap"};
        if (outcome.status == castore::PushOutcome::pushed) ++copied;  // else it was copied before
      }
    }
    options.page_token = page.next_page_token;
  } while (options.page_token);
  return copied;
}
// [/copy]

int main() {
  castore::InMemoryEventStorageAdapter memory;
  PokemonStore pokemons{"POKEMONS", memory};
  // [push_events]
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  // [/push_events]
  pokemons.push_event("eevee", 1, PokemonAppeared{"Eevee", 3});

  // [run]
  castore::SqliteEventStorageAdapter file{":memory:"};
  std::cout << copy_events(castore::AnyEventStorageAdapter{memory}, castore::AnyEventStorageAdapter{file}, "POKEMONS")
            << " events copied\n";
  pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  std::cout << copy_events(castore::AnyEventStorageAdapter{memory}, castore::AnyEventStorageAdapter{file}, "POKEMONS")
            << " more\n";
  pokemons.set_event_storage_adapter(file);
  std::cout << "level " << pokemons.get_existing_aggregate("pikachu").level << " in the new storage\n";
  // [/run]
}
