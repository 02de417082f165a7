// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_DETAIL_AGGREGATE_CACHE_HPP
#define CASTORE_SNAPSHOTS_DETAIL_AGGREGATE_CACHE_HPP

#include <castore/fwd.hpp>
#include <castore/snapshots/cache_options.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace castore::detail {

/// The same for the handle to an adapter and the adapter.
template <class Adapter>
const void* address_of_adapter(const Adapter& adapter) noexcept {
  if constexpr (requires { adapter.address(); }) {
    return adapter.address();
  } else {
    return std::addressof(adapter);
  }
}

/// The aggregates of a store that were used last.
template <class Aggregate>
class AggregateCache {
 public:
  using AggregatePtr = std::shared_ptr<const Aggregate>;

  /// @throws std::invalid_argument
  explicit AggregateCache(const CachedEventStoreOptions& options) : max_{options.max_aggregates} {
    if (max_ == 0) throw std::invalid_argument{"castore: max_aggregates is 0; a cache keeps at least 1"};
  }
  AggregateCache(const AggregateCache&) = delete;
  AggregateCache& operator=(const AggregateCache&) = delete;

  struct Found {
    AggregatePtr aggregate{};
    std::uint64_t generation = 0;  ///< Another one when something was forgotten.
  };

  /// @param adapter Where it comes from; another one than before has other aggregates.
  Found find(std::string_view aggregate_id, const void* adapter, Version max_version) {
    const std::lock_guard lock{mutex_};
    if (adapter_ != adapter) {
      adapter_ = adapter;
      forget_all();
    }
    const auto found = places_.find(aggregate_id);
    if (found == places_.end() || found->second->aggregate->version > max_version) {
      ++misses_;
      return {nullptr, generation_};
    }
    ++hits_;
    entries_.splice(entries_.begin(), entries_, found->second);
    return {found->second->aggregate, generation_};
  }

  /// Keeps a copy, unless something was forgotten since it was looked for, or there is a newer one.
  void keep(std::string_view aggregate_id, const Aggregate& aggregate, std::uint64_t generation) {
    auto copy = std::make_shared<const Aggregate>(aggregate);
    const std::lock_guard lock{mutex_};
    if (generation != generation_) return;
    if (const auto found = places_.find(aggregate_id); found != places_.end()) {
      if (found->second->aggregate->version < copy->version) found->second->aggregate.swap(copy);
      return;
    }
    entries_.push_front({std::string{aggregate_id}, std::move(copy)});
    try {
      places_.emplace(entries_.front().aggregate_id, entries_.begin());
    } catch (...) {
      entries_.pop_front();
      throw;
    }
    if (entries_.size() <= max_) return;
    places_.erase(entries_.back().aggregate_id);
    entries_.pop_back();
  }

  void forget(std::string_view aggregate_id) {
    const std::lock_guard lock{mutex_};
    ++generation_;
    const auto found = places_.find(aggregate_id);
    if (found == places_.end()) return;
    const auto entry = found->second;
    places_.erase(found);
    entries_.erase(entry);
  }
  void clear() {
    const std::lock_guard lock{mutex_};
    forget_all();
  }

  CacheStatistics statistics() const {
    const std::lock_guard lock{mutex_};
    return {entries_.size(), hits_, misses_};
  }

 private:
  struct Entry {
    std::string aggregate_id;
    AggregatePtr aggregate;
  };
  using Entries = std::list<Entry>;

  void forget_all() noexcept {
    ++generation_;
    places_.clear();
    entries_.clear();
  }

  std::size_t max_;
  mutable std::mutex mutex_;
  Entries entries_;  // the one used last comes first
  std::unordered_map<std::string_view, typename Entries::iterator> places_;
  const void* adapter_ = nullptr;
  std::uint64_t generation_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace castore::detail

#endif
