// SPDX-License-Identifier: MIT
#include <castore/testing/property_check.hpp>

#include <castore/castore.hpp>
#include <castore/testing/domain.hpp>
#include "support/catch.hpp"
#include "testing/failure_of.hpp"
#include "testing/pokemons.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// Not without a name, where Clang would miss uses of what NLOHMANN_DEFINE_TYPE_INTRUSIVE defines.
namespace property_check_tests {

using castore::testing::check_reducer;
using castore::testing::Domain;
using kit_tests::failure_of;
using kit_tests::Pokemon;
using kit_tests::PokemonAppeared;
using kit_tests::PokemonCaught;
using kit_tests::PokemonEvents;
using kit_tests::PokemonLeveledUp;
using kit_tests::PokemonReducer;
using kit_tests::PokemonStore;

/// For reducers that read no clock.
constexpr std::chrono::milliseconds no_pause{0};

constexpr auto appear = [](const std::optional<Pokemon>& pokemon, std::mt19937_64& random) {
  return kit_tests::appear(pokemon, "Pikachu", std::uniform_int_distribution{90, 99}(random));
};

TEST_CASE("a pure reducer passes, with decide functions, samples, and a store's own reducer") {
  CHECK(check_reducer<PokemonStore>({.pause = no_pause}, appear, kit_tests::level_up));
  CHECK(check_reducer<PokemonStore>({.seed = 1, .histories = 5, .pause = no_pause}, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{},
                                    PokemonCaught{}));
  const PokemonStore pokemons{"POKEMONS", {.reducer = {.step = 10}}};
  CHECK(check_reducer(pokemons, {.histories = 5, .pause = no_pause}, appear, kit_tests::level_up));
}

TEST_CASE("histories grow as the steps decide, within the options, and the seed repeats them") {
  struct Seen {
    std::set<std::string> histories;
    castore::Version longest = 0;
    int highest_level = 0;
  };
  const auto run = [](std::uint64_t seed) {
    Seen seen;
    const auto watch = [&seen](const Pokemon& pokemon) {
      seen.histories.insert(pokemon.aggregate_id + " at " + std::to_string(pokemon.level));
      seen.longest = std::max(seen.longest, pokemon.version);
      seen.highest_level = std::max(seen.highest_level, pokemon.level);
    };
    check_reducer<PokemonStore>({.seed = seed, .histories = 10, .max_events = 30, .pause = no_pause}, appear, kit_tests::level_up, watch);
    return seen;
  };
  const Seen first = run(7);
  CHECK(first.histories.size() > 10);
  CHECK(first.longest > 5);
  CHECK(first.longest <= 30);
  CHECK(first.highest_level == 100);
  CHECK(run(7).histories == first.histories);
  CHECK(run(8).histories != first.histories);
}

/// A domain whose reducer does something that it should not.
template <class Reducer>
using Wrong = Domain<PokemonEvents, Pokemon, Reducer>;

struct Base {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.level = event.level; }
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

struct ReadsClock : Base {
  using Base::operator();
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const {
    pokemon.changed_at = std::chrono::floor<std::chrono::seconds>(castore::system_timestamp());
  }
};

struct ReadsGlobal : Base {
  using Base::operator();
  static inline int calls = 0;
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { pokemon.level = ++calls; }
};

struct KeepsState : Base {
  using Base::operator();
  mutable int calls = 0;
  void operator()(Pokemon& pokemon, const PokemonLeveledUp&) const { pokemon.level = ++calls; }
};

std::string property_of(const std::string& failure) {
  const auto start = failure.find("\n  ") + 3;
  return failure.substr(start, failure.find('\n', start) - start);
}

constexpr std::string_view not_pure =
    "run again over the same events, the reducer gives the same aggregate (it reads no clock and no global, and keeps no "
    "state)";

TEST_CASE("a reducer that reads a clock or a global, or keeps a state, is caught") {
  CHECK(property_of(failure_of([] { check_reducer<Wrong<ReadsClock>>(appear, kit_tests::level_up); })) == not_pure);
  CHECK(property_of(failure_of([] { check_reducer<Wrong<ReadsGlobal>>({.pause = no_pause}, appear, kit_tests::level_up); })) == not_pure);
  CHECK(property_of(failure_of([] { check_reducer<Wrong<KeepsState>>({.pause = no_pause}, appear, kit_tests::level_up); })) == not_pure);
}

/// Its JSON form leaves out a field.
struct Leaky {
  static constexpr std::string_view type = "LEAKY";
  int shown = 1;
  int left_out = 2;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Leaky, shown)
};
struct Cleared {
  static constexpr std::string_view type = "CLEARED";
};
struct Sum : castore::Aggregate {
  int value = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Sum, aggregate_id, version, value)
};
struct SumReducer {
  void operator()(Sum& sum, const Leaky& event) const { sum.value = event.left_out; }
  void operator()(Sum& sum, const Cleared&) const { sum.value = 0; }
};
using SumDomain = Domain<castore::Events<Leaky, Cleared>, Sum, SumReducer>;

TEST_CASE("a failure tells the seed, the events and both aggregates") {
  CHECK(failure_of([] {
          check_reducer<SumDomain>({.seed = 42, .histories = 3, .max_events = 1, .pause = no_pause}, Leaky{1, 5});
        }) ==
        "check_reducer: this does not hold:\n"
        "  loaded from its events' JSON, the aggregate is the fold of the events that were pushed (no payload's JSON "
        "form leaves out a field)\n"
        "history 1 (repeat it with the option .seed = 42)\n"
        "  1 LEAKY {\"shown\":1}\n"
        "aggregate\n"
        "  expected      actual\n"
        "    value: 5 !=   value: 2\n");
}

TEST_CASE("a seed that was not given is told, too") {
  const std::string text = failure_of([] { check_reducer<SumDomain>({.max_events = 1, .pause = no_pause}, Leaky{1, 5}); });
  CHECK(std::regex_search(text, std::regex{R"(history 1 \(repeat it with the option \.seed = \d+\))"}));
}

TEST_CASE("what is lost in the middle of a history is found, though its end is right") {
  const std::string text = failure_of([] {
    const auto alternate = [](const std::optional<Sum>&) { return std::tuple{Leaky{1, 5}, Cleared{}}; };
    check_reducer<SumDomain>({.pause = no_pause}, alternate);
  });
  CHECK(property_of(text) == "the aggregate loaded with max_version is the fold of the first 1 events");
}

/// Part of its state gets lost when it is moved, as from a snapshot into a fold.
struct Fragile {
  Fragile() = default;
  Fragile(const Fragile&) = default;
  Fragile& operator=(const Fragile&) = default;
  Fragile(Fragile&& other) noexcept : aggregate_id{std::move(other.aggregate_id)}, version{other.version}, sum{other.sum} {}
  Fragile& operator=(Fragile&& other) noexcept {
    aggregate_id = std::move(other.aggregate_id);
    version = other.version;
    sum = other.sum;
    return *this;
  }

  std::string aggregate_id{};
  castore::Version version = 0;
  int sum = 0;
  int events = 0;

  friend bool operator==(const Fragile& left, const Fragile& right) { return left.sum == right.sum; }
};
struct FragileReducer {
  void operator()(Fragile& fragile, const Cleared&) const { fragile.sum += ++fragile.events; }
};

TEST_CASE("a fold that cannot go on from an aggregate is found") {
  const std::string text = failure_of([] {
    check_reducer<Domain<castore::Events<Cleared>, Fragile, FragileReducer>>(
        {.pause = no_pause}, [](const std::optional<Fragile>&) { return std::vector<Cleared>(2); });
  });
  CHECK(property_of(text) == "a fold on from the aggregate of the first 1 events ends in the same aggregate");
  CHECK(text.ends_with("  expected            actual\n    (no JSON form)      (no JSON form)\n"));
}

/// A payload without a JSON form, by which its events are kept as objects.
struct Opaque {
  static constexpr std::string_view type = "OPAQUE";
  int value = 0;
};
struct OpaqueReducer {
  void operator()(Sum& sum, const Opaque& event) const { sum.value += event.value; }
};

TEST_CASE("payloads need no JSON form") {
  CHECK(check_reducer<Domain<castore::Events<Opaque>, Sum, OpaqueReducer>>({.pause = no_pause}, Opaque{3}));
}

TEST_CASE("a step may refuse by an exception or by nothing, no event at all is a failure") {
  const auto refuse = [](const std::optional<Pokemon>&) -> PokemonLeveledUp { throw std::domain_error{"no"}; };
  const auto do_nothing = [](const std::optional<Pokemon>&) {};
  CHECK(check_reducer<PokemonStore>({.histories = 5, .pause = no_pause}, appear, refuse, do_nothing));
  CHECK(failure_of([&] { check_reducer<PokemonStore>(refuse, do_nothing, kit_tests::level_up); }) ==
        "check_reducer: no step gives an event for an aggregate that does not exist yet; add the payload of a first "
        "event, or a function that takes const std::optional<TheAggregate>&\n");
}

struct Throwing : Base {
  using Base::operator();
  void operator()(Pokemon&, const PokemonLeveledUp&) const { throw std::out_of_range{"thrown by the reducer"}; }
};

TEST_CASE("no history or no event to check is refused") {
  for (const castore::testing::CheckReducerOptions& options :
       {castore::testing::CheckReducerOptions{.histories = 0}, castore::testing::CheckReducerOptions{.max_events = 0}}) {
    try {
      check_reducer<PokemonStore>(options, appear);
      FAIL("nothing was thrown");
    } catch (const std::invalid_argument& error) {
      CHECK(error.what() ==
            std::string_view{"castore: histories and max_events of check_reducer are at least 1"});
    }
  }
}

TEST_CASE("what a reducer throws passes unchanged") {
  try {
    check_reducer<Wrong<Throwing>>({.pause = no_pause}, appear, kit_tests::level_up);
    FAIL("nothing was thrown");
  } catch (const std::out_of_range& error) {
    CHECK(error.what() == std::string_view{"thrown by the reducer"});
  }
}

/// Its JSON leaves out a field.
struct Forgetful {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name;
  int level = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Forgetful, aggregate_id, version, name)
};
struct ForgetfulReducer {
  void operator()(Forgetful& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
  void operator()(Forgetful& pokemon, const PokemonLeveledUp&) const { ++pokemon.level; }
  void operator()(Forgetful&, const PokemonCaught&) const {}
};
struct Remembered {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
  friend bool operator==(const Remembered&, const Remembered&) = default;
};
struct RememberedReducer {
  template <class Payload>
  void operator()(Remembered& pokemon, const Payload&) const {
    ++pokemon.level;
  }
};

TEST_CASE("check_snapshots finds a field that a snapshot loses, and passes an aggregate that comes back") {
  using castore::testing::check_snapshots;
  CHECK(check_snapshots<Domain<PokemonEvents, Remembered, RememberedReducer>>(
      {.seed = 1, .histories = 5, .pause = no_pause}, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}));
  const std::string failure = failure_of([] {
    check_snapshots<Domain<PokemonEvents, Forgetful, ForgetfulReducer>>(
        {.seed = 1, .histories = 5, .pause = no_pause}, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  });
  CHECK(failure.find("check_snapshots") != std::string::npos);
  CHECK(failure.find("a snapshot after ") != std::string::npos);
}

}  // namespace property_check_tests
