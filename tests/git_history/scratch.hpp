// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_GIT_HISTORY_SCRATCH_HPP
#define CASTORE_TESTS_GIT_HISTORY_SCRATCH_HPP

/// @file
/// Folders, programs, repositories and databases for tests to play with.

#include "support/catch.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace git_history_tests {

/// A folder that goes when the test ends.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "castore-git-history-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"cannot make " + name};
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { std::filesystem::remove_all(path_); }

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

/// A program that was started, its output going to files.
class RunningProgram {
 public:
  /// @param environment Variables on top of this process's: `NAME=value`.
  RunningProgram(const ScratchFolder& folder, std::vector<std::string> command, const std::string& input = {},
                 const std::vector<std::string>& environment = {})
      : out_{folder / "out"}, error_{folder / "error"} {
    write_text(folder / "in", input);
    std::vector<std::string> variables = environment;
    for (char** next = environ; *next != nullptr; ++next) variables.emplace_back(*next);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, (folder / "in").c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int failure = posix_spawnp(&pid_, command.front().c_str(), &actions, nullptr, pointers(command).data(),
                                     pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::runtime_error{"cannot run " + command.front()};
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram() {
    if (pid_ == 0) return;
    kill();
    wait();
  }

  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }

  /// @return Its exit code; minus the number of the signal that ended it.
  int wait() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string out() const { return read_text(out_); }
  std::string error() const { return read_text(error_); }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  std::string out_;
  std::string error_;
  pid_t pid_ = 0;
};

struct Result {
  int exit_code = 0;
  std::string out{};
  std::string error{};
};

inline Result run(std::vector<std::string> command, const std::string& input = {},
                  const std::vector<std::string>& environment = {}) {
  const ScratchFolder folder;
  RunningProgram program{folder, std::move(command), input, environment};
  const int exit_code = program.wait();
  return {exit_code, program.out(), program.error()};
}

/// Runs git, which must succeed. @return What it printed.
inline std::string git(const std::string& repository, std::vector<std::string> arguments,
                       const std::string& input = {}) {
  arguments.insert(arguments.begin(), {"git", "-C", repository});
  const Result result = run(std::move(arguments), input);
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

inline std::vector<std::string> split(const std::string& text, char end) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t stop = std::min(text.find(end, start), text.size());
    parts.push_back(text.substr(start, stop - start));
    start = stop + 1;
  }
  return parts;
}

/// Writes a history for `git fast-import`.
class History {
 public:
  static constexpr std::int64_t first_time = 1'600'000'000;

  /// Begins a commit; what follows changes files in it. @param author With bytes as they are; no `<`, no line feed.
  History& commit(std::int64_t time = 0, const std::string& author = "Ann", const std::string& headers = {}) {
    const std::string when = std::to_string(time == 0 ? first_time + 60 * ++commits_ : time) + " +0200";
    text_ += "commit " + branch_ + "\nmark :" + std::to_string(++marks_) + "\nauthor " + author +
             " <a@example.org> 1500000000 +0000\ncommitter Carl <c@example.org> " + when + "\n" + headers + "data 0\n" +
             std::exchange(parents_, {});
    return *this;
  }
  /// The next commit's first parent, and another one: the n-th commit of this object, from 1.
  History& from(int commit) { return with_parent("from :" + std::to_string(commit)); }
  History& merge(int commit) { return with_parent("merge :" + std::to_string(commit)); }
  History& branch(const std::string& name) {
    branch_ = "refs/heads/" + name;
    return *this;
  }

  History& file(const std::string& path, const std::string& content, const std::string& mode = "100644") {
    text_ +=
        "M " + mode + " inline " + in_quotes(path) + "\ndata " + std::to_string(content.size()) + "\n" + content + "\n";
    return *this;
  }
  History& submodule(const std::string& path, char digit) {
    text_ += "M 160000 " + std::string(40, digit) + " " + in_quotes(path) + "\n";
    return *this;
  }
  History& remove(const std::string& path) {
    text_ += "D " + in_quotes(path) + "\n";
    return *this;
  }

  /// Imports what was written since the last time.
  void import_into(const std::string& repository) {
    git(repository, {"fast-import", "--quiet", "--force", "--date-format=raw-permissive"}, std::exchange(text_, {}));
    parents_ = "from " + branch_ + "^0\n";
  }

 private:
  History& with_parent(const std::string& line) {
    parents_ += line + "\n";
    return *this;
  }

  static std::string in_quotes(const std::string& path) {
    std::string text{"\""};
    for (const char byte : path) {
      const auto value = static_cast<unsigned char>(byte);
      text += '\\';
      text += static_cast<char>('0' + value / 64);
      text += static_cast<char>('0' + value / 8 % 8);
      text += static_cast<char>('0' + value % 8);
    }
    return text + '"';
  }

  std::string text_;
  std::string parents_;
  std::string branch_ = "refs/heads/main";
  std::int64_t commits_ = 0;
  int marks_ = 0;
};

/// Plain SQL on a file, without castore.
class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error{"cannot open " + path};
    sqlite3_busy_timeout(handle_, 5000);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(handle_); }

  using Row = std::vector<std::string>;
  /// Every row as texts.
  std::vector<Row> query(const std::string& sql) const {
    std::vector<Row> rows;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail(sql);
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      Row& row = rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        const void* text = sqlite3_column_blob(statement, column);
        row.emplace_back(static_cast<const char*>(text == nullptr ? "" : text),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      }
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) fail(sql);
    return rows;
  }
  /// Runs a statement that must change this many rows.
  void change(const std::string& sql, int rows) const {
    query(sql);
    REQUIRE(sqlite3_changes(handle_) == rows);
  }

 private:
  [[noreturn]] void fail(const std::string& sql) const {
    throw std::runtime_error{sql + ": " + sqlite3_errmsg(handle_)};
  }

  sqlite3* handle_ = nullptr;
};

}  // namespace git_history_tests

#endif
