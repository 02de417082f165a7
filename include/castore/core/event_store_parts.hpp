// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_PARTS_HPP
#define CASTORE_CORE_EVENT_STORE_PARTS_HPP

/// @file
/// What an `EventStore` is made of: its compile-time checks, its hold on the adapter, its grouped events.

#include <castore/core/aggregate.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_selection.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::detail {

template <class Candidate>
inline constexpr bool is_shared_ptr = false;
template <class Value>
inline constexpr bool is_shared_ptr<std::shared_ptr<Value>> = true;

template <class Candidate>
inline constexpr bool is_vector = false;
template <class Value>
inline constexpr bool is_vector<std::vector<Value>> = true;

/// What takes the adapter's place in a constructor: anything but the arguments of the other constructors.
template <class Candidate, class Options>
concept IsAdapterArgument =
    !std::same_as<std::remove_cv_t<Candidate>, Options> && !is_shared_ptr<std::remove_cv_t<Candidate>>;

template <class Candidate>
concept IsPayloadArgument = !is_vector<Candidate>;

/// Holds an adapter of a known type, its own or somebody else's.
template <class Adapter>
class AdapterHandle {
 public:
  template <class AdapterLike>
  static AdapterHandle refer_to(AdapterLike& adapter) {
    return share(std::shared_ptr<AdapterLike>{std::shared_ptr<void>{}, &adapter});
  }
  template <class AdapterLike>
  static AdapterHandle share(std::shared_ptr<AdapterLike> adapter) {
    constexpr bool fits = std::is_convertible_v<AdapterLike*, Adapter*>;
    static_assert(fits,
                  "castore: this event store is declared for another type of adapter; pass one of the type of its "
                  "fourth parameter (not const), or leave the fourth parameter out");
    AdapterHandle handle;
    if constexpr (fits) handle.adapter_ = std::move(adapter);
    return handle;
  }

  /// @throws UndefinedEventStorageAdapterError
  Adapter& get(std::string_view event_store_id) const {
    if (!adapter_) throw UndefinedEventStorageAdapterError{event_store_id};
    return *adapter_;
  }
  /// @throws UndefinedEventStorageAdapterError
  AnyEventStorageAdapter any(std::string_view event_store_id) const {
    get(event_store_id);
    return AnyEventStorageAdapter{adapter_};
  }
  /// @throws UndefinedEventStorageAdapterError
  bool is(const AnyEventStorageAdapter& adapter, std::string_view event_store_id) const {
    return adapter.address() == &get(event_store_id);
  }

 private:
  std::shared_ptr<Adapter> adapter_;
};

template <>
class AdapterHandle<AnyEventStorageAdapter> {
 public:
  template <class AdapterLike>
  static AdapterHandle refer_to(AdapterLike& adapter) {
    AdapterHandle handle;
    if constexpr (std::same_as<std::remove_const_t<AdapterLike>, AnyEventStorageAdapter>) {
      handle.adapter_ = adapter;
    } else if constexpr (explain_event_storage_adapter<AdapterLike>()) {
      handle.adapter_ = AnyEventStorageAdapter{adapter};
    }
    return handle;
  }
  template <class AdapterLike>
  static AdapterHandle share(std::shared_ptr<AdapterLike> adapter) {
    AdapterHandle handle;
    if constexpr (explain_event_storage_adapter<AdapterLike>()) {
      handle.adapter_ = AnyEventStorageAdapter{std::move(adapter)};
    }
    return handle;
  }

  /// @throws UndefinedEventStorageAdapterError
  AnyEventStorageAdapter& get(std::string_view event_store_id) const {
    if (!adapter_) throw UndefinedEventStorageAdapterError{event_store_id};
    return adapter_;
  }
  AnyEventStorageAdapter any(std::string_view event_store_id) const { return get(event_store_id); }
  bool is(const AnyEventStorageAdapter& adapter, std::string_view event_store_id) const {
    return adapter == get(event_store_id);
  }

 private:
  mutable AnyEventStorageAdapter adapter_;  // a handle: using its adapter does not change it
};

/// A store's handle, or that of a store it follows: a store on top of another has the other's adapter at any time.
template <class Handle>
class FollowingHandle {
 public:
  FollowingHandle() = default;
  /// A copy has the adapter that the original has now, and follows nobody.
  FollowingHandle(const FollowingHandle& other) noexcept : own_{other.handle()} {}
  FollowingHandle& operator=(const FollowingHandle& other) noexcept {
    own_ = other.handle();
    followed_ = nullptr;
    return *this;
  }
  ~FollowingHandle() = default;

  void follow(FollowingHandle& other) noexcept { followed_ = &other; }
  void set(Handle handle) noexcept {
    if (followed_) return followed_->set(std::move(handle));
    own_ = std::move(handle);
  }

  const Handle& handle() const noexcept { return followed_ ? followed_->handle() : own_; }
  decltype(auto) get(std::string_view event_store_id) const { return handle().get(event_store_id); }
  AnyEventStorageAdapter any(std::string_view event_store_id) const { return handle().any(event_store_id); }

 private:
  Handle own_;
  FollowingHandle* followed_ = nullptr;
};

/// Looks at checks only where that is worth while.
template <bool is_worthwhile, class... Checks>
inline constexpr bool checks_pass = false;
template <class... Checks>
inline constexpr bool checks_pass<true, Checks...> = (Checks::is_valid & ...);

/// The parts that depend on the list of event types.
template <class EventList, class Aggregate, class Reducer, class Adapter>
struct EventStoreParts {
  static constexpr bool checked = sizeof(EventList) == 0;
  static_assert(checked, "castore: the first parameter of an EventStore is a list castore::Events<Payload, ...>");
};

template <class... Payloads, class Aggregate, class Reducer, class Adapter>
struct EventStoreParts<Events<Payloads...>, Aggregate, Reducer, Adapter> {
  using AllEvents = Events<Payloads...>;
  using Handle = AdapterHandle<Adapter>;

  static constexpr bool has_adapter_of_any_type = std::same_as<Adapter, AnyEventStorageAdapter>;
  /// The events may be kept as objects, and the adapter may be one that does.
  static constexpr bool can_keep = are_keepable<AllEvents> && (has_adapter_of_any_type || KeepsTypedEvents<Adapter>);
  static constexpr bool can_encode = (EncodablePayload<Payloads> && ...);

  static_assert(AggregateLike<Aggregate>,
                "castore: this type cannot be an aggregate; inherit castore::Aggregate (or have its members "
                "`std::string aggregate_id` and `castore::Version version`) and make it default-constructible");
  static_assert(explain_event_storage_adapter<Adapter>());

  /// One mistake is one error: what depends on a part that is wrong is not looked at.
  static constexpr bool has_reducers =
      checks_pass<AllEvents::is_valid, CheckedReducer<Reducer, Aggregate, Payloads>...>;
  static constexpr bool needs_codecs = has_reducers && (has_adapter_of_any_type || !can_keep);
  static constexpr bool checked = checks_pass<needs_codecs, CheckedCodec<Payloads>...> || true;

  static TypedEventStorage* typed_storage(Adapter& adapter) noexcept {
    if constexpr (has_adapter_of_any_type) {
      return adapter.typed_event_storage();
    } else if constexpr (KeepsTypedEvents<Adapter>) {
      return &adapter;
    } else {
      return nullptr;
    }
  }

  template <class Visitor>
  static void visit_kept(std::span<const KeptEvent<AllEvents>> events, const GetEventsOptions& options,
                         Visitor& visitor) {
    const auto version_at = [events](std::size_t index) { return events[index].version; };
    const EventSelection selection = select_events(events.size(), version_at, options);
    selection.for_each([&](std::size_t index) {
      const KeptEvent<AllEvents>& event = events[index];
      std::visit([&](const auto& kept) { visitor(kept.payload, event.version, event.timestamp, kept.metadata); },
                 event.value);
    });
  }

  [[noreturn]] static void throw_not_readable(std::string_view event_store_id, std::string_view aggregate_id) {
    throw StorageError{"aggregate " + in_quotes(aggregate_id) + " of event store " + in_quotes(event_store_id) +
                       " is kept as events of other types, which this store could read as JSON only; include "
                       "<castore/json.hpp> and give its payloads a codec"};
  }
};

template <class Store, class Payload>
constexpr void check_payload_of() {
  static_assert(Store::Events::template contains<Payload>,
                "castore: this payload is not among the event types of this store; add it to the store's "
                "castore::Events<...>, or push it to the store it belongs to");
}

/// @throws InvalidEventError
template <class Aggregate>
void check_prev_aggregate(const std::optional<Aggregate>& aggregate, std::string_view aggregate_id, Version version) {
  if (!aggregate) return;
  if (!(aggregate->aggregate_id == aggregate_id)) {
    throw InvalidEventError{"prev_aggregate", "it is another aggregate than " + in_quotes(aggregate_id)};
  }
  if (aggregate->version != version - 1) {
    throw InvalidEventError{"prev_aggregate", "it has version " + std::to_string(aggregate->version) + ", but event " +
                                                  std::to_string(version) + " applies to version " +
                                                  std::to_string(version - 1)};
  }
}

/// A grouped event of one type of store.
template <class Store>
class GroupedEventIn : public GroupedEventState {
 public:
  using GroupedEventState::GroupedEventState;

  virtual const std::optional<typename Store::Aggregate>& next_aggregate() const noexcept = 0;
  /// The pushed event, copied where it can be.
  virtual typename Store::Event take_event() = 0;
};

/// Refers to the event.
template <class Store, class Payload>
class GroupedEventOfStore : public GroupedEventIn<Store> {
  using Aggregate = typename Store::Aggregate;
  using Result = typename Store::template PushEventResult<Payload>;

 public:
  explicit GroupedEventOfStore(GroupedEventOf<Store, Payload>& event)
      : GroupedEventIn<Store>{event.store_, event.store_->event_store_id_, event.aggregate_id(), event.version(),
                              event.result_.event.timestamp},
        store_{*event.store_},
        prev_aggregate_{event.prev_aggregate_},
        result_{event.result_},
        to_keep_{store_.event_store_id(), result_.event} {
    if constexpr (Store::Parts::can_keep) this->keep_as(to_keep_);
  }

  std::string_view type() const noexcept override { return Payload::type; }
  Timestamp now() const override { return store_.options().clock(); }
  AnyEventStorageAdapter adapter() const override { return store_.any_adapter(); }
  bool is_kept_by(const AnyEventStorageAdapter& adapter) const override { return store_.is_kept_by(adapter); }

  void prepare(Timestamp timestamp, const GroupedEventState* previous) override {
    if (this->is_pushed()) throw InvalidEventError{"event", "a grouped event can be pushed once; make a new one"};
    result_.event.timestamp = timestamp;
    std::optional<Aggregate> prev_aggregate = take(prev_aggregate_);
    if constexpr (std::copy_constructible<Aggregate>) {
      if (!prev_aggregate && previous && previous->store() == &store_) {
        prev_aggregate = static_cast<const GroupedEventIn<Store>*>(previous)->next_aggregate();
      }
    }
    store_.prepare(result_, std::move(prev_aggregate));
  }

  std::shared_ptr<void> open_scope() const override {
    return store_.open_push_scope(this->aggregate_id(), this->version());
  }
  EventRecord to_record() const override { return store_.to_record(result_.event); }

  [[noreturn]] void throw_refused(PushOutcome::Status status) const override {
    store_.throw_refused(this->aggregate_id(), this->version(), status);
  }
  void call_hook() override { store_.call_hook(result_); }

  const void* result() const noexcept override { return &result_; }
  const void* result_type() const noexcept override { return &type_identity_tag<Result>; }

  Result&& result_of_type() && noexcept { return std::move(result_); }
  const std::optional<Aggregate>& next_aggregate() const noexcept override { return result_.next_aggregate; }
  typename Store::Event take_event() override { return take(result_.event); }

 private:
  struct Nothing {
    Nothing(std::string_view, const EventDetail<Payload>&) {}
  };
  using ToKeep = std::conditional_t<Store::Parts::can_keep, DetailToKeep<typename Store::Events, Payload>, Nothing>;

  template <class Value>
  static Value take(Value& value) {
    if constexpr (std::copy_constructible<Value>) {
      return value;
    } else {
      return std::move(value);
    }
  }

  const Store& store_;
  std::optional<Aggregate>& prev_aggregate_;
  Result& result_;
  ToKeep to_keep_;
};

template <class Store, class Payload>
struct GroupedEventOwner {
  GroupedEventOf<Store, Payload> owned_event;
};

/// Has the event.
template <class Store, class Payload>
class SharedGroupedEvent final : private GroupedEventOwner<Store, Payload>, public GroupedEventOfStore<Store, Payload> {
 public:
  explicit SharedGroupedEvent(GroupedEventOf<Store, Payload>&& event)
      : GroupedEventOwner<Store, Payload>{std::move(event)}, GroupedEventOfStore<Store, Payload>{this->owned_event} {}
};

}  // namespace castore::detail

#endif
