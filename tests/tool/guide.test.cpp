// SPDX-License-Identifier: MIT
// The guide to the program shows what it prints.

#include "support/catch.hpp"
#include "support/place.hpp"
#include "tool/support.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

using namespace castore::tool_tests;

namespace {

/// A folder as the guide has it.
struct GuideFolder : Pokemons {
  GuideFolder() {
    castore::SqliteEventStorageAdapter{db}.transact([](castore::SqliteTransaction& transaction) {
      REQUIRE(transaction.move_checkpoint("pokemon_list", 1, 0, 5));
      REQUIRE(transaction.move_checkpoint("pokemon_list#active", 0, 0, 1));
      REQUIRE(transaction.move_checkpoint("mails", 1, 0, 3));
      transaction.add_dead_letter("mails", 1, {2, "the mail server refused the address", 3, noon_and(60)});
      transaction.execute("UPDATE castore_projection SET updated_at = '2022-01-01T12:01:00.000Z'");
    });
    for (const std::string file : {"kurrentdb.jsonl", "kurrentdb.jq"}) {
      std::filesystem::copy(std::string{castore_tests::place::sources} + "/guide/" + file, folder / file);
    }
    std::filesystem::copy(db, folder / "damaged.db");
    PlainSqlite{folder / "damaged.db"}.rows(
        "DELETE FROM event WHERE aggregate_id = 'pikachu' AND version = 2;"
        "UPDATE event SET payload = '{name' WHERE aggregate_id = 'ash'");
  }
};

/// A command of the shell on a terminal, and what it says, errors last.
std::string run_on_terminal(const std::string& command, const GuideFolder& place) {
  const std::string programs = std::filesystem::path{castore_tests::place::program}.parent_path().string();
  const Ran ran = Process{
      {"sh", "-c", command},
      {.environment = {{"PATH", programs + ":" + std::getenv("PATH")}, {"NO_COLOR", "1"}},
       .folder = place.folder.path().string(),
       .columns =
           110}}.finish();
  return ran.out + ran.err;
}

TEST_CASE("the guide shows what the program prints") {
  const GuideFolder place;
  const std::string path = std::string{castore_tests::place::sources} + "/guide/session.txt";
  const std::string committed = contents(path);
  std::string now;
  std::istringstream lines{committed};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# ") && !line.starts_with("$ ")) continue;  // what it printed then
    now += line + '\n';
    if (line.starts_with("$ ")) now += run_on_terminal(line.substr(2), place);
  }
  if (std::getenv("CASTORE_WRITE_EXPECTED") != nullptr) write_file(path, now);
  CHECK(now == committed);
}

}  // namespace
