// SPDX-License-Identifier: MIT
// A read model is thrown away and built anew, and nobody gets a mail for the second time.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>

#include <exception>
#include <iostream>
#include <map>
#include <string>

// [save]
using List = std::map<std::string, Pokemon>;

void save(List& list, const Pokemon& pokemon) {  // a replayed message may be older than what came live
  Pokemon& row = list[pokemon.aggregate_id];
  if (pokemon.version > row.version) row = pokemon;
}
// [/save]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::StateCarryingMessageBus bus{"POKEMON_BUS", pokemons};
  castore::InMemoryMessageBusAdapter adapter{bus};
  castore::ConnectedEventStore connected{
      pokemons, bus, [](const auto&, const std::exception_ptr&) { std::cerr << "not published\n"; }};
  connected.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});

  // [fall]
  int mails = 0;
  List list;
  {
    const auto everything = adapter.on({{.on_replay = true}}, [&](const auto& message, const auto&) {
      save(list, message.aggregate);
      ++mails;  // "Welcome, Pikachu!"
    });
    connected.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});
    adapter.poll();
    for (int rebuild = 0; rebuild < 2; ++rebuild) {
      list.clear();
      castore::pour_event_store_events(pokemons, bus);
      adapter.poll();
    }
  }
  std::cout << "one listener: " << list.size() << " rows, " << mails << " mails for 1 new pokemon\n";
  // [/fall]

  // [way]
  mails = 0;
  List list_2;  // a new version, built beside the old one, which goes on answering until this one is full
  const auto mailer = adapter.on({{.event_type = "POKEMON_APPEARED"}}, [&](const auto&, const auto&) { ++mails; });
  const auto projection =
      adapter.on({{.on_replay = true}}, [&](const auto& message, const auto&) { save(list_2, message.aggregate); });
  connected.push_event("mew", 1, PokemonAppeared{"Mew", 9});
  castore::pour_event_store_events(pokemons, bus);
  adapter.poll();
  list.swap(list_2);
  std::cout << "two listeners: " << list.size() << " rows, " << mails << " mail for 1 new pokemon\n";
  // [/way]
}
