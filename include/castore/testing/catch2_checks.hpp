// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_CHECKS_HPP
#define CASTORE_TESTING_CATCH2_CHECKS_HPP

/// @file
/// Makes assertions of Catch2 (version 2 or 3) of the kit's checks: in a program that includes this anywhere, every
/// `given(...).when(...).then(...)` and `check_reducer(...)` counts as one that passed or failed.

#include <castore/testing/failure.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

namespace castore::testing::detail {

inline void report_to_catch2(const Failure* failure) {
  if (failure) FAIL(failure->what());
  SUCCEED();
}

inline const Reporter reporter_before_catch2 = set_reporter(&report_to_catch2);

}  // namespace castore::testing::detail

#endif
