// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_REDUCER_HPP
#define CASTORE_CORE_REDUCER_HPP

#include <castore/core/aggregate.hpp>
#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/detail/replaceable.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief `Aggregate operator()(Aggregate, const Payload&) const`: returns the next state.
template <class Reducer, class Aggregate, class Payload>
concept ReducesPurely = requires(const Reducer& reducer, Aggregate aggregate, const Payload& payload) {
  { reducer(std::move(aggregate), payload) } -> std::same_as<Aggregate>;
};

/// @brief `Aggregate operator()(Aggregate, const Payload&, const EventInfo<Payload>&) const`: the same, with the header.
template <class Reducer, class Aggregate, class Payload>
concept ReducesPurelyWithInfo = requires(const Reducer& reducer, Aggregate aggregate, const Payload& payload,
                                         const EventInfo<Payload>& info) {
  { reducer(std::move(aggregate), payload, info) } -> std::same_as<Aggregate>;
};

/// @brief `void operator()(Aggregate&, const Payload&) const`: changes the state in place.
/// A function that takes its aggregate by value and returns nothing would lose what it changes, so it is none.
template <class Reducer, class Aggregate, class Payload>
concept ReducesInPlace =
    requires(const Reducer& reducer, Aggregate& aggregate, const Payload& payload) {
      { reducer(aggregate, payload) } -> std::same_as<void>;
    } && !std::invocable<const Reducer&, Aggregate, const Payload&>;

/// @brief `void operator()(Aggregate&, const Payload&, const EventInfo<Payload>&) const`: the same, with the header.
template <class Reducer, class Aggregate, class Payload>
concept ReducesInPlaceWithInfo =
    requires(const Reducer& reducer, Aggregate& aggregate, const Payload& payload, const EventInfo<Payload>& info) {
      { reducer(aggregate, payload, info) } -> std::same_as<void>;
    } && !std::invocable<const Reducer&, Aggregate, const Payload&, const EventInfo<Payload>&>;

namespace detail {

template <class Reducer, class Aggregate, class Payload>
inline constexpr int reducer_forms = int{ReducesPurely<Reducer, Aggregate, Payload>} +
                                     int{ReducesPurelyWithInfo<Reducer, Aggregate, Payload>} +
                                     int{ReducesInPlace<Reducer, Aggregate, Payload>} +
                                     int{ReducesInPlaceWithInfo<Reducer, Aggregate, Payload>};

/// One event of a reducer, checked so that a compiler's error names reducer, aggregate and event.
template <class Reducer, class Aggregate, class Payload>
struct CheckedReducer {
  static constexpr int forms = reducer_forms<Reducer, Aggregate, Payload>;
  static constexpr bool is_valid = forms == 1;
  static_assert(forms != 0,
                "castore: the reducer has no overload for this event; write in it one of: "
                "`TheAggregate operator()(TheAggregate, const ThePayload&) const` or "
                "`void operator()(TheAggregate&, const ThePayload&) const` (third parameter if wanted: "
                "`const castore::EventInfo<ThePayload>&`)");
  static_assert(forms <= 1, "castore: the reducer has several overloads for this event; keep one of them");
};

template <class Reducer, class Aggregate, class Payload>
inline constexpr bool returns_next_aggregate =
    ReducesPurely<Reducer, Aggregate, Payload> || ReducesPurelyWithInfo<Reducer, Aggregate, Payload>;

/// Calls a reducer of one of the pure forms.
template <class Reducer, class Aggregate, class Payload>
constexpr Aggregate next_aggregate(const Reducer& reducer, Aggregate&& aggregate, const Payload& payload,
                                   const EventInfo<Payload>& info) {
  if constexpr (ReducesPurely<Reducer, Aggregate, Payload>) {
    return reducer(std::move(aggregate), payload);
  } else {
    return reducer(std::move(aggregate), payload, info);
  }
}

/// Gives a new object that a reducer returned its `aggregate_id`. What else a reducer does to the id is put right after
/// the last event.
template <class Aggregate>
constexpr void name_new_aggregate(Aggregate& aggregate, std::string_view aggregate_id) {
  if (aggregate.aggregate_id == std::string_view{}) aggregate.aggregate_id = aggregate_id;
}

/// Applies one event; the library keeps `version`.
template <class Reducer, class Aggregate, class Payload>
constexpr void apply_event(const Reducer& reducer, Aggregate& aggregate, const Payload& payload,
                           const EventInfo<Payload>& info) {
  if constexpr (returns_next_aggregate<Reducer, Aggregate, Payload>) {
    aggregate = next_aggregate(reducer, std::move(aggregate), payload, info);
    name_new_aggregate(aggregate, info.aggregate_id);
  } else if constexpr (ReducesInPlace<Reducer, Aggregate, Payload>) {
    reducer(aggregate, payload);
  } else if constexpr (ReducesInPlaceWithInfo<Reducer, Aggregate, Payload>) {
    reducer(aggregate, payload, info);
  }
  aggregate.version = info.version;
}

/// What the first event is applied to.
template <class Aggregate>
constexpr Aggregate& begin_aggregate(std::optional<Aggregate>& aggregate, std::string_view aggregate_id) {
  if (!aggregate) aggregate.emplace().aggregate_id = aggregate_id;
  return *aggregate;
}

/// After the last event: what reducers did to the id is put right.
template <class Aggregate>
constexpr void end_aggregate(Aggregate& aggregate, std::string_view aggregate_id) {
  if (!(aggregate.aggregate_id == aggregate_id)) aggregate.aggregate_id = aggregate_id;
}

/// A pure reducer makes the next aggregate beside the last one.
template <class Aggregate, class Reducer, class EventList>
inline constexpr bool may_reduce_purely = true;
template <class Aggregate, class Reducer, class... Payloads>
inline constexpr bool may_reduce_purely<Aggregate, Reducer, Events<Payloads...>> =
    (returns_next_aggregate<Reducer, Aggregate, Payloads> || ...);

/// A fold in progress: the aggregate comes to life with its first event. `EventList` is `void` where it is not known.
template <class Aggregate, class Reducer, class EventList = void>
class AggregateFold {
 public:
  constexpr AggregateFold(const Reducer& reducer, std::string_view aggregate_id)
      : reducer_{reducer}, aggregate_id_{aggregate_id} {}
  constexpr AggregateFold(const Reducer& reducer, std::string_view aggregate_id, std::optional<Aggregate>&& seed)
      : reducer_{reducer}, aggregate_id_{aggregate_id}, aggregate_{std::move(seed)} {}

  template <class Payload>
  constexpr void apply(const Payload& payload, Version version, Timestamp timestamp,
                       const MetadataOf<Payload>& metadata) {
    const EventInfo<Payload> info{aggregate_id_, version, timestamp, metadata};
    if (!aggregate_) aggregate_.emplace().aggregate_id = aggregate_id_;
    if constexpr (returns_next_aggregate<Reducer, Aggregate, Payload>) {
      aggregate_.replace([&](Aggregate&& aggregate) {
        return next_aggregate(reducer_, std::move(aggregate), payload, info);
      });
      name_new_aggregate(*aggregate_, aggregate_id_);
      aggregate_->version = version;
    } else {
      apply_event(reducer_, *aggregate_, payload, info);
    }
  }

  template <class Payload>
  constexpr void apply(const EventDetail<Payload>& event) {
    apply(event.payload, event.version, event.timestamp, event.metadata);
  }

  constexpr std::optional<Aggregate> result() && {
    if (!aggregate_) return std::nullopt;
    end_aggregate(*aggregate_, aggregate_id_);
    return std::move(*aggregate_);
  }

 private:
  const Reducer& reducer_;
  std::string_view aggregate_id_;
  std::conditional_t<may_reduce_purely<Aggregate, Reducer, EventList>, Replaceable<Aggregate>, std::optional<Aggregate>>
      aggregate_;
};

}  // namespace detail

/// @brief Folds events into an aggregate: from nothing, or on from `aggregate`.
/// Works in constant expressions where the types do.
/// @return Nothing when there is neither an event nor an aggregate to start from.
/// @pre All events belong to one aggregate, that of `aggregate` when it is given.
template <class Aggregate, class Reducer, class... Payloads>
constexpr std::optional<Aggregate> build_aggregate(const Reducer& reducer,
                                                   std::span<const Event<Events<Payloads...>>> events,
                                                   std::optional<std::type_identity_t<Aggregate>> aggregate = {}) {
  if (events.empty()) return aggregate;
  detail::AggregateFold<Aggregate, Reducer, Events<Payloads...>> fold{reducer, events.front().aggregate_id(),
                                                                      std::move(aggregate)};
  for (const auto& event : events) {
    event.visit([&fold](const auto& event_detail) { fold.apply(event_detail); });
  }
  return std::move(fold).result();
}

}  // namespace castore

#endif
