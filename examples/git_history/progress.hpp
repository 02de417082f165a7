// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_PROGRESS_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_PROGRESS_HPP

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace git_history {

/// @brief A progress bar on standard error: redrawn in place on a terminal, else at most ten lines, none for quick
/// work.
class Progress {
 public:
  Progress(const char* what, std::int64_t total) : what_{what}, total_{total} {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (is_terminal_ && drawn_) std::fputc('\n', stderr);
  }

  void update(std::int64_t done) {
    const auto now = Clock::now();
    const bool is_end = done >= total_ && (is_terminal_ || drawn_);
    const bool is_step = is_terminal_ || fraction(done) >= next_line_;
    if (!is_end && (!is_step || now - last_ < interval_)) return;
    last_ = now;
    drawn_ = true;
    next_line_ = fraction(done) + 0.1;
    constexpr std::size_t width = 40;
    const auto filled = static_cast<std::size_t>(static_cast<double>(width) * fraction(done));
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    std::fprintf(stderr, is_terminal_ ? "\r[%s] %3.0f%% %s %lld of %lld" : "[%s] %3.0f%% %s %lld of %lld\n",
                 bar.c_str(), 100 * fraction(done), what_, static_cast<long long>(done),
                 static_cast<long long>(total_));
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;

  double fraction(std::int64_t done) const {
    return total_ == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total_);
  }

  const char* what_;
  std::int64_t total_;
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  std::chrono::milliseconds interval_{is_terminal_ ? 100 : 1000};
  Clock::time_point last_ = Clock::now();
  double next_line_ = 0;
  bool drawn_ = false;
};

}  // namespace git_history

#endif
