// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_FAILURE_OF_HPP
#define CASTORE_TESTS_TESTING_FAILURE_OF_HPP

#include <castore/testing/failure.hpp>

#include <string>

namespace kit_tests {

/// The text of the `Failure` that the function throws, which is not reported to the test framework; empty when it throws
/// none.
template <class Function>
std::string failure_of(Function&& function) {
  const castore::testing::Reporter reporter = castore::testing::set_reporter(nullptr);
  std::string text;
  try {
    function();
  } catch (const castore::testing::Failure& failure) {
    text = failure.what();
  }
  castore::testing::set_reporter(reporter);
  return text;
}

template <class Function>
bool fails(Function&& function) {
  return !failure_of(function).empty();
}

}  // namespace kit_tests

#endif
