// SPDX-License-Identifier: MIT
// A queue keeps messages for its worker: in order, with retries, and nothing that fails is lost.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/run_in_background.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <thread>

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [queue]
  castore::StateCarryingMessageQueue queue{"POKEMON_QUEUE", pokemons};
  castore::InMemoryMessageQueueAdapter adapter{
      queue,
      {.worker =
           [](const auto& message, const castore::MessageContext& context) {
             if (message.aggregate.name == "Missingno") throw std::runtime_error{"no such pokemon"};
             if (message.aggregate.level == 6 && context.attempt == 1) throw std::runtime_error{"try again"};
             std::cout << message.aggregate.name << " has level " << message.aggregate.level << '\n';
           },
       .retry = {.retry_attempts = 2, .retry_delay = 1ms, .retry_backoff_rate = 2},
       .on_dead_letter =
           [](const auto& letter) { std::cout << "nobody can handle " << letter.message.aggregate.name << '\n'; },
       .capacity = 1000,
       .when_full = castore::WhenFull::wait}};
  // [/queue]

  // [push]
  castore::ConnectedEventStore connected{pokemons, queue, [](const auto& message, const std::exception_ptr&) {
                                           std::cerr << "not published: " << message.event.aggregate_id() << '\n';
                                         }};
  connected.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  std::cout << adapter.statistics().waiting << " messages wait\n";
  // [/push]

  // [work]
  {
    const std::jthread worker = castore::run_in_background(adapter);
    adapter.drain(5s);
    connected.push_event("missingno", 1, PokemonAppeared{"Missingno", 0});
    adapter.drain(5s);
  }
  // [/work]

  // [stop]
  connected.push_event("mew", 1, PokemonAppeared{"Mew", 5});
  adapter.set_worker({});
  for (const auto& left : adapter.stop(10ms)) std::cout << "left: " << left.message.aggregate.name << '\n';
  const castore::MessageStatistics statistics = adapter.statistics();
  std::cout << statistics.published << " published, " << statistics.handled << " handled, "
            << statistics.failed_attempts << " attempts failed, " << statistics.dead_letters << " dead\n";
  // [/stop]
}
