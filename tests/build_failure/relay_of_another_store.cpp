// SPDX-License-Identifier: MIT
// expected: castore: this queue or bus cannot carry the events of these stores: it takes messages of another kind, or a store is not among its source stores; use one of NotificationMessage or StateCarryingMessage, made with every store of std::tie(...)
// expected: GameStarted
// errors: 1
#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"

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
  TrainerStore trainers{"TRAINERS", storage};
  Broker broker;
  castore::NotificationMessageQueue<PokemonStore> queue{"QUEUE", pokemons, broker};
#ifdef OFFEND
  castore::OutboxRelay relay{"relay", storage, std::tie(trainers), queue};
#else
  castore::OutboxRelay relay{"relay", storage, std::tie(pokemons), queue};
#endif
  relay.catch_up();
}
