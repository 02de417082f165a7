// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_RUN_THREADS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_RUN_THREADS_HPP

#include <atomic>
#include <cstddef>
#include <exception>
#include <latch>
#include <thread>
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

/// Tells the other threads that this one has ended, also by an exception.
struct SetAtExit {
  explicit SetAtExit(std::atomic<bool>& flag_) : flag{flag_} {}
  SetAtExit(SetAtExit&&) = delete;
  ~SetAtExit() { flag = true; }
  std::atomic<bool>& flag;
};

}  // namespace castore::testing::detail

#endif
