// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_SUPPORT_COMPARE_HPP
#define CASTORE_BENCHMARKS_SUPPORT_COMPARE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <time.h>

namespace benchmarks {

/// Keeps the compiler from dropping a computation whose result nobody uses.
template <class Value>
void keep(const Value& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Runs the library's code and the hand-written code in turn, `rounds` times each, and prints the median time per
/// operation of both, and the median, smallest and largest ratio of the pairs.
/// Each function does `operations` operations and returns the seconds they took, without its preparation.
template <class Library, class ByHand>
void compare(const std::string& name, std::size_t operations, int rounds, Library library, ByHand by_hand) {
  std::vector<double> library_times;
  std::vector<double> by_hand_times;
  std::vector<double> ratios;
  library();
  by_hand();
  for (int round = 0; round < rounds; ++round) {
    library_times.push_back(library());
    by_hand_times.push_back(by_hand());
    ratios.push_back(library_times.back() / by_hand_times.back());
  }
  const double scale = 1e9 / static_cast<double>(operations);
  std::printf("%-44s %11.0f ns %11.0f ns   %5.2f  (%.2f .. %.2f)\n", name.c_str(), median(library_times) * scale,
              median(by_hand_times) * scale, median(ratios), *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
  std::fflush(stdout);
}

inline void print_header() {
  std::printf("%-44s %14s %14s   %s\n", "operation", "castore", "by hand", "ratio (min .. max)");
}

/// The seconds a function takes.
template <class Function>
double seconds(Function function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The processor time of this thread that a function takes, for what never waits: other programs disturb it less.
template <class Function>
double cpu_seconds(Function function) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  function();
  return now() - start;
}

}  // namespace benchmarks

#endif
