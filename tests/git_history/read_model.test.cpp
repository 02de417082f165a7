// SPDX-License-Identifier: MIT

/// @file
/// The read model of the program, against what git says.

#include "git_history/scratch.hpp"

#include "support/catch.hpp"
#include "support/place.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using git_history_tests::Database;
using git_history_tests::git;
using git_history_tests::History;
using git_history_tests::Result;
using git_history_tests::run;
using git_history_tests::ScratchFolder;
using git_history_tests::split;

using Counts = std::map<std::string, int>;

/// How often each path was changed along first parents, and how many paths each author changed, by `git diff-tree`.
std::pair<Counts, Counts> counts_in_git(const std::string& repository) {
  std::pair<Counts, Counts> counts;
  const auto commits = split(git(repository, {"rev-list", "--first-parent", "--reverse", "HEAD"}), '\n');
  for (std::size_t index = 0; index < commits.size(); ++index) {
    std::vector<std::string> diff{"diff-tree", "-r", "-z", "--root", "--no-renames", "--no-commit-id", "--name-only"};
    if (index > 0) diff.push_back(commits[index - 1]);
    diff.push_back(commits[index]);
    const std::string author = split(git(repository, {"log", "-1", "--format=%an", commits[index]}), '\n').at(0);
    for (const std::string& path : split(git(repository, diff), '\0')) {
      ++counts.first[path];
      ++counts.second[author];
    }
  }
  return counts;
}

Counts counts_in(const std::string& database, const std::string& sql) {
  Counts counts;
  for (const auto& row : Database{database}.query(sql)) counts[row[0]] = std::stoi(row[1]);
  return counts;
}

std::string follow(const std::string& repository, const std::string& database, const std::string& version) {
  const Result result =
      run({castore_tests::place::program, repository, database, "--no-verify", "--read-model", version});
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

}  // namespace

TEST_CASE("The read model counts as git does, in version 1, and in version 2 that is built next to it") {
  const ScratchFolder folder;
  const std::string repository = folder / "repository";
  const std::string database = folder / "history.db";
  REQUIRE(run({"git", "init", "--quiet", "--initial-branch=main", repository}).exit_code == 0);
  History history;
  history.commit().file("a", "1").file("b", "1").file("dir/c", "1");
  history.commit(0, "Bob").file("a", "2").remove("b");
  history.branch("side").from(1).commit(0, "Eve").file("b", "2").file("d", "1");
  history.branch("main").commit().file("a", "3");
  history.merge(3).commit(0, "Carl").file("d", "1").file("b", "2");
  history.import_into(repository);
  const auto check = [&] {
    const auto [files, authors] = counts_in_git(repository);
    CHECK(files.at("a") >= 3);
    CHECK(counts_in(database, "SELECT file, changes FROM changes_of_file") == files);
    CHECK(counts_in(database, "SELECT author, changes FROM changes_of_author") == authors);
  };

  const std::string out = follow(repository, database, "1");
  CHECK(out.find("\nthe authors with the most changes\n       4  Ann\n       2  Bob\n       2  Carl\n") !=
        std::string::npos);
  check();
  for (int commit = 0; commit < 40; ++commit) {
    history.commit(0, commit % 3 == 0 ? "Dora" : "Ann").file("a", std::to_string(commit) + "x").file("new", "1");
    history.file("e" + std::to_string(commit % 7), std::to_string(commit));
  }
  history.import_into(repository);
  follow(repository, database, "1");
  check();

  history.commit(0, "Bob").file("a", "last");
  history.import_into(repository);
  follow(repository, database, "2");
  check();
  // Version 1 is behind, and as it was.
  CHECK(counts_in(database, "SELECT file, changes FROM changes_of_file_1 WHERE file = 'a'").at("a") + 1 ==
        counts_in(database, "SELECT file, changes FROM changes_of_file WHERE file = 'a'").at("a"));
  CHECK(counts_in(database, "SELECT file, authors FROM changes_of_file WHERE file = 'a'").at("a") == 3);
  follow(repository, database, "1");
  check();
}
