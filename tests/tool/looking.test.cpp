// SPDX-License-Identifier: MIT
// The commands that look at events, on an SQLite file and with JSON as programs read it.

#include "support/catch.hpp"
#include "tool/support.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace castore::tool_tests;

namespace {

TEST_CASE("stores are listed with what they hold") {
  const Pokemons pokemons;
  CHECK(
      output_of({"stores", pokemons.db}) ==
      R"({"eventStoreId":"POKEMONS","aggregateCount":2,"eventCount":4,"firstEvent":"2022-01-01T12:00:00.000Z","lastEvent":"2022-01-01T12:00:04.000Z"})"
      "\n"
      R"({"eventStoreId":"TRAINERS","aggregateCount":1,"eventCount":1,"firstEvent":"2022-01-01T12:00:01.000Z","lastEvent":"2022-01-01T12:00:01.000Z"})"
      "\n");
}

TEST_CASE("aggregates are listed by their first event, also from the newest on and by page") {
  const Pokemons pokemons;
  const std::string pikachu = R"({"aggregateId":"pikachu","initialEventTimestamp":"2022-01-01T12:00:00.000Z"})"
                              "\n";
  const std::string eevee = R"({"aggregateId":"eevee","initialEventTimestamp":"2022-01-01T12:00:03.000Z"})"
                            "\n";
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS"}) == pikachu + eevee);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--reverse"}) == eevee + pikachu);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--prefix", "ee"}) == eevee);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--prefix", "e", "--limit", "1"}) == eevee);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--after", "2022-01-01T12:00:03Z"}) == eevee);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--before", "2022-01-01T12:00:02Z"}) == pikachu);
  const Ran first = run_castore({"aggregates", pokemons.db, "POKEMONS", "--limit", "1"});
  CHECK(first.out == pikachu);
  const std::string before = "there are more; the next page: --page '";
  REQUIRE(first.err.starts_with(before));
  const std::string token = first.err.substr(before.size(), first.err.size() - before.size() - 2);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--limit", "1", "--page", token}) == eevee);
}

TEST_CASE("the next page may be copied into a shell, whatever an id contains") {
  const TempDirectory folder;
  const std::string db = folder / "ids.db";
  castore::SqliteEventStorageAdapter storage{db};
  for (const char* const id : {"it's; \\x41 $(false) \x1B[31m\n \xE2\x80\xAE", "next"})
    put(storage, "S", id, 1, "T", 0);
  for (const std::string order : {"", "--reverse"}) {
    const std::string first =
        "'" + std::string{castore_tests::place::program} + "' aggregates '" + db + "' S --limit 1 " + order;
    const Ran ran = Process{{"bash", "-c", first}, {}}.finish();
    const std::string hint = ran.err.substr(ran.err.find("--page"));
    const Ran next = Process{{"bash", "-c", first + ' ' + hint}, {}}.finish();
    CAPTURE(hint);
    CHECK(next.err.empty());
    CHECK(lines_in(next.out) == 1);
    CHECK(next.out != ran.out);
  }
}

TEST_CASE("a store that is not there is an error that guesses which one is meant") {
  const Pokemons pokemons;
  for (std::vector<std::string> call : std::vector<std::vector<std::string>>{{"aggregates", "pokemon"},
                                                                             {"types", "pokemon"},
                                                                             {"events", "pokemon", "pikachu"},
                                                                             {"blame", "pokemon", "pikachu"},
                                                                             {"diff", "pokemon", "pikachu", "1", "2"},
                                                                             {"export", "--store", "pokemon"}}) {
    CAPTURE(call[0]);
    call.insert(call.begin() + 1, pokemons.db);
    CHECK(error_of(1, call) == "castore: there is no event store 'pokemon'; did you mean 'POKEMONS'?\n");
  }
  CHECK(error_of(1, {"copy", pokemons.db, pokemons.folder / "copy.db", "--store", "BATTLES"}) ==
        "castore: there is no event store 'BATTLES'\n");
  const Ran tail = run_castore({"tail", pokemons.db, "TRAINER", "--no-wait", "--after", "0"});
  CHECK(tail.code == 0);
  CHECK(tail.err == "there is no event store 'TRAINER'; did you mean 'TRAINERS'?\n");
}

TEST_CASE("people are told where there is nothing to list") {
  const Pokemons pokemons;
  const std::string empty = pokemons.folder / "empty.db";
  castore::SqliteEventStorageAdapter{empty};
  for (const auto& [command, text] :
       {std::pair{"stores", "there are no events\n"},
        {"projections", "no projection or subscription keeps its checkpoint in this database\n"},
        {"dead-letters", "there are no dead letters\n"}}) {
    const Ran ran = run_castore({command, empty, "-o", "table"});
    CHECK(ran.code == 0);
    CHECK(ran.out.empty());
    CHECK(ran.err == text);
    CHECK(output_of({command, empty}).empty());
  }
}

constexpr const char* first_event =
    R"({"aggregateId":"pikachu","version":1,"type":"POKEMON_APPEARED","timestamp":"2022-01-01T12:00:00.000Z","payload":{"name":"Pikachu","level":5,"place":{"city":"Pallet","zone":1}}})"
    "\n";
constexpr const char* second_event =
    R"({"aggregateId":"pikachu","version":2,"type":"POKEMON_LEVELED_UP","timestamp":"2022-01-01T12:00:02.000Z","payload":{"level":6},"metadata":{"by":"ash"}})"
    "\n";
constexpr const char* third_event =
    R"({"aggregateId":"pikachu","version":3,"type":"POKEMON_MOVED","timestamp":"2022-01-01T12:00:04.000Z","payload":{"place":{"city":"Viridian"}}})"
    "\n";

TEST_CASE("the events of an aggregate are listed in Castore's shape") {
  const Pokemons pokemons;
  const auto events = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"events", pokemons.db, "POKEMONS", "pikachu"});
    return output_of(options);
  };
  const std::string first = first_event;
  const std::string second = second_event;
  const std::string third = third_event;
  CHECK(events({}) == first + second + third);
  CHECK(events({"--reverse"}) == third + second + first);
  CHECK(events({"--from", "2", "--to", "2"}) == second);
  CHECK(events({"--reverse", "--limit", "1"}) == third);
  CHECK(events({"--at", "2"}) == first + second);
  CHECK(events({"--at", "2022-01-01T12:00:03Z"}) == first + second);
  CHECK(events({"--at", "2022-01-01T12:00:03Z", "--reverse", "--limit", "1"}) == second);
  CHECK(events({"--at", "2021-01-01"}).empty());
  CHECK(events({"--from", "9"}).empty());
  CHECK(error_of(1, {"events", pokemons.db, "POKEMONS", "mew"}) ==
        "castore: there is no aggregate 'mew' in event store 'POKEMONS'\n");
}

TEST_CASE("JSON may also be one array") {
  const Pokemons pokemons;
  CHECK(output_of({"events", pokemons.db, "POKEMONS", "pikachu", "--to", "2", "-o", "json"}) ==
        "[\n" + std::string{first_event}.substr(0, std::string{first_event}.size() - 1) + ",\n" + second_event + "]\n");
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "--after", "2023-01-01", "-o", "json"}) == "[]\n");
}

TEST_CASE("tail prints events of all stores in their order, with their positions") {
  const Pokemons pokemons;
  const std::string all = output_of({"tail", pokemons.db, "--after", "0", "--no-wait"});
  CHECK(lines_in(all) == 5);
  CHECK(all.starts_with(R"({"position":1,"eventStoreId":"POKEMONS","event":{"aggregateId":"pikachu","version":1,)"));
  CHECK(
      output_of({"tail", pokemons.db, "TRAINERS", "--after", "0", "--no-wait"}) ==
      R"({"position":2,"eventStoreId":"TRAINERS","event":{"aggregateId":"ash","version":1,"type":"TRAINER_JOINED","timestamp":"2022-01-01T12:00:01.000Z","payload":{"name":"Ash"}}})"
      "\n");
  CHECK(lines_in(output_of({"tail", pokemons.db, "--after", "3", "--no-wait"})) == 2);
  CHECK(lines_in(output_of({"tail", pokemons.db, "--last", "1", "--no-wait"})) == 1);
  for (const char* const last : {"99", "9223372036854775808", "18446744073709551615"}) {
    CHECK(output_of({"tail", pokemons.db, "--last", last, "--no-wait"}) == all);
  }
  CHECK(output_of({"tail", pokemons.db, "--no-wait"}).empty());
  CHECK(lines_in(output_of({"tail", pokemons.db, "--after", "0", "--limit", "2"})) == 2);
  CHECK(lines_in(output_of({"tail", pokemons.db, "--after", "0", "--no-wait", "--type", "POKEMON_MOVED", "--type",
                            "TRAINER_JOINED"})) == 2);
}

TEST_CASE("tail waits for what happens, and prints it at once") {
  const Pokemons pokemons;
  Process tail{castore_command({"tail", pokemons.db, "--after", "4"}), {}};
  CHECK(tail.read_lines(1).starts_with(R"({"position":5,)"));
  castore::SqliteEventStorageAdapter storage{pokemons.db};
  put(storage, "POKEMONS", "pikachu", 4, "POKEMON_MOVED", 5, "{}");
  CHECK(tail.read_lines(1).starts_with(R"({"position":6,)"));
}

TEST_CASE("types are listed with the fields that were seen") {
  const Pokemons pokemons;
  CHECK(
      output_of({"types", pokemons.db, "POKEMONS"}) ==
      R"({"type":"POKEMON_APPEARED","eventCount":2,"firstEvent":"2022-01-01T12:00:00.000Z","lastEvent":"2022-01-01T12:00:03.000Z","fields":["level","name","place"]})"
      "\n"
      R"({"type":"POKEMON_LEVELED_UP","eventCount":1,"firstEvent":"2022-01-01T12:00:02.000Z","lastEvent":"2022-01-01T12:00:02.000Z","fields":["level"]})"
      "\n"
      R"({"type":"POKEMON_MOVED","eventCount":1,"firstEvent":"2022-01-01T12:00:04.000Z","lastEvent":"2022-01-01T12:00:04.000Z","fields":["place"]})"
      "\n");
}

TEST_CASE("diff lists the fields that changed between two versions") {
  const Pokemons pokemons;
  CHECK(output_of({"diff", pokemons.db, "POKEMONS", "pikachu", "1", "3"}) ==
        R"({"path":"/level","before":5,"after":6})"
        "\n"
        R"({"path":"/place/city","before":"Pallet","after":"Viridian"})"
        "\n");
  CHECK(output_of({"diff", pokemons.db, "POKEMONS", "eevee", "1", "0"}) == R"({"path":"","after":{}})"
                                                                           "\n"
                                                                           R"({"path":"/level","before":3})"
                                                                           "\n"
                                                                           R"({"path":"/name","before":"Eevee"})"
                                                                           "\n");
  CHECK(error_of(1, {"diff", pokemons.db, "POKEMONS", "pikachu", "1", "4"}) ==
        "castore: the aggregate has no version 4; its last one is 3\n");
  CHECK(error_of(1, {"diff", pokemons.db, "POKEMONS", "mew", "1", "2"}) ==
        "castore: there is no aggregate 'mew' in event store 'POKEMONS'\n");
}

TEST_CASE("blame tells which event last set each field") {
  const Pokemons pokemons;
  CHECK(
      output_of({"blame", pokemons.db, "POKEMONS", "pikachu"}) ==
      R"({"path":"/level","value":6,"version":2,"type":"POKEMON_LEVELED_UP","timestamp":"2022-01-01T12:00:02.000Z"})"
      "\n"
      R"({"path":"/name","value":"Pikachu","version":1,"type":"POKEMON_APPEARED","timestamp":"2022-01-01T12:00:00.000Z"})"
      "\n"
      R"({"path":"/place/city","value":"Viridian","version":3,"type":"POKEMON_MOVED","timestamp":"2022-01-01T12:00:04.000Z"})"
      "\n"
      R"({"path":"/place/zone","value":1,"version":1,"type":"POKEMON_APPEARED","timestamp":"2022-01-01T12:00:00.000Z"})"
      "\n");
  CHECK(lines_in(output_of({"blame", pokemons.db, "POKEMONS", "pikachu", "--at", "1"})) == 4);
  CHECK(output_of({"blame", pokemons.db, "POKEMONS", "pikachu", "--at", "2021-01-01"}).empty());
  CHECK(output_of({"blame", pokemons.db, "POKEMONS", "pikachu", "--at", "0"}).empty());
  CHECK(error_of(1, {"blame", pokemons.db, "POKEMONS", "mew", "--at", "0"}) ==
        "castore: there is no aggregate 'mew' in event store 'POKEMONS'\n");
}

TEST_CASE("nothing is changed or created by looking") {
  const Pokemons pokemons;
  const auto before = pokemons.folder.contents();
  output_of({"stores", pokemons.db});
  output_of({"tail", pokemons.db, "--after", "0", "--no-wait"});
  CHECK(run_castore({"verify", pokemons.db}).code == 0);
  CHECK(pokemons.folder.contents() == before);
  const std::string missing = pokemons.folder / "missing.db";
  CHECK(error_of(1, {"stores", missing}) == "castore: cannot open SQLite file '" + missing + "': it is not there\n");
  CHECK_FALSE(std::filesystem::exists(missing));
}

TEST_CASE("a file of the first release is read as it is") {
  const TempDirectory folder;
  const std::string path = folder / "first.db";
  PlainSqlite{path}.rows(
      "CREATE TABLE event (position INTEGER PRIMARY KEY, event_store_id TEXT NOT NULL, aggregate_id TEXT NOT NULL,"
      " version INTEGER NOT NULL, type TEXT NOT NULL, timestamp TEXT NOT NULL, payload TEXT, metadata TEXT,"
      " UNIQUE (event_store_id, aggregate_id, version)) STRICT;"
      "CREATE INDEX event_initial ON event (event_store_id, timestamp, aggregate_id) WHERE version = 1;"
      "PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"
      "INSERT INTO event VALUES (1, 'POKEMONS', 'pikachu', 1, 'APPEARED', '2022-01-01T12:00:00.000Z', '{}', NULL),"
      " (7, 'POKEMONS', 'pikachu', 2, 'LEVELED_UP', '2022-01-01T12:00:01.000Z', NULL, '[]')");
  CHECK(lines_in(output_of({"events", path, "POKEMONS", "pikachu"})) == 2);
  CHECK(output_of({"tail", path, "--after", "1", "--no-wait"}).starts_with(R"({"position":7,)"));
  CHECK(run_castore({"verify", path}).code == 0);
  const std::string before = contents(path);
  CHECK(output_of({"copy", path, folder / "copy.db"}) ==
        "{\"readCount\":2,\"writtenCount\":2,\"alreadyThereCount\":0,\"comparedCount\":2}\n");
  CHECK(contents(path) == before);
}

}  // namespace
