// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_SOCKET_HPP
#define CASTORE_ADAPTERS_POSTGRES_SOCKET_HPP

#include <castore/config.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <poll.h>
#endif

namespace castore::detail {

/// What deadlines are of: a moment computed once, which no signal and no partial answer moves.
using PostgresClock = std::chrono::steady_clock;

/// Waits until the socket has something to read, or room to write where that is asked for, or has failed.
/// @return False when nothing of this happened before the deadline, or a signal came first.
inline bool wait_for_postgres_socket(int socket, bool to_write_too, PostgresClock::time_point deadline) noexcept {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - PostgresClock::now()).count();
  constexpr std::int64_t longest = (std::numeric_limits<int>::max)();
  const auto timeout = static_cast<int>((std::clamp)(std::int64_t{left}, std::int64_t{0}, longest));
#ifdef _WIN32
  WSAPOLLFD waiting{static_cast<SOCKET>(socket),
                    static_cast<SHORT>(to_write_too ? POLLRDNORM | POLLWRNORM : POLLRDNORM), 0};
  return WSAPoll(&waiting, 1, timeout) > 0;
#else
  pollfd waiting{socket, static_cast<short>(to_write_too ? POLLIN | POLLOUT : POLLIN), 0};
  return poll(&waiting, 1, timeout) > 0;
#endif
}

}  // namespace castore::detail

#endif
