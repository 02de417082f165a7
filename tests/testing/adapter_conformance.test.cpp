// SPDX-License-Identifier: MIT
#include <castore/testing/adapter_conformance.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>

#include "support/catch.hpp"
#include "support/records_only_adapter.hpp"
#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/group_races.hpp"
#include "testing/broken_twins/groups.hpp"
#include "testing/broken_twins/isolation.hpp"
#include "testing/broken_twins/paging.hpp"
#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using castore::AdapterProperties;
using castore::InMemoryEventStorageAdapter;
using castore::testing::adapter_laws;
using castore::testing::AdapterLaw;
using castore::testing::all_adapter_laws;
using castore::testing::check_adapter_law;
using castore::testing::check_adapter_laws;
using castore::testing::fixture_properties;
using castore::testing::FixtureProperties;
using castore::testing::LawEffort;
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
std::set<std::string_view> laws_left_out(const FixtureProperties& properties) {
  std::set<std::string_view> names;
  for (const AdapterLaw& law : all_adapter_laws) names.insert(law.name);
  for (const AdapterLaw& law : adapter_laws(properties)) names.erase(law.name);
  return names;
}

/// Keeps the contract as far as it says that it does.
struct AdapterWithoutGapDetection : RecordsOnlyAdapter {
  static constexpr AdapterProperties properties{.detects_version_gaps = false};

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const std::scoped_lock lock{pushing_};
    for (std::size_t index = 0; index < records.size() && !options.force; ++index) {
      if (has_event(*this, records[index])) return {PushOutcome::already_exists, index};
    }
    const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, options);
    return outcome.status == PushOutcome::version_gap ? RecordsOnlyAdapter::push_events(records, {.force = true})
                                                      : outcome;
  }

 private:
  std::mutex pushing_;
};

class Fixture {
 public:
  InMemoryEventStorageAdapter& adapter() { return adapter_; }

 private:
  InMemoryEventStorageAdapter adapter_;
};

/// Says of itself what few others do.
struct Special : RecordsOnlyAdapter {
  static constexpr AdapterProperties properties{.detects_version_gaps = false,
                                                .orders_equal_timestamps = false,
                                                .detects_last_page = false,
                                                .shows_groups_at_once = false,
                                                .holds_every_double = false,
                                                .max_events_per_push = 7,
                                                .max_id_size = 100};
};

struct SpecialFixture {
  static constexpr AdapterProperties properties{.orders_equal_timestamps = false};
  static constexpr LawEffort effort{.limit = std::chrono::milliseconds{77}};
  Special special;
  Special& adapter() { return special; }
  std::unique_ptr<Special> reopen() { return std::make_unique<Special>(); }
  void close_and_reopen() {}
  castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work) {
    return castore::testing::ChildProcess{[this, &work] { work(castore::AnyEventStorageAdapter{special}); }};
  }
};

/// Takes its time for each push, and tells when it ends.
struct Hangs : RecordsOnlyAdapter {
  explicit Hangs(std::shared_ptr<std::atomic<bool>> is_ended_) : is_ended{std::move(is_ended_)} {}
  ~Hangs() override { *is_ended = true; }
  PushOutcome push_events(std::span<const PushRecord>, const PushOptions&) override {
    std::this_thread::sleep_for(std::chrono::milliseconds{400});
    return {};
  }
  std::shared_ptr<std::atomic<bool>> is_ended;
};
struct HangingFixture {
  static constexpr LawEffort effort{.limit = std::chrono::milliseconds{50}};
  std::unique_ptr<Hangs> storage;
  Hangs& adapter() const { return *storage; }
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

TEST_CASE("every law has a number from 1 to 10 and a name that a test can have") {
  std::set<std::string_view> names;
  std::set<int> numbers;
  for (const AdapterLaw& law : all_adapter_laws) {
    CAPTURE(law.name);
    CHECK(names.insert(law.name).second);
    CHECK(law.name.find_first_of(",[]\\\";*~") == std::string_view::npos);
    CHECK(law.check != nullptr);
    numbers.insert(law.law);
  }
  CHECK(numbers == std::set<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("laws that do not apply to an adapter are not among its laws") {
  using Names = std::set<std::string_view>;
  const Names limited{"a group of max_events_per_push events is written",
                      "a group of more than max_events_per_push events is refused whole"};
  const Names reopened{"two adapter objects on one storage see what both push",
                       "two adapter objects on one storage see what both force",
                       "two adapter objects that push to aggregates of their own lose nothing",
                       "of pushes of one version through two adapter objects exactly one wins",
                       "a page token holds for another adapter object",
                       "another adapter object sees what is pushed after sinks threw"};
  const Names closed{"the storage outlives the adapter object",
                     "what is pushed after failures outlives the adapter object"};
  const Names spawned{"of pushes of one version by several processes exactly one wins"};
  const auto with = [](Names names, std::initializer_list<Names> more) {
    for (const Names& some : more) names.insert(some.begin(), some.end());
    return names;
  };
  const Names all = with(limited, {reopened, closed, spawned});
  CHECK(laws_left_out({}) == all);
  CHECK(laws_left_out({.adapter = {.max_events_per_push = 5}}) == with(reopened, {closed, spawned}));
  CHECK(laws_left_out({.reopens = true}) == with(limited, {closed, spawned}));
  CHECK(laws_left_out({.closes = true}) == with(limited, {reopened, spawned}));
  CHECK(laws_left_out({.spawns = true}) == with(limited, {reopened, closed}));
  CHECK(laws_left_out({.adapter = {.detects_version_gaps = false}}) ==
        with(all, {{"a version after a missing one is a gap", "the first version of an aggregate is 1",
                    "an event that would leave a gap is not written", "gaps that force left can be filled from below",
                    "random versions agree with a model",
                    "a gap in a group names the offending event and leaves nothing of it",
                    "the first event in the way is named whether it is a conflict or a gap",
                    "in a group a version before the one that it follows is a gap"}}));
  CHECK(laws_left_out({.adapter = {.orders_equal_timestamps = false}}) ==
        with(all, {{"aggregates with equal timestamps come in the order of their ids",
                    "reverse lists the exact mirror of equal timestamps too"}}));
  CHECK(laws_left_out({.adapter = {.detects_last_page = false}}) == with(all, {{"the last page has no token"}}));
  CHECK(laws_left_out({.adapter = {.shows_groups_at_once = false}}) ==
        with(all, {{"who sees one event of a group sees the others"}}));
  CHECK(laws_left_out({.adapter = {.holds_every_double = false}}) == with(all, {{"negative zero comes back"}}));
}

TEST_CASE("an adapter says what it is by one constant, and its fixture knows better") {
  constexpr FixtureProperties plain = fixture_properties<RecordsOnlyAdapter>();
  CHECK(plain.adapter == AdapterProperties{});
  CHECK_FALSE(plain.reopens);
  CHECK_FALSE(plain.closes);
  CHECK_FALSE(plain.spawns);
  CHECK(plain.effort.race == LawEffort{}.race);
  constexpr FixtureProperties special = fixture_properties<std::unique_ptr<Special>>();
  CHECK(special.adapter == Special::properties);
  CHECK_FALSE(special.reopens);
  constexpr FixtureProperties of_fixture = fixture_properties<SpecialFixture>();
  CHECK(of_fixture.adapter == SpecialFixture::properties);
  CHECK(of_fixture.reopens);
  CHECK(of_fixture.closes);
  CHECK(of_fixture.spawns);
  CHECK(of_fixture.effort.limit == std::chrono::milliseconds{77});
}

TEST_CASE("adapters that keep what they say violate nothing") {
  const auto violations_of = [](auto storage) {
    using Adapter = typename decltype(storage)::element_type;
    return messages(check_adapter_laws([] { return TwinFixture<Adapter>{std::make_unique<Adapter>()}; }));
  };
  CHECK(violations_of(std::make_unique<RecordsOnlyAdapter>()) == "");
  CHECK(violations_of(std::make_unique<AdapterWithoutGapDetection>()) == "");
  CHECK(violations_of(std::make_unique<broken_twins::OrdersEqualTimestampsAnyhow>()) == "");
  CHECK(violations_of(std::make_unique<broken_twins::SaysThatItCannotTellTheLastPage>()) == "");
  CHECK(violations_of(std::make_unique<broken_twins::SaysThatGroupsDoNotAppearAtOnce>()) == "");
  CHECK(violations_of(std::make_unique<broken_twins::LimitedAdapter>()) == "");
  CHECK(violations_of(std::make_unique<broken_twins::RefusesLongerIds>()) == "");
}

TEST_CASE("check_adapter_laws tells how many laws it ran, and which it left out") {
  const auto report = check_adapter_laws([] { return TwinFixture<Special>{std::make_unique<Special>()}; });
  const auto laws = adapter_laws(fixture_properties<TwinFixture<Special>>());
  CHECK(report.laws_run == laws.size());
  CHECK(report.laws_run + report.left_out.size() == all_adapter_laws.size());
  const auto left_out = laws_left_out(fixture_properties<TwinFixture<Special>>());
  CHECK(std::set<std::string_view>{report.left_out.begin(), report.left_out.end()} == left_out);
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

TEST_CASE("a random violation tells the shortest history that leads to it") {
  /// Takes version 3 of an aggregate that another one has begun after.
  struct Forgetful : RecordsOnlyAdapter {
    PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
      const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, options);
      const bool is_third = records.size() == 1 && records.front().record.version == 3 && !options.force;
      return is_third && outcome.status == castore::PushOutcome::pushed ? PushOutcome{PushOutcome::already_exists, 0}
                                                                        : outcome;
    }
  };
  const auto violation = violation_of("random pushes agree with a model", [] { return Forgetful{}; });
  REQUIRE(violation);
  REQUIRE(violation->history().size() == 3);
  for (std::size_t index = 0; index < 3; ++index) {
    const std::string version = "version " + std::to_string(index + 1) + " of ";
    CHECK(violation->history()[index].find(version) != std::string::npos);
    CHECK(std::string{violation->what()}.find("\n    " + std::to_string(index + 1) + ". " +
                                              violation->history()[index]) != std::string::npos);
  }
}

TEST_CASE("a history is told as it was found where nothing is to be tried again") {
  const auto violation = violation_of("random pushes agree with a model", [] {
    return TwinFixture<RecordsOnlyAdapter>{std::make_unique<broken_twins::HidesConflicts>()};
  });
  REQUIRE(violation);
  CHECK(violation->history().size() > 3);
}

TEST_CASE("a law that does not end is violated, and its fixture is left alone") {
  const auto is_ended = std::make_shared<std::atomic<bool>>(false);
  const auto violation =
      violation_of("limit limits", [&] { return HangingFixture{std::make_unique<Hangs>(is_ended)}; });
  CHECK_FALSE(*is_ended);
  REQUIRE(violation);
  CHECK(violation->law() == 5);
  CHECK(violation->expected() ==
        "an end within 50 ms; a fixture of a slow storage gives more by "
        "`static constexpr castore::testing::LawEffort effort{.limit = ...}` (as records)");
  CHECK(violation->seen() ==
        "no end: some operation hangs, perhaps as two wait for each other or as a connection is not given back");
}

TEST_CASE("what a child process throws, and how it ends, is told") {
  using castore::testing::ChildProcess;
  using std::chrono::seconds;
  CHECK(ChildProcess{[] {}}.wait(seconds{10}).empty());
  CHECK(ChildProcess{[] { throw std::out_of_range{"no such table"}; }}.wait(seconds{10}) == "no such table");
  CHECK(ChildProcess{[] { throw 1; }}.wait(seconds{10}) == "not a std::exception");
  CHECK(ChildProcess{[] { raise(SIGKILL); }}.wait(seconds{10}) == "a process that ended by signal 9");
  CHECK(ChildProcess{[] { _exit(3); }}.wait(seconds{10}) == "a process that ended with code 3");
  CHECK(ChildProcess{[] { pause(); }}.wait(std::chrono::milliseconds{30}) ==
        "a process that has not ended after 30 ms");
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
    PushOutcome push_events(std::span<const PushRecord>, const PushOptions&) override {
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
  const auto report = check_adapter_laws(
      [] { return TwinFixture<RecordsOnlyAdapter>{std::make_unique<broken_twins::HidesConflicts>()}; });
  CHECK(report.size() > 1);
}
