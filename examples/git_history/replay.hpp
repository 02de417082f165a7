// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_REPLAY_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_REPLAY_HPP

/// @file
/// From events back to trees, and whether these are git's.

#include "error.hpp"
#include "events.hpp"
#include "git.hpp"
#include "import.hpp"
#include "progress.hpp"
#include "text.hpp"

#include <castore/castore.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace git_history {

/// @brief A path and the number of its changes.
struct FileSummary {
  std::string path{};
  castore::Version changes = 0;
};

/// @brief The files of a commit by their paths.
using Tree = std::unordered_map<std::string, TreeEntry>;

/// @brief What the events tell about some commits.
struct Replay {
  std::vector<FileSummary> files{};        ///< Every path that ever existed, up to the last of the commits.
  std::map<std::int64_t, Tree> trees{};    ///< The tree at each of the commits, by its number.
  std::vector<std::string> differences{};  ///< Files whose events are incomplete.
};

/// @brief The last commit and nine earlier ones at equal distances; all of them when there are no more than ten.
inline std::vector<std::int64_t> spaced_commits(std::int64_t commits) {
  constexpr std::int64_t wanted = 10;
  std::vector<std::int64_t> numbers;
  for (std::int64_t index = 1; index <= wanted; ++index) {
    const std::int64_t number =
        commits <= wanted ? index : commits / wanted * index + commits % wanted * index / wanted;
    if (number <= commits) numbers.push_back(number);
  }
  return numbers;
}

/// @brief Rebuilds the trees at some commits. Each file is loaded once and folded on from commit to commit.
/// @param commit_numbers In ascending order.
inline Replay replay(const FileStore& files, const Recorded& recorded, std::span<const std::int64_t> commit_numbers) {
  Replay result;
  for (const std::int64_t number : commit_numbers) result.trees[number];
  Progress progress{"replaying file", static_cast<std::int64_t>(recorded.versions.size())};
  std::int64_t done = 0;
  for (const castore::AggregateIdEntry& entry : files.aggregate_ids({.limit = 1000})) {
    const std::string path = path_of(entry.aggregate_id);
    const auto events = files.get_events(entry.aggregate_id);
    castore::Version expected = 0;
    for (const auto& event : events) {
      if (event.version() == ++expected) continue;
      result.differences.push_back(in_quotes(path) + ": the database has no version " + std::to_string(expected));
      break;
    }
    std::span<const FileStore::Event> left{events};
    std::optional<File> file;
    for (auto& [number, tree] : result.trees) {
      const auto next = std::ranges::find_if(
          left, [last = number](const auto& event) { return change_of(event).commit_number > last; });
      const auto count = static_cast<std::size_t>(next - left.begin());
      file = files.build_aggregate(left.first(count), std::move(file));
      left = left.subspan(count);
      if (file && file->exists) tree[path] = {file->last_change.mode, file->last_change.blob};
    }
    if (file) result.files.push_back({path, file->version});
    progress.update(++done);
  }
  return result;
}

inline std::string describe(const std::optional<TreeEntry>& entry) {
  return entry ? entry->mode + " " + entry->blob : "nothing";
}

/// @brief Compares the replayed trees with `git ls-tree` and prints every difference and then the result.
/// @return How many differences there are.
inline std::size_t verify(const Repository& repository, const History& history, Replay replayed, std::ostream& out) {
  std::size_t files = 0;
  std::size_t differences = replayed.differences.size();
  for (const std::string& difference : replayed.differences) out << "difference: " << difference << '\n';
  for (auto& [number, tree] : replayed.trees) {
    const std::string commit = repository.commit_before(history.tip, history.commits - number);
    const auto report = [&, commit_number = number](std::string_view path, const std::optional<TreeEntry>& in_git,
                                                    const std::optional<TreeEntry>& in_replay) {
      ++differences;
      out << "difference: commit " << commit_number << " (" << commit << "), " << in_quotes(path) << ": git has "
          << describe(in_git) << ", the replay has " << describe(in_replay) << '\n';
    };
    repository.list_tree(commit, [&, &replayed_tree = tree](std::string_view path, const TreeEntry& entry) {
      ++files;
      const auto found = replayed_tree.find(std::string{path});
      if (found == replayed_tree.end()) return report(path, entry, std::nullopt);
      if (found->second != entry) report(path, entry, found->second);
      replayed_tree.erase(found);
    });
    for (const auto& [path, entry] : tree) report(path, std::nullopt, entry);
  }
  out << "verified: " << files << " files at " << replayed.trees.size() << " commits, " << differences
      << " differences\n";
  return differences;
}

}  // namespace git_history

#endif
