// SPDX-License-Identifier: MIT
// A read model that stopped yesterday still answers. Only its lag tells.

#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

int highest = 6;  // what the column holds

struct LevelList {
  static constexpr std::string_view name = "level_list";
  static constexpr int version = 1;

  void create(castore::SqliteTransaction& tx) const {
    tx.execute("CREATE TABLE level_list (id TEXT PRIMARY KEY, level INTEGER)");
  }
  void operator()(castore::SqliteTransaction& tx, const PokemonAppeared& event,
                  const castore::EventInfo<PokemonAppeared>& info) const {
    tx.execute("INSERT INTO level_list VALUES (?, ?)", info.aggregate_id, event.level);
  }
  void operator()(castore::SqliteTransaction& tx, const PokemonLeveledUp&,
                  const castore::EventInfo<PokemonLeveledUp>& info) const {
    tx.execute("UPDATE level_list SET level = level + 1 WHERE id = ?", info.aggregate_id);
    for (const castore::SqlRow& row : tx.query("SELECT level FROM level_list WHERE id = ?", info.aggregate_id)) {
      if (row.get<int>(0) > highest) throw std::runtime_error{"the column is too narrow"};
    }
  }
};

void print(castore::SqliteEventStorageAdapter& storage) {
  storage.transact([](castore::SqliteTransaction& tx) {
    std::cout << "the list:";
    for (const castore::SqlRow& row : tx.query("SELECT id, level FROM level_list ORDER BY id")) {
      std::cout << ' ' << row.get<std::string>(0) << ' ' << row.get<int>(1);
    }
    std::cout << '\n';
  });
}

int main() {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  castore::AsyncProjection list{storage, std::tie(pokemons), LevelList{}};

  // [fall]
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  pokemons.push_event("mew", 1, PokemonAppeared{"Mew", 2});
  try {
    list.catch_up();
  } catch (const std::exception&) {  // somewhere in a log
  }
  print(storage);
  // [/fall]

  // [lag]
  std::cout << "it is " << list.lag() << " positions behind, at " << list.position() << '\n';
  try {
    list.catch_up();
  } catch (const castore::SubscriptionStoppedError& error) {
    std::cout << "stopped before " << error.aggregate_id() << " version " << error.event_version() << '\n';
  }
  // [/lag]

  // [dead_letters]
  castore::AsyncProjection going_on{
      storage,
      std::tie(pokemons),
      LevelList{},
      {.on_error = [](const std::exception_ptr&, const castore::EventPlace&, int attempt) -> castore::ErrorAnswer {
        if (attempt < 2) return castore::Retry{};
        return castore::Skip{};
      }}};
  going_on.catch_up();
  std::cout << "it is " << going_on.lag() << " positions behind, and left out:\n";
  for (const castore::EventDeadLetter& letter : going_on.dead_letters()) {
    std::cout << "  position " << letter.position << " after " << letter.attempts << " attempts: " << letter.error
              << '\n';
  }
  highest = 100;  // the mistake is corrected
  const std::size_t failed = going_on.retry_dead_letters();
  std::cout << failed << " failed again\n";
  // [/dead_letters]
  print(storage);
}
