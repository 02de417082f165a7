// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_CACHED_EVENT_STORE_HPP
#define CASTORE_SNAPSHOTS_CACHED_EVENT_STORE_HPP

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/fwd.hpp>
#include <castore/snapshots/cache_options.hpp>
#include <castore/snapshots/detail/aggregate_cache.hpp>

#include <concepts>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A store that keeps the aggregates that were used last in this process, and reads only the events after them.
/// It is derived from the store it was made from, and used in its place, also in commands and groups.
///
/// @code
/// castore::CachedEventStore cached{pokemons, {.max_aggregates = 10'000}};
/// cached.get_aggregate("pikachu");  // the first time all events, then what is new
/// @endcode
/// For few aggregates that are loaded again and again by one process. It may stand on a `SnapshotEventStore`, which
/// then serves what is not in memory.
///
/// **Guarantees:** every load asks the storage for newer events, so what other processes push is seen at once. A load
/// with `max_version` uses what is kept when that is not newer. Any number of threads may load; each gets a copy of its
/// own. A forced push by this store, its copies, or a store derived from it makes it forget the aggregate. One by
/// anybody else cannot be seen by asking for newer events, and neither can events that were deleted: call `forget`, or
/// `clear`, when events of the past were changed, and `clear` when the store gets another adapter. A load that begins
/// in memory saves no snapshot.
///
/// **Errors:** those of the store.
template <class Store>
class CachedEventStore : public Store {
  static_assert(DerivableStore<Store>);
  static constexpr bool is_copied = std::copy_constructible<typename Store::Aggregate>;
  static_assert(is_copied,
                "castore: a CachedEventStore hands out copies of its aggregates; give the aggregate a copy "
                "constructor");
  class Cache;

 public:
  using typename Store::Aggregate;

  /// @brief A store with a cache. @param event_store Must outlive it and its copies.
  explicit CachedEventStore(Store& event_store, CachedEventStoreOptions options = {})
      : CachedEventStore{event_store, std::make_shared<Cache>(options)} {}

  /// @brief A store derived from another one, see `DerivableStore`.
  CachedEventStore(const CachedEventStore& original, std::shared_ptr<typename Store::StoreExtension> extension)
      : Store(original, std::move(extension)), event_store_{original.event_store_}, cache_{original.cache_} {}

  /// @brief The store it was made from.
  Store& event_store() const noexcept { return *event_store_; }

  /// @brief See `EventStore::get_aggregate`.
  std::optional<Aggregate> get_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    // What lacks events, or has some that others refuse, must not be taken for what they load.
    if (!detail::is_usual_load(*this, options)) return Store::get_aggregate(aggregate_id, options);
    const auto found = cache_->find(aggregate_id, detail::address_of_adapter(this->event_storage_adapter()),
                                    options.max_version.value_or((std::numeric_limits<Version>::max)()));
    if (!found.aggregate) {
      std::optional<Aggregate> loaded = Store::get_aggregate(aggregate_id, options);
      if (loaded && !options.max_version) cache_->keep(aggregate_id, *loaded, found.generation);
      return loaded;
    }
    const Version version = found.aggregate->version;
    Aggregate aggregate = Store::extend_aggregate(Aggregate(*found.aggregate), options);
    if (aggregate.version > version) cache_->keep(aggregate_id, aggregate, found.generation);
    return aggregate;
  }
  /// @brief See `EventStore::get_existing_aggregate`. @throws AggregateNotFoundError
  Aggregate get_existing_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    std::optional<Aggregate> aggregate = get_aggregate(aggregate_id, options);
    if (!aggregate) throw AggregateNotFoundError{this->event_store_id(), aggregate_id};
    return *std::move(aggregate);
  }

  /// @brief Forgets an aggregate: the next load reads all of its events.
  void forget(std::string_view aggregate_id) { cache_->forget(aggregate_id); }
  /// @brief Forgets all aggregates.
  void clear() { cache_->clear(); }
  /// @brief How many aggregates are kept, and how often a load found one.
  CacheStatistics statistics() const { return cache_->statistics(); }

 private:
  /// What all copies share.
  class Cache final : public Store::StoreExtension, public detail::AggregateCache<Aggregate> {
   public:
    explicit Cache(const CachedEventStoreOptions& options) : detail::AggregateCache<Aggregate>{options} {}

    /// Before a forced push and when it is over, so that nothing stays that was loaded in between.
    std::shared_ptr<void> begin_push(std::string_view aggregate_id, Version, PushOptions& options) override {
      if (!options.force) return nullptr;
      this->forget(aggregate_id);
      return {static_cast<void*>(this), [this, id = std::string{aggregate_id}](void*) { this->forget(id); }};
    }
    void event_pushed(const typename Store::PushedEvent&) override {}
  };

  CachedEventStore(Store& event_store, std::shared_ptr<Cache> cache)
      : Store(static_cast<const Store&>(event_store), cache), event_store_{&event_store}, cache_{std::move(cache)} {}

  Store* event_store_;
  std::shared_ptr<Cache> cache_;
};

template <class Store>
CachedEventStore(Store&) -> CachedEventStore<Store>;
template <class Store>
CachedEventStore(Store&, CachedEventStoreOptions) -> CachedEventStore<Store>;

}  // namespace castore

#endif
