// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_DOMAIN_HPP
#define CASTORE_TESTING_DOMAIN_HPP

#include <castore/core/aggregate.hpp>
#include <castore/core/events.hpp>
#include <castore/core/reducer.hpp>
#include <castore/fwd.hpp>

#include <cstddef>

namespace castore::testing {

/// @brief Events, aggregate and reducer: what the test kit must know of a domain. The type of an `EventStore` says it
/// too; reach for a `Domain` where there is none, or to test in constant expressions.
template <class Events, class Aggregate, class Reducer>
struct Domain {
  static constexpr bool checked = sizeof(Events) == 0;
  static_assert(checked, "castore: the first parameter of a Domain is a list castore::Events<Payload, ...>");
};

template <class... Payloads, class AggregateT, class ReducerT>
struct Domain<castore::Events<Payloads...>, AggregateT, ReducerT> {
  using Events = castore::Events<Payloads...>;
  using Aggregate = AggregateT;
  using Reducer = ReducerT;
  using Event = castore::Event<Events>;

  static_assert(Events::checked > 0);
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

}  // namespace detail

}  // namespace castore::testing

#endif
