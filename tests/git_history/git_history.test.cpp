// SPDX-License-Identifier: MIT

/// @file
/// The program as its users run it, on repositories that are as odd as git allows.

#include "git_history/scratch.hpp"

#include "support/catch.hpp"
#include "support/place.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using git_history_tests::Database;
using git_history_tests::git;
using git_history_tests::History;
using git_history_tests::Result;
using git_history_tests::run;
using git_history_tests::RunningProgram;
using git_history_tests::ScratchFolder;
using git_history_tests::split;
using git_history_tests::write_text;

using namespace std::string_literals;

std::vector<std::string> command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), castore_tests::place::program);
  return arguments;
}

Result git_history(std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) {
  return run(command(std::move(arguments)), {}, environment);
}

/// Runs the program, which must succeed.
std::string succeed(std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) {
  const Result result = git_history(std::move(arguments), environment);
  INFO(result.out << result.error);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string make_repository(const ScratchFolder& folder, const std::string& name,
                            const std::vector<std::string>& options = {}) {
  std::vector<std::string> words{"git", "init", "--quiet", "--initial-branch=main"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(folder / name);
  const Result result = run(words);
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  return folder / name;
}

/// A small history whose ids and times are always the same.
History small_history() {
  History history;
  history.commit().file("a.txt", "1").file("b.txt", "1");
  history.commit().file("a.txt", "2").file("dir/c.txt", "1");
  history.commit(0, "Bob").remove("b.txt").file("a.txt", "2", "100755");
  return history;
}

/// Every kind of path, mode and change that git knows.
History odd_history() {
  History history;
  history.commit().file("plain", "1").file("with space", "1").file("quote\"s'", "1").file("back\\slash", "1");
  history.file("new\nline", "1").file("tab\there", "1").file("\xC3\xBCnicode/\xE2\x82\xAC", "1");
  history.file("latin1 \xE9", "1").file("100%.txt", "1").file("bytes\xFF%\xFE", "1").file(" :-dash ", "1");
  history.file("link", "target", "120000").file("run.sh", "1", "100755").file("dir/a", "1").file("dir/b/c", "1");
  history.submodule("module", '1').file("%41", "1").file("A", "1").file("~", "1").file("\x1B[2J", "1");
  history.file(".gitmodules", "[submodule \"module\"]\n\tpath = module\n\turl = ./x\n\tignore = all\n");
  history.commit().file("plain", "2").file("latin1 \xE9", "2").file("run.sh", "1");  // content, content, mode
  history.commit();
  history.commit().file("link", "now a file").file("plain", "target", "120000").submodule("run.sh", '2');
  history.branch("side").from(2).commit().file("side", "1").file("100%.txt", "side");
  history.branch("main").commit(History::first_time).file("100%.txt", "main");  // older than its parent
  history.merge(5).commit().file("side", "1").file("100%.txt", "both");
  history.commit().remove("dir").file("dir", "no folder").submodule("module", '3');
  history.commit().remove("latin1 \xE9").remove("module").remove("dir").file("dir/a", "1");
  history.commit().file("latin1 \xE9", "3").submodule("module", '3').file("copy of A", "1");
  history.commit(4'102'444'800, "Andr\xE9").file("plain", "3");
  history.commit(1, "Andr\xE9", "encoding ISO-8859-1\n").file("plain", "4");
  history.commit(999'999'999'999, "/root \xC3\xBC").remove("A").remove("100%.txt");
  history.commit();
  return history;
}

/// Configuration that changes what git's commands for people print.
void configure_oddly(const std::string& repository) {
  write_text(repository + "/.git/order", "z*\n");
  for (const auto& [name, value] : std::map<std::string, std::string>{{"diff.renames", "copies"},
                                                                      {"diff.relative", "true"},
                                                                      {"diff.ignoreSubmodules", "all"},
                                                                      {"diff.orderFile", ".git/order"},
                                                                      {"diff.noprefix", "true"},
                                                                      {"log.showSignature", "true"},
                                                                      {"log.showRoot", "false"},
                                                                      {"log.follow", "true"},
                                                                      {"log.diffMerges", "off"},
                                                                      {"color.ui", "always"},
                                                                      {"core.quotePath", "true"},
                                                                      {"core.abbrev", "5"},
                                                                      {"i18n.logOutputEncoding", "ISO-8859-1"}}) {
    git(repository, {"config", name, value});
  }
}

using Tree = std::map<std::string, std::string>;  // path -> mode and blob

Tree tree_in_git(const std::string& repository, const std::string& commit) {
  Tree tree;
  for (const std::string& line : split(git(repository, {"ls-tree", "-r", "-z", "--full-tree", commit}), '\0')) {
    const std::size_t tab = line.find('\t');
    tree[line.substr(tab + 1)] = line.substr(0, 6) + line.substr(line.rfind(' ', tab), tab - line.rfind(' ', tab));
  }
  return tree;
}

std::string path_of(const std::string& id) {
  if (id.front() != '/') return id;
  std::string path;
  for (std::size_t index = 1; index < id.size(); ++index) {
    if (id[index] == '%') {
      path += static_cast<char>(std::stoi(id.substr(index + 1, 2), nullptr, 16));
      index += 2;
    } else {
      path += id[index];
    }
  }
  return path;
}

/// Reads the events with plain SQL and compares the tree after every commit with git's.
/// @return How many events there are.
std::size_t check_by_sql(const std::string& repository, const std::string& database, const std::string& ref = "HEAD") {
  const auto commits = split(git(repository, {"rev-list", "--first-parent", "--reverse", ref}), '\n');
  const auto times = split(git(repository, {"log", "--first-parent", "--reverse", "--format=%ct", ref}), '\n');
  const auto rows = Database{database}.query(
      "SELECT aggregate_id, version, type, timestamp, strftime('%s', timestamp), json_extract(payload, '$.mode'),"
      " json_extract(payload, '$.blob'), json_extract(payload, '$.commit'), json_extract(payload, '$.commit_number'),"
      " json_type(payload, '$.commit_number'), (SELECT count(*) FROM json_each(payload)), metadata"
      " FROM event WHERE event_store_id = 'FILES' ORDER BY position");
  auto row = rows.begin();
  Tree tree;
  std::map<std::string, int> versions;
  for (std::size_t number = 1; number <= commits.size(); ++number) {
    for (; row != rows.end() && (*row)[8] == std::to_string(number); ++row) {
      const std::string path = path_of((*row)[0]);
      const std::string entry = (*row)[5] + " " + (*row)[6];
      INFO("commit " << number << ", " << path);
      CHECK((*row)[1] == std::to_string(++versions[path]));
      CHECK((*row)[3].substr(19) == ".000Z");
      CHECK((*row)[4] == std::to_string(std::min(std::stoll(times[number - 1]), 253'402'300'799LL)));
      CHECK((*row)[7] == commits[number - 1]);
      CHECK((*row)[9] == "integer");
      CHECK((*row)[10] == "5");
      CHECK((*row)[11].empty());
      CHECK((*row)[2] == (!tree.contains(path)          ? "FILE_ADDED"
                          : (*row)[2] == "FILE_DELETED" ? (*row)[2]
                                                        : "FILE_MODIFIED"));
      if ((*row)[2] == "FILE_DELETED") {
        CHECK(tree[path] == entry);  // what went away
        tree.erase(path);
      } else {
        CHECK(tree[path] != entry);
        tree[path] = entry;
      }
    }
    INFO("commit " << number);
    CHECK(tree == tree_in_git(repository, commits[number - 1]));
  }
  CHECK(row == rows.end());
  return rows.size();
}

std::vector<Database::Row> dump(const std::string& database) {
  return Database{database}.query("SELECT * FROM event ORDER BY position");
}

/// The program must refuse with exit code 2 and one line.
std::string refuse(std::vector<std::string> arguments) {
  const Result result = git_history(std::move(arguments));
  INFO(result.out << result.error);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(std::ranges::count(result.error, '\n') == 1);
  CHECK(result.error.ends_with('\n'));
  return result.error;
}

}  // namespace

TEST_CASE("The program prints what the history of a small repository tells") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "small");
  small_history().import_into(repository);
  const std::string database = folder / "small.db";
  const std::string tip = git(repository, {"rev-parse", "HEAD"}).substr(0, 10);
  const std::string root = git(repository, {"rev-parse", "HEAD~2"}).substr(0, 10);
  const std::string middle = git(repository, {"rev-parse", "HEAD~1"}).substr(0, 10);

  const std::string rest =
      "\n"
      "the most-changed files\n"
      "       3  a.txt\n"
      "       2  b.txt\n"
      "       1  dir/c.txt\n"
      "\n"
      "the audit trail of a.txt\n"
      "       1  2020-09-13T12:27:40.000Z  FILE_ADDED     " +
      root +
      "  Ann\n"
      "       2  2020-09-13T12:28:40.000Z  FILE_MODIFIED  " +
      middle +
      "  Ann\n"
      "       3  2020-09-13T12:29:40.000Z  FILE_MODIFIED  " +
      tip +
      "  Bob\n"
      "\n"
      "its state at some versions\n"
      "       1  100644 56a6051ca2  since commit 1\n"
      "       2  100644 d8263ee986  since commit 2\n"
      "       3  100755 d8263ee986  since commit 3\n"
      "\n"
      "the tree at commit 2: 3 files\n"
      "  100644 d8263ee986  a.txt\n"
      "  100644 56a6051ca2  b.txt\n"
      "  100644 56a6051ca2  dir/c.txt\n"
      "\n";
  const std::string verified = "verified: 7 files at 3 commits, 0 differences\n";
  const std::string history = "history:  3 commits to " + tip + " in " + repository + "\n" + "database: " + database;
  CHECK(succeed({repository, database}) == history + ", 6 events of 3 commits are new\n" + rest + verified);
  CHECK(succeed({repository, database}) == history + ", 0 events of 0 commits are new\n" + rest + verified);
  CHECK(succeed({repository, database, "--no-verify"}) == history + ", 0 events of 0 commits are new\n" + rest);
  CHECK(succeed({"--help"}) ==
        "usage: git_history REPO DB [--ref REF] [--no-verify] [--show PATH] [--read-model 1|2]\n");
}

TEST_CASE("Every odd path, mode and change comes out of the database as git has it") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "odd");
  odd_history().import_into(repository);
  configure_oddly(repository);
  const std::string database = folder / "odd.db";
  const std::string out = succeed({repository, database}, {"GIT_DIR=/nowhere", "GIT_LITERAL_PATHSPECS=0"});
  CHECK(out.ends_with(" files at 10 commits, 0 differences\n"));
  CHECK(check_by_sql(repository, database) > 40);

  std::set<std::string> ids;
  for (const auto& row : Database{database}.query("SELECT DISTINCT aggregate_id FROM event")) ids.insert(row[0]);
  for (const char* id : {"/latin1 %E9", "/bytes%FF%25%FE", "100%.txt", "%41", "A", "new\nline", "tab\there",
                         "quote\"s'", "back\\slash", "\xC3\xBCnicode/\xE2\x82\xAC", " :-dash "}) {
    CHECK(ids.contains(id));
  }
  const auto authors = Database{database}.query(
      "SELECT json_extract(payload, '$.author') FROM event WHERE aggregate_id = 'plain' ORDER BY version DESC LIMIT 2");
  CHECK(authors == std::vector<Database::Row>{{"Andr\xC3\xA9"}, {"/Andr%E9"}});

  SECTION("and is shown without harm to a terminal") {
    const std::string shown = succeed({repository, database, "--show", "latin1 \xE9"});
    CHECK(contains(shown, "the audit trail of latin1 \\xE9\n       1  "));
    CHECK(contains(shown, "FILE_DELETED "));
    CHECK(contains(shown, "       4  100644 e440e5c842  since commit 9\n"));
    CHECK(contains(succeed({repository, database, "--show", "\x1B[2J"}), "the audit trail of \\x1B[2J\n"));
    CHECK(contains(succeed({repository, database, "--show", "plain"}), "  Andr\\xE9\n"));
  }
  SECTION("also from a folder of the work tree, a linked work tree and a bare clone") {
    std::filesystem::create_directory(repository + "/dir");
    git(repository, {"worktree", "add", "--quiet", "--no-checkout", "--detach", folder / "linked", "HEAD"});
    git(repository, {"clone", "--quiet", "--bare", ".", folder / "bare"});
    for (const std::string& other : {repository + "/dir", repository + "/.git", folder / "linked", folder / "bare"}) {
      INFO(other);
      CHECK(contains(succeed({other, database}), "database: " + database + ", 0 events of "));
      std::filesystem::remove(folder / "other.db");
      succeed({other, folder / "other.db"});
      CHECK(dump(folder / "other.db") == dump(database));
    }
  }
  SECTION("also from a shallow clone, whose first commit adds all its files") {
    git(repository, {"clone", "--quiet", "--bare", "--depth=4", "file://" + repository, folder / "shallow"});
    succeed({folder / "shallow", folder / "shallow.db"});
    CHECK(check_by_sql(folder / "shallow", folder / "shallow.db") > 20);
  }
}

TEST_CASE("A repository with SHA-256 object ids is imported") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "sha256", {"--object-format=sha256"});
  small_history().import_into(repository);
  CHECK(contains(succeed({repository, folder / "x.db"}), "verified: 7 files at 3 commits, 0 differences"));
  CHECK(check_by_sql(repository, folder / "x.db") == 6);
}

TEST_CASE("A second run goes on where the first one stopped") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  const std::string database = folder / "x.db";
  History history = odd_history();  // ends with a commit that changes nothing
  history.import_into(repository);
  succeed({repository, database, "--ref", "HEAD~5"});
  const auto before = dump(database);
  succeed({repository, database});
  const auto after = dump(database);
  CHECK(after.size() > before.size());
  CHECK(std::equal(before.begin(), before.end(), after.begin()));
  check_by_sql(repository, database);

  history.commit().file("plain", "5").file("later", "1");
  history.commit().remove("later");
  history.import_into(repository);
  CHECK(contains(succeed({repository, database}), ", 3 events of 3 commits are new\n"));
  check_by_sql(repository, database);
  CHECK(contains(succeed({repository, database}), ", 0 events of 0 commits are new\n"));

  // An older commit is shown as it was, and leaves the database as it is.
  const auto all = dump(database);
  const std::string root = git(repository, {"rev-list", "--first-parent", "--max-parents=0", "HEAD"}).substr(0, 40);
  const std::string out = succeed({repository, database, "--ref", root, "--show", "plain"});
  CHECK(contains(out, "history:  1 commits to "));
  CHECK(contains(out, ", 0 events of 0 commits are new\n"));
  CHECK(contains(out, "verified: 21 files at 1 commits, 0 differences\n"));
  CHECK(!contains(out, "       2  20"));
  CHECK(refuse({repository, database, "--ref", root, "--show", "later"}) ==
        "git_history: --show: the history has no file 'later'\n");
  CHECK(dump(database) == all);
}

TEST_CASE("A database of another history is refused") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  const std::string database = folder / "x.db";
  History history = small_history();
  history.branch("other").from(2).commit().file("other", "1");
  history.commit().file("other", "2");
  history.branch("foxtrot").from(5).merge(3).commit().file("other", "3");
  history.branch("short").from(1).commit().file("short", "1");
  history.import_into(repository);
  succeed({repository, database});
  const auto before = dump(database);

  const std::string another = make_repository(folder, "another");
  History{}.commit().file("x", "1").import_into(another);
  const std::string expected = "git_history: '" + database + "' records another history: its last commit " +
                               git(repository, {"rev-parse", "main"}).substr(0, 40) +
                               ", number 3, is not on the way of first parents to ";
  CHECK(refuse({another, database}) == expected + git(another, {"rev-parse", "HEAD"}).substr(0, 40) + " in '" +
                                           another + "'; delete it or name another one\n");
  for (const char* ref : {"other", "foxtrot", "short"}) {
    CHECK(refuse({repository, database, "--ref", ref}).starts_with(expected));
  }
  CHECK(dump(database) == before);
}

TEST_CASE("A run that is killed leaves whole commits, and the next one goes on") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  History history;
  for (int commit = 1; commit <= 3000; ++commit) {
    history.commit();
    for (int file = 0; file < 4; ++file) {
      history.file("file" + std::to_string((commit * 7 + file * 3) % 50), std::to_string(commit));
    }
  }
  history.import_into(repository);
  succeed({repository, folder / "whole.db"});
  const auto whole = dump(folder / "whole.db");
  REQUIRE(whole.size() == 12000);

  const std::string database = folder / "killed.db";
  const auto count = [&] {
    try {
      return std::stoul(Database{database}.query("SELECT count(*) FROM event")[0][0]);
    } catch (const std::runtime_error&) {
      return 0UL;  // not created yet
    }
  };
  for (const unsigned long wanted : {1UL, 1000UL, 5000UL}) {
    RunningProgram program{folder, command({repository, database, "--no-verify"})};
    for (int waits = 0; count() < wanted; ++waits) {
      REQUIRE(waits < 20'000);
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    program.kill();
    CHECK(program.wait() == -SIGKILL);
    const auto partial = dump(database);
    CHECK(partial.size() >= wanted);
    CHECK(partial.size() < whole.size());
    CHECK(partial.size() % 4 == 0);
  }
  CHECK(contains(succeed({repository, database}), "0 differences"));
  CHECK(dump(database) == whole);
}

TEST_CASE("What git could not finish is not recorded as a commit") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  small_history().import_into(repository);
  const std::string database = folder / "x.db";
  succeed({repository, folder / "whole.db"});
  const auto whole = dump(folder / "whole.db");

  SECTION("because it was killed") {
    std::filesystem::create_directory(folder / "bin");
    std::string real_git = run({"sh", "-c", "command -v git"}).out;
    real_git.pop_back();
    write_text(folder / "bin/git", "#!/bin/sh\ncase \"$*\" in\n*diff-tree*) " + real_git +
                                       " \"$@\" | head -z -n \"$CUT\"; kill -9 $$ ;;\n*) exec " + real_git +
                                       " \"$@\" ;;\nesac\n");
    std::filesystem::permissions(folder / "bin/git", std::filesystem::perms::owner_all);
    // Each commit is a header and two changes of two texts; it is whole when the next header is there.
    for (int cut = 0; cut <= 15; ++cut) {
      INFO(cut);
      std::filesystem::remove(database);
      const Result result = git_history({repository, database},
                                        {"PATH=" + (folder / "bin") + ":/usr/bin:/bin", "CUT=" + std::to_string(cut)});
      CHECK(result.exit_code == 2);
      CHECK(contains(result.error, "git"));
      CHECK(dump(database).size() == (cut > 10 ? 4U : cut > 5 ? 2U : 0U));
    }
  }
  SECTION("because a tree is missing") {
    const std::string tree = git(repository, {"rev-parse", "HEAD^{tree}"}).substr(0, 40);
    const std::string object = repository + "/.git/objects/" + tree.substr(0, 2) + "/" + tree.substr(2);
    std::filesystem::rename(object, folder / "tree");
    CHECK(refuse({repository, database}) == "git_history: git: unable to read tree " + tree + "\n");
    CHECK(dump(database).size() == 2);  // whether the second commit is whole, nobody knows
    std::filesystem::rename(folder / "tree", object);
  }
  succeed({repository, database});
  CHECK(dump(database) == whole);
}

TEST_CASE("A commit that changes ten thousand files is one group of events") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  History history;
  history.commit();
  for (int file = 0; file < 10'000; ++file)
    history.file("dir" + std::to_string(file % 97) + "/" + std::to_string(file), "1");
  history.commit();
  for (int directory = 0; directory < 97; ++directory) history.remove("dir" + std::to_string(directory));
  history.import_into(repository);
  CHECK(contains(succeed({repository, folder / "x.db"}), "verified: 10000 files at 2 commits, 0 differences"));
  CHECK(dump(folder / "x.db").size() == 20'000);
}

TEST_CASE("Events that do not give git's trees are printed and end the program with exit code 1") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  small_history().import_into(repository);
  const std::string database = folder / "x.db";
  succeed({repository, database});
  const std::string tip = git(repository, {"rev-parse", "HEAD"}).substr(0, 40);
  const std::string blob = "d8263ee9860594d2806b0dfd1bfd17528b0ba2a4";
  const std::string one = "56a6051ca2b02b04ef92d5150c9ef600403cb1de";
  const auto differences = [&] {
    const Result result = git_history({repository, database});
    CHECK(result.exit_code == 1);
    return result.out.substr(std::min(result.out.find("\n\ndifference"), result.out.size() - 2) + 2);
  };

  SECTION("a changed blob") {
    Database{database}.change(
        "UPDATE event SET payload = json_set(payload, '$.blob', 'x') WHERE aggregate_id = 'a.txt' AND version = 3", 1);
    CHECK(differences() == "difference: commit 3 (" + tip + "), 'a.txt': git has 100755 " + blob +
                               ", the replay has 100755 x\nverified: 7 files at 3 commits, 1 differences\n");
  }
  SECTION("a changed mode") {
    Database{database}.change("UPDATE event SET payload = json_set(payload, '$.mode', '100644') WHERE version = 3", 1);
    CHECK(differences() == "difference: commit 3 (" + tip + "), 'a.txt': git has 100755 " + blob +
                               ", the replay has 100644 " + blob + "\nverified: 7 files at 3 commits, 1 differences\n");
  }
  SECTION("a deletion that is gone") {
    Database{database}.change("DELETE FROM event WHERE aggregate_id = 'b.txt' AND version = 2", 1);
    CHECK(differences() == "difference: commit 3 (" + tip + "), 'b.txt': git has nothing, the replay has 100644 " +
                               one + "\nverified: 7 files at 3 commits, 1 differences\n");
  }
  SECTION("a file that is gone") {
    Database{database}.change("DELETE FROM event WHERE aggregate_id = 'dir/c.txt'", 1);
    CHECK(contains(differences(), "'dir/c.txt': git has 100644 " + one + ", the replay has nothing\n"));
  }
  SECTION("a version that is gone") {
    Database{database}.change("DELETE FROM event WHERE aggregate_id = 'a.txt' AND version = 2", 1);
    CHECK(differences().starts_with("difference: 'a.txt': the database has no version 2\ndifference: commit 2 ("));
  }
}

TEST_CASE("What the program cannot work with is refused in one line") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  small_history().import_into(repository);
  const std::string database = folder / "x.db";
  const std::string usage = "usage: git_history REPO DB [--ref REF] [--no-verify] [--show PATH] [--read-model 1|2]\n";

  SECTION("wrong arguments") {
    const std::string two = "git_history: it takes a repository and a database; " + usage;
    CHECK(refuse({}) == two);
    CHECK(refuse({repository}) == two);
    CHECK(refuse({repository, database, "more"}) == two);
    CHECK(refuse({repository, database, "--nothing"}) == "git_history: unknown option '--nothing'; " + usage);
    CHECK(refuse({repository, database, "--ref"}) == "git_history: --ref needs a value; " + usage);
    CHECK(refuse({repository, database, "--read-model", "3"}) ==
          "git_history: --read-model has the versions 1 and 2\n");
    CHECK(refuse({repository, database, "--show"}) == "git_history: --show needs a value; " + usage);
    CHECK(!std::filesystem::exists(database));
  }
  SECTION("something else than a repository") {
    std::filesystem::create_directory(folder / "plain");
    write_text(folder / "file", "text");
    CHECK(refuse({folder / "plain", database}) ==
          "git_history: '" + (folder / "plain") +
              "' is not a repository that git can read; git: not a git repository (or any of the parent directories): "
              ".git\n");
    CHECK(contains(refuse({folder / "nowhere", database}), "No such file or directory"));
    CHECK(contains(refuse({folder / "file", database}), "Not a directory"));
    CHECK(refuse({"", database}) == "git_history: '' is not a repository\n");
    CHECK(!std::filesystem::exists(database));
  }
  SECTION("a repository without commits") {
    const std::string empty = make_repository(folder, "empty");
    CHECK(refuse({empty, database}) == "git_history: '" + empty +
                                           "' has no commit at HEAD: it is empty, or --ref must name one of its "
                                           "branches\n");
    CHECK(!std::filesystem::exists(database));
  }
  SECTION("an unknown ref") {
    for (const std::string& ref : {"nowhere"s, ""s, "--all"s, "HEAD:a.txt"s, "HEAD^{tree}"s, "a\nb"s}) {
      INFO(ref);
      CHECK(contains(refuse({repository, database, "--ref", ref}), "' has no commit '"));
    }
    CHECK(!std::filesystem::exists(database));
  }
  SECTION("an unknown path") {
    CHECK(refuse({repository, folder / "y.db", "--no-verify", "--ref", "HEAD", "--show", "dir"})
              .ends_with("git_history: --show: the history has no file 'dir'\n"));
  }
  SECTION("a database that is none") {
    write_text(database, std::string(10'000, 'x'));
    CHECK(contains(refuse({repository, database}), database));
    CHECK(std::filesystem::file_size(database) == 10'000);
    std::filesystem::create_directory(folder / "folder.db");
    CHECK(contains(refuse({repository, folder / "folder.db"}), "folder.db"));
    CHECK(contains(refuse({repository, folder / "nowhere/x.db"}), "nowhere/x.db"));
  }
  SECTION("a database of another program") {
    Database{database}.query("CREATE TABLE bookmark(url TEXT)");
    CHECK(contains(refuse({repository, database}), "it is a database of something else"));
    CHECK(Database{database}.query("SELECT name FROM sqlite_schema") == std::vector<Database::Row>{{"bookmark"}});
  }
  SECTION("events of something else in the same store") {
    succeed({repository, database});
    SECTION("another type") {
      Database{database}.change("UPDATE event SET type = 'POKEMON_CAUGHT' WHERE aggregate_id = 'dir/c.txt'", 1);
      CHECK(contains(refuse({repository, database}),
                     "' holds something else than a git history: castore: event 1 of aggregate 'dir/c.txt'"));
    }
    SECTION("another payload") {
      Database{database}.change("UPDATE event SET payload = '{\"mode\":1}' WHERE aggregate_id = 'dir/c.txt'", 1);
      CHECK(contains(refuse({repository, database}),
                     "' holds something else than a git history: castore: cannot decode"));
    }
    SECTION("another kind of id") {
      Database{database}.change("UPDATE event SET aggregate_id = '/x' WHERE aggregate_id = 'dir/c.txt'", 1);
      Database{database}.change("DELETE FROM event WHERE json_extract(payload, '$.commit_number') = 3", 2);
      CHECK(contains(refuse({repository, database}), "the database holds something else than a git history"));
      CHECK(dump(database).size() == 4);
    }
  }
}

TEST_CASE("A history shares its file with other event stores") {
  const ScratchFolder folder;
  const std::string repository = make_repository(folder, "repository");
  small_history().import_into(repository);
  const std::string database = folder / "x.db";
  {
    castore::SqliteEventStorageAdapter storage{database};
    const castore::EventRecord record{.aggregate_id = "a.txt", .version = 1, .type = "SOMETHING", .payload = "{}"};
    const castore::PushRecord push{"OTHERS", record};
    REQUIRE(storage.push_events({&push, 1}, {}) == castore::PushOutcome{});
  }
  CHECK(contains(succeed({repository, database}), "verified: 7 files at 3 commits, 0 differences"));
}
