// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_EVENT_STORE_PARTS_HPP
#define CASTORE_CORE_DETAIL_EVENT_STORE_PARTS_HPP

/// @file
/// What an `EventStore` checks when it is compiled.

#include <castore/core/aggregate.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/detail/checked_events.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/fault.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

template <class Candidate>
inline constexpr bool is_shared_ptr = false;
template <class Value>
inline constexpr bool is_shared_ptr<std::shared_ptr<Value>> = true;

template <class Candidate>
inline constexpr bool is_vector = false;
template <class Value>
inline constexpr bool is_vector<std::vector<Value>> = true;

/// What takes the adapter's place in a constructor: anything but the arguments of the other constructors.
template <class Candidate, class Options>
concept IsAdapterArgument =
    !std::same_as<std::remove_cv_t<Candidate>, Options> && !is_shared_ptr<std::remove_cv_t<Candidate>>;

template <class Candidate>
concept IsPayloadArgument = !is_vector<Candidate>;

/// A handle to an adapter that a store was given, whose adapters have the type `Adapter`.
template <class Adapter, class AdapterLike>
AnyEventStorageAdapter handle_for(std::shared_ptr<AdapterLike> adapter) {
  constexpr bool takes_any = std::same_as<Adapter, AnyEventStorageAdapter>;
  if constexpr (takes_any && std::same_as<std::remove_const_t<AdapterLike>, AnyEventStorageAdapter>) {
    return adapter ? *adapter : AnyEventStorageAdapter{};
  } else if constexpr (takes_any) {
    static_assert(explain_event_storage_adapter<AdapterLike>());
    if constexpr (EventStorageAdapter<AdapterLike>) return AnyEventStorageAdapter{std::move(adapter)};
  } else {
    constexpr bool fits = std::is_convertible_v<AdapterLike*, Adapter*>;
    static_assert(fits,
                  "castore: this event store is declared for another type of adapter; pass one of the type of its "
                  "fourth parameter (not const), or leave the fourth parameter out");
    if constexpr (fits && EventStorageAdapter<Adapter>) {
      return AnyEventStorageAdapter{std::shared_ptr<Adapter>{std::move(adapter)}};
    }
  }
  return {};
}

/// The events may be kept as objects, and the adapter may be one that does.
template <class Events, class Adapter>
inline constexpr bool can_keep = are_keepable<Events> && KeepsTypedEvents<Adapter>;

/// The parts that depend on the list of event types.
template <class EventList, class Aggregate, class Reducer, class Adapter>
struct EventStoreParts {
  static_assert(never<EventList>,
                "castore: the first parameter of an EventStore is a list castore::Events<Payload, ...>");
  static constexpr NoFault fault() { return {}; }
};

template <class... Payloads, class Aggregate, class Reducer, class Adapter>
struct EventStoreParts<Events<Payloads...>, Aggregate, Reducer, Adapter> {
  using AllEvents = Events<Payloads...>;

  static constexpr bool has_adapter_of_any_type = std::same_as<Adapter, AnyEventStorageAdapter>;
  static constexpr bool can_encode = !is_fault<decltype(events_fault<Payloads...>())> && (EncodablePayload<Payloads> && ...);

  static constexpr bool needs_codecs = has_adapter_of_any_type || !can_keep<AllEvents, Adapter>;

  static_assert(explain_event_storage_adapter<Adapter>());

  /// What is wrong besides, see `DomainFault`.
  static constexpr auto fault() {
    using Domain = DomainFault<AllEvents, Aggregate, Reducer>;
    if constexpr (is_fault<decltype(Domain::find())>) {
      return Domain::find();
    } else if constexpr (needs_codecs) {
      using Codec = FirstInvalid<CheckedCodec<Payloads>...>;
      if constexpr (is_fault<Codec>)
        return Codec::fault();
      else
        return NoFault{};
    } else {
      return NoFault{};
    }
  }
};

}  // namespace castore::detail

#endif
