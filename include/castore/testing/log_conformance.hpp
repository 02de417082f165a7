// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_LOG_CONFORMANCE_HPP
#define CASTORE_TESTING_LOG_CONFORMANCE_HPP

/// @file
/// What an adapter promises with the optional operations of `castore/core/event_log.hpp`, as tests for any adapter and
/// any test framework: one order of all events, and transactions. An adapter gets the laws of the operations that it
/// has. Not tested is what only its own tests can do: transactions of other programs that stay open, and kills of a
/// server.
///
/// With Catch2, three lines make one test case of every law (`castore/testing/catch2_log.hpp`); a fixture is that of
/// `castore/testing/adapter_conformance.hpp`:
/// @code
/// struct MyFixture { MyDatabase database; MyAdapter storage{database}; MyAdapter& adapter() { return storage; } };
/// const bool registered = castore::testing::register_log_laws<MyFixture>("my adapter");
/// @endcode

#include <castore/core/dead_letters.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/testing/adapter_conformance/check_law.hpp>
#include <castore/testing/adapter_conformance/fixture.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/log_conformance/order.hpp>
#include <castore/testing/log_conformance/transactions.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief What `check_log_laws` found: the violations, none for an adapter that keeps its promises.
struct LogLawsReport : std::vector<LawViolation> {
  std::size_t laws_run = 0;                  ///< How many laws apply to the fixture and were run.
  std::vector<std::string_view> left_out{};  ///< The names of the others.
};

namespace detail {

/// Laws, and whether an adapter has the operations that they are about.
template <const auto& all, class Adapter, class... Operations>
struct LogLaws {
  static constexpr const auto& laws = all;
  static constexpr bool apply = (Operations::template is_had_by<Adapter> && ...);
};

/// As an operation: what an adapter's transactions may keep.
struct KeepDeadLetters {
  template <class Adapter>
  static constexpr bool is_had_by = KeepsDeadLetters<typename castore::detail::TransactionOf<Adapter>::Type>;
};

/// Calls a function with all `LogLaws` of an adapter.
template <class Adapter, class Function>
constexpr void for_each_log_laws(const Function& function) {
  using namespace operations;
  function(LogLaws<order_laws, Adapter, ReadAllEvents>{});
  function(LogLaws<object_laws, Adapter, ReadAllEvents, ReadAllTypedEvents>{});
  function(LogLaws<wait_laws, Adapter, ReadAllEvents, WaitForEvents>{});
  function(LogLaws<transaction_laws, Adapter, Transact>{});
  function(LogLaws<hook_laws, Adapter, ReadAllEvents, Transact, PushEventsInTransaction>{});
  function(LogLaws<dead_letter_laws, Adapter, Transact, KeepDeadLetters>{});
}

template <class Fixture>
using AdapterOfFixture = std::remove_reference_t<decltype(adapter_in(std::declval<Fixture&>()))>;

/// Runs those laws that apply.
template <class Fixture, class Laws, class MakeFixture, class Report>
void check_laws_of(const Laws& laws, bool have_operations, MakeFixture& make_fixture, Report& report) {
  for (const AdapterLaw& law : laws) {
    if (!have_operations || !law.applies(fixture_properties<Fixture>())) {
      report.left_out.push_back(law.name);
      continue;
    }
    ++report.laws_run;
    try {
      check_law(law, [&make_fixture](Way way) { return open_fixture(make_fixture, way); });
    } catch (const LawViolation& violation) {
      report.push_back(violation);
    }
  }
}

}  // namespace detail

/// @brief Runs the tests of all laws that apply to the adapter's operations.
/// @param make_fixture As for `check_adapter_law`.
template <class MakeFixture>
[[nodiscard]] LogLawsReport check_log_laws(MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  LogLawsReport report;
  if constexpr (explain_adapter_fixture<Fixture>()) {
    detail::for_each_log_laws<detail::AdapterOfFixture<Fixture>>(
        [&](auto all) { detail::check_laws_of<Fixture>(all.laws, all.apply, make_fixture, report); });
  }
  return report;
}

}  // namespace castore::testing

#endif
