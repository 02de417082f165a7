// SPDX-License-Identifier: MIT
// Who did what and when, what it changed, what was known at a moment, and what would be without one event.

#include <castore/castore.hpp>
#include <castore/testing/fake_clock.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// [events]
struct ChangedBy {
  std::string user;
  std::string request_id;
};
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  using Metadata = ChangedBy;
  std::string name;
};
struct PokemonRenamed {
  static constexpr std::string_view type = "POKEMON_RENAMED";
  using Metadata = ChangedBy;
  std::string name;
};
// [/events]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name{};
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
  void operator()(Pokemon& pokemon, const PokemonRenamed& event) const { pokemon.name = event.name; }
};

using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared, PokemonRenamed>, Pokemon, PokemonReducer>;

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  const castore::testing::FakeClock clock{castore::Timestamp{}, 1h};
  PokemonStore pokemons{"POKEMONS", storage, {.clock = clock}};

  // [push]
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu"}, {.metadata = {"ash", "request-1"}});
  pokemons.push_event("pikachu", 2, PokemonRenamed{"Sparky"}, {.metadata = {"misty", "request-2"}});
  pokemons.push_event("pikachu", 3, PokemonRenamed{"Pika"}, {.metadata = {"ash", "request-3"}});
  // [/push]

  // [trail]
  const std::vector<PokemonStore::Event> events = pokemons.get_events("pikachu");
  std::optional<Pokemon> pokemon;
  for (const auto& event : events) {
    const std::string before = pokemon ? pokemon->name : "nothing";
    pokemon = pokemons.build_aggregate({&event, 1}, pokemon);
    std::cout << castore::format_timestamp(event.timestamp()) << ' ' << event.type() << " by "
              << event.visit([](const auto& detail) { return detail.metadata.user; }) << ": " << before << " -> "
              << pokemon->name << '\n';
  }
  // [/trail]

  // [as_of]
  const castore::Timestamp moment = castore::parse_timestamp("1970-01-01T01:30:00Z").value();
  const auto then = pokemons.simulate_aggregate(events, {.simulation_date = moment});
  std::cout << "at half past one it was called " << then->name << '\n';
  // [/as_of]

  // [what_if]
  const auto without_misty = [](std::map<castore::Version, PokemonStore::Event>& simulated,
                                const PokemonStore::Event& event) {
    const auto user = event.visit([](const auto& detail) { return detail.metadata.user; });
    if (user != "misty") simulated.insert_or_assign(event.version(), event);
  };
  const auto simulated =
      pokemons.simulate_aggregate(std::span{events}.first(2), {.simulate_side_effect = without_misty});
  std::cout << "without Misty's event it would still have been " << simulated->name << '\n';
  // [/what_if]
}
