// SPDX-License-Identifier: MIT
#ifndef CASTORE_OBSERVERS_OBSERVED_COMMAND_HPP
#define CASTORE_OBSERVERS_OBSERVED_COMMAND_HPP

#include <castore/core/command.hpp>
#include <castore/core/command_call.hpp>
#include <castore/core/observer.hpp>
#include <castore/core/retry.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <exception>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore {

namespace detail {

/// Calls a function in an operation of a command.
template <class Candidate, class Function>
decltype(auto) observe_command(const Candidate& observer, const Operation& operation, const Function& function) {
  return observe(observer, operation, [&](Outcome& outcome) -> decltype(auto) {
    try {
      return function(outcome);
    } catch (...) {
      outcome.is_conflict = with_conflict(std::current_exception(), [](const auto&) { return true; });
      throw;
    }
  });
}

}  // namespace detail

/// @brief A command that tells an observer of each call, with all of its attempts; what one attempt loads and pushes is
/// told by an `ObservedEventStore`. It is used like the command that it was made from.
///
/// @code
/// castore::ObservedCommand level_up{castore::Command{"LEVEL_UP_POKEMON", pokemons, decide}, Logs{}};
/// level_up("pikachu");  // start(command POKEMONS pikachu, name LEVEL_UP_POKEMON), then end
/// @endcode
/// **Guarantees:** a call is one operation, whatever becomes of it. With `NoObserver` it does what the command does.
///
/// **Errors:** those of the command. What `start` throws passes: nothing was done.
template <class CommandT, class ObserverT = NoObserver>
class ObservedCommand : public CommandT {
  static_assert(detail::check_observer<ObserverT>());

 public:
  using Observer = ObserverT;                ///< What is told.
  using Result = typename CommandT::Result;  ///< What a call returns.

  /// @brief A command with an observer.
  explicit ObservedCommand(CommandT command, Observer observer = {})
      : CommandT(std::move(command)), observer_(std::move(observer)) {}

  /// @brief What is told.
  const Observer& observer() const noexcept { return observer_; }

  /// @brief See `Command`.
  template <class... Arguments>
  Result operator()(std::string_view aggregate_id, Arguments&&... arguments) const {
    return observe(aggregate_id,
                   [&] { return CommandT::operator()(aggregate_id, std::forward<Arguments>(arguments)...); });
  }
  /// @brief See `Command::with`.
  [[nodiscard("castore: with(...) only adds options; call what it returns")]] CommandCall<ObservedCommand> with(
      CommandCallOptions options) const {
    return {*this, std::move(options)};
  }
  /// @brief See `Command::call_json`. @throws InvalidInputError
  template <class Json, class... Context>
  Result call_json(std::string_view aggregate_id, const Json& json, Context&&... context) const {
    return observe(aggregate_id,
                   [&] { return CommandT::call_json(aggregate_id, json, std::forward<Context>(context)...); });
  }

 private:
  friend CommandCall<ObservedCommand>;

  template <class... Arguments>
  Result call(const CommandCallOptions& options, std::string_view aggregate_id,
              std::remove_reference_t<Arguments>&... arguments) const {
    return observe(aggregate_id, [&] { return CommandT::with(options)(aggregate_id, arguments...); });
  }
  template <class Json, class... Context>
  Result call_with_json(const CommandCallOptions& options, std::string_view aggregate_id, const Json& json,
                        Context&... context) const {
    return observe(aggregate_id, [&] { return CommandT::with(options).call_json(aggregate_id, json, context...); });
  }

  template <class Function>
  Result observe(std::string_view aggregate_id, const Function& function) const {
    return detail::observe_command(observer_,
                                   {.kind = OperationKind::command,
                                    .store = this->event_store().event_store_id(),
                                    .aggregate_id = aggregate_id,
                                    .name = this->id()},
                                   [&](Outcome& outcome) {
                                     Result result = function();
                                     outcome.count = result.events.size();
                                     outcome.position = result.position.value_or(0);
                                     return result;
                                   });
  }

  [[no_unique_address]] Observer observer_;
};

/// @brief The same for a command over several stores; how many events it pushed is not known to it.
template <class... Stores, class Handler, class ObserverT>
class ObservedCommand<Command<std::tuple<Stores&...>, Handler>, ObserverT>
    : public Command<std::tuple<Stores&...>, Handler> {
  static_assert(detail::check_observer<ObserverT>());
  using CommandT = Command<std::tuple<Stores&...>, Handler>;
  struct NoInput;
  using NamedInput =
      typename detail::HandlerInput<detail::FunctionSignature<Handler>, sizeof...(Stores), NoInput>::type;

 public:
  using Observer = ObserverT;  ///< What is told.

  /// @brief A command with an observer.
  explicit ObservedCommand(CommandT command, Observer observer = {})
      : CommandT(std::move(command)), observer_(std::move(observer)) {}

  /// @brief What is told.
  const Observer& observer() const noexcept { return observer_; }

  /// @brief See `Command`.
  decltype(auto) operator()() const {
    return observe([&]() -> decltype(auto) { return CommandT::operator()(); });
  }
  template <class Input, class... Context>
  decltype(auto) operator()(Input&& input, Context&&... context) const {
    return observe([&]() -> decltype(auto) {
      return CommandT::operator()(std::forward<Input>(input), std::forward<Context>(context)...);
    });
  }
  /// @brief The same with the input in braces, where the handler names its type.
  template <class... Context>
  decltype(auto) operator()(NamedInput&& input, Context&&... context) const {
    return observe(
        [&]() -> decltype(auto) { return CommandT::operator()(std::move(input), std::forward<Context>(context)...); });
  }
  /// @brief See `Command::call_json`. @throws InvalidInputError
  template <class Json, class... Context>
  decltype(auto) call_json(const Json& json, Context&&... context) const {
    return observe([&]() -> decltype(auto) { return CommandT::call_json(json, std::forward<Context>(context)...); });
  }

 private:
  template <class Function>
  decltype(auto) observe(const Function& function) const {
    return detail::observe_command(observer_, {.kind = OperationKind::command, .name = this->id()},
                                   [&](Outcome&) -> decltype(auto) { return function(); });
  }

  [[no_unique_address]] Observer observer_;
};

template <class CommandT>
ObservedCommand(CommandT) -> ObservedCommand<CommandT>;
template <class CommandT, class ObserverT>
ObservedCommand(CommandT, ObserverT) -> ObservedCommand<CommandT, ObserverT>;

namespace detail {

template <class CommandT, class ObserverT>
struct InputOf<ObservedCommand<CommandT, ObserverT>> : InputOf<CommandT> {};
template <class CommandT, class ObserverT>
struct OutputOf<ObservedCommand<CommandT, ObserverT>> : OutputOf<CommandT> {};

}  // namespace detail

}  // namespace castore

#endif
