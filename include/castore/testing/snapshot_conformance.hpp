// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_SNAPSHOT_CONFORMANCE_HPP
#define CASTORE_TESTING_SNAPSHOT_CONFORMANCE_HPP

/// @file
/// What an adapter promises that keeps snapshots next to its events (`castore/core/snapshot_storage.hpp`), as tests for
/// any adapter and any test framework; and that a `SnapshotEventStore` over it loads what all events give.
///
/// With Catch2, three lines make one test case of every law (`castore/testing/catch2_snapshots.hpp`); a fixture is that
/// of `castore/testing/adapter_conformance.hpp`:
/// @code
/// struct MyFixture { MyDatabase database; MyAdapter storage{database}; MyAdapter& adapter() { return storage; } };
/// const bool registered = castore::testing::register_snapshot_laws<MyFixture>("my adapter");
/// @endcode

#include <castore/core/storage_operations.hpp>
#include <castore/testing/adapter_conformance/fixture.hpp>
#include <castore/testing/log_conformance.hpp>
#include <castore/testing/snapshot_conformance/loads.hpp>
#include <castore/testing/snapshot_conformance/storage.hpp>

#include <type_traits>
#include <utility>

namespace castore::testing {

namespace detail {

/// Calls a function with all `LogLaws` of snapshots.
template <class Adapter, class Function>
constexpr void for_each_snapshot_laws(const Function& function) {
  using namespace operations;
  function(LogLaws<snapshot_laws, Adapter, SaveSnapshot>{});
  function(LogLaws<snapshot_hook_laws, Adapter, SaveSnapshot, PushEventsInTransaction>{});
  function(LogLaws<snapshot_load_laws<>, Adapter, SaveSnapshot>{});
}

}  // namespace detail

/// @brief Runs the tests of all laws of snapshots.
/// @param make_fixture As for `check_adapter_law`; its adapter keeps snapshots.
template <class MakeFixture>
[[nodiscard]] LogLawsReport check_snapshot_laws(MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  LogLawsReport report;
  if constexpr (explain_adapter_fixture<Fixture>()) {
    using Adapter = detail::AdapterOfFixture<Fixture>;
    if constexpr (operations::SaveSnapshot::explain<Adapter>()) {
      detail::for_each_snapshot_laws<Adapter>(
          [&](auto all) { detail::check_laws_of<Fixture>(all.laws, all.apply, make_fixture, report); });
    }
  }
  return report;
}

}  // namespace castore::testing

#endif
