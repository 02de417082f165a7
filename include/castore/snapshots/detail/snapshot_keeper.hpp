// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_DETAIL_SNAPSHOT_KEEPER_HPP
#define CASTORE_SNAPSHOTS_DETAIL_SNAPSHOT_KEEPER_HPP

/// @file
/// How a load begins with a snapshot and ends with one, and what becomes of snapshots at a forced push.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>
#include <castore/snapshots/detail/aggregate_cache.hpp>
#include <castore/snapshots/snapshot_options.hpp>
#include <castore/snapshots/snapshot_policy.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore::detail {

/// The version that a reducer says it has.
template <class Reducer>
struct ReducerVersion {
  static constexpr bool is_said = requires { Reducer::version; } || requires { &Reducer::version; };
  static constexpr bool is_number = requires { typename std::integral_constant<int, Reducer::version>; };

  static constexpr int value() {
    if constexpr (is_number) return static_cast<int>(Reducer::version);
    return 1;
  }
  static constexpr bool explain() {
    constexpr bool is_valid = !is_said || is_number;
    static_assert(is_valid, "castore: the version of a reducer is a number, `static constexpr int version = 2;`");
    return is_valid;
  }
};

/// The counters of `SnapshotStatistics`.
struct SnapshotCounters {
  using Counter = std::atomic<std::uint64_t>;
  Counter hits{0}, misses{0}, tails{0}, saved{0}, outdated{0}, failed{0};
  Counter damaged{0}, of_another{0}, not_in_history{0}, unreadable{0};

  static void add(Counter& counter, std::uint64_t number = 1) noexcept {
    counter.fetch_add(number, std::memory_order_relaxed);
  }
  void add(SnapshotFault fault) noexcept {
    switch (fault) {
      case SnapshotFault::damaged:
        return add(damaged);
      case SnapshotFault::of_another:
        return add(of_another);
      case SnapshotFault::not_in_history:
        return add(not_in_history);
      case SnapshotFault::unreadable:
        return add(unreadable);
    }
  }
};

/// What a `SnapshotEventStore` and its copies share.
template <class Store, class Storage>
class SnapshotKeeper : public std::enable_shared_from_this<SnapshotKeeper<Store, Storage>> {
  using Aggregate = typename Store::Aggregate;
  using Loaded = LoadedAggregate<Aggregate>;
  class Invalidator;

 public:
  static constexpr bool keeps_snapshots = operations::SaveSnapshot::template is_had_by<Storage>;

  SnapshotKeeper(const Store&, Storage& storage, SnapshotEventStoreOptions options)
      : storage_{storage},
        options_{std::move(options)},
        reducer_version_{options_.reducer_version.value_or(ReducerVersion<typename Store::Reducer>::value())} {
    if (!supports<operations::SaveSnapshot>(storage)) {
      throw UnsupportedOperationError{operations::SaveSnapshot::name};
    }
  }

  Storage& storage() const noexcept { return storage_; }
  int reducer_version() const noexcept { return reducer_version_; }
  SnapshotStatistics statistics() const noexcept {
    return {counters_.hits,   counters_.misses,  counters_.tails,      counters_.saved,          counters_.outdated,
            counters_.failed, counters_.damaged, counters_.of_another, counters_.not_in_history, counters_.unreadable};
  }

  /// What a store that is derived from this one does at forced pushes; nothing where its adapter does it.
  std::shared_ptr<typename Store::StoreExtension> extension_of(const Store& store) {
    if (is_adapter_of(store)) return nullptr;
    return std::make_shared<Invalidator>(this->shared_from_this(), std::string{store.event_store_id()});
  }

  /// @param load `Loaded(Loaded from)`.
  template <class Clock, class Load>
  std::optional<Aggregate> load(std::string_view event_store_id, std::string_view aggregate_id,
                                const GetAggregateOptions& options, const Clock& clock, const Load& load) {
    const SnapshotKey key{event_store_id, aggregate_id, reducer_version_};
    Found found = find(key, options.max_version.value_or((std::numeric_limits<Version>::max)()));
    Loaded loaded;
    bool is_hit = found.snapshot.aggregate.has_value();
    if (is_hit) {
      const Version version = found.snapshot.aggregate->version;
      loaded = load(std::move(found.snapshot));
      is_hit = loaded.aggregate.has_value();
      if (!is_hit) {
        drop(key, version);
        found.history.reset();  // it has changed by this
        found.created_at.reset();
      }
    }
    if (is_hit) {
      SnapshotCounters::add(counters_.hits);
      SnapshotCounters::add(counters_.tails, loaded.events);
    } else {
      SnapshotCounters::add(counters_.misses);
      loaded = load(Loaded{});
    }
    if (options.max_version || !loaded.aggregate) return std::move(loaded.aggregate);
    if (found.ignored_version > loaded.aggregate->version) {
      // Of no event, so no good one would ever take its place.
      or_tell_failed(aggregate_id, [&] {
        storage_.delete_snapshots(event_store_id, {.aggregate_id = aggregate_id,
                                                   .reducer_version = reducer_version_,
                                                   .min_version = found.ignored_version});
      });
    } else if (found.history && loaded.events > 0 && loaded.is_whole) {
      save_if_wanted(key, loaded, clock(), found.created_at, *found.history);
    }
    return std::move(loaded.aggregate);
  }

 private:
  struct Found {
    Loaded snapshot{};
    std::optional<Timestamp> created_at{};
    std::optional<std::int64_t> history{};  ///< Nothing when it is not known.
    Version ignored_version = 0;            ///< Of a snapshot that cannot be used whatever is stored; 0: none.
  };

  bool is_adapter_of(const Store& store) const {
    if constexpr (EventStorageAdapter<Storage>) {
      try {
        return address_of_adapter(store.event_storage_adapter()) == address_of_adapter(storage_);
      } catch (const UndefinedEventStorageAdapterError&) {  // it comes later
      }
    }
    return false;
  }

  Found find(const SnapshotKey& key, Version max_version) {
    Found found;
    std::optional<IgnoredSnapshot> ignored;
    std::string reason;
    const auto ignore = [&](Version version, SnapshotFault fault, std::string why) {
      reason = std::move(why);
      ignored = IgnoredSnapshot{key.event_store_id, key.aggregate_id, reducer_version_, version, fault, reason};
    };
    try {
      found.history = storage_.load_snapshot(key, max_version, [&](const SnapshotView& snapshot) {
        if (snapshot.version < 1 || snapshot.version > max_version) {
          return ignore(snapshot.version, SnapshotFault::unreadable,
                        "its storage handed out a version above max_version");
        }
        try {
          Aggregate aggregate = codec<Aggregate>::decode(snapshot.state);
          if (!is_of(aggregate, key.aggregate_id, snapshot.version)) {
            return ignore(snapshot.version, SnapshotFault::of_another,
                          "it holds the id or the version of another aggregate");
          }
          aggregate.aggregate_id = key.aggregate_id;
          aggregate.version = snapshot.version;
          found.snapshot = {std::move(aggregate), 0, snapshot.event_timestamp};
          found.created_at = snapshot.created_at;
        } catch (const std::bad_alloc&) {
          throw;
        } catch (const std::exception& error) {
          ignore(snapshot.version, SnapshotFault::damaged, error.what());
        } catch (...) {
          ignore(snapshot.version, SnapshotFault::damaged, "its codec threw something other than a std::exception");
        }
      });
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      found = {};
      ignore(0, SnapshotFault::unreadable, error.what());
    }
    if (ignored) {
      found.ignored_version = ignored->version;
      tell(*ignored);
    }
    return found;
  }

  /// Id and version may be left out of the JSON of an aggregate that inherits them.
  static bool is_of(const Aggregate& aggregate, std::string_view aggregate_id, Version version) {
    return (aggregate.aggregate_id == std::string_view{} || aggregate.aggregate_id == aggregate_id) &&
           (aggregate.version == 0 || aggregate.version == version);
  }

  void tell(const IgnoredSnapshot& ignored) {
    counters_.add(ignored.fault);
    if (options_.on_snapshot_ignored) options_.on_snapshot_ignored(ignored);
  }

  /// The events that a snapshot was made of are gone, so those after it are, too; and they must not be used when there
  /// is again an event of their version.
  void drop(const SnapshotKey& key, Version version) {
    or_tell_failed(key.aggregate_id, [&] {
      storage_.delete_snapshots(key.event_store_id, {.aggregate_id = key.aggregate_id, .min_version = version});
    });
    tell({key.event_store_id, key.aggregate_id, reducer_version_, version, SnapshotFault::not_in_history,
          "its last event is not stored, or another one is in its place"});
  }

  void save_if_wanted(const SnapshotKey& key, const Loaded& loaded, Timestamp now,
                      const std::optional<Timestamp>& created_at, std::int64_t history) {
    const Aggregate& aggregate = *loaded.aggregate;
    if (!options_.policy.wants({key.aggregate_id, aggregate.version, loaded.events, created_at, now})) return;
    or_tell_failed(key.aggregate_id, [&] {
      const SnapshotRecord record{.event_store_id = std::string{key.event_store_id},
                                  .aggregate_id = std::string{key.aggregate_id},
                                  .reducer_version = reducer_version_,
                                  .version = aggregate.version,
                                  .event_timestamp = loaded.last_timestamp,
                                  .state = codec<Aggregate>::encode(aggregate),
                                  .created_at = now,
                                  .history = history};
      SnapshotCounters::add(storage_.save_snapshot(record) ? counters_.saved : counters_.outdated);
    });
  }

  template <class Function>
  void or_tell_failed(std::string_view aggregate_id, const Function& function) {
    try {
      function();
    } catch (...) {
      SnapshotCounters::add(counters_.failed);
      if (options_.on_snapshot_failed) options_.on_snapshot_failed(aggregate_id, std::current_exception());
    }
  }

  /// For storages that do not know of the pushes: before a forced one, so that none of its snapshots is used after it,
  /// and again when it is over, so that nobody saves what was loaded before.
  class Invalidator final : public Store::StoreExtension {
   public:
    Invalidator(std::shared_ptr<SnapshotKeeper> keeper, std::string event_store_id)
        : keeper_{std::move(keeper)}, event_store_id_{std::move(event_store_id)} {}

    std::shared_ptr<void> begin_push(std::string_view aggregate_id, Version version, PushOptions& options) override {
      if (!options.force) return nullptr;
      remove(aggregate_id, version);
      return {static_cast<void*>(this), [this, id = std::string{aggregate_id}, version](void*) {
                keeper_->or_tell_failed(id, [&] { remove(id, version); });
              }};
    }
    void event_pushed(const typename Store::PushedEvent&) override {}

   private:
    void remove(std::string_view aggregate_id, Version version) {
      if constexpr (keeps_snapshots) {
        keeper_->storage_.delete_snapshots(event_store_id_, {.aggregate_id = aggregate_id, .min_version = version});
      }
    }

    std::shared_ptr<SnapshotKeeper> keeper_;
    std::string event_store_id_;
  };

  Storage& storage_;
  SnapshotEventStoreOptions options_;
  int reducer_version_;
  SnapshotCounters counters_;
};

}  // namespace castore::detail

#endif
