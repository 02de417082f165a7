// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_IMPORT_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_IMPORT_HPP

/// @file
/// From git to events: one event per change of a file, one event group per commit.

#include "error.hpp"
#include "events.hpp"
#include "git.hpp"
#include "progress.hpp"
#include "text.hpp"

#include <castore/castore.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace git_history {

/// @brief The history along first parents that ends with `tip`.
struct History {
  std::string tip{};
  std::int64_t commits = 0;
};

/// @brief What the database holds already.
struct Recorded {
  std::int64_t commits = 0;   ///< The number of the last commit; after loading: of the last that changed a file.
  std::string last_commit{};  ///< Its id.
  std::unordered_map<std::string, castore::Version> versions{};  ///< The last version of each aggregate.
};

/// @brief Reads the last event of each file: a commit is recorded as a whole or not at all, so the latest of these
/// tells where an earlier run stopped.
inline Recorded read_recorded(const FileStore& files) {
  Recorded recorded;
  for (const castore::AggregateIdEntry& entry : files.aggregate_ids({.limit = 1000})) {
    const auto events = files.get_events(entry.aggregate_id, {.limit = 1, .reverse = true});
    if (events.empty()) continue;
    path_of(entry.aggregate_id);  // before anything is written to a database that is not ours
    recorded.versions[entry.aggregate_id] = events.front().version();
    const Change& change = change_of(events.front());
    if (change.commit_number > recorded.commits) {
      recorded.commits = change.commit_number;
      recorded.last_commit = change.commit;
    }
  }
  return recorded;
}

/// @brief True when the recorded commits and those of `history` are the same as far as both go. A commit's id covers
/// everything before it, so comparing one commit is enough.
inline bool is_same_history(const Repository& repository, const History& history, const Recorded& recorded) {
  if (recorded.commits == 0) return true;
  if (recorded.commits <= history.commits) {
    return repository.commit_before(history.tip, history.commits - recorded.commits) == recorded.last_commit;
  }
  const std::optional<std::string> last = repository.find_commit(recorded.last_commit);
  return last && repository.commit_before(*last, recorded.commits - history.commits) == history.tip;
}

/// @brief A commit's time as an event's timestamp. Castore's timestamps go from year 0 to year 9999; a commit outside
/// of them gets the nearest second in them.
inline castore::Timestamp timestamp_of(const Commit& commit) {
  constexpr auto earliest = std::chrono::floor<std::chrono::seconds>(castore::earliest_timestamp);
  constexpr auto latest = std::chrono::floor<std::chrono::seconds>(castore::latest_timestamp);
  return std::clamp(std::chrono::sys_seconds{std::chrono::seconds{commit.time}}, earliest, latest);
}

/// @brief The event for a change of a file, as the next version of its aggregate.
inline castore::GroupedEvent event_of(FileStore& files, std::string aggregate_id, castore::Version version,
                                      const FileChange& file, const Commit& commit, std::int64_t commit_number) {
  const Change change{.mode = file.mode,
                      .blob = file.blob,
                      .commit = commit.id,
                      .commit_number = commit_number,
                      .author = escape(commit.author)};
  const castore::Timestamp timestamp = timestamp_of(commit);
  switch (file.kind) {
    case FileChange::Kind::added:
      return files.group_event(std::move(aggregate_id), version, FileAdded{change}, {.timestamp = timestamp});
    case FileChange::Kind::deleted:
      return files.group_event(std::move(aggregate_id), version, FileDeleted{change}, {.timestamp = timestamp});
    case FileChange::Kind::modified:
      break;
  }
  return files.group_event(std::move(aggregate_id), version, FileModified{change}, {.timestamp = timestamp});
}

/// @brief Pushes what `history` has and the database has not. A program that dies here leaves whole commits only.
/// @return How many events were pushed.
inline std::int64_t import_commits(const Repository& repository, const History& history, Recorded& recorded,
                                   FileStore& files) {
  std::int64_t events = 0;
  if (recorded.commits >= history.commits) return events;
  CommitReader commits{repository.path(), history.tip, history.commits - recorded.commits};
  Progress progress{"importing commit", history.commits};
  while (const std::optional<Commit> commit = commits.next()) {
    ++recorded.commits;
    std::vector<castore::GroupedEvent> group;
    group.reserve(commit->changes.size());
    for (const FileChange& file : commit->changes) {
      const std::string id = escape(file.path);
      group.push_back(event_of(files, id, ++recorded.versions[id], file, *commit, recorded.commits));
    }
    castore::push_event_group(std::move(group));
    events += static_cast<std::int64_t>(commit->changes.size());
    recorded.last_commit = commit->id;
    progress.update(recorded.commits);
  }
  return events;
}

}  // namespace git_history

#endif
