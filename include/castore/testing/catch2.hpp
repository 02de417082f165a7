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
#include <type_traits>
#include <utility>

namespace castore::testing {

namespace detail {

template <class Fixture>
AdapterUnderTest open_default_fixture(Way way) {
  const auto make_fixture = [] { return Fixture{}; };
  return open_fixture(make_fixture, way);
}

template <class Fixture, std::size_t index>
void check_adapter_law_of() {
  check_law(all_adapter_laws[index], &open_default_fixture<Fixture>);
}

/// How many laws there are for a fixture, so that a report of the tests tells it, and which are not for it.
template <class Fixture>
void tell_adapter_laws() {
  std::string left_out;
  for (const AdapterLaw& law : all_adapter_laws) {
    if (!law.applies(fixture_properties<Fixture>())) left_out += "\n  " + std::string{law.name};
  }
  succeed_in_catch2(left_out.empty() ? "every law applies" : "these laws do not apply:" + left_out);
}

template <class Fixture, std::size_t... indices>
void register_adapter_laws_of(const std::string& adapter_name, const std::string& tags,
                              const std::source_location& where, std::index_sequence<indices...>) {
  constexpr FixtureProperties properties = fixture_properties<Fixture>();
  std::size_t count = 0;
  const auto register_law = [&]<std::size_t index>(std::integral_constant<std::size_t, index>) {
    if (!all_adapter_laws[index].applies(properties)) return;
    ++count;
    register_law_in_catch2<&check_adapter_law_of<Fixture, index>>(all_adapter_laws[index], adapter_name, tags, where);
  };
  (register_law(std::integral_constant<std::size_t, indices>{}), ...);
  register_in_catch2<&tell_adapter_laws<Fixture>>(
      adapter_name + ": " + std::to_string(count) + " of " + std::to_string(all_adapter_laws.size()) + " laws apply",
      tags, where);
}

}  // namespace detail

/// @brief Makes a Catch2 test case of every law that applies to an adapter, `my adapter: law 2: a version that ...`,
/// and one that tells how many these are, `my adapter: 139 of 145 laws apply`; with `--success` it names the others.
///
/// Call it once per adapter, or per way to set one up, to initialise a constant outside of functions:
/// @code
/// struct MyFixture { MyDatabase database; MyAdapter storage{database}; MyAdapter& adapter() { return storage; } };
/// const bool registered = castore::testing::register_adapter_laws<MyFixture>("my adapter");
/// @endcode
/// @tparam Fixture Made for every law, over an empty storage of its own: the adapter itself or a class with `adapter()`
/// and, where it can, `reopen()`, `close_and_reopen()`, `spawn()`.
/// @param adapter_name Begins the names of the test cases; without commas, brackets and backslashes.
/// @param tags As for `TEST_CASE`, such as `"[slow]"`.
/// @return true
template <class Fixture>
bool register_adapter_laws(const std::string& adapter_name, const std::string& tags = {},
                           std::source_location where = std::source_location::current()) {
  constexpr bool is_fixture = explain_adapter_fixture<Fixture>();
  constexpr bool can_be_made = std::default_initializable<Fixture>;
  static_assert(can_be_made,
                "castore: the suite makes a fixture for every law; give it a public constructor without "
                "arguments that opens an empty storage of its own");
  if constexpr (is_fixture && can_be_made) {
    detail::register_adapter_laws_of<Fixture>(adapter_name, tags, where,
                                              std::make_index_sequence<all_adapter_laws.size()>{});
  }
  return true;
}

}  // namespace castore::testing

#endif
