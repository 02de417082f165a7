// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CHILD_PROCESS_HPP
#define CASTORE_TESTING_CHILD_PROCESS_HPP

/// @file
/// Other processes for tests of storages that several processes share. On systems without `fork` there is nothing here.

#include <castore/config.hpp>

#if __has_include(<sys/wait.h>)

#include <castore/core/any_event_storage_adapter.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace castore::testing {

/// @brief What the suite wants done in another process, with an adapter that this process has opened itself.
using ChildWork = std::function<void(AnyEventStorageAdapter)>;

/// @brief Another process, made by `fork`, that runs a function and ends.
///
/// Make one while the program has no other thread, and while no connection or file is open that would not survive
/// `fork`: SQLite's would not, in the child.
class ChildProcess {
 public:
  /// @brief Starts it. In the child nothing of this program's stack is destroyed. @throws std::system_error
  template <class Work>
  explicit ChildProcess(Work work) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::system_error{errno, std::generic_category(), "castore: pipe"};
    id_ = fork();
    if (id_ < 0) {
      const int error = errno;
      close(ends[0]);
      close(ends[1]);
      throw std::system_error{error, std::generic_category(), "castore: fork"};
    }
    if (id_ == 0) {
      close(ends[0]);
      _exit(run(work, ends[1]));
    }
    close(ends[1]);
    output_ = ends[0];
  }
  /// @brief The other object has no process any more.
  ChildProcess(ChildProcess&& other) noexcept
      : id_{std::exchange(other.id_, -1)}, output_{std::exchange(other.output_, -1)} {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// @brief Ends the process if it still runs.
  ~ChildProcess() {
    if (id_ > 0) end();
    if (output_ >= 0) close(output_);
  }

  /// @brief Waits for its end, and ends it when that takes too long.
  /// @return Nothing when its work returned; else what the work threw, or how the process ended. @pre Called once.
  std::string wait(std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    std::string said;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd output{output_, POLLIN, 0};
      const int ready = left.count() > 0 ? poll(&output, 1, static_cast<int>(left.count())) : 0;
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) {
        end();
        return "a process that has not ended after " + std::to_string(at_most.count()) + " ms";
      }
      std::array<char, 512> buffer{};
      const ssize_t size = read(output_, buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) break;
      said.append(buffer.data(), static_cast<std::size_t>(size));
    }
    const int status = reap();
    if (WIFSIGNALED(status)) return "a process that ended by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) == 0) return {};
    return said.empty() ? "a process that ended with code " + std::to_string(WEXITSTATUS(status)) : said;
  }

 private:
  template <class Work>
  static int run(Work& work, int output) noexcept {
    try {
      work();
      return 0;
    } catch (const std::exception& error) {
      say(output, error.what());
    } catch (...) {
      say(output, "not a std::exception");
    }
    return 1;
  }
  static void say(int output, std::string_view text) noexcept {
    while (!text.empty()) {
      const ssize_t size = write(output, text.data(), text.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  int reap() {
    int status = 0;
    while (waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
    id_ = -1;
    return status;
  }
  void end() {
    kill(id_, SIGKILL);
    reap();
  }

  pid_t id_ = -1;
  int output_ = -1;
};

}  // namespace castore::testing

#endif

#endif
