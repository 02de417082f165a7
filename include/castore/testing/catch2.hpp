// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_HPP
#define CASTORE_TESTING_CATCH2_HPP

/// @file
/// Castore's test kit inside Catch2, version 2 or 3.

#include <castore/testing/adapter_conformance.hpp>
#include <castore/testing/catch2_laws.hpp>

#include <concepts>
#include <cstddef>
#include <source_location>
#include <string>
#include <utility>

namespace castore::testing {

namespace detail {

template <class Fixture, std::size_t index>
void check_adapter_law_of() {
  check_adapter_law(all_adapter_laws[index], [] { return Fixture{}; });
}

template <class Fixture, std::size_t index>
void register_adapter_law(const std::string& adapter_name, const std::string& tags, const std::source_location& where) {
  constexpr AdapterLaw law = all_adapter_laws[index];
  if (!law.applies(adapter_properties<Fixture>())) return;
  register_law_in_catch2<&check_adapter_law_of<Fixture, index>>(law, adapter_name, tags, where);
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
  [&]<std::size_t... indices>(std::index_sequence<indices...>) {
    (detail::register_adapter_law<Fixture, indices>(adapter_name, tags, where), ...);
  }(std::make_index_sequence<all_adapter_laws.size()>{});
  return true;
}

}  // namespace castore::testing

#endif
