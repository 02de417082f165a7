// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_HPP
#define CASTORE_TESTING_CATCH2_HPP

/// @file
/// Castore's test kit inside Catch2, version 2 or 3.

#include <castore/testing/adapter_conformance.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#error "castore: <castore/testing/catch2.hpp> needs Catch2, version 2 or 3, which was not found"
#endif

#include <concepts>
#include <cstddef>
#include <source_location>
#include <string>
#include <utility>

namespace castore::testing {

namespace detail {

template <class Fixture, std::size_t index>
void check_law_in_catch2() {
  std::string violation;
  try {
    check_adapter_law(all_adapter_laws[index], [] { return Fixture{}; });
  } catch (const LawViolation& error) {
    violation = error.what();
  }
  // Success is asserted too: Catch2 can be told that a test case without assertions fails.
#ifdef CATCH_CONFIG_PREFIX_ALL
  if (!violation.empty()) CATCH_FAIL(violation);
  CATCH_SUCCEED();
#else
  if (!violation.empty()) FAIL(violation);
  SUCCEED();
#endif
}

template <class Fixture, std::size_t index>
void register_law(const std::string& adapter_name, const std::string& tags, const Catch::SourceLineInfo& where) {
  constexpr AdapterLaw law = all_adapter_laws[index];
  if (!law.applies(adapter_properties<Fixture>())) return;
  const std::string name = adapter_name + ": law " + std::to_string(law.law) + ": " + std::string{law.name};
  const Catch::AutoReg registered{Catch::makeTestInvoker(&check_law_in_catch2<Fixture, index>), where,
                                  Catch::StringRef{}, Catch::NameAndTags{name, tags}};
}

}  // namespace detail

/// @brief Makes a Catch2 test case of every law that applies to an adapter: `my adapter: law 2: a version that ...`.
///
/// Call it once per adapter, or per way to set one up, to initialise a constant outside of functions:
/// @code
/// struct MyFixture { MyDatabase database; MyAdapter storage{database}; MyAdapter& adapter() { return storage; } };
/// const bool registered = castore::testing::register_adapter_laws<MyFixture>("my adapter");
/// @endcode
/// @tparam Fixture Made anew for every law, over an empty storage of its own: the adapter itself or a class with
/// `adapter()` and, where the storage can be opened again, `reopen()`, which returns a smart pointer to a second
/// adapter.
/// @param adapter_name Begins the names of the test cases; without commas, brackets and backslashes.
/// @param tags As for `TEST_CASE`, such as `"[slow]"`.
/// @return true
template <std::default_initializable Fixture>
  requires AdapterFixture<Fixture>
bool register_adapter_laws(const std::string& adapter_name, const std::string& tags = {},
                           std::source_location where = std::source_location::current()) {
  const Catch::SourceLineInfo line{where.file_name(), where.line()};
  [&]<std::size_t... indices>(std::index_sequence<indices...>) {
    (detail::register_law<Fixture, indices>(adapter_name, tags, line), ...);
  }(std::make_index_sequence<all_adapter_laws.size()>{});
  return true;
}

}  // namespace castore::testing

#endif
