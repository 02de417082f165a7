// SPDX-License-Identifier: MIT
// An event is stored and its message is lost. A relay publishes what is stored: the events are the outbox.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <iostream>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>

using Message = castore::NotificationMessage<PokemonEvents>;

/// Stands for a broker.
struct Broker {
  bool is_down = false;
  std::set<std::string> received{};

  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions&) {
    if (is_down) throw std::runtime_error{"the broker is down"};
    for (const castore::MessageView& message : messages) {
      received.insert(std::string{message.header().aggregate_id} + "#" + std::to_string(*message.header().version));
    }
  }
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Broker broker;
  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons, broker};

  // [fall]
  broker.is_down = true;
  try {
    const auto pushed = pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    queue.publish_message(Message{"POKEMONS", pushed.event});
  } catch (const std::runtime_error&) {
    std::cout << "appear failed: the broker is down; once more\n";
  }
  try {
    pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  } catch (const castore::EventAlreadyExistsError&) {
    std::cout << "it did not fail: the event exists; received " << broker.received.size() << " of 1\n";
  }
  // [/fall]

  // [relay]
  castore::OutboxRelay relay{"pokemons_to_queue", storage, std::tie(pokemons), queue};
  pokemons.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});  // the only write
  try {
    relay.catch_up();
  } catch (const castore::SubscriptionStoppedError& error) {
    std::cout << "the relay stopped before position " << error.position() << "; received " << broker.received.size()
              << " of 2\n";
  }
  broker.is_down = false;
  relay.catch_up();
  std::cout << "the relay went on: received " << broker.received.size() << " of 2\n";
  // [/relay]
}
