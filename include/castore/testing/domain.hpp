// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_DOMAIN_HPP
#define CASTORE_TESTING_DOMAIN_HPP

#include <castore/core/aggregate.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/reducer.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::testing {

/// @brief Events, aggregate and reducer: what the test kit must know of a domain. The type of an `EventStore` says it
/// too; reach for a `Domain` where there is none.
template <class Events, class Aggregate, class Reducer>
struct Domain {
  static constexpr bool checked = sizeof(Events) == 0;  ///< Never: it does not compile.
  static_assert(checked, "castore: the first parameter of a Domain is a list castore::Events<Payload, ...>");
};

/// @brief The valid form of a domain.
template <class... Payloads, class AggregateT, class ReducerT>
struct Domain<castore::Events<Payloads...>, AggregateT, ReducerT> {
  using Events = castore::Events<Payloads...>;  ///< The list of payload types.
  using Aggregate = AggregateT;                 ///< What is built from events.
  using Reducer = ReducerT;                     ///< What builds it.
  using Event = castore::Event<Events>;         ///< An event of any of the types.

  static_assert(decltype(castore::detail::DomainFault<Events, Aggregate, Reducer>::find())::explain() || true);
};

namespace detail {

template <class Candidate>
concept IsDomain = requires {
  typename Candidate::Events;
  typename Candidate::Aggregate;
  typename Candidate::Reducer;
};

template <class Domain, class Decide>
using DecisionOf = castore::detail::Decision<Domain, std::decay_t<Decide>>;

template <class Events>
struct AnyDecidedEvent;
template <class... Payloads>
struct AnyDecidedEvent<castore::Events<Payloads...>> {
  using type = std::variant<EventWithMetadata<Payloads>...>;
};
/// What a decision consists of.
template <class Events>
using DecidedEvents = std::vector<typename AnyDecidedEvent<Events>::type>;

/// Appends the events of a value.
template <class Events, class Value>
constexpr void add_decided(DecidedEvents<Events>& events, Value&& value) {
  castore::detail::for_each_event_of(
      std::move(value), [&events]<class Payload>(Payload&& payload, MetadataOf<Payload>&& metadata) {
        events.emplace_back(EventWithMetadata<Payload>{std::move(payload), std::move(metadata)});
      });
}

/// What is decided. @throws What the decide function throws.
template <class Domain, class Decide, class... Inputs>
constexpr DecidedEvents<typename Domain::Events> decide_events(const Decide& decide,
                                                               const typename DecisionOf<Domain, Decide>::State& state,
                                                               Inputs&... inputs) {
  using Decision = DecisionOf<Domain, Decide>;
  DecidedEvents<typename Domain::Events> decided;
  Decision::template check_call<Inputs...>();
  castore::detail::check_decision<typename Decision::Events,
                                  typename decltype(Decision::template decided_by<Inputs...>())::type>();
  if constexpr (Decision::template is_right_call<Inputs...>()) {
    if constexpr (std::is_void_v<typename Decision::template Decided<Inputs...>>) {
      std::invoke(decide, state, inputs...);
    } else {
      add_decided<typename Domain::Events>(decided, std::invoke(decide, state, inputs...));
    }
  }
  return decided;
}

}  // namespace detail

}  // namespace castore::testing

#endif
