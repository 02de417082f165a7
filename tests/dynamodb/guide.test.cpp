// SPDX-License-Identifier: MIT
// What docs/guides/dynamodb.md shows.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/support.hpp"
#include "support/place.hpp"

#include <castore/castore.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using castore::dynamodb_tests::Json;

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name)
};
using PokemonEvents = castore::Events<PokemonAppeared>;
struct Pokemon : castore::Aggregate {
  std::string name;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
};
using Pokemons = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

void use_environment() {
  setenv("AWS_ENDPOINT_URL_DYNAMODB", castore::dynamodb_tests::client().endpoint().c_str(), 1);
  setenv("AWS_REGION", castore::dynamodb_tests::client().region().c_str(), 1);
  const auto credentials = castore::dynamodb_tests::client_options().credentials;
  if (!credentials) return;
  setenv("AWS_ACCESS_KEY_ID", credentials->access_key_id.c_str(), 1);
  setenv("AWS_SECRET_ACCESS_KEY", credentials->secret_access_key.c_str(), 1);
}

// [client]
struct LoggingClient {
  castore::DynamoDbHttpClient client{};
  std::vector<std::string> operations{};

  std::string call(std::string_view operation, const std::string& request) {
    operations.emplace_back(operation);
    return client.call(operation, request);
  }
};
// [/client]

}  // namespace

TEST_CASE("the guide's table is the one of the tests and its program works") {
  const castore::dynamodb_tests::Table table;
  use_environment();
  const std::string table_name = table.name();
  // [use]
  castore::DynamoDbEventStorageAdapter storage{table_name};  // region and credentials as all AWS tools find them
  Pokemons pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu"});
  // [/use]
  CHECK(pokemons.get_existing_aggregate("pikachu").name == "Pikachu");

  // [options]
  castore::DynamoDbEventStorageAdapter careful{table_name,
                                               {.client = {.region = castore::dynamodb_tests::client().region(),
                                                           .endpoint = castore::dynamodb_tests::client().endpoint(),
                                                           .max_connections = 16,
                                                           .request_timeout = std::chrono::seconds{2}},
                                                .retry = {.max_attempts = 5, .deadline = std::chrono::seconds{5}},
                                                .check_previous_version = true}};
  // [/options]
  CHECK_THROWS_AS((Pokemons{"POKEMONS", careful}.push_event("pikachu", 3, PokemonAppeared{"Raichu"})),
                  castore::VersionGapError);

  // [own_client]
  auto client = std::make_shared<LoggingClient>();
  castore::DynamoDbEventStorageAdapter logged{client, table_name};
  // [/own_client]
  CHECK(Pokemons{"POKEMONS", logged}.get_aggregate("pikachu"));
  CHECK(client->operations == std::vector<std::string>{"Query"});

  // [damaged]
  castore::DynamoDbEventStorageAdapter tolerant{
      table_name,
      {.damaged_entries = castore::DynamoDbDamagedEntries::skip,
       .on_damaged_entry = [](const castore::DynamoDbDamagedItemError& error) { std::clog << error.what() << '\n'; }}};
  // [/damaged]
  CHECK(Pokemons{"POKEMONS", tolerant}.list_aggregate_ids().aggregate_ids.size() <= 1);

  // [legacy]
  castore::DynamoDbEventStorageAdapter deprecated{castore::DynamoDbTablePerEventStore{{{"POKEMONS", "pokemon-table"}}}};
  // [/legacy]
  CHECK_THROWS_AS((Pokemons{"POKEMONS", deprecated}.get_aggregate("pikachu")), castore::StorageError);

  const auto examples = std::filesystem::path{castore_tests::place::sources} / "../../examples/dynamodb";
  std::ifstream file{examples / "table.json"};
  const Json guide = Json::parse(file);
  const Json real = table.ask("DescribeTable")["Table"];
  CHECK(real["KeySchema"] == guide["KeySchema"]);
  CHECK(real["AttributeDefinitions"].size() == guide["AttributeDefinitions"].size());
  CHECK(real["GlobalSecondaryIndexes"][0]["KeySchema"] == guide["GlobalSecondaryIndexes"][0]["KeySchema"]);
  CHECK(real["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"] == "KEYS_ONLY");
}
