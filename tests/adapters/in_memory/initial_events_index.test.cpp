// SPDX-License-Identifier: MIT
#include <castore/adapters/in_memory/initial_events_index.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

using castore::AggregateIdEntry;
using castore::InMemoryEventStorageAdapter;
using castore::ListAggregateIdsOptions;
using castore_tests::at;

namespace {

void push(InMemoryEventStorageAdapter& storage, const AggregateIdEntry& entry) {
  const castore::PushRecord record{"S", {entry.aggregate_id, 1, "A", entry.initial_event_timestamp, "", ""}};
  REQUIRE(storage.push_events({&record, 1}, {.force = true}) == castore::PushOutcome{});
}

/// What a list means: all entries sorted, then filtered, then turned round.
std::vector<AggregateIdEntry> expected(std::vector<AggregateIdEntry> entries, const ListAggregateIdsOptions& options) {
  std::sort(entries.begin(), entries.end(), [](const AggregateIdEntry& left, const AggregateIdEntry& right) {
    return std::tie(left.initial_event_timestamp, left.aggregate_id) <
           std::tie(right.initial_event_timestamp, right.aggregate_id);
  });
  std::erase_if(entries, [&](const AggregateIdEntry& entry) {
    return (options.initial_event_after && entry.initial_event_timestamp < *options.initial_event_after) ||
           (options.initial_event_before && entry.initial_event_timestamp > *options.initial_event_before);
  });
  if (options.reverse == true) std::reverse(entries.begin(), entries.end());
  return entries;
}

/// All pages put together; every one but the last is full and the last has no token.
std::vector<AggregateIdEntry> all_pages(const InMemoryEventStorageAdapter& storage, ListAggregateIdsOptions options) {
  std::vector<AggregateIdEntry> result;
  const std::optional<std::size_t> limit = options.limit;
  for (;;) {
    const castore::AggregateIdsPage page = storage.list_aggregate_ids("S", options);
    result.insert(result.end(), page.aggregate_ids.begin(), page.aggregate_ids.end());
    if (!page.next_page_token) return result;
    if (page.aggregate_ids.size() != limit) FAIL("a page with another one behind it is not full");
    options = {.page_token = page.next_page_token};
  }
}

}  // namespace

TEST_CASE("pages of any size and bounds and direction put together are the whole list") {
  std::mt19937 random{7};
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    InMemoryEventStorageAdapter storage;
    std::vector<AggregateIdEntry> entries;
    const int count = static_cast<int>(random() % 30);
    for (int number = 0; number < count; ++number) {
      entries.push_back({std::to_string(random() % 1000) + "/" + std::to_string(number), at(random() % 8)});
      push(storage, entries.back());
    }
    for (AggregateIdEntry& entry : entries) {
      if (random() % 4 != 0) continue;
      entry.initial_event_timestamp = at(random() % 8);  // overwritten with force
      push(storage, entry);
    }
    for (int check = 0; check < 60; ++check) {
      ListAggregateIdsOptions options;
      if (random() % 2) options.initial_event_after = at(static_cast<int>(random() % 10) - 1);
      if (random() % 2) options.initial_event_before = at(static_cast<int>(random() % 10) - 1);
      options.reverse = random() % 2 == 0;
      options.limit = 1 + random() % 12;
      CHECK(all_pages(storage, options) == expected(entries, options));
      options.limit = std::nullopt;
      CHECK(all_pages(storage, options) == expected(entries, options));
    }
  }
}

TEST_CASE("a page token goes on at its place whatever other bounds and direction are given with it") {
  InMemoryEventStorageAdapter storage;
  std::vector<AggregateIdEntry> entries;
  for (int number = 0; number < 12; ++number) {
    entries.push_back({std::string(1, static_cast<char>('a' + number)), at(number / 3)});
    push(storage, entries.back());
  }
  for (std::size_t size = 1; size < 12; ++size) {
    const auto page = storage.list_aggregate_ids("S", {.limit = size});
    REQUIRE(page.next_page_token);
    for (int after = -1; after <= 5; ++after) {
      for (int before = -1; before <= 5; ++before) {
        for (const bool reverse : {false, true}) {
          const ListAggregateIdsOptions options{.limit = 100,
                                                .page_token = page.next_page_token,
                                                .initial_event_after = at(after),
                                                .initial_event_before = at(before),
                                                .reverse = reverse};
          auto rest = expected(entries, options);
          std::erase_if(rest, [&](const AggregateIdEntry& entry) {
            return reverse ? entry.aggregate_id >= entries[size - 1].aggregate_id
                           : entry.aggregate_id <= entries[size - 1].aggregate_id;
          });
          if (storage.list_aggregate_ids("S", options).aggregate_ids != rest) {
            FAIL_CHECK("page of " << size << ", after " << after << ", before " << before << ", reverse " << reverse);
          }
        }
      }
    }
  }
  SUCCEED("all combinations were compared");
}

TEST_CASE("a page token of an aggregate that was moved or never was goes on behind its place") {
  InMemoryEventStorageAdapter storage;
  for (int number = 0; number < 4; ++number) push(storage, {std::string(1, static_cast<char>('a' + number)), at(number)});
  const auto page = storage.list_aggregate_ids("S", {.limit = 2});
  push(storage, {"b", at(9)});  // the page ended with it
  const auto rest = storage.list_aggregate_ids("S", {.page_token = page.next_page_token});
  CHECK(rest.aggregate_ids == std::vector<AggregateIdEntry>{{"c", at(2)}, {"d", at(3)}});
  CHECK(storage.list_aggregate_ids("T", {.page_token = page.next_page_token}).aggregate_ids.empty());
}
