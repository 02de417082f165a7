// SPDX-License-Identifier: MIT
// Rows of a table become the first events of aggregates; to run it again does no harm.

#include <castore/castore.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

// [events]
struct PokemonImported {  // all data of the row; the type says where it is from
  static constexpr std::string_view type = "POKEMON_IMPORTED";
  std::string name;
  int level = 1;
};
struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
// [/events]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name{};
  int level = 0;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonImported& event) const {
    pokemon.name = event.name;
    pokemon.level = event.level;
  }
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { ++pokemon.level; }
};
using PokemonStore = castore::EventStore<castore::Events<PokemonImported, PokemonLeveledUp>, Pokemon, PokemonReducer>;

// [import]
struct Row {  // of the old table
  std::string id;
  std::string name;
  int level = 0;
  castore::Timestamp created_at{};
};

int import(PokemonStore& pokemons, const std::vector<Row>& rows) {
  int imported = 0;
  for (const Row& row : rows) {
    const bool is_new =
        pokemons.try_push_event(row.id, 1, PokemonImported{row.name, row.level}, {.timestamp = row.created_at})
            .has_value();
    imported += is_new ? 1 : 0;
  }
  return imported;
}
// [/import]

// [differences]
int count_differences(const PokemonStore& pokemons, const std::vector<Row>& rows) {
  int differences = 0;
  for (const Row& row : rows) {
    const auto pokemon = pokemons.get_aggregate(row.id);
    if (!pokemon || pokemon->name != row.name || pokemon->level != row.level) ++differences;
  }
  return differences;
}
// [/differences]

int main() {
  using namespace std::chrono_literals;
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const std::vector<Row> rows{{"pikachu", "Pikachu", 12, castore::Timestamp{2h}},
                              {"eevee", "Eevee", 3, castore::Timestamp{1h}}};

  // [run]
  std::cout << import(pokemons, rows) << " imported\n";
  std::cout << import(pokemons, rows) << " imported by the second run\n";
  std::cout << count_differences(pokemons, rows) << " differences\n";
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  for (const auto& [id, created_at] : pokemons.aggregate_ids()) {
    std::cout << id << ' ' << pokemons.get_existing_aggregate(id).level << " since "
              << castore::format_timestamp(created_at) << '\n';
  }
  // [/run]
}
