// SPDX-License-Identifier: MIT
// A message may come twice. A handler that records it in the transaction of its work does the work once.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/inbox.hpp>
#include <castore/messaging/message_queue.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <tuple>

int main() {
  using namespace std::chrono_literals;
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  storage.transact([](castore::SqliteTransaction& tx) {
    tx.execute("CREATE TABLE training (handler TEXT PRIMARY KEY, count INTEGER)");
  });
  const auto train = [](castore::SqliteTransaction& tx, const char* handler) {
    tx.execute("INSERT INTO training VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1", handler);
  };

  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons};
  castore::InMemoryMessageQueueAdapter adapter{queue, {.retry = {.retry_delay = 1ms}}};
  const auto deliver = [&] {  // both trainings
    for (const auto& event : pokemons.get_events("pikachu", {.min_version = 2})) {
      queue.publish_message(castore::NotificationMessage<PokemonEvents>{"POKEMONS", event});
    }
    adapter.drain(5s);
  };
  const auto acknowledge = [](int attempt) {
    if (attempt == 1) throw std::runtime_error{"the connection is lost, after the save"};
  };

  // [fall]
  adapter.set_worker([&](const auto&, const castore::MessageContext& context) {
    storage.transact([&](castore::SqliteTransaction& tx) { train(tx, "naive"); });
    acknowledge(context.attempt);
  });
  deliver();
  // [/fall]

  // [inbox]
  const castore::Inbox inbox{"trainings"};
  adapter.set_worker([&](const auto& message, const castore::MessageContext& context) {
    storage.transact([&](castore::SqliteTransaction& tx) {
      if (inbox.is_new(tx, castore::message_id(message))) train(tx, "with an inbox");
    });
    acknowledge(context.attempt);
  });
  deliver();
  deliver();  // both trainings are delivered again
  // [/inbox]

  // [subscription]
  castore::Subscription trainings{"trainings",
                                  storage,
                                  std::tie(pokemons),
                                  {.on_error = [](const std::exception_ptr&, const castore::EventPlace&,
                                                  int) -> castore::ErrorAnswer { return castore::Retry{1ms}; }}};
  int attempt = 0;
  trainings.catch_up([&](castore::SqliteTransaction& tx, const castore::EventDetail<PokemonLeveledUp>&) {
    train(tx, "a subscription");
    acknowledge(++attempt);
  });
  // [/subscription]
  storage.transact([](castore::SqliteTransaction& tx) {
    for (const castore::SqlRow& row : tx.query("SELECT handler, count FROM training ORDER BY count DESC, handler")) {
      std::cout << row.get<std::string>(0) << ": pikachu trained " << row.get<int>(1) << " times\n";
    }
  });
}
