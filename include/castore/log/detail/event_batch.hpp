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
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/log/detail/handled_events.hpp>
#include <castore/log/event_place.hpp>
#include <castore/log/subscription_options.hpp>

#include <algorithm>
#include <array>
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
#include <vector>

namespace castore::detail {

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
  using Value = typename HandledValues<Handled>::Variant;
  using Copies = typename HandledValues<Handled>::Copies;

  /// An event is looked at where the storage keeps it, or was decoded.
  struct Item {
    Position position;
    std::size_t store;
    std::size_t index;         ///< Among `Handled` when it is kept, among `decoded_` when it is not.
    const void* kept;          ///< Its `KeptEvent`, a part of `events`; a null pointer when it was decoded.
    EventStreamPtr events;
    std::string_view aggregate_id;
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
    clear();
    const ReadAllEventsOptions options{limit, event_store_ids_, types_};
    const auto is_ours = [&partition](std::string_view event_store_id, std::string_view aggregate_id) {
      return partition.count == 1 ||
             hash_of_aggregate(event_store_id, aggregate_id) % partition.count == partition.index;
    };
    if constexpr (ReadsAllTypedEvents<Storage>) {
      if (supports<operations::ReadAllTypedEvents>(storage)) {
        return storage.read_all_typed_events(after, options, [&](SequencedTypedEvent&& event) {
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
  /// Forgets what was read: a storage can move events again that nobody looks at.
  void clear() noexcept {
    items_.clear();
    decoded_.clear();
  }

  EventPlace place(std::size_t index) const {
    const Item& item = items_[index];
    EventPlace place;
    look_at(
        item,
        [&]<std::size_t, class Payload>(const EventRef<Payload>& event) {
          place = {item.position, event_store_ids_[item.store], event.aggregate_id, event.version, Payload::type,
                   event.timestamp};
        },
        [&](const UndecodedEvent& event) {
          place = {item.position, event_store_ids_[item.store], event.aggregate_id, event.version, event.type,
                   event.timestamp};
        });
    return place;
  }

  /// Calls the handler with an event. @throws What the handler throws, or why the event was not decoded.
  void handle(Handler& handler, Transaction* transaction, std::size_t index) const {
    const Item& item = items_[index];
    look_at(
        item,
        [&]<std::size_t number, class Payload>(const EventRef<Payload>& event) {
          if constexpr (requires { handler.project(transaction, event, EventPlace{}); }) {
            handler.project(transaction, event, place(index));
          } else {
            call(handler, transaction, detail_of<number>(item, event), index);
          }
        },
        rethrow);
  }

  /// Calls `visitor(detail)` with an event. @throws Why it was not decoded.
  template <class Visitor>
  void visit(std::size_t index, const Visitor& visitor) const {
    const Item& item = items_[index];
    look_at(
        item,
        [&]<std::size_t number, class Payload>(const EventRef<Payload>& event) {
          visitor(detail_of<number>(item, event));
        },
        rethrow);
  }

 private:
  static constexpr auto rethrow = [](const UndecodedEvent& event) { std::rethrow_exception(event.error); };

  /// Calls `use.operator()<number of Handled>(EventRef)`, or `otherwise(UndecodedEvent)`.
  template <class Use, class Otherwise>
  void look_at(const Item& item, const Use& use, const Otherwise& otherwise) const {
    [&]<std::size_t... places, class... Payloads>(std::type_identity<std::tuple<HandledEvent<places, Payloads>...>>) {
      [&]<std::size_t... numbers>(std::index_sequence<numbers...>) {
        const auto number = item.kept != nullptr ? item.index + 1 : decoded_[item.index].index();
        (void)((number == numbers + 1 &&
                (use.template operator()<numbers>(ref_to<numbers, places, Payloads>(item)), true)) ||
               ...);
        if (number == 0) otherwise(*std::get_if<0>(&decoded_[item.index]));
      }(std::index_sequence_for<Payloads...>{});
    }(std::type_identity<Handled>{});
  }

  template <std::size_t number, std::size_t store, class Payload>
  EventRef<Payload> ref_to(const Item& item) const {
    using StoreEvents = typename std::tuple_element_t<store, std::tuple<Stores...>>::Events;
    if constexpr (are_keepable<StoreEvents>) {
      if (item.kept != nullptr) {
        const auto& event = *static_cast<const KeptEvent<StoreEvents>*>(item.kept);
        const auto& kept = event.value.template get<KeptPayload<Payload>>();
        return {item.aggregate_id, event.version, event.timestamp, kept.payload, kept.metadata, event.context};
      }
    }
    return EventRef<Payload>{*std::get_if<number + 1>(&decoded_[item.index])};
  }

  /// The event as an object of its own: of those that are kept a copy, until the next of its type.
  template <std::size_t number, class Payload>
  const EventDetail<Payload>& detail_of(const Item& item, const EventRef<Payload>& event) const {
    if (item.kept == nullptr) return *std::get_if<number + 1>(&decoded_[item.index]);
    std::optional<EventDetail<Payload>>& copy = std::get<number>(copies_);
    if constexpr (std::is_copy_assignable_v<Payload> && std::is_copy_assignable_v<MetadataOf<Payload>>) {
      if (copy) {  // what its strings have room for needs no memory
        copy->aggregate_id.assign(event.aggregate_id);
        copy->version = event.version;
        copy->timestamp = event.timestamp;
        copy->payload = event.payload;
        copy->metadata = event.metadata;
        copy->context = event.context;
        return *copy;
      }
    }
    if constexpr (are_keepable<Events<Payload>>) copy.emplace(event.to_detail());
    return *copy;
  }

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
  void add_typed(SequencedTypedEvent& event, std::index_sequence<stores...> indices) {
    const bool is_added =
        ((is_same_text(event_store_ids_[stores], event.event_store_id) &&
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
  bool add_typed_of(SequencedTypedEvent& event) {
    if constexpr (are_keepable<StoreEvents>) {
      const auto* kept = kept_events<KeptEvent<StoreEvents>>(*event.events);
      if (kept == nullptr) return false;
      const KeptEvent<StoreEvents>& one = kept[event.index];
      one.value.visit([&]<class Payload>(const KeptPayload<Payload>&) {
        if constexpr (place_of<store, Payload> < std::tuple_size_v<Handled>) {
          items_.push_back(
              {event.position, store, place_of<store, Payload>, &one, std::move(event.events), event.aggregate_id});
        }
      });
      return true;
    }
    return false;
  }

  void add_without_record(const SequencedTypedEvent& event, std::exception_ptr error) {
    const std::size_t store = static_cast<std::size_t>(
        std::find(event_store_ids_.begin(), event_store_ids_.end(), event.event_store_id) - event_store_ids_.begin());
    add_value(event.position, store, std::in_place_index<0>,
              UndecodedEvent{std::string{event.aggregate_id}, event.events->version_at(event.index),
                             std::string{event.events->type_at(event.index)}, event.events->timestamp_at(event.index),
                             std::move(error)});
  }

  template <std::size_t store, class Payload>
  static constexpr std::size_t place_of = IndexIn<HandledEvent<store, Payload>, Handled>::value;

  template <std::size_t store, class Payload, class Decode>
  void add(Position position, const EventRecordView& record, const Decode& decode) {
    if constexpr (place_of<store, Payload> < std::tuple_size_v<Handled>) {
      try {
        add_value(position, store, std::in_place_index<place_of<store, Payload> + 1>, decode());
      } catch (const EventDecodeError&) {
        add_undecoded(position, store, record, std::current_exception());
      }
    }
  }

  void add_undecoded(Position position, std::size_t store, const EventRecordView& record, std::exception_ptr error) {
    add_value(position, store, std::in_place_index<0>,
              UndecodedEvent{std::string{record.aggregate_id}, record.version, std::string{record.type},
                             record.timestamp, std::move(error)});
  }

  template <std::size_t alternative, class Decoded>
  void add_value(Position position, std::size_t store, std::in_place_index_t<alternative> which, Decoded&& decoded) {
    decoded_.emplace_back(which, std::forward<Decoded>(decoded));
    items_.push_back({position, store, decoded_.size() - 1, nullptr, {}, {}});
  }

  std::array<std::string_view, sizeof...(Stores)> event_store_ids_;
  std::array<bool, sizeof...(Stores)> skips_unknown_;
  std::vector<std::string_view> types_;
  std::vector<Item> items_;
  std::vector<Value> decoded_;
  mutable Copies copies_;
};

}  // namespace castore::detail

#endif
