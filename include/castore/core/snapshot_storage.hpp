// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_SNAPSHOT_STORAGE_HPP
#define CASTORE_CORE_SNAPSHOT_STORAGE_HPP

/// @file
/// What a storage of snapshots is: aggregates as they were after one of their events, so that a load need not begin at
/// the first one. A storage of events may be one, too; the laws are those of
/// `castore/testing/snapshot_conformance.hpp`.

#include <castore/detail/function_ref.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace castore {

/// @brief Whose snapshots. The views must outlive the call that gets them.
struct SnapshotKey {
  std::string_view event_store_id{};  ///< The store.
  std::string_view aggregate_id{};    ///< The aggregate.
  int reducer_version = 1;            ///< The version of the reducer that built it.
};

/// @brief A snapshot to be saved.
struct SnapshotRecord {
  std::string event_store_id{};  ///< The store.
  std::string aggregate_id{};    ///< The aggregate.
  int reducer_version = 1;       ///< The version of the reducer that built it.
  Version version = 0;           ///< That of the last event in it, from 1.
  Timestamp event_timestamp{};   ///< That of the same event, by which an event that was put in its place is noticed.
  std::string state{};           ///< JSON; empty: none.
  Timestamp created_at{};        ///< When it was taken.
  std::int64_t history = 0;      ///< What `load_snapshot` returned before the events were read.

  friend bool operator==(const SnapshotRecord&, const SnapshotRecord&) = default;
};

/// @brief A snapshot as a view into the storage's own buffers, valid during the call that receives it.
struct SnapshotView {
  Version version = 0;          ///< As in `SnapshotRecord`.
  Timestamp event_timestamp{};  ///< As in `SnapshotRecord`.
  std::string_view state{};     ///< As in `SnapshotRecord`.
  Timestamp created_at{};       ///< As in `SnapshotRecord`.
};

/// @brief Receives the snapshot that was found; it is not called when there is none. It must not call the storage. What
/// it throws ends the load.
using SnapshotSink = detail::FunctionRef<void(const SnapshotView&)>;

/// @brief Which snapshots of an event store to delete; all that nothing is said about.
struct DeleteSnapshotsOptions {
  std::optional<std::string_view> aggregate_id{};  ///< Of this aggregate only.
  std::optional<int> reducer_version{};            ///< Of this version of the reducer only.
  Version min_version = 1;                         ///< Only those at this version or after it.
  std::size_t keep = 0;  ///< So many stay of each aggregate and version of the reducer, the newest ones.
};

/// @brief Optional. Keeps snapshots of aggregates, several of each.
///
/// `load_snapshot` hands out the newest one of this key at `max_version` or before it. It returns a number that stands
/// for the history of the aggregate: another one after a forced push, and after snapshots were deleted. It is read
/// before the snapshot.
/// `save_snapshot` keeps one, in the place of one with the same key and version. When `history` is not the number that
/// `load_snapshot` would return, its events may have been overwritten meanwhile: nothing is saved, and the result is
/// false.
/// `delete_snapshots` deletes those of one event store.
///
/// An adapter that keeps both events and snapshots deletes the snapshots at or above the version of a forced push in
/// the transaction of that push.
template <class Storage>
concept KeepsSnapshots =
    requires(Storage& storage, const SnapshotRecord& snapshot, const SnapshotKey& key, Version max_version,
             SnapshotSink sink, std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
      { storage.save_snapshot(snapshot) } -> std::same_as<bool>;
      { storage.load_snapshot(key, max_version, sink) } -> std::same_as<std::int64_t>;
      { storage.delete_snapshots(event_store_id, which) } -> std::same_as<void>;
    };

}  // namespace castore

#endif
