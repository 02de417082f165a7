// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_AGGREGATE_IDS_HPP
#define CASTORE_CORE_AGGREGATE_IDS_HPP

#include <castore/core/event_storage_adapter.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>

namespace castore {

/// @brief Every aggregate of a store as an input range of `AggregateIdEntry`; the next page is fetched when the one at
/// hand is used up. Walking it again reads the list again.
class AggregateIds {
 public:
  /// @brief Gets a page: a store's `list_aggregate_ids`.
  using FetchPage = std::function<AggregateIdsPage(const ListAggregateIdsOptions&)>;

  /// @brief How many ids a page has unless the options' `limit` says otherwise.
  static constexpr std::size_t default_page_size = 100;

  /// @brief Walks over the ids, an input iterator: copies stand at the same place.
  class Iterator {
   public:
    using value_type = AggregateIdEntry;               ///< What it walks over.
    using difference_type = std::ptrdiff_t;            ///< Asked for by the standard library.
    using iterator_concept = std::input_iterator_tag;  ///< One pass only.

    Iterator() = default;
    /// @brief Stands where the range is.
    explicit Iterator(AggregateIds& range) : range_{&range} {}

    /// @brief The aggregate at hand, valid until the next increment. @pre Not at the end.
    const AggregateIdEntry& operator*() const { return range_->page_.aggregate_ids[range_->next_]; }
    /// @brief A member of the aggregate at hand. @pre Not at the end.
    const AggregateIdEntry* operator->() const { return &**this; }
    /// @brief Goes on, fetching the next page where this one ends. @throws What fetching throws; a further increment
    /// tries again.
    Iterator& operator++() {
      // Already at the end of the page when fetching the next one failed: then this tries again.
      if (range_->next_ < range_->page_.aggregate_ids.size()) ++range_->next_;
      range_->fetch_until_not_empty();
      return *this;
    }
    /// @brief The same.
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return range_->next_ == range_->page_.aggregate_ids.size(); }

   private:
    AggregateIds* range_ = nullptr;
  };

  /// @brief A range over what `fetch` lists; nothing is fetched until `begin`.
  AggregateIds(FetchPage fetch, ListAggregateIdsOptions options)
      : fetch_{std::move(fetch)}, options_{std::move(options)} {
    if (!options_.limit && !options_.page_token) options_.limit = default_page_size;
  }

  /// @brief Fetches the first page. @throws InvalidPageTokenError, StorageError; so may every increment.
  Iterator begin() {
    fetch(options_);
    fetch_until_not_empty();
    return Iterator{*this};
  }
  /// @brief Where no page follows.
  static std::default_sentinel_t end() noexcept { return {}; }

 private:
  void fetch(const ListAggregateIdsOptions& options) {
    page_ = fetch_(options);
    next_ = 0;
  }

  void fetch_until_not_empty() {
    while (next_ == page_.aggregate_ids.size() && page_.next_page_token) {
      ListAggregateIdsOptions next = options_;
      next.page_token = page_.next_page_token;
      fetch(next);
    }
  }

  FetchPage fetch_;
  ListAggregateIdsOptions options_;
  AggregateIdsPage page_;
  std::size_t next_ = 0;
};

static_assert(std::input_iterator<AggregateIds::Iterator>);

}  // namespace castore

#endif
