// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_LATCH_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_LATCH_HPP

#include <castore/config.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace castore::testing::detail {

/// As `std::latch`. That of libstdc++ 12 may wait without end where the system has no futex, as on Windows: it looks at
/// the count before it locks what it waits by.
class Latch {
 public:
  explicit Latch(std::size_t count) : left_{count} {}
  Latch(const Latch&) = delete;

  void count_down() {
    const std::lock_guard lock{mutex_};
    if (--left_ == 0) done_.notify_all();
  }
  void wait() {
    std::unique_lock lock{mutex_};
    done_.wait(lock, [this] { return left_ == 0; });
  }
  void arrive_and_wait() {
    count_down();
    wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_;
};

}  // namespace castore::testing::detail

#endif
