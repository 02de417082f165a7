// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_DOMAIN_HPP
#define CASTORE_TESTING_DOMAIN_HPP

#include <castore/core/aggregate.hpp>
#include <castore/core/decision.hpp>
#include <castore/core/events.hpp>
#include <castore/core/reducer.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
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

  static_assert(Events::is_valid);
  static_assert(AggregateLike<Aggregate>,
                "castore: this type cannot be an aggregate; inherit castore::Aggregate (or have its members "
                "`std::string aggregate_id` and `castore::Version version`) and make it default-constructible");
  static_assert((std::size_t{0} + ... + sizeof(castore::detail::CheckedReducer<Reducer, Aggregate, Payloads>)) > 0);
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

template <class Domain>
using PayloadsOf = std::vector<typename castore::detail::DecidedEvents<typename Domain::Events>::Payload>;

/// What is decided. @throws What the decide function throws.
template <class Domain, class Decide, class... Inputs>
constexpr PayloadsOf<Domain> decide_payloads(const Decide& decide,
                                             const typename DecisionOf<Domain, Decide>::State& state,
                                             Inputs&... inputs) {
  using Decision = DecisionOf<Domain, Decide>;
  castore::detail::DecidedEvents<typename Domain::Events> decided;
  Decision::template check_call<Inputs...>();
  if constexpr (Decision::template is_right_call<Inputs...>()) {
    if constexpr (std::is_void_v<typename Decision::template Decided<Inputs...>>) {
      std::invoke(decide, state, inputs...);
    } else {
      auto result = std::invoke(decide, state, inputs...);
      decided.add(std::move(result));
    }
  }
  return std::move(decided).take();
}

}  // namespace detail

}  // namespace castore::testing

#endif
