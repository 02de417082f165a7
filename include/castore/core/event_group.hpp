// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_GROUP_HPP
#define CASTORE_CORE_EVENT_GROUP_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_keys.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of `push_event_group`.
struct PushEventGroupOptions {
  bool force = false;  ///< Write exactly these events, over existing ones and past gaps. For migrations only.
};

namespace detail {

/// An event that waits to be pushed with others; the store that made it knows the types.
class GroupedEventState {
 public:
  virtual ~GroupedEventState() = default;
  GroupedEventState(const GroupedEventState&) = delete;
  GroupedEventState& operator=(const GroupedEventState&) = delete;

  /// Identifies the store object.
  const void* store() const noexcept { return store_; }
  std::string_view event_store_id() const noexcept { return *event_store_id_; }
  std::string_view aggregate_id() const noexcept { return aggregate_id_; }
  Version version() const noexcept { return version_; }
  /// `unset_timestamp` when none was given.
  Timestamp given_timestamp() const noexcept { return given_timestamp_; }
  /// The event for a typed storage, a null pointer when it cannot be kept as an object.
  const EventToKeep* to_keep() const noexcept { return to_keep_; }
  bool is_pushed() const noexcept { return is_pushed_; }
  void set_pushed() noexcept { is_pushed_ = true; }

  virtual std::string_view type() const noexcept = 0;
  virtual Timestamp now() const = 0;
  /// @throws UndefinedEventStorageAdapterError
  virtual AnyEventStorageAdapter adapter() const = 0;
  /// @throws UndefinedEventStorageAdapterError
  virtual bool is_kept_by(const AnyEventStorageAdapter& adapter) const = 0;

  /// Checks the event and makes its result, all that can fail before it is written; `previous` is the event before it
  /// in the group, if it has one.
  virtual void prepare(Timestamp timestamp, const GroupedEventState* previous) = 0;
  /// What lives until the push and all hooks are over; may be a null pointer.
  virtual std::shared_ptr<void> open_scope() const = 0;
  virtual EventRecord to_record() const = 0;
  /// Throws the error of a push that met a conflict or a gap.
  [[noreturn]] virtual void throw_refused(PushOutcome::Status status) const = 0;
  virtual void call_hook() = 0;

  /// The `PushEventResult`, and the identity of its type.
  virtual const void* result() const noexcept = 0;
  virtual const void* result_type() const noexcept = 0;

 protected:
  /// Refers to the ids, which must outlive it.
  GroupedEventState(const void* store, const std::string& event_store_id, std::string_view aggregate_id,
                    Version version, Timestamp given_timestamp) noexcept
      : store_{store},
        event_store_id_{&event_store_id},
        aggregate_id_{aggregate_id},
        version_{version},
        given_timestamp_{given_timestamp} {}

  void keep_as(const EventToKeep& to_keep) noexcept { to_keep_ = &to_keep; }

 private:
  const void* store_;
  const std::string* event_store_id_;  // the store's own, which may be assigned to
  std::string_view aggregate_id_;
  Version version_;
  Timestamp given_timestamp_;
  const EventToKeep* to_keep_ = nullptr;
  bool is_pushed_ = false;
};

template <class Store, class Payload>
class GroupedEventOfStore;
template <class Store, class Payload>
class SharedGroupedEvent;

}  // namespace detail

/// @brief What the run-time form of `push_event_group` returns for one event.
class AnyPushEventResult {
 public:
  /// @brief For the library itself.
  explicit AnyPushEventResult(std::shared_ptr<const detail::GroupedEventState> state) : state_{std::move(state)} {}

  /// @brief The store's `PushEventResult` when it has this type, else a null pointer.
  template <class Result>
  const Result* get_if() const& noexcept {
    if (state_->result_type() != &detail::type_identity_tag<Result>) return nullptr;
    return static_cast<const Result*>(state_->result());
  }
  template <class Result>
  const Result* get_if() const&& = delete;

 private:
  std::shared_ptr<const detail::GroupedEventState> state_;
};

/// @brief What `EventStore::group_event` returns: an event of a known store and type, to be pushed by
/// `push_event_group`, which then returns a typed result. The store must live until then.
template <class Store, class Payload>
class GroupedEventOf {
 public:
  using Aggregate = typename Store::Aggregate;  ///< What the store builds.

  /// @brief For the library itself.
  GroupedEventOf(const Store& store, std::string&& aggregate_id, Version version, Payload&& payload,
                 PushEventOptions<Payload, Aggregate>&& options)
      : store_{&store},
        result_{{.aggregate_id = std::move(aggregate_id),
                 .version = version,
                 .timestamp = options.timestamp.value_or(unset_timestamp),
                 .payload = std::move(payload),
                 .metadata = std::move(options.metadata)}},
        prev_aggregate_{std::move(options.prev_aggregate)} {}

  /// @brief The id of the store that made it.
  std::string_view event_store_id() const noexcept { return store_->event_store_id(); }
  /// @brief The id of the aggregate it belongs to.
  std::string_view aggregate_id() const noexcept { return result_.event.aggregate_id; }
  /// @brief The version it will have.
  Version version() const noexcept { return result_.event.version; }
  /// @brief The event type's name, `Payload::type`.
  std::string_view type() const noexcept { return Payload::type; }

 private:
  friend class detail::GroupedEventOfStore<Store, Payload>;

  const Store* store_;
  PushEventResult<Payload, Aggregate> result_;  // completed by the push
  std::optional<Aggregate> prev_aggregate_;
};

/// @brief An event of any store and type, for groups whose number and types are known at run time only. Copies stand
/// for the same event.
class GroupedEvent {
 public:
  /// @brief The event, without its types.
  template <class Store, class Payload>
  GroupedEvent(GroupedEventOf<Store, Payload> event) {  // NOLINT(google-explicit-constructor): it is one
    if constexpr (Store::Events::template contains<Payload>) {  // else `group_event` does not compile
      state_ = std::make_shared<detail::SharedGroupedEvent<Store, Payload>>(std::move(event));
    }
  }

  /// @brief The id of the store that made it.
  std::string_view event_store_id() const noexcept { return state_->event_store_id(); }
  /// @brief The id of the aggregate it belongs to.
  std::string_view aggregate_id() const noexcept { return state_->aggregate_id(); }
  /// @brief The version it will have.
  Version version() const noexcept { return state_->version(); }
  /// @brief The event type's name, `Payload::type`.
  std::string_view type() const noexcept { return state_->type(); }

  /// @brief For the library itself.
  detail::GroupedEventState& state() const noexcept { return *state_; }
  /// @brief What its push returned. @pre It was pushed.
  AnyPushEventResult result() const { return AnyPushEventResult{state_}; }

 private:
  std::shared_ptr<detail::GroupedEventState> state_;
};

namespace detail {

using GroupedEventStates = std::span<GroupedEventState* const>;

// `Event` is always `GroupedEvent`, `State` its state: templates, so that only those who push groups compile them.

template <std::same_as<GroupedEvent> Event>
std::vector<GroupedEventState*> states_of(const std::vector<Event>& events) {
  std::vector<GroupedEventState*> states;
  states.reserve(events.size());
  for (const Event& event : events) states.push_back(&event.state());
  return states;
}

/// @throws InvalidEventError
template <class State>
AnyEventStorageAdapter shared_adapter(std::span<State* const> events) {
  AnyEventStorageAdapter adapter = events.front()->adapter();
  for (const GroupedEventState* event : events.subspan(1)) {
    if (event->is_kept_by(adapter)) continue;
    throw InvalidEventError{"event_storage_adapter",
                            event_name(event->event_store_id(), event->aggregate_id(), event->version()) +
                                " is kept by another adapter than the first event of its group; all stores of a "
                                "group share one adapter object"};
  }
  return adapter;
}

inline EventKey key_of(const GroupedEventState& event) noexcept {
  return {event.version(), event.aggregate_id(), event.event_store_id()};
}

/// @throws InvalidEventError
template <class State>
Timestamp group_timestamp(std::span<State* const> events) {
  Timestamp timestamp = unset_timestamp;
  for (const GroupedEventState* event : events) {
    const Timestamp given = event->given_timestamp();
    if (timestamp == unset_timestamp) timestamp = given;
    if (given != unset_timestamp && given != timestamp) {
      throw InvalidEventError{"timestamp",
                              event_name(event->event_store_id(), event->aggregate_id(), event->version()) +
                                  " has another one than an earlier event of its group; a group has one timestamp"};
    }
  }
  return timestamp == unset_timestamp ? events.front()->now() : timestamp;
}

template <class State>
PushOutcome write_group(const AnyEventStorageAdapter& adapter, std::span<State* const> events, bool force) {
  if (TypedEventStorage* typed = adapter.typed_event_storage()) {
    SmallVector<const EventToKeep*> to_keep{events.size()};
    for (const GroupedEventState* event : events) {
      if (const EventToKeep* kept = event->to_keep()) to_keep.emplace_back(kept);
    }
    if (to_keep.size() == events.size()) return typed->push_typed_events(to_keep, force);
  }
  SmallVector<PushRecord> records{events.size()};
  for (const GroupedEventState* event : events) records.emplace_back(event->event_store_id(), event->to_record());
  return adapter.push_events(records, force);
}

/// Calls the hooks in order; all of them, also when one throws.
template <class State>
void call_hooks(std::span<State* const> events) {
  std::exception_ptr first_error;
  for (GroupedEventState* event : events) {
    try {
      event->call_hook();
    } catch (...) {
      if (!first_error) first_error = std::current_exception();
    }
  }
  if (first_error) std::rethrow_exception(first_error);
}

/// @return The outcome; only with `pushed` anything was written.
template <class State>
PushOutcome try_push_group(std::span<State* const> events, PushEventGroupOptions options) {
  if (events.empty()) return {};
  const AnyEventStorageAdapter adapter = shared_adapter(events);
  const EventKeys keys{events.size(), [events](std::size_t index) { return key_of(*events[index]); }};
  const Timestamp timestamp = group_timestamp(events);
  for (GroupedEventState* event : events) {
    const std::optional<std::size_t> previous = keys.find_previous(key_of(*event));
    event->prepare(timestamp, previous ? events[*previous] : nullptr);
  }
  std::vector<std::shared_ptr<void>> scopes;
  for (const GroupedEventState* event : events) {
    if (std::shared_ptr<void> scope = event->open_scope()) scopes.push_back(std::move(scope));
  }
  const PushOutcome outcome = write_group(adapter, events, options.force);
  if (outcome.status == PushOutcome::pushed) {
    for (GroupedEventState* event : events) event->set_pushed();
    call_hooks(events);
  }
  return outcome;
}

/// Throws the error of the event that an outcome names.
template <class State>
[[noreturn]] void throw_refused(std::span<State* const> events, const PushOutcome& outcome) {
  if (outcome.index < events.size()) events[outcome.index]->throw_refused(outcome.status);
  throw StorageError{"the adapter refused event " + std::to_string(outcome.index) + " of a group of " +
                     std::to_string(events.size()) + " (counted from 0), which there is not; fix its push_events"};
}

template <class State>
void push_group(std::span<State* const> events, PushEventGroupOptions options) {
  const PushOutcome outcome = try_push_group(events, options);
  if (outcome.status != PushOutcome::pushed) throw_refused(events, outcome);
}

template <class First, class Other>
struct SameStorageType {
  static_assert(std::same_as<First, Other>,
                "castore: the stores of this group keep their events in storages of different types, so the group "
                "cannot be all or nothing; give all stores the same adapter, or use three-parameter EventStores over "
                "one adapter");
};

/// Moves everything out of its arguments.
template <class... Stores, class... Payloads>
std::tuple<typename Stores::template PushEventResult<Payloads>...> push_group_of_types(
    PushEventGroupOptions options, GroupedEventOf<Stores, Payloads>&... events) {
  using First = typename std::tuple_element_t<0, std::tuple<Stores...>>::EventStorageAdapter;
  static_assert((sizeof(SameStorageType<First, typename Stores::EventStorageAdapter>) && ...));
  if constexpr ((Stores::Events::template contains<Payloads> && ...)) {
    std::tuple<GroupedEventOfStore<Stores, Payloads>...> group{events...};
    return std::apply(
        [options](auto&... states) {
          GroupedEventState* const pointers[] = {&states...};
          push_group(GroupedEventStates{pointers}, options);
          return std::tuple<typename Stores::template PushEventResult<Payloads>...>{
              std::move(states).result_of_type()...};
        },
        group);
  } else {
    std::terminate();  // not reached: `group_event` does not compile
  }
}

}  // namespace detail

/// @brief Pushes events of several aggregates and stores, all or none, with one timestamp: the first that was given,
/// else the clock of the first event's store.
///
/// **Guarantees:** the results are in the order of the arguments; the hooks run in that order after the commit. An
/// event that follows another one of its aggregate in the group gets its `next_aggregate` from it, where aggregates can
/// be copied.
/// **Errors:** `EventAlreadyExistsError` (retry), `VersionGapError` (fix) name the offending event; `InvalidEventError`
/// (fix) when timestamps differ, an event comes twice, or the stores do not share one adapter object;
/// `EventEncodeError` (fix); `StorageError`. With all of these nothing was written. `OnEventPushedError` (do not push
/// again): all was.
/// @return A tuple of each store's `PushEventResult`.
template <class... Stores, class... Payloads>
  requires(sizeof...(Stores) > 0)
auto push_event_group(PushEventGroupOptions options, GroupedEventOf<Stores, Payloads>... events) {
  return detail::push_group_of_types(options, events...);
}
template <class... Stores, class... Payloads>
  requires(sizeof...(Stores) > 0)
auto push_event_group(GroupedEventOf<Stores, Payloads>... events) {
  return detail::push_group_of_types({}, events...);
}

/// @brief The same for events whose number and types are known at run time only; an empty group does nothing. It is a
/// template so that only those who call it compile it.
template <std::same_as<AnyPushEventResult> Result = AnyPushEventResult>
std::vector<Result> push_event_group(std::vector<GroupedEvent> events, PushEventGroupOptions options = {}) {
  const std::vector<detail::GroupedEventState*> states = detail::states_of(events);
  detail::push_group(detail::GroupedEventStates{states}, options);
  std::vector<Result> results;
  results.reserve(events.size());
  for (const GroupedEvent& event : events) results.push_back(event.result());
  return results;
}

}  // namespace castore

#endif
