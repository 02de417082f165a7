// SPDX-License-Identifier: MIT
// Catches what the library throws: by its type, by its base, and by what is nested in it.
#include "throws.hpp"

#include <castore/core/errors.hpp>
#include <castore/messaging/errors.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace {

int failures = 0;

template <class Expected>
void expect(int number) {
  try {
    throw_error(number);
  } catch (const Expected&) {
    return;
  } catch (const std::exception& error) {
    std::printf("not caught by its type: %s\n", error.what());
  }
  ++failures;
}

}  // namespace

int main() {
  expect<castore::EventAlreadyExistsError>(0);
  expect<castore::UnknownEventTypeError>(1);
  expect<castore::InvalidMessageError>(2);
  for (int number = 0; number < 4; ++number) expect<castore::Error>(number);
  try {
    throw_error(3);
  } catch (const castore::StorageError& error) {
    try {
      std::rethrow_if_nested(error);
      ++failures;
    } catch (const std::runtime_error& cause) {
      if (cause.what() != std::string_view{"the cause"}) ++failures;
    }
  } catch (...) {
    ++failures;
  }
  return failures == 0 ? 0 : 1;
}
