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
class Opaque {
 public:
  static constexpr std::string_view type = "OPAQUE";
  Opaque() = default;
  explicit Opaque(int secret) : secret_{secret} {}
  friend bool operator==(const Opaque&, const Opaque&) = default;

 private:
  int secret_ = 0;
};
/// Its JSON leaves out a field.
struct Paid {
  static constexpr std::string_view type = "PAID";
  struct Metadata {
    std::string device;
    std::string place;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, device)
  };
  std::string by;
  long cents = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Paid, by)
};
/// The same, which the kit cannot see.
class Hidden {
 public:
  static constexpr std::string_view type = "HIDDEN";
  Hidden() = default;
  Hidden(int kept, int forgotten) : kept_{kept}, forgotten_{forgotten} {}
  int forgotten() const { return forgotten_; }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Hidden, kept_)

 private:
  int kept_ = 0;
  int forgotten_ = 0;
};
struct Order : castore::Aggregate {
  long total = 0;
};
struct OrderReducer {
  void operator()(Order& order, const Paid& event) const { order.total += event.cents; }
  void operator()(Order& order, const Hidden& event) const { order.total += event.forgotten(); }
};
using OrderDomain = castore::testing::Domain<castore::Events<Paid, Hidden>, Order, OrderReducer>;
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

TEST_CASE("an event that no storage takes is a failure, given or decided") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const std::string failure = "the payload of MEASURED cannot be stored: field 'value': JSON has neither NaN nor infinity\n";
  const auto decide = [](const std::optional<Probe>&, double value) { return Measured{value}; };
  CHECK(failure_of([&] { given<ProbeDomain>(Measured{nan}).when(decide, 1.0).then(Measured{1.0}); }) == failure);
  CHECK(failure_of([&] { given<ProbeDomain>().when(decide, nan).then(Measured{nan}); }) == failure);
  CHECK(failure_of([&] { given<ProbeDomain>(Measured{nan}).when(decide, 1.0).then(throws<std::exception>()); }) == failure);
}

TEST_CASE("an event whose JSON leaves out a field is a failure, given or decided, that shows the field") {
  const auto pay = [](const std::optional<Order>&, long cents) { return Paid{"me", cents}; };
  const std::string failure =
      "the payload of PAID does not come back from its JSON as it was (expected: as it was, actual: as it comes back)\n"
      "  expected        actual\n"
      "    cents: 500 !=   cents: 0\n";
  CHECK(failure_of([&] { given<OrderDomain>().when(pay, 500L).then(Paid{"me", 500}); }) == failure);
  CHECK(failure_of([&] { given<OrderDomain>().when(pay, 500L).then(Paid{"me", 1}); }) == failure);
  CHECK(failure_of([&] { given<OrderDomain>(Paid{"me", 500}).when(pay, 0L).then(Paid{"me", 0}); }) == failure);
  CHECK(failure_of([&] { given<OrderDomain>(Paid{"me", 500}).when(pay, 0L).then(throws<std::exception>()); }) == failure);
  CHECK(given<OrderDomain>(Paid{"me", 0}).when(pay, 0L).then(Paid{"me", 0}));
  CHECK(failure_of([&] {
          given<OrderDomain>().when(pay, 0L).then(Paid{"me", 1});
        }) ==
        "given\n"
        "  nothing\n"
        "when\n"
        "  decide(0)\n"
        "then\n"
        "  expected      actual\n"
        "  PAID          PAID\n"
        "    cents: 1 !=   cents: 0\n");
  CHECK(failure_of([&] {
          given<OrderDomain>(castore::EventDetail<Paid>{.payload = {"me", 0}, .metadata = {"till", "Berlin"}})
              .when(pay, 0L)
              .then(Paid{"me", 0});
        }).starts_with("the metadata of PAID does not come back from its JSON as it was"));
}

struct Move {
  std::string name;
  std::optional<int> power;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Move, name, power)
};
struct Trained {
  static constexpr std::string_view type = "TRAINED";
  struct Metadata {
    std::string trainer;
  };
  std::vector<Move> moves;
  Move best;
  bool is_done = false;

  static void validate(const Trained& trained) {
    if (trained.moves.size() > 3) throw castore::InvalidEventError{"moves", "more than 3"};
  }
};
struct Student : castore::Aggregate {};
struct StudentReducer {
  void operator()(Student&, const Trained&) const {}
};
using StudentDomain = castore::testing::Domain<castore::Events<Trained>, Student, StudentReducer>;

TEST_CASE("a failure shows the fields that differ with the way to them, metadata too") {
  const auto train = [](const std::optional<Student>&, std::string trainer) {
    return castore::with_metadata(
        Trained{.moves = {{"Tackle", 40}, {"Growl", {}}, {"Bite", 60}}, .best = {"Bite", 60}, .is_done = false},
        {.trainer = std::move(trainer)});
  };
  const Trained expected{.moves = {{"Tackle", 50}, {"Growl", 1}}, .best = {"Bite", 60}, .is_done = true};
  CHECK(failure_of([&] { given<StudentDomain>().when(train, "ash").then(expected); }) ==
        "given\n"
        "  nothing\n"
        "when\n"
        "  decide(\"ash\")\n"
        "then\n"
        "  expected                  actual\n"
        "  TRAINED                   TRAINED\n"
        "    moves[0].power: 50   !=   moves[0].power: 40\n"
        "    moves[1].power: 1    !=   moves[1].power: (none)\n"
        "    moves[2]: (none)     !=   moves[2]: {\"name\":\"Bite\",\"power\":60}\n"
        "    is_done: true        !=   is_done: false\n"
        "    metadata.trainer: \"\" !=   metadata.trainer: \"ash\"\n");
  const auto same = [](const std::optional<Student>&) { return castore::with_metadata(Trained{}, {.trainer = "ash"}); };
  CHECK(given<StudentDomain>().when(same).then(castore::with_metadata(Trained{}, {.trainer = "ash"})));
  CHECK(fails([&] { given<StudentDomain>().when(same).then(castore::with_metadata(Trained{}, {.trainer = "gary"})); }));
}

TEST_CASE("a decision that a payload's validate refuses is InvalidPayloadError, as it would be in a command") {
  const auto train = [](const std::optional<Student>&) { return Trained{.moves = std::vector<Move>(4), .best = {}}; };
  CHECK(given<StudentDomain>().when(train).then(
      throws<castore::InvalidPayloadError>([](const castore::InvalidPayloadError& error) {
        return error.field() == "moves" && error.version() == 1 && error.aggregate_id() == given_aggregate_id;
      })));
  CHECK(fails([&] { given<StudentDomain>().when(train).then(Trained{.moves = std::vector<Move>(4), .best = {}}); }));
}

TEST_CASE("what is folded is what a storage would give back") {
  const auto pay = [](const Order& order) { return Paid{std::to_string(order.total), 0}; };
  CHECK(given<OrderDomain>(Hidden{1, 2}).when(pay).then(Paid{"0", 0}));
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
        "  1 OPENED {\"limit\":5}\n"
        "when\n"
        "  decide(3)\n"
        "then\n"
        "  expected    actual\n"
        "  nothing  != DRAWN\n"
        "           !=   amount: 3\n");
}

}  // namespace given_when_then_tests
