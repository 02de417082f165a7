// SPDX-License-Identifier: MIT
// Export, import and copy: what arrives is what was there, also after a kill.

#include "support/catch.hpp"
#include "tool/support.hpp"

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace castore::tool_tests;

namespace {

namespace fs = std::filesystem;

std::string all_events(const std::string& db) { return output_of({"export", db}); }

TEST_CASE("export writes an event in each line, and import puts them into a new file in their order") {
  const Pokemons pokemons;
  const std::string lines = all_events(pokemons.db);
  CHECK(lines_in(lines) == 5);
  CHECK(lines.starts_with(R"({"eventStoreId":"POKEMONS","event":{"aggregateId":"pikachu","version":1,)"));

  const std::string file = pokemons.folder / "events.jsonl";
  CHECK(output_of({"export", pokemons.db, file}) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  CHECK(contents(file) == lines);
  CHECK_FALSE(fs::exists(file + ".unfinished"));

  const std::string copy = pokemons.folder / "copy.db";
  CHECK(output_of({"import", copy, file}) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  CHECK(all_events(copy) == lines);
  CHECK(output_of({"import", copy, file}) ==
        "{\"readCount\":5,\"writtenCount\":0,\"alreadyThereCount\":5,\"comparedCount\":5}\n");
  CHECK(output_of({"import", copy}, {.input = lines}) ==
        "{\"readCount\":5,\"writtenCount\":0,\"alreadyThereCount\":5}\n");
}

TEST_CASE("only the stores that are named are moved") {
  const Pokemons pokemons;
  CHECK(lines_in(output_of({"export", pokemons.db, "-", "--store", "TRAINERS"})) == 1);
  const std::string copy = pokemons.folder / "copy.db";
  output_of({"copy", pokemons.db, copy, "--store", "TRAINERS"});
  CHECK(lines_in(all_events(copy)) == 1);
}

TEST_CASE("copy brings what the target lacks, compares both, and may be run again") {
  const Pokemons pokemons;
  const std::string copy = pokemons.folder / "copy.db";
  CHECK(output_of({"copy", pokemons.db, copy, "--dry-run", "--store", "TRAINERS"}, {}).empty() == false);
  CHECK_FALSE(fs::exists(copy));
  CHECK(output_of({"copy", pokemons.db, copy}) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  CHECK(all_events(copy) == all_events(pokemons.db));
  castore::SqliteEventStorageAdapter storage{pokemons.db};
  put(storage, "POKEMONS", "eevee", 2, "POKEMON_MOVED", 9, "{}");
  CHECK(output_of({"copy", pokemons.db, copy, "--dry-run"}) ==
        "{\"readCount\":6,\"writtenCount\":1,\"alreadyThereCount\":5}\n");
  CHECK(output_of({"copy", pokemons.db, copy}) ==
        "{\"readCount\":6,\"writtenCount\":1,\"alreadyThereCount\":5,\"comparedCount\":6}\n");
  CHECK(all_events(copy) == all_events(pokemons.db));
}

TEST_CASE("an event that the target has otherwise ends a copy and an import, and is left as it was") {
  const Pokemons pokemons;
  const std::string copy = pokemons.folder / "copy.db";
  {
    castore::SqliteEventStorageAdapter storage{copy};
    put(storage, "TRAINERS", "ash", 1, "TRAINER_JOINED", 1, R"({"name":"Gary"})");
  }
  CHECK(error_of(1, {"copy", pokemons.db, copy}) ==
        "castore: event 1 of aggregate 'ash' in event store 'TRAINERS' is in the target already, with another payload; "
        "it was left as it is; copy into an event store that holds nothing else\n");
  CHECK(output_of({"export", copy, "-", "--store", "TRAINERS"}).find("Gary") != std::string::npos);
  CHECK(error_of(1, {"import", copy}, {.input = all_events(pokemons.db)}).find("with another payload") !=
        std::string::npos);
}

TEST_CASE("import says which line is wrong, and export does not write over a file") {
  const Pokemons pokemons;
  const std::string copy = pokemons.folder / "copy.db";
  CHECK(error_of(1, {"import", copy}, {.input = all_events(pokemons.db) + "\n{\"event\":1}\n"}) ==
        "castore: event: line 7: it must be an object; after 4 events. Correct it, and run it again\n");
  const std::string file = pokemons.folder / "there.jsonl";
  write_file(file, "mine");
  CHECK(error_of(1, {"export", pokemons.db, file}) ==
        "castore: '" + file + "' is there already; export into another file, or delete it\n");
  CHECK(contents(file) == "mine");
  CHECK(error_of(1, {"import", copy, pokemons.folder / "nothing"}) ==
        "castore: cannot read '" + (pokemons.folder / "nothing") + "'\n");
}

TEST_CASE("a history with gaps is moved with its gaps") {
  const TempDirectory folder;
  const std::string db = folder / "gaps.db";
  {
    castore::SqliteEventStorageAdapter storage{db};
    const castore::PushRecord push{"S", {"a", 3, "T", noon_and(0), {}, {}}};
    REQUIRE(storage.push_events({&push, 1}, {.force = true}) == castore::PushOutcome{});
  }
  output_of({"copy", db, folder / "copy.db"});
  CHECK(all_events(folder / "copy.db") == all_events(db));
}

TEST_CASE("hostile events are moved as they are") {
  const TempDirectory folder;
  const std::string db = folder / "hostile.db";
  {
    castore::SqliteEventStorageAdapter storage{db};
    const std::string text = "</script>\\u0000\\u001b[2J\xE2\x80\xAE \xF0\x9F\x90\x89\\n";
    put(storage, "../S; rm -rf \xE2\x80\xAE", "a/b c?d=%2F&e#f\n\x1B[2J", 1, "T \"quoted\"\t", 0,
        "{\"t\":\"" + text + "\"}");
    put(storage, "S", "large", 1, "T", 1, "{\"t\":\"" + std::string(1'000'000, 'x') + "\"}");
    put(storage, "S", "large", 2, "T", 2, "[1e400,-0.0,1.10,12345678901234567890123]", "\"m\"");
  }
  const std::string file = folder / "events.jsonl";
  output_of({"export", db, file});
  CHECK(lines_in(contents(file)) == 3);
  output_of({"import", folder / "copy.db", file});
  const std::string rows =
      "SELECT quote(event_store_id) || quote(aggregate_id) || version || quote(type) || timestamp ||"
      " quote(payload) || quote(metadata) FROM event ORDER BY position";
  CHECK((PlainSqlite{folder / "copy.db"}.rows(rows) == PlainSqlite{db}.rows(rows)));
  CHECK(output_of({"copy", db, folder / "copy.db"}) ==
        "{\"readCount\":3,\"writtenCount\":0,\"alreadyThereCount\":3,\"comparedCount\":3}\n");
}

/// A run that the system kills when it writes more than so many kilobytes into a file: in the middle of a line, and
/// without a word to the program.
Ran run_until_killed(std::vector<std::string> arguments, int kilobytes) {
  arguments.insert(arguments.begin(), {"sh", "-c", "ulimit -f \"$0\" && exec \"$@\"", std::to_string(2 * kilobytes),
                                       castore_tests::place::program});
  return Process{arguments, {}}.finish();
}
constexpr int killed = 128 + SIGXFSZ;

TEST_CASE("an export that was killed goes on where it was, and the file is as if nothing had happened") {
  const TempDirectory folder;
  const std::string db = folder / "many.db";
  make_many(db, 10'000);
  const std::string file = folder / "events.jsonl";
  for (const int kilobytes : {100, 400, 401, 800}) {
    CHECK(run_until_killed({"export", db, file}, kilobytes).code == killed);
    CHECK(fs::exists(file + ".unfinished"));
    CHECK(contents(file).back() != '\n');
  }
  const Ran ran = run_castore({"export", db, file});
  CHECK(ran.code == 0);
  CHECK(ran.err == "going on where the export into " + file + " has ended\n");
  CHECK(ran.out.find("\"comparedCount\":10000") != std::string::npos);
  CHECK(contents(file) == all_events(db));
  CHECK_FALSE(fs::exists(file + ".unfinished"));
}

TEST_CASE("a copy that was killed goes on where it was, by its state or by what is there") {
  const TempDirectory folder;
  const std::string db = folder / "many.db";
  make_many(db, 10'000);
  for (const bool has_state : {true, false}) {
    const std::string copy = folder / (has_state ? "copy.db" : "copy_without.db");
    const std::string state = folder / "state";
    std::vector<std::string> arguments{"copy", db, copy};
    if (has_state) arguments.insert(arguments.end(), {"--state", state});
    CHECK(run_until_killed(arguments, 500).code == killed);
    CHECK(fs::exists(state) == has_state);
    const Ran ran = run_castore(arguments);
    CHECK(ran.code == 0);
    CHECK(ran.err == (has_state ? "going on where the copy of " + state + " has ended\n" : ""));
    CHECK(ran.out.find("\"comparedCount\":10000") != std::string::npos);
    CHECK_FALSE(fs::exists(state));
    CHECK(all_events(copy) == all_events(db));
  }
}

TEST_CASE("a state of something else is refused") {
  const Pokemons pokemons;
  const std::string state = pokemons.folder / "state";
  write_file(state, R"({"token":"x","length":0,"stores":["OTHER"]})");
  CHECK(error_of(2, {"copy", pokemons.db, pokemons.folder / "copy.db", "--state", state})
            .starts_with("castore: the copy of " + state + " was one of other event stores"));
  write_file(state, "{}");
  CHECK(error_of(1, {"copy", pokemons.db, pokemons.folder / "copy.db", "--state", state}) ==
        "castore: '" + state + "' does not say how far something was copied; delete it to begin again\n");
}

}  // namespace
