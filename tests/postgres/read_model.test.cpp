// SPDX-License-Identifier: MIT
// The read model of examples/postgres, asked by plain SQL without the library.

#include "postgres/read_model.hpp"

#include "pokemon/pokemon.hpp"
#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"

#include <castore/adapters/postgres.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <string>
#include <tuple>
#include <vector>

using castore::postgres_tests::PlainPostgres;

TEST_CASE("a read model in PostgreSQL is a table that plain SQL asks, row by row or by whole batches") {
  PlainPostgres plain;
  plain.rows("DROP SCHEMA IF EXISTS pokedex CASCADE; CREATE SCHEMA pokedex");
  const std::string connection_string = castore::postgres_tests::connection();
  castore::PostgresEventStorageAdapter storage{connection_string, {.schema = "pokedex"}};
  storage.create_event_table();
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  pokemons.push_events("onix", 0, PokemonAppeared{"Onix", 14}, PokemonCaughtByTrainer{"brock"});

  // [follow]
  castore::AsyncProjection table{storage, std::tie(pokemons), PokemonTable{}};
  table.catch_up();  // or table.run(stop) on a thread of yours
  castore::ProjectionVersions{storage, "pokemon"}.activate(PokemonTable{});
  // [/follow]
  castore::AsyncProjection level_ups{storage, std::tie(pokemons), LevelUps{}, {.batch_size = 3}};
  level_ups.catch_up();
  pokemons.push_event("onix", 3, PokemonLeveledUp{});
  table.catch_up();
  level_ups.catch_up();

  // [query]
  const std::vector<std::string> strongest =
      plain.rows("SELECT coalesce(trainer, 'wild'), count(*), max(level) FROM pokemon GROUP BY trainer ORDER BY 1");
  // [/query]
  CHECK(strongest == std::vector<std::string>{"brock|1|15", "wild|1|7"});
  CHECK(plain.rows("SELECT * FROM level_ups ORDER BY id") == std::vector<std::string>{"onix|1", "pikachu|2"});
  plain.rows("DROP SCHEMA pokedex CASCADE; DROP TABLE IF EXISTS pokemon_1, level_ups CASCADE");
}
