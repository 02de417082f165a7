// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_DETAIL_EVENT_BATCH_HPP
#define CASTORE_LOG_DETAIL_EVENT_BATCH_HPP

/// @file
/// The events that a handler takes, read and decoded: of which types they are is known from the handler.

#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/fwd.hpp>
#include <castore/log/event_place.hpp>
#include <castore/log/subscription_options.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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
struct HandledVariant;
template <std::size_t... stores, class... Payloads>
struct HandledVariant<std::tuple<HandledEvent<stores, Payloads>...>> {
  using type = std::variant<UndecodedEvent, EventDetail<Payloads>...>;
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

template <class Payload>
EventDetail<Payload> decode_detail(std::string_view event_store_id, const EventRecordView& record) {
  if constexpr (EncodablePayload<Payload>) {
    return with_event_in_error<EventDecodeError>(
        event_store_id, record.aggregate_id, record.version, record.type, [&record] {
          return EventDetail<Payload>{.aggregate_id = std::string{record.aggregate_id},
                                      .version = record.version,
                                      .timestamp = record.timestamp,
                                      .payload = decode_payload<Payload>(record),
                                      .metadata = decode_value<MetadataOf<Payload>>(record.metadata)};
        });
  } else {
    throw EventDecodeError{event_store_id, record.aggregate_id, record.version, record.type,
                           "its type has no codec; include <castore/json.hpp> and give it one"};
  }
}

/// A handler that is to have every event also of stores that skip unknown ones.
template <class Handler>
concept LeavesNothingOut = std::remove_cvref_t<Handler>::leaves_nothing_out;

/// What is read at once.
template <class Handler, class Transaction, class... Stores>
class EventBatch {
  template <std::size_t... stores>
  static auto handled_of(std::index_sequence<stores...>) -> decltype(std::tuple_cat(
      typename HandledOfStore<Handler, Transaction, stores, typename Stores::Events>::type{}...));
  template <std::size_t... stores>
  static consteval bool any_in_transaction(std::index_sequence<stores...>) {
    return (HandledOfStore<Handler, Transaction, stores, typename Stores::Events>::is_in_transaction || ...);
  }
  using Indices = std::index_sequence_for<Stores...>;
  using Handled = decltype(handled_of(Indices{}));
  using Value = typename HandledVariant<Handled>::type;

  struct Item {
    Position position;
    std::size_t store;
    Value value;
  };

 public:
  static constexpr bool is_anything_handled = std::tuple_size_v<Handled> > 0;
  /// Handlers are called within the transaction that moves the checkpoint.
  static constexpr bool is_in_transaction = any_in_transaction(Indices{});

  explicit EventBatch(const std::tuple<Stores&...>& stores)
      : event_store_ids_{std::apply(
            [](const auto&... store) {
              return std::array<std::string_view, sizeof...(Stores)>{store.event_store_id()...};
            },
            stores)},
        skips_unknown_{std::apply(
            [](const auto&... store) {
              return std::array<bool, sizeof...(Stores)>{(store.options().unknown_events == UnknownEvents::skip)...};
            },
            stores)} {
    add_types(Indices{});
  }

  /// Replaces what was read before by what comes after a position.
  template <class Storage>
  ReadAllEventsResult read(Storage& storage, Position after, std::size_t limit,
                           const SubscriptionPartition& partition) {
    items_.clear();
    const ReadAllEventsOptions options{limit, event_store_ids_, types_};
    const auto is_ours = [&partition](std::string_view event_store_id, std::string_view aggregate_id) {
      return partition.count == 1 ||
             hash_of_aggregate(event_store_id, aggregate_id) % partition.count == partition.index;
    };
    if constexpr (ReadsAllTypedEvents<Storage>) {
      if (supports<operations::ReadAllTypedEvents>(storage)) {
        return storage.read_all_typed_events(after, options, [&](const SequencedTypedEvent& event) {
          if (is_ours(event.event_store_id, event.aggregate_id)) add_typed(event, Indices{});
        });
      }
    }
    if constexpr (ReadsAllEvents<Storage>) {
      return storage.read_all_events(after, options, [&](const SequencedEventView& event) {
        if (is_ours(event.event_store_id, event.event.aggregate_id)) add_record(event, Indices{});
      });
    }
    return {};
  }

  std::size_t size() const noexcept { return items_.size(); }

  EventPlace place(std::size_t index) const {
    const Item& item = items_[index];
    return std::visit(
        [&]<class Event>(const Event& event) {
          std::string_view type;
          if constexpr (std::same_as<Event, UndecodedEvent>) {
            type = event.type;
          } else {
            type = Event::type();
          }
          return EventPlace{item.position,  event_store_ids_[item.store], event.aggregate_id, event.version, type,
                            event.timestamp};
        },
        item.value);
  }

  /// Calls the handler with an event. @throws What the handler throws, or why the event was not decoded.
  void handle(Handler& handler, Transaction* transaction, std::size_t index) const {
    std::visit(
        [&]<class Event>(const Event& event) {
          if constexpr (std::same_as<Event, UndecodedEvent>) {
            std::rethrow_exception(event.error);
          } else {
            call(handler, transaction, event, index);
          }
        },
        items_[index].value);
  }

  /// Calls `visitor(detail)` with an event. @throws Why it was not decoded.
  template <class Visitor>
  void visit(std::size_t index, const Visitor& visitor) const {
    std::visit(
        [&]<class Event>(const Event& event) {
          if constexpr (std::same_as<Event, UndecodedEvent>) {
            std::rethrow_exception(event.error);
          } else {
            visitor(event);
          }
        },
        items_[index].value);
  }

 private:
  template <class Payload>
  void call(Handler& handler, Transaction* transaction, const EventDetail<Payload>& event, std::size_t index) const {
    constexpr HandlerForm form = handler_form<Handler, Transaction, Payload>();
    if constexpr (form == HandlerForm::event_place) {
      handler(event, place(index));
    } else if constexpr (form == HandlerForm::event) {
      handler(event);
    } else if constexpr (form == HandlerForm::transaction_event_place) {
      handler(*transaction, event, place(index));
    } else {
      handler(*transaction, event);
    }
  }

  /// Types are selected unless a store's are all wanted: then its unknown types must be seen, not left out.
  template <std::size_t... stores>
  void add_types(std::index_sequence<stores...>) {
    if ((HandledOfStore<Handler, Transaction, stores, typename Stores::Events>::are_all || ...)) return;
    [&]<std::size_t... places, class... Payloads>(std::type_identity<std::tuple<HandledEvent<places, Payloads>...>>) {
      (types_.insert(types_.end(), stored_types_of<Payloads>.begin(), stored_types_of<Payloads>.end()), ...);
    }(std::type_identity<Handled>{});
  }

  template <std::size_t... stores>
  void add_record(const SequencedEventView& event, std::index_sequence<stores...>) {
    (void)((event_store_ids_[stores] == event.event_store_id &&
            add_record_of<stores>(event, typename std::tuple_element_t<stores, std::tuple<Stores...>>::Events{})) ||
           ...);
  }

  /// @return True when the event is one of this store's.
  template <std::size_t store, class... Payloads>
  bool add_record_of(const SequencedEventView& event, Events<Payloads...>) {
    const auto decode = [&]<class Payload>(std::type_identity<Payload>) {
      if (!is_stored_as<Payload>(event.event.type)) return false;
      add<store, Payload>(event.position, event.event,
                          [&] { return decode_detail<Payload>(event.event_store_id, event.event); });
      return true;
    };
    if ((decode(std::type_identity<Payloads>{}) || ...)) return true;
    if constexpr (HandledOfStore<Handler, Transaction, store, Events<Payloads...>>::are_all) {
      if (!LeavesNothingOut<Handler> && skips_unknown_[store]) return true;
      add_undecoded(event.position, store, event.event,
                    std::make_exception_ptr(UnknownEventTypeError{event.event_store_id, event.event.aggregate_id,
                                                                  event.event.version, event.event.type}));
      return true;
    }
    return false;
  }

  template <std::size_t... stores>
  void add_typed(const SequencedTypedEvent& event, std::index_sequence<stores...> indices) {
    const bool is_added =
        ((event_store_ids_[stores] == event.event_store_id &&
          add_typed_of<stores, typename std::tuple_element_t<stores, std::tuple<Stores...>>::Events>(event)) ||
         ...);
    if (is_added) return;
    try {
      event.events->record_at(event.index, event.event_store_id, event.aggregate_id,
                              [&](const EventRecordView& record) {
                                add_record({event.position, event.event_store_id, record}, indices);
                              });
    } catch (const Error&) {  // it has no form as a record
      add_without_record(event, std::current_exception());
    }
  }

  /// @return True when the event is kept as an object of this store's types.
  template <std::size_t store, class StoreEvents>
  bool add_typed_of(const SequencedTypedEvent& event) {
    if constexpr (are_keepable<StoreEvents>) {
      const auto* kept = kept_events<KeptEvent<StoreEvents>>(*event.events);
      if (kept == nullptr) return false;
      const KeptEvent<StoreEvents>& one = kept[event.index];
      one.value.visit([&]<class Payload>(const KeptPayload<Payload>& value) {
        if constexpr (place_of<store, Payload> < std::tuple_size_v<Handled>) {
          items_.push_back(Item{event.position, store,
                                Value{std::in_place_index<place_of<store, Payload> + 1>,
                                      EventDetail<Payload>{.aggregate_id = std::string{event.aggregate_id},
                                                           .version = one.version,
                                                           .timestamp = one.timestamp,
                                                           .payload = value.payload,
                                                           .metadata = value.metadata}}});
        }
      });
      return true;
    }
    return false;
  }

  void add_without_record(const SequencedTypedEvent& event, std::exception_ptr error) {
    const std::size_t store = static_cast<std::size_t>(
        std::find(event_store_ids_.begin(), event_store_ids_.end(), event.event_store_id) - event_store_ids_.begin());
    items_.push_back(Item{event.position, store,
                          UndecodedEvent{std::string{event.aggregate_id}, event.events->version_at(event.index),
                                         std::string{event.events->type_at(event.index)},
                                         event.events->timestamp_at(event.index), std::move(error)}});
  }

  template <std::size_t store, class Payload>
  static constexpr std::size_t place_of = IndexIn<HandledEvent<store, Payload>, Handled>::value;

  template <std::size_t store, class Payload, class Decode>
  void add(Position position, const EventRecordView& record, const Decode& decode) {
    if constexpr (place_of<store, Payload> < std::tuple_size_v<Handled>) {
      try {
        items_.push_back(Item{position, store, Value{std::in_place_index<place_of<store, Payload> + 1>, decode()}});
      } catch (const EventDecodeError&) {
        add_undecoded(position, store, record, std::current_exception());
      }
    }
  }

  void add_undecoded(Position position, std::size_t store, const EventRecordView& record, std::exception_ptr error) {
    items_.push_back(Item{position, store,
                          UndecodedEvent{std::string{record.aggregate_id}, record.version, std::string{record.type},
                                         record.timestamp, std::move(error)}});
  }

  std::array<std::string_view, sizeof...(Stores)> event_store_ids_;
  std::array<bool, sizeof...(Stores)> skips_unknown_;
  std::vector<std::string_view> types_;
  std::vector<Item> items_;
};

}  // namespace castore::detail

#endif
