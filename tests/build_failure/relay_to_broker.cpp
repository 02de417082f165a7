// SPDX-License-Identifier: MIT
// expected: castore: a relay publishes to a queue or bus, and this is not one; pass e.g. a castore::NotificationMessageQueue{"QUEUE", the_store, the_broker}, whose broker may be any object with `publish_messages`
// expected: Broker
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <span>
#include <tuple>

struct Broker {
  void publish_messages(std::span<const castore::MessageView>, const castore::PublishMessageOptions&) {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Broker broker;
#ifdef OFFEND
  castore::OutboxRelay relay{"relay", storage, std::tie(pokemons), broker};
#else
  castore::NotificationMessageQueue<PokemonStore> queue{"QUEUE", pokemons, broker};
  castore::OutboxRelay relay{"relay", storage, std::tie(pokemons), queue};
#endif
  relay.catch_up();
}
