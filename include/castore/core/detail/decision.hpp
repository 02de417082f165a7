// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_DECISION_HPP
#define CASTORE_CORE_DETAIL_DECISION_HPP

/// @file
/// What a command's function may take and return, and how what it returns becomes events.

#include <castore/core/context.hpp>
#include <castore/core/detail/events_in_push.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::detail {

template <class Signature, std::size_t Index>
struct ParameterOrVoid {
  using type = void;
};
template <class Signature, std::size_t Index>
  requires(Signature::is_known && (Signature::Parameters::size > Index))
struct ParameterOrVoid<Signature, Index> {
  using type = std::remove_cvref_t<typename Signature::Parameters::template At<Index>>;
};

template <class Signature>
struct ResultOrVoid {
  static_assert(Signature::is_known, "castore: the result of a generic function is not known; name its parameters");
  using type = typename Signature::Result;
};

template <class Aggregate>
Version version_of(const Aggregate& aggregate) {
  return aggregate.version;
}
template <class Aggregate>
Version version_of(const std::optional<Aggregate>& aggregate) {
  return aggregate ? aggregate->version : 0;
}

/// True for what a decide function can return.
template <class Events, class Value>
inline constexpr bool is_decision_of = ForeignIn<Events, Value>::is_valid;

/// True when a value of this type cannot be a decision that nothing happens.
template <class Value>
inline constexpr bool always_decides_event = true;
template <>
inline constexpr bool always_decides_event<void> = false;
template <>
inline constexpr bool always_decides_event<std::monostate> = false;
template <class Value>
inline constexpr bool always_decides_event<std::optional<Value>> = false;
template <class Value>
inline constexpr bool always_decides_event<std::vector<Value>> = false;
template <class... Values>
inline constexpr bool always_decides_event<std::tuple<Values...>> = (always_decides_event<Values> || ...);
template <class... Values>
inline constexpr bool always_decides_event<std::variant<Values...>> = (always_decides_event<Values> && ...);

template <class Events, class Value>
constexpr void check_decision() {
  constexpr bool is_decision = is_decision_of<Events, Value>;
  static_assert(
      is_decision,
      "castore: the decide function of this command returns something that is not an event of its store; return "
      "a payload of the store's castore::Events<...>, alone or by castore::with_metadata(...), a "
      "std::optional, std::tuple, std::vector or std::variant of such events, or nothing");
}

/// What of a command's state is left in its result: after a decision that always yields an event there is an aggregate.
template <class Signature, class State, class Aggregate>
struct ResultState {
  using type = State;
};
template <class Signature, class State, class Aggregate>
  requires(Signature::is_known)
struct ResultState<Signature, State, Aggregate>
    : std::conditional<always_decides_event<std::remove_cvref_t<typename Signature::Result>>, Aggregate, State> {};

template <class Function, class State>
struct StateParameter {
  using type = State;
};
template <class Function, class State>
  requires(FunctionSignature<Function>::is_known)
struct StateParameter<Function, State> {
  using type = typename ParameterOrVoid<FunctionSignature<Function>, 0>::type;
};

/// The decide function of a command over one store.
template <class Store, class Decide>
struct Decision {
  using Aggregate = typename Store::Aggregate;
  using Events = typename Store::Events;
  using FirstParameter = typename StateParameter<Decide, Aggregate>::type;

  static constexpr bool may_not_exist = std::same_as<FirstParameter, std::optional<Aggregate>>;
  /// A generic function takes an aggregate that must exist.
  using State = std::conditional_t<may_not_exist, std::optional<Aggregate>, Aggregate>;

  using ResultState = typename detail::ResultState<FunctionSignature<Decide>, State, Aggregate>::type;

  // Behind the types, which Clang would not find after it failed.
  static_assert(!std::is_const_v<Store>,
                "castore: a command pushes to its event store; pass a store that is not const");

  static constexpr bool checked = may_not_exist || std::is_convertible_v<const Aggregate&, FirstParameter>;
  static_assert(checked,
                "castore: the decide function of this command does not take the state of its store; let its first "
                "parameter be `const TheAggregate&` (it must exist) or `const std::optional<TheAggregate>&` (it may "
                "not exist yet)");

  template <class... Arguments>
  static constexpr bool is_callable =
      std::is_invocable_v<const Decide&, const State&, std::remove_reference_t<Arguments>&...>;
  template <class... Arguments>
  using Decided =
      std::remove_cvref_t<std::invoke_result_t<const Decide&, const State&, std::remove_reference_t<Arguments>&...>>;

  /// One compile error for a wrong call of the command, which names its arguments.
  template <class... Arguments>
  static constexpr void check_call() {
    constexpr bool is_wrong = checked && !is_callable<Arguments...>;
    static_assert(!is_wrong,
                  "castore: the decide function of this command cannot be called with the state and these arguments; "
                  "it takes `const` state first, then the arguments in this order, by reference (a retry needs them "
                  "again), and its call operator is const");
  }
  /// What a call decides; nothing for a wrong call, which is an error already.
  template <class... Arguments>
  static constexpr auto decided_by() {
    if constexpr (is_callable<Arguments...>)
      return std::type_identity<Decided<Arguments...>>{};
    else
      return std::type_identity<void>{};
  }
  template <class... Arguments>
  static constexpr bool is_right_call() {
    if constexpr (is_callable<Arguments...>) return is_decision_of<Events, Decided<Arguments...>>;
    return false;
  }

  static State load(const Store& store, std::string_view aggregate_id) {
    const GetAggregateOptions options = whole_aggregate(store);
    if constexpr (may_not_exist) {
      return store.get_aggregate(aggregate_id, options);
    } else {
      return store.get_existing_aggregate(aggregate_id, options);
    }
  }

  /// Pushes what was decided; `result` then is what the command returns, and its aggregate that of before until then.
  /// The reducer sees the events before they are written, so that what it refuses never becomes history.
  /// @return False on a conflict.
  template <class Decided, class Result>
  static bool try_push(Store& store, std::string_view aggregate_id, Decided decided, const EventContext& context,
                       Result& result) {
    if constexpr (Events::template contains<Decided>) {
      return try_push_one<Decided>(store, aggregate_id, std::move(decided), {}, context, result);
    } else if constexpr (is_with_metadata<Decided>) {
      return try_push_one(store, aggregate_id, std::move(decided.payload), std::move(decided.metadata), context,
                          result);
    } else {
      return try_push_all(store, aggregate_id, std::move(decided), context, result);
    }
  }

 private:
  template <class Payload, class Result>
  static bool try_push_one(Store& store, std::string_view aggregate_id, Payload&& payload,
                           MetadataOf<Payload>&& metadata, const EventContext& context, Result& result) {
    State& state = result.aggregate;
    const Version version = version_of(state) + 1;
    auto pushed = store.try_push_event(std::string{aggregate_id}, version, std::move(payload),
                                       {.metadata = std::move(metadata),
                                        .prev_aggregate = std::move(state),
                                        .context = context});
    if (!pushed) return false;
    state = *std::move(pushed->next_aggregate);
    result.events.emplace_back(std::move(pushed->event));
    result.position = pushed->position;
    return true;
  }

  template <class... StoreParameters, class Decided, class Result>
  static bool try_push_all(EventStore<StoreParameters...>& store, std::string_view aggregate_id, Decided&& decided,
                           const EventContext& context, Result& result) {
    State& state = result.aggregate;
    EventsInPush<EventStore<StoreParameters...>> pushed{store, std::string{aggregate_id}, version_of(state),
                                                        context};
    pushed.add(std::move(decided));
    if (pushed.is_empty()) return true;
    pushed.prev_aggregate() = std::move(state);
    if (!pushed.push(false)) return false;
    state = *std::move(pushed.next_aggregate());
    pushed.move_events_to(result.events);
    result.position = pushed.last_position();
    return true;
  }
};

template <class Handler, class... Stores>
constexpr bool handler_matches_stores() {
  if constexpr (FunctionSignature<Handler>::is_known) {
    using Parameters = typename FunctionSignature<Handler>::Parameters;
    return []<std::size_t... Index>(std::index_sequence<Index...>) {
      if constexpr (Parameters::size == sizeof...(Stores)) {
        return (std::is_convertible_v<Stores&, typename Parameters::template At<Index>> && ...);
      } else if constexpr (Parameters::size > sizeof...(Stores)) {
        return (std::is_convertible_v<Stores&, typename Parameters::template At<Index + 1>> && ...);
      } else {
        return false;
      }
    }(std::index_sequence_for<Stores...>{});
  }
  return true;
}

template <class Handler, class... Stores>
decltype(auto) call_handler(const Handler& handler, std::tuple<Stores&...> stores) {
  return std::apply([&](Stores&... store) -> decltype(auto) { return std::invoke(handler, store...); }, stores);
}
template <class Handler, class... Stores, class Input, class... Context>
decltype(auto) call_handler(const Handler& handler, std::tuple<Stores&...> stores, Input& input, Context&... context) {
  return std::apply(
      [&](Stores&... store) -> decltype(auto) { return std::invoke(handler, input, store..., context...); }, stores);
}

template <class Handler, class Stores, class... Arguments>
inline constexpr bool is_handler_callable = false;
template <class Handler, class... Stores>
inline constexpr bool is_handler_callable<Handler, TypeList<Stores...>> =
    std::is_invocable_v<const Handler&, Stores&...>;
template <class Handler, class... Stores, class Input, class... Context>
inline constexpr bool is_handler_callable<Handler, TypeList<Stores...>, Input, Context...> =
    std::is_invocable_v<const Handler&, std::remove_reference_t<Input>&, Stores&...,
                        std::remove_reference_t<Context>&...>;

template <class Handler, class Stores>
inline constexpr bool matches_stores = false;
template <class Handler, class... Stores>
inline constexpr bool matches_stores<Handler, TypeList<Stores...>> = handler_matches_stores<Handler, Stores...>();

template <class Handler, class Stores, class... Arguments>
constexpr void check_handler_call() {
  constexpr bool is_wrong = matches_stores<Handler, Stores> && !is_handler_callable<Handler, Stores, Arguments...>;
  static_assert(!is_wrong,
                "castore: the handler of this command cannot be called with these arguments; it takes the input, then "
                "the stores in the order of std::tie(...), then the context, all by reference (a retry needs them "
                "again), and its call operator is const");
}

}  // namespace castore::detail

#endif
