// SPDX-License-Identifier: MIT
// What people see on a terminal, and what a terminal must not be given.

#include "support/catch.hpp"
#include "tool/support.hpp"

#include <algorithm>
#include <initializer_list>
#include <sstream>
#include <string>

using namespace castore::tool_tests;

namespace {

TEST_CASE("a terminal gets a table, with a bold header") {
  const Pokemons pokemons;
  const Ran ran = on_terminal({"aggregates", pokemons.db, "POKEMONS"});
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        "\x1B[1mAGGREGATE\x1B[0m  \x1B[1mFIRST EVENT\x1B[0m\n"
        "pikachu    \x1B[2m2022-01-01T12:00:00.000Z\x1B[0m\n"
        "eevee      \x1B[2m2022-01-01T12:00:03.000Z\x1B[0m\n");
}

TEST_CASE("colours are left out for NO_COLOR, a dumb terminal and a pipe") {
  const Pokemons pokemons;
  const std::string plain =
      "AGGREGATE  FIRST EVENT\n"
      "pikachu    2022-01-01T12:00:00.000Z\n"
      "eevee      2022-01-01T12:00:03.000Z\n";
  CHECK(on_terminal({"aggregates", pokemons.db, "POKEMONS"}, 120, {{"NO_COLOR", "1"}}).out == plain);
  CHECK(on_terminal({"aggregates", pokemons.db, "POKEMONS"}, 120, {{"TERM", "dumb"}}).out == plain);
  CHECK(output_of({"aggregates", pokemons.db, "POKEMONS", "-o", "table"}) == plain);
}

TEST_CASE("numbers stand at the right of their column") {
  const Pokemons pokemons;
  CHECK(output_of({"stores", pokemons.db, "-o", "table"}) ==
        "STORE     AGGREGATES  EVENTS  FIRST EVENT               LAST EVENT\n"
        "POKEMONS           2       4  2022-01-01T12:00:00.000Z  2022-01-01T12:00:04.000Z\n"
        "TRAINERS           1       1  2022-01-01T12:00:01.000Z  2022-01-01T12:00:01.000Z\n");
}

TEST_CASE("no line is longer than a narrow terminal") {
  const Pokemons pokemons;
  for (const unsigned short columns : std::initializer_list<unsigned short>{1, 20, 37, 80}) {
    CAPTURE(columns);
    std::istringstream lines{
        on_terminal({"events", pokemons.db, "POKEMONS", "pikachu"}, columns, {{"NO_COLOR", "1"}}).out};
    for (std::string line; std::getline(lines, line);) {
      const auto characters =
          std::count_if(line.begin(), line.end(), [](unsigned char byte) { return (byte & 0xC0U) != 0x80U; });
      CHECK(characters <= columns);
    }
  }
  CHECK(on_terminal({"aggregates", pokemons.db, "POKEMONS", "--limit", "1"}, 20, {{"NO_COLOR", "1"}}).out ==
        "AGGREGATE  FIRST EV…\npikachu    2022-01-…\n");
}

TEST_CASE("a narrow terminal shows types and the beginnings of payloads in lines of their own") {
  const Pokemons pokemons;
  const auto events = [&](unsigned short columns) {
    return on_terminal({"events", pokemons.db, "POKEMONS", "pikachu", "--limit", "2"}, columns, {{"NO_COLOR", "1"}}).out;
  };
  CHECK(events(40) ==
        "VERSION  TIMESTAMP\n"
        "  TYPE                PAYLOAD\n"
        "      1  2022-01-01T12:00:00.000Z\n"
        "  POKEMON_APPEARED    {\"name\":\"Pikachu\"…\n"
        "      2  2022-01-01T12:00:02.000Z\n"
        "  POKEMON_LEVELED_UP  {\"level\":6}\n");
  CHECK(events(24) ==
        "VERSION  TIMESTAMP\n"
        "  TYPE\n"
        "  PAYLOAD\n"
        "      1  2022-01-01T12:…\n"
        "  POKEMON_APPEARED\n"
        "  {\"name\":\"Pikachu\",\"le…\n"
        "      2  2022-01-01T12:…\n"
        "  POKEMON_LEVELED_UP\n"
        "  {\"level\":6}\n");
  const std::string wide = events(80);
  CHECK(std::count(wide.begin(), wide.end(), '\n') == 3);
}

TEST_CASE("what would change a terminal is shown as an escape, in tables and in JSON") {
  const TempDirectory folder;
  const std::string db = folder / "hostile.db";
  {
    castore::SqliteEventStorageAdapter storage{db};
    put(storage, "S\x1B[31m", "a\nb\x07", 1, "T\xC2\x9B", 0,
        "{\"text\":\"\\u001b[2J\xE2\x80\xAE\xC2\x9B\x7F\xF3\xA0\x80\x81\"}");
  }
  const auto has_control = [](const std::string& text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char byte) { return (byte < 0x20 && byte != '\n') || byte == 0x7F; }) ||
           text.find("\xC2\x9B") != std::string::npos || text.find("\xE2\x80\xAE") != std::string::npos ||
           text.find("\xF3\xA0\x80\x81") != std::string::npos;
  };
  for (const char* const form : {"table", "json", "jsonl"}) {
    CAPTURE(form);
    const std::vector<std::vector<std::string>> calls{{"stores", db},
                                                      {"aggregates", db, "S\x1B[31m"},
                                                      {"events", db, "S\x1B[31m", "a\nb\x07"},
                                                      {"types", db, "S\x1B[31m"},
                                                      {"blame", db, "S\x1B[31m", "a\nb\x07"},
                                                      {"diff", db, "S\x1B[31m", "a\nb\x07", "0", "1"},
                                                      {"tail", db, "--after", "0", "--no-wait"},
                                                      {"export", db}};
    for (std::vector<std::string> call : calls) {
      CAPTURE(call[0]);
      call.insert(call.end(), {"-o", form});
      const Ran ran = on_terminal(call, 400, {{"NO_COLOR", "1"}});
      CHECK(ran.code == 0);
      CHECK_FALSE(ran.out.empty());
      CHECK_FALSE(has_control(ran.out));
    }
  }
  CHECK(on_terminal({"events", db, "S\x1B[31m", "a\nb\x07", "-o", "jsonl"})
            .out.find(R"("text":"\u001b[2J\u202e\u009b\u007f\udb40\udc01")") != std::string::npos);
  CHECK(error_of(1, {"events", db, "\x1B]0;title\x07", "x"}) ==
        "castore: there is no event store '\\x1B]0;title\\x07'\n");
  CHECK(error_of(2, {"\x1B[2J"}).starts_with("castore: there is no command '\\x1B[2J'\n"));
}

TEST_CASE("a reader that has seen enough ends the program quietly") {
  const TempDirectory folder;
  const std::string db = folder / "many.db";
  {
    castore::SqliteEventStorageAdapter storage{db, {.synchronous = castore::SqliteSynchronous::normal}};
    std::vector<castore::PushRecord> events;
    const std::string payload = '"' + std::string(5000, 'x') + '"';
    for (castore::Version version = 1; version <= 400; ++version) {
      events.push_back({"S", {"a", version, "T", noon_and(0), payload, {}}});
    }
    REQUIRE(storage.push_events(events, {}) == castore::PushOutcome{});
  }
  for (const std::vector<std::string>& call :
       {std::vector<std::string>{"events", db, "S", "a"}, {"export", db}, {"tail", db, "--after", "0", "--no-wait"}}) {
    CAPTURE(call[0]);
    Process process{castore_command(call), {}};
    CHECK_FALSE(process.read_lines(1).empty());
    process.close_output();
    const Ran ran = process.finish();
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
  }
}

TEST_CASE("output that cannot be written is a failure") {
  const Pokemons pokemons;
  const Ran ran = Process{
      {"sh", "-c", "exec \"$0\" stores \"$1\" >/dev/full", castore_tests::place::program, pokemons.db},
      {}}.finish();
  CHECK(ran.code == 1);
  CHECK(ran.err == "castore: cannot write the output: No space left on device\n");
}

TEST_CASE("wide characters take two places in a table") {
  const TempDirectory folder;
  const std::string db = folder / "wide.db";
  castore::SqliteEventStorageAdapter storage{db};
  put(storage, "S", "ピカ", 1, "T", 0);
  put(storage, "S", "é", 1, "T", 1);
  CHECK(output_of({"aggregates", db, "S", "-o", "table"}) ==
        "AGGREGATE  FIRST EVENT\n"
        "ピカ       2022-01-01T12:00:00.000Z\n"
        "é          2022-01-01T12:00:01.000Z\n");
}

}  // namespace
