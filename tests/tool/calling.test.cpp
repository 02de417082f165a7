// SPDX-License-Identifier: MIT
// How the program is called, and what it says of itself.

#include "support/catch.hpp"
#include "tool/support.hpp"

#include <filesystem>
#include <string>

using namespace castore::tool_tests;

namespace {

TEST_CASE("a wrong command is an error of usage, and the right one is guessed") {
  CHECK(error_of(2, {"evnts"}) ==
        "castore: there is no command 'evnts'; did you mean 'events'?\ncastore --help says more\n");
  CHECK(error_of(2, {"dead"}) ==
        "castore: there is no command 'dead'; did you mean 'dead-letters'?\ncastore --help says more\n");
  CHECK(error_of(2, {"xyzzy"}) == "castore: there is no command 'xyzzy'\ncastore --help says more\n");
}

TEST_CASE("wrong options and arguments are errors of usage") {
  const Pokemons pokemons;
  const auto usage_error = [&](std::vector<std::string> arguments) {
    const std::string text = error_of(2, std::move(arguments));
    return text.substr(0, text.find('\n'));
  };
  CHECK(usage_error({"aggregates", pokemons.db, "POKEMONS", "--revers"}) ==
        "castore: there is no option '--revers'; did you mean '--reverse'?");
  CHECK(usage_error({"aggregates", pokemons.db}) == "castore: STORE is required");
  CHECK(usage_error({"stores", pokemons.db, "more"}) == "castore: there is one argument too many: 'more'");
  CHECK(usage_error({"aggregates", pokemons.db, "POKEMONS", "--limit", "-1"}) ==
        "castore: --limit takes a number from 0, not '-1'");
  CHECK(usage_error({"aggregates", pokemons.db, "POKEMONS", "--after", "yesterday"}) ==
        "castore: --after takes a time such as 2022-01-01 or 2022-01-01T12:00:00.000Z, not 'yesterday'");
  CHECK(usage_error({"events", pokemons.db, "POKEMONS", "pikachu", "--at", "now"}) ==
        "castore: --at takes a time such as 2022-01-01 or 2022-01-01T12:00:00.000Z, not 'now'");
  CHECK(usage_error({"diff", pokemons.db, "POKEMONS", "pikachu", "1", "x"}) ==
        "castore: V2 takes a number from 0, not 'x'");
  CHECK(usage_error({"stores", pokemons.db, "-o", "xml"}) == "castore: -o takes table, json or jsonl, not 'xml'");
  CHECK(usage_error({"stores"}) == "castore: which database? Name it as the first argument, or in CASTORE_URL");
  CHECK(usage_error({"stores", "mysql://host/db"}) ==
        "castore: this castore knows no databases that begin with 'mysql://'");
  CHECK(usage_error({"stores", "dynamodb://"}) == "castore: a DynamoDB URL names a table: dynamodb://table");
  CHECK(usage_error({"stores", "dynamodb://events?zone=x"}) == "castore: a database's URL has no parameter 'zone'");
  CHECK(error_of(2, {"stores"}).ends_with("\ncastore stores --help says more\n"));
}

TEST_CASE("the database is an argument, or in the environment, or an option") {
  const Pokemons pokemons;
  const Surroundings with_url{.environment = {{"CASTORE_URL", pokemons.db}}};
  const std::string stores = output_of({"stores", pokemons.db});
  CHECK(output_of({"stores"}, with_url) == stores);
  CHECK(lines_in(output_of({"aggregates", "POKEMONS"}, with_url)) == 2);
  CHECK(error_of(2, {"stores", "other.db"}, with_url) ==
        "castore: there is one argument too many: 'other.db'; CASTORE_URL names the database already, -d names another "
        "one\ncastore stores --help says more\n");
  CHECK(output_of({"stores", "-d", pokemons.db}, {.environment = {{"CASTORE_URL", "nothing.db"}}}) == stores);
  CHECK(lines_in(output_of({"aggregates", "-d", pokemons.db, "POKEMONS"})) == 2);
  CHECK(lines_in(output_of({"aggregates", "--database=" + pokemons.db, "POKEMONS"})) == 2);
}

TEST_CASE("a value in brackets is one value") {
  const TempDirectory folder;
  const std::string db = folder / "brackets.db";
  {
    castore::SqliteEventStorageAdapter storage{db};
    for (const char* const store : {"A", "B", "[A,B]", "[A]", "-dash"}) put(storage, store, "a", 1, "[T,U]", 0);
  }
  const auto lines = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"tail", db, "--after", "0", "--no-wait"});
    return lines_in(output_of(words));
  };
  CHECK(lines({"[A,B]"}) == 1);
  CHECK(lines({"[A]", "A", "B"}) == 3);
  CHECK(lines({"--", "-dash", "A"}) == 2);
  CHECK(lines({"--type", "[T,U]"}) == 5);
  CHECK(lines({"--type", "T", "--type", "[T,U]", "A"}) == 1);
  const std::string exported = output_of({"export", db, "--store", "[A,B]", "--store", "A"});
  CHECK(lines_in(exported) == 2);
  CHECK(exported.find(R"("eventStoreId":"[A,B]")") != std::string::npos);
  CHECK(error_of(2, {"tail", db, "A", "--no-wiat"})
            .starts_with("castore: there is no option '--no-wiat'; did you mean '--no-wait'?\n"));
  CHECK(output_of({"tail", "--help"}).find("STORE...") != std::string::npos);
}

TEST_CASE("what is behind -- is no option") {
  const TempDirectory folder;
  const std::string db = folder / "dash.db";
  {
    castore::SqliteEventStorageAdapter storage{db};
    put(storage, "POKEMONS", "-dratini", 1, "T", 0);
  }
  CHECK(lines_in(output_of({"events", db, "POKEMONS", "--", "-dratini"})) == 1);
  CHECK(lines_in(output_of({"events", "-d", db, "POKEMONS", "--", "-dratini"})) == 1);
  CHECK(error_of(2, {"events", db, "POKEMONS", "--", "-dratini", "-more"})
            .starts_with("castore: there is one argument too many: '-more'\n"));
}

TEST_CASE("a password in a URL is not shown") {
  const std::string error = error_of(1, {"stores", "postgres://ash:pika-secret@127.0.0.1:1/x"});
  CHECK(error.starts_with("castore: "));
  CHECK(error.find("pika-secret") == std::string::npos);
  CHECK(error_of(2, {"stores", "dynamodb://events?pika-secret"}).find("has no parameter") != std::string::npos);
}

TEST_CASE("help names every command, and each command what it takes") {
  const std::string help = output_of({"--help"});
  CHECK(help == output_of({}));
  CHECK(help == output_of({"help"}));
  for (const char* const command : {"aggregates", "blame", "completion", "copy", "dead-letters", "diff", "events",
                                    "export", "import", "man", "projections", "stores", "tail", "types", "verify"}) {
    CHECK(help.find(std::string{"\n  "} + command + ' ') != std::string::npos);
    const std::string own = output_of({command, "--help"});
    CHECK(own == output_of({"help", command}));
    CHECK(own.find("--output") != std::string::npos);
  }
  const std::string events = output_of({"events", "--help"});
  for (const char* const word : {"STORE", "ID", "--from", "--to", "--at", "--limit", "--reverse", "DATABASE"}) {
    CHECK(events.find(word) != std::string::npos);
  }
  CHECK(output_of({"--version"}).starts_with("castore 0."));
}

TEST_CASE("bash completes commands and options") {
  const auto completed = [](const std::string& words, int index) {
    const std::string script = "source <('" + std::string{castore_tests::place::program} +
                               "' completion bash); COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(index) +
                               "; _castore; printf '%s\\n' \"${COMPREPLY[@]}\"";
    return Process{{"bash", "-c", script}, {}}.finish().out;
  };
  CHECK(completed("castore e", 1) == "events\nexport\n");
  CHECK(completed("castore events x.db --fr", 3) == "--from\n");
  CHECK(completed("castore copy --d", 2) == "--dry-run\n");
  CHECK(error_of(2, {"completion", "fish"}).starts_with("castore: completion is for bash or zsh\n"));
}

TEST_CASE("zsh's completion and the man page name every command and option") {
  const std::string zsh = output_of({"completion", "zsh"});
  const std::string man = output_of({"man"});
  CHECK(zsh.starts_with("#compdef castore\n"));
  CHECK(man.starts_with(".TH CASTORE 1 \"\" \"castore 0."));
  for (const char* const command : {"blame", "copy", "dead-letters", "verify"}) {
    CHECK(zsh.find("    '" + std::string{command} + ":") != std::string::npos);
  }
  CHECK(zsh.find("'--reverse[the newest first]'") != std::string::npos);
  CHECK(man.find(".SS \"castore dead\\-letters\"") != std::string::npos);
  CHECK(man.find("\\fB\\-\\-reverse\\fR\nthe newest first\n") != std::string::npos);
}

TEST_CASE("CMake installs the program with its man page and completions") {
  const TempDirectory folder;
  const std::string build = std::filesystem::path{castore_tests::place::program} / "../../..";
  const Ran ran =
      Process{{"cmake", "--install", build, "--component", "program", "--prefix", folder / "usr"}, {}}.finish();
  CHECK(ran.err.empty());
  REQUIRE(ran.code == 0);
  CHECK(contents(folder / "usr/share/man/man1/castore.1") == output_of({"man"}));
  CHECK(contents(folder / "usr/share/bash-completion/completions/castore") == output_of({"completion", "bash"}));
  CHECK(contents(folder / "usr/share/zsh/site-functions/_castore") == output_of({"completion", "zsh"}));
  CHECK(Process{{folder / "usr/bin/castore", "--version"}, {}}.finish().out == output_of({"--version"}));
}

}  // namespace
