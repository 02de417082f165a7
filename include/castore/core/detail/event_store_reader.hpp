// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_EVENT_STORE_READER_HPP
#define CASTORE_CORE_DETAIL_EVENT_STORE_READER_HPP

#include <castore/core/aggregate_ids.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/context.hpp>
#include <castore/core/detail/context_in_metadata.hpp>
#include <castore/core/detail/event_store_parts.hpp>
#include <castore/core/detail/push.hpp>
#include <castore/core/detail/push_of.hpp>
#include <castore/core/detail/version_sequence.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::detail {

/// What an `EventStore` is and how it reads; pushing is added by `EventStore` itself.
template <class EventsT, class AggregateT, class ReducerT, class AdapterT>
class EventStoreReader {
 protected:
  using Parts = EventStoreParts<EventsT, AggregateT, ReducerT, AdapterT>;
  static constexpr bool takes_unknown_events = reduces_unknown_events<ReducerT, AggregateT, EventsT>;

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

  /// @brief What a store derived from this one adds to pushes.
  using StoreExtension = castore::StoreExtension<Events, Aggregate>;

  /// @brief The store's name in the storage.
  std::string_view event_store_id() const noexcept { return core_.event_store_id; }

  /// @brief Moves the store to another storage. No other thread may use the store meanwhile.
  template <class AdapterLike>
    requires IsAdapterArgument<AdapterLike, EventStoreOptions>
  void set_event_storage_adapter(AdapterLike& adapter) {
    set_event_storage_adapter(std::shared_ptr<AdapterLike>{std::shared_ptr<void>{}, &adapter});
  }
  template <class AdapterLike>
  void set_event_storage_adapter(std::shared_ptr<AdapterLike> adapter) {
    *core_.shared_adapter = handle_for<EventStorageAdapter>(std::move(adapter));
  }

  /// @brief The adapter. @throws UndefinedEventStorageAdapterError
  EventStorageAdapter& event_storage_adapter() { return adapter(); }
  const EventStorageAdapter& event_storage_adapter() const { return adapter(); }

  /// @brief The options as they were given, e.g. for another store of the same kind.
  const EventStoreOptions& options() const noexcept { return options_; }

  /// @brief The events of an aggregate, as the options select them; none when the id is unknown.
  std::vector<Event> get_events(std::string_view aggregate_id, GetEventsOptions options = {}) const {
    const bool is_checked = options_.missing_versions == MissingVersions::refuse;
    return events_of(aggregate_id, options, is_checked, options_.unknown_events);
  }

  /// @brief The aggregate, now or as it was at `max_version`; nothing when it has no events (until then).
  std::optional<Aggregate> get_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    AggregateFold<Aggregate, Reducer, Events> fold{options_.reducer, aggregate_id};
    fold_events(fold, aggregate_id, {.max_version = options.max_version}, options.unknown_events);
    return std::move(fold).result();
  }

  /// @brief The aggregate with the events after its version, up to `max_version`; the same as loading it, when it was
  /// loaded before. An aggregate that is past `max_version` comes back as it is.
  Aggregate extend_aggregate(Aggregate aggregate, GetAggregateOptions options = {}) const {
    constexpr Version last = (std::numeric_limits<Version>::max)();
    if (aggregate.version >= options.max_version.value_or(last)) return aggregate;
    const std::string aggregate_id{aggregate.aggregate_id};
    const GetEventsOptions newer{.min_version = aggregate.version + 1, .max_version = options.max_version};
    AggregateFold<Aggregate, Reducer, Events> fold{options_.reducer, aggregate_id, std::move(aggregate)};
    fold_events(fold, aggregate_id, newer, options.unknown_events);
    return *std::move(fold).result();
  }

  /// @brief The same for an aggregate that must exist. @throws AggregateNotFoundError
  Aggregate get_existing_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    std::optional<Aggregate> aggregate = get_aggregate(aggregate_id, options);
    if (!aggregate) throw AggregateNotFoundError{core_.event_store_id, aggregate_id};
    return *std::move(aggregate);
  }

  /// @brief The aggregate with the events it was built from.
  History get_history(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    std::vector<Event> events = events_of(aggregate_id, {.max_version = options.max_version}, are_aggregates_checked(),
                                          options.unknown_events.value_or(options_.unknown_events));
    return {.aggregate = build_aggregate(events), .events = std::move(events)};
  }

  /// @brief A page of the store's aggregates, ordered by (initial event's timestamp, aggregate id).
  /// @throws InvalidPageTokenError
  AggregateIdsPage list_aggregate_ids(ListAggregateIdsOptions options = {}) const {
    return adapter().list_aggregate_ids(core_.event_store_id, options);
  }

  /// @brief Every aggregate of the store as an input range; `limit` is the size of the pages it fetches.
  AggregateIds aggregate_ids(ListAggregateIdsOptions options = {}) const {
    return {[core = core_](const ListAggregateIdsOptions& page) {
              return core.adapter().list_aggregate_ids(core.event_store_id, page);
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
      event->visit([&](const auto& detail) { fold.apply(detail.payload, version, detail.timestamp, detail.metadata, detail.context); });
    }
    return std::move(fold).result();
  }

 protected:
  /// Loads an aggregate: all of its events, or those after an aggregate that was loaded before and kept. When the last
  /// event of that one is not stored any more, or is another one now, the result is empty.
  LoadedAggregate<Aggregate> load_aggregate(std::string_view aggregate_id, GetAggregateOptions options,
                                            LoadedAggregate<Aggregate> from = {}) const {
    GetEventsOptions which{.max_version = options.max_version};
    LoadProgress progress{.is_found = !from.aggregate, .kept_timestamp = from.last_timestamp};
    if (from.aggregate) which.min_version = progress.kept_version = from.aggregate->version;
    AggregateFold<Aggregate, Reducer, Events> fold{options_.reducer, aggregate_id, std::move(from.aggregate)};
    const LoadVisitor visitor{{fold}, progress, *this, options.unknown_events.value_or(options_.unknown_events)};
    for_each_event(aggregate_id, which, are_aggregates_checked(), UnknownEvents::keep, visitor);
    if (!progress.is_found) return {};
    return {std::move(fold).result(), progress.events, progress.last_timestamp, progress.is_whole};
  }

  EventStoreReader(std::string event_store_id, EventStoreOptions options)
      : core_{std::move(event_store_id)}, options_{std::move(options)} {
    check_id("event_store_id", core_.event_store_id);
    if (options_.unknown_events == UnknownEvents::keep && !takes_unknown_events) {
      throw std::invalid_argument{
          "castore: the option unknown_events = keep needs a reducer with an overload for castore::UnknownEvent; write "
          "in it: void operator()(TheAggregate&, const castore::UnknownEvent&) const"};
    }
    set_hooks();
  }

  /// Uses the adapter of another store from now on, whatever that is set to.
  void share_adapter_of(const EventStoreReader& other) noexcept {
    core_.shared_adapter.share(other.core_.shared_adapter);
  }
  void add_extension(std::shared_ptr<StoreExtension> extension) {
    extension->put_on(std::move(options_.extension));
    options_.extension = std::move(extension);
    set_hooks();
  }

 private:
  template <class Store>
  friend class PushIn;

  void set_hooks() noexcept {
    core_.extensions = options_.extension ? options_.extension->use() : 0;
    core_.has_hooks = options_.on_event_pushed || core_.extensions > 0;
  }

  EventStorageAdapter& adapter() const {
    AnyEventStorageAdapter& adapter = core_.adapter();
    if constexpr (Parts::has_adapter_of_any_type) {
      return adapter;
    } else {
      return *static_cast<EventStorageAdapter*>(adapter.address());
    }
  }

  bool are_aggregates_checked() const noexcept { return options_.missing_versions != MissingVersions::accept; }

  std::vector<Event> events_of(std::string_view aggregate_id, const GetEventsOptions& options, bool is_checked,
                               UnknownEvents unknown) const {
    std::vector<Event> events;
    for_each_event(
        aggregate_id, options, is_checked, unknown,
        [&]<class Value, class Metadata>(Value&& payload, Version version, Timestamp timestamp, Metadata&& metadata,
                                         EventContext context) {
          EventDetail<std::remove_cvref_t<Value>> detail{.aggregate_id = std::string{aggregate_id},
                                                         .version = version,
                                                         .timestamp = timestamp,
                                                         .payload = std::forward<Value>(payload),
                                                         .metadata = std::forward<Metadata>(metadata),
                                                         .context = std::move(context)};
          events.emplace_back(typename Event::Source{detail});
        });
    return events;
  }

  template <class Fold>
  void fold_events(Fold& fold, std::string_view aggregate_id, const GetEventsOptions& options,
                   std::optional<UnknownEvents> unknown) const {
    for_each_event(aggregate_id, options, are_aggregates_checked(), unknown.value_or(options_.unknown_events),
                   FoldVisitor<Fold>{fold});
  }

  template <class Fold>
  struct FoldVisitor {
    Fold& fold;

    template <class Payload>
    void operator()(const Payload& payload, Version version, Timestamp timestamp,
                    const MetadataOf<Payload>& metadata, const EventContext& context) const {
      fold.apply(payload, version, timestamp, metadata, context);
    }
    void operator()(const EventRecordView& record) const
      requires takes_unknown_events
    {
      const UnknownEvent event{std::string{record.type}, std::string{record.payload}, std::string{record.metadata}};
      fold.apply(event, record.version, record.timestamp, NoMetadata{}, context_in(record.metadata));
    }
  };

  struct LoadProgress {
    bool is_found;
    Version kept_version = 0;
    Timestamp kept_timestamp;
    bool is_whole = true;
    std::size_t events = 0;
    Timestamp last_timestamp{};

    /// @return False for the last event of what was kept, and when that is not the one that is stored.
    bool takes(Version version, Timestamp timestamp) noexcept {
      if (version == kept_version) is_found = timestamp == kept_timestamp;
      if (is_found) last_timestamp = timestamp;
      return is_found && version != kept_version && ++events > 0;
    }
  };
  /// Is called for each event that is not known, too.
  struct LoadVisitor {
    using Fold = AggregateFold<Aggregate, Reducer, Events>;
    FoldVisitor<Fold> fold;
    LoadProgress& progress;
    const EventStoreReader& store;
    UnknownEvents unknown;

    template <class Payload>
    void operator()(const Payload& payload, Version version, Timestamp timestamp,
                    const MetadataOf<Payload>& metadata, const EventContext& context) const {
      if (progress.takes(version, timestamp)) fold(payload, version, timestamp, metadata, context);
    }
    void operator()(const EventRecordView& record) const {
      progress.is_whole = false;
      if (progress.takes(record.version, record.timestamp)) store.visit_unknown(record, unknown, fold);
    }
  };

  /// An aggregate that was built by leaving events out is not built upon. @throws UnknownEventTypeError
  void refuse_unknown_events(std::string_view aggregate_id, Version last) const {
    if (options_.unknown_events != UnknownEvents::skip) return;
    EventStorageAdapter& storage = adapter();
    if constexpr (can_keep<Events, EventStorageAdapter>) {
      if (supports<operations::GetTypedEvents>(storage)) {
        const EventStreamSnapshot events = storage.typed_events(core_.event_store_id, aggregate_id);
        if (!events.stream || kept_events<KeptEvent<Events>>(*events.stream)) return;
      }
    }
    storage.get_events(core_.event_store_id, aggregate_id, {.max_version = last}, [&](const EventRecordView& record) {
      if (!is_known_type(Events{}, record.type)) throw_unknown(record);
    });
  }

  template <class Visitor>
  void visit_unknown(const EventRecordView& record, UnknownEvents unknown, const Visitor& visitor) const {
    if (unknown == UnknownEvents::skip) return;
    if constexpr (std::is_invocable_v<const Visitor&, const EventRecordView&>) {
      if (unknown == UnknownEvents::keep) return visitor(record);
    }
    throw_unknown(record);
  }
  [[noreturn]] void throw_unknown(const EventRecordView& record) const {
    throw UnknownEventTypeError{core_.event_store_id, record.aggregate_id, record.version, record.type};
  }

  /// Calls `visitor(payload, version, timestamp, metadata, context)` for the selected events, in order; and `visitor(record)`,
  /// where it has that form, for those that are not known but to be kept.
  template <class Visitor>
  void for_each_event(std::string_view aggregate_id, const GetEventsOptions& options, bool is_checked,
                      UnknownEvents unknown, const Visitor& visitor) const {
    EventStorageAdapter& storage = adapter();
    if constexpr (can_keep<Events, EventStorageAdapter>) {
      if (supports<operations::GetTypedEvents>(storage)) {
        const EventStreamSnapshot events = storage.typed_events(core_.event_store_id, aggregate_id);
        if (!events.stream) return;
        if (const auto* kept = kept_events<KeptEvent<Events>>(*events.stream)) {
          return visit_kept({kept, events.size}, aggregate_id, options, is_checked, visitor);
        }
      }
    }
    if constexpr (Parts::can_encode) {
      VersionSequence sequence{options, is_checked};
      storage.get_events(core_.event_store_id, aggregate_id, options, [&](const EventRecordView& record) {
        if (!sequence.takes(record.version)) sequence.throw_missing(core_.event_store_id, aggregate_id, record.version);
        if (!try_decode_event(Events{}, core_.event_store_id, record, visitor)) visit_unknown(record, unknown, visitor);
      });
      if (!sequence.is_complete()) sequence.throw_incomplete(core_.event_store_id, aggregate_id);
    } else {
      throw_not_readable(core_.event_store_id, aggregate_id);
    }
  }

  /// The visitor is small and taken by value, so that the loop has what it refers to in registers.
  template <class Visitor>
  [[gnu::noinline]] void visit_kept(std::span<const KeptEvent<Events>> events, std::string_view aggregate_id,
                                    const GetEventsOptions& options, bool is_checked, Visitor visitor) const {
    const auto version_at = [events](std::size_t index) { return events[index].version; };
    const EventSelection selection = select_events(events.size(), version_at, options);
    if (is_checked) {
      check_no_version_missing(core_.event_store_id, aggregate_id, options, version_at, selection);
    }
    selection.for_each([events, visitor](std::size_t index) {
      const KeptEvent<Events>& event = events[index];
      event.value.visit([&event, visitor](const auto& kept) {
        visitor(kept.payload, event.version, event.timestamp, kept.metadata, event.context);
      });
    });
  }

  EventStoreCore core_;
  EventStoreOptions options_;
};

}  // namespace castore::detail

#endif
