// SPDX-License-Identifier: MIT

/// @file
/// Sends the events of a store to the Amazon SQS queue whose URL is given, and receives them again.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/sqs.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <tuple>

namespace {

void run(const std::string& queue_url) {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [send]
  castore::SqsMessageQueueAdapter sqs{queue_url};  // region and credentials as all AWS tools find them
  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons, sqs};
  castore::OutboxRelay relay{"pokemons_to_sqs", storage, std::tie(pokemons), queue};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  relay.catch_up();  // or, on a thread of its own, relay.run(stop_token)
  // [/send]

  // [receive]
  castore::SqsConsumer consumer{queue, queue_url};
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
    std::cerr << "usage: sqs QUEUE_URL\n";
    return 2;
  }
  try {
    run(arguments[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
