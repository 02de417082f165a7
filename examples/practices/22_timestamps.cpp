// SPDX-License-Identifier: MIT
// Two servers, two clocks: only the version says what came first.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/testing/fake_clock.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  const castore::testing::FakeClock clock;
  const auto slow_clock = [clock] { return clock() - 3s; };
  PokemonStore server_a{"POKEMONS", storage, {.clock = clock}};
  PokemonStore server_b{"POKEMONS", storage, {.clock = slow_clock}};

  // [push]
  server_a.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  server_b.push_event("pikachu", 2, PokemonCaughtByTrainer{"ash"});  // later, but its clock is 3 s behind
  server_a.push_event("pikachu", 3, PokemonLeveledUp{});
  // [/push]
  const auto print = [](const std::vector<castore::Event<PokemonEvents>>& events) {
    for (const auto& event : events) {
      std::cout << "  " << castore::format_timestamp(event.timestamp()).substr(11, 8) << ' ' << event.type() << '\n';
    }
  };

  // [fall]
  auto events = server_a.get_events("pikachu");
  std::ranges::sort(events, {}, [](const auto& event) { return event.timestamp(); });
  std::cout << "by timestamp, caught before it appeared:\n";
  print(events);
  // [/fall]

  // [way]
  std::cout << "by version:\n";
  print(server_a.get_events("pikachu"));
  const Pokemon then = server_a.get_existing_aggregate("pikachu", {.max_version = 1});
  std::cout << "at version 1 it was " << (then.status == PokemonStatus::wild ? "wild" : "caught") << '\n';
  // [/way]
}
