// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_SIMULATION_HPP
#define CASTORE_HTTP_SIMULATION_HPP

/// @file
/// Where commands are simulated: a storage with what another one has, to which can be pushed without that anything is
/// written.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// An event that a command has pushed.
struct PushedVersion {
  std::string event_store_id;
  std::string aggregate_id;
  Version version = 0;
};

/// Reads from another storage and keeps what is pushed to itself. It has the three operations that every storage has,
/// so that there are no transactions in it, nor snapshots. An aggregate that began in it is not listed.
class SimulatedStorage {
 public:
  explicit SimulatedStorage(AnyEventStorageAdapter storage) : storage_{std::move(storage)} {}

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    const std::lock_guard lock{mutex_};
    std::map<Key, Version> last_versions;
    for (std::size_t index = 0; index < records.size() && !options.force; ++index) {
      const auto& [store, record] = records[index];
      const Key key{store, record.aggregate_id};
      const auto last = last_versions.try_emplace(key, 0).first;
      if (last->second == 0) last->second = last_version(key);
      if (record.version <= last->second) return {PushStatus::already_exists, index};
      if (record.version > last->second + 1) return {PushStatus::version_gap, index};
      ++last->second;
    }
    for (const auto& [store, record] : records) {
      own_[{std::string{store}, record.aggregate_id}].insert_or_assign(record.version, record);
      pushed_.push_back({std::string{store}, record.aggregate_id, record.version});
    }
    return {};
  }

  void get_events(std::string_view store, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    std::map<Version, EventRecord> own = own_events(store, aggregate_id, options);
    if (own.empty()) return storage_.get_events(store, aggregate_id, options, sink);
    std::map<Version, EventRecord> all;
    storage_.get_events(store, aggregate_id, {.min_version = options.min_version, .max_version = options.max_version},
                        [&](const EventRecordView& event) { all.emplace(event.version, event.to_record()); });
    for (auto& [version, event] : own) all.insert_or_assign(version, std::move(event));
    std::vector<const EventRecord*> events;
    events.reserve(all.size());
    for (const auto& [version, event] : all) events.push_back(&event);
    select_events(
        events.size(), [&](std::size_t index) { return events[index]->version; }, options)
        .for_each([&](std::size_t index) { sink(*events[index]); });
  }

  AggregateIdsPage list_aggregate_ids(std::string_view store, const ListAggregateIdsOptions& options) const {
    return storage_.list_aggregate_ids(store, options);
  }
  std::vector<std::string> list_event_stores() const { return storage_.list_event_stores(); }

  /// Where it reads.
  const AnyEventStorageAdapter& storage() const noexcept { return storage_; }
  /// What was pushed to it, in this order.
  std::vector<PushedVersion> pushed() const {
    const std::lock_guard lock{mutex_};
    return pushed_;
  }

 private:
  using Key = std::pair<std::string, std::string>;  // of store and aggregate

  /// Those of the versions that are asked for: of a command that pushes much, each event is read by itself.
  std::map<Version, EventRecord> own_events(std::string_view store, std::string_view aggregate_id,
                                            const GetEventsOptions& options) const {
    const std::lock_guard lock{mutex_};
    const auto found = own_.find({std::string{store}, std::string{aggregate_id}});
    if (found == own_.end()) return {};
    const Version last = options.max_version.value_or((std::numeric_limits<Version>::max)());
    std::map<Version, EventRecord> events;
    for (auto next = found->second.lower_bound(options.min_version.value_or(0));
         next != found->second.end() && next->first <= last; ++next) {
      events.emplace_hint(events.end(), *next);
    }
    return events;
  }
  Version last_version(const Key& key) const {
    if (const auto own = own_.find(key); own != own_.end()) return own->second.rbegin()->first;
    Version last = 0;
    storage_.get_events(key.first, key.second, {.limit = 1, .reverse = true},
                        [&](const EventRecordView& event) { last = event.version; });
    return last;
  }

  AnyEventStorageAdapter storage_;
  mutable std::mutex mutex_;
  std::map<Key, std::map<Version, EventRecord>> own_;
  std::vector<PushedVersion> pushed_;
};

static_assert(EventStorageAdapter<SimulatedStorage>);

/// The store that takes the place of another one in a simulation: with its reducer and clock, but neither its hook nor
/// what was derived from it, so that nobody is told.
template <class Store>
using SimulatedStore = EventStore<typename Store::Events, typename Store::Aggregate, typename Store::Reducer>;

/// Stores and their storages in one simulation.
class Simulation {
 public:
  template <class Store>
  SimulatedStore<Store> store_like(const Store& store) {
    auto options = store.options();
    options.on_event_pushed = nullptr;
    options.extension = nullptr;
    // It was given to the store as one that is not const.
    auto& adapter = const_cast<typename Store::EventStorageAdapter&>(store.event_storage_adapter());
    return SimulatedStore<Store>{std::string{store.event_store_id()}, storage_like(handle_of(adapter)),
                                 std::move(options)};
  }
  /// What was pushed to stores of one storage, in this order.
  std::vector<PushedVersion> pushed() const {
    std::vector<PushedVersion> pushed;
    for (const auto& storage : storages_) {
      for (PushedVersion& each : storage->pushed()) pushed.push_back(std::move(each));
    }
    return pushed;
  }

 private:
  template <class Adapter>
  static AnyEventStorageAdapter handle_of(Adapter& adapter) {
    if constexpr (std::same_as<Adapter, AnyEventStorageAdapter>)
      return adapter;
    else
      return AnyEventStorageAdapter{adapter};
  }
  /// One for all stores of a storage, as groups of events need it.
  std::shared_ptr<SimulatedStorage> storage_like(const AnyEventStorageAdapter& storage) {
    for (const auto& known : storages_) {
      if (known->storage() == storage) return known;
    }
    return storages_.emplace_back(std::make_shared<SimulatedStorage>(storage));
  }

  std::vector<std::shared_ptr<SimulatedStorage>> storages_;
};

}  // namespace castore::detail

#endif
