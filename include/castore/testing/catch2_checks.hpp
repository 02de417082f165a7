// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_CHECKS_HPP
#define CASTORE_TESTING_CATCH2_CHECKS_HPP

/// @file
/// Makes the kit's checks assertions of Catch2, version 2 or 3: in a program that includes this anywhere, every
/// `given(...).when(...).then(...)` and `check_reducer(...)` counts as one.

#include <castore/testing/failure.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#error "castore: <castore/testing/catch2_checks.hpp> needs Catch2, version 2 or 3, which was not found"
#endif

namespace castore::testing::detail {

inline void report_to_catch2(const Failure* failure) {
#ifdef CATCH_CONFIG_PREFIX_ALL
  if (failure) CATCH_FAIL(failure->what());
  CATCH_SUCCEED();
#else
  if (failure) FAIL(failure->what());
  SUCCEED();
#endif
}

inline const Reporter reporter_before_catch2 = set_reporter(&report_to_catch2);

}  // namespace castore::testing::detail

#endif
