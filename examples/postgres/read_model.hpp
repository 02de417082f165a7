// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_POSTGRES_READ_MODEL_HPP
#define CASTORE_EXAMPLES_POSTGRES_READ_MODEL_HPP

/// @file
/// A read model in PostgreSQL: a table next to the events, which any program asks by plain SQL.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/postgres.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <nlohmann/json.hpp>

#include <span>
#include <string_view>

// [projection]
struct PokemonTable {
  static constexpr std::string_view name = "pokemon";
  static constexpr int version = 1;

  void create(castore::PostgresTransaction& tx) const {
    tx.execute("CREATE TABLE pokemon_1 (id TEXT PRIMARY KEY, name TEXT NOT NULL, level INT NOT NULL, trainer TEXT)");
  }
  void drop(castore::PostgresTransaction& tx) const { tx.execute("DROP TABLE pokemon_1"); }
  void activate(castore::PostgresTransaction& tx) const {
    tx.execute("CREATE OR REPLACE VIEW pokemon AS SELECT * FROM pokemon_1");
  }
  void operator()(castore::PostgresTransaction& tx, const PokemonAppeared& event,
                  const castore::EventInfo<PokemonAppeared>& info) const {
    tx.execute("INSERT INTO pokemon_1 VALUES ($1, $2, $3)", info.aggregate_id, event.name, event.level);
  }
  void operator()(castore::PostgresTransaction& tx, const PokemonLeveledUp&,
                  const castore::EventInfo<PokemonLeveledUp>& info) const {
    tx.execute("UPDATE pokemon_1 SET level = level + 1 WHERE id = $1", info.aggregate_id);
  }
  void operator()(castore::PostgresTransaction& tx, const PokemonCaughtByTrainer& event,
                  const castore::EventInfo<PokemonCaughtByTrainer>& info) const {
    tx.execute("UPDATE pokemon_1 SET trainer = $2 WHERE id = $1", info.aggregate_id, event.trainer_id);
  }
};
// [/projection]

// [batch]
struct LevelUps {  // gets the events of a batch at once, and writes them by one statement
  static constexpr std::string_view name = "level_ups";
  static constexpr int version = 1;

  void create(castore::PostgresTransaction& tx) const {
    tx.execute("CREATE TABLE level_ups (id TEXT PRIMARY KEY, count INT NOT NULL)");
  }
  void apply(castore::PostgresTransaction& tx, std::span<const PokemonStore::Event> events) const {
    nlohmann::json ids = nlohmann::json::array();
    for (const PokemonStore::Event& event : events) {
      if (event.type() == PokemonLeveledUp::type) ids.push_back(event.aggregate_id());
    }
    tx.execute(
        "INSERT INTO level_ups SELECT id, count(*) FROM jsonb_array_elements_text($1::jsonb) AS id GROUP BY id"
        " ON CONFLICT (id) DO UPDATE SET count = level_ups.count + excluded.count",
        ids.dump());
  }
};
// [/batch]

#endif
