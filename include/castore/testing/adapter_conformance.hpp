// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_HPP

/// @file
/// The contract of a storage adapter as tests, for any adapter and any test framework.
///
/// With Catch2, three lines make one test case of every law (`castore/testing/catch2.hpp`):
/// @code
/// struct MyFixture { MyDatabase database; MyAdapter storage{database}; MyAdapter& adapter() { return storage; } };
/// const bool registered = castore::testing::register_adapter_laws<MyFixture>("my adapter");
/// @endcode
/// Without a framework:
/// @code
/// const auto violations = castore::testing::check_adapter_laws([] { return MyFixture{}; });
/// for (const auto& violation : violations) std::cerr << violation.what() << '\n';
/// return violations.empty() ? 0 : 1;
/// @endcode

#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/conflicts.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/failures.hpp>
#include <castore/testing/adapter_conformance/fixture.hpp>
#include <castore/testing/adapter_conformance/groups.hpp>
#include <castore/testing/adapter_conformance/isolation.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/listing.hpp>
#include <castore/testing/adapter_conformance/paging.hpp>
#include <castore/testing/adapter_conformance/reading.hpp>
#include <castore/testing/adapter_conformance/threads.hpp>
#include <castore/testing/adapter_conformance/values.hpp>
#include <castore/testing/adapter_conformance/versions.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <iterator>
#include <string>
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

/// Runs one law's test and gives what goes wrong the law's name.
inline void check_law(const AdapterLaw& law, const AdapterUnderTest& adapter) {
  const auto nest = [&law](const char* what) {
    std::throw_with_nested(LawViolation{law.law, law.name, "no such exception", std::string{"exception: "} + what});
  };
  try {
    law.check(adapter);
  } catch (const Deviation& deviation) {
    const char* const by = adapter.way() == Way::events ? " (through EventStore)" : " (as records)";
    throw LawViolation{law.law, law.name, deviation.expected + by, deviation.seen, deviation.seed};
  } catch (const std::exception& error) {
    nest(error.what());
  } catch (...) {
    nest("not a std::exception");
  }
}

}  // namespace detail

/// @brief Every law of the contract, in the order of their numbers.
inline constexpr auto all_adapter_laws = detail::join_laws(
    detail::isolation_laws, detail::conflict_laws, detail::version_laws, detail::group_laws, detail::reading_laws,
    detail::listing_laws, detail::paging_laws, detail::value_laws, detail::thread_laws, detail::failure_laws);

/// @brief The laws that apply to an adapter with these properties.
inline std::vector<AdapterLaw> adapter_laws(const AdapterProperties& properties) {
  std::vector<AdapterLaw> laws;
  std::ranges::copy_if(all_adapter_laws, std::back_inserter(laws),
                       [&](const AdapterLaw& law) { return law.applies(properties); });
  return laws;
}

/// @brief Runs the test of one law, for test frameworks that have no bridge here.
/// @param make_fixture Returns an `AdapterFixture`: an adapter, a pointer to one, or an object with `adapter()` and,
/// where the storage can be opened again, `reopen()`. Every call makes one over an empty storage of its own; there are
/// one or two calls.
/// @throws LawViolation. What `make_fixture` throws passes unchanged.
template <class MakeFixture>
void check_adapter_law(const AdapterLaw& law, MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  static_assert(
      AdapterFixture<Fixture>,
      "castore: this is no fixture of an adapter; return the adapter, a pointer to it, or an object with "
      "`TheAdapter& adapter()`; castore::explain_event_storage_adapter<TheAdapter>() says what an adapter lacks");
  for (const Way way : {Way::records, Way::events}) {
    if (way == Way::events && law.records_only) continue;
    auto fixture = make_fixture();
    const AdapterUnderTest adapter = detail::put_under_test(fixture, adapter_properties<Fixture>(), way);
    detail::check_law(law, adapter);
  }
}

/// @brief Runs the tests of all laws that apply.
///
/// **Guarantees:** every law gets storages of its own. Nothing is printed, skipped or left running. Random cases are
/// always the same ones; the environment variable CASTORE_CONFORMANCE_SEED sets their seed.
/// @param make_fixture As for `check_adapter_law`.
/// @return What was violated; nothing for an adapter that keeps the contract.
template <class MakeFixture>
[[nodiscard]] std::vector<LawViolation> check_adapter_laws(MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  std::vector<LawViolation> violations;
  for (const AdapterLaw& law : adapter_laws(adapter_properties<Fixture>())) {
    try {
      check_adapter_law(law, make_fixture);
    } catch (const LawViolation& violation) {
      violations.push_back(violation);
    }
  }
  return violations;
}

}  // namespace castore::testing

#endif
