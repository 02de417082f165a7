// SPDX-License-Identifier: MIT

/// @file
/// Turns the history of a git repository into events in an SQLite file, shows what these can tell, and checks that
/// replaying them gives git's own trees. README.md in this folder describes it.

#include "error.hpp"
#include "events.hpp"
#include "git.hpp"
#include "import.hpp"
#include "read_model.hpp"
#include "replay.hpp"
#include "show.hpp"
#include "text.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace git_history;

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();
constexpr std::string_view usage =
    "usage: git_history REPO DB [--ref REF] [--no-verify] [--show PATH] [--read-model 1|2]";

struct Arguments {
  std::string repository{};
  std::string database{};
  std::optional<std::string> ref{};
  std::optional<std::string> path{};
  int read_model = 0;  // its version
  bool verify = true;
  bool help = false;
};

Arguments parse_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  std::vector<std::string> places;
  bool options_ended = false;
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto value = [&] {
      if (word + 1 == words.end()) throw UserError{*word + " needs a value; " + std::string{usage}};
      return *++word;
    };
    if (options_ended || !word->starts_with('-')) {
      places.push_back(*word);
    } else if (*word == "--") {
      options_ended = true;
    } else if (*word == "--ref") {
      arguments.ref = value();
    } else if (*word == "--show") {
      arguments.path = value();
    } else if (*word == "--read-model") {
      const std::string version = value();
      if (version != "1" && version != "2") throw UserError{"--read-model has the versions 1 and 2"};
      arguments.read_model = version == "1" ? 1 : 2;
    } else if (*word == "--no-verify") {
      arguments.verify = false;
    } else if (*word == "--help" || *word == "-h") {
      arguments.help = true;
    } else {
      throw UserError{"unknown option " + in_quotes(*word) + "; " + std::string{usage}};
    }
  }
  if (arguments.help) return arguments;
  if (places.size() != 2) throw UserError{"it takes a repository and a database; " + std::string{usage}};
  arguments.repository = places[0];
  arguments.database = places[1];
  return arguments;
}

History find_history(const Repository& repository, const std::optional<std::string>& ref) {
  const std::optional<std::string> tip = repository.find_commit(ref.value_or("HEAD"));
  if (!tip && ref) throw UserError{in_quotes(repository.path()) + " has no commit " + in_quotes(*ref)};
  if (!tip) {
    throw UserError{in_quotes(repository.path()) +
                    " has no commit at HEAD: it is empty, or --ref must name one of its branches"};
  }
  return {*tip, repository.count_commits(*tip)};
}

/// Where an earlier run stopped, if the database belongs to this history.
Recorded find_recorded(const Repository& repository, const History& history, const FileStore& files,
                       const std::string& database) {
  Recorded recorded = read_recorded(files);
  if (!is_same_history(repository, history, recorded)) {
    throw UserError{in_quotes(database) + " records another history: its last commit " + recorded.last_commit +
                    ", number " + std::to_string(recorded.commits) + ", is not on the way of first parents to " +
                    history.tip + " in " + in_quotes(repository.path()) + "; delete it or name another one"};
  }
  return recorded;
}

FileSummary find_file(const std::vector<FileSummary>& files, const std::string& path) {
  const auto found = std::ranges::find(files, path, &FileSummary::path);
  if (found == files.end()) throw UserError{"--show: the history has no file " + in_quotes(path)};
  return *found;
}

/// @return The exit code: 0, or 1 when the replay and git differ.
int run(const Arguments& arguments) {
  const Repository repository{arguments.repository};
  const History history = find_history(repository, arguments.ref);
  try {
    // What a crash of the machine can take is imported again; the file stays sound in any case.
    castore::SqliteEventStorageAdapter storage{arguments.database, {.synchronous = castore::SqliteSynchronous::normal}};
    // A version that is gone is a difference to be told, not an end.
    FileStore files{std::string{file_store_id}, storage, {.missing_versions = castore::MissingVersions::accept}};
    Recorded recorded = find_recorded(repository, history, files, arguments.database);
    const std::int64_t new_commits = std::max<std::int64_t>(history.commits - recorded.commits, 0);
    std::optional<Follower<Changes1>> first;
    std::optional<Follower<Changes2>> second;
    if (arguments.read_model == 1) first.emplace(storage, files);
    if (arguments.read_model == 2) second.emplace(storage, files);
    const std::int64_t new_events = import_commits(repository, history, recorded, files);
    if (first) first->finish();
    if (second) second->finish();

    const std::vector<std::int64_t> commits = spaced_commits(history.commits);
    const std::int64_t earlier = commits[(commits.size() - 1) / 2];
    Replay replayed = replay(files, recorded, arguments.verify ? commits : std::vector{earlier, history.commits});
    const std::vector<FileSummary> top = most_changed(replayed.files, 10);
    std::optional<FileSummary> file;
    if (arguments.path) {
      file = find_file(replayed.files, *arguments.path);
    } else if (!top.empty()) {
      file = top.front();
    }
    std::cout << "history:  " << history.commits << " commits to " << abbreviated(history.tip) << " in "
              << printable(arguments.repository) << '\n'
              << "database: " << printable(arguments.database) << ", " << new_events << " events of " << new_commits
              << " commits are new\n";

    show_most_changed(top, std::cout);
    if (arguments.read_model > 0) show_authors(storage, std::cout);
    if (file) {
      show_audit_trail(files, *file, arguments.path ? everything : 10, std::cout);
      show_rewound(files, *file, std::cout);
    }
    show_tree(earlier, replayed.trees.at(earlier), std::cout);
    std::cout << '\n';
    const std::size_t differences = arguments.verify ? verify(repository, history, std::move(replayed), std::cout) : 0;
    if (!std::cout.flush()) throw UserError{"cannot write the output"};
    return differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const castore::EventAlreadyExistsError& error) {
    throw UserError{"another program writes to " + in_quotes(arguments.database) + "; run this one again"};
  } catch (const castore::UnknownEventTypeError& error) {
    throw UserError{in_quotes(arguments.database) + " holds something else than a git history: " + error.what()};
  } catch (const castore::EventDecodeError& error) {
    throw UserError{in_quotes(arguments.database) + " holds something else than a git history: " + error.what()};
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse_arguments({argv + 1, argv + argc});
    if (arguments.help) {
      std::cout << usage << '\n';
      return EXIT_SUCCESS;
    }
    return run(arguments);
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "git_history: " << one_line(error.what()) << '\n';
    return 2;
  }
}
