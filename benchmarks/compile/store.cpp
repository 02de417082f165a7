// SPDX-License-Identifier: MIT
// What core.cpp includes, in use: events that have no JSON, a store in memory, a command.
#include <castore/adapters/in_memory.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event_store.hpp>

#include <string>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
};
struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};

struct Pokemon : castore::Aggregate {
  std::string name;
  int level = 0;
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { ++pokemon.level; }
};

using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared, PokemonLeveledUp>, Pokemon, PokemonReducer,
                                         castore::InMemoryEventStorageAdapter>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::Command level_up{"LEVEL_UP_POKEMON", pokemons, [](const Pokemon&) { return PokemonLeveledUp{}; }};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu"});
  level_up("pikachu");
  return pokemons.get_existing_aggregate("pikachu").level;
}
