// SPDX-License-Identifier: MIT
// A reader that only looks behind the last number it has seen misses what commits late.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/testing/fake_clock.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>

struct Reader {  // a channel that takes each version once
  std::map<std::string, castore::Version> handled{};

  void publish_message(const castore::NotificationMessage<PokemonEvents>& message,
                       const castore::PublishMessageOptions&) {
    castore::Version& last = handled[message.event.aggregate_id()];
    if (message.event.version() > last) last = message.event.version();
  }
};

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  castore::testing::FakeClock clock;
  PokemonStore pokemons{"POKEMONS", storage, {.clock = clock}};

  // [fall]
  Reader reader;
  const castore::Timestamp pikachus_time = clock.now();  // Pikachu gets its place in the order, and is not stored yet
  clock.advance(1s);
  pokemons.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});
  std::optional<std::string> token = castore::pour_event_store_events(pokemons, reader).resume_token;
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}, {.timestamp = pikachus_time});  // now it is
  clock.advance(1s);
  pokemons.push_event("mew", 1, PokemonAppeared{"Mew", 9});
  token = castore::pour_event_store_events(pokemons, reader, {.resume_token = token}).resume_token;
  std::cout << "from the last place on: " << reader.handled.size() << " of 3 pokemons\n";
  // [/fall]

  // [way]
  const auto margin = 1min;  // longer than any push takes, and than clocks differ
  const castore::Timestamp last_pour = clock.now();
  castore::pour_event_store_events(pokemons, reader, {.filters = {.from = last_pour - margin}});
  std::cout << "from a margin before it: " << reader.handled.size() << " of 3 pokemons\n";
  // [/way]
}
