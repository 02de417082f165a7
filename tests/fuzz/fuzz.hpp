// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_FUZZ_FUZZ_HPP
#define CASTORE_TESTS_FUZZ_FUZZ_HPP

/// @file
/// What every fuzz target has in common: it defines `try_input`, which is called with one input after the other. A
/// crash, an exception that leaves it, a sanitizer's finding, a requirement that is not met, more than five seconds or
/// a gigabyte for one input: each ends the run and keeps the input.

#include <cstdlib>
#include <iostream>
#include <string_view>

/// Gives an input to a parser and checks what comes of it.
void try_input(std::string_view input);

namespace castore_fuzz {

inline void require(bool condition, const char* what) {
  if (condition) return;
  std::cerr << "not so: " << what << '\n';
  std::abort();
}

/// Calls a function that may refuse its input by this error and by no other.
template <class Refusal, class Function>
bool is_taken(const Function& function) {
  try {
    function();
    return true;
  } catch (const Refusal&) {
    return false;
  }
}

}  // namespace castore_fuzz

#endif
