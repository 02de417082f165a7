// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_ERROR_OF_HPP
#define CASTORE_TESTS_SUPPORT_ERROR_OF_HPP

#include <stdexcept>

namespace castore_tests::support {

/// The error that a function throws, which must be of this type.
template <class Error, class Function>
Error error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error{"the expected error was not thrown"};
}

}  // namespace castore_tests::support

#endif
