// SPDX-License-Identifier: MIT
// A bus tells two listeners of what happens; neither knows of the other.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <utility>
#include <vector>

int main() {
  // [setup]
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::NotificationMessageBus bus{"POKEMON_BUS", pokemons};
  castore::InMemoryMessageBusAdapter adapter{bus, {.retry = {.retry_delay = std::chrono::milliseconds{1}}}};
  // [/setup]

  // [connect]
  std::vector<castore::NotificationMessage<PokemonEvents>> unpublished;
  castore::ConnectedEventStore connected{
      pokemons, bus, [&](const auto& message, const std::exception_ptr&) { unpublished.push_back(message); }};
  // [/connect]

  // [listen]
  const auto greeter = adapter.on({{.event_type = "POKEMON_APPEARED"}}, [](const auto& message, const auto&) {
    std::cout << "greeter: welcome, " << message.event.aggregate_id() << '\n';
  });
  bool is_printer_ready = false;
  auto printer = adapter.on({{.event_store_id = "POKEMONS"}}, [&](const auto& message, const auto& context) {
    if (!std::exchange(is_printer_ready, true)) throw std::runtime_error{"the printer is warming up"};
    std::cout << "printer: " << message.event.type() << " of " << message.event.aggregate_id() << ", attempt "
              << context.attempt << '\n';
  });
  // [/listen]

  // [push]
  connected.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  castore::Command{"LEVEL_UP", connected, [](const Pokemon&) { return PokemonLeveledUp{}; }}("pikachu");
  std::cout << "pushed\n";
  adapter.drain(std::chrono::seconds{5});
  // [/push]

  // [leave]
  printer.unsubscribe();
  connected.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});
  adapter.poll();
  std::cout << unpublished.size() << " unpublished\n";
  // [/leave]
}
