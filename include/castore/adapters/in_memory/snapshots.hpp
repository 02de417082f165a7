// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_SNAPSHOTS_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_SNAPSHOTS_HPP

#include <castore/core/snapshot_storage.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief Keeps snapshots in this process. For events whose own storage keeps none, or keeps them further away; an
/// `InMemoryEventStorageAdapter` has one of its own.
///
/// **Guarantees:** any number of threads may use one object. Running out of memory leaves everything as it was.
/// @code
/// castore::InMemorySnapshotStorage snapshots;
/// castore::SnapshotEventStore fast{pokemons, snapshots};
/// @endcode
class InMemorySnapshotStorage {
 public:
  InMemorySnapshotStorage() = default;
  InMemorySnapshotStorage(const InMemorySnapshotStorage&) = delete;
  InMemorySnapshotStorage& operator=(const InMemorySnapshotStorage&) = delete;

  /// @brief See `KeepsSnapshots`.
  [[nodiscard("castore: false says that the history has changed and nothing was saved")]] bool save_snapshot(
      const SnapshotRecord& snapshot) {
    auto kept = std::make_shared<const Kept>(Kept{snapshot.event_timestamp, snapshot.state, snapshot.created_at});
    const std::lock_guard lock{mutex_};
    if (snapshot.history != history_) return false;
    snapshots_[{snapshot.event_store_id, snapshot.aggregate_id}][snapshot.reducer_version].insert_or_assign(
        snapshot.version, std::move(kept));
    return true;
  }

  /// @brief See `KeepsSnapshots`. @throws What the sink throws
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) const {
    std::unique_lock lock{mutex_};
    const std::int64_t history = history_;
    const auto aggregate = snapshots_.find(Name{key.event_store_id, key.aggregate_id});
    if (aggregate == snapshots_.end()) return history;
    const auto versions = aggregate->second.find(key.reducer_version);
    if (versions == aggregate->second.end()) return history;
    const auto after = versions->second.upper_bound(max_version);
    if (after == versions->second.begin()) return history;
    const auto [version, kept] = *std::prev(after);
    lock.unlock();  // others need not wait until it is decoded
    sink({version, kept->event_timestamp, kept->state, kept->created_at});
    return history;
  }

  /// @brief See `KeepsSnapshots`.
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
    const std::lock_guard lock{mutex_};
    ++history_;
    auto aggregate = snapshots_.lower_bound(Name{event_store_id, which.aggregate_id.value_or(std::string_view{})});
    while (aggregate != snapshots_.end() && aggregate->first.first == event_store_id &&
           (!which.aggregate_id || aggregate->first.second == *which.aggregate_id)) {
      for (auto& [reducer_version, versions] : aggregate->second) {
        if (which.reducer_version.value_or(reducer_version) == reducer_version) delete_from(versions, which);
      }
      std::erase_if(aggregate->second, [](const auto& each) { return each.second.empty(); });
      aggregate = aggregate->second.empty() ? snapshots_.erase(aggregate) : std::next(aggregate);
    }
  }

 private:
  struct Kept {
    Timestamp event_timestamp;
    std::string state;
    Timestamp created_at;
  };
  using Versions = std::map<Version, std::shared_ptr<const Kept>>;
  using Name = std::pair<std::string_view, std::string_view>;

  static void delete_from(Versions& versions, const DeleteSnapshotsOptions& which) {
    auto end = versions.end();
    for (std::size_t kept = 0; kept < which.keep && end != versions.begin(); ++kept) --end;
    const auto first = versions.lower_bound(which.min_version);
    if (first == versions.end() || end == versions.begin() || std::prev(end)->first < first->first) return;
    versions.erase(first, end);
  }

  struct InOrder {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const noexcept {
      const Name of_left{left.first, left.second};
      return of_left < Name{right.first, right.second};
    }
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::map<int, Versions>, InOrder> snapshots_;
  std::int64_t history_ = 0;
};

static_assert(KeepsSnapshots<InMemorySnapshotStorage>);

}  // namespace castore

#endif
