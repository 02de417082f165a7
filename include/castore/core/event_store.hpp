// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_HPP
#define CASTORE_CORE_EVENT_STORE_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/event_store_parts.hpp>
#include <castore/core/event_store_reader.hpp>
#include <castore/core/events.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

/// @brief The events of one kind of aggregate, and how to build the aggregates from them. Storage is an adapter's work.
///
/// With three parameters the adapter can be of any type and be chosen at run time; name its type as the fourth where the
/// last nanosecond of an in-memory store counts, or events have no codec.
///
/// **Guarantees:** a store has no state besides what its constructor gets; copies refer to the same storage. Any number
/// of threads may call everything but `set_event_storage_adapter`; the reducer, the clock and `on_event_pushed` are then
/// called by those threads at the same time. A push is done or not done.
///
/// **Errors:** every function that reaches the storage throws `UndefinedEventStorageAdapterError` (fix) when there is
/// none and `StorageError` (retry when `retryable()`, else report); loading also throws `EventDecodeError` and
/// `UnknownEventTypeError` (report, fix the types). What a reducer throws passes through.
template <class EventsT, class AggregateT, class ReducerT, class AdapterT>
class EventStore : public detail::EventStoreReader<EventsT, AggregateT, ReducerT, AdapterT> {
  using Base = detail::EventStoreReader<EventsT, AggregateT, ReducerT, AdapterT>;
  using typename Base::Parts;
  using Base::event_store_id_;

 protected:
  using Base::adapter_;
  using Base::options_;

 public:
  using typename Base::Aggregate;
  using typename Base::Event;
  using typename Base::EventStorageAdapter;
  using typename Base::EventStoreOptions;
  using typename Base::Events;
  using typename Base::Reducer;
  using PushedEvent = castore::PushedEvent<Events, Aggregate>;  ///< What `on_event_pushed` gets.
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

  /// @brief Pushes one event; `version` is the aggregate's last plus one.
  /// @throws EventAlreadyExistsError (retry: load, decide and push again), VersionGapError (fix), InvalidEventError
  /// (fix), EventEncodeError (fix); with these nothing was written. OnEventPushedError: it was.
  template <class Payload>
  PushEventResult<Payload> push_event(std::string aggregate_id, Version version, Payload payload,
                                      PushEventOptions<Payload> options = no_options<Payload>()) {
    PushEventResult<Payload> result{make_event(aggregate_id, version, payload, options)};
    push_or_throw(result, std::move(options.prev_aggregate), options.force);
    return result;
  }
  template <class Payload>
  PushEventResult<Payload> push_event(EventDetail<Payload> event, PushEventDetailOptions options = {}) {
    PushEventResult<Payload> result{std::move(event)};
    push_or_throw(result, std::move(options.prev_aggregate), options.force);
    return result;
  }

  /// @brief The same; a conflict is no error but nothing, and costs no exception.
  template <class Payload>
  std::optional<PushEventResult<Payload>> try_push_event(std::string aggregate_id, Version version, Payload payload,
                                                         PushEventOptions<Payload> options = no_options<Payload>()) {
    std::optional<PushEventResult<Payload>> result{{make_event(aggregate_id, version, payload, options)}};
    push_or_reset(result, std::move(options.prev_aggregate), options.force);
    return result;
  }
  template <class Payload>
  std::optional<PushEventResult<Payload>> try_push_event(EventDetail<Payload> event,
                                                         PushEventDetailOptions options = {}) {
    std::optional<PushEventResult<Payload>> result{{std::move(event)}};
    push_or_reset(result, std::move(options.prev_aggregate), options.force);
    return result;
  }

  /// @brief Pushes several events of one aggregate, all or none, at the versions after `expected_last` (0 for a new
  /// aggregate), with one timestamp. The errors are those of `push_event`.
  template <class... Payloads>
    requires(sizeof...(Payloads) > 0 && (detail::IsPayloadArgument<Payloads> && ...))
  std::vector<Event> push_events(std::string aggregate_id, Version expected_last, Payloads... payloads) {
    detail::check_expected_last(expected_last, sizeof...(Payloads));
    std::vector<GroupedEvent> events;
    (events.push_back(group_event(aggregate_id, ++expected_last, std::move(payloads))), ...);
    return push_all(events);
  }
  template <class... Payloads>
  std::vector<Event> push_events(std::string aggregate_id, Version expected_last,
                                 std::vector<std::variant<Payloads...>> payloads) {
    return push_all(group_events(aggregate_id, expected_last, std::move(payloads)));
  }

  /// @brief The same for a vector; a conflict is no error but nothing.
  template <class... Payloads>
  std::optional<std::vector<Event>> try_push_events(std::string aggregate_id, Version expected_last,
                                                    std::vector<std::variant<Payloads...>> payloads) {
    return try_push_all(group_events(aggregate_id, expected_last, std::move(payloads)));
  }

  /// @brief An event that waits for `push_event_group`. The store must live until then.
  template <class Payload>
  GroupedEventOf<EventStore, Payload> group_event(std::string aggregate_id, Version version, Payload payload,
                                                  PushEventOptions<Payload> options = no_options<Payload>()) {
    detail::check_payload_of<EventStore, Payload>();
    if constexpr (Events::template contains<Payload>) {
      if (options.force) throw InvalidEventError{"force", "it is an option of push_event_group, not of its events"};
      return {*this, std::move(aggregate_id), version, std::move(payload), std::move(options)};
    } else {
      std::terminate();  // not reached: the check before does not compile
    }
  }

 private:
  template <class Store, class Payload>
  friend class detail::GroupedEventOfStore;

  /// `{}`, but not filled with zeros first, see `detail::nothing`.
  template <class Payload>
  static PushEventOptions<Payload> no_options() {
    PushEventOptions<Payload> options;
    return options;
  }

  /// Moves everything out of its arguments.
  template <class Payload>
  static EventDetail<Payload> make_event(std::string& aggregate_id, Version version, Payload& payload,
                                         PushEventOptions<Payload>& options) {
    return {.aggregate_id = std::move(aggregate_id),
            .version = version,
            .timestamp = options.timestamp.value_or(unset_timestamp),
            .payload = std::move(payload),
            .metadata = std::move(options.metadata)};
  }

  template <class Payload>
  void push_or_throw(PushEventResult<Payload>& result, std::optional<Aggregate>&& prev_aggregate, bool force) const {
    const PushOutcome outcome = push(result, std::move(prev_aggregate), force);
    if (outcome.status != PushOutcome::pushed) {
      throw_refused(result.event.aggregate_id, result.event.version, outcome.status);
    }
  }

  template <class Payload>
  void push_or_reset(std::optional<PushEventResult<Payload>>& result, std::optional<Aggregate>&& prev_aggregate,
                     bool force) const {
    const PushOutcome outcome = push(*result, std::move(prev_aggregate), force);
    if (outcome.status == PushOutcome::already_exists) {
      result.reset();
    } else if (outcome.status != PushOutcome::pushed) {
      throw_refused(result->event.aggregate_id, result->event.version, outcome.status);
    }
  }

  /// Completes the result and writes its event. What can fail besides the write itself comes before it.
  template <class Payload>
  PushOutcome push(PushEventResult<Payload>& result, std::optional<Aggregate>&& prev_aggregate, bool force) const {
    detail::check_payload_of<EventStore, Payload>();
    if constexpr (Events::template contains<Payload>) {
      EventStorageAdapter& adapter = adapter_.get(event_store_id_);
      if (result.event.timestamp == unset_timestamp) result.event.timestamp = options_.clock();
      prepare(result, std::move(prev_aggregate));
      const std::shared_ptr<void> scope = this->open_push_scope(result.event.aggregate_id, result.event.version);
      const PushOutcome outcome = write(adapter, result.event, force);
      if (outcome.status == PushOutcome::pushed) call_hook(result);
      return outcome;
    } else {
      return {};  // not reached: the check before does not compile
    }
  }

  template <class Payload>
  void prepare(PushEventResult<Payload>& result, std::optional<Aggregate>&& prev_aggregate) const {
    const EventDetail<Payload>& event = result.event;
    detail::check_event(event.aggregate_id, event.version, event.timestamp);
    detail::check_prev_aggregate(prev_aggregate, event.aggregate_id, event.version);
    result.next_aggregate = std::move(prev_aggregate);
    if (!result.next_aggregate && event.version != 1) return;
    detail::apply_event(
        options_.reducer, detail::begin_aggregate(result.next_aggregate, event.aggregate_id), event.payload,
        EventInfo<Payload>{event.aggregate_id, event.version, event.timestamp, event.metadata});
    detail::end_aggregate(*result.next_aggregate, event.aggregate_id);
  }

  template <class Payload>
  PushOutcome write(EventStorageAdapter& adapter, const EventDetail<Payload>& event, bool force) const {
    if constexpr (Parts::can_keep) {
      if (TypedEventStorage* typed = Parts::typed_storage(adapter)) {
        const detail::DetailToKeep<Events, Payload> to_keep{event_store_id_, event};
        const EventToKeep* const events[] = {&to_keep};
        return typed->push_typed_events(events, force);
      }
    }
    const PushRecord record{event_store_id_, to_record(event)};
    return adapter.push_events({&record, 1}, force);
  }

  template <class Payload>
  EventRecord to_record(const EventDetail<Payload>& event) const {
    if constexpr (EncodablePayload<Payload>) {
      return detail::encode_event(event_store_id_, event.aggregate_id, event.version, event.timestamp, event.payload,
                                  event.metadata);
    } else {
      Parts::throw_not_readable(event_store_id_, event.aggregate_id);
    }
  }

  AnyEventStorageAdapter any_adapter() const { return adapter_.any(event_store_id_); }
  bool is_kept_by(const AnyEventStorageAdapter& adapter) const {
    return adapter_.handle().is(adapter, event_store_id_);
  }

  /// The hook sees the result's own objects, moved there and back, so that payloads need not be copied.
  template <class Payload>
  void call_hook(PushEventResult<Payload>& result) const {
    if (!options_.on_event_pushed) return;
    PushedEvent pushed{std::move(result.event), std::move(result.next_aggregate)};
    const auto move_back = [&] {
      result.event = std::get<EventDetail<Payload>>(std::move(pushed.event).variant());
      result.next_aggregate = std::move(pushed.next_aggregate);
    };
    try {
      options_.on_event_pushed(pushed);
    } catch (...) {
      move_back();
      std::throw_with_nested(OnEventPushedError{event_store_id_, result.event.aggregate_id, result.event.version});
    }
    move_back();
  }

  [[noreturn]] void throw_refused(std::string_view aggregate_id, Version version, PushOutcome::Status status) const {
    if (status == PushOutcome::already_exists) throw EventAlreadyExistsError{event_store_id_, aggregate_id, version};
    throw VersionGapError{event_store_id_, aggregate_id, version, this->last_version_before(aggregate_id, version) + 1};
  }

  template <class... Payloads>
  std::vector<GroupedEvent> group_events(const std::string& aggregate_id, Version expected_last,
                                         std::vector<std::variant<Payloads...>> payloads) {
    detail::check_expected_last(expected_last, payloads.size());
    std::vector<GroupedEvent> events;
    events.reserve(payloads.size());
    for (auto& payload : payloads) {
      ++expected_last;
      std::visit(
          [&]<class Payload>(Payload& value) {
            events.push_back(group_event(aggregate_id, expected_last, std::move(value)));
          },
          payload);
    }
    return events;
  }

  std::vector<Event> push_all(const std::vector<GroupedEvent>& events) {
    std::vector<detail::GroupedEventState*> states = detail::states_of(events);
    detail::push_group(detail::GroupedEventStates{states}, {});
    return take_events(states);
  }

  std::optional<std::vector<Event>> try_push_all(const std::vector<GroupedEvent>& events) {
    std::vector<detail::GroupedEventState*> states = detail::states_of(events);
    const PushOutcome outcome = detail::try_push_group(detail::GroupedEventStates{states}, {});
    if (outcome.status == PushOutcome::already_exists) return std::nullopt;
    if (outcome.status != PushOutcome::pushed) detail::throw_refused(detail::GroupedEventStates{states}, outcome);
    return take_events(states);
  }

  static std::vector<Event> take_events(std::span<detail::GroupedEventState* const> states) {
    std::vector<Event> events;
    events.reserve(states.size());
    for (detail::GroupedEventState* state : states) {
      events.push_back(static_cast<detail::GroupedEventIn<EventStore>*>(state)->take_event());
    }
    return events;
  }
};

}  // namespace castore

#endif
