// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_MESSAGES_READ_MODEL_HPP
#define CASTORE_EXAMPLES_MESSAGES_READ_MODEL_HPP

/// @file
/// A list of pokemons as a table, for questions that events answer slowly.

#include "pokemon/pokemon.hpp"

#include <sqlite3.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

class PokemonList {
 public:
  explicit PokemonList(const std::string& file) {
    sqlite3* database = nullptr;
    const int result = sqlite3_open(file.c_str(), &database);
    database_.reset(database);
    check(result);
    clear();
  }

  void clear() {
    run("DROP TABLE IF EXISTS pokemon");
    run("CREATE TABLE pokemon(id TEXT PRIMARY KEY, version INTEGER, name TEXT, level INTEGER) STRICT");
  }

  // [save]
  /// Keeps the newest state it has seen. A message that comes again, or late, changes nothing.
  void save(const Pokemon& pokemon) {
    const Statement save = prepare(
        "INSERT INTO pokemon VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version, "
        "name = excluded.name, level = excluded.level WHERE excluded.version > pokemon.version");
    sqlite3_bind_text(save.get(), 1, pokemon.aggregate_id.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(save.get(), 2, pokemon.version);
    sqlite3_bind_text(save.get(), 3, pokemon.name.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(save.get(), 4, pokemon.level);
    if (sqlite3_step(save.get()) != SQLITE_DONE) check(sqlite3_errcode(database_.get()));
  }
  // [/save]

  void print_strongest(std::ostream& out) const {
    const Statement query = prepare("SELECT name, level FROM pokemon ORDER BY level DESC, name");
    while (sqlite3_step(query.get()) == SQLITE_ROW) {
      out << "  " << reinterpret_cast<const char*>(sqlite3_column_text(query.get(), 0)) << ' '
          << sqlite3_column_int(query.get(), 1) << '\n';
    }
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  void check(int result) const {
    if (result != SQLITE_OK) throw std::runtime_error{sqlite3_errmsg(database_.get())};
  }
  void run(const char* sql) { check(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr)); }
  Statement prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr));
    return Statement{statement};
  }

  std::unique_ptr<sqlite3, Close> database_;
};

#endif
