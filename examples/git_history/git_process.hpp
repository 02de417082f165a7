// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_GIT_PROCESS_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_GIT_PROCESS_HPP

#include "error.hpp"
#include "text.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace git_history {

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using StdioFile = std::unique_ptr<std::FILE, FileCloser>;

/// @brief Reads a file piece by piece: texts that end with NUL, as git's `-z` writes them, or lines.
class OutputReader {
 public:
  explicit OutputReader(StdioFile file) : file_{std::move(file)} {}
  OutputReader(const OutputReader&) = delete;
  OutputReader& operator=(const OutputReader&) = delete;
  ~OutputReader() { std::free(buffer_); }

  /// @brief The next text, valid until the next call; nothing at the end, or when the end is missing.
  std::optional<std::string_view> next() { return next_until('\0'); }
  /// @brief The same for output in lines.
  std::optional<std::string_view> next_line() { return next_until('\n'); }

  std::FILE* file() const noexcept { return file_.get(); }

 private:
  std::optional<std::string_view> next_until(char end) {
    const ssize_t length = getdelim(&buffer_, &capacity_, end, file_.get());
    if (length <= 0 || buffer_[length - 1] != end) return std::nullopt;
    return std::string_view{buffer_, static_cast<std::size_t>(length - 1)};
  }

  StdioFile file_;
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
};

/// @brief The environment without what would send git to another repository than the one it is told.
/// Configuration (`GIT_CONFIG_...`) stays: it may hold the user's `safe.directory`.
inline std::vector<std::string> git_environment() {
  std::vector<std::string> environment;
  for (char** next = environ; *next != nullptr; ++next) {
    const std::string_view variable{*next};
    const bool is_kept =
        !variable.starts_with("GIT_") || variable.starts_with("GIT_CONFIG_") || variable.starts_with("GIT_EXEC_PATH=");
    if (is_kept && !variable.starts_with("LC_ALL=")) environment.emplace_back(variable);
  }
  environment.emplace_back("LC_ALL=C");  // git's messages in one language
  return environment;
}

/// @brief A running git whose output is read while it works. No shell is involved: arguments are what they are.
class GitProcess {
 public:
  /// @brief Starts `git -C repository arguments...`; its standard input is `input`, or empty.
  GitProcess(const std::string& repository, const std::vector<std::string>& arguments, std::FILE* input = nullptr) {
    std::vector<std::string> command{"git", "--no-pager", "-C", repository};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment = git_environment();

    std::array<int, 2> pipe_ends{};
    if (pipe(pipe_ends.data()) != 0) throw UserError{std::string{"cannot make a pipe: "} + std::strerror(errno)};
    for (const int end : pipe_ends) fcntl(end, F_SETFD, FD_CLOEXEC);  // another child would keep it open
    StdioFile output{fdopen(pipe_ends[0], "r")};
    const StdioFile write_end{fdopen(pipe_ends[1], "w")};
    messages_.reset(std::tmpfile());
    if (!output || !write_end || !messages_) {
      throw UserError{std::string{"cannot open a temporary file: "} + std::strerror(errno)};
    }
    fcntl(fileno(messages_.get()), F_SETFD, FD_CLOEXEC);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (input != nullptr) {
      posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(messages_.get()), STDERR_FILENO);
    const int error =
        posix_spawnp(&pid_, "git", &actions, nullptr, pointers(command).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw UserError{std::string{"cannot run git: "} + std::strerror(error)};
    output_.emplace(std::move(output));
  }
  GitProcess(const GitProcess&) = delete;
  GitProcess& operator=(const GitProcess&) = delete;

  ~GitProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);  // nobody wants the rest
    wait();
  }

  /// @brief What git writes.
  OutputReader& output() noexcept { return *output_; }

  /// @brief Waits for the end. @return True when git succeeded; else `message()` says why not.
  bool succeeded() { return wait() == 0; }

  /// @brief Waits for the end. @throws UserError with git's own words when it failed.
  void finish() {
    if (!succeeded()) throw UserError{message()};
  }

  /// @brief What git said on its standard error, in one line, from its word `fatal:` on.
  std::string message() const {
    std::rewind(messages_.get());
    std::string text;
    for (int character = 0; text.size() < 2000 && (character = std::fgetc(messages_.get())) != EOF;) {
      text += static_cast<char>(character);
    }
    constexpr std::string_view fatal = "fatal: ";
    if (const std::size_t start = text.find(fatal); start != std::string::npos) text.erase(0, start + fatal.size());
    return text.empty() ? "git failed without a message" : "git: " + one_line(text);
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  int wait() {
    while (pid_ > 0) {
      if (waitpid(pid_, &status_, 0) == pid_ || errno != EINTR) pid_ = 0;
    }
    return status_;
  }

  pid_t pid_ = 0;
  int status_ = 0;
  StdioFile messages_;
  std::optional<OutputReader> output_;
};

}  // namespace git_history

#endif
