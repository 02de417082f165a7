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
/// hand is used up. Walking it again lists anew.
class AggregateIds {
 public:
  using FetchPage = std::function<AggregateIdsPage(const ListAggregateIdsOptions&)>;

  /// @brief How many ids a page has unless the options' `limit` says otherwise.
  static constexpr std::size_t default_page_size = 100;

  class Iterator {
   public:
    using value_type = AggregateIdEntry;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(AggregateIds& range) : range_{&range} {}

    const AggregateIdEntry& operator*() const { return range_->page_.aggregate_ids[range_->next_]; }
    const AggregateIdEntry* operator->() const { return &**this; }
    Iterator& operator++() {
      // Already at the end of the page when fetching the next one failed: then this tries again.
      if (range_->next_ < range_->page_.aggregate_ids.size()) ++range_->next_;
      range_->fetch_until_not_empty();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return range_->next_ == range_->page_.aggregate_ids.size(); }

   private:
    AggregateIds* range_ = nullptr;
  };

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
