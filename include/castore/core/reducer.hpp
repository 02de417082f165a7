// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_REDUCER_HPP
#define CASTORE_CORE_REDUCER_HPP

#include <castore/core/aggregate.hpp>
#include <castore/core/context.hpp>
#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/detail/fault.hpp>
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
  static constexpr bool is_there = forms > 0;
  static constexpr bool is_one = forms <= 1;
  static constexpr bool is_valid = is_there && is_one;

  static constexpr bool explain() {
    static_assert(is_there,
                  "castore: the reducer has no overload for this event; write in it one of: "
                  "`TheAggregate operator()(TheAggregate, const ThePayload&) const` or "
                  "`void operator()(TheAggregate&, const ThePayload&) const` (third parameter if wanted: "
                  "`const castore::EventInfo<ThePayload>&`)");
    static_assert(is_one, "castore: the reducer has several overloads for this event; keep one of them");
    return is_valid;
  }
};

template <class Candidate>
struct IsNoAggregate {
  static constexpr bool explain() {
    static_assert(never<Candidate>,
                  "castore: this type cannot be an aggregate; inherit castore::Aggregate (or have its members "
                  "`std::string aggregate_id` and `castore::Version version`) and make it default-constructible");
    return false;
  }
};

/// Exactly an object of this class, when in braces: what is generic is not asked for what it takes then, which could
/// fail to compile.
template <class Base>
struct Exactly : Base {};

/// A reducer has an overload for exactly this event.
template <class Reducer, class Aggregate, class Payload>
inline constexpr bool reduces_exactly = false;
template <class Reducer, class Aggregate, class Payload>
  requires(std::is_class_v<Payload> && !std::is_final_v<Payload>)
inline constexpr bool reduces_exactly<Reducer, Aggregate, Payload> = [] {
  using Event = const Exactly<Payload>&;
  using Info = const Exactly<EventInfo<Payload>>&;
  return requires(const Reducer& reducer, Aggregate& aggregate, Event event) {
    reducer(aggregate, {event});
  } || requires(const Reducer& reducer, Aggregate aggregate, Event event) { reducer(std::move(aggregate), {event}); } ||
         requires(const Reducer& reducer, Aggregate& aggregate, Event event, Info info) {
           reducer(aggregate, {event}, {info});
         } || requires(const Reducer& reducer, Aggregate aggregate, Event event, Info info) {
           reducer(std::move(aggregate), {event}, {info});
         };
}();

/// An event could be made of such an object where only the object itself is meant.
template <class Payload, class Value>
inline constexpr bool takes_in_braces = false;
template <class Payload, class Value>
  requires(!std::is_final_v<Value>)
inline constexpr bool takes_in_braces<Payload, Value> =
    requires(void (*take)(const Payload&), const Exactly<Value>& value) { take({value}); };

/// A reducer takes events that are not known. One that takes them must do so in one of the forms.
template <class Reducer, class Aggregate, class Events>
inline constexpr bool reduces_unknown_events = false;
template <class Reducer, class Aggregate, class... Payloads>
  requires(reduces_exactly<Reducer, Aggregate, UnknownEvent> && !(takes_in_braces<Payloads, UnknownEvent> || ...))
inline constexpr bool reduces_unknown_events<Reducer, Aggregate, Events<Payloads...>> =
    CheckedReducer<Reducer, Aggregate, UnknownEvent>::explain();
/// Stands for an object of a class that an older form and an event of today have as their common base.
template <class OldForm, class... Payloads>
struct CommonBase {
  template <class Base>
    requires(!std::same_as<Base, OldForm> && std::is_base_of_v<Base, OldForm> &&
             (std::is_base_of_v<Base, Payloads> || ...))
  operator const Base&() const;  // NOLINT(google-explicit-constructor)
};
/// What only a generic reducer takes.
struct OfNoClass {};

template <class Reducer, class Aggregate, class Payload>
concept Reduces = requires(const Reducer& reducer, Aggregate& aggregate, const Payload& payload) {
  reducer(aggregate, payload);
} || requires(const Reducer& reducer, Aggregate aggregate, const Payload& payload) {
  reducer(std::move(aggregate), payload);
};

/// A reducer takes an older form because it takes a base class, for events of today that have it, too.
template <class Reducer, class Aggregate, class OldForm, class... Payloads>
concept ReducesCommonBase =
    Reduces<Reducer, Aggregate, CommonBase<OldForm, Payloads...>> && !Reduces<Reducer, Aggregate, OfNoClass>;


/// One older form of an event, checked so that a compiler's error names reducer and form.
template <class Reducer, class Aggregate, class OldForm, class... Payloads>
struct CheckedOldForm {
  static constexpr bool is_not_reduced = [] {
    if constexpr (reduces_exactly<Reducer, Aggregate, OldForm> && !(takes_in_braces<Payloads, OldForm> || ...)) {
      return ReducesCommonBase<Reducer, Aggregate, OldForm, Payloads...>;
    }
    return true;
  }();
  static constexpr bool is_valid = is_not_reduced;
  static constexpr bool explain() {
    static_assert(is_not_reduced,
                  "castore: the reducer has an overload for an older form of an event, which it never gets to see; move "
                  "what it does into upcast(), and take the overload out");
    return is_valid;
  }
};

/// The older forms of one event.
template <class Reducer, class Aggregate, class Payload, class... Payloads>
struct CheckedOldForms {
  template <class... OldForms>
  static constexpr auto fault_of(Upcasts<OldForms...>) {
    using OldForm = FirstInvalid<CheckedOldForm<Reducer, Aggregate, OldForms, Payloads...>...>;
    using Older = FirstInvalid<CheckedOldForms<Reducer, Aggregate, OldForms, Payloads...>...>;
    if constexpr (is_fault<OldForm>) {
      return OldForm{};
    } else if constexpr (is_fault<Older>) {
      return Older::fault();
    } else {
      return NoFault{};
    }
  }
  static constexpr auto fault() {
    if constexpr (HasUpcasts<Payload>) {
      return fault_of(typename Payload::upcasts{});
    } else {
      return NoFault{};
    }
  }
  static constexpr bool is_valid = !is_fault<decltype(CheckedOldForms::fault())>;
};

/// What is wrong with events, an aggregate and a reducer. One mistake is one error: what depends on a part that is
/// wrong is not looked at.
template <class Events, class Aggregate, class Reducer>
struct DomainFault;
template <class... Payloads, class Aggregate, class Reducer>
struct DomainFault<Events<Payloads...>, Aggregate, Reducer> {
  static constexpr auto find() {
    if constexpr (!AggregateLike<Aggregate>) {
      return IsNoAggregate<Aggregate>{};
    } else if constexpr (is_fault<decltype(events_fault<Payloads...>())>) {
      return events_fault<Payloads...>();
    } else if constexpr (is_fault<FirstInvalid<CheckedReducer<Reducer, Aggregate, Payloads>...>>) {
      return FirstInvalid<CheckedReducer<Reducer, Aggregate, Payloads>...>{};
    } else if constexpr (is_fault<FirstInvalid<CheckedOldForms<Reducer, Aggregate, Payloads, Payloads...>...>>) {
      return FirstInvalid<CheckedOldForms<Reducer, Aggregate, Payloads, Payloads...>...>::fault();
    } else if constexpr (is_fault<FirstInvalid<CheckedValidate<Payloads>...>>) {
      return FirstInvalid<CheckedValidate<Payloads>...>::fault();
    } else {
      return NoFault{};
    }
  }
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

/// A pure reducer makes the next aggregate while the last one is still there.
template <class Aggregate, class Reducer, class EventList>
inline constexpr bool may_reduce_purely = true;
template <class Aggregate, class Reducer, class... Payloads>
inline constexpr bool may_reduce_purely<Aggregate, Reducer, Events<Payloads...>> =
    (returns_next_aggregate<Reducer, Aggregate, Payloads> || ...) ||
    (reduces_unknown_events<Reducer, Aggregate, Events<Payloads...>> &&
     returns_next_aggregate<Reducer, Aggregate, UnknownEvent>);

/// A fold in progress: the aggregate comes to life with its first event. `EventList` is `void` where it is not known.
template <class Aggregate, class Reducer, class EventList = void>
class AggregateFold {
 public:
  constexpr AggregateFold(const Reducer& reducer, std::string_view aggregate_id)
      : reducer_(reducer), aggregate_id_{aggregate_id} {}
  constexpr AggregateFold(const Reducer& reducer, std::string_view aggregate_id, std::optional<Aggregate>&& seed)
      : reducer_(reducer), aggregate_id_{aggregate_id}, aggregate_(std::move(seed)) {}

  template <class Payload>
  constexpr void apply(const Payload& payload, Version version, Timestamp timestamp,
                       const MetadataOf<Payload>& metadata, const EventContext& context = no_context) {
    const EventInfo<Payload> info{aggregate_id_, version, timestamp, metadata, context};
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
    apply(event.payload, event.version, event.timestamp, event.metadata, event.context);
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
/// @return Nothing when there is neither an event nor an aggregate to start from.
/// @pre All events belong to one aggregate, that of `aggregate` when it is given.
template <class Aggregate, class Reducer, class... Payloads>
std::optional<Aggregate> build_aggregate(const Reducer& reducer, std::span<const Event<Events<Payloads...>>> events,
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
