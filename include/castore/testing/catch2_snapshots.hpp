// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_SNAPSHOTS_HPP
#define CASTORE_TESTING_CATCH2_SNAPSHOTS_HPP

/// @file
/// The laws of `castore/testing/snapshot_conformance.hpp` as test cases of Catch2, version 2 or 3.

#include <castore/core/storage_operations.hpp>
#include <castore/testing/adapter_conformance/fixture.hpp>
#include <castore/testing/catch2_log.hpp>
#include <castore/testing/snapshot_conformance.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <source_location>
#include <string>
#include <utility>

namespace castore::testing {

/// @brief Makes a Catch2 test case of every law of snapshots, `my adapter: snapshots: law 25: a snapshot ...`. Call it
/// as `register_adapter_laws`.
/// @tparam Fixture Made for every law, over an empty storage of its own; its adapter keeps snapshots.
/// @return true
template <class Fixture>
bool register_snapshot_laws(const std::string& adapter_name, const std::string& tags = {},
                            std::source_location where = std::source_location::current()) {
  static_assert(std::default_initializable<Fixture>,
                "castore: the suite makes a fixture for every law; give it a public constructor without "
                "arguments that opens an empty storage of its own");
  if constexpr (explain_adapter_fixture<Fixture>()) {
    using Adapter = detail::AdapterOfFixture<Fixture>;
    if constexpr (operations::SaveSnapshot::explain<Adapter>()) {
      detail::for_each_snapshot_laws<Adapter>(
          [&]<const auto & laws, class... Operations>(detail::LogLaws<laws, Adapter, Operations...> all) {
            if constexpr (all.apply) {
              detail::register_log_laws_of<Fixture, laws>(adapter_name + ": snapshots", tags, where,
                                                          std::make_index_sequence<std::size(laws)>{});
            }
          });
    }
  }
  return true;
}

}  // namespace castore::testing

#endif
