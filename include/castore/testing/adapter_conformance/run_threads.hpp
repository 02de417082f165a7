// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_RUN_THREADS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_RUN_THREADS_HPP

#include <atomic>
#include <cstddef>
#include <exception>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Calls `work(0)`, `work(1)` ... each on its own thread, all from the same moment on, and waits for them.
/// @throws What one of them threw.
template <class Work>
void run_threads(std::size_t count, Work work) {
  std::latch start{static_cast<std::ptrdiff_t>(count)};
  std::vector<std::exception_ptr> errors(count);
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < count; ++index) {
      threads.emplace_back([&, index] {
        start.arrive_and_wait();
        try {
          work(index);
        } catch (...) {
          errors[index] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

/// Does something at the end of a scope, also when an exception leaves it.
template <class Action>
class AtExit {
 public:
  explicit AtExit(Action action) : action_{std::move(action)} {}
  AtExit(AtExit&&) = delete;
  ~AtExit() { action_(); }

 private:
  Action action_;
};

inline constexpr std::size_t reader_count = 2;

/// Calls `write()` on one thread and, from before its start to after its end, `read(0)` and `read(1)` over and over on
/// two others.
template <class Write, class Read>
void write_while_reading(Write write, Read read) {
  std::latch have_read{reader_count};
  std::atomic<bool> is_written{false};
  run_threads(1 + reader_count, [&](std::size_t index) {
    if (index == reader_count) {
      const AtExit done{[&] { is_written = true; }};
      have_read.wait();
      return write();
    }
    {
      const AtExit first{[&] { have_read.count_down(); }};
      read(index);
    }
    while (!is_written) read(index);
    read(index);
  });
}

}  // namespace castore::testing::detail

#endif
