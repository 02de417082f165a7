// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_DETAIL_HANDLED_EVENTS_HPP
#define CASTORE_LOG_DETAIL_HANDLED_EVENTS_HPP

/// @file
/// Which events a handler takes, and the forms in which it can be given one.

#include <castore/core/context.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/log/event_place.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore::detail {

/// How a handler takes an event.
enum class HandlerForm { none, event_place, event, transaction_event_place, transaction_event };

/// One after another, as to ask a generic function whether it takes something compiles its body.
template <class Handler, class Transaction, class Payload>
consteval HandlerForm handler_form() {
  using Event = const EventDetail<Payload>&;
  if constexpr (std::is_invocable_v<Handler&, Event, const EventPlace&>) {
    return HandlerForm::event_place;
  } else if constexpr (std::is_invocable_v<Handler&, Event>) {
    return HandlerForm::event;
  } else if constexpr (std::is_invocable_v<Handler&, Transaction&, Event, const EventPlace&>) {
    return HandlerForm::transaction_event_place;
  } else if constexpr (std::is_invocable_v<Handler&, Transaction&, Event>) {
    return HandlerForm::transaction_event;
  } else {
    return HandlerForm::none;
  }
}

template <std::size_t store, class Payload>
struct HandledEvent {};

/// Those events of a store that a handler takes.
template <class Handler, class Transaction, std::size_t store, class Events>
struct HandledOfStore;
template <class Handler, class Transaction, std::size_t store, class... Payloads>
struct HandledOfStore<Handler, Transaction, store, Events<Payloads...>> {
  template <class Payload>
  static constexpr HandlerForm form = handler_form<Handler, Transaction, Payload>();
  template <class Payload>
  using One =
      std::conditional_t<form<Payload> != HandlerForm::none, std::tuple<HandledEvent<store, Payload>>, std::tuple<>>;
  using type = decltype(std::tuple_cat(One<Payloads>{}...));

  static constexpr bool are_all = ((form<Payloads> != HandlerForm::none) && ...);
  static constexpr bool is_in_transaction = ((form<Payloads> >= HandlerForm::transaction_event_place) || ...);
};

/// An event that a handler is not to be called with, and why.
struct UndecodedEvent {
  std::string aggregate_id{};
  Version version = 0;
  std::string type{};
  Timestamp timestamp{};
  std::exception_ptr error{};
};

template <class Handled>
struct HandledValues;
template <std::size_t... stores, class... Payloads>
struct HandledValues<std::tuple<HandledEvent<stores, Payloads>...>> {
  using Variant = std::variant<UndecodedEvent, EventDetail<Payloads>...>;
  using Copies = std::tuple<std::optional<EventDetail<Payloads>>...>;
};

/// The place of a type in a list of types.
template <class Wanted, class List>
struct IndexIn;
template <class Wanted, class... Types>
struct IndexIn<Wanted, std::tuple<Types...>> {
  static constexpr std::size_t value = [] {
    std::size_t index = 0;
    (void)((std::same_as<Wanted, Types> || (++index, false)) || ...);
    return index;
  }();
};

/// An event as one looks at it, wherever it is kept.
template <class Payload>
struct EventRef {
  EventRef(std::string_view aggregate_id_, Version version_, Timestamp timestamp_, const Payload& payload_,
           const MetadataOf<Payload>& metadata_, const EventContext& context_) noexcept
      : aggregate_id{aggregate_id_},
        version{version_},
        timestamp{timestamp_},
        payload(payload_),
        metadata(metadata_),
        context{context_} {}
  explicit EventRef(const EventDetail<Payload>& event) noexcept
      : EventRef{event.aggregate_id, event.version, event.timestamp, event.payload, event.metadata,
                 event.context} {}

  EventDetail<Payload> to_detail() const {
    return {std::string{aggregate_id}, version, timestamp, Payload(payload), MetadataOf<Payload>(metadata),
            context};
  }

  std::string_view aggregate_id;
  Version version;
  Timestamp timestamp;
  const Payload& payload;
  const MetadataOf<Payload>& metadata;
  const EventContext& context;
};

template <class Payload>
EventDetail<Payload> decode_detail(std::string_view event_store_id, const EventRecordView& record) {
  if constexpr (EncodablePayload<Payload>) {
    return with_event_in_error<EventDecodeError>(
        event_store_id, record.aggregate_id, record.version, record.type, [&record] {
          EventContext context;
          EventDetail<Payload> detail{.aggregate_id = std::string{record.aggregate_id},
                                      .version = record.version,
                                      .timestamp = record.timestamp,
                                      .payload = decode_payload<Payload>(record),
                                      .metadata = decode_metadata<MetadataOf<Payload>>(record.metadata, context)};
          detail.context = std::move(context);
          return detail;
        });
  } else {
    throw EventDecodeError{event_store_id, record.aggregate_id, record.version, record.type,
                           "its type has no codec; include <castore/json.hpp> and give it one"};
  }
}

/// A handler that is to have every event also of stores that skip unknown ones.
template <class Handler>
concept LeavesNothingOut = std::remove_cvref_t<Handler>::leaves_nothing_out;

}  // namespace castore::detail

#endif
