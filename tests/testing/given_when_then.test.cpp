// SPDX-License-Identifier: MIT
#include <castore/testing/given_when_then.hpp>

#include <castore/castore.hpp>
#include <castore/testing/domain.hpp>
#include "support/catch.hpp"
#include "testing/failure_of.hpp"
#include "testing/pokemons.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

// Not without a name, where Clang would miss uses of what NLOHMANN_DEFINE_TYPE_INTRUSIVE defines.
namespace given_when_then_tests {

using castore::testing::given;
using castore::testing::given_aggregate_id;
using castore::testing::given_timestamp;
using castore::testing::nothing;
using castore::testing::throws;
using kit_tests::appear;
using kit_tests::failure_of;
using kit_tests::fails;
using kit_tests::level_up;
using kit_tests::Pokemon;
using kit_tests::PokemonAppeared;
using kit_tests::PokemonCaught;
using kit_tests::PokemonLeveledUp;
using kit_tests::PokemonStore;

TEST_CASE("then passes when the decision is the expected one") {
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(level_up).then(PokemonLeveledUp{}));
  CHECK(given<PokemonStore>().when(appear, "Pikachu", 5).then(PokemonAppeared{"Pikachu", 5}));
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(appear, "Pikachu", 5).then(nothing));
}

TEST_CASE("then shows given, when, expected and actual side by side") {
  CHECK(failure_of([] {
          given<PokemonStore>(PokemonAppeared{"Pikachu", 4}, PokemonLeveledUp{})
              .when([](const Pokemon& pokemon, const std::string& name,
                       int) { return std::tuple{PokemonAppeared{name, pokemon.level}, PokemonLeveledUp{}}; },
                    "Raichu", 7)
              .then(PokemonAppeared{"Raichu", 6});
        }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":4,\"name\":\"Pikachu\"}\n"
        "  2 POKEMON_LEVELED_UP\n"
        "when\n"
        "  decide(\"Raichu\", 7)\n"
        "then\n"
        "  expected            actual\n"
        "  POKEMON_APPEARED    POKEMON_APPEARED\n"
        "    level: 6       !=   level: 5\n"
        "    name: \"Raichu\"      name: \"Raichu\"\n"
        "                   != POKEMON_LEVELED_UP\n");
}

TEST_CASE("then shows an exception in place of events") {
  CHECK(failure_of([] {
          given<PokemonStore>(PokemonAppeared{"Pikachu", 100}).when(level_up).then(PokemonLeveledUp{});
        }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":100,\"name\":\"Pikachu\"}\n"
        "when\n"
        "  decide()\n"
        "then\n"
        "  expected              actual\n"
        "  POKEMON_LEVELED_UP != throws std::domain_error: already at the maximum level\n");
}

TEST_CASE("then fails on one event too many, too few or of another type, and on another order") {
  const auto history = given<PokemonStore>(PokemonAppeared{"Pikachu", 5});
  const auto both = [](const Pokemon&) { return std::tuple{PokemonLeveledUp{}, PokemonAppeared{"Raichu", 1}}; };
  CHECK(history.when(both).then(PokemonLeveledUp{}, PokemonAppeared{"Raichu", 1}));
  CHECK(fails([&] { history.when(both).then(PokemonAppeared{"Raichu", 1}, PokemonLeveledUp{}); }));
  CHECK(fails([&] { history.when(both).then(PokemonLeveledUp{}); }));
  CHECK(fails([&] { history.when(both).then(PokemonLeveledUp{}, PokemonAppeared{"Raichu", 1}, PokemonLeveledUp{}); }));
  CHECK(fails([&] { history.when(both).then(PokemonCaught{}, PokemonAppeared{"Raichu", 1}); }));
  CHECK(fails([&] { history.when(both).then(nothing); }));
  CHECK(fails([&] { history.when([](const Pokemon&) {}).then(PokemonLeveledUp{}); }));
}

TEST_CASE("then takes whatever a decision can be") {
  const auto history = given<PokemonStore>(PokemonAppeared{"Pikachu", 5});
  using Any = std::variant<PokemonAppeared, PokemonLeveledUp>;
  const auto twice = [](const Pokemon&) { return std::vector<PokemonLeveledUp>(2); };
  CHECK(history.when(twice).then(PokemonLeveledUp{}, PokemonLeveledUp{}));
  CHECK(history.when(twice).then(std::vector<Any>{PokemonLeveledUp{}, PokemonLeveledUp{}}));
  CHECK(history.when([](const Pokemon&) { return Any{PokemonLeveledUp{}}; }).then(std::tuple{PokemonLeveledUp{}}));
  CHECK(history.when([](const Pokemon&) { return std::optional<Any>{}; }).then(nothing));
  CHECK(history.when([](const Pokemon&) { return nothing; }).then(std::vector<PokemonLeveledUp>{}));
  CHECK(history.when([](const Pokemon&) {}).then(nothing));
}

TEST_CASE("throws accepts an exception of its type, of a derived one, and none else") {
  const auto strong = given<PokemonStore>(PokemonAppeared{"Pikachu", 100});
  CHECK(strong.when(level_up).then(throws<std::domain_error>()));
  CHECK(strong.when(level_up).then(throws<std::logic_error>()));
  CHECK(strong.when([](const Pokemon&) { throw 3; }).then(throws<int>([](int value) { return value == 3; })));
  CHECK(failure_of([&] { strong.when(level_up).then(throws<std::runtime_error>()); }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":100,\"name\":\"Pikachu\"}\n"
        "when\n"
        "  decide()\n"
        "then\n"
        "  expected                     actual\n"
        "  throws std::runtime_error != throws std::domain_error: already at the maximum level\n");
  CHECK(failure_of([&] { strong.when([](const Pokemon&) { throw 3; }).then(nothing); }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":100,\"name\":\"Pikachu\"}\n"
        "when\n"
        "  decide()\n"
        "then\n"
        "  expected    actual\n"
        "  nothing  != throws int\n");
}

TEST_CASE("throws fails when events are decided instead") {
  CHECK(failure_of([] {
          given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(level_up).then(throws<std::domain_error>());
        }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":5,\"name\":\"Pikachu\"}\n"
        "when\n"
        "  decide()\n"
        "then\n"
        "  expected                    actual\n"
        "  throws std::domain_error != POKEMON_LEVELED_UP\n");
}

TEST_CASE("the predicate of throws decides") {
  const auto strong = given<PokemonStore>(PokemonAppeared{"Pikachu", 100});
  const auto says = [](std::string_view text) {
    return [text](const std::domain_error& error) { return error.what() == text; };
  };
  CHECK(strong.when(level_up).then(throws<std::domain_error>(says("already at the maximum level"))));
  CHECK(failure_of([&] { strong.when(level_up).then(throws<std::domain_error>(says("something else"))); }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":100,\"name\":\"Pikachu\"}\n"
        "when\n"
        "  decide()\n"
        "then\n"
        "  expected                                                 actual\n"
        "  throws std::domain_error, which the predicate accepts != throws std::domain_error: already at the maximum "
        "level\n");
}

TEST_CASE("no events for a decision about an existing aggregate is AggregateNotFoundError") {
  CHECK(given<PokemonStore>().when(level_up).then(
      throws<castore::AggregateNotFoundError>([](const castore::AggregateNotFoundError& error) {
        return error.aggregate_id() == given_aggregate_id && error.event_store_id().empty();
      })));
  CHECK(failure_of([] { given<PokemonStore>().when(level_up).then(nothing); }) ==
        "given\n"
        "  nothing\n"
        "when\n"
        "  decide()\n"
        "then\n"
        "  expected    actual\n"
        "  nothing  != throws castore::AggregateNotFoundError: castore: there is no aggregate 'aggregate' in event "
        "store ''\n");
}

TEST_CASE("given fills in what its payloads leave open") {
  const auto history = given<PokemonStore>(PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  std::optional<Pokemon> seen;
  CHECK(history.when([&seen](const Pokemon& pokemon) { seen = pokemon; }).then(nothing));
  REQUIRE(seen);
  CHECK(seen->aggregate_id == given_aggregate_id);
  CHECK(seen->version == 3);
  CHECK(seen->level == 7);
  CHECK(seen->changed_at == given_timestamp + std::chrono::seconds{2});
}

TEST_CASE("given takes event details where the header matters") {
  const castore::Timestamp noon = given_timestamp + std::chrono::hours{12};
  std::optional<Pokemon> seen;
  const auto see = [&seen](const Pokemon& pokemon) { seen = pokemon; };
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 5},
                            castore::EventDetail<PokemonCaught>{.aggregate_id = "pikachu",
                                                                .version = 2,
                                                                .timestamp = noon,
                                                                .payload = {},
                                                                .metadata = {"Ash"}})
            .when(see)
            .then(nothing));
  REQUIRE(seen);
  CHECK(seen->aggregate_id == "pikachu");
  CHECK(seen->trainer == "Ash");
  CHECK(seen->changed_at == noon);
  CHECK(given<PokemonStore>(castore::EventDetail<PokemonAppeared>{.payload = {"Raichu", 1}}).when(see).then(nothing));
  CHECK(seen->aggregate_id == given_aggregate_id);
  CHECK(seen->version == 1);
  CHECK(seen->changed_at == given_timestamp);
  CHECK(failure_of([&] {
          given<PokemonStore>(castore::EventDetail<PokemonCaught>{.payload = {}, .metadata = {"Ash"}})
              .when(see)
              .then(PokemonLeveledUp{});
        }).starts_with("given\n  1 POKEMON_CAUGHT metadata {\"trainer\":\"Ash\"}\nwhen\n"));
}

TEST_CASE("given refuses what is no history of one aggregate") {
  using Appeared = castore::EventDetail<PokemonAppeared>;
  const std::string message =
      "castore: event 2 of given() has another version or aggregate_id; its events are the history of one aggregate "
      "from version 1 on";
  const auto message_of = [](auto function) -> std::string {
    try {
      function();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  CHECK(message_of([] {
          (void)given<PokemonStore>(PokemonAppeared{}, Appeared{.version = 3, .payload = {}});
        }) == message);
  CHECK(message_of([] {
          (void)given<PokemonStore>(Appeared{.aggregate_id = "pikachu", .payload = {}},
                                    Appeared{.aggregate_id = "raichu", .payload = {}});
        }) == message);
}

TEST_CASE("given takes the reducer and the id of an event store") {
  const PokemonStore pokemons{"POKEMONS", {.reducer = {.step = 10}}};
  int level = 0;
  const auto see = [&level](const Pokemon& pokemon) { level = pokemon.level; };
  CHECK(given(pokemons, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}).when(see).then(nothing));
  CHECK(level == 15);
  CHECK(given(pokemons).when(level_up).then(throws<castore::AggregateNotFoundError>(
      [](const castore::AggregateNotFoundError& error) { return error.event_store_id() == "POKEMONS"; })));
}

TEST_CASE("when takes a command, which knows the domain and has a name") {
  PokemonStore pokemons{"POKEMONS", {.reducer = {.step = 10}}};
  const castore::Command command{"LEVEL_UP_POKEMON", pokemons, [](const Pokemon& pokemon, int times) {
                                   return std::vector<PokemonLeveledUp>(static_cast<std::size_t>(pokemon.level == 15 ? 1 + times : 0));
                                 }};
  CHECK(given(PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}).when(command, 0).then(PokemonLeveledUp{}));
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 15}).when(command, 0).then(PokemonLeveledUp{}));
  CHECK(given().when(command, 0).then(throws<castore::AggregateNotFoundError>(
      [](const castore::AggregateNotFoundError& error) { return error.event_store_id() == "POKEMONS"; })));
  CHECK(failure_of([&] { given(PokemonAppeared{"Pikachu", 15}).when(command, 0).then(nothing); }) ==
        "given\n"
        "  1 POKEMON_APPEARED {\"level\":15,\"name\":\"Pikachu\"}\n"
        "when\n"
        "  LEVEL_UP_POKEMON(0)\n"
        "then\n"
        "  expected    actual\n"
        "  nothing  != POKEMON_LEVELED_UP\n");
}

/// Can be neither copied nor printed.
struct Context {
  explicit Context(int left_) : left{left_} {}
  Context(const Context&) = delete;
  int left;
};

TEST_CASE("inputs and context are passed by reference and may be move-only") {
  Context context{2};
  const auto decide = [](const Pokemon&, const std::unique_ptr<int>& times, Context& left) {
    left.left -= *times;
    return std::vector<PokemonLeveledUp>(static_cast<std::size_t>(*times));
  };
  const auto history = given<PokemonStore>(PokemonAppeared{"Pikachu", 5});
  CHECK(history.when(decide, std::make_unique<int>(2), context).then(PokemonLeveledUp{}, PokemonLeveledUp{}));
  CHECK(context.left == 0);
  const std::string text = failure_of([&] { history.when(decide, std::make_unique<int>(1), context).then(nothing); });
  CHECK(text.find("Context)\nthen") != std::string::npos);
}

struct Measured {
  static constexpr std::string_view type = "MEASURED";
  double value = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Measured, value)
};
struct Opaque {
  static constexpr std::string_view type = "OPAQUE";
  int secret = 0;
  friend bool operator==(const Opaque&, const Opaque&) = default;
};
struct Probe : castore::Aggregate {};
struct ProbeReducer {
  void operator()(Probe&, const Measured&) const {}
  void operator()(Probe&, const Opaque&) const {}
};
using ProbeDomain = castore::testing::Domain<castore::Events<Measured, Opaque>, Probe, ProbeReducer>;

TEST_CASE("a payload without a JSON form is compared by == and printed as such") {
  const auto decide = [](const std::optional<Probe>&, int secret) { return Opaque{secret}; };
  CHECK(given<ProbeDomain>().when(decide, 3).then(Opaque{3}));
  CHECK(failure_of([&] { given<ProbeDomain>(Opaque{1}).when(decide, 3).then(Opaque{4}, Opaque{3}); }) ==
        "given\n"
        "  1 OPAQUE (no JSON form)\n"
        "when\n"
        "  decide(3)\n"
        "then\n"
        "  expected            actual\n"
        "  OPAQUE              OPAQUE\n"
        "    (no JSON form)      (no JSON form)\n"
        "  OPAQUE           !=\n"
        "    (no JSON form) !=\n");
}

TEST_CASE("a value without a JSON form is printed with the reason") {
  const auto decide = [](const std::optional<Probe>&) { return Opaque{}; };
  CHECK(failure_of([&] {
          given<ProbeDomain>(Measured{std::numeric_limits<double>::quiet_NaN()}).when(decide).then(nothing);
        }).starts_with("given\n  1 MEASURED (no JSON form: JSON has neither NaN nor infinity)\nwhen\n"));
}

// --- in constant expressions: these lines are tests, too -------------------------------------------------------------

/// Text that a compiler can handle; std::string is not always such a type.
class Label {
 public:
  constexpr Label& operator=(std::string_view text) {
    size_ = 0;
    for (const char letter : text) text_[size_++] = letter;
    return *this;
  }
  friend constexpr bool operator==(const Label& label, std::string_view text) {
    return std::string_view{label.text_, label.size_} == text;
  }

 private:
  char text_[32]{};
  std::size_t size_ = 0;
};

struct Opened {
  static constexpr std::string_view type = "OPENED";
  int limit = 0;
  friend constexpr bool operator==(const Opened&, const Opened&) = default;
};
struct Drawn {
  static constexpr std::string_view type = "DRAWN";
  int amount = 0;
  friend constexpr bool operator==(const Drawn&, const Drawn&) = default;
};
struct Account {
  Label aggregate_id{};
  castore::Version version = 0;
  int left = 0;
};
struct AccountReducer {
  constexpr Account operator()(Account account, const Opened& event) const {
    account.left = event.limit;
    return account;
  }
  constexpr void operator()(Account& account, const Drawn& event) const { account.left -= event.amount; }
};
using AccountDomain = castore::testing::Domain<castore::Events<Opened, Drawn>, Account, AccountReducer>;

constexpr std::optional<Drawn> draw(const Account& account, int amount) {
  if (account.left < amount) return std::nullopt;
  return Drawn{amount};
}
constexpr auto open = [](const std::optional<Account>& account, int limit) -> std::vector<std::variant<Opened, Drawn>> {
  if (account) return {};
  return {Opened{limit}, Drawn{1}};
};

static_assert(given<AccountDomain>(Opened{5}, Drawn{2}).when(draw, 3).then(Drawn{3}));
static_assert(given<AccountDomain>(Opened{5}, Drawn{2}).when(draw, 4).then(nothing));
static_assert(given<AccountDomain>().when(open, 4).then(Opened{4}, Drawn{1}));
static_assert(given<AccountDomain>(Opened{5}).when(open, 4).then(nothing));
static_assert(given<AccountDomain>(Opened{5}).when([](const Account& account) {
                                               return std::tuple{Drawn{account.left}, Drawn{account.aggregate_id ==
                                                                                            given_aggregate_id}};
                                             }).then(Drawn{5}, Drawn{1}));

// A constant expression that is not as expected must be none at all, and never false: a program could overlook that.
template <int amount>
concept DrawsThree = requires {
  typename std::bool_constant<given<AccountDomain>(Opened{5}).when(draw, 3).then(Drawn{amount})>;
};
static_assert(DrawsThree<3>);
static_assert(!DrawsThree<4>);

#if defined(__GNUC__) && !defined(__clang__)
struct Purse : castore::Aggregate {
  int left = 0;
};
struct PurseReducer {
  constexpr void operator()(Purse& purse, const Opened& event) const { purse.left = event.limit; }
  constexpr void operator()(Purse& purse, const Drawn& event) const { purse.left -= event.amount; }
};
using PurseDomain = castore::testing::Domain<castore::Events<Opened, Drawn>, Purse, PurseReducer>;
static_assert(given<PurseDomain>(Opened{5}, Drawn{2})
                  .when([](const Purse& purse) { return Drawn{purse.left}; })
                  .then(Drawn{3}));
#endif

TEST_CASE("what a static_assert checks is checked at run time, too") {
  CHECK(given<AccountDomain>(Opened{5}, Drawn{2}).when(draw, 3).then(Drawn{3}));
  CHECK(failure_of([] { given<AccountDomain>(Opened{5}).when(draw, 3).then(nothing); }) ==
        "given\n"
        "  1 OPENED (no JSON form)\n"
        "when\n"
        "  decide(3)\n"
        "then\n"
        "  expected    actual\n"
        "  nothing  != DRAWN\n"
        "           !=   (no JSON form)\n");
}

}  // namespace given_when_then_tests
