// SPDX-License-Identifier: MIT
#include <castore/castore.hpp>
#include <castore/adapters/sqlite.hpp>
#include <iostream>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;
};
struct PokemonLeveledUp {                       // no fields: no payload
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp>;

struct Pokemon {
  std::string aggregate_id;                     // kept by the library, as version is
  castore::Version version = 0;
  std::string name;
  int level = 0;
};

struct PokemonReducer {
  Pokemon operator()(Pokemon p, const PokemonAppeared& e) const { p.name = e.name; p.level = e.level; return p; }
  Pokemon operator()(Pokemon p, const PokemonLeveledUp&) const { ++p.level; return p; }
};

int main() {
  castore::SqliteEventStorageAdapter storage{"pokemons.db"};
  castore::EventStore<PokemonEvents, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};

  auto level_up = castore::Command{"LEVEL_UP_POKEMON", pokemons, [](const Pokemon& pikachu) {
    if (pikachu.level >= 100) throw std::domain_error{"already at the maximum level"};
    return PokemonLeveledUp{};
  }};

  if (!pokemons.get_aggregate("pikachu")) pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  level_up("pikachu");                          // loads, validates, pushes version + 1, retries on a conflict

  std::cout << pokemons.get_existing_aggregate("pikachu").level << '\n';                      // now
  std::cout << pokemons.get_existing_aggregate("pikachu", {.max_version = 1}).level << '\n';  // rewind
}
