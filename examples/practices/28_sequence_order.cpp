// SPDX-License-Identifier: MIT
// A reader that only looks behind the last place it has seen misses what is stored late, unless nothing is.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/testing/fake_clock.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <tuple>

struct Reader {  // a channel
  std::set<std::string> handled{};

  void publish_message(const castore::NotificationMessage<PokemonEvents>& message,
                       const castore::PublishMessageOptions&) {
    handled.insert(message.event.aggregate_id());
  }
};

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  castore::testing::FakeClock clock;
  PokemonStore pokemons{"POKEMONS", storage, {.clock = clock}};
  castore::Subscription subscription{"reader", storage, std::tie(pokemons)};
  std::set<std::string> handled;
  const auto handle = [&handled](const auto& event) { handled.insert(event.aggregate_id); };

  // [fall]
  Reader reader;
  const castore::Timestamp pikachus_time = clock.now();  // Pikachu's event has its time, but is not stored yet
  clock.advance(1s);
  pokemons.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});
  std::optional<std::string> token = castore::pour_event_store_events(pokemons, reader).resume_token;
  subscription.catch_up(handle);
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}, {.timestamp = pikachus_time});  // now it is stored
  clock.advance(1s);
  pokemons.push_event("mew", 1, PokemonAppeared{"Mew", 9});
  token = castore::pour_event_store_events(pokemons, reader, {.resume_token = token}).resume_token;
  std::cout << "by the time: " << reader.handled.size() << " of 3 pokemons\n";
  // [/fall]

  // [way]
  subscription.catch_up(handle);  // from its checkpoint on
  std::cout << "by the position: " << handled.size() << " of 3 pokemons\n";
  // [/way]
}
