// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_GROUP_HPP
#define CASTORE_CORE_EVENT_GROUP_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
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

  virtual std::string_view event_store_id() const noexcept = 0;
  virtual std::string_view aggregate_id() const noexcept = 0;
  virtual Version version() const noexcept = 0;
  virtual std::string_view type() const noexcept = 0;
  /// Identifies the store object.
  virtual const void* store() const noexcept = 0;
  /// `unset_timestamp` when none was given.
  virtual Timestamp given_timestamp() const noexcept = 0;
  virtual Timestamp now() const = 0;
  /// @throws UndefinedEventStorageAdapterError
  virtual AnyEventStorageAdapter adapter() const = 0;

  /// Checks the event and makes its result, all that can fail before it is written; `previous` is the event before it
  /// in the group, if it has one.
  virtual void prepare(Timestamp timestamp, const GroupedEventState* previous) = 0;
  /// What lives until the push and all hooks are over; may be a null pointer.
  virtual std::shared_ptr<void> open_scope() const = 0;
  /// The event for a typed storage, a null pointer when it cannot be kept as an object.
  virtual const EventToKeep* to_keep() const noexcept = 0;
  virtual EventRecord to_record() const = 0;
  /// Throws the error of a push that met a conflict or a gap.
  [[noreturn]] virtual void throw_refused(PushOutcome::Status status) const = 0;
  virtual void set_pushed() noexcept = 0;
  virtual void call_hook() = 0;

  /// The `PushEventResult`, and the identity of its type.
  virtual const void* result() const noexcept = 0;
  virtual const void* result_type() const noexcept = 0;
};

template <class Store, class Payload>
class GroupedEventOfStore;

}  // namespace detail

/// @brief What the run-time form of `push_event_group` returns for one event.
class AnyPushEventResult {
 public:
  /// For the library itself.
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

/// @brief An event of any store and type, made by `EventStore::group_event`, to be pushed by `push_event_group`.
/// The store must live until then. Copies stand for the same event.
class GroupedEvent {
 public:
  /// @brief For the library itself: `EventStore::group_event` makes them.
  explicit GroupedEvent(std::shared_ptr<detail::GroupedEventState> state) : state_{std::move(state)} {}

  /// @brief The id of the store that made it.
  std::string_view event_store_id() const noexcept { return state_->event_store_id(); }
  /// @brief The id of the aggregate it belongs to.
  std::string_view aggregate_id() const noexcept { return state_->aggregate_id(); }
  /// @brief The version it will have.
  Version version() const noexcept { return state_->version(); }
  /// @brief The event type's name, `Payload::type`.
  std::string_view type() const noexcept { return state_->type(); }

  /// For the library itself.
  detail::GroupedEventState& state() const noexcept { return *state_; }
  /// @brief What its push returned. @pre It was pushed.
  AnyPushEventResult result() const { return AnyPushEventResult{state_}; }

 private:
  std::shared_ptr<detail::GroupedEventState> state_;
};

/// @brief A `GroupedEvent` that remembers its store and payload, so that its push returns a typed result.
template <class Store, class Payload>
class GroupedEventOf : public GroupedEvent {
 public:
  /// @brief For the library itself: `EventStore::group_event` makes them.
  explicit GroupedEventOf(std::shared_ptr<detail::GroupedEventOfStore<Store, Payload>> state)
      : GroupedEvent{std::move(state)} {}

  /// For the library itself.
  detail::GroupedEventOfStore<Store, Payload>& state() const noexcept {
    return static_cast<detail::GroupedEventOfStore<Store, Payload>&>(GroupedEvent::state());
  }
};

namespace detail {

/// @throws InvalidEventError
inline void check_shares_adapter(std::span<GroupedEventState* const> events) {
  const AnyEventStorageAdapter adapter = events.front()->adapter();
  for (const GroupedEventState* event : events.subspan(1)) {
    if (event->adapter() == adapter) continue;
    throw InvalidEventError{"event_storage_adapter",
                            event_name(event->event_store_id(), event->aggregate_id(), event->version()) +
                                " is kept by another adapter than the first event of its group; all stores of a "
                                "group share one adapter object"};
  }
}

/// The events of a group by (store, aggregate, version).
class GroupIndex {
 public:
  /// @throws InvalidEventError
  explicit GroupIndex(std::span<GroupedEventState* const> events) {
    entries_.reserve(events.size());
    for (const GroupedEventState* event : events) {
      entries_.push_back({{event->event_store_id(), event->aggregate_id(), event->version()}, event});
    }
    std::ranges::sort(entries_, {}, &Entry::key);
    const auto twice = std::ranges::adjacent_find(entries_, {}, &Entry::key);
    if (twice == entries_.end()) return;
    throw InvalidEventError{"version", "a group holds " + std::apply([](auto... part) { return event_name(part...); },
                                                                     twice->key) +
                                           " twice; give each event its own version"};
  }

  /// The event of the version before, a null pointer when it is not in the group.
  const GroupedEventState* previous(const GroupedEventState& event) const {
    if (event.version() <= 1) return nullptr;
    const Key key{event.event_store_id(), event.aggregate_id(), event.version() - 1};
    const auto place = std::ranges::lower_bound(entries_, key, {}, &Entry::key);
    return place == entries_.end() || place->key != key ? nullptr : place->event;
  }

 private:
  using Key = std::tuple<std::string_view, std::string_view, Version>;
  struct Entry {
    Key key;
    const GroupedEventState* event;
  };
  std::vector<Entry> entries_;
};

/// @throws InvalidEventError
inline Timestamp group_timestamp(std::span<GroupedEventState* const> events) {
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

inline PushOutcome write_group(std::span<GroupedEventState* const> events, bool force) {
  const AnyEventStorageAdapter adapter = events.front()->adapter();
  if (TypedEventStorage* typed = adapter.typed_event_storage()) {
    std::vector<const EventToKeep*> to_keep;
    to_keep.reserve(events.size());
    for (const GroupedEventState* event : events) {
      if (const EventToKeep* kept = event->to_keep()) to_keep.push_back(kept);
    }
    if (to_keep.size() == events.size()) return typed->push_typed_events(to_keep, force);
  }
  std::vector<PushRecord> records;
  records.reserve(events.size());
  for (const GroupedEventState* event : events) records.push_back({event->event_store_id(), event->to_record()});
  return adapter.push_events(records, force);
}

/// Calls the hooks in order; all of them, also when one throws.
inline void call_hooks(std::span<GroupedEventState* const> events) {
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
inline PushOutcome try_push_group(std::span<GroupedEventState* const> events, PushEventGroupOptions options) {
  if (events.empty()) return {};
  check_shares_adapter(events);
  const GroupIndex index{events};
  const Timestamp timestamp = group_timestamp(events);
  for (GroupedEventState* event : events) {
    event->prepare(timestamp, index.previous(*event));
  }
  std::vector<std::shared_ptr<void>> scopes;
  for (const GroupedEventState* event : events) {
    if (std::shared_ptr<void> scope = event->open_scope()) scopes.push_back(std::move(scope));
  }
  const PushOutcome outcome = write_group(events, options.force);
  if (outcome.status == PushOutcome::pushed) {
    for (GroupedEventState* event : events) event->set_pushed();
    call_hooks(events);
  }
  return outcome;
}

/// Throws the error of the event that an outcome names.
[[noreturn]] inline void throw_refused(std::span<GroupedEventState* const> events, const PushOutcome& outcome) {
  if (outcome.index < events.size()) events[outcome.index]->throw_refused(outcome.status);
  throw StorageError{"the adapter refused event " + std::to_string(outcome.index) + " of a group of " +
                     std::to_string(events.size()) + " (counted from 0), which there is not; fix its push_events"};
}

inline void push_group(std::span<GroupedEventState* const> events, PushEventGroupOptions options) {
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

}  // namespace detail

/// @brief Pushes events of several aggregates and stores, all or none, with one timestamp: the first that was given,
/// else the clock of the first event's store.
///
/// **Guarantees:** the results are in the order of the arguments; the hooks run in that order after the commit. An event
/// that follows another one of its aggregate in the group gets its `next_aggregate` from it.
/// **Errors:** `EventAlreadyExistsError` (retry), `VersionGapError` (fix) name the offending event; `InvalidEventError`
/// (fix) when timestamps differ, an event comes twice, or the stores do not share one adapter object; `EventEncodeError`
/// (fix); `StorageError`. With all of these nothing was written. `OnEventPushedError` (do not push again): all was.
/// @return A tuple of each store's `PushEventResult`.
template <class... Stores, class... Payloads>
  requires(sizeof...(Stores) > 0)
auto push_event_group(PushEventGroupOptions options, const GroupedEventOf<Stores, Payloads>&... events) {
  using First = typename std::tuple_element_t<0, std::tuple<Stores...>>::EventStorageAdapter;
  static_assert((sizeof(detail::SameStorageType<First, typename Stores::EventStorageAdapter>) && ...));
  detail::GroupedEventState* const states[] = {&events.state()...};
  detail::push_group(states, options);
  return std::tuple<typename Stores::template PushEventResult<Payloads>...>{events.state().take_result()...};
}
template <class... Stores, class... Payloads>
  requires(sizeof...(Stores) > 0)
auto push_event_group(const GroupedEventOf<Stores, Payloads>&... events) {
  return push_event_group(PushEventGroupOptions{}, events...);
}

/// @brief The same for events whose number and types are known at run time only; an empty group does nothing.
inline std::vector<AnyPushEventResult> push_event_group(std::vector<GroupedEvent> events,
                                                        PushEventGroupOptions options = {}) {
  std::vector<detail::GroupedEventState*> states;
  states.reserve(events.size());
  for (const GroupedEvent& event : events) states.push_back(&event.state());
  detail::push_group(states, options);
  std::vector<AnyPushEventResult> results;
  results.reserve(events.size());
  for (const GroupedEvent& event : events) results.push_back(event.result());
  return results;
}

}  // namespace castore

#endif
