// SPDX-License-Identifier: MIT
// An event is stored and its message is lost; the events themselves are the outbox.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/messaging/connected_event_store.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using Message = castore::NotificationMessage<PokemonEvents>;

struct Broker {  // any object with this function is a channel
  bool is_down = false;
  std::set<std::pair<std::string, castore::Version>> received{};

  void publish_message(const Message& message, const castore::PublishMessageOptions&) {
    if (is_down) throw std::runtime_error{"the broker is down"};
    received.emplace(message.event.aggregate_id(), message.event.version());
  }
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Broker broker;

  // [fall]
  broker.is_down = true;
  try {
    const auto pushed = pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    broker.publish_message(Message{"POKEMONS", pushed.event}, {});
  } catch (const std::runtime_error& error) {
    std::cout << "appear failed: " << error.what() << "; once more\n";
  }
  try {
    pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  } catch (const castore::EventAlreadyExistsError&) {
    std::cout << "it did not fail: the event exists; received " << broker.received.size() << " of 1\n";
  }
  // [/fall]

  // [connect]
  std::vector<Message> unpublished;
  castore::ConnectedEventStore connected{
      pokemons, broker, [&](const Message& message, const std::exception_ptr&) { unpublished.push_back(message); }};
  connected.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});
  broker.is_down = false;
  for (const Message& message : std::exchange(unpublished, {})) connected.publish_again(message);
  std::cout << "after publish_again: received " << broker.received.size() << " of 2\n";
  // [/connect]

  // [pour]
  const castore::Timestamp checkpoint = castore::system_timestamp();  // where the last pour began
  const auto margin = std::chrono::minutes{5};                        // clocks that differ, pushes that were slow
  castore::pour_event_store_events(pokemons, broker, {.filters = {.from = checkpoint - margin}});
  std::cout << "after a pour: received " << broker.received.size() << " of 2\n";
  // [/pour]
}
