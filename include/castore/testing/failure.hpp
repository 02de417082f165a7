// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAILURE_HPP
#define CASTORE_TESTING_FAILURE_HPP

#include <atomic>
#include <stdexcept>
#include <string>

namespace castore::testing {

/// @brief A check of the test kit failed; `what()` is the whole report, several lines.
/// **Handling:** let it pass: every test framework takes an exception for a failed test and prints its text.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// @brief Hears of every check of the kit: a null pointer when it passed, its failure before that is thrown.
using Reporter = void (*)(const Failure*);

namespace detail_of_failure {
inline std::atomic<Reporter> reporter{nullptr};
}  // namespace detail_of_failure

}  // namespace castore::testing

#endif
