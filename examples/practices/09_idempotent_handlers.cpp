// SPDX-License-Identifier: MIT
// A message may come twice. A handler that remembers how far it is does its work once.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/message_queue.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

// [state]
struct Table {  // stands for a table in a database: one save is one transaction
  std::map<std::string, int> trainings{};
  std::map<std::string, castore::Version> handled{};  // the checkpoint: last version per pokemon
};
// [/state]

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});

  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons};
  castore::InMemoryMessageQueueAdapter adapter{queue, {.retry = {.retry_delay = 1ms}}};
  const auto deliver = [&] {  // all but version 1, whose message was lost
    for (const auto& event : pokemons.get_events("pikachu", {.min_version = 2})) {
      queue.publish_message(castore::NotificationMessage<PokemonEvents>{"POKEMONS", event});
    }
    adapter.drain(5s);
  };
  const auto acknowledge = [](const castore::MessageContext& context) {
    if (context.attempt == 1) throw std::runtime_error{"the connection is lost, after the save"};
  };

  // [fall]
  Table naive;
  adapter.set_worker([&](const auto& message, const castore::MessageContext& context) {
    ++naive.trainings[message.event.aggregate_id()];
    acknowledge(context);
  });
  deliver();
  std::cout << "naive: pikachu trained " << naive.trainings["pikachu"] << " times\n";
  // [/fall]

  // [way]
  Table table;
  adapter.set_worker([&](const auto& message, const castore::MessageContext& context) {
    const std::string& id = message.event.aggregate_id();
    const castore::Version version = message.event.version();
    castore::Version& handled = table.handled[id];
    if (version <= handled) return;  // known: the work was done
    for (const auto& event : pokemons.get_events(id, {.min_version = handled + 1, .max_version = version})) {
      if (event.type() == PokemonLeveledUp::type) ++table.trainings[id];
      handled = event.version();  // in the same transaction as the work
    }
    acknowledge(context);
  });
  deliver();
  deliver();  // all of it again
  std::cout << "idempotent: pikachu trained " << table.trainings["pikachu"] << " times\n";
  // [/way]
}
