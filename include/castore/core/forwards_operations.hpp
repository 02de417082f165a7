// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_FORWARDS_OPERATIONS_HPP
#define CASTORE_CORE_FORWARDS_OPERATIONS_HPP

#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief The functions of all operations, for an adapter that passes them on to another: derive from it and write
/// `template <class Operation> static constexpr bool may_have`, true for what it may be asked for;
/// `template <class Operation> bool supports() const`, true for what the other has;
/// `template <class Operation, class... With> auto call(With&&... with) const`, which passes one operation on, mostly
/// by `Operation::call(other, std::forward<With>(with)...)`;
/// `using Transaction`, the other's, where it may have transactions.
template <class Derived>
class ForwardsOperations {
 public:
  /// @brief `push_events` of the adapter contract.
  [[nodiscard("castore: the outcome says whether the events were stored; look at its status")]]
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) const {
    return self().template call<operations::PushEvents>(records, options);
  }
  /// @brief `get_events` of the adapter contract.
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    self().template call<operations::GetEvents>(event_store_id, aggregate_id, options, sink);
  }
  /// @brief `list_aggregate_ids` of the adapter contract.
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return self().template call<operations::ListAggregateIds>(event_store_id, options);
  }
  /// @brief See `ListsEventStores`.
  std::vector<std::string> list_event_stores() const
    requires(Derived::template may_have<operations::ListEventStores>)
  {
    return self().template call<operations::ListEventStores>();
  }
  /// @brief See `KeepsTypedEvents`.
  [[nodiscard("castore: the outcome says whether the events were stored; look at its status")]]
  PushOutcome push_typed_events(EventsToPush events, const PushOptions& options) const
    requires(Derived::template may_have<operations::PushTypedEvents>)
  {
    return self().template call<operations::PushTypedEvents>(events, options);
  }
  /// @brief See `KeepsTypedEvents`.
  EventStreamSnapshot typed_events(std::string_view event_store_id, std::string_view aggregate_id) const
    requires(Derived::template may_have<operations::GetTypedEvents>)
  {
    return self().template call<operations::GetTypedEvents>(event_store_id, aggregate_id);
  }
  /// @brief See `ReadsAllEvents`.
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) const
    requires(Derived::template may_have<operations::ReadAllEvents>)
  {
    return self().template call<operations::ReadAllEvents>(after, options, sink);
  }
  /// @brief See `ReadsAllTypedEvents`.
  ReadAllEventsResult read_all_typed_events(Position after, const ReadAllEventsOptions& options,
                                            SequencedTypedEventSink sink) const
    requires(Derived::template may_have<operations::ReadAllTypedEvents>)
  {
    return self().template call<operations::ReadAllTypedEvents>(after, options, sink);
  }
  /// @brief See `WaitsForEvents`.
  bool wait_for_events(Position after, std::chrono::milliseconds at_most, detail::StopToken stop_token = {}) const
    requires(Derived::template may_have<operations::WaitForEvents>)
  {
    return self().template call<operations::WaitForEvents>(after, at_most, std::move(stop_token));
  }
  /// @brief See `TellsFeedStatus`.
  FeedStatus feed_status() const
    requires(Derived::template may_have<operations::TellFeedStatus>)
  {
    return self().template call<operations::TellFeedStatus>();
  }
  /// @brief See `RunsTransactions`; `Derived` has the type `Transaction`, mostly that of the other.
  template <class Self = Derived>
  void transact(detail::FunctionRef<void(typename Self::Transaction&)> function) const
    requires(Self::template may_have<operations::Transact>)
  {
    self().template call<operations::Transact>(function);
  }
  /// @brief See `PushesInTransaction`.
  template <class Self = Derived>
  [[nodiscard("castore: the outcome says whether the events were stored; look at its status")]] PushOutcome push_events(
      std::span<const PushRecord> records, const PushOptions& options, PushHook<typename Self::Transaction> hook) const
    requires(Self::template may_have<operations::PushEventsInTransaction>)
  {
    return self().template call<operations::PushEventsInTransaction>(records, options, hook);
  }
  /// @brief See `KeepsSnapshots`.
  [[nodiscard("castore: false says that the history has changed and nothing was saved")]] bool save_snapshot(
      const SnapshotRecord& snapshot) const
    requires(Derived::template may_have<operations::SaveSnapshot>)
  {
    return self().template call<operations::SaveSnapshot>(snapshot);
  }
  /// @brief See `KeepsSnapshots`.
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) const
    requires(Derived::template may_have<operations::LoadSnapshot>)
  {
    return self().template call<operations::LoadSnapshot>(key, max_version, sink);
  }
  /// @brief See `KeepsSnapshots`.
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) const
    requires(Derived::template may_have<operations::DeleteSnapshots>)
  {
    self().template call<operations::DeleteSnapshots>(event_store_id, which);
  }

 protected:
  ForwardsOperations() = default;
  ~ForwardsOperations() = default;
  ForwardsOperations(const ForwardsOperations&) = default;
  ForwardsOperations& operator=(const ForwardsOperations&) = default;

 private:
  const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }
};

}  // namespace castore

#endif
