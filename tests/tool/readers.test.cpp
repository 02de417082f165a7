// SPDX-License-Identifier: MIT
// Projections and dead letters.

#include "support/catch.hpp"
#include "tool/support.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace castore::tool_tests;

namespace {

struct Readers : Pokemons {
  Readers() {
    castore::SqliteEventStorageAdapter{db}.transact([](castore::SqliteTransaction& transaction) {
      const auto move = [&](const char* name, int version, castore::Position to) {
        REQUIRE(transaction.move_checkpoint(name, version, 0, to));
      };
      move("list", 1, 5);
      move("list", 2, 3);
      move("list#active", 0, 1);
      move("list#created", 1, 1);
      move("counts", 1, 2);
      move("counts#inline", 1, 2);
      transaction.add_dead_letter("list", 2, {2, "no such trainer", 3, noon_and(60)});
      transaction.add_dead_letter("list", 2, {3, "too strong", 1, noon_and(61)});
      transaction.add_dead_letter("mails", 1, {99, "gone", 1, noon_and(62)});
    });
  }
};

std::string without_times(const std::string& lines) {
  std::string result;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    nlohmann::ordered_json row = nlohmann::ordered_json::parse(lines.substr(begin, end - begin));
    CHECK(row.contains("updatedAt"));
    row.erase("updatedAt");
    result += row.dump() + '\n';
    begin = end + 1;
  }
  return result;
}

TEST_CASE("projections are listed with how far they are behind, and what they are") {
  const Readers readers;
  CHECK(
      without_times(output_of({"projections", readers.db})) ==
      R"({"name":"counts","version":1,"position":2,"lag":3,"state":"in each push","isActive":false,"deadLetterCount":0})"
      "\n"
      R"({"name":"list","version":1,"position":5,"lag":0,"state":"at the end","isActive":true,"deadLetterCount":0})"
      "\n"
      R"({"name":"list","version":2,"position":3,"lag":2,"state":"behind","isActive":false,"deadLetterCount":2})"
      "\n");
  const Pokemons none;
  CHECK(output_of({"projections", none.db}).empty());
}

TEST_CASE("dead letters are listed with their events") {
  const Readers readers;
  const std::string lines = output_of({"dead-letters", readers.db});
  CHECK(lines.starts_with(
      R"({"name":"list","version":2,"position":2,"attempts":3,"at":"2022-01-01T12:01:00.000Z","error":"no such trainer","event":{"position":2,"eventStoreId":"TRAINERS","event":{"aggregateId":"ash",)"));
  CHECK(lines_in(lines) == 3);
  CHECK(output_of({"dead-letters", readers.db, "list", "--of", "mails"}) ==
        R"({"name":"mails","version":1,"position":99,"attempts":1,"at":"2022-01-01T12:01:02.000Z","error":"gone"})"
        "\n");
  CHECK(lines_in(output_of({"dead-letters", readers.db, "--position", "3"})) == 1);
}

TEST_CASE("dead letters are dropped when it is said which") {
  const Readers readers;
  CHECK(error_of(2, {"dead-letters", readers.db, "drop"})
            .starts_with("castore: which dead letters? Give --position, or --all\n"));
  const Ran one = run_castore({"dead-letters", readers.db, "drop", "--of", "list", "--position", "2"});
  CHECK(one.code == 0);
  CHECK(one.err == "dropped 1\n");
  CHECK(lines_in(output_of({"dead-letters", readers.db})) == 2);
  CHECK(run_castore({"dead-letters", readers.db, "drop", "--all"}).err == "dropped 2\n");
  CHECK(output_of({"dead-letters", readers.db}).empty());
  CHECK(error_of(2, {"dead-letters", readers.db, "burn", "--all"})
            .starts_with("castore: dead-letters knows list, retry and drop, not 'burn'\n"));
}

TEST_CASE("a command handles dead letters, and those that it cannot handle stay with one attempt more") {
  const Readers readers;
  CHECK(error_of(2, {"dead-letters", readers.db, "retry", "--all"}).starts_with("castore: --with COMMAND says what"));
  const std::string handled = readers.folder / "handled";
  const Ran ran =
      run_castore({"dead-letters", readers.db, "retry", "--all", "--with",
                   "read -r line; case $line in *ash\\\",*) echo \"$line\" >>'" + handled + "' ;; *) exit 7 ;; esac"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("position 3: it ended with exit code 7\n") != std::string::npos);
  CHECK(ran.err.find("position 99: the event is gone\n") != std::string::npos);
  CHECK(ran.err.ends_with("handled 1 of 3\n"));
  CHECK(contents(handled).starts_with(R"({"position":2,"eventStoreId":"TRAINERS",)"));
  const std::string left = output_of({"dead-letters", readers.db, "--of", "list"});
  CHECK(lines_in(left) == 1);
  CHECK(left.find(R"("position":3,"attempts":2,)") != std::string::npos);
  CHECK(left.find("it ended with exit code 7") != std::string::npos);
  const Ran quiet = run_castore({"dead-letters", readers.db, "retry", "--position", "3", "--with", "exit 0"});
  CHECK(quiet.code == 0);
  CHECK(quiet.err == "handled 1 of 1\n");
}

TEST_CASE("to drop or to retry a dead letter that is not there is an error") {
  const Readers readers;
  for (const std::vector<std::string>& action :
       {std::vector<std::string>{"drop"}, std::vector<std::string>{"retry", "--with", "exit 0"}}) {
    const auto call_with = [&](const std::vector<std::string>& which) {
      std::vector<std::string> call{"dead-letters", readers.db};
      call.insert(call.end(), action.begin(), action.end());
      call.insert(call.end(), which.begin(), which.end());
      return call;
    };
    CHECK(error_of(1, call_with({"--position", "7"})) == "castore: there is no dead letter at position 7\n");
    CHECK(error_of(1, call_with({"--all", "--of", "mail"})) == "castore: there is no dead letter of 'mail'\n");
    CHECK(error_of(1, call_with({"--of", "mails", "--position", "2"})) ==
          "castore: there is no dead letter of 'mails' at position 2\n");
  }
}

TEST_CASE("to drop or to retry all dead letters when there are none says so") {
  const Readers readers;
  CHECK(lines_in(output_of({"dead-letters", readers.db})) == 3);
  CHECK(run_castore({"dead-letters", readers.db, "drop", "--all"}).err == "dropped 3\n");
  for (const Ran& ran : {run_castore({"dead-letters", readers.db, "drop", "--all"}),
                         run_castore({"dead-letters", readers.db, "retry", "--all", "--with", "exit 0"})}) {
    CHECK(ran.code == 0);
    CHECK(ran.err == "there are no dead letters\n");
  }
}

TEST_CASE("a command that failed is seen to fail, also when who calls ignores SIGCHLD") {
  const Readers readers;
  std::vector<std::string> call =
      castore_command({"dead-letters", readers.db, "retry", "--position", "3", "--with", "false"});
  call.insert(call.begin(), {"env", "--ignore-signal=CHLD"});
  const Ran ran = Process{call, {}}.finish();
  CHECK(ran.code == 1);
  CHECK(ran.err == "position 3: it ended with exit code 1\nhandled 0 of 1\n");
  CHECK(lines_in(output_of({"dead-letters", readers.db})) == 3);
}

}  // namespace
