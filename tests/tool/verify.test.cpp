// SPDX-License-Identifier: MIT
// What `castore verify` finds in files that were damaged by hand.

#include <castore/json/schema.hpp>
#include <castore/testing/event_schema.hpp>

#include "support/catch.hpp"
#include "tool/support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace castore::tool_tests;

namespace {

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int level = 1;
};
struct PokemonLeveledUp {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
  int level = 1;
};
using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp>;

std::vector<nlohmann::json> findings(int code, std::vector<std::string> arguments) {
  const Ran ran = run_castore(std::move(arguments));
  CAPTURE(ran.err);
  CHECK(ran.code == code);
  std::vector<nlohmann::json> found;
  for (std::size_t begin = 0; begin < ran.out.size();) {
    const std::size_t end = ran.out.find('\n', begin);
    found.push_back(nlohmann::json::parse(ran.out.substr(begin, end - begin)));
    begin = end + 1;
  }
  return found;
}

nlohmann::json finding(const char* fault, const char* store, const char* id, int version, const std::string& what) {
  return {{"fault", fault}, {"eventStoreId", store}, {"aggregateId", id}, {"version", version}, {"what", what}};
}
/// Without their remedies, which must be there.
std::vector<nlohmann::json> without_remedies(std::vector<nlohmann::json> found) {
  for (nlohmann::json& each : found) {
    CHECK_FALSE(each["remedy"].get<std::string>().empty());
    each.erase("remedy");
  }
  return found;
}

TEST_CASE("verify says that nothing is wrong") {
  const Pokemons pokemons;
  const Ran ran = run_castore({"verify", pokemons.db});
  CHECK(ran.code == 0);
  CHECK(ran.out.empty());
  CHECK(ran.err == "looked at 5 events: nothing is wrong\n");
}

TEST_CASE("verify does not call a file right that nothing else can open") {
  const Pokemons pokemons;
  PlainSqlite{pokemons.db}.rows("ALTER TABLE event ADD COLUMN tenant TEXT");
  const Ran ran = run_castore({"verify", pokemons.db});
  CHECK(ran.code == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("its table 'event' is not the one that castore creates") != std::string::npos);
  CHECK(ran.err.find("looked at 5 events: nothing is wrong with them, but their database cannot be used\n") !=
        std::string::npos);
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 2);  // and it is said once
}

TEST_CASE("verify finds every damage of a file and tells where it is") {
  const Pokemons pokemons;
  PlainSqlite{pokemons.db}.rows(
      "DELETE FROM event WHERE position = 3;"
      "UPDATE event SET payload = '{oops' WHERE position = 2;"
      "UPDATE event SET timestamp = '2022-01-01 12:00' WHERE position = 4;"
      "INSERT INTO event VALUES (20, 'POKEMONS', 'mew', 0, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL),"
      " (22, 'POKEMONS', 'zubat', 1, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL),"
      " (21, 'POKEMONS', 'zubat', 2, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL)");
  CHECK(without_remedies(findings(3, {"verify", pokemons.db})) ==
        std::vector<nlohmann::json>{
            finding("timestamp_form", "POKEMONS", "eevee", 1,
                    "row 4: its timestamp is '2022-01-01 12:00', not of the form 2022-01-01T00:00:00.000Z"),
            finding("foreign_row", "POKEMONS", "mew", 0, "row 20: it has no version from 1"),
            finding("missing_version", "POKEMONS", "pikachu", 2, "row 5: version 2 is missing"),
            finding("out_of_order", "POKEMONS", "zubat", 2,
                    "row 21: its position 21 is before that of the version before it"),
            finding("not_json", "TRAINERS", "ash", 1,
                    "row 2: its payload is not JSON: the name of a member is missing (byte 1 of 5)")});
  CHECK(run_castore({"verify", pokemons.db}).err == "looked at 7 events: 5 findings\n");
}

TEST_CASE("verify sees rows of a table that an adapter refuses") {
  const TempDirectory folder;
  const std::string db = folder / "loose.db";
  PlainSqlite{db}.rows(
      "CREATE TABLE event (position INTEGER PRIMARY KEY, event_store_id, aggregate_id, version, type, timestamp, "
      "payload,"
      " metadata); PRAGMA user_version = 1;"
      "INSERT INTO event VALUES (1, 'S', 'a', 1, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL),"
      " (2, 'S', 'a', 1, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL),"
      " (3, NULL, 'a', 1, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL)");
  const std::vector<nlohmann::json> found = without_remedies(findings(3, {"verify", db}));
  REQUIRE(found.size() == 2);
  CHECK(found[0] == nlohmann::json{{"fault", "foreign_row"},
                                   {"aggregateId", "a"},
                                   {"version", 1},
                                   {"what", "row 3: it has no event store id that is UTF-8 text"}});
  CHECK(found[1] == finding("duplicate", "S", "a", 1, "row 2: version 1 is there more than once"));
}

TEST_CASE("verify compares with a schema lock, of all stores or of one") {
  const Pokemons pokemons;
  const std::string lock = pokemons.folder / "pokemons.schema.json";
  write_file(lock, castore::testing::event_schema<PokemonEvents>().dump());
  CHECK(without_remedies(findings(3, {"verify", pokemons.db, "--schema", "POKEMONS=" + lock})) ==
        std::vector<nlohmann::json>{finding("unknown_type", "POKEMONS", "pikachu", 3,
                                            "row 5: its type 'POKEMON_MOVED' is not in the schema lock")});
  CHECK(findings(3, {"verify", pokemons.db, "--schema", lock}).size() == 2);
  PlainSqlite{pokemons.db}.rows(
      R"(UPDATE event SET type = 'POKEMON_LEVELED_UP', payload = '{"level":"high"}' WHERE position = 5)");
  CHECK(
      without_remedies(findings(3, {"verify", pokemons.db, "--schema", "POKEMONS=" + lock})) ==
      std::vector<nlohmann::json>{finding(
          "refused_by_schema", "POKEMONS", "pikachu", 3,
          R"(row 5: '/payload/level' of 'POKEMON_LEVELED_UP': it must be of type "integer", but is of type "string")")});
  write_file(lock, "{}");
  CHECK(error_of(1, {"verify", pokemons.db, "--schema", lock}) ==
        "castore: '" + lock + "' is not a schema lock, which check_event_schema writes\n");
  CHECK(error_of(1, {"verify", pokemons.db, "--schema", "nothing.json"}) ==
        "castore: cannot read the schema lock 'nothing.json'\n");
}

TEST_CASE("verify refuses a schema lock of a store that is not there") {
  const Pokemons pokemons;
  const std::string lock = pokemons.folder / "pokemons.schema.json";
  write_file(lock, castore::testing::event_schema<PokemonEvents>().dump());
  CHECK(error_of(1, {"verify", pokemons.db, "--schema", "POKEMON=" + lock}) ==
        "castore: there is no event store 'POKEMON'; did you mean 'POKEMONS'?\n");
}

TEST_CASE("verify tells by its exit code what it found, also when its reader has gone") {
  const Pokemons pokemons;
  const auto code_without_reader = [&](const std::string& options) {
    const std::string program = castore_tests::place::program;
    const std::string script = "rm -f pipe; mkfifo pipe; exec 3<>pipe 4>pipe 3<&-; '" + program + "' verify '" +
                               pokemons.db + "' " + options + " >&4";
    const Ran ran = Process{{"bash", "-c", script}, {.folder = pokemons.folder / "."}}.finish();
    CAPTURE(ran.err);
    CHECK(ran.err.find("Broken pipe") == std::string::npos);
    return ran.code;
  };
  CHECK(code_without_reader("-o json") == 0);
  PlainSqlite{pokemons.db}.rows("DELETE FROM event WHERE position = 3");
  for (const std::string form : {"jsonl", "json", "table"}) CHECK(code_without_reader("-o " + form) == 3);
  PlainSqlite{pokemons.db}.rows(  // more than is kept back until the end
      "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
      " INSERT INTO event SELECT i, 'S', 'a' || i, 2, 'T', '2022-01-01T12:00:00.000Z', NULL, NULL FROM n");
  for (const std::string form : {"jsonl", "json", "table"}) CHECK(code_without_reader("-o " + form) == 3);
}

TEST_CASE("verify finds checkpoints after the newest event") {
  const Pokemons pokemons;
  castore::SqliteEventStorageAdapter{pokemons.db}.transact([](castore::SqliteTransaction& transaction) {
    REQUIRE(transaction.move_checkpoint("list", 2, 0, 9));
    REQUIRE(transaction.move_checkpoint("fine", 1, 0, 5));
    REQUIRE(transaction.move_checkpoint("list#created", 2, 0, 1'000));
  });
  const std::vector<nlohmann::json> found = without_remedies(findings(3, {"verify", pokemons.db}));
  REQUIRE(found.size() == 1);
  CHECK(found[0] == nlohmann::json{{"fault", "checkpoint_beyond_end"},
                                   {"what", "the checkpoint of 'list', version 2, is 9, after the newest event at 5"}});
}

TEST_CASE("a file of something else is not verified") {
  const TempDirectory folder;
  PlainSqlite{folder / "other.db"}.rows("CREATE TABLE other (x)");
  CHECK(error_of(1, {"verify", folder / "other.db"}) ==
        "castore: cannot open SQLite file '" + (folder / "other.db") +
            "': it is a database of something else, not of castore events; choose another file\n");
}

}  // namespace
