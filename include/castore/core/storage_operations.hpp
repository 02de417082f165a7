// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_STORAGE_OPERATIONS_HPP
#define CASTORE_CORE_STORAGE_OPERATIONS_HPP

/// @file
/// The operations that storages have, each described once; what stands between a store and its storage passes them on
/// by these descriptions. One more operation is a description here, its name in the two lists, and a function of
/// `ForwardsOperations` (`forwards_operations.hpp`).

#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

/// @brief The operations of a storage, for those who count them or let them fail. What an `EventStore` does becomes one
/// or more of them.
enum class StorageOperation {
  push_events,         ///< Every push: of one event, of several, of a group; of records or objects.
  get_events,          ///< Every load, of records or objects.
  list_aggregate_ids,  ///< Every page of a list.
  list_event_stores,   ///< The list of a storage's event stores.
  read_all_events,     ///< Every reading of events in their one order, of records or objects.
  wait_for_events,     ///< Every wait for new events.
  feed_status,         ///< Every question what readers wait for.
  transact,            ///< Every transaction.
  save_snapshot,       ///< Every snapshot that is saved.
  load_snapshot,       ///< Every look for a snapshot.
  delete_snapshots     ///< Every deletion of snapshots, but for those of forced pushes.
};

/// @brief What describes an operation: which of the enumerators and function it is, which adapters have it, how it is
/// called, and `explain`, the compile error of a feature that needs it from an adapter without.
namespace operations {

/// @brief `push_events` of the adapter contract.
struct PushEvents {
  static constexpr StorageOperation operation = StorageOperation::push_events;  ///< Which it is.
  static constexpr std::string_view name = "push_events";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = PushesEvents<Adapter>;
  using Signature = PushOutcome(std::span<const PushRecord>, const PushOptions&);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, std::span<const PushRecord> records, const PushOptions& options) {
    return adapter.push_events(records, options);
  };
};

/// @brief `get_events` of the adapter contract.
struct GetEvents {
  static constexpr StorageOperation operation = StorageOperation::get_events;  ///< Which it is.
  static constexpr std::string_view name = "get_events";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = GetsEvents<Adapter>;
  using Signature = void(std::string_view, std::string_view, const GetEventsOptions&,
                         RecordSink);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, std::string_view event_store_id, std::string_view aggregate_id,
                                  const GetEventsOptions& options,
                                  RecordSink sink) { adapter.get_events(event_store_id, aggregate_id, options, sink); };
};

/// @brief `list_aggregate_ids` of the adapter contract.
struct ListAggregateIds {
  static constexpr StorageOperation operation = StorageOperation::list_aggregate_ids;  ///< Which it is.
  static constexpr std::string_view name = "list_aggregate_ids";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = ListsAggregateIds<Adapter>;
  using Signature = AggregateIdsPage(std::string_view, const ListAggregateIdsOptions&);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, std::string_view event_store_id,
                                  const ListAggregateIdsOptions& options) {
    return adapter.list_aggregate_ids(event_store_id, options);
  };
};

/// @brief `list_event_stores`, see `ListsEventStores`.
struct ListEventStores {
  static constexpr StorageOperation operation = StorageOperation::list_event_stores;  ///< Which it is.
  static constexpr std::string_view name = "list_event_stores";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = ListsEventStores<Adapter>;
  using Signature = std::vector<std::string>();  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter) { return adapter.list_event_stores(); };
  /// @brief What a feature that needs it asserts.
  template <class Adapter>
  static consteval bool explain() {
    static_assert(is_had_by<Adapter>,
                  "castore: this needs an adapter that lists its event stores; give it a public member function "
                  "`std::vector<std::string> list_event_stores()`, or take another adapter");
    return is_had_by<Adapter>;
  }
};

/// @brief `push_typed_events`, see `KeepsTypedEvents`.
struct PushTypedEvents {
  static constexpr StorageOperation operation = StorageOperation::push_events;  ///< Which it is.
  static constexpr std::string_view name = "push_typed_events";                 ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = KeepsTypedEvents<Adapter>;
  using Signature = PushOutcome(EventsToPush, const PushOptions&);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, EventsToPush events, const PushOptions& options) {
    return adapter.push_typed_events(events, options);
  };
};

/// @brief `typed_events`, see `KeepsTypedEvents`.
struct GetTypedEvents {
  static constexpr StorageOperation operation = StorageOperation::get_events;  ///< Which it is.
  static constexpr std::string_view name = "typed_events";                     ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = KeepsTypedEvents<Adapter>;
  using Signature = EventStreamSnapshot(std::string_view, std::string_view);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, std::string_view event_store_id, std::string_view aggregate_id) {
    return adapter.typed_events(event_store_id, aggregate_id);
  };
};

/// @brief `read_all_events`, see `ReadsAllEvents`.
struct ReadAllEvents {
  static constexpr StorageOperation operation = StorageOperation::read_all_events;  ///< Which it is.
  static constexpr std::string_view name = "read_all_events";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = ReadsAllEvents<Adapter>;
  using Signature = ReadAllEventsResult(Position, const ReadAllEventsOptions&,
                                        SequencedEventSink);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, Position after, const ReadAllEventsOptions& options,
                                  SequencedEventSink sink) { return adapter.read_all_events(after, options, sink); };
  /// @brief What a feature that needs it asserts.
  template <class Adapter>
  static consteval bool explain() {
    static_assert(
        is_had_by<Adapter>,
        "castore: this needs an adapter that hands out the events of all stores in one order; give it a "
        "public member function `castore::ReadAllEventsResult read_all_events(castore::Position after, const "
        "castore::ReadAllEventsOptions& options, castore::SequencedEventSink sink)`, or take another adapter");
    return is_had_by<Adapter>;
  }
};

/// @brief `read_all_typed_events`, see `ReadsAllTypedEvents`.
struct ReadAllTypedEvents {
  static constexpr StorageOperation operation = StorageOperation::read_all_events;  ///< Which it is.
  static constexpr std::string_view name = "read_all_typed_events";                 ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = ReadsAllTypedEvents<Adapter>;
  using Signature = ReadAllEventsResult(Position, const ReadAllEventsOptions&,
                                        SequencedTypedEventSink);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, Position after, const ReadAllEventsOptions& options,
                                  SequencedTypedEventSink sink) {
    return adapter.read_all_typed_events(after, options, sink);
  };
};

/// @brief `wait_for_events`, see `WaitsForEvents`.
struct WaitForEvents {
  static constexpr StorageOperation operation = StorageOperation::wait_for_events;  ///< Which it is.
  static constexpr std::string_view name = "wait_for_events";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = WaitsForEvents<Adapter>;
  using Signature = bool(Position, std::chrono::milliseconds, detail::StopToken);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, Position after, std::chrono::milliseconds at_most,
                                  const detail::StopToken& stop_token) {
    return adapter.wait_for_events(after, at_most, stop_token);
  };
  /// @brief What a feature that needs it asserts.
  template <class Adapter>
  static consteval bool explain() {
    static_assert(is_had_by<Adapter>,
                  "castore: this needs an adapter that waits for new events; give it a public member function `bool "
                  "wait_for_events(castore::Position after, std::chrono::milliseconds at_most, std::stop_token "
                  "stop_token)`, or take another adapter");
    return is_had_by<Adapter>;
  }
};

/// @brief `feed_status`, see `TellsFeedStatus`.
struct TellFeedStatus {
  static constexpr StorageOperation operation = StorageOperation::feed_status;  ///< Which it is.
  static constexpr std::string_view name = "feed_status";                       ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by = TellsFeedStatus<Adapter>;
  using Signature = FeedStatus();  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter) { return adapter.feed_status(); };
};

/// @brief `transact`, see `RunsTransactions` and `KeepsCheckpoints`.
struct Transact {
  static constexpr StorageOperation operation = StorageOperation::transact;  ///< Which it is.
  static constexpr std::string_view name = "transact";                       ///< Its function.
  /// @brief True when such an adapter has it, and its transactions keep checkpoints.
  template <class Adapter>
  static constexpr bool is_had_by =
      RunsTransactions<Adapter> && KeepsCheckpoints<typename detail::TransactionOf<Adapter>::Type>;
  using Signature = void(detail::FunctionRef<void(AnyTransaction&)>);  ///< How it is called.
  /// @brief Calls it, with a function that takes the adapter's own transaction or any one.
  static constexpr auto call = []<class Adapter>(Adapter& adapter, const auto& function) {
    using Transaction = typename detail::TransactionOf<Adapter>::Type;
    adapter.transact([&](Transaction& transaction) { detail::call_with_transaction(function, transaction); });
  };
  /// @brief What a feature that needs it asserts.
  template <class Adapter>
  static consteval bool explain() {
    constexpr bool runs_transactions = RunsTransactions<Adapter>;
    constexpr bool keeps_checkpoints = !runs_transactions || is_had_by<Adapter>;
    static_assert(runs_transactions,
                  "castore: this needs an adapter that runs transactions; give it a public type `Transaction` and a "
                  "public member function `void transact(castore::detail::FunctionRef<void(Transaction&)> function)`, "
                  "or take another adapter");
    static_assert(keeps_checkpoints,
                  "castore: this needs an adapter whose transactions keep checkpoints; give its `Transaction` the "
                  "public member functions `castore::Position checkpoint(std::string_view name, int version)` and "
                  "`bool move_checkpoint(std::string_view name, int version, castore::Position from, "
                  "castore::Position to)`, or take another adapter");
    return is_had_by<Adapter>;
  }
};

/// @brief `push_events` with a function that is called in its transaction, see `PushesInTransaction`.
struct PushEventsInTransaction {
  static constexpr StorageOperation operation = StorageOperation::push_events;  ///< Which it is.
  static constexpr std::string_view name = "push_events in a transaction";      ///< Its function.
  /// @brief True when such an adapter has it.
  template <class Adapter>
  static constexpr bool is_had_by =
      PushesInTransaction<Adapter> && KeepsCheckpoints<typename detail::TransactionOf<Adapter>::Type>;
  using Signature = PushOutcome(std::span<const PushRecord>, const PushOptions&,
                                PushHook<AnyTransaction>);  ///< How it is called.
  /// @brief Calls it, with a function that takes the adapter's own transaction or any one.
  static constexpr auto call = []<class Adapter>(Adapter& adapter, std::span<const PushRecord> records,
                                                 const PushOptions& options, const auto& hook) {
    using Transaction = typename detail::TransactionOf<Adapter>::Type;
    return adapter.push_events(records, options,
                               [&](Transaction& transaction, std::span<const SequencedEventView> events) {
                                 detail::call_with_transaction(hook, transaction, events);
                               });
  };
  /// @brief What a feature that needs it asserts.
  template <class Adapter>
  static consteval bool explain() {
    static_assert(is_had_by<Adapter>,
                  "castore: this needs an adapter that does more in the transaction of a push; give it a public member "
                  "function `castore::PushOutcome push_events(std::span<const castore::PushRecord> records, const "
                  "castore::PushOptions& options, castore::PushHook<Transaction> hook)`, or take another adapter");
    return is_had_by<Adapter>;
  }
};

/// @brief `save_snapshot`, see `KeepsSnapshots`.
struct SaveSnapshot {
  static constexpr StorageOperation operation = StorageOperation::save_snapshot;  ///< Which it is.
  static constexpr std::string_view name = "save_snapshot";                       ///< Its function.
  /// @brief True when such a storage has it.
  template <class Adapter>
  static constexpr bool is_had_by = KeepsSnapshots<Adapter>;
  using Signature = bool(const SnapshotRecord&);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, const SnapshotRecord& snapshot) {
    return adapter.save_snapshot(snapshot);
  };
  /// @brief What a feature that needs it asserts.
  template <class Adapter>
  static consteval bool explain() {
    static_assert(is_had_by<Adapter>,
                  "castore: this needs a storage that keeps snapshots; give it the public member functions `bool "
                  "save_snapshot(const castore::SnapshotRecord& snapshot)`, `std::int64_t load_snapshot(const "
                  "castore::SnapshotKey& key, castore::Version max_version, castore::SnapshotSink sink)` and `void "
                  "delete_snapshots(std::string_view event_store_id, const castore::DeleteSnapshotsOptions& which)`, "
                  "or take another storage for them, such as a castore::InMemorySnapshotStorage");
    return is_had_by<Adapter>;
  }
};

/// @brief `load_snapshot`, see `KeepsSnapshots`.
struct LoadSnapshot {
  static constexpr StorageOperation operation = StorageOperation::load_snapshot;  ///< Which it is.
  static constexpr std::string_view name = "load_snapshot";                       ///< Its function.
  /// @brief True when such a storage has it.
  template <class Adapter>
  static constexpr bool is_had_by = KeepsSnapshots<Adapter>;
  using Signature = std::int64_t(const SnapshotKey&, Version, SnapshotSink);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, const SnapshotKey& key, Version max_version, SnapshotSink sink) {
    return adapter.load_snapshot(key, max_version, sink);
  };
};

/// @brief `delete_snapshots`, see `KeepsSnapshots`.
struct DeleteSnapshots {
  static constexpr StorageOperation operation = StorageOperation::delete_snapshots;  ///< Which it is.
  static constexpr std::string_view name = "delete_snapshots";                       ///< Its function.
  /// @brief True when such a storage has it.
  template <class Adapter>
  static constexpr bool is_had_by = KeepsSnapshots<Adapter>;
  using Signature = void(std::string_view, const DeleteSnapshotsOptions&);  ///< How it is called.
  /// @brief Calls it.
  static constexpr auto call = [](auto& adapter, std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
    adapter.delete_snapshots(event_store_id, which);
  };
};

}  // namespace operations

namespace detail {

template <class... Operations>
struct OperationList {};
using AllOperations =
    OperationList<operations::PushEvents, operations::GetEvents, operations::ListAggregateIds,
                  operations::ListEventStores, operations::PushTypedEvents, operations::GetTypedEvents,
                  operations::ReadAllEvents, operations::ReadAllTypedEvents, operations::WaitForEvents,
                  operations::TellFeedStatus, operations::Transact, operations::PushEventsInTransaction,
                  operations::SaveSnapshot, operations::LoadSnapshot, operations::DeleteSnapshots>;

}  // namespace detail

/// @brief True when the storage behind an adapter has an operation: `supports<operations::ListEventStores>(adapter)`. A
/// handle, or what stands before one, knows at run time; all others when compiling.
template <class Operation, class Adapter>
constexpr bool supports(const Adapter& adapter) {
  if constexpr (requires { adapter.template supports<Operation>(); }) {
    return adapter.template supports<Operation>();
  } else {
    return Operation::template is_had_by<Adapter>;
  }
}

}  // namespace castore

#endif
