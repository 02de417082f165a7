// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_STOPPING_HPP
#define CASTORE_DETAIL_STOPPING_HPP

/// @file
/// `std::stop_token` for what every program includes: where the standard library has none, a token that never asks to
/// stop stands in its place.

#include <castore/config.hpp>

#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace castore::detail {

#ifdef __cpp_lib_jthread
using StopToken = std::stop_token;
template <class Function>
using StopCallback = std::stop_callback<Function>;
#else
struct StopToken {
  bool stop_requested() const noexcept { return false; }
};
template <class Function>
struct StopCallback {
  StopCallback(const StopToken&, const Function&) noexcept {}
};
#endif

/// Waits until a condition holds, it is asked to stop, or it is late.
template <class Condition>
void wait_unless_stopped(std::condition_variable_any& changed, std::unique_lock<std::mutex>& lock,
                         const StopToken& stop, const std::optional<std::chrono::steady_clock::time_point>& deadline,
                         Condition condition) {
#ifdef __cpp_lib_jthread
  if (deadline) {
    changed.wait_until(lock, stop, *deadline, condition);
  } else {
    changed.wait(lock, stop, condition);
  }
#else
  static_cast<void>(stop);
  if (deadline) {
    changed.wait_until(lock, *deadline, condition);
  } else {
    changed.wait(lock, condition);
  }
#endif
}

}  // namespace castore::detail

#endif
