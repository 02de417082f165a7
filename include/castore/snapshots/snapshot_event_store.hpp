// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_SNAPSHOT_EVENT_STORE_HPP
#define CASTORE_SNAPSHOTS_SNAPSHOT_EVENT_STORE_HPP

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>
#include <castore/snapshots/detail/snapshot_keeper.hpp>
#include <castore/snapshots/snapshot_options.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A store whose loads begin with a snapshot of the aggregate, where there is one, and read the events after it
/// only. It is derived from the store it was made from, and used in its place, also in commands and groups.
///
/// @code
/// castore::SnapshotEventStore fast{pokemons, storage, {.policy = castore::every(100)}};
/// fast.get_aggregate("pikachu");  // the newest snapshot of this reducer version, then the events after it
/// @endcode
/// For aggregates with hundreds of events; below that a snapshot costs more than it saves. The aggregate's JSON is
/// found as that of payloads is: by its fields, by declared fields, or by its `castore::codec`.
///
/// **Guarantees:** what is loaded is what all events give, with every policy and at every `max_version`. Of another
/// version of the reducer no snapshot is read. One that does not decode, belongs to another aggregate, or whose last
/// event is not the one that is stored, is not used, and all events are read. After a load without `max_version` a
/// snapshot is saved when the policy wants one, by the thread that loads; no push writes one. Where the storage keeps
/// the events, too, a forced push deletes the snapshots at or above its version in its own transaction. Where it does
/// not, a forced push by this store, or one derived from it, deletes them before and after it; one by another store
/// does not, so call `delete_snapshots` then, and when the store gets another adapter. A forced push by a program that
/// does not know of snapshots (Castore, an older release) is noticed only where it replaces the last event of a
/// snapshot.
///
/// **Errors:** those of the store. A snapshot that cannot be read or saved is not an error of the load: it is counted,
/// and told to `on_snapshot_ignored` or `on_snapshot_failed`.
/// @tparam Storage Of snapshots: an adapter with `KeepsSnapshots`, mostly the one that keeps the events, or another one
template <class Store, class Storage>
class SnapshotEventStore : public Store {
  static_assert(DerivableStore<Store>);
  using Keeper = detail::SnapshotKeeper<Store, Storage>;

 public:
  using typename Store::Aggregate;

  /// @brief A store with snapshots. @param event_store and `storage` must outlive it and its copies.
  /// @throws UnsupportedOperationError where a handle's storage keeps no snapshots
  SnapshotEventStore(Store& event_store, Storage& storage, SnapshotEventStoreOptions options = {})
      : SnapshotEventStore{event_store, std::make_shared<Keeper>(event_store, storage, std::move(options))} {
    static_cast<void>(operations::SaveSnapshot::explain<Storage>());
    static_cast<void>(detail::ReducerVersion<typename Store::Reducer>::explain());
  }

  /// @brief A store derived from another one, see `DerivableStore`.
  SnapshotEventStore(const SnapshotEventStore& original, std::shared_ptr<typename Store::StoreExtension> extension)
      : Store(original, std::move(extension)), event_store_{original.event_store_}, keeper_{original.keeper_} {}

  /// @brief The store it was made from.
  Store& event_store() const noexcept { return *event_store_; }
  /// @brief The version of the reducer that is part of the key of its snapshots.
  int reducer_version() const noexcept { return keeper_->reducer_version(); }
  /// @brief What became of the loads so far.
  SnapshotStatistics statistics() const noexcept { return keeper_->statistics(); }

  /// @brief See `EventStore::get_aggregate`.
  std::optional<Aggregate> get_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    if constexpr (decltype(detail::codec_fault<Aggregate>())::explain() && Keeper::keeps_snapshots) {
      // What lacks events, or has some that others refuse, must not be taken for what they load.
      if (!detail::is_usual_load(*this, options)) return Store::get_aggregate(aggregate_id, options);
      return keeper_->load(
          this->event_store_id(), aggregate_id, options, [this] { return this->options().clock(); },
          [&](LoadedAggregate<Aggregate> from) {
            return this->load_aggregate(aggregate_id, options, std::move(from));
          });
    } else {
      return std::nullopt;  // not reached: the check before does not compile
    }
  }
  /// @brief See `EventStore::get_existing_aggregate`. @throws AggregateNotFoundError
  Aggregate get_existing_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    std::optional<Aggregate> aggregate = get_aggregate(aggregate_id, options);
    if (!aggregate) throw AggregateNotFoundError{this->event_store_id(), aggregate_id};
    return *std::move(aggregate);
  }

  /// @brief Deletes all snapshots of the store but the newest ones of each aggregate and version of the reducer.
  /// @param keep How many stay; with more than one a load with `max_version` need not begin at the first event.
  /// @throws StorageError
  void prune(std::size_t keep = 1) { delete_snapshots({.keep = keep}); }
  /// @brief Deletes snapshots of the store: those of an old version of the reducer, when no program uses it any more,
  /// or of an aggregate whose events were changed by hand. @throws StorageError
  void delete_snapshots(const DeleteSnapshotsOptions& which = {}) {
    keeper_->storage().delete_snapshots(this->event_store_id(), which);
  }

 private:
  SnapshotEventStore(Store& event_store, std::shared_ptr<Keeper> keeper)
      : Store(static_cast<const Store&>(event_store), keeper->extension_of(event_store)),
        event_store_{&event_store},
        keeper_{std::move(keeper)} {}

  Store* event_store_;
  std::shared_ptr<Keeper> keeper_;
};

template <class Store, class Storage>
SnapshotEventStore(Store&, Storage&) -> SnapshotEventStore<Store, Storage>;
template <class Store, class Storage>
SnapshotEventStore(Store&, Storage&, SnapshotEventStoreOptions) -> SnapshotEventStore<Store, Storage>;

}  // namespace castore

#endif
