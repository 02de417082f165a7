// SPDX-License-Identifier: MIT
#include <castore/detail/signal.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

using castore::detail::Signal;
using namespace std::chrono_literals;

namespace {

/// Waits on another thread until `is_looking` and a moment more, then does what ends the wait.
template <class Function>
bool ends_soon(Signal& signal, const std::stop_token& stop, std::atomic<bool>& is_done, const Function& end) {
  std::atomic<bool> is_looking{false};
  const std::jthread ender{[&] {
    while (!is_looking) std::this_thread::yield();
    std::this_thread::sleep_for(5ms);
    end();
  }};
  const auto begin = Signal::Clock::now();
  (void)signal.wait_until(Signal::deadline(10s), stop, [&] {
    is_looking = true;
    return is_done.load();
  });
  return Signal::Clock::now() - begin < 5s;
}

}  // namespace

TEST_CASE("who waits is woken by a signal, and by a request to stop, also a second time") {
  Signal signal;
  for (int round = 0; round < 2; ++round) {
    std::atomic<bool> is_done{false};
    CHECK(ends_soon(signal, {}, is_done, [&] {
      is_done = true;
      signal.raise();
    }));
    std::stop_source stop;
    std::atomic<bool> never{false};
    CHECK(ends_soon(signal, stop.get_token(), never, [&] { stop.request_stop(); }));
  }
}

TEST_CASE("a wait says whether what was waited for is done when it ends") {
  Signal signal;
  signal.raise();  // for nobody
  CHECK(signal.wait_until(Signal::Clock::now(), {}, [] { return true; }));
  CHECK_FALSE(signal.wait_until(Signal::Clock::now() + 1ms, {}, [] { return false; }));
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(signal.wait_until(Signal::deadline(10s), stop.get_token(), [] { return false; }));
  CHECK(Signal::deadline(std::chrono::milliseconds::max()) > Signal::Clock::now());
  CHECK(Signal::deadline(std::chrono::milliseconds::max()) < Signal::Clock::now() + std::chrono::hours{24 * 366});
}
