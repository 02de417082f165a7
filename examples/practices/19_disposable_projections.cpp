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

using Levels = std::map<std::string, int>;

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
  Levels levels;
  {
    const auto everything = adapter.on({{.on_replay = true}}, [&](const auto& message, const auto&) {
      levels[message.aggregate.aggregate_id] = message.aggregate.level;
      ++mails;  // "Welcome, Pikachu!"
    });
    connected.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});
    adapter.poll();
    for (int rebuild = 0; rebuild < 2; ++rebuild) {
      levels.clear();
      castore::pour_event_store_events(pokemons, bus);
      adapter.poll();
    }
  }
  std::cout << "one listener: " << levels.size() << " rows, " << mails << " mails for 1 new pokemon\n";
  // [/fall]

  // [way]
  mails = 0;
  Levels levels_2;  // a new version, built beside the old one, which goes on answering until this one is full
  const auto mailer = adapter.on({{.event_type = "POKEMON_APPEARED"}}, [&](const auto&, const auto&) { ++mails; });
  const auto projection = adapter.on({{.on_replay = true}}, [&](const auto& message, const auto&) {
    levels_2[message.aggregate.aggregate_id] = message.aggregate.level;
  });
  connected.push_event("mew", 1, PokemonAppeared{"Mew", 9});
  castore::pour_event_store_events(pokemons, bus);
  adapter.poll();
  levels.swap(levels_2);
  std::cout << "two listeners: " << levels.size() << " rows, " << mails << " mail for 1 new pokemon\n";
  // [/way]
}
