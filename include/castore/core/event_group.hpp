// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_GROUP_HPP
#define CASTORE_CORE_EVENT_GROUP_HPP

#include <castore/core/detail/push.hpp>
#include <castore/core/detail/push_of.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/detail/type_identity.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of `push_event_group`.
struct PushEventGroupOptions {
  bool force = false;  ///< Write exactly these events, over existing ones and past gaps. For migrations only.
};

namespace detail {

/// An event that waits to be pushed with others, of a type that is not known; the copies of a `GroupedEvent` share it.
struct SharedPush {
  Push* push = nullptr;
  const void* result = nullptr;       // the `PushEventResult`
  const void* result_type = nullptr;  // the identity of its type
};
template <class Store, class Payload>
struct SharedPushOf;

}  // namespace detail

/// @brief What the run-time form of `push_event_group` returns for one event.
class AnyPushEventResult {
 public:
  /// @brief For the library itself.
  explicit AnyPushEventResult(std::shared_ptr<const detail::SharedPush> push) : push_{std::move(push)} {}

  /// @brief The store's `PushEventResult` when it has this type, else a null pointer.
  template <class Result>
  const Result* get_if() const& noexcept {
    if (push_->result_type != &detail::type_identity_tag<Result>) return nullptr;
    return static_cast<const Result*>(push_->result);
  }
  template <class Result>
  const Result* get_if() const&& = delete;

 private:
  std::shared_ptr<const detail::SharedPush> push_;
};

/// @brief What `EventStore::group_event` returns: an event of a known store and type, to be pushed by
/// `push_event_group`, which then returns a typed result. The store must live until then.
template <class Store, class Payload>
class GroupedEventOf {
 public:
  using Aggregate = typename Store::Aggregate;         ///< What the store builds.
  using Result = PushEventResult<Payload, Aggregate>;  ///< What its push returns.

  /// @brief For the library itself.
  GroupedEventOf(const Store& store, std::string&& aggregate_id, Version version, Payload&& payload,
                 PushEventOptions<Payload, Aggregate>&& options)
      : store_{&store},
        result_{detail::make_event(aggregate_id, version, payload, options), std::move(options.prev_aggregate)} {}

  /// @brief The id of the store that made it.
  std::string_view event_store_id() const noexcept { return store_->event_store_id(); }
  /// @brief The id of the aggregate it belongs to.
  std::string_view aggregate_id() const noexcept { return result_.event.aggregate_id; }
  /// @brief The version it will have.
  Version version() const noexcept { return result_.event.version; }
  /// @brief The event type's name, `Payload::type`.
  std::string_view type() const noexcept { return Payload::type; }

  /// @brief For the library itself.
  const Store& store() const noexcept { return *store_; }
  /// @brief For the library itself.
  Result& result() noexcept { return result_; }

 private:
  const Store* store_;
  Result result_;  // its next_aggregate is the one before, until the push completes it
};

namespace detail {

template <class Store, class Payload>
struct SharedPushOf : SharedPush {
  using Result = typename GroupedEventOf<Store, Payload>::Result;

  explicit SharedPushOf(GroupedEventOf<Store, Payload>&& grouped)
      : event{std::move(grouped)}, push_of{event.store(), event.result(), prev_aggregate_again()} {
    push = &push_of;
    result = &event.result();
    result_type = &type_identity_tag<Result>;
  }

  /// Where aggregates can be copied the given one is kept for another attempt.
  const std::optional<typename Store::Aggregate>* prev_aggregate_again() {
    if constexpr (!std::copy_constructible<typename Store::Aggregate>) return nullptr;
    prev_aggregate = std::move(event.result().next_aggregate);
    return &prev_aggregate;
  }

  GroupedEventOf<Store, Payload> event;
  std::optional<typename Store::Aggregate> prev_aggregate{};
  PushOf<Store, Payload> push_of;
};

}  // namespace detail

/// @brief An event of any store and type, for groups whose number and types are known at run time only. Copies stand
/// for the same event.
class GroupedEvent {
 public:
  /// @brief The event, without its types.
  template <class Store, class Payload>
  GroupedEvent(GroupedEventOf<Store, Payload> event) {          // NOLINT(google-explicit-constructor): it is one
    if constexpr (Store::Events::template contains<Payload>) {  // else `group_event` does not compile
      push_ = std::make_shared<detail::SharedPushOf<Store, Payload>>(std::move(event));
    }
  }

  /// @brief The id of the store that made it.
  std::string_view event_store_id() const noexcept { return push().store().event_store_id; }
  /// @brief The id of the aggregate it belongs to.
  std::string_view aggregate_id() const noexcept { return push().aggregate_id; }
  /// @brief The version it will have.
  Version version() const noexcept { return push().version; }
  /// @brief The event type's name, `Payload::type`.
  std::string_view type() const noexcept { return push().type(); }

  /// @brief For the library itself.
  detail::Push& push() const noexcept { return *push_->push; }
  /// @brief What its push returned. @pre It was pushed.
  AnyPushEventResult result() const { return AnyPushEventResult{push_}; }

 private:
  std::shared_ptr<detail::SharedPush> push_;
};

namespace detail {

template <class First, class Other>
struct SameStorageType {
  static constexpr bool is_same = std::is_same_v<First, Other>;
  static_assert(is_same,
                "castore: the stores of this group keep their events in storages of different types, so the group "
                "cannot be all or nothing; give all stores the same adapter, or use three-parameter EventStores over "
                "one adapter");
};

/// Moves everything out of its arguments. The results are made where they are returned, so that aggregates are not moved.
template <class... Stores, class... Payloads>
std::tuple<PushEventResult<Payloads, typename Stores::Aggregate>...> push_known_group(
    PushEventGroupOptions options, GroupedEventOf<Stores, Payloads>&... events) {
  std::tuple<PushEventResult<Payloads, typename Stores::Aggregate>...> results{std::move(events.result())...};
  const auto push = [&options](auto&&... pushes) {
    EventToPush* const list[] = {&pushes...};
    push_all(list, {.force = options.force}, true);
  };
  std::apply([&](auto&... result) { push(PushOf<Stores, Payloads>{events.store(), result}...); }, results);
  return results;
}

template <class... Stores, class... Payloads>
std::tuple<typename Stores::template PushEventResult<Payloads>...> push_group_of_types(
    PushEventGroupOptions options, GroupedEventOf<Stores, Payloads>&... events) {
  using First = typename std::tuple_element_t<0, std::tuple<Stores...>>::EventStorageAdapter;
  static_assert((sizeof(SameStorageType<First, typename Stores::EventStorageAdapter>) && ...));
  if constexpr ((Stores::Events::template contains<Payloads> && ...)) {
    return push_known_group(options, events...);
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
  detail::SmallVector<EventToPush*> pushes{events.size()};
  for (const GroupedEvent& event : events) pushes.emplace_back(&event.push());
  detail::push_all(pushes, {.force = options.force}, true);
  std::vector<Result> results;
  results.reserve(events.size());
  for (const GroupedEvent& event : events) results.push_back(event.result());
  return results;
}

}  // namespace castore

#endif
