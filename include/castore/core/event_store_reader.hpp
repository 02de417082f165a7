// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_READER_HPP
#define CASTORE_CORE_EVENT_STORE_READER_HPP

#include <castore/core/aggregate_ids.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_selection.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/event_store_parts.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

/// What an `EventStore` is and how it reads; pushing is added by `EventStore` itself.
template <class EventsT, class AggregateT, class ReducerT, class AdapterT>
class EventStoreReader {
 protected:
  using Parts = EventStoreParts<EventsT, AggregateT, ReducerT, AdapterT>;
  static_assert(Parts::checked);

 public:
  using Events = EventsT;                               ///< The list of payload types.
  using Aggregate = AggregateT;                         ///< What is built from events.
  using Reducer = ReducerT;                             ///< What builds it.
  using EventStorageAdapter = AdapterT;                 ///< `AnyEventStorageAdapter` unless named.
  using Event = castore::Event<Events>;                 ///< An event of any of the types.
  using History = castore::History<Aggregate, Events>;  ///< What `get_history` returns.
  using EventStoreOptions = castore::EventStoreOptions<Events, Aggregate, Reducer>;  ///< What the constructor takes.
  using PushedEvent = castore::PushedEvent<Events, Aggregate>;                       ///< What `on_event_pushed` gets.
  using SimulationOptions = castore::SimulationOptions<Events>;  ///< What `simulate_aggregate` takes.

  /// @brief The store's name in the storage.
  std::string_view event_store_id() const noexcept { return event_store_id_; }

  /// @brief Moves the store to another storage. No other thread may use the store meanwhile.
  template <class AdapterLike>
    requires IsAdapterArgument<AdapterLike, EventStoreOptions>
  void set_event_storage_adapter(AdapterLike& adapter) {
    adapter_.set(Parts::Handle::refer_to(adapter));
  }
  template <class AdapterLike>
  void set_event_storage_adapter(std::shared_ptr<AdapterLike> adapter) {
    adapter_.set(Parts::Handle::share(std::move(adapter)));
  }

  /// @brief The adapter. @throws UndefinedEventStorageAdapterError
  EventStorageAdapter& event_storage_adapter() { return adapter_.get(event_store_id_); }
  const EventStorageAdapter& event_storage_adapter() const { return adapter_.get(event_store_id_); }

  /// @brief The options as they were given, e.g. for another store of the same kind.
  const EventStoreOptions& options() const noexcept { return options_; }

  /// @brief The events of an aggregate, as the options select them; none when the id is unknown.
  std::vector<Event> get_events(std::string_view aggregate_id, GetEventsOptions options = {}) const {
    std::vector<Event> events;
    for_each_event(aggregate_id, options, [&]<class Value, class Metadata>(Value&& payload, Version version,
                                                                           Timestamp timestamp, Metadata&& metadata) {
      events.push_back(EventDetail<std::remove_cvref_t<Value>>{.aggregate_id = std::string{aggregate_id},
                                                               .version = version,
                                                               .timestamp = timestamp,
                                                               .payload = std::forward<Value>(payload),
                                                               .metadata = std::forward<Metadata>(metadata)});
    });
    return events;
  }

  /// @brief The aggregate, now or as it was at `max_version`; nothing when it has no events (until then).
  std::optional<Aggregate> get_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    AggregateFold<Aggregate, Reducer, Events> fold{options_.reducer, aggregate_id};
    for_each_event(aggregate_id, {.max_version = options.max_version},
                   [&fold](const auto& payload, Version version, Timestamp timestamp, const auto& metadata) {
                     fold.apply(payload, version, timestamp, metadata);
                   });
    return std::move(fold).result();
  }

  /// @brief The same for an aggregate that must exist. @throws AggregateNotFoundError
  Aggregate get_existing_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    std::optional<Aggregate> aggregate = get_aggregate(aggregate_id, options);
    if (!aggregate) throw AggregateNotFoundError{event_store_id_, aggregate_id};
    return *std::move(aggregate);
  }

  /// @brief The aggregate with the events it was built from.
  History get_history(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    std::vector<Event> events = get_events(aggregate_id, {.max_version = options.max_version});
    return {.aggregate = build_aggregate(events), .events = std::move(events)};
  }

  /// @brief A page of the store's aggregates, ordered by (initial event's timestamp, aggregate id).
  /// @throws InvalidPageTokenError
  AggregateIdsPage list_aggregate_ids(ListAggregateIdsOptions options = {}) const {
    return adapter_.get(event_store_id_).list_aggregate_ids(event_store_id_, options);
  }

  /// @brief Every aggregate of the store as an input range; `limit` is the size of the pages it fetches.
  AggregateIds aggregate_ids(ListAggregateIdsOptions options = {}) const {
    return {[adapter = adapter_.handle(), id = event_store_id_](const ListAggregateIdsOptions& page) {
              return adapter.get(id).list_aggregate_ids(id, page);
            },
            std::move(options)};
  }

  /// @brief Folds events into an aggregate, from nothing or on from `aggregate`; no storage is asked.
  std::optional<Aggregate> build_aggregate(std::span<const Event> events,
                                           std::optional<Aggregate> aggregate = {}) const {
    return castore::build_aggregate<Aggregate>(options_.reducer, events, std::move(aggregate));
  }

  /// @brief The aggregate as it would be: the events after `simulate_side_effect`, up to `simulation_date`, ordered by
  /// timestamp (by version when equal), renumbered from 1. Nothing is stored.
  std::optional<Aggregate> simulate_aggregate(std::span<const Event> events, SimulationOptions options = {}) const {
    std::map<Version, Event> simulated;
    std::map<Version, const Event*> indexed;
    for (const Event& event : events) {
      if (options.simulate_side_effect) {
        options.simulate_side_effect(simulated, event);
      } else {
        indexed.insert_or_assign(event.version(), &event);
      }
    }
    for (const auto& [version, event] : simulated) indexed.emplace(version, &event);
    std::vector<const Event*> ordered;
    for (const auto& [version, event] : indexed) {
      if (!options.simulation_date || event->timestamp() <= *options.simulation_date) ordered.push_back(event);
    }
    if (ordered.empty()) return std::nullopt;
    std::ranges::stable_sort(ordered, {}, [](const Event* event) { return event->timestamp(); });
    AggregateFold<Aggregate, Reducer, Events> fold{options_.reducer, ordered.front()->aggregate_id()};
    Version version = 0;
    for (const Event* event : ordered) {
      ++version;
      event->visit([&](const auto& detail) { fold.apply(detail.payload, version, detail.timestamp, detail.metadata); });
    }
    return std::move(fold).result();
  }

 protected:
  EventStoreReader(std::string event_store_id, EventStoreOptions options)
      : event_store_id_{std::move(event_store_id)}, options_{std::move(options)} {
    check_id("event_store_id", event_store_id_);
  }

  /// Calls `visitor(payload, version, timestamp, metadata)` for the selected events, in order.
  template <class Visitor>
  void for_each_event(std::string_view aggregate_id, const GetEventsOptions& options, Visitor&& visitor) const {
    EventStorageAdapter& adapter = adapter_.get(event_store_id_);
    if constexpr (Parts::can_keep) {
      if (const TypedEventStorage* typed = Parts::typed_storage(adapter)) {
        const EventStreamSnapshot events = typed->snapshot(event_store_id_, aggregate_id);
        if (!events.stream) return;
        if (const auto* kept = kept_events<KeptEvent<Events>>(*events.stream)) {
          return Parts::visit_kept({kept, events.size}, options, visitor);
        }
      }
    }
    if constexpr (Parts::can_encode) {
      adapter.get_events(event_store_id_, aggregate_id, options, [&](const EventRecordView& record) {
        decode_event(Events{}, event_store_id_, record, visitor);
      });
    } else {
      Parts::throw_not_readable(event_store_id_, aggregate_id);
    }
  }

  Version last_version_before(std::string_view aggregate_id, Version version) const {
    EventStorageAdapter& adapter = adapter_.get(event_store_id_);
    if (const TypedEventStorage* typed = Parts::typed_storage(adapter)) {
      const EventStreamSnapshot events = typed->snapshot(event_store_id_, aggregate_id);
      const auto version_at = [&events](std::size_t index) { return events.stream->version_at(index); };
      const std::size_t place = version_lower_bound(events.size, version_at, version);
      return place == 0 ? 0 : version_at(place - 1);
    }
    Version last = 0;
    if constexpr (!KeepsTypedEvents<EventStorageAdapter>) {
      adapter.get_events(event_store_id_, aggregate_id, {.max_version = version - 1, .limit = 1, .reverse = true},
                         [&last](const EventRecordView& record) { last = record.version; });
    }
    return last;
  }

  /// For a class on top of a store that must know of a push before it is written: what it returns lives until the push
  /// and its hook are over, whatever became of them.
  using PushScope = std::function<std::shared_ptr<void>(std::string_view aggregate_id, Version version)>;

  std::shared_ptr<void> open_push_scope(std::string_view aggregate_id, Version version) const {
    return push_scope_ ? push_scope_(aggregate_id, version) : nullptr;
  }

  std::string event_store_id_;
  EventStoreOptions options_;
  PushScope push_scope_{};
  FollowingHandle<typename Parts::Handle> adapter_;
};

}  // namespace castore::detail

#endif
