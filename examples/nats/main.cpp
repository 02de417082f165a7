// SPDX-License-Identifier: MIT

/// @file
/// Sends the events of a store to a stream of the NATS server whose URL is given, and receives them again.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/nats.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <tuple>

namespace {

void run(const std::string& url) {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [stream]
  auto nats = std::make_shared<castore::NatsConnection>(url);  // such as nats://127.0.0.1:4222
  nats->create_stream({.name = "POKEMONS", .subjects = {"POKEMONS.>"}});
  // [/stream]

  // [send]
  castore::NatsMessageChannelAdapter adapter{nats};
  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons, adapter};
  castore::OutboxRelay relay{"pokemons_to_nats", storage, std::tie(pokemons), queue};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  relay.catch_up();  // or, on a thread of its own, relay.run(stop_token)
  // [/send]

  // [receive]
  castore::NatsConsumer consumer{queue, nats, "POKEMONS", "projector"};
  std::size_t handled = 0;
  while (handled < 2) {  // or, on a thread of its own, consumer.run(handler, stop_token)
    handled += consumer.poll([](const auto& message, const castore::MessageContext& context) {
      std::cout << message.event.aggregate_id() << ' ' << message.event.version() << ": " << message.event.type()
                << (context.replay ? " (a replay)" : "") << '\n';
    });
  }
  // [/receive]
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: nats URL\n";
    return 2;
  }
  try {
    run(arguments[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
