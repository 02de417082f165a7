// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAILURE_HPP
#define CASTORE_TESTING_FAILURE_HPP

#include <castore/config.hpp>

#include <atomic>
#include <stdexcept>
#include <string>

namespace castore::testing {

/// @brief A check of the test kit failed; `what()` is the whole report, several lines of text.
/// **Handling:** let it pass: a test framework takes it for a failed test and prints the text.
class CASTORE_DETAIL_THROWN Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// @brief Hears of every check of the kit that runs: a null pointer when it passed, else the failure, which is thrown
/// after the call.
using Reporter = void (*)(const Failure* failure);

namespace detail {

inline std::atomic<Reporter> reporter{nullptr};

inline void report_pass() {
  if (const Reporter report = reporter.load()) report(nullptr);
}

[[noreturn]] inline void report_failure(const std::string& text) {
  const Failure failure{text};
  if (const Reporter report = reporter.load()) report(&failure);
  throw failure;
}

}  // namespace detail

/// @brief Tells a test framework of the kit's checks; `castore/testing/catch2_checks.hpp` does it for Catch2.
/// @return The reporter before, a null pointer when there was none.
inline Reporter set_reporter(Reporter reporter) noexcept { return detail::reporter.exchange(reporter); }

}  // namespace castore::testing

#endif
