// SPDX-License-Identifier: MIT
// A library that throws our errors, and hides all that it need not show.
#include "throws.hpp"

#include <castore/core/errors.hpp>
#include <castore/messaging/errors.hpp>

#include <exception>
#include <stdexcept>

void throw_error(int number) {
  switch (number) {
    case 0:
      throw castore::EventAlreadyExistsError{"STORE", "a", 1};
    case 1:
      throw castore::UnknownEventTypeError{"STORE", "a", 1, "TYPE"};
    case 2:
      throw castore::InvalidMessageError{"event", "is missing"};
    default:
      try {
        throw std::runtime_error{"the cause"};
      } catch (...) {
        std::throw_with_nested(castore::StorageError{"the disk is full"});
      }
  }
}
