// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_CHECKS_HPP
#define CASTORE_TESTING_CATCH2_CHECKS_HPP

/// @file
/// Makes the kit's checks assertions of Catch2, version 2 or 3: in a program that includes this anywhere, every
/// `given(...).when(...).then(...)` and `check_reducer(...)` counts as one.

#include <castore/testing/catch2_laws.hpp>
#include <castore/testing/failure.hpp>

#include <optional>
#include <string>

namespace castore::testing::detail {

inline void report_to_catch2(const Failure* failure) {
  assert_in_catch2(failure ? std::optional<std::string>{failure->what()} : std::nullopt);
}

inline const Reporter reporter_before_catch2 = set_reporter(&report_to_catch2);

}  // namespace castore::testing::detail

#endif
