// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_LOG_HPP
#define CASTORE_TESTING_CATCH2_LOG_HPP

/// @file
/// The laws of `castore/testing/log_conformance.hpp` as test cases of Catch2, version 2 or 3.

#include <castore/testing/catch2_laws.hpp>
#include <castore/testing/log_conformance.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

namespace castore::testing {

namespace detail {

template <class Fixture, const auto& laws, std::size_t index>
void check_log_law_of() {
  const auto make_fixture = [] { return Fixture{}; };
  check_law(laws[index], [&make_fixture](Way way) { return open_fixture(make_fixture, way); });
}

template <class Fixture, const auto& laws, std::size_t... indices>
void register_log_laws_of(const std::string& adapter_name, const std::string& tags, const std::source_location& where,
                          std::index_sequence<indices...>) {
  const auto register_law = [&]<std::size_t index>(std::integral_constant<std::size_t, index>) {
    if (!laws[index].applies(fixture_properties<Fixture>())) return;
    register_law_in_catch2<&check_log_law_of<Fixture, laws, index>>(laws[index], adapter_name, tags, where);
  };
  (register_law(std::integral_constant<std::size_t, indices>{}), ...);
}

}  // namespace detail

/// @brief Makes a Catch2 test case of every law that applies to the operations of an adapter,
/// `my adapter: log: law 1: who reads ...`. Call it as `register_adapter_laws`.
/// @tparam Fixture Made for every law, over an empty storage of its own.
/// @return true
template <class Fixture>
bool register_log_laws(const std::string& adapter_name, const std::string& tags = {},
                       std::source_location where = std::source_location::current()) {
  static_assert(std::default_initializable<Fixture>,
                "castore: the suite makes a fixture for every law; give it a public constructor without "
                "arguments that opens an empty storage of its own");
  if constexpr (explain_adapter_fixture<Fixture>()) {
    using Adapter = detail::AdapterOfFixture<Fixture>;
    static_assert(operations::ReadAllEvents::is_had_by<Adapter> || operations::Transact::is_had_by<Adapter>,
                  "castore: this adapter has none of the operations that these laws are about, `read_all_events` and "
                  "`transact`; see castore/core/event_log.hpp");
    detail::for_each_log_laws<Adapter>(
        [&]<const auto & laws, class... Operations>(detail::LogLaws<laws, Adapter, Operations...> all) {
          if constexpr (all.apply) {
            detail::register_log_laws_of<Fixture, laws>(adapter_name + ": log", tags, where,
                                                        std::make_index_sequence<std::size(laws)>{});
          }
        });
  }
  return true;
}

}  // namespace castore::testing

#endif
