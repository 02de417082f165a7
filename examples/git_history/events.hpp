// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_EVENTS_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_EVENTS_HPP

/// @file
/// The domain: what happens to a file in a git history, and what a file is after that.

#include "error.hpp"
#include "text.hpp"

#include <castore/castore.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace git_history {

/// @brief What every event of a file says.
struct Change {
  std::string mode{};              ///< Six octal digits, e.g. 100644; of what went away when the file was deleted.
  std::string blob{};              ///< The content's object id, likewise. A submodule's is a commit.
  std::string commit{};            ///< The id of the commit that made the change.
  std::int64_t commit_number = 0;  ///< Its place in the history along first parents; the root is 1.
  std::string author{};            ///< The author's name.

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Change, mode, blob, commit, commit_number, author)
};

struct FileAdded : Change {
  static constexpr std::string_view type = "FILE_ADDED";
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(FileAdded, mode, blob, commit, commit_number, author)
};
struct FileModified : Change {
  static constexpr std::string_view type = "FILE_MODIFIED";
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(FileModified, mode, blob, commit, commit_number, author)
};
struct FileDeleted : Change {
  static constexpr std::string_view type = "FILE_DELETED";
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(FileDeleted, mode, blob, commit, commit_number, author)
};
using FileEvents = castore::Events<FileAdded, FileModified, FileDeleted>;

/// @brief A path of the repository and what is there. A path that was deleted can be added again.
struct File {
  std::string aggregate_id;
  castore::Version version = 0;
  bool exists = false;
  Change last_change{};
};

struct FileReducer {
  void operator()(File& file, const FileAdded& event) const { change(file, event, true); }
  void operator()(File& file, const FileModified& event) const { change(file, event, true); }
  void operator()(File& file, const FileDeleted& event) const { change(file, event, false); }

 private:
  static void change(File& file, const Change& event, bool exists) {
    file.exists = exists;
    file.last_change = event;
  }
};

/// @brief The event store `FILES`. An aggregate's id is the file's path; see `escape` for paths that are not UTF-8.
using FileStore = castore::EventStore<FileEvents, File, FileReducer>;
inline constexpr std::string_view file_store_id = "FILES";

/// @brief The path an aggregate stands for. @throws UserError when this program made no such id.
inline std::string path_of(std::string_view aggregate_id) {
  std::optional<std::string> path = unescape(aggregate_id);
  if (!path) {
    throw UserError{"the database holds something else than a git history: aggregate " + in_quotes(aggregate_id) +
                    " is not a path"};
  }
  return *std::move(path);
}

/// @brief What an event says, whatever its type.
inline const Change& change_of(const FileStore::Event& event) {
  return event.visit([](const auto& detail) -> const Change& { return detail.payload; });
}

}  // namespace git_history

#endif
