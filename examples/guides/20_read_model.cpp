// SPDX-License-Identifier: MIT
// A read model in SQLite that follows events: read one's own write, rebuild it as version 2 next to the old one.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <chrono>
#include <iostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

// [projection]
struct PokemonList {
  static constexpr std::string_view name = "pokemon_list";
  static constexpr int version = 1;

  void create(castore::SqliteTransaction& tx) const {
    tx.execute("CREATE TABLE pokemon_list_1 (id TEXT PRIMARY KEY, name TEXT, level INTEGER)");
  }
  void drop(castore::SqliteTransaction& tx) const { tx.execute("DROP TABLE pokemon_list_1"); }
  void activate(castore::SqliteTransaction& tx) const {
    tx.execute("DROP VIEW IF EXISTS pokemon_list; CREATE VIEW pokemon_list AS SELECT * FROM pokemon_list_1");
  }
  void operator()(castore::SqliteTransaction& tx, const PokemonAppeared& event,
                  const castore::EventInfo<PokemonAppeared>& info) const {
    tx.execute("INSERT INTO pokemon_list_1 VALUES (?, ?, ?)", info.aggregate_id, event.name, event.level);
  }
  void operator()(castore::SqliteTransaction& tx, const PokemonLeveledUp&,
                  const castore::EventInfo<PokemonLeveledUp>& info) const {
    tx.execute("UPDATE pokemon_list_1 SET level = level + 1 WHERE id = ?", info.aggregate_id);
  }
};
// [/projection]

// [version2]
struct PokemonListV2 {  // strong ones only, and a table of its own
  static constexpr std::string_view name = "pokemon_list";
  static constexpr int version = 2;

  void create(castore::SqliteTransaction& tx) const {
    tx.execute("CREATE TABLE pokemon_list_2 (id TEXT PRIMARY KEY, name TEXT, level INTEGER)");
  }
  void activate(castore::SqliteTransaction& tx) const {
    tx.execute("DROP VIEW IF EXISTS pokemon_list; CREATE VIEW pokemon_list AS SELECT * FROM pokemon_list_2");
  }
  void operator()(castore::SqliteTransaction& tx, const PokemonAppeared& event,
                  const castore::EventInfo<PokemonAppeared>& info) const {
    if (event.level > 5) {
      tx.execute("INSERT INTO pokemon_list_2 VALUES (?, ?, ?)", info.aggregate_id, event.name, event.level);
    }
  }
};
// [/version2]

void print(castore::SqliteEventStorageAdapter& storage) {
  // [query]
  storage.transact([](castore::SqliteTransaction& tx) {
    for (const castore::SqlRow& row : tx.query("SELECT name, level FROM pokemon_list ORDER BY level DESC")) {
      std::cout << "  " << row.get<std::string>(0) << ' ' << row.get<int>(1) << '\n';
    }
  });
  // [/query]
}

int main() {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});

  // [follow]
  castore::AsyncProjection list{storage, std::tie(pokemons), PokemonList{}};
  list.catch_up();
  castore::ProjectionVersions versions{storage, "pokemon_list"};
  versions.activate(PokemonList{});
  // [/follow]
  std::cout << "caught up:\n";
  print(storage);

  {
    // [own_write]
    std::jthread follower{[&](const std::stop_token& stop) { list.run(stop); }};  // your thread
    const auto pushed = pokemons.push_event("onix", 1, PokemonAppeared{"Onix", 14});
    const bool is_there = list.wait_until(*pushed.position, std::chrono::seconds{10});
    // [/own_write]
    std::cout << "own write: " << (is_there ? "there" : "not yet") << '\n';
  }
  print(storage);

  // [rebuild]
  castore::AsyncProjection list_2{storage, std::tie(pokemons), PokemonListV2{}, {.batch_size = 1}};
  list_2.poll();
  try {
    versions.activate(PokemonListV2{});
  } catch (const castore::ProjectionBehindError& error) {
    std::cout << "version 2 is at " << error.position() << " of " << error.active_position() << '\n';
  }
  list_2.catch_up();
  versions.activate(PokemonListV2{});  // one transaction: the view shows the new table from here on
  versions.retire(PokemonList{});      // drops the old one
  // [/rebuild]
  std::cout << "version " << *versions.active() << ":\n";
  print(storage);
}
