// SPDX-License-Identifier: MIT
#include <castore/castore.hpp>
#include <castore/adapters/sqlite.hpp>
#include <iostream>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, level)
};
struct PokemonLeveledUp {                       // no fields: no payload, nothing else to write
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp>;

struct Pokemon : castore::Aggregate {           // aggregate_id and version, kept by the library
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
