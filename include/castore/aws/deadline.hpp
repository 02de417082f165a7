// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_DEADLINE_HPP
#define CASTORE_AWS_DEADLINE_HPP

#include <castore/config.hpp>

#include <chrono>

namespace castore::detail {

/// When somebody stops waiting. It is computed once, and kept through whatever has to be waited for.
using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = (Deadline::max)();

/// In milliseconds, as a time-out may be any number of these, more than the clock can count.
inline std::chrono::milliseconds time_until(Deadline deadline) {
  return std::chrono::floor<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
}

inline Deadline deadline_after(std::chrono::milliseconds time) {
  return time >= time_until(no_deadline) ? no_deadline : std::chrono::steady_clock::now() + time;
}

/// The same for a time-out, of which 0 means none.
inline Deadline deadline_after_timeout(std::chrono::milliseconds timeout) {
  return timeout.count() <= 0 ? no_deadline : deadline_after(timeout);
}

}  // namespace castore::detail

#endif
