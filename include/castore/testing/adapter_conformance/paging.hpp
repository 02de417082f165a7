// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_PAGING_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_PAGING_HPP

/// @file
/// Law 6, second part: the pages of `list_aggregate_ids` and their tokens.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/isolation.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/listing.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

/// The token of a page that is not the last.
inline std::string token_of(const AggregateIdsPage& page) {
  expect(page.next_page_token.has_value(), "a page token, as more aggregates follow", "none");
  return *page.next_page_token;
}

inline void expect_page(const AdapterUnderTest& adapter, const ListAggregateIdsOptions& options,
                        const Entries& expected, std::string_view what) {
  expect_equal(adapter.list("S", options).aggregate_ids, expected, what);
}

inline void pages_hold_every_aggregate_once(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  for (std::size_t limit = 1; limit <= entries.size() + 1; ++limit) {
    for (const bool reverse : {false, true}) {
      expect_list(adapter, {.limit = limit, .reverse = reverse}, reverse ? reversed(entries) : entries,
                  "aggregates on all pages of " + std::to_string(limit) + (reverse ? " in reverse" : ""));
    }
  }
}

/// The edges of pages lie between equal timestamps.
inline void pages_hold_equal_timestamps_once(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates_at_once(adapter);
  for (const std::size_t limit : {1U, 5U, 12U}) {
    for (const bool reverse : {false, true}) {
      Entries listed = adapter.list_all("S", {.limit = limit, .reverse = reverse});
      std::ranges::sort(listed, {}, &AggregateIdEntry::aggregate_id);
      expect_equal(listed, entries, "aggregates on all pages of " + std::to_string(limit) + ", sorted by their ids");
    }
  }
}

inline void limit_is_the_size_of_a_page(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  std::vector<std::size_t> sizes;
  for (const Entries& page : adapter.list_pages("S", {.limit = 2})) {
    if (!page.empty()) sizes.push_back(page.size());
  }
  expect_equal(sizes, {2, 2, 1}, "the sizes of the pages of five aggregates, two a page");
  expect_page(adapter, {.limit = (std::numeric_limits<std::size_t>::max)()}, entries, "the page of the highest limit");
}

inline void the_last_page_has_no_token(const AdapterUnderTest& adapter) {
  const std::size_t count = push_aggregates(adapter).size();
  for (const bool reverse : {false, true}) {
    for (const std::size_t limit : {count, count + 1}) {
      const AggregateIdsPage page = adapter.list("S", {.limit = limit, .reverse = reverse});
      expect_equal(page.next_page_token, {}, "the token of the only page");
    }
    expect_equal(adapter.list_pages("S", {.limit = 1, .reverse = reverse}).size(), count, "pages of one aggregate");
    expect_equal(
        adapter.list("S", {.limit = 2, .initial_event_after = at(20), .initial_event_before = at(30)}).next_page_token,
        {}, "the token of the last page within bounds");
  }
}

inline void limit_0_lists_an_empty_page(const AdapterUnderTest& adapter) {
  push_aggregates(adapter);
  const AggregateIdsPage page = adapter.list("S", {.limit = 0});
  expect_equal(page.aggregate_ids, {}, "aggregates on a page of none");
  expect_equal(page.next_page_token, {}, "the token of a page of none");
}

inline void a_token_carries_the_options(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  for (const bool reverse : {false, true}) {
    const auto pages = adapter.list_pages(
        "S", {.limit = 1, .initial_event_after = at(20), .initial_event_before = at(40), .reverse = reverse});
    std::vector<Entries> expected{{entries[1]}, {entries[2]}, {entries[3]}};
    if (reverse) std::ranges::reverse(expected);
    if (pages.size() > expected.size() && pages.back().empty()) expected.emplace_back();
    for (std::size_t index = 0; index < (std::min)(pages.size(), expected.size()); ++index) {
      expect_equal(pages[index], expected[index], "page " + std::to_string(index + 1) + " of three");
    }
    expect_equal(pages.size(), expected.size(), "pages");
  }
}

inline void explicit_options_win(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  const std::string token = token_of(adapter.list("S", {.limit = 2, .initial_event_before = at(40)}));
  expect_page(adapter, {.limit = 1, .page_token = token}, {entries[2]}, "the second page with a smaller limit");
  expect_page(adapter, {.page_token = token, .initial_event_before = at(35)}, {entries[2]},
              "the second page with an earlier initial_event_before");
  expect_page(adapter, {.limit = 9, .page_token = token, .initial_event_before = at(60)},
              {entries[2], entries[3], entries[4]}, "the second page with a later initial_event_before");
  expect_page(adapter, {.page_token = token, .initial_event_after = at(35)}, {entries[3]},
              "the second page with an initial_event_after");
  expect_page(adapter, {.page_token = token, .reverse = true}, {entries[0]},
              "the page after the token's place in the other direction");
  expect_page(adapter, {.limit = 0, .page_token = token}, {}, "the second page with limit 0");
}

inline void a_token_keeps_its_place(const AdapterUnderTest& adapter) {
  const Entries entries = push_aggregates(adapter);
  const std::string token = token_of(adapter.list("S", {.limit = 2}));
  if (!adapter.push_forced({{"S", entries[1].aggregate_id, 1, "", at(45)}})) return;
  expect_page(adapter, {.page_token = token}, {entries[2], entries[3]},
              "the second page after the last aggregate of the first has moved");
}

inline void a_bad_token_is_refused(const AdapterUnderTest& adapter) {
  push_aggregates(adapter);
  const std::string token = token_of(adapter.list("S", {.limit = 2}));
  const std::string bad_tokens[] = {
      "",          "x",          "{}", "null", "\xff", "%", token.substr(1), token.substr(0, token.size() - 1),
      token + "x", token + token};
  for (const std::string& bad : bad_tokens) {
    const auto error =
        expect_error<InvalidPageTokenError>("InvalidPageTokenError", "listing with the token " + describe(bad),
                                            [&] { adapter.list("S", {.page_token = bad}); });
    expect_equal(error.page_token(), bad, "page_token of the error");
  }
}

inline void expect_bad_token_refused(const AdapterUnderTest& adapter, const ListAggregateIdsOptions& options,
                                     std::string_view when) {
  for (const bool reverse : {false, true}) {
    ListAggregateIdsOptions bad = options;
    bad.page_token = "no token";
    bad.reverse = reverse;
    const auto error =
        expect_error<InvalidPageTokenError>("InvalidPageTokenError", when, [&] { adapter.list("S", bad); });
    expect_equal(error.page_token(), *bad.page_token, "page_token of the error");
  }
}

inline void a_bad_token_is_refused_in_an_empty_storage(const AdapterUnderTest& adapter) {
  expect_bad_token_refused(adapter, {}, "listing an empty storage with a bad token");
  expect_bad_token_refused(adapter, {.limit = 0}, "listing an empty storage with limit 0 and a bad token");
}

/// Nor one that lists nothing for another reason.
inline void a_bad_token_is_refused_without_need(const AdapterUnderTest& adapter) {
  push_aggregates(adapter);
  expect_bad_token_refused(adapter, {.limit = 0}, "listing with limit 0 and a bad token");
  expect_bad_token_refused(adapter, {.initial_event_after = at(40), .initial_event_before = at(20)},
                           "listing with bounds that cross and a bad token");
}

/// The edges of pages lie between ids of which one begins with the other.
inline void a_page_may_end_with_the_beginning_of_an_id(const AdapterUnderTest& adapter) {
  Entries entries;
  for (const std::string id : {"p", "p ", "p#", "p#1", "p/", "p1", "pp", "pp\xc3\xa9", "q"}) {
    entries.push_back({id, at(static_cast<int>(entries.size() / 4))});
  }
  for (const AggregateIdEntry& entry : entries) {
    adapter.must_push({"S", entry.aggregate_id, 1, "", entry.initial_event_timestamp});
  }
  const auto by_id = [](Entries all) {
    std::ranges::sort(all, {}, &AggregateIdEntry::aggregate_id);
    return all;
  };
  for (const std::size_t limit : {1U, 2U, 3U}) {
    for (const bool reverse : {false, true}) {
      expect_equal(by_id(adapter.list_all("S", {.limit = limit, .reverse = reverse})), by_id(entries),
                   "aggregates on all pages of " + std::to_string(limit) + ", sorted by their ids");
    }
  }
}

inline void pages_hold_long_ids(const AdapterUnderTest& adapter) {
  Entries entries;
  for (const std::string& id : long_ids(adapter.properties().max_id_size)) {
    entries.push_back({id, at(static_cast<int>(entries.size()))});
    if (adapter.push({"S", id, 1, "", entries.back().initial_event_timestamp}) != PushOutcome{}) return;
  }
  if (adapter.list_all("S") != entries) return;  // law 1 is about both
  for (const std::size_t limit : {1U, 2U}) {
    expect_list(adapter, {.limit = limit}, entries,
                "aggregates with ids of max_id_size bytes on all pages of " + std::to_string(limit));
  }
}

inline bool detects_last_page(const FixtureProperties& fixture) { return fixture.adapter.detects_last_page; }

inline constexpr AdapterLaw paging_laws[] = {
    {6, "pages hold every aggregate exactly once", pages_hold_every_aggregate_once},
    {6, "pages hold every aggregate exactly once when timestamps are equal", pages_hold_equal_timestamps_once},
    {6, "limit is the size of a page", limit_is_the_size_of_a_page},
    {6, "the last page has no token", the_last_page_has_no_token, detects_last_page},
    {6, "limit 0 lists an empty page without a token", limit_0_lists_an_empty_page},
    {6, "a page token carries the options on every page", a_token_carries_the_options},
    {6, "explicit options win over those of the page token", explicit_options_win},
    {6, "a page token keeps its place when its last aggregate moves", a_token_keeps_its_place},
    {6, "a page may end with the beginning of the next id", a_page_may_end_with_the_beginning_of_an_id},
    {6, "pages hold ids of max_id_size bytes", pages_hold_long_ids},
    {6, "a bad page token is refused", a_bad_token_is_refused},
    {.law = 6,
     .name = "a bad page token is refused in an empty storage",
     .check = a_bad_token_is_refused_in_an_empty_storage,
     .records_only = true},
    {.law = 6,
     .name = "a bad page token is refused with limit 0",
     .check = a_bad_token_is_refused_without_need,
     .records_only = true},
    {.law = 6, .name = "random lists agree with a model", .check = random_operations_keep_law<6>, .records_only = true},
};

}  // namespace castore::testing::detail

#endif
