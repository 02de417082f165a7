// SPDX-License-Identifier: MIT
#include <castore/core/command.hpp>

#include <castore/castore.hpp>
#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace command_type_tests {

struct Appeared {
  static constexpr std::string_view type = "APPEARED";
};
struct LeveledUp {
  static constexpr std::string_view type = "LEVELED_UP";
};
struct Joined {
  static constexpr std::string_view type = "JOINED";
};
struct Pokemon : castore::Aggregate {};
struct Trainer : castore::Aggregate {};
struct Reducer {
  void operator()(Pokemon&, const Appeared&) const {}
  void operator()(Pokemon&, const LeveledUp&) const {}
  void operator()(Trainer&, const Joined&) const {}
};
using Pokemons = castore::EventStore<castore::Events<Appeared, LeveledUp>, Pokemon, Reducer>;
using Trainers = castore::EventStore<castore::Events<Joined>, Trainer, Reducer>;

template <class Decide>
using DecideCommand = decltype(castore::Command{"ID", std::declval<Pokemons&>(), std::declval<Decide>()});
template <class Handler>
using HandlerCommand =
    decltype(castore::Command{"ID", std::tie(std::declval<Pokemons&>(), std::declval<Trainers&>()),
                              std::declval<Handler>()});

template <class Left, class Right>
inline constexpr bool same = std::is_same_v<Left, Right>;

using castore::CommandId;
using castore::CommandInput;
using castore::CommandOutput;
using castore::CommandResult;

struct Input {};

// --- the deduced command ---------------------------------------------------------------------------------------------

LeveledUp level_up(const Pokemon&);
using Decide = LeveledUp (*)(const Pokemon&);
static_assert(same<DecideCommand<Decide>, castore::Command<Pokemons, Decide>>);
static_assert(same<decltype(castore::Command{"ID", std::declval<Pokemons&>(), level_up}),
                   castore::Command<Pokemons, Decide>>);
static_assert(same<decltype(castore::Command{"ID", std::declval<Pokemons&>(), level_up, castore::CommandOptions{}}),
                   castore::Command<Pokemons, Decide>>);
using Handler = int (*)(Pokemons&, Trainers&);
static_assert(same<HandlerCommand<Handler>, castore::Command<std::tuple<Pokemons&, Trainers&>, Handler>>);

// --- a decide command ------------------------------------------------------------------------------------------------

using NoInput = DecideCommand<Decide>;
static_assert(same<CommandId<NoInput>, std::string_view>);
static_assert(same<CommandInput<NoInput>, void>);
static_assert(same<CommandOutput<NoInput>, CommandResult<Pokemon, Pokemons::Event>>);
static_assert(same<decltype(std::declval<const NoInput&>()("pikachu")), CommandOutput<NoInput>>);
static_assert(same<decltype(CommandOutput<NoInput>::aggregate), Pokemon>);
static_assert(same<decltype(CommandOutput<NoInput>::events), std::vector<Pokemons::Event>>);

using WithInput = DecideCommand<std::optional<Appeared> (*)(const std::optional<Pokemon>&, const Input&, int)>;
static_assert(same<CommandInput<WithInput>, Input>);
static_assert(same<CommandOutput<WithInput>, CommandResult<std::optional<Pokemon>, Pokemons::Event>>);
static_assert(same<decltype(std::declval<WithInput&>()("pikachu", Input{}, 3)), CommandOutput<WithInput>>);

// A decision that always yields an event leaves an aggregate.
template <class Decided>
using Created = decltype(CommandOutput<DecideCommand<Decided (*)(const std::optional<Pokemon>&)>>::aggregate);
static_assert(same<Created<Appeared>, Pokemon>);
static_assert(same<Created<const Appeared&>, Pokemon>);
static_assert(same<Created<std::variant<Appeared, LeveledUp>>, Pokemon>);
static_assert(same<Created<std::tuple<std::optional<Appeared>, LeveledUp>>, Pokemon>);
static_assert(same<Created<castore::EventWithMetadata<Appeared>>, Pokemon>);
static_assert(same<Created<std::tuple<>>, std::optional<Pokemon>>);
static_assert(same<Created<std::tuple<std::optional<Appeared>, std::vector<LeveledUp>>>, std::optional<Pokemon>>);
static_assert(same<Created<std::variant<std::monostate, Appeared>>, std::optional<Pokemon>>);
static_assert(same<Created<std::vector<Appeared>>, std::optional<Pokemon>>);
static_assert(same<Created<void>, std::optional<Pokemon>>);

// An optional state is an optional, however it is taken; an input is what it is without const and reference.
static_assert(same<CommandOutput<DecideCommand<void (*)(std::optional<Pokemon>)>>,
                   CommandResult<std::optional<Pokemon>, Pokemons::Event>>);
static_assert(same<CommandInput<DecideCommand<void (*)(const Pokemon&, std::unique_ptr<int>&)>>, std::unique_ptr<int>>);
static_assert(same<CommandInput<const DecideCommand<void (*)(const Pokemon&, Input)>&>, Input>);

constexpr auto noexcept_lambda = [](const Pokemon&, Input) noexcept { return std::variant<Appeared, LeveledUp>{}; };
static_assert(same<CommandInput<DecideCommand<decltype(noexcept_lambda)>>, Input>);

// A generic function's state is an aggregate that exists.
constexpr auto generic_lambda = [](const auto&, const auto&) { return LeveledUp{}; };
static_assert(same<decltype(std::declval<DecideCommand<decltype(generic_lambda)>>()("pikachu", 3)),
                   CommandResult<Pokemon, Pokemons::Event>>);

// --- a handler command -----------------------------------------------------------------------------------------------

using HandlerWithInput = HandlerCommand<std::string (*)(const Input&, Pokemons&, Trainers&, int)>;
static_assert(same<CommandId<HandlerWithInput>, std::string_view>);
static_assert(same<CommandInput<HandlerWithInput>, Input>);
static_assert(same<CommandOutput<HandlerWithInput>, std::string>);
static_assert(same<decltype(std::declval<const HandlerWithInput&>()(Input{}, 3)), std::string>);

static_assert(same<CommandOutput<HandlerCommand<void (*)(Input, Pokemons&, Trainers&)>>, void>);
static_assert(same<CommandOutput<HandlerCommand<int& (*)(Input, Pokemons&, Trainers&)>>, int&>);
static_assert(same<CommandOutput<HandlerCommand<std::unique_ptr<int> (*)(Input, Pokemons&, Trainers&)>>,
                   std::unique_ptr<int>>);
static_assert(same<CommandInput<HandlerCommand<int (*)(Pokemons&, Trainers&)>>, void>);

TEST_CASE("the types of a command are known at compile time") { SUCCEED("by the static_asserts of this file"); }

}  // namespace command_type_tests
