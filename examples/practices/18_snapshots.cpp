// SPDX-License-Identifier: MIT
// A snapshot is a cache of what the events say: keep it beside them, and throw it away when it may be wrong.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <map>
#include <optional>
#include <string>

// [way]
struct Snapshot {
  int reducer_version = 0;  // raised by hand whenever the reducer or the aggregate changes
  Pokemon pokemon{};
};

struct Snapshots {
  int reducer_version = 1;
  std::map<std::string, Snapshot> cache{};

  std::optional<Pokemon> load(const PokemonStore& pokemons, const std::string& id) {
    std::optional<Pokemon> known;
    if (const auto found = cache.find(id); found != cache.end() && found->second.reducer_version == reducer_version) {
      known = found->second.pokemon;
    }
    const auto events = pokemons.get_events(id, {.min_version = (known ? known->version : 0) + 1});
    std::cout << "events read: " << events.size() << '\n';
    const std::optional<Pokemon> pokemon = pokemons.build_aggregate(events, known);
    if (pokemon) cache[id] = {reducer_version, *pokemon};
    return pokemon;
  }
};
// [/way]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  for (castore::Version version = 2; version <= 50; ++version) {
    pokemons.push_event("pikachu", version, PokemonLeveledUp{});
  }

  // [fall]
  std::map<std::string, Pokemon> truth;  // saved by a release whose reducer missed the first level-up
  truth["pikachu"] = pokemons.get_existing_aggregate("pikachu");
  truth["pikachu"].level -= 1;
  pokemons.push_event("pikachu", 51, PokemonLeveledUp{});
  const auto newer = pokemons.get_events("pikachu", {.min_version = truth["pikachu"].version + 1});
  std::cout << "snapshot as truth: level " << pokemons.build_aggregate(newer, truth["pikachu"])->level << '\n';
  // [/fall]

  // [run]
  Snapshots snapshots;
  snapshots.cache["pikachu"] = {.reducer_version = 0, .pokemon = truth["pikachu"]};  // of the wrong release
  std::optional<Pokemon> pikachu = snapshots.load(pokemons, "pikachu");
  std::cout << "snapshot as cache: level " << pikachu->level << '\n';
  pokemons.push_event("pikachu", 52, PokemonLeveledUp{});
  pikachu = snapshots.load(pokemons, "pikachu");
  std::cout << "snapshot as cache: level " << pikachu->level << '\n';
  // [/run]
}
