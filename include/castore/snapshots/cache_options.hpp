// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_CACHE_OPTIONS_HPP
#define CASTORE_SNAPSHOTS_CACHE_OPTIONS_HPP

#include <castore/config.hpp>

#include <cstddef>
#include <cstdint>

namespace castore {

/// @brief Options of a `CachedEventStore`.
struct CachedEventStoreOptions {
  std::size_t max_aggregates = 10'000;  ///< So many are kept, those used last. At least 1.
};

/// @brief What a `CachedEventStore` and its copies have in memory.
struct CacheStatistics {
  std::size_t aggregates = 0;  ///< How many are kept.
  std::uint64_t hits = 0;      ///< Loads that began with one of them.
  std::uint64_t misses = 0;    ///< Loads that did not.

  friend bool operator==(const CacheStatistics&, const CacheStatistics&) = default;
};

}  // namespace castore

#endif
