// SPDX-License-Identifier: MIT
// What docs/guides/postgresql.md shows, run.

#include <castore/adapters/postgres.hpp>
#include <castore/castore.hpp>

#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"
#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

using namespace castore::postgres_tests;

std::string sql_in(const std::string& name) {
  std::ifstream file{std::filesystem::path{castore_tests::place::sources} / "guide" / name};
  std::string sql{std::istreambuf_iterator<char>{file}, {}};
  if (sql.empty()) throw std::runtime_error{"there is no SQL in " + name};
  return sql;
}

TEST_CASE("the guide's program plays, in a schema whose roles have the guide's rights", "[postgres]") {
  const std::string connection_string = connection();
  PlainPostgres plain;
  plain.rows("CREATE SCHEMA shop");

  // [open]
  castore::PostgresEventStorageAdapter storage{connection_string, {.schema = "shop"}};
  storage.create_event_table();

  PokemonStore pokemons{"POKEMONS", storage};
  wild_pokemon_appears(pokemons)("pikachu", "Pikachu", 5);
  level_up_pokemon(pokemons)("pikachu");
  // [/open]
  CHECK(pokemons.get_existing_aggregate("pikachu").level == 6);

  // [parameters]
  castore::PostgresConnectionParameters parameters{{"host", "db1.example.com,db2.example.com"},
                                                   {"target_session_attrs", "read-write"},
                                                   {"dbname", "shop"},
                                                   {"sslmode", "verify-full"}};
  castore::PostgresEventStorageAdapter cluster{parameters, {.schema = "shop", .max_connections = 20}};
  // [/parameters]

  plain.rows(sql_in("roles.sql"));
  plain.rows(sql_in("timeout.sql"));
  std::string as_app = connection_string;
  as_app.replace(as_app.find("postgres@"), 8, "shop_app");
  // [pooler]
  castore::PostgresEventStorageAdapter behind_pooler{as_app, {.schema = "shop", .prepared_statements = false}};
  // [/pooler]
  PokemonStore same_pokemons{"POKEMONS", behind_pooler};
  level_up_pokemon(same_pokemons)("pikachu");
  CHECK(pokemons.get_existing_aggregate("pikachu").level == 7);
  CHECK(failure_of([&] { behind_pooler.drop_event_table(); }).sqlstate == "42501");

  const auto new_token = [] { return std::string{"a token"}; };
  // [credentials]
  castore::PostgresEventStorageAdapter with_tokens{
      connection_string,
      {.schema = "shop", .credentials = [&] {
         return castore::PostgresConnectionParameters{{"user", "shop_app"}, {"password", new_token()}};
       }}};
  // [/credentials]
  PokemonStore same_pokemons_again{"POKEMONS", with_tokens};
  CHECK(same_pokemons_again.get_existing_aggregate("pikachu").level == 7);

  plain.rows(
      "DROP SCHEMA shop CASCADE; DROP OWNED BY shop_reader, shop_app, shop_migration;"
      " DROP ROLE shop_reader, shop_migration, shop_app");
}

TEST_CASE("the guide's columns and indexes are what create_event_table makes and finds", "[postgres]") {
  PlainPostgres plain;
  const auto lists = [&](const TempTable& table) {
    return plain.rows("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%WHERE (version = 1)' AND tablename = '" +
                      table.name() + "' ORDER BY 1");
  };
  const auto run = [&](const std::string& file, const TempTable& table) {
    std::string create = sql_in(file);
    plain.rows(create.replace(create.find("event"), 5, table.name()));
  };

  TempTable table;
  castore::PostgresEventStorageAdapter storage{connection(), table.options()};
  // [columns]
  storage.create_event_table({.aggregate_name_length = 32,
                              .aggregate_id_type = castore::PostgresAggregateIdType::varchar,
                              .aggregate_id_length = 64,
                              .type_length = 64});
  // [/columns]
  // Castore gives its columns no order of their own.
  plain.rows("DROP INDEX " + lists(table).at(0) + "; ALTER TABLE " + table.quoted() +
             " ALTER aggregate_id TYPE VARCHAR(64) COLLATE \"default\"");
  run("index.sql", table);  // is of no use to texts
  storage.create_event_table();
  CHECK(lists(table).size() == 2);
  for (const std::string& index : lists(table)) plain.rows("DROP INDEX " + index);
  run("index_of_texts.sql", table);
  storage.create_event_table();
  CHECK(lists(table).size() == 1);

  TempTable uuids;
  castore::PostgresEventStorageAdapter storage_of_uuids{connection(), uuids.options()};
  storage_of_uuids.create_event_table({.aggregate_id_type = castore::PostgresAggregateIdType::uuid});
  plain.rows("DROP INDEX " + lists(uuids).at(0));
  run("index.sql", uuids);
  storage_of_uuids.create_event_table();
  CHECK(lists(uuids).size() == 1);
}

TEST_CASE("the guide's way to more numbers is one", "[postgres]") {
  PlainPostgres plain;
  plain.rows("CREATE SCHEMA numbers; SET search_path TO numbers");
  castore::PostgresEventStorageAdapter storage{connection(), {.schema = "numbers"}};
  storage.create_event_table({.id_type = castore::PostgresIdType::serial});
  plain.rows("SELECT setval('event_id_seq', 2147483647)");
  CHECK(failure_of([&] { push(storage, event("pikachu", 1)); }).sqlstate == "2200H");
  plain.rows(sql_in("more_numbers.sql"));
  CHECK(push(storage, event("pikachu", 1)).position > 2'147'483'647);
  plain.rows("DROP SCHEMA numbers CASCADE");
}

}  // namespace
