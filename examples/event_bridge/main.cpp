// SPDX-License-Identifier: MIT

/// @file
/// Sends the events of a store to the Amazon EventBridge bus whose name is given, and receives them again from the
/// queue of a rule, whose URL is given. With the option --event it reads an event that a function was given, and with
/// --large it sends one that is too large, by a bucket.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/event_bridge.hpp>
#include <castore/messaging/adapters/event_bridge_s3.hpp>
#include <castore/messaging/adapters/sqs.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <tuple>

namespace {

void print(const auto& message, bool replay) {
  std::cout << message.event.aggregate_id() << ' ' << message.event.version() << ": " << message.event.type()
            << (replay ? " (a replay)" : "") << '\n';
}

void send(castore::InMemoryEventStorageAdapter& storage, PokemonStore& pokemons, const std::string& bus_name) {
  // [send]
  castore::EventBridgeMessageBusAdapter event_bridge{bus_name};  // region and credentials as all AWS tools find them
  castore::NotificationMessageBus bus{"POKEMON_BUS", pokemons, event_bridge};
  castore::OutboxRelay relay{"pokemons_to_event_bridge", storage, std::tie(pokemons), bus};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  relay.catch_up();  // or, on a thread of its own, relay.run(stop_token)
  // [/send]
}

void receive(PokemonStore& pokemons, const std::string& queue_url) {
  // [receive]
  castore::NotificationMessageBus bus{"POKEMON_BUS", pokemons};
  castore::SqsConsumer consumer{bus, queue_url};
  std::size_t handled = 0;
  while (handled < 2) {  // or, on a thread of its own, consumer.run(handler, stop_token)
    handled += consumer.poll(
        [](const auto& message, const castore::MessageContext& context) { print(message, context.replay); });
  }
  // [/receive]
}

void send_large(PokemonStore& pokemons, const std::string& bus_name, const std::string& bucket) {
  // [large]
  castore::EventBridgeS3MessageBusAdapter event_bridge{bus_name, {.bucket = bucket, .prefix = "pokemons/"}};
  castore::NotificationMessageBus bus{"POKEMON_BUS", pokemons, event_bridge};
  castore::ConnectedEventStore connected{
      pokemons, bus, [](const auto&, const std::exception_ptr& error) { std::rethrow_exception(error); }};
  connected.push_event("pikachu", 1, PokemonAppeared{std::string(300'000, 'a'), 5});  // EventBridge takes 262,144 bytes
  // [/large]
}

// [function]
void handle(const PokemonStore& pokemons, std::string_view event_json) {
  const castore::NotificationMessageBus bus{"POKEMON_BUS", pokemons};
  const auto event = castore::parse_event_bridge_event(bus, event_json);
  print(event.message, event.replay);
}
// [/function]

void run(const std::string& first, const std::string& second, const std::string& third) {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  if (first == "--event") return handle(pokemons, second);
  if (first == "--large") return send_large(pokemons, second, third);
  send(storage, pokemons, first);
  receive(pokemons, second);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 4) {
    std::cerr << "usage: event_bridge BUS QUEUE_URL\n       event_bridge --event JSON\n"
                 "       event_bridge --large BUS BUCKET\n";
    return 2;
  }
  try {
    run(arguments[1], arguments[2], count == 4 ? arguments[3] : "");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
