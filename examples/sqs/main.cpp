// SPDX-License-Identifier: MIT

/// @file
/// Sends the events of a store to the Amazon SQS queue whose URL is given, and receives them again. What is too large
/// is kept in the bucket whose name may be given.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/sqs.hpp>
#include <castore/messaging/adapters/sqs_s3.hpp>
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

void run_with_large_events(const std::string& queue_url, const std::string& bucket) {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [large]
  castore::SqsS3MessageQueueAdapter sqs{queue_url, {.bucket = bucket, .prefix = "pokemons/"}};
  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons, sqs};
  castore::OutboxRelay relay{"pokemons_to_sqs", storage, std::tie(pokemons), queue};
  pokemons.push_event("pikachu", 1, PokemonAppeared{std::string(300'000, 'a'), 5});  // SQS takes 262,144 bytes
  relay.catch_up();

  castore::SqsConsumer consumer{queue, queue_url, {.message_reader = castore::S3MessageReader{bucket}}};
  // [/large]
  const auto print = [](const auto& message, const castore::MessageContext&) {
    const auto* appeared = message.event.template get_if<PokemonAppeared>();
    std::cout << message.event.aggregate_id() << " has a name of " << appeared->payload.name.size() << " letters\n";
  };
  while (consumer.poll(print) == 0) {
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 && count != 3) {
    std::cerr << "usage: sqs QUEUE_URL [BUCKET]\n";
    return 2;
  }
  try {
    if (count == 2) run(arguments[1]);
    if (count == 3) run_with_large_events(arguments[1], arguments[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
