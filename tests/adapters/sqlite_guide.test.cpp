// SPDX-License-Identifier: MIT
// What docs/guides/sqlite.md shows, run.
#include <castore/adapters/sqlite.hpp>

#include "adapters/support/sqlite.hpp"
#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace castore::sqlite_tests;

std::string sql_in(const std::string& name) {
  std::ifstream file{std::filesystem::path{castore_tests::place::sources} / "guide" / name};
  std::string sql{std::istreambuf_iterator<char>{file}, {}};
  if (sql.empty()) throw std::runtime_error{"there is no SQL in " + name};
  return sql;
}

TEST_CASE("what the guide of SQLite shows works", "[sqlite]") {
  const TempDirectory folder;
  const std::string path = folder / "game.db";
  {
    // [open]
    castore::SqliteEventStorageAdapter storage{path, {.synchronous = castore::SqliteSynchronous::normal}};

    PokemonStore pokemons{"POKEMONS", storage};
    wild_pokemon_appears(pokemons)("pikachu", "Pikachu", 5);
    level_up_pokemon(pokemons)("pikachu");
    // [/open]
    PlainSqlite{path}.rows(sql_in("insert.sql"));
    CHECK(pokemons.list_aggregate_ids().aggregate_ids.size() == 2);
    CHECK(pokemons.get_existing_aggregate("raichu").level == 9);
  }
  CHECK(PlainSqlite{path}.rows(sql_in("types.sql")) == std::vector<std::string>{"POKEMONS|POKEMON_APPEARED|1|5",
                                                                                "POKEMONS|POKEMON_APPEARED|1|9",
                                                                                "POKEMONS|POKEMON_LEVELED_UP|1|NULL"});
  // [archive]
  castore::SqliteEventStorageAdapter archive{path, {.read_only = true}};
  for (const std::string& event_store_id : archive.list_event_stores()) {
    const auto page = archive.list_aggregate_ids(event_store_id, {.limit = 100});
    // [/archive]
    CHECK(event_store_id == "POKEMONS");
    CHECK(page.aggregate_ids.size() == 2);
    // [archive]
  }
  // [/archive]
}

}  // namespace
