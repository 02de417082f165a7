// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_GIT_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_GIT_HPP

/// @file
/// What this program asks of git. Only plumbing commands: no configuration changes what they write.

#include "error.hpp"
#include "git_process.hpp"
#include "text.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace git_history {

/// @brief What happened to one path in a commit.
struct FileChange {
  enum class Kind { added, modified, deleted };

  Kind kind{};
  std::string mode{};  ///< Six octal digits: after the change; of what is gone when it was deleted.
  std::string blob{};  ///< The content's object id, likewise.
  std::string path{};  ///< From the root of the repository; bytes.

  friend bool operator==(const FileChange&, const FileChange&) = default;
};

/// @brief A commit and what it changed against its first parent.
struct Commit {
  std::string id{};
  std::int64_t time = 0;  ///< The committer's, in seconds since 1970.
  std::string author{};   ///< The name; bytes.
  std::vector<FileChange> changes{};

  friend bool operator==(const Commit&, const Commit&) = default;
};

/// @brief A file in a tree.
struct TreeEntry {
  std::string mode{};
  std::string blob{};

  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

/// @brief Reads commits from what `git diff-tree --raw -z --format=%H %ct %an` writes:
/// `id time author NUL`, then, after one line feed, for each change `:mode mode blob blob status NUL path NUL`.
class CommitParser {
 public:
  explicit CommitParser(OutputReader& output) : output_{output} {}

  /// @brief The next commit; nothing at the end. @throws UserError when the text is anything else.
  std::optional<Commit> next() {
    if (!header_) header_ = next_text();
    if (!header_) return std::nullopt;
    Commit commit = parse_header(*header_);
    for (header_ = next_text(); header_ && header_->starts_with(':'); header_ = next_text()) {
      commit.changes.push_back(parse_change(*header_));
      const auto path = output_.next();
      if (!path) throw UserError{"git's output ends in the middle of commit " + commit.id};
      commit.changes.back().path = *path;
    }
    return commit;
  }

  /// @brief True when no commit comes after the one that `next` returned.
  bool is_at_end() const noexcept { return !header_; }

 private:
  std::optional<std::string> next_text() {
    const auto text = output_.next();
    if (!text) return std::nullopt;
    return std::string{text->starts_with('\n') ? text->substr(1) : *text};
  }

  static UserError unexpected(std::string_view text) { return UserError{"git wrote an unexpected " + in_quotes(text)}; }

  /// A commit can be damaged so that it has no time, or one that fits no integer.
  static std::int64_t parse_time(std::string_view digits) {
    std::int64_t time = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
    return error == std::errc::result_out_of_range ? INT64_MAX : time;
  }

  static Commit parse_header(std::string_view header) {
    const std::size_t time = header.find(' ');
    const std::size_t author = time == std::string_view::npos ? time : header.find(' ', time + 1);
    if (author == std::string_view::npos) throw unexpected(header);
    return {.id = std::string{header.substr(0, time)},
            .time = parse_time(header.substr(time + 1, author - time - 1)),
            .author = std::string{header.substr(author + 1)}};
  }

  static FileChange parse_change(std::string_view record) {
    std::vector<std::string_view> fields;
    for (std::string_view left = record.substr(1);;) {
      const std::size_t end = left.find(' ');
      fields.push_back(left.substr(0, end));
      if (end == std::string_view::npos) break;
      left.remove_prefix(end + 1);
    }
    if (fields.size() != 5 || fields[4].size() != 1) throw unexpected(record);
    const bool is_deleted = fields[4] == "D";
    FileChange change{.mode = std::string{fields[is_deleted ? 0 : 1]}, .blob = std::string{fields[is_deleted ? 2 : 3]}};
    switch (fields[4].front()) {
      case 'A':
        change.kind = FileChange::Kind::added;
        break;
      case 'D':
        change.kind = FileChange::Kind::deleted;
        break;
      case 'M':  // content or permissions
      case 'T':  // a file became a symlink, a submodule, or the other way round
        change.kind = FileChange::Kind::modified;
        break;
      default:
        throw unexpected(record);
    }
    return change;
  }

  OutputReader& output_;
  std::optional<std::string> header_{};
};

/// @brief Commits along first parents, oldest first, read while git finds them: memory does not grow with their number.
class CommitReader {
 public:
  /// @brief The `count` newest commits of the history that ends with `tip`.
  CommitReader(const std::string& repository, const std::string& tip, std::int64_t count)
      : ids_{repository, {"rev-list", "--first-parent", "--reverse", "--max-count=" + std::to_string(count), tip}},
        changes_{repository,
                 {"diff-tree", "--stdin", "--root", "-r", "--diff-merges=first-parent", "--raw", "-z", "--no-renames",
                  "--no-abbrev", "--always", "--ignore-submodules=none", "--encoding=UTF-8", "--format=%H %ct %an"},
                 ids_.output().file()},
        parser_{changes_.output()} {}

  /// @brief The next commit; nothing after the last. @throws UserError when git fails.
  std::optional<Commit> next() {
    std::optional<Commit> commit = parser_.next();
    if (parser_.is_at_end()) {  // a git that failed may have written a part of its last commit
      changes_.finish();
      ids_.finish();
    }
    return commit;
  }

 private:
  GitProcess ids_;
  GitProcess changes_;
  CommitParser parser_;
};

/// @brief A repository: a work tree, a folder in it, or a bare one.
class Repository {
 public:
  /// @throws UserError when there is none at this path.
  explicit Repository(std::string path) : path_{std::move(path)} {
    if (path_.empty()) throw UserError{"'' is not a repository"};  // git takes it for the current folder
    GitProcess process{path_, {"rev-parse", "--git-dir"}};
    if (!process.succeeded())
      throw UserError{in_quotes(path_) + " is not a repository that git can read; " + process.message()};
  }

  const std::string& path() const noexcept { return path_; }

  /// @brief The id of the commit that a name like `HEAD`, `v1.0` or `1234abcd` stands for; nothing when there is none.
  std::optional<std::string> find_commit(const std::string& name) const {
    GitProcess process{path_, {"rev-parse", "--verify", "--quiet", name + "^{commit}"}};
    std::string id{process.output().next_line().value_or("")};
    if (!process.succeeded() || id.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
    return id;
  }

  /// @brief How many commits the history along first parents has that ends with `tip`.
  std::int64_t count_commits(const std::string& tip) const {
    GitProcess process{path_, {"rev-list", "--first-parent", "--count", tip}};
    const std::string digits{process.output().next_line().value_or("")};
    process.finish();
    std::int64_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return count;
  }

  /// @brief The id of a commit in that history; 0 commits before the tip is the tip.
  std::string commit_before(const std::string& tip, std::int64_t commits) const {
    GitProcess process{path_,
                       {"rev-list", "--first-parent", "--skip=" + std::to_string(commits), "--max-count=1", tip}};
    std::string id{process.output().next_line().value_or("")};
    process.finish();
    return id;
  }

  /// @brief Calls `visit(path, entry)` for every file, symlink and submodule of a commit's tree.
  template <class Visitor>
  void list_tree(const std::string& commit, Visitor visit) const {
    GitProcess process{path_, {"ls-tree", "-r", "-z", "--full-tree", commit}};
    while (const auto line = process.output().next()) {  // mode SP type SP blob TAB path
      const std::size_t tab = line->find('\t');
      const std::size_t blob = line->substr(0, tab).rfind(' ');
      if (tab == std::string_view::npos || blob == std::string_view::npos) {
        throw UserError{"git wrote an unexpected " + in_quotes(*line)};
      }
      visit(line->substr(tab + 1), TreeEntry{.mode = std::string{line->substr(0, line->find(' '))},
                                             .blob = std::string{line->substr(blob + 1, tab - blob - 1)}});
    }
    process.finish();
  }

 private:
  std::string path_;
};

}  // namespace git_history

#endif
