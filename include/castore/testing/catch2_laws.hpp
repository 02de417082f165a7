// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_LAWS_HPP
#define CASTORE_TESTING_CATCH2_LAWS_HPP

/// @file
/// What the headers for Catch2, version 2 or 3, have in common: checks as assertions, laws as test cases.

#include <castore/testing/adapter_conformance/law.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#error "castore: the headers castore/testing/catch2*.hpp need Catch2, version 2 or 3, which was not found"
#endif

#include <optional>
#include <source_location>
#include <string>

namespace castore::testing::detail {

/// Success is asserted too: Catch2 can be told that a test case without assertions fails.
inline void assert_in_catch2(const std::optional<std::string>& failure) {
#ifdef CATCH_CONFIG_PREFIX_ALL
  if (failure) CATCH_FAIL(*failure);
  CATCH_SUCCEED();
#else
  if (failure) FAIL(*failure);
  SUCCEED();
#endif
}

/// @param text What a report of successes shows.
inline void succeed_in_catch2(const std::string& text) {
#ifdef CATCH_CONFIG_PREFIX_ALL
  CATCH_SUCCEED(text);
#else
  SUCCEED(text);
#endif
}

template <void (*check)()>
void check_law_in_catch2() {
  std::optional<std::string> violation;
  try {
    check();
  } catch (const LawViolation& error) {
    violation = error.what();
  }
  assert_in_catch2(violation);
}

template <void (*test)()>
void register_in_catch2(const std::string& name, const std::string& tags, const std::source_location& where) {
  const Catch::AutoReg registered{Catch::makeTestInvoker(test), Catch::SourceLineInfo{where.file_name(), where.line()},
                                  Catch::StringRef{}, Catch::NameAndTags{name, tags}};
}

/// @tparam check Throws a LawViolation unless the law is kept.
template <void (*check)(), class Law>
void register_law_in_catch2(const Law& law, const std::string& adapter_name, const std::string& tags,
                            const std::source_location& where) {
  const std::string name = adapter_name + ": law " + std::to_string(law.law) + ": " + std::string{law.name};
  register_in_catch2<&check_law_in_catch2<check>>(name, tags, where);
}

}  // namespace castore::testing::detail

#endif
