// SPDX-License-Identifier: MIT
// A read model that stopped yesterday still answers. Only its lag tells.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_queue.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::StateCarryingMessageQueue queue{"POKEMON_QUEUE", pokemons};
  std::map<std::string, Pokemon> list;
  castore::InMemoryMessageQueueAdapter adapter{queue,
                                               {.worker =
                                                    [&](const auto& message, const auto&) {
                                                      if (message.aggregate.level > 6)
                                                        throw std::runtime_error{"the column is too narrow"};
                                                      list[message.aggregate.aggregate_id] = message.aggregate;
                                                    },
                                                .retry = {.retry_attempts = 1, .retry_delay = 1ms}}};
  castore::ConnectedEventStore connected{
      pokemons, queue, [](const auto&, const std::exception_ptr&) { std::cerr << "not published\n"; }};

  // [fall]
  connected.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  adapter.drain(5s);
  std::cout << "the list says level " << list["pikachu"].level << ", no error anywhere\n";
  // [/fall]

  // [way]
  const castore::MessageStatistics statistics = adapter.statistics();
  std::cout << "waiting " << statistics.waiting << ", failed attempts " << statistics.failed_attempts
            << ", dead letters " << statistics.dead_letters << '\n';
  for (const auto& entry : pokemons.aggregate_ids()) {
    const auto last = pokemons.get_events(entry.aggregate_id, {.limit = 1, .reverse = true});
    const castore::Version lag = last.front().version() - list[entry.aggregate_id].version;
    std::cout << entry.aggregate_id << " lags " << lag << " version(s) behind\n";
  }
  for (const auto& letter : adapter.take_dead_letters()) {
    try {
      std::rethrow_exception(letter.error);
    } catch (const std::exception& error) {
      std::cout << "dead: " << letter.message.event.type() << " version " << letter.message.event.version() << ": "
                << error.what() << '\n';
    }
  }
  // [/way]
}
