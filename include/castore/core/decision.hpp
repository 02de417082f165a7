// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DECISION_HPP
#define CASTORE_CORE_DECISION_HPP

/// @file
/// What a command's function may take and return, and how what it returns becomes events.

#include <castore/core/errors.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_parts.hpp>
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

/// Collects what a decide function returned, in order. `Payloads` is the store's Events.
template <class Events>
class DecidedEvents;
template <class... Payloads>
class DecidedEvents<Events<Payloads...>> {
 public:
  using Payload = std::variant<Payloads...>;

  template <class Value>
  static constexpr bool is_payload = (std::same_as<Value, Payloads> || ...);

  constexpr void add(std::same_as<std::monostate> auto&&) {}
  template <class Value>
    requires is_payload<Value>
  constexpr void add(Value&& payload) {
    payloads_.emplace_back(std::in_place_type<Value>, std::move(payload));
  }
  template <class Value>
  constexpr void add(std::optional<Value>&& value) {
    if (value) add(*std::move(value));
  }
  template <class Value>
  constexpr void add(std::vector<Value>&& values) {
    for (Value& value : values) add(std::move(value));
  }
  template <class... Values>
  constexpr void add(std::tuple<Values...>&& values) {
    std::apply([&](Values&... value) { (this->add(std::move(value)), ...); }, values);
  }
  template <class... Values>
  constexpr void add(std::variant<Values...>&& value) {
    std::visit([&](auto& alternative) { this->add(std::move(alternative)); }, value);
  }

  constexpr std::vector<Payload> take() && { return std::move(payloads_); }

 private:
  std::vector<Payload> payloads_;
};

/// True for what `DecidedEvents` can take.
template <class Events, class Value>
inline constexpr bool is_decision_of = Events::template contains<Value>;
template <class Events>
inline constexpr bool is_decision_of<Events, void> = true;
template <class Events>
inline constexpr bool is_decision_of<Events, std::monostate> = true;
template <class Events, class Value>
inline constexpr bool is_decision_of<Events, std::optional<Value>> = is_decision_of<Events, Value>;
template <class Events, class Value>
inline constexpr bool is_decision_of<Events, std::vector<Value>> = is_decision_of<Events, Value>;
template <class Events, class... Values>
inline constexpr bool is_decision_of<Events, std::tuple<Values...>> = (is_decision_of<Events, Values> && ...);
template <class Events, class... Values>
inline constexpr bool is_decision_of<Events, std::variant<Values...>> = (is_decision_of<Events, Values> && ...);

template <class Events, class Value>
constexpr void check_decision() {
  static_assert(is_decision_of<Events, Value>,
                "castore: the decide function of this command returns something that is no event of its store; return "
                "a payload of the store's castore::Events<...>, a std::optional, std::tuple, std::vector or "
                "std::variant of payloads, or nothing");
}

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
  static_assert(!std::is_const_v<Store>,
                "castore: a command pushes to its event store; pass a store that is not const");
  using Aggregate = typename Store::Aggregate;
  using Events = typename Store::Events;
  using FirstParameter = typename StateParameter<Decide, Aggregate>::type;

  static constexpr bool may_not_exist = std::same_as<FirstParameter, std::optional<Aggregate>>;
  /// A generic function takes an aggregate that must exist.
  using State = std::conditional_t<may_not_exist, std::optional<Aggregate>, Aggregate>;

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
    static_assert(is_callable<Arguments...> || !checked,
                  "castore: the decide function of this command cannot be called with the state and these arguments; "
                  "it takes `const` state first, then the arguments in this order, by reference (a retry needs them "
                  "again), and its call operator is const");
    if constexpr (is_callable<Arguments...>) check_decision<Events, Decided<Arguments...>>();
  }
  template <class... Arguments>
  static constexpr bool is_right_call() {
    if constexpr (is_callable<Arguments...>) return is_decision_of<Events, Decided<Arguments...>>;
    return false;
  }

  static State load(const Store& store, std::string_view aggregate_id) {
    if constexpr (may_not_exist) {
      return store.get_aggregate(aggregate_id);
    } else {
      return store.get_existing_aggregate(aggregate_id);
    }
  }

  /// Pushes what was decided; `state` and `events` then are what the command returns. The reducer sees the events
  /// before they are written, so that what it refuses never becomes history.
  /// @return False on a conflict.
  template <class Decided>
  static bool try_push(Store& store, std::string_view aggregate_id, Decided decided, State& state,
                       std::vector<typename Store::Event>& events) {
    if constexpr (Events::template contains<Decided>) {
      const Version version = version_of(state) + 1;
      auto pushed = store.try_push_event(std::string{aggregate_id}, version, std::move(decided),
                                         {.prev_aggregate = std::move(state)});
      if (!pushed) return false;
      state = *std::move(pushed->next_aggregate);
      events.emplace_back(std::move(pushed->event));
      return true;
    } else {
      DecidedEvents<Events> payloads;
      payloads.add(std::move(decided));
      return try_push_all(store, aggregate_id, std::move(payloads).take(), state, events);
    }
  }

 private:
  template <class... StoreParameters>
  static bool try_push_all(EventStore<StoreParameters...>& store, std::string_view aggregate_id,
                           std::vector<typename DecidedEvents<Events>::Payload> payloads, State& state,
                           std::vector<typename Store::Event>& events) {
    if (payloads.empty()) return true;
    Version version = version_of(state);
    std::optional<Aggregate> prev_aggregate{std::move(state)};
    std::vector<GroupedEvent> group;
    group.reserve(payloads.size());
    for (auto& payload : payloads) {
      ++version;
      std::visit(
          [&](auto& value) {
            group.push_back(store.group_event(std::string{aggregate_id}, version, std::move(value),
                                              {.prev_aggregate = std::exchange(prev_aggregate, std::nullopt)}));
          },
          payload);
    }
    const std::vector<GroupedEventState*> states = states_of(group);
    const PushOutcome outcome = try_push_group(GroupedEventStates{states}, {});
    if (outcome.status == PushOutcome::already_exists) return false;
    if (outcome.status != PushOutcome::pushed) throw_refused(GroupedEventStates{states}, outcome);
    using Grouped = GroupedEventIn<EventStore<StoreParameters...>>;
    state = *static_cast<Grouped*>(states.back())->next_aggregate();
    for (GroupedEventState* event : states) events.push_back(static_cast<Grouped*>(event)->take_event());
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
  static_assert(is_handler_callable<Handler, Stores, Arguments...> || !matches_stores<Handler, Stores>,
                "castore: the handler of this command cannot be called with these arguments; it takes the input, then "
                "the stores in the order of std::tie(...), then the context, all by reference (a retry needs them "
                "again), and its call operator is const");
}

}  // namespace castore::detail

#endif
