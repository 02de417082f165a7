// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_RUN_THREADS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_RUN_THREADS_HPP

#include <castore/config.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/latch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Calls `work(0)`, `work(1)` ... each on its own thread, all from the same moment on, and waits for them.
/// @throws What one of them threw.
template <class Work>
void run_threads(std::size_t count, Work work) {
  Latch start{count};
  std::vector<std::exception_ptr> errors(count);
  std::vector<std::thread> threads;  // not std::jthread, which libc++ has since version 20
  threads.reserve(count);
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
  for (std::thread& thread : threads) thread.join();
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

inline constexpr std::size_t most_rounds = 20'000;  ///< Of a race.

/// When a race may end: when its time is over and threads have met in it nearly as often as they do on a machine that
/// has nothing else to do; or after ten times that time and a second.
class RaceEnd {
 public:
  explicit RaceEnd(std::chrono::milliseconds time)
      : RaceEnd{time, (std::max<std::size_t>)(8, 3 * static_cast<std::size_t>(time.count()) / 2)} {}
  RaceEnd(std::chrono::milliseconds time, std::size_t fewest_meetings)
      : fewest_meetings_{fewest_meetings},
        earliest_{std::chrono::steady_clock::now() + time},
        latest_{earliest_ + 9 * time + std::chrono::seconds{1}} {}

  void add_meeting() { ++meetings_; }
  bool is_over() const {
    const auto now = std::chrono::steady_clock::now();
    if (now < earliest_) return false;
    return meetings_ >= fewest_meetings_ || now >= latest_;
  }

 private:
  std::size_t fewest_meetings_;
  std::atomic<std::size_t> meetings_{0};
  std::chrono::steady_clock::time_point earliest_;
  std::chrono::steady_clock::time_point latest_;
};

/// Sleeps for a moment. A thread that wakes up interrupts whatever other threads are doing, also where all share one
/// processor.
inline void nap(std::minstd_rand& random) { std::this_thread::sleep_for(std::chrono::microseconds{random() % 100}); }

/// Calls `work(thread, round)` on four threads that do the same round at the same time as well as they can, until the
/// race may end and for eight rounds at least. Half of the threads take a nap before each round.
/// @return How many rounds some thread has ended; no thread is in another one. @throws What `work` threw.
template <class Work>
std::size_t race(std::chrono::milliseconds time, Work work, std::size_t most = most_rounds) {
  constexpr std::size_t fewest = 8;
  std::atomic<std::size_t> current{0};
  std::array<std::atomic<std::size_t>, 4> under_way{most, most, most, most};  // the round that each thread is in
  std::atomic<bool> has_failed{false};
  RaceEnd end{time};
  run_threads(under_way.size(), [&](std::size_t thread) {
    std::seed_seq seed{thread + 1};
    std::minstd_rand random{seed};
    while (!has_failed) {
      if (thread % 2 == 1) nap(random);
      std::size_t round = current;
      if (round >= most || (round >= fewest && end.is_over())) return;
      const auto is_in_it = [round](const auto& other) { return other == round; };
      if (std::ranges::any_of(under_way, is_in_it)) end.add_meeting();
      under_way[thread] = round;
      try {
        work(thread, round);
      } catch (...) {
        has_failed = true;
        throw;
      }
      under_way[thread] = most;
      current.compare_exchange_strong(round, round + 1);
    }
  });
  return current;
}

/// Which thread won each round of a race; only one may.
class Winners {
 public:
  /// Until the first call of `of`, from any thread.
  void add(std::size_t round, std::size_t thread, std::string_view what) {
    unsigned char nobody = 0;
    if (threads_[round].compare_exchange_strong(nobody, static_cast<unsigned char>(thread + 1))) return;
    throw Deviation{"one winner: " + std::string{what},
                    "two: threads " + std::to_string(nobody - 1) + " and " + std::to_string(thread)};
  }
  /// From any thread.
  void add_loser(std::size_t round) { contested_[++losers_ % contested_.size()] = round; }

  /// Calls `look` for the numbers of some blocks of rounds, above all of those in which threads came last too late.
  template <class Look>
  void look_at_some(std::size_t rounds, std::size_t rounds_per_block, Look look) const {
    std::set<std::size_t> blocks{(rounds - 1) / rounds_per_block};
    for (std::size_t place = 0; place < (std::min)(losers_.load(), contested_.size()); ++place) {
      blocks.insert(contested_[(losers_ - place) % contested_.size()] / rounds_per_block);
    }
    for (const std::size_t block : blocks) look(block);
  }

  std::size_t of(std::size_t round, std::string_view what) const {
    const unsigned char thread = threads_[round];
    expect(thread != 0, "one winner: " + std::string{what}, "none");
    return thread - 1U;
  }

 private:
  std::vector<std::atomic<unsigned char>> threads_ = std::vector<std::atomic<unsigned char>>(most_rounds);
  std::array<std::atomic<std::size_t>, 12> contested_{};
  std::atomic<std::size_t> losers_{0};
};

/// Calls `look` for some of `count` places.
template <class Look>
void look_at_some(std::size_t count, Look look) {
  const std::size_t step = count / 8 + 1;
  for (std::size_t place = 0; place < count; place += step) look(place);
}

inline constexpr std::size_t reader_count = 2;

/// Calls `write(0)`, `write(1)` ... on one thread until the race may end, and from before its start to after its end
/// `read(0, written)` and `read(1, written)` over and over on two others, which take a nap each time; so many writes
/// have ended by then.
template <class Write, class Read>
void write_while_reading(std::chrono::milliseconds time, std::size_t fewest, Write write, Read read) {
  Latch have_read{reader_count};
  std::atomic<std::size_t> written{0};
  std::atomic<bool> is_writing{false};
  std::atomic<bool> is_over{false};
  RaceEnd end{time};
  run_threads(1 + reader_count, [&](std::size_t index) {
    const AtExit over{[&] { is_over = true; }};  // a reader that fails ends it, too
    if (index == reader_count) {
      have_read.wait();
      while (!is_over && written < most_rounds && (written < fewest || !end.is_over())) {
        is_writing = true;
        write(written.load());
        is_writing = false;
        ++written;
      }
      return;
    }
    {
      const AtExit first{[&] { have_read.count_down(); }};
      read(index, std::size_t{0});
    }
    std::seed_seq seed{index + 1};
    std::minstd_rand random{seed};
    while (!is_over) {
      nap(random);
      if (is_writing) end.add_meeting();
      read(index, written.load());
    }
    read(index, written.load());
  });
}

}  // namespace castore::testing::detail

#endif
