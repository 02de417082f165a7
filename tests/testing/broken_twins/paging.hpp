// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_PAGING_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_PAGING_HPP

#include <castore/core/errors.hpp>
#include <castore/core/page_token.hpp>

#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace broken_twins {

/// A twin whose fault lies in what it makes of page tokens.
class BreaksTokens : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) final {
    const castore::PageRequest request = castore::resolve_page_request(options);
    AggregateIdsPage page = list_correctly(event_store_id, options);
    change(event_store_id, request, page);
    return page;
  }

 protected:
  AggregateIdsPage list_correctly(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
  }

 private:
  virtual void change(std::string_view event_store_id, const castore::PageRequest& request, AggregateIdsPage& page) = 0;
};

class RepeatsTheLastOfThePageBefore : public BreaksTokens {
  void change(std::string_view, const castore::PageRequest& request, AggregateIdsPage& page) override {
    if (request.last) page.aggregate_ids.insert(page.aggregate_ids.begin(), *request.last);
  }
};

class PagesByTimestampOnly : public BreaksTokens {
  void change(std::string_view, const castore::PageRequest& request, AggregateIdsPage& page) override {
    std::erase_if(page.aggregate_ids, [&request](const AggregateIdEntry& entry) {
      return request.last && entry.initial_event_timestamp == request.last->initial_event_timestamp;
    });
  }
};

/// As a scan that goes on behind everything that begins with its last key.
class GoesOnBehindThePrefix : public BreaksTokens {
  void change(std::string_view, const castore::PageRequest& request, AggregateIdsPage& page) override {
    std::erase_if(page.aggregate_ids, [&request](const AggregateIdEntry& entry) {
      return request.last && request.last->aggregate_id.starts_with('p') &&
             entry.aggregate_id.starts_with(request.last->aggregate_id);
    });
  }
};

/// Its tokens have no room for more.
class GivesNoTokensOfLongIds : public BreaksTokens {
  void change(std::string_view, const castore::PageRequest&, AggregateIdsPage& page) override {
    if (!page.aggregate_ids.empty() && page.aggregate_ids.back().aggregate_id.size() > 500)
      page.next_page_token.reset();
  }
};

/// Answers what it can without its storage before it looks at the token.
template <bool when_limit_is_0>
class LooksAtTokensLate : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    const bool has_nothing_to_do =
        when_limit_is_0 ? options.limit == 0U
                        : RecordsOnlyAdapter::list_aggregate_ids(event_store_id, {}).aggregate_ids.empty();
    if (has_nothing_to_do) return {};
    return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
  }
};

class GivesATokenOnTheLastPage : public BreaksTokens {
  void change(std::string_view, const castore::PageRequest& request, AggregateIdsPage& page) override {
    if (request.limit && page.aggregate_ids.size() == *request.limit && *request.limit > 0) {
      page.next_page_token = castore::make_page_token(request, page.aggregate_ids.back());
    }
  }
};

/// The same, but it says so.
struct SaysThatItCannotTellTheLastPage : GivesATokenOnTheLastPage {
  static constexpr castore::AdapterProperties properties{.detects_last_page = false};
};

class ForgetsBoundsInTokens : public BreaksTokens {
  void change(std::string_view, const castore::PageRequest& request, AggregateIdsPage& page) override {
    if (!page.next_page_token) return;
    page.next_page_token =
        castore::make_page_token({.limit = request.limit, .reverse = request.reverse}, page.aggregate_ids.back());
  }
};

class LooksWhereTheLastAggregateIsNow : public BreaksTokens {
  void change(std::string_view event_store_id, const castore::PageRequest& request, AggregateIdsPage& page) override {
    if (!request.last) return;
    for (const AggregateIdEntry& entry : list_correctly(event_store_id, {}).aggregate_ids) {
      if (entry.aggregate_id != request.last->aggregate_id || entry == *request.last) continue;
      page = list_correctly(event_store_id, {.page_token = castore::make_page_token(request, entry)});
    }
  }
};

struct IgnoresPageLimit {
  void operator()(ListAggregateIdsOptions& options) const {
    if (options.limit != 0U) options.limit.reset();
  }
};

struct TakesPageLimit0ForNone {
  void operator()(ListAggregateIdsOptions& options) const {
    if (options.limit == 0U) options.limit.reset();
  }
};

struct TakesTheOptionsOfTheToken {
  void operator()(ListAggregateIdsOptions& options) const {
    if (options.page_token) options = {.page_token = options.page_token};
  }
};

class RestartsAfterABadToken : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    try {
      return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    } catch (const castore::InvalidPageTokenError&) {
      return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, {});
    }
  }
};

/// Keeps the contract as far as it says that it does: equal timestamps come in any order.
class OrdersEqualTimestampsAnyhow : public RecordsOnlyAdapter {
 public:
  static constexpr castore::AdapterProperties properties{.orders_equal_timestamps = false};

  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    std::ranges::stable_sort(page.aggregate_ids, std::greater<>{},
                             [](const AggregateIdEntry& entry) { return entry.aggregate_id; });
    const bool reverse = castore::resolve_page_request(options).reverse;
    std::ranges::stable_sort(page.aggregate_ids, [reverse](const auto& left, const auto& right) {
      return reverse ? right.initial_event_timestamp < left.initial_event_timestamp
                     : left.initial_event_timestamp < right.initial_event_timestamp;
    });
    return page;
  }
};

inline std::vector<Twin> paging_twins() {
  const char* const pages = "pages hold every aggregate exactly once";
  const char* const equal_pages = "pages hold every aggregate exactly once when timestamps are equal";
  const char* const size = "limit is the size of a page";
  const char* const last = "the last page has no token";
  const char* const carries = "a page token carries the options on every page";
  const char* const explicit_options = "explicit options win over those of the page token";
  const char* const place = "a page token keeps its place when its last aggregate moves";
  const char* const bad = "a bad page token is refused";
  const char* const in_empty = "a bad page token is refused in an empty storage";
  const char* const with_0 = "a bad page token is refused with limit 0";
  const char* const page_end = "a page may end with the beginning of the next id";
  const char* const random = "random lists agree with a model";
  const char* const long_ids = "pages hold ids of max_id_size bytes";
  const char* const version_2 = "an aggregate of version 2 alone is not listed";
  const char* const same_time = "a list stays when an initial event is overwritten at the same time";
  const char* const before_1970 = "a list is in order before 1970";
  const char* const after_2038 = "a list is in order after 2038";
  const char* const zone = "the time zone does not change a list";
  const char* const any_time = "initial_event_after and initial_event_before may be any time";
  return {
      twin<RepeatsTheLastOfThePageBefore>(
          "begins a page with the last aggregate of the page before",
          {pages, equal_pages, size, carries, explicit_options, place, any_time, page_end, long_ids, version_2,
           same_time, before_1970, after_2038, zone, random}),
      twin<PagesByTimestampOnly>("begins a page after the timestamp of the page before",
                                 {equal_pages, page_end, random}),
      twin<ChangesListOptions<IgnoresPageLimit>>("ignores limit in lists",
                                                 {size, last, carries, explicit_options, place, bad}),
      twin<GivesATokenOnTheLastPage>("gives a token on a full last page", {last}),
      twin<ChangesListOptions<TakesPageLimit0ForNone>>(
          "takes limit 0 of a list for none", {"limit 0 lists an empty page without a token", explicit_options}),
      twin<ForgetsBoundsInTokens>("forgets the bounds in page tokens",
                                  {carries, explicit_options, before_1970, after_2038, zone, random}),
      twin<ChangesListOptions<TakesTheOptionsOfTheToken>>("prefers the options of the page token", {explicit_options}),
      twin<LooksWhereTheLastAggregateIsNow>("looks where the last aggregate of a page token is now", {place}),
      twin<GoesOnBehindThePrefix>("goes on behind all ids that begin with the last of a page", {page_end}),
      twin<GivesNoTokensOfLongIds>("gives no page token of a long id", {"pages hold ids of max_id_size bytes"}),
      twin<LooksAtTokensLate<true>>("does not look at the page token when limit is 0", {with_0, in_empty}),
      twin<LooksAtTokensLate<false>>("does not look at the page token when there is nothing to list", {in_empty}),
      twin<RestartsAfterABadToken>("begins again for a bad page token", {bad, in_empty, with_0}),
  };
}

}  // namespace broken_twins

#endif
