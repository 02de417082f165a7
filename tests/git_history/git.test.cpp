// SPDX-License-Identifier: MIT
#include "git_history/git.hpp"

#include "git_history/error.hpp"
#include "git_history/git_process.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using git_history::Commit;
using git_history::CommitParser;
using git_history::FileChange;
using git_history::OutputReader;
using git_history::StdioFile;
using git_history::UserError;

using namespace std::string_literals;

const std::string none(40, '0');
const std::string first(40, 'a');
const std::string second(40, 'b');

OutputReader reader_of(const std::string& bytes) {
  StdioFile file{std::tmpfile()};
  REQUIRE(file);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size());
  std::rewind(file.get());
  return OutputReader{std::move(file)};
}

std::vector<Commit> parse(const std::string& bytes) {
  OutputReader reader = reader_of(bytes);
  CommitParser parser{reader};
  std::vector<Commit> commits;
  while (std::optional<Commit> commit = parser.next()) commits.push_back(*std::move(commit));
  return commits;
}

std::string parse_error(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

std::string change(const std::string& modes, const std::string& blobs, const std::string& status) {
  return ":" + modes + " " + blobs + " " + status + '\0';
}

}  // namespace

TEST_CASE("CommitParser reads commits and their changes") {
  const std::string text = "c1 1000000000 Ann B\0"s + "\n" + change("000000 100644", none + " " + first, "A") + "a\0"s +
                           change("000000 120000", none + " " + second, "A") + "dir/link\0"s + "c2 1000000001 \0"s +
                           "c3 1000000000 Bob\0"s + "\n" + change("100644 100755", first + " " + first, "M") + "a\0"s +
                           change("120000 160000", second + " " + first, "T") + "dir/link\0"s +
                           change("100644 000000", first + " " + none, "D") + "gone\0"s;
  const std::vector<Commit> expected{{.id = "c1",
                                      .time = 1000000000,
                                      .author = "Ann B",
                                      .changes = {{FileChange::Kind::added, "100644", first, "a"},
                                                  {FileChange::Kind::added, "120000", second, "dir/link"}}},
                                     {.id = "c2", .time = 1000000001, .author = "", .changes = {}},
                                     {.id = "c3",
                                      .time = 1000000000,
                                      .author = "Bob",
                                      .changes = {{FileChange::Kind::modified, "100755", first, "a"},
                                                  {FileChange::Kind::modified, "160000", first, "dir/link"},
                                                  {FileChange::Kind::deleted, "100644", first, "gone"}}}};
  CHECK(parse(text) == expected);
}

TEST_CASE("CommitParser takes no path for a record") {
  const std::string paths[] = {":000000 100644", "\nline", "c2 5 x", " ", "a\nb\tc\"\\\xFF", ":"};
  std::string text = "c1 1 A\0"s + "\n";
  std::vector<FileChange> changes;
  for (const std::string& path : paths) {
    text += change("000000 100644", none + " " + first, "A") + path + '\0';
    changes.push_back({FileChange::Kind::added, "100644", first, path});
  }
  const std::vector<Commit> commits = parse(text);
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].changes == changes);
}

TEST_CASE("CommitParser gives a commit without a time the time 0 and one beyond all integers the largest") {
  CHECK(parse("c  Ann\0"s).at(0) == Commit{.id = "c", .time = 0, .author = "Ann", .changes = {}});
  CHECK(parse("c 99999999999999999999 Ann\0"s).at(0).time == INT64_MAX);
}

TEST_CASE("CommitParser refuses what it does not know") {
  const std::string header = "c1 1 A\0"s + "\n";
  CHECK(parse_error("c1\0"s) == "git wrote an unexpected 'c1'");
  CHECK(parse_error("c1 1\0"s) == "git wrote an unexpected 'c1 1'");
  CHECK(parse_error(header + ":100644 100644 a b\0x\0"s) == "git wrote an unexpected ':100644 100644 a b'");
  CHECK(parse_error(header + ":100644 100644 a b R100\0x\0"s) == "git wrote an unexpected ':100644 100644 a b R100'");
  CHECK(parse_error(header + ":100644 100644 a b U\0x\0"s) == "git wrote an unexpected ':100644 100644 a b U'");
  CHECK(parse_error(header + ":100644 100644 a b M\0"s) == "git's output ends in the middle of commit c1");
}
