// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_MEETING_POINT_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_MEETING_POINT_HPP

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

/// Where two threads wait for each other, so that a race is lost on a busy machine too. The thread that made it never
/// waits, as it is alone; others wait for a moment only, as they may be.
class MeetingPoint {
 public:
  void meet() {
    if (std::this_thread::get_id() == home_) return;
    std::unique_lock lock{mutex_};
    if (is_waiting_) {
      is_waiting_ = false;
      has_met_.notify_all();
      return;
    }
    is_waiting_ = true;
    has_met_.wait_for(lock, std::chrono::milliseconds{20}, [this] { return !is_waiting_; });
    is_waiting_ = false;
  }

  /// Comes by without waiting.
  void pass() {
    const std::scoped_lock lock{mutex_};
    is_waiting_ = false;
    has_met_.notify_all();
  }

 private:
  const std::thread::id home_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable has_met_;
  bool is_waiting_ = false;
};

#endif
