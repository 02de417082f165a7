// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_OPTIONS_HPP
#define CASTORE_CORE_EVENT_STORE_OPTIONS_HPP

/// @file
/// What goes into the functions of an `EventStore` and what comes out of them.

#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

namespace castore {

namespace detail {

/// An empty optional as the default of a member. GCC first fills an object with zeros when it takes its initialisation
/// for a constant, which for an optional aggregate costs a tenth of a push; this it takes for none.
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
  /// @brief Given for version 1 or when the push had a `prev_aggregate`.
  std::optional<Aggregate> next_aggregate = detail::nothing<Aggregate>();
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
};

/// @brief Which part of an aggregate's history to build it from.
struct GetAggregateOptions {
  std::optional<Version> max_version{};  ///< Inclusive; the aggregate as it was then.
};

/// @brief Options of a push.
template <class Payload, class Aggregate>
struct PushEventOptions {
  std::optional<Timestamp> timestamp{};                  ///< The store's clock unless given.
  [[no_unique_address]] MetadataOf<Payload> metadata{};  ///< `Payload::Metadata`, where it has one.
  /// @brief The aggregate the event applies to, so that the result has the next one; its version must be the event's
  /// minus one.
  std::optional<Aggregate> prev_aggregate = detail::nothing<Aggregate>();
  bool force = false;  ///< Write exactly this event, over an existing one or past a gap. For migrations only.
};

/// @brief Options of a push of an `EventDetail`, which brings its own timestamp and metadata.
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
