// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_RUN_IN_BACKGROUND_HPP
#define CASTORE_MESSAGING_RUN_IN_BACKGROUND_HPP

#include <castore/detail/stop_token.hpp>

#include <thread>

namespace castore {

/// @brief Runs an in-memory queue or bus on a thread of its own; call it several times for several threads. The thread
/// ends with the object that is returned, or with the adapter's `stop`.
/// @param adapter Must outlive the thread.
template <class Adapter>
  requires requires(Adapter& adapter, std::stop_token stop_token) { adapter.run(stop_token); }
[[nodiscard]] std::jthread run_in_background(Adapter& adapter) {
  return std::jthread{[&adapter](const std::stop_token& stop_token) { adapter.run(stop_token); }};
}

}  // namespace castore

#endif
