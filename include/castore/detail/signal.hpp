// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_SIGNAL_HPP
#define CASTORE_DETAIL_SIGNAL_HPP

#include <castore/detail/stopping.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace castore::detail {

/// Wakes those who wait for something that others do. While nobody waits it costs them one look at a number.
class Signal {
 public:
  using Clock = std::chrono::steady_clock;

  /// The end of a wait, bounded so that no wait is too long to be counted.
  static Clock::time_point deadline(std::chrono::milliseconds at_most) noexcept {
    constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};
    return Clock::now() + (std::min)(at_most, longest);
  }

  /// To be called after what is waited for was done by operations on atomics (sequentially consistent).
  void raise() noexcept {
    if (waiters_.load() == 0) return;
    { const std::lock_guard lock{mutex_}; }  // a thread that has looked already waits now
    changed_.notify_all();
  }

  /// Waits until `is_done` (a look at atomics), the deadline, or a request to stop.
  /// @return What `is_done` says at the end.
  template <class IsDone>
  bool wait_until(Clock::time_point deadline, const StopToken& stop, const IsDone& is_done) {
    if (is_done()) return true;
    waiters_.fetch_add(1);
    {
      const auto wake = [this] {
        { const std::lock_guard lock{mutex_}; }
        changed_.notify_all();
      };
      const StopCallback<decltype(wake)> wakes_on_stop{stop, wake};
      std::unique_lock lock{mutex_};
      changed_.wait_until(lock, deadline, [&] { return is_done() || stop.stop_requested(); });
    }
    waiters_.fetch_sub(1);
    return is_done();
  }

 private:
  std::atomic<int> waiters_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace castore::detail

#endif
