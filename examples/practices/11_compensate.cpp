// SPDX-License-Identifier: MIT
// Another event corrects a mistake. Accountants write with pens, too.

#include <castore/castore.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;
};
struct LeagueEntered {
  static constexpr std::string_view type = "LEAGUE_ENTERED";
};
// [correction]
struct LevelCorrected {
  static constexpr std::string_view type = "LEVEL_CORRECTED";
  int level = 1;
  std::string reason;
};
// [/correction]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.level = event.level; }
  void operator()(Pokemon&, const LeagueEntered&) const {}
  void operator()(Pokemon& pokemon, const LevelCorrected& event) const { pokemon.level = event.level; }
};
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared, LeagueEntered, LevelCorrected>, Pokemon,
                                         PokemonReducer, castore::InMemoryEventStorageAdapter>;

LeagueEntered enter_league(const Pokemon& pokemon) {
  if (pokemon.level < 10) throw std::domain_error{"the league begins at level 10"};
  return {};
}

void explain(const PokemonStore& pokemons, std::string_view id) {
  for (const auto& event : pokemons.get_events(id)) {
    const Pokemon pokemon = pokemons.get_existing_aggregate(id, {.max_version = event.version()});
    std::cout << "  " << event.version() << ' ' << event.type() << ", level " << pokemon.level << '\n';
  }
}

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const auto enter = castore::Command{"ENTER_LEAGUE", pokemons, enter_league};
  for (const char* id : {"pikachu", "raichu"}) {
    pokemons.push_event(id, 1, PokemonAppeared{id, 50});  // a typing error, it should have been 5
    enter(id);
  }

  // [fall]
  pokemons.push_event("pikachu", 1, PokemonAppeared{"pikachu", 5}, {.force = true});
  std::cout << "how did it get into the league?\n";
  explain(pokemons, "pikachu");
  // [/fall]

  // [way]
  const auto correct_level = [](const Pokemon&, int level, const std::string& reason) {
    return LevelCorrected{level, reason};
  };
  castore::Command{"CORRECT_LEVEL", pokemons, correct_level}("raichu", 5, "typed 50 instead of 5");
  std::cout << "that is how:\n";
  explain(pokemons, "raichu");
  // [/way]
}
