// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_EVENTS_IN_PUSH_HPP
#define CASTORE_CORE_DETAIL_EVENTS_IN_PUSH_HPP

/// @file
/// Several events of one aggregate, as a decision or a caller gives them, on their way into the store.

#include <castore/core/context.hpp>
#include <castore/core/detail/push.hpp>
#include <castore/core/detail/push_of.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/fault.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::detail {

template <class Value>
inline constexpr bool is_with_metadata = false;
template <class Payload>
inline constexpr bool is_with_metadata<EventWithMetadata<Payload>> = true;

template <class Type>
struct Foreign {
  using type = Type;
  static constexpr bool is_valid = !is_fault<Type>;
};
template <class First>
struct FirstForeign : First {};
template <>
struct FirstForeign<NoFault> : Foreign<NoFault> {};

/// The first type in a value that is not an event of a list, or `NoFault`: these are the kinds of values that
/// `for_each_event_of` takes.
template <class Events, class Value>
struct ForeignIn : Foreign<std::conditional_t<Events::template contains<Value>, NoFault, Value>> {};
template <class Events>
struct ForeignIn<Events, void> : Foreign<NoFault> {};
template <class Events>
struct ForeignIn<Events, std::monostate> : Foreign<NoFault> {};
template <class Events, class Payload>
struct ForeignIn<Events, EventWithMetadata<Payload>> : ForeignIn<Events, Payload> {};
template <class Events, class Value>
struct ForeignIn<Events, std::optional<Value>> : ForeignIn<Events, Value> {};
template <class Events, class Value>
struct ForeignIn<Events, std::vector<Value>> : ForeignIn<Events, Value> {};
template <class Events, class... Values>
struct ForeignIn<Events, std::tuple<Values...>> : FirstForeign<FirstInvalid<ForeignIn<Events, Values>...>> {};
template <class Events, class... Values>
struct ForeignIn<Events, std::variant<Values...>> : FirstForeign<FirstInvalid<ForeignIn<Events, Values>...>> {};

/// Calls `use(payload, metadata)` for each event of a value, in order.
template <class Value, class Use>
constexpr void for_each_event_of(Value&& value, const Use& use);

template <class Value, class Use>
constexpr void for_each_event_in(std::optional<Value>& value, const Use& use) {
  if (value) for_each_event_of(*std::move(value), use);
}
template <class Value, class Use>
constexpr void for_each_event_in(std::vector<Value>& values, const Use& use) {
  for (Value& value : values) for_each_event_of(std::move(value), use);
}
template <class... Values, class Use>
constexpr void for_each_event_in(std::tuple<Values...>& values, const Use& use) {
  std::apply([&](Values&... value) { (for_each_event_of(std::move(value), use), ...); }, values);
}
template <class... Values, class Use>
constexpr void for_each_event_in(std::variant<Values...>& value, const Use& use) {
  std::visit([&](auto& alternative) { for_each_event_of(std::move(alternative), use); }, value);
}

template <class Value, class Use>
constexpr void for_each_event_of(Value&& value, const Use& use) {
  if constexpr (EventPayload<Value>) {  // also one that is a vector besides
    use(std::move(value), MetadataOf<Value>{});
  } else if constexpr (requires { for_each_event_in(value, use); }) {
    for_each_event_in(value, use);
  } else if constexpr (is_with_metadata<Value>) {
    use(std::move(value.payload), std::move(value.metadata));
  } else if constexpr (!std::same_as<Value, std::monostate>) {
    use(std::move(value), MetadataOf<Value>{});
  }
}

/// Several events of one aggregate on their way into their store, all or none.
template <class Store>
class EventsInPush {
  using Aggregate = typename Store::Aggregate;
  using PushedEvent = typename Store::PushedEvent;

 public:
  /// @throws InvalidEventError
  EventsInPush(const Store& store, std::string aggregate_id, Version expected_last, EventContext context)
      : store_{store},
        aggregate_id_{std::move(aggregate_id)},
        expected_last_{expected_last},
        context_{std::move(context)} {
    check_expected_last(expected_last, 0);
  }

  /// Moves the events out of a value, see `for_each_event_of`; all that call this have checked that they are the
  /// store's.
  /// @throws InvalidEventError
  template <class Value>
  void add(Value&& events) {
    if constexpr (ForeignIn<typename Store::Events, Value>::is_valid) {
      for_each_event_of(std::move(events), [this]<class Payload>(Payload&& payload, MetadataOf<Payload>&& metadata) {
        check_expected_last(expected_last_, pushed_.size() + 1);
        if (pushed_.empty()) timestamp_ = store_.options().clock();
        pushed_.push_back({EventDetail<Payload>{.aggregate_id = aggregate_id_,
                                                .version = expected_last_ + static_cast<Version>(pushed_.size()) + 1,
                                                .timestamp = timestamp_,
                                                .payload = std::move(payload),
                                                .metadata = std::move(metadata),
                                                .context = context_}});
      });
    }
  }
  void reserve(std::size_t count) { pushed_.reserve(count); }
  bool is_empty() const noexcept { return pushed_.empty(); }

  /// What the first event applies to, and what the last one leads to, once it is pushed. @pre There is an event.
  std::optional<Aggregate>& prev_aggregate() noexcept { return pushed_.front().next_aggregate; }
  std::optional<Aggregate>& next_aggregate() noexcept { return pushed_.back().next_aggregate; }

  /// @return False on a conflict, where that is not thrown.
  bool push(bool throws_conflict) {
    SmallVector<PushOfAny<Store>> pushes{pushed_.size()};
    SmallVector<EventToPush*> list{pushed_.size()};
    Version version = expected_last_;
    for (PushedEvent& pushed : pushed_) {
      pushes.emplace_back(store_, aggregate_id_, ++version, timestamp_, pushed);
      list.emplace_back(&pushes[pushes.size() - 1]);
    }
    if (pushes.size() > 0) pushes[pushes.size() - 1].tell_position(last_position_);
    return push_all(list, {}, throws_conflict);
  }
  /// Of the last event, once it is pushed.
  std::optional<Position> last_position() const noexcept { return last_position_; }

  void move_events_to(std::vector<typename Store::Event>& events) {
    events.reserve(pushed_.size());
    for (PushedEvent& pushed : pushed_) events.push_back(std::move(pushed.event));
  }

 private:
  const Store& store_;
  std::string aggregate_id_;
  Version expected_last_;
  EventContext context_;
  Timestamp timestamp_ = unset_timestamp;
  std::vector<PushedEvent> pushed_{};
  std::optional<Position> last_position_{};
};

}  // namespace castore::detail

#endif
