// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_HPP
#define CASTORE_CORE_EVENT_STORE_HPP

#include <castore/core/detail/event_store_parts.hpp>
#include <castore/core/detail/event_store_reader.hpp>
#include <castore/core/detail/events_in_push.hpp>
#include <castore/core/detail/push.hpp>
#include <castore/core/detail/push_of.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

/// @brief The events of one kind of aggregate, and how to build the aggregates from them. Storage is an adapter's work.
///
/// With three parameters the adapter can be of any type and be chosen at run time; name its type as the fourth where
/// the last nanosecond of an in-memory store counts, or events have no codec.
///
/// **Guarantees:** a store has no state besides what its constructor gets; copies refer to the same storage. Any number
/// of threads may call everything but `set_event_storage_adapter`; the reducer, the clock and `on_event_pushed` are
/// then called by those threads at the same time. A push is done or not done.
///
/// **Errors:** every function that reaches the storage throws `UndefinedEventStorageAdapterError` (fix) when there is
/// none and `StorageError` (retry when `retryable()`, else report); loading also throws `EventDecodeError` and
/// `UnknownEventTypeError` (report, fix the types). What a reducer throws passes through.
/// @code
/// castore::SqliteEventStorageAdapter storage{"pokemons.db"};
/// castore::EventStore<PokemonEvents, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
/// pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
/// const Pokemon pikachu = pokemons.get_existing_aggregate("pikachu");
/// @endcode
template <class EventsT, class AggregateT, class ReducerT, class AdapterT>
class EventStore : public detail::EventStoreReader<EventsT, AggregateT, ReducerT, AdapterT> {
  using Base = detail::EventStoreReader<EventsT, AggregateT, ReducerT, AdapterT>;
  static_assert(decltype(Base::Parts::fault())::explain() || true);  // which is one error by itself

 public:
  using typename Base::Aggregate;
  using typename Base::Event;
  using typename Base::Events;
  using typename Base::EventStorageAdapter;
  using typename Base::EventStoreOptions;
  using typename Base::PushedEvent;
  using typename Base::Reducer;
  using typename Base::StoreExtension;
  /// @brief The options of pushing such a payload.
  template <class Payload>
  using PushEventOptions = castore::PushEventOptions<Payload, Aggregate>;
  /// @brief The options of pushing an event detail.
  using PushEventDetailOptions = castore::PushEventDetailOptions<Aggregate>;
  /// @brief What pushing such a payload returns.
  template <class Payload>
  using PushEventResult = castore::PushEventResult<Payload, Aggregate>;

  /// @brief A store whose adapter comes later, by `set_event_storage_adapter`.
  /// @param event_store_id Its name in the storage; NUL-free UTF-8. @throws InvalidEventError
  explicit EventStore(std::string event_store_id, EventStoreOptions options = {})
      : Base{std::move(event_store_id), std::move(options)} {}

  /// @brief A store on an adapter that must outlive it; several stores may share one.
  template <class AdapterLike>
    requires detail::IsAdapterArgument<AdapterLike, EventStoreOptions>
  EventStore(std::string event_store_id, AdapterLike& adapter, EventStoreOptions options = {})
      : EventStore{std::move(event_store_id), std::move(options)} {
    this->set_event_storage_adapter(adapter);
  }
  template <castore::EventStorageAdapter AdapterLike>
  EventStore(std::string event_store_id, const AdapterLike&& adapter, EventStoreOptions options = {}) = delete;

  /// @brief A store that shares its adapter.
  template <class AdapterLike>
  EventStore(std::string event_store_id, std::shared_ptr<AdapterLike> adapter, EventStoreOptions options = {})
      : EventStore{std::move(event_store_id), std::move(options)} {
    this->set_event_storage_adapter(std::move(adapter));
  }

  /// @brief A store derived from another: with its options and one extension more, if one is given, and always with the
  /// adapter that the other has, so that to set it for one of them is to set it for both.
  EventStore(const EventStore& original, std::shared_ptr<StoreExtension> extension) : Base{original} {
    this->share_adapter_of(original);
    if (extension) this->add_extension(std::move(extension));
  }

  /// @brief Pushes one event; `version` is the aggregate's last plus one.
  /// @throws EventAlreadyExistsError (retry: load, decide and push again), VersionGapError (fix), InvalidEventError
  /// (fix), EventEncodeError (fix); with these nothing was written. OnEventPushedError: it was.
  template <class Payload>
  PushEventResult<Payload> push_event(std::string aggregate_id, Version version, Payload payload,
                                      PushEventOptions<Payload> options = no_options<Payload>()) {
    detail::check_event_of<Events, Payload>();
    PushEventResult<Payload> result{detail::make_event(aggregate_id, version, payload, options),
                                    std::move(options.prev_aggregate)};
    push_or_throw(result, options.force);
    return result;
  }
  template <class Payload>
  PushEventResult<Payload> push_event(EventDetail<Payload> event, PushEventDetailOptions options = {}) {
    detail::check_event_of<Events, Payload>();
    PushEventResult<Payload> result{std::move(event), std::move(options.prev_aggregate)};
    push_or_throw(result, options.force);
    return result;
  }

  /// @brief The same; a conflict returns nothing and costs no exception.
  template <class Payload>
  [[nodiscard("castore: look at the result, which is empty on a conflict, or call push_event, which throws then")]]
  std::optional<PushEventResult<Payload>> try_push_event(std::string aggregate_id, Version version, Payload payload,
                                                         PushEventOptions<Payload> options = no_options<Payload>()) {
    detail::check_event_of<Events, Payload>();
    const auto make = [&] {
      return PushEventResult<Payload>{detail::make_event(aggregate_id, version, payload, options),
                                      std::move(options.prev_aggregate)};
    };
    std::optional<PushEventResult<Payload>> result{std::in_place, detail::MadeInPlace{make}};
    if (!push(*result, options.force)) result.reset();
    return result;
  }
  template <class Payload>
  [[nodiscard("castore: look at the result, which is empty on a conflict, or call push_event, which throws then")]]
  std::optional<PushEventResult<Payload>> try_push_event(EventDetail<Payload> event,
                                                         PushEventDetailOptions options = {}) {
    detail::check_event_of<Events, Payload>();
    std::optional<PushEventResult<Payload>> result{{std::move(event)}};
    result->next_aggregate = std::move(options.prev_aggregate);
    if (!push(*result, options.force)) result.reset();
    return result;
  }

  /// @brief Pushes several events of one aggregate, all or none, at the versions after `expected_last` (0 for a new
  /// aggregate), with one timestamp. An event with metadata is `castore::with_metadata(payload, metadata)`. Options
  /// come first, or after a vector. The errors are those of `push_event`.
  template <class... Payloads>
    requires(sizeof...(Payloads) > 0 && (detail::IsPayloadArgument<Payloads> && ...))
  std::vector<Event> push_events(std::string aggregate_id, Version expected_last, Payloads... payloads) {
    (detail::check_event_of<Events, typename detail::ForeignIn<Events, Payloads>::type>(), ...);
    return push_payloads({}, std::move(aggregate_id), expected_last, payloads...);
  }
  template <class... Payloads>
    requires(sizeof...(Payloads) > 0 && (detail::IsPayloadArgument<Payloads> && ...))
  std::vector<Event> push_events(PushEventsOptions options, std::string aggregate_id, Version expected_last,
                                 Payloads... payloads) {
    (detail::check_event_of<Events, typename detail::ForeignIn<Events, Payloads>::type>(), ...);
    return push_payloads(std::move(options), std::move(aggregate_id), expected_last, payloads...);
  }
  template <class... Payloads>
  std::vector<Event> push_events(std::string aggregate_id, Version expected_last,
                                 std::vector<std::variant<Payloads...>> payloads, PushEventsOptions options = {}) {
    detail::check_event_of<Events, typename detail::ForeignIn<Events, std::variant<Payloads...>>::type>();
    return *push_vector(std::move(aggregate_id), expected_last, std::move(payloads), std::move(options), true);
  }

  /// @brief The same for a vector; a conflict returns nothing.
  template <class... Payloads>
  [[nodiscard("castore: look at the result, which is empty on a conflict, or call push_event, which throws then")]]
  std::optional<std::vector<Event>> try_push_events(std::string aggregate_id, Version expected_last,
                                                    std::vector<std::variant<Payloads...>> payloads,
                                                    PushEventsOptions options = {}) {
    detail::check_event_of<Events, typename detail::ForeignIn<Events, std::variant<Payloads...>>::type>();
    return push_vector(std::move(aggregate_id), expected_last, std::move(payloads), std::move(options), false);
  }

  /// @brief An event that waits for `push_event_group`. The store must live until then.
  template <class Payload>
  [[nodiscard("castore: this event is not stored yet; give it to push_event_group")]]
  GroupedEventOf<EventStore, Payload> group_event(std::string aggregate_id, Version version, Payload payload,
                                                  PushEventOptions<Payload> options = no_options<Payload>()) {
    detail::check_event_of<Events, Payload>();
    if constexpr (Events::template contains<Payload>) {
      if (options.force) throw InvalidEventError{"force", "it is an option of push_event_group, not of its events"};
      return {*this, std::move(aggregate_id), version, std::move(payload), std::move(options)};
    } else {
      std::terminate();  // not reached: the check before does not compile
    }
  }

 private:
  /// `{}`, but not filled with zeros first, see `detail::nothing`.
  template <class Payload>
  static PushEventOptions<Payload> no_options() {
    PushEventOptions<Payload> options;
    return options;
  }

  /// @return False on a conflict.
  template <class Payload>
  bool push(PushEventResult<Payload>& result, bool force) const {
    if constexpr (Events::template contains<Payload>) {
      detail::PushOf<EventStore, Payload> push{*this, result};
      return detail::push_one(push, {.force = force});
    } else {
      return true;  // not reached: the check before it does not compile
    }
  }

  template <class Payload>
  void push_or_throw(PushEventResult<Payload>& result, bool force) const {
    if (push(result, force)) return;
    detail::throw_already_exists(this->event_store_id(), result.event.aggregate_id, result.event.version);
  }

  /// Moves everything out of its arguments.
  template <class... Payloads>
  std::vector<Event> push_payloads(PushEventsOptions options, std::string&& aggregate_id, Version expected_last,
                                   Payloads&... payloads) {
    detail::EventsInPush<EventStore> events{*this, std::move(aggregate_id), expected_last, std::move(options.context)};
    events.reserve(sizeof...(Payloads));
    (events.add(std::move(payloads)), ...);
    return *push_all(events, true);
  }
  template <class... Payloads>
  std::optional<std::vector<Event>> push_vector(std::string&& aggregate_id, Version expected_last,
                                                std::vector<std::variant<Payloads...>>&& payloads,
                                                PushEventsOptions&& options, bool throws_conflict) {
    detail::EventsInPush<EventStore> events{*this, std::move(aggregate_id), expected_last, std::move(options.context)};
    events.reserve(payloads.size());
    events.add(std::move(payloads));
    return push_all(events, throws_conflict);
  }

  static std::optional<std::vector<Event>> push_all(detail::EventsInPush<EventStore>& events, bool throws_conflict) {
    if (!events.push(throws_conflict)) return std::nullopt;
    std::vector<Event> pushed;
    events.move_events_to(pushed);
    return pushed;
  }
};

}  // namespace castore

#endif
