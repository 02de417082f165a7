// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_ADAPTERS_SUPPORT_CHILD_PROCESS_HPP
#define CASTORE_TESTS_ADAPTERS_SUPPORT_CHILD_PROCESS_HPP

/// @file
/// Other processes, and what systems that have them say of files and limits. On others there is nothing here.

#if __has_include(<sys/wait.h>)

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace castore::sqlite_tests {

/// A forked process that runs a function and sends text to its parent. Start it while the parent has one thread and no
/// open adapter.
class ChildProcess {
 public:
  /// @param function Gets `send(text)`. An exception it throws is sent as "exception: ...".
  template <class Function>
  explicit ChildProcess(Function function) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error{"pipe failed"};
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error{"fork failed"};
    if (pid_ == 0) {
      close(ends[0]);
      const auto send = [&](const std::string& text) {
        if (write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(2);
      };
      int exit_code = 0;
      try {
        function(send);
      } catch (const std::exception& error) {
        send(std::string{"exception: "} + error.what());
        exit_code = 1;
      }
      _exit(exit_code);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ChildProcess(ChildProcess&& other) noexcept
      : pid_{std::exchange(other.pid_, -1)}, output_{std::exchange(other.output_, -1)} {}
  ~ChildProcess() {
    if (pid_ > 0) {
      kill();
      wait();
    }
    if (output_ >= 0) close(output_);
  }

  /// Some of what was sent; empty at the end.
  std::string receive() {
    std::array<char, 4096> buffer{};
    const ssize_t size = read(output_, buffer.data(), buffer.size());
    return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string{};
  }
  std::string receive_all() {
    std::string all;
    for (std::string some = receive(); !some.empty(); some = receive()) all += some;
    return all;
  }
  void kill() const {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  /// The exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace castore::sqlite_tests

#endif

#endif
