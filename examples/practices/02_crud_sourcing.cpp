// SPDX-License-Identifier: MIT
// An event that lists changed fields has forgotten why they changed.

#include <castore/castore.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>

// [fall]
struct PokemonUpdated {
  static constexpr std::string_view type = "POKEMON_UPDATED";
  std::optional<int> level{};
  std::optional<std::string> trainer_id{};  // empty text: no trainer any more
};

struct PokemonRow {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 1;
  std::string trainer_id{};
};

struct RowReducer {
  void operator()(PokemonRow& row, const PokemonUpdated& event) const {
    if (event.level) row.level = *event.level;
    if (event.trainer_id) row.trainer_id = *event.trainer_id;
  }
};
// [/fall]

// [way]
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
};
struct PokemonReleased {
  static constexpr std::string_view type = "POKEMON_RELEASED";
};
struct PokemonEscaped {
  static constexpr std::string_view type = "POKEMON_ESCAPED";
};

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string trainer_id{};
  int escapes = 0;  // added a year later; the old events have the answer
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.trainer_id = event.trainer_id; }
  void operator()(Pokemon& pokemon, const PokemonReleased&) const { pokemon.trainer_id.clear(); }
  void operator()(Pokemon& pokemon, const PokemonEscaped&) const {
    pokemon.trainer_id.clear();
    ++pokemon.escapes;
  }
};
// [/way]

int main() {
  using Rows = castore::EventStore<castore::Events<PokemonUpdated>, PokemonRow, RowReducer,
                                   castore::InMemoryEventStorageAdapter>;
  using Pokemons = castore::EventStore<castore::Events<PokemonCaught, PokemonReleased, PokemonEscaped>, Pokemon,
                                       PokemonReducer, castore::InMemoryEventStorageAdapter>;
  castore::InMemoryEventStorageAdapter storage;
  // [run_fall]
  Rows rows{"ROWS", storage};
  rows.push_events("pikachu", 0, PokemonUpdated{.trainer_id = "ash"}, PokemonUpdated{.trainer_id = ""},
                   PokemonUpdated{.trainer_id = "ash"}, PokemonUpdated{.trainer_id = ""});
  for (const auto& event : rows.get_events("pikachu")) std::cout << event.version() << ' ' << event.type() << '\n';
  std::cout << "released or escaped? nobody knows\n";
  // [/run_fall]

  // [run_way]
  Pokemons pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonCaught{"ash"}, PokemonEscaped{}, PokemonCaught{"ash"}, PokemonReleased{});
  for (const auto& event : pokemons.get_events("pikachu")) std::cout << event.version() << ' ' << event.type() << '\n';
  std::cout << "escaped " << pokemons.get_existing_aggregate("pikachu").escapes << " time\n";
  // [/run_way]
}
