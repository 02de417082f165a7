// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_COMMAND_HPP
#define CASTORE_CORE_COMMAND_HPP

#include <castore/core/command_call.hpp>
#include <castore/core/context.hpp>
#include <castore/core/detail/decision.hpp>
#include <castore/core/detail/json_input.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/retry.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

namespace detail {

/// The parameter that is the input, where the function has more of them than `others`; void where it has not. Found by
/// a function, as Clang forgets the types in a class whose check fails.
template <class Signature, std::size_t index, std::size_t others>
struct InputParameter {
  static constexpr auto find() {
    static_assert(Signature::is_known, "castore: the input of a generic function is not known; name its parameters");
    if constexpr (!Signature::is_known)
      return std::type_identity<void>{};
    else if constexpr (Signature::Parameters::size > others)
      return std::type_identity<typename ParameterOrVoid<Signature, index>::type>{};
    else
      return std::type_identity<void>{};
  }
};

}  // namespace detail

/// @brief Changes one aggregate: loads it, asks a function what happens, pushes that; and does it again when somebody
/// else was faster.
///
/// `decide(state, input..., context...)` takes `const Aggregate&` (it must exist) or `const std::optional<Aggregate>&`
/// (it may not exist yet) and returns what happens: a payload, an optional, tuple, vector or variant of payloads, or
/// nothing; with metadata by `castore::with_metadata(payload, metadata)`. All of it is pushed at the next versions, or
/// none. A function that is generic, overloaded or bound cannot be
/// asked for its first parameter and gets an aggregate that must exist; name the types of all parameters for the
/// optional form.
/// @code
/// auto level_up = castore::Command{"LEVEL_UP_POKEMON", pokemons, [](const Pokemon& pokemon) {
///   if (pokemon.level >= 100) throw std::domain_error{"already at the maximum level"};
///   return PokemonLeveledUp{};
/// }};
/// level_up("pikachu");
/// @endcode
///
/// **Guarantees:** a retry runs the whole decision again on fresh state. Inputs and context are handed to every attempt
/// as they are, so take them by reference. Threads may call one command at the same time if `decide` allows it.
///
/// **Errors:** `AggregateNotFoundError` (report), `EventAlreadyExistsError` when no retry is left (retry later, or give
/// more retries or a back-off); what `decide` throws passes at once and nothing is written; the errors of
/// `EventStore::push_event` besides.
template <class Store, class Decide>
class Command {
  using Decision = detail::Decision<Store, Decide>;
  using State = typename Decision::State;

 public:
  using Result = CommandResult<typename Decision::ResultState, typename Store::Event>;  ///< What a call returns.

  /// @brief A command on one store; nothing is loaded yet. @throws std::invalid_argument for options that mean nothing.
  /// @param store Must outlive the command.
  Command(std::string id, Store& store, Decide decide, CommandOptions options = {})
      : id_{std::move(id)}, store_{store}, decide_(std::move(decide)), options_{std::move(options)} {
    detail::check_options(options_);
  }

  /// @brief The name it was given, for logs and traces.
  std::string_view id() const noexcept { return id_; }
  /// @brief The store and the decide function, e.g. to test the decision alone.
  const Store& event_store() const noexcept { return store_; }
  /// @brief The decide function.
  const Decide& decide_function() const noexcept { return decide_; }
  /// @brief The options that it was given.
  const CommandOptions& options() const noexcept { return options_; }

  /// @brief Runs the command on one aggregate.
  template <class... Arguments>
  Result operator()(std::string_view aggregate_id, Arguments&&... arguments) const {
    Decision::template check_call<Arguments...>();
    detail::check_decision<typename Store::Events,
                           typename decltype(Decision::template decided_by<Arguments...>())::type>();
    if constexpr (Decision::template is_right_call<Arguments...>()) return run({}, aggregate_id, arguments...);
    std::terminate();  // not reached: the check before does not compile
  }

  /// @brief The command with options for one call.
  /// @code
  /// level_up.with({.context = castore::next_context(message)})("pikachu");
  /// @endcode
  [[nodiscard("castore: with(...) only adds options; call what it returns")]] CommandCall<Command> with(
      CommandCallOptions options) const {
    return {*this, std::move(options)};
  }

  /// @brief The same with the input as JSON, e.g. the body of a request: text, or a `nlohmann::json`. It must be what
  /// `castore::json_schema<TheInput>()` says, without other fields; then the input's `static void validate(const
  /// TheInput&)` checks it, where it has one.
  /// @throws InvalidInputError naming the field that is missing, unknown or of another type, and what is allowed
  /// (report to the sender); then what the command throws
  template <class Json, class... Context>
  Result call_json(std::string_view aggregate_id, const Json& json, Context&&... context) const {
    using Input = typename decltype(detail::InputParameter<detail::FunctionSignature<Decide>, 1, 1>::find())::type;
    if constexpr (detail::check_json_input<Input>()) {
      auto input = detail::input_from_json<Input>(id_, detail::json_text_of(json));
      return (*this)(aggregate_id, input, context...);
    }
    std::terminate();  // not reached: the check before does not compile
  }

 private:
  friend CommandCall<Command>;

  template <class... Arguments>
  Result call(const CommandCallOptions& options, std::string_view aggregate_id,
              std::remove_reference_t<Arguments>&... arguments) const {
    Decision::template check_call<Arguments...>();
    detail::check_decision<typename Store::Events,
                           typename decltype(Decision::template decided_by<Arguments...>())::type>();
    if constexpr (Decision::template is_right_call<Arguments...>()) {
      return run(options.context, aggregate_id, arguments...);
    }
    std::terminate();  // not reached: the check before does not compile
  }
  template <class Json, class... Context>
  Result call_with_json(const CommandCallOptions& options, std::string_view aggregate_id, const Json& json,
                        Context&... context) const {
    using Input = typename decltype(detail::InputParameter<detail::FunctionSignature<Decide>, 1, 1>::find())::type;
    if constexpr (detail::check_json_input<Input>()) {
      auto input = detail::input_from_json<Input>(id_, detail::json_text_of(json));
      return call<Input&, Context&...>(options, aggregate_id, input, context...);
    }
    std::terminate();  // not reached: the check before does not compile
  }

  template <class... Arguments>
  Result run(const EventContext& context, std::string_view aggregate_id, Arguments&... arguments) const {
    for (detail::Retries retries{options_};;) {
      Version version = 0;
      try {
        CommandResult<State, typename Store::Event> result{Decision::load(store_, aggregate_id), {}, {}};
        version = detail::version_of(result.aggregate) + 1;
        if (attempt(result, context, aggregate_id, arguments...)) {
          if constexpr (std::same_as<Result, decltype(result)>)
            return result;
          else
            return {*std::move(result.aggregate), std::move(result.events), result.position};
        }
      } catch (...) {
        if (!retries.again_after_exception()) throw;
        continue;
      }
      const EventAlreadyExistsError conflict{store_.event_store_id(), aggregate_id, version};
      if (!retries.again(conflict)) throw conflict;
    }
  }

  /// @return False on a conflict, which so costs no exception.
  template <class... Arguments>
  bool attempt(CommandResult<State, typename Store::Event>& result, const EventContext& context,
               std::string_view aggregate_id, Arguments&... arguments) const {
    if constexpr (std::is_void_v<typename Decision::template Decided<Arguments...>>) {
      std::invoke(decide_, std::as_const(result.aggregate), arguments...);
      return true;
    } else {
      return Decision::try_push(store_, aggregate_id,
                                std::invoke(decide_, std::as_const(result.aggregate), arguments...), context,
                                result);
    }
  }

  std::string id_;
  Store& store_;
  Decide decide_;
  CommandOptions options_;
};

namespace detail {

/// The type of a handler's input, or `NoInput` when the handler is generic or has none.
template <class Signature, std::size_t stores, class NoInput>
struct HandlerInput {
  using type = NoInput;
};
template <class Signature, std::size_t stores, class NoInput>
  requires(Signature::is_known && (Signature::Parameters::size > stores))
struct HandlerInput<Signature, stores, NoInput> : ParameterOrVoid<Signature, 0> {};

}  // namespace detail

/// @brief Changes several aggregates or stores: the handler loads, validates and pushes by itself.
///
/// `handler(input, stores..., context...)`; what it returns is the command's result. Push to several stores as one
/// event group, so that a conflict leaves nothing of a failed attempt behind.
/// @code
/// auto catch_pokemon = castore::Command{"CATCH_POKEMON", std::tie(pokemons, trainers),
///   [](const CatchPokemon& input, PokemonStore& pokemon_store, TrainerStore& trainer_store) { ... }};
/// catch_pokemon({"pikachu", "ash"});
/// @endcode
/// **Guarantees** and **errors** as for the other form; the whole handler runs again after an
/// `EventAlreadyExistsError`, also one that is nested in another exception.
template <class... Stores, class Handler>
class Command<std::tuple<Stores&...>, Handler> {
  static_assert(detail::handler_matches_stores<Handler, Stores...>(),
                "castore: the handler of this command does not match its stores; it takes the input, then the stores "
                "in the order of std::tie(...) by reference, then the context: "
                "[](const Input& input, StoreA& a, StoreB& b) { ... }");
  using AllStores = detail::TypeList<Stores...>;
  struct NoInput;
  using NamedInput =
      typename detail::HandlerInput<detail::FunctionSignature<Handler>, sizeof...(Stores), NoInput>::type;

 public:
  /// @brief A command on several stores; nothing is loaded yet. @throws std::invalid_argument for options that mean
  /// nothing.
  /// @param stores `std::tie(store, ...)`; they must outlive the command.
  Command(std::string id, std::tuple<Stores&...> stores, Handler handler, CommandOptions options = {})
      : id_{std::move(id)}, stores_{stores}, handler_(std::move(handler)), options_{std::move(options)} {
    detail::check_options(options_);
  }

  /// @brief The name it was given, for logs and traces.
  std::string_view id() const noexcept { return id_; }
  /// @brief The stores, the handler and the options that it was given, e.g. for a command on other stores.
  const std::tuple<Stores&...>& event_stores() const noexcept { return stores_; }
  /// @brief The handler.
  const Handler& handler_function() const noexcept { return handler_; }
  /// @brief The options.
  const CommandOptions& options() const noexcept { return options_; }

  /// @brief Runs the command.
  decltype(auto) operator()() const {
    detail::check_handler_call<Handler, AllStores>();
    return call<>();
  }
  template <class Input, class... Context>
  decltype(auto) operator()(Input&& input, Context&&... context) const {
    detail::check_handler_call<Handler, AllStores, Input, Context...>();
    return call<Input, Context...>(input, context...);
  }
  /// @brief The same with the input in braces, `catch_pokemon({"pikachu", "ash"})`, where the handler names its type.
  template <class... Context>
  decltype(auto) operator()(NamedInput&& input, Context&&... context) const {
    detail::check_handler_call<Handler, AllStores, NamedInput, Context...>();
    return call<NamedInput, Context...>(input, context...);
  }
  /// @brief The same with the input as JSON, see the other form. @throws InvalidInputError
  template <class Json, class... Context>
  decltype(auto) call_json(const Json& json, Context&&... context) const {
    using Input = typename decltype(detail::InputParameter<detail::FunctionSignature<Handler>, 0,
                                                           sizeof...(Stores)>::find())::type;
    if constexpr (detail::check_json_input<Input>()) {
      auto input = detail::input_from_json<Input>(id_, detail::json_text_of(json));
      detail::check_handler_call<Handler, AllStores, Input&, Context...>();
      return call<Input&, Context...>(input, context...);
    }
  }

 private:
  template <class... Arguments>
  decltype(auto) call(std::remove_reference_t<Arguments>&... arguments) const {
    if constexpr (detail::is_handler_callable<Handler, AllStores, Arguments...>) {
      for (detail::Retries retries{options_};;) {
        try {
          return detail::call_handler(handler_, stores_, arguments...);
        } catch (...) {
          if (!retries.again_after_exception()) throw;
        }
      }
    }
  }

  std::string id_;
  std::tuple<Stores&...> stores_;
  Handler handler_;
  CommandOptions options_;
};

namespace detail {

template <class Store>
struct Temporary {};

}  // namespace detail

/// Explains what a command cannot refer to.
template <class Store, class Decide>
class Command<detail::Temporary<Store>, Decide> {
  static constexpr bool outlives_the_command = sizeof(Store) == 0;
  static_assert(outlives_the_command,
                "castore: a command refers to its event stores, so they must outlive it; give the store a name and pass "
                "that, or several of them by std::tie(store_a, store_b)");

 public:
  Command(std::string, const Store&&, Decide, CommandOptions = {}) {}
  template <class... Arguments>
  void operator()(const Arguments&...) const {}
};

template <class... Stores, class Handler>
Command(std::string, std::tuple<Stores&...>, Handler) -> Command<std::tuple<Stores&...>, Handler>;
template <class... Stores, class Handler>
Command(std::string, std::tuple<Stores&...>, Handler, CommandOptions) -> Command<std::tuple<Stores&...>, Handler>;
template <class Store, class Decide>
Command(std::string, Store&, Decide) -> Command<Store, Decide>;
template <class Store, class Decide>
Command(std::string, Store&, Decide, CommandOptions) -> Command<Store, Decide>;
template <class Store, class Decide>
Command(std::string, const Store&&, Decide) -> Command<detail::Temporary<Store>, Decide>;
template <class Store, class Decide>
Command(std::string, const Store&&, Decide, CommandOptions) -> Command<detail::Temporary<Store>, Decide>;

namespace detail {

template <class CommandType>
struct InputOf;
template <class Store, class Decide>
struct InputOf<Command<Store, Decide>> : InputParameter<FunctionSignature<Decide>, 1, 1> {};
template <class... Stores, class Handler>
struct InputOf<Command<std::tuple<Stores&...>, Handler>>
    : InputParameter<FunctionSignature<Handler>, 0, sizeof...(Stores)> {};

template <class CommandType>
struct OutputOf;
template <class Store, class Decide>
struct OutputOf<Command<Store, Decide>> {
  using type = typename Command<Store, Decide>::Result;
};
template <class... Stores, class Handler>
struct OutputOf<Command<std::tuple<Stores&...>, Handler>> : ResultOrVoid<FunctionSignature<Handler>> {};

}  // namespace detail

/// @brief The type of a command's id.
template <class CommandType>
using CommandId = decltype(std::declval<const CommandType&>().id());
/// @brief The type of a command's input, without const and reference; void when it has none. Its function must not be
/// generic.
template <class CommandType>
using CommandInput = typename decltype(detail::InputOf<std::remove_cvref_t<CommandType>>::find())::type;
/// @brief What a command returns. Its handler must not be generic.
template <class CommandType>
using CommandOutput = typename detail::OutputOf<std::remove_cvref_t<CommandType>>::type;

}  // namespace castore

#endif
