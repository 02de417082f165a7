// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_HPP

/// @file
/// The contract of a storage adapter as tests, for any adapter and any test framework.
///
/// An adapter that passes keeps the contract as far as this can be seen from outside, with a fixture that has
/// `reopen()`, `close_and_reopen()` and `spawn()`. Not tested is what only its own tests can do: a loss of power, a
/// kill in the middle of a write, a full disk, a lost connection or answer, data of another version or program, a
/// storage of millions of events, races that need an unlikely moment, and how long anything takes.
///
/// With Catch2, three lines make one test case of every law (`castore/testing/catch2.hpp`):
/// @code
/// struct MyFixture { MyDatabase database; MyAdapter storage{database}; MyAdapter& adapter() { return storage; } };
/// const bool registered = castore::testing::register_adapter_laws<MyFixture>("my adapter");
/// @endcode
/// Without a framework:
/// @code
/// const auto report = castore::testing::check_adapter_laws([] { return MyFixture{}; });
/// for (const auto& violation : report) std::cerr << violation.what() << '\n';
/// std::cout << report.laws_run << " laws\n";
/// return report.empty() ? 0 : 1;
/// @endcode

#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/check_law.hpp>
#include <castore/testing/adapter_conformance/conflicts.hpp>
#include <castore/testing/adapter_conformance/contexts.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/failures.hpp>
#include <castore/testing/adapter_conformance/fixture.hpp>
#include <castore/testing/adapter_conformance/group_races.hpp>
#include <castore/testing/adapter_conformance/groups.hpp>
#include <castore/testing/adapter_conformance/isolation.hpp>
#include <castore/testing/adapter_conformance/json_text.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/listing.hpp>
#include <castore/testing/adapter_conformance/paging.hpp>
#include <castore/testing/adapter_conformance/processes.hpp>
#include <castore/testing/adapter_conformance/reading.hpp>
#include <castore/testing/adapter_conformance/threads.hpp>
#include <castore/testing/adapter_conformance/times.hpp>
#include <castore/testing/adapter_conformance/values.hpp>
#include <castore/testing/adapter_conformance/versions.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

namespace detail {

template <std::size_t... sizes>
constexpr auto join_laws(const AdapterLaw (&... laws)[sizes]) {
  std::array<AdapterLaw, (sizes + ...)> all{};
  auto next = all.begin();
  ((next = std::ranges::copy(laws, next).out), ...);
  return all;
}

}  // namespace detail

/// @brief Every law of the contract, in the order of their numbers.
inline constexpr auto all_adapter_laws = detail::join_laws(
    detail::isolation_laws, detail::conflict_laws, detail::version_laws, detail::group_laws, detail::group_race_laws,
    detail::reading_laws, detail::listing_laws, detail::paging_laws, detail::value_laws, detail::context_laws,
    detail::time_laws, detail::thread_laws, detail::process_laws, detail::failure_laws, detail::json_text_laws);

/// @brief The laws that apply to a fixture with these properties.
inline std::vector<AdapterLaw> adapter_laws(const FixtureProperties& properties) {
  std::vector<AdapterLaw> laws;
  std::ranges::copy_if(all_adapter_laws, std::back_inserter(laws),
                       [&](const AdapterLaw& law) { return law.applies(properties); });
  return laws;
}

/// @brief Runs the test of one law, for test frameworks that have no bridge here.
///
/// A law that has not ended within `LawEffort::limit` is violated; its thread and its fixture are then left behind as
/// they are.
/// @param make_fixture Returns an `AdapterFixture`: an adapter, a pointer to one, or an object with `adapter()` and,
/// where it can, `reopen()`, `close_and_reopen()` and `spawn()`. Every call makes one over an empty storage of its own;
/// there are one or two calls.
/// @throws LawViolation. What `make_fixture` throws passes unchanged.
template <class MakeFixture>
void check_adapter_law(const AdapterLaw& law, MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  if constexpr (explain_adapter_fixture<Fixture>()) {
    detail::check_law(law, [&make_fixture](Way way) { return detail::open_fixture(make_fixture, way); });
  }
}

/// @brief What `check_adapter_laws` found: the violations, none for an adapter that keeps the contract.
struct AdapterLawsReport : std::vector<LawViolation> {
  std::size_t laws_run = 0;                  ///< How many laws apply to the fixture and were run.
  std::vector<std::string_view> left_out{};  ///< The names of the others.
};

/// @brief Runs the tests of all laws that apply.
///
/// **Guarantees:** every law gets storages of its own. Nothing is printed or skipped; nothing is left running but a law
/// that hangs. Random cases are always the same ones; the environment variable CASTORE_CONFORMANCE_SEED sets their
/// seed. While the law about time zones runs, the environment variable TZ is another one.
/// @param make_fixture As for `check_adapter_law`.
template <class MakeFixture>
[[nodiscard]] AdapterLawsReport check_adapter_laws(MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  AdapterLawsReport report;
  if constexpr (explain_adapter_fixture<Fixture>()) {
    for (const AdapterLaw& law : all_adapter_laws) {
      if (!law.applies(fixture_properties<Fixture>())) {
        report.left_out.push_back(law.name);
        continue;
      }
      ++report.laws_run;
      try {
        check_adapter_law(law, make_fixture);
      } catch (const LawViolation& violation) {
        report.push_back(violation);
      }
    }
  }
  return report;
}

}  // namespace castore::testing

#endif
