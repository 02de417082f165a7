// SPDX-License-Identifier: MIT
// A read model in SQLite follows the messages, and is built again by pouring the past.

#include "messages/read_model.hpp"
#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>

#include <exception>
#include <iostream>
#include <stop_token>
#include <string>

int main() {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});

  // [follow]
  PokemonList list{"read_model.db"};
  castore::StateCarryingMessageBus bus{"POKEMON_BUS", pokemons};
  castore::InMemoryMessageBusAdapter adapter{bus};
  const auto follower =
      adapter.on({{.on_replay = true}}, [&](const auto& message, const auto&) { list.save(message.aggregate); });
  castore::ConnectedEventStore connected{pokemons, bus, [](const auto& message, const std::exception_ptr&) {
                                           std::cerr << "not published: " << message.event.aggregate_id() << '\n';
                                         }};
  connected.push_events("bulbasaur", 0, PokemonAppeared{"Bulbasaur", 7}, PokemonLeveledUp{});
  adapter.poll();
  std::cout << "live:\n";
  list.print_strongest(std::cout);
  // [/follow]

  // [pour]
  const castore::PourResult poured = castore::pour_event_store_events(pokemons, bus);
  adapter.poll();
  std::cout << "after " << poured.poured_count << " messages of the past:\n";
  list.print_strongest(std::cout);
  // [/pour]

  // [rebuild]
  list.clear();
  std::string token;
  std::stop_source stop;
  const auto keep_token = [&](const castore::PourProgress& progress) {
    token = progress.resume_token();
    if (progress.poured_count == 3) stop.request_stop();  // as if the program was stopped here
  };
  castore::pour_event_store_events(pokemons, bus, {.on_progress = keep_token, .stop_token = stop.get_token()});
  const castore::PourResult rest = castore::pour_event_store_events(pokemons, bus, {.resume_token = token});
  adapter.poll();
  std::cout << "built again, in two parts, the second of " << rest.poured_count << ":\n";
  list.print_strongest(std::cout);
  // [/rebuild]
}
