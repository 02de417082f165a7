// SPDX-License-Identifier: MIT
#include <castore/testing/adapter_conformance.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>

#include "support/catch.hpp"
#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/groups.hpp"
#include "testing/broken_twins/paging.hpp"
#include "testing/broken_twins/records_only_adapter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using castore::InMemoryEventStorageAdapter;
using castore::testing::adapter_laws;
using castore::testing::adapter_properties;
using castore::testing::AdapterLaw;
using castore::testing::AdapterProperties;
using castore::testing::all_adapter_laws;
using castore::testing::check_adapter_law;
using castore::testing::check_adapter_laws;
using castore::testing::LawViolation;

AdapterLaw law_named(std::string_view name) {
  const auto found = std::ranges::find(all_adapter_laws, name, &AdapterLaw::name);
  if (found == all_adapter_laws.end()) throw std::invalid_argument{"no such law: " + std::string{name}};
  return *found;
}

template <class MakeFixture>
std::optional<LawViolation> violation_of(std::string_view name, MakeFixture make_fixture) {
  try {
    check_adapter_law(law_named(name), make_fixture);
  } catch (const LawViolation& violation) {
    return violation;
  }
  return std::nullopt;
}

std::string messages(const std::vector<LawViolation>& violations) {
  std::string text;
  for (const LawViolation& violation : violations) text += std::string{violation.what()} + '\n';
  return text;
}

/// The laws that adapters with these properties need not keep.
std::set<std::string_view> laws_left_out(const AdapterProperties& properties) {
  std::set<std::string_view> names;
  for (const AdapterLaw& law : all_adapter_laws) names.insert(law.name);
  for (const AdapterLaw& law : adapter_laws(properties)) names.erase(law.name);
  return names;
}

/// Keeps the contract as far as it says that it does.
struct AdapterWithoutGapDetection : RecordsOnlyAdapter {
  static constexpr bool detects_version_gaps = false;

  PushOutcome push_events(std::span<const PushRecord> records, bool force) override {
    for (std::size_t index = 0; index < records.size() && !force; ++index) {
      if (has_event(*this, records[index])) return {PushOutcome::already_exists, index};
    }
    const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, force);
    return outcome.status == PushOutcome::version_gap ? RecordsOnlyAdapter::push_events(records, true) : outcome;
  }
};

class Fixture {
 public:
  InMemoryEventStorageAdapter& adapter() { return adapter_; }

 private:
  InMemoryEventStorageAdapter adapter_;
};

/// Says of itself what few others do.
struct Special : RecordsOnlyAdapter {
  static constexpr bool detects_version_gaps = false;
  static constexpr bool orders_equal_timestamps = false;
  static constexpr bool detects_last_page = false;
  static constexpr bool shows_groups_at_once = false;
  static constexpr bool holds_every_double = false;
  static constexpr std::size_t max_events_per_push = 7;
};

struct SpecialFixture {
  static constexpr bool detects_version_gaps = true;
  Special special;
  Special& adapter() { return special; }
  std::unique_ptr<Special> reopen() { return std::make_unique<Special>(); }
};

class EnvironmentVariable {
 public:
  explicit EnvironmentVariable(const char* value) { setenv(name, value, 1); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
  ~EnvironmentVariable() { unsetenv(name); }

 private:
  static constexpr const char* name = "CASTORE_CONFORMANCE_SEED";
};

}  // namespace

TEST_CASE("every law has a number from 1 to 9 and a name that a test can have") {
  std::set<std::string_view> names;
  std::set<int> numbers;
  for (const AdapterLaw& law : all_adapter_laws) {
    CAPTURE(law.name);
    CHECK(names.insert(law.name).second);
    CHECK(law.name.find_first_of(",[]\\\";*~") == std::string_view::npos);
    CHECK(law.check != nullptr);
    numbers.insert(law.law);
  }
  CHECK(numbers == std::set<int>{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("laws that do not apply to an adapter are not among its laws") {
  const std::set<std::string_view> limited{"a group of max_events_per_push events is written",
                                           "a group of more than max_events_per_push events is refused whole"};
  const std::set<std::string_view> reopened{"two adapter objects on one storage see what both push",
                                            "of pushes of one version through two adapter objects exactly one wins"};
  std::set<std::string_view> both{limited};
  both.insert(reopened.begin(), reopened.end());
  const auto with = [](std::set<std::string_view> names, const std::set<std::string_view>& more) {
    names.insert(more.begin(), more.end());
    return names;
  };
  CHECK(laws_left_out({}) == both);
  CHECK(laws_left_out({.max_events_per_push = 5}) == reopened);
  CHECK(laws_left_out({.reopens = true}) == limited);
  CHECK(laws_left_out({.detects_version_gaps = false}) ==
        with(both, {"a version after a missing one is a gap", "the first version of an aggregate is 1",
                    "an event that would leave a gap is not written", "gaps that force left can be filled from below",
                    "random versions agree with a model",
                    "a gap in a group names the offending event and leaves nothing of it"}));
  CHECK(laws_left_out({.orders_equal_timestamps = false}) ==
        with(both, {"aggregates with equal timestamps come in the order of their ids",
                    "reverse lists the exact mirror of equal timestamps too"}));
  CHECK(laws_left_out({.detects_last_page = false}) == with(both, {"the last page has no token"}));
  CHECK(laws_left_out({.shows_groups_at_once = false}) ==
        with(both, {"who sees one event of a group sees the others"}));
  CHECK(laws_left_out({.holds_every_double = false}) == with(both, {"negative zero comes back"}));
}

TEST_CASE("an adapter says what it is by constants, and its fixture knows better") {
  constexpr AdapterProperties plain = adapter_properties<RecordsOnlyAdapter>();
  CHECK(plain.detects_version_gaps);
  CHECK(plain.orders_equal_timestamps);
  CHECK(plain.detects_last_page);
  CHECK(plain.shows_groups_at_once);
  CHECK(plain.holds_every_double);
  CHECK_FALSE(plain.max_events_per_push);
  CHECK_FALSE(plain.reopens);
  constexpr AdapterProperties special = adapter_properties<std::unique_ptr<Special>>();
  CHECK_FALSE(special.detects_version_gaps);
  CHECK_FALSE(special.orders_equal_timestamps);
  CHECK_FALSE(special.detects_last_page);
  CHECK_FALSE(special.shows_groups_at_once);
  CHECK_FALSE(special.holds_every_double);
  CHECK(special.max_events_per_push == 7U);
  CHECK_FALSE(special.reopens);
  constexpr AdapterProperties of_fixture = adapter_properties<SpecialFixture>();
  CHECK(of_fixture.detects_version_gaps);
  CHECK_FALSE(of_fixture.orders_equal_timestamps);
  CHECK(of_fixture.reopens);
}

TEST_CASE("adapters that keep what they say violate nothing") {
  CHECK(messages(check_adapter_laws([] { return RecordsOnlyAdapter{}; })).empty());
  CHECK(messages(check_adapter_laws([] { return AdapterWithoutGapDetection{}; })).empty());
  CHECK(messages(check_adapter_laws([] { return broken_twins::OrdersEqualTimestampsAnyhow{}; })).empty());
  CHECK(messages(check_adapter_laws([] { return broken_twins::SaysThatItCannotTellTheLastPage{}; })).empty());
  CHECK(messages(check_adapter_laws([] { return broken_twins::SaysThatGroupsDoNotAppearAtOnce{}; })).empty());
  CHECK(messages(check_adapter_laws([] { return broken_twins::LimitedAdapter{}; })).empty());
}

TEST_CASE("a fixture is an adapter, a pointer to one, or an object that has one") {
  const auto violations_of = [](auto make_fixture) {
    std::string text;
    for (const std::string_view name :
         {"a version that exists is a conflict", "pages hold every aggregate exactly once"}) {
      if (const auto violation = violation_of(name, make_fixture)) text += violation->what();
    }
    return text;
  };
  CHECK(violations_of([] { return InMemoryEventStorageAdapter{}; }).empty());
  CHECK(violations_of([] { return std::make_unique<InMemoryEventStorageAdapter>(); }).empty());
  CHECK(violations_of([] { return std::make_shared<RecordsOnlyAdapter>(); }).empty());
  CHECK(violations_of([] { return Fixture{}; }).empty());
  CHECK(violations_of([] {
          return castore::AnyEventStorageAdapter{std::make_shared<InMemoryEventStorageAdapter>()};
        }).empty());
}

TEST_CASE("every law finds an empty storage, once as records and once through EventStore") {
  int made = 0;
  const auto make = [&made] {
    ++made;
    return InMemoryEventStorageAdapter{};
  };
  check_adapter_law(law_named("a version that exists is a conflict"), make);
  CHECK(made == 2);
  check_adapter_law(law_named("an empty group changes nothing"), make);
  CHECK(made == 3);
}

TEST_CASE("a violation tells the law, what was expected and what was seen") {
  const auto violation =
      violation_of("a version that exists is a conflict", [] { return broken_twins::HidesConflicts{}; });
  REQUIRE(violation);
  CHECK(violation->law() == 2);
  CHECK(violation->name() == "a version that exists is a conflict");
  CHECK(violation->expected() == "the outcome of pushing version 1 again: already_exists, index 0 (as records)");
  CHECK(violation->seen() == "pushed");
  CHECK_FALSE(violation->seed());
  CHECK(std::string{violation->what()} ==
        "castore: law 2 is violated: a version that exists is a conflict\n"
        "  expected: the outcome of pushing version 1 again: already_exists, index 0 (as records)\n"
        "  seen: pushed");
}

TEST_CASE("a random violation tells its seed, which repeats it") {
  const auto make = [] { return broken_twins::HidesConflicts{}; };
  const std::string_view name = "random pushes agree with a model";
  const auto first = violation_of(name, make);
  REQUIRE(first);
  REQUIRE(first->seed());
  CHECK(std::string_view{first->what()}.ends_with("CASTORE_CONFORMANCE_SEED=" + std::to_string(*first->seed())));
  const EnvironmentVariable seed{std::to_string(*first->seed()).c_str()};
  const auto again = violation_of(name, make);
  REQUIRE(again);
  CHECK(std::string{again->what()} == first->what());
}

TEST_CASE("any seed of the environment is taken, and no other text") {
  const std::string_view name = "random pushes agree with a model";
  const auto make = [] { return RecordsOnlyAdapter{}; };
  for (const char* const text : {"0", "18446744073709551615"}) {
    const EnvironmentVariable seed{text};
    CHECK_FALSE(violation_of(name, make));
  }
  for (const char* const text : {"", "x", "-1", "1 ", "18446744073709551616"}) {
    const EnvironmentVariable seed{text};
    const auto violation = violation_of(name, make);
    REQUIRE(violation);
    CHECK(violation->seen() == "exception: castore: CASTORE_CONFORMANCE_SEED is not a number from 0 to 2^64 - 1");
  }
}

TEST_CASE("an exception that an adapter must not throw is nested in the violation") {
  struct Throws : RecordsOnlyAdapter {
    PushOutcome push_events(std::span<const PushRecord>, bool) override {
      throw castore::StorageError{"the disk is full", true};
    }
  };
  bool is_nested = false;
  try {
    check_adapter_law(law_named("limit limits"), [] { return Throws{}; });
  } catch (const LawViolation& violation) {
    CHECK(violation.law() == 5);
    CHECK(violation.seen() == "exception: castore: the disk is full");
    try {
      std::rethrow_if_nested(violation);
    } catch (const castore::StorageError& error) {
      is_nested = error.retryable();
    }
  }
  CHECK(is_nested);
}

TEST_CASE("what a fixture throws passes unchanged") {
  bool is_unchanged = false;
  try {
    check_adapter_law(law_named("limit limits"),
                      []() -> RecordsOnlyAdapter { throw std::out_of_range{"no server there"}; });
  } catch (const std::out_of_range& error) {
    is_unchanged = error.what() == std::string{"no server there"};
  }
  CHECK(is_unchanged);
}

TEST_CASE("check_adapter_laws goes on after a violation") {
  const auto violations = check_adapter_laws([] { return broken_twins::HidesConflicts{}; });
  CHECK(violations.size() > 1);
}
