// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAULT_INJECTING_ADAPTER_HPP
#define CASTORE_TESTING_FAULT_INJECTING_ADAPTER_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/fault.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

namespace detail {

/// In place of `TypedEventStorage`, for a storage that knows records only.
struct RecordsOnly {};

}  // namespace detail

/// @brief Stands between an event store and its storage and lets operations fail as it is told.
///
/// @code
/// castore::testing::FaultInjectingAdapter storage{real_storage};
/// PokemonStore pokemons{"POKEMONS", storage};
/// storage.inject(StorageOperation::push_events, fails_after());    // what becomes of the next push
/// storage.inject(StorageOperation::push_events, conflicts(), 3);   // of the third from now
/// @endcode
///
/// **Guarantees:** an operation without a fault passes unchanged, also with typed events; a fault is used up by the
/// operation that meets it. Any number of threads may use one adapter, also to inject faults.
/// Over an `AnyEventStorageAdapter` it works on records.
template <EventStorageAdapter Adapter>
class FaultInjectingAdapter final
    : public std::conditional_t<KeepsTypedEvents<Adapter>, TypedEventStorage, detail::RecordsOnly> {
 public:
  /// @brief What the storage says of itself.
  static constexpr bool detects_version_gaps = castore::detects_version_gaps<Adapter>();
  /// @brief What the storage says.
  static constexpr std::optional<std::size_t> max_events_per_push = castore::max_events_per_push<Adapter>();
  /// @brief What the storage says.
  static constexpr bool orders_equal_timestamps = [] {
    if constexpr (requires { Adapter::orders_equal_timestamps; }) return Adapter::orders_equal_timestamps;
    return true;
  }();
  /// @brief What the storage says.
  static constexpr bool detects_last_page = [] {
    if constexpr (requires { Adapter::detects_last_page; }) return Adapter::detects_last_page;
    return true;
  }();
  /// @brief What the storage says.
  static constexpr bool shows_groups_at_once = [] {
    if constexpr (requires { Adapter::shows_groups_at_once; }) return Adapter::shows_groups_at_once;
    return true;
  }();
  /// @brief What the storage says.
  static constexpr bool holds_every_double = [] {
    if constexpr (requires { Adapter::holds_every_double; }) return Adapter::holds_every_double;
    return true;
  }();

  /// @brief Refers to a storage, which must outlive it. Of an `AnyEventStorageAdapter` it keeps a copy, so that it can take
  /// the place of a store's own: `FaultInjectingAdapter faulty{store.event_storage_adapter()}`.
  explicit FaultInjectingAdapter(Adapter& adapter) {
    if constexpr (std::same_as<Adapter, AnyEventStorageAdapter>) {
      adapter_ = std::make_shared<Adapter>(adapter);
    } else {
      adapter_ = std::shared_ptr<Adapter>{std::shared_ptr<void>{}, &adapter};
    }
  }
  /// @brief Shares a storage.
  explicit FaultInjectingAdapter(std::shared_ptr<Adapter> adapter) : adapter_{std::move(adapter)} {}

  // --- faults --------------------------------------------------------------------------------------------------------

  /// @brief The nth such operation from now on meets the fault; 1 is the next.
  void inject(StorageOperation operation, Fault fault, std::size_t nth = 1) {
    plan_.add(operation, std::move(fault), nth);
  }
  /// @brief The next operations meet these faults, in turn.
  void inject(StorageOperation operation, std::vector<Fault> faults) {
    for (std::size_t index = 0; index < faults.size(); ++index) {
      plan_.add(operation, std::move(faults[index]), index + 1);
    }
  }
  /// @brief Every such operation without a fault of its own meets what the rule says. It gets the operation's number,
  /// from 1, and is called by one thread at a time; it must not use the adapter.
  void inject_by_rule(StorageOperation operation, std::function<Fault(std::size_t)> rule) {
    plan_.set_rule(operation, std::move(rule));
  }
  /// @brief Forgets all faults that were not met yet.
  void clear() { plan_.clear(); }

  /// @brief How many such operations there were, and how many of them met a fault.
  std::size_t calls(StorageOperation operation) const { return plan_.calls(operation); }
  /// @brief How many such operations met a fault.
  std::size_t faults(StorageOperation operation) const { return plan_.faults(operation); }

  // --- the adapter ---------------------------------------------------------------------------------------------------

  /// @brief The storage's, unless a fault is due. @throws What the fault throws
  PushOutcome push_events(std::span<const PushRecord> records, bool force) {
    return run(StorageOperation::push_events, [&] { return adapter_->push_events(records, force); });
  }
  /// @brief The storage's, unless a fault is due. @throws What the fault throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    run(StorageOperation::get_events, [&] { adapter_->get_events(event_store_id, aggregate_id, options, sink); });
  }
  /// @brief The storage's, unless a fault is due. @throws What the fault throws
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return run(StorageOperation::list_aggregate_ids,
               [&] { return adapter_->list_aggregate_ids(event_store_id, options); });
  }

  // These override what TypedEventStorage declares where that is the base; else nobody calls them.
  /// @brief A load of typed events; a fault of `get_events` is its own. @throws What the fault throws
  EventStreamSnapshot snapshot(std::string_view event_store_id, std::string_view aggregate_id) const {
    return run(StorageOperation::get_events, [&] { return adapter_->snapshot(event_store_id, aggregate_id); });
  }
  /// @brief A push of typed events; a fault of `push_events` is its own. @throws What the fault throws
  PushOutcome push_typed_events(std::span<const EventToKeep* const> events, bool force) {
    return run(StorageOperation::push_events, [&] { return adapter_->push_typed_events(events, force); });
  }

 private:
  template <class Function>
  auto run(StorageOperation operation, const Function& function) const {
    using Result = std::invoke_result_t<const Function&>;
    const Fault fault = plan_.next(operation);
    if (fault.first) fault.first();
    if (fault.kind == Fault::Kind::before) detail::raise(fault, operation);
    if (fault.kind == Fault::Kind::conflict) {
      if constexpr (std::same_as<Result, PushOutcome>) return PushOutcome{PushOutcome::already_exists, fault.index};
      throw std::logic_error{"castore: a conflict was injected into an operation that is no push"};
    }
    if constexpr (std::is_void_v<Result>) {
      function();
      if (fault.kind == Fault::Kind::after) detail::raise(fault, operation);
    } else {
      Result result = function();
      if (fault.kind == Fault::Kind::after) detail::raise(fault, operation);
      return result;
    }
  }

  std::shared_ptr<Adapter> adapter_;
  mutable detail::FaultPlan plan_;
};

}  // namespace castore::testing

#endif
