// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_OPTIONS_HPP
#define CASTORE_CORE_EVENT_STORE_OPTIONS_HPP

/// @file
/// What goes into the functions of an `EventStore` and what comes out of them.

#include <castore/core/context.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/core/observer.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/core/transaction_hook.hpp>
#include <castore/fwd.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

namespace detail {

/// An empty optional as the default of a member. When GCC sees a constant as the initial value, it first fills all of
/// the object with zeros. For an optional aggregate that costs a tenth of a push. GCC does not see this one as one.
template <class Value>
constexpr std::optional<Value> nothing() noexcept {
  if (std::is_constant_evaluated()) return std::nullopt;
  struct Empty : std::optional<Value> {
    Empty() noexcept {}  // NOLINT(modernize-use-equals-default): the default is a constant
  };
  return static_cast<std::optional<Value>&&>(Empty{});
}

}  // namespace detail

/// @brief What `on_event_pushed` gets to see.
template <class Events, class Aggregate>
struct PushedEvent {
  Event<Events> event;  ///< As stored.
  /// @brief Given for version 1 or when the push had a `prev_aggregate`. When several events are pushed together, each
  /// has its own if aggregates can be copied; otherwise only the last one has it.
  std::optional<Aggregate> next_aggregate = detail::nothing<Aggregate>();
};

/// @brief What a store on top of another one adds to every push. Derive a class from it, derive your store from the
/// other store, and pass your extension to that store's constructor (see `DerivableStore`). One object serves one store
/// and its copies.
/// **Guarantees:** `begin_push` is called for all events of a push before any is written. `event_pushed` is called
/// after the hook `on_event_pushed`, even if that threw. Of several extensions, that of the innermost store is called
/// first. Several threads may call at the same time.
template <class Events, class Aggregate>
class StoreExtension {
 public:
  virtual ~StoreExtension() = default;
  /// @brief Called before an event is written, when all checks are done. What it throws ends the push.
  /// @return What lives until the push is over, whatever became of it; may be nothing.
  virtual std::shared_ptr<void> begin_push(std::string_view aggregate_id, Version version, PushOptions& options) = 0;
  /// @brief Called after the event was stored. What it throws is nested in `OnEventPushedError`.
  virtual void event_pushed(const PushedEvent<Events, Aggregate>& pushed) = 0;
  /// @brief What is to be done in the transactions of pushes; nothing unless said otherwise. Where it is something, the
  /// storage must have `PushesInTransaction`. It lives as long as the extension.
  virtual TransactionHook* transaction_hook() noexcept { return nullptr; }
  /// @brief An observer that is told when a push begins, before it is checked, and when it ends, after all hooks; none
  /// by default. It lives as long as the extension.
  virtual const AnyObserver* observer() const noexcept { return nullptr; }

  /// For the library itself: puts it on top of others. @throws std::invalid_argument
  void put_on(std::shared_ptr<StoreExtension> inner) {
    if (is_used_) throw std::invalid_argument{"castore: a StoreExtension is for one store; make another one"};
    inner_ = std::move(inner);
  }
  /// For the library itself: a store has it. @return How many extensions there are, together with the inner ones.
  std::size_t use() noexcept {
    is_used_ = true;
    return inner_ ? inner_->use() + 1 : 1;
  }
  /// For the library itself: calls a function with all extensions, the inmost first.
  template <class Function>
  void for_each(const Function& function) {
    // No recursion: where an optimizer knows that nothing is derived from this class, it warns that there is no end.
    for (StoreExtension* last = nullptr; last != this;) {
      StoreExtension* next = this;
      while (next->inner_.get() != last) next = next->inner_.get();
      function(*next);
      last = next;
    }
  }

 private:
  std::shared_ptr<StoreExtension> inner_{};
  std::atomic<bool> is_used_{false};
};

/// @brief What a store does about versions that are missing in an aggregate's history, as a lost row leaves them, or a
/// forced push past a gap. Events missing at the end cannot be noticed.
enum class MissingVersions {
  /// No aggregate is built over a gap: loading one throws `MissingEventError`. `get_events` hands out what there is,
  /// each
  /// event with its version.
  refuse_in_aggregates,
  /// `get_events` throws, too.
  refuse,
  /// Aggregates are built of the events that there are. For histories whose gaps are meant.
  accept
};

/// @brief What a store does about events whose type is not among its `Events<...>`, nor one of their older forms: as a
/// newer program, or one for other purposes, has written them.
enum class UnknownEvents {
  /// Reading them throws `UnknownEventTypeError`.
  fail,
  /// They are left out. That is for looking at aggregates only: a command does not decide on an aggregate from which
  /// an event was left out, nor can an event be pushed with it as `prev_aggregate`; both throw `UnknownEventTypeError`.
  skip,
  /// The reducer gets them as `UnknownEvent`, for which it must have an overload. What hands out events as objects, as
  /// `get_events` and subscriptions do, has no type for them and throws `UnknownEventTypeError`.
  keep
};

/// @brief Options of an `EventStore`.
template <class Events, class Aggregate, class Reducer>
struct EventStoreOptions {
  /// @brief The reducer, where it is not default-constructed.
  Reducer reducer{};
  /// @brief Where the timestamps of events come from; threads may call it at the same time.
  std::function<Timestamp()> clock{system_timestamp};
  /// @brief Called after an event was stored, on the pushing thread. What it throws is nested in `OnEventPushedError`.
  std::function<void(const PushedEvent<Events, Aggregate>&)> on_event_pushed{};
  /// @brief What to do when loaded versions are not consecutive.
  MissingVersions missing_versions = MissingVersions::refuse_in_aggregates;
  /// @brief What to do when the type of a loaded event is not known.
  UnknownEvents unknown_events = UnknownEvents::fail;
  /// @brief What derived stores add. For those who write such a store, or make one of another's options.
  std::shared_ptr<StoreExtension<Events, Aggregate>> extension{};
};

/// @brief Which part of an aggregate's history to build it from.
struct GetAggregateOptions {
  std::optional<Version> max_version{};  ///< Inclusive; the aggregate as it was then.
  /// @brief Instead of what the store's options say. With `skip` the aggregate is for looking at only: a push with it
  /// as `prev_aggregate` is refused by stores whose own option it is, not by others.
  std::optional<UnknownEvents> unknown_events{};
};

namespace detail {

/// How an aggregate is loaded that is decided on, or told others: it must not lack events that are not known.
template <class Store>
GetAggregateOptions whole_aggregate(const Store& store, std::optional<Version> max_version = {}) {
  GetAggregateOptions options{.max_version = max_version};
  if (store.options().unknown_events == UnknownEvents::skip) options.unknown_events = UnknownEvents::fail;
  return options;
}

/// True for a load of what the store's other loads give, too, and of all events.
template <class Store>
bool is_usual_load(const Store& store, const GetAggregateOptions& options) {
  const UnknownEvents usual = store.options().unknown_events;
  return usual != UnknownEvents::skip && options.unknown_events.value_or(usual) == usual;
}

}  // namespace detail

/// @brief Options of a push.
template <class Payload, class Aggregate>
struct PushEventOptions {
  std::optional<Timestamp> timestamp{};                  ///< The store's clock unless given.
  [[no_unique_address]] MetadataOf<Payload> metadata{};  ///< `Payload::Metadata`, where it has one.
  /// @brief The aggregate the event applies to, so that the result has the next one; its version must be the event's
  /// minus one.
  std::optional<Aggregate> prev_aggregate = detail::nothing<Aggregate>();
  bool force = false;  ///< Write exactly this event, over an existing one or past a gap. For migrations only.
  EventContext context{};  ///< To which request the event belongs, and what led to it: a `Context`.
};

/// @brief Options of a push of several events of one aggregate.
struct PushEventsOptions {
  EventContext context{};  ///< As in `PushEventOptions`, of all of them.
};

/// @brief Options of a push of an `EventDetail`, which brings its own timestamp, metadata and context.
template <class Aggregate>
struct PushEventDetailOptions {
  std::optional<Aggregate> prev_aggregate = detail::nothing<Aggregate>();  ///< As in `PushEventOptions`.
  bool force = false;                                                      ///< As in `PushEventOptions`.
};

/// @brief What a push returns.
template <class Payload, class Aggregate>
struct PushEventResult {
  EventDetail<Payload> event;  ///< As stored, with its timestamp.
  /// @brief Given for version 1 or when the push had a `prev_aggregate`.
  std::optional<Aggregate> next_aggregate = detail::nothing<Aggregate>();
  /// @brief The event's place in the order of all events of its storage, where it has one and tells.
  std::optional<Position> position = detail::nothing<Position>();
};

/// @brief An aggregate together with the events it was built from.
template <class Aggregate, class Events>
struct History {
  std::optional<Aggregate> aggregate{};  ///< Nothing when there are no events.
  std::vector<Event<Events>> events{};   ///< In the order of their versions.

  /// @brief The last event, a null pointer when there is none. It points into this object.
  const Event<Events>* last_event() const& noexcept { return events.empty() ? nullptr : &events.back(); }
  const Event<Events>* last_event() const&& = delete;
};

/// @brief An aggregate and what was read to build it, for stores that are built on top of another.
template <class Aggregate>
struct LoadedAggregate {
  std::optional<Aggregate> aggregate{};  ///< Nothing when there are no events.
  std::size_t events = 0;                ///< How many were applied.
  Timestamp last_timestamp{};            ///< That of the last event in it.
  bool is_whole = true;                  ///< False when the type of an event that was read is not known.
};

/// @brief Options of `simulate_aggregate`.
template <class Events>
struct SimulationOptions {
  /// @brief Events after this moment are left out. Inclusive.
  std::optional<Timestamp> simulation_date{};
  /// @brief Puts an event among those to simulate, and may remove, change or add others: "what if". Called once per
  /// event, in order. Unless given, the event gets the place of its version.
  std::function<void(std::map<Version, Event<Events>>& events, const Event<Events>& event)> simulate_side_effect{};
};

}  // namespace castore

#endif
