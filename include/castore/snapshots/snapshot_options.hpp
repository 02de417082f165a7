// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_SNAPSHOT_OPTIONS_HPP
#define CASTORE_SNAPSHOTS_SNAPSHOT_OPTIONS_HPP

#include <castore/fwd.hpp>
#include <castore/snapshots/snapshot_policy.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace castore {

/// @brief Why a snapshot was not used, and the aggregate was built of other events.
enum class SnapshotFault {
  damaged,         ///< Its text is not JSON of this aggregate. Raise the reducer's version when its form has changed.
  of_another,      ///< It holds the id or the version of another aggregate.
  not_in_history,  ///< Its last event is not stored, or another one is in its place. It was deleted.
  unreadable       ///< Its storage failed, or what it handed out was not asked for.
};

/// @brief A snapshot that was not used. The views are valid during the call that gets it.
struct IgnoredSnapshot {
  std::string_view event_store_id{};  ///< The store.
  std::string_view aggregate_id{};    ///< The aggregate.
  int reducer_version = 1;            ///< That of the store.
  Version version = 0;                ///< The snapshot's; 0 when it is not known.
  SnapshotFault fault{};              ///< Why.
  std::string_view reason{};          ///< The same in words.
};

/// @brief What became of the loads of a `SnapshotEventStore` and its copies.
struct SnapshotStatistics {
  std::uint64_t hits = 0;            ///< Loads that began with a snapshot.
  std::uint64_t misses = 0;          ///< Loads that began with the first event.
  std::uint64_t tails = 0;           ///< Events that were read after the snapshots of the hits, all together.
  std::uint64_t saved = 0;           ///< Snapshots that were saved.
  std::uint64_t outdated = 0;        ///< Not saved, as a forced push or a deletion came in between.
  std::uint64_t failed = 0;          ///< Not saved; `on_snapshot_failed` was told.
  std::uint64_t damaged = 0;         ///< Not used: `SnapshotFault::damaged`.
  std::uint64_t of_another = 0;      ///< Not used: `SnapshotFault::of_another`.
  std::uint64_t not_in_history = 0;  ///< Not used: `SnapshotFault::not_in_history`.
  std::uint64_t unreadable = 0;      ///< Not used: `SnapshotFault::unreadable`.

  friend bool operator==(const SnapshotStatistics&, const SnapshotStatistics&) = default;
};

/// @brief Options of a `SnapshotEventStore`. What the functions throw ends the load; threads may call them at the same
/// time.
struct SnapshotEventStoreOptions {
  /// @brief After which loads a snapshot is saved.
  SnapshotPolicy policy = every(100);
  /// @brief The version of the reducer, where it does not say it itself by `static constexpr int version = 2;`. 1
  /// unless either says so. Raise it with every change that changes what comes out: of the reducer, of the aggregate,
  /// of an `upcast`, of a field's default, of `unknown_events` or `missing_versions`; and with each new event, as
  /// releases that do not know it must not begin with what it led to.
  std::optional<int> reducer_version{};
  /// @brief Told of each snapshot that was not used.
  std::function<void(const IgnoredSnapshot& ignored)> on_snapshot_ignored{};
  /// @brief Told when a snapshot could not be saved or deleted; the load has succeeded. It must not throw.
  std::function<void(std::string_view aggregate_id, std::exception_ptr error)> on_snapshot_failed{};
};

}  // namespace castore

#endif
