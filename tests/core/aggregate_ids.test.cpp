// SPDX-License-Identifier: MIT
#include <castore/core/aggregate_ids.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using castore::AggregateIds;
using castore::AggregateIdsPage;
using castore::ListAggregateIdsOptions;
using castore_tests::at;
using castore_tests::error_of;

namespace {

/// Pages served by their place; a page's token is the next one's place.
struct Pages {
  std::vector<std::vector<std::string>> pages;
  std::vector<ListAggregateIdsOptions> requests{};
  int failures = 0;

  AggregateIdsPage operator()(const ListAggregateIdsOptions& options) {
    requests.push_back(options);
    const std::size_t place = options.page_token ? std::stoul(*options.page_token) : 0;
    if (place > 0 && failures-- > 0) throw std::runtime_error{"try again"};
    AggregateIdsPage page;
    for (const std::string& id : pages.at(place)) page.aggregate_ids.push_back({id, at(0)});
    if (place + 1 < pages.size()) page.next_page_token = std::to_string(place + 1);
    return page;
  }

  AggregateIds range(ListAggregateIdsOptions options = {}) {
    return {[this](const ListAggregateIdsOptions& page) { return (*this)(page); }, std::move(options)};
  }
};

std::vector<std::string> ids_of(AggregateIds range) {
  std::vector<std::string> ids;
  for (const castore::AggregateIdEntry& entry : range) ids.push_back(entry.aggregate_id);
  return ids;
}

}  // namespace

TEST_CASE("the range of aggregate ids goes through all pages and also through empty ones") {
  using Ids = std::vector<std::string>;
  CHECK(ids_of(Pages{{{"a", "b"}, {"c"}}}.range()) == Ids{"a", "b", "c"});
  CHECK(ids_of(Pages{{{}, {"a"}, {}, {}, {"b"}, {}}}.range()) == Ids{"a", "b"});
  CHECK(ids_of(Pages{{{}}}.range()).empty());
  CHECK(ids_of(Pages{{{}, {}, {}}}.range()).empty());
}

TEST_CASE("the range of aggregate ids fetches a page only when the one before is used up") {
  Pages pages{{{"a", "b"}, {"c"}, {"d"}}};
  AggregateIds range = pages.range();
  CHECK(pages.requests.empty());
  auto next = range.begin();
  CHECK(pages.requests.size() == 1);
  CHECK(next->aggregate_id == "a");
  CHECK((*next).initial_event_timestamp == at(0));
  ++next;
  CHECK(next->aggregate_id == "b");
  CHECK(pages.requests.size() == 1);
  next++;
  CHECK(next->aggregate_id == "c");
  CHECK(pages.requests.size() == 2);
  CHECK_FALSE(next == range.end());
  ++next;
  CHECK(next->aggregate_id == "d");
  ++next;
  CHECK(next == range.end());
  CHECK(pages.requests.size() == 3);
}

TEST_CASE("the range of aggregate ids passes its options on with every page") {
  Pages pages{{{"a"}, {"b"}}};
  ids_of(pages.range({.limit = 3, .initial_event_after = at(1), .initial_event_before = at(2), .reverse = true}));
  REQUIRE(pages.requests.size() == 2);
  for (const ListAggregateIdsOptions& request : pages.requests) {
    CHECK(request.limit == 3U);
    CHECK(request.initial_event_after == at(1));
    CHECK(request.initial_event_before == at(2));
    CHECK(request.reverse == true);
  }
  CHECK(pages.requests[0].page_token == std::nullopt);
  CHECK(pages.requests[1].page_token == "1");
}

TEST_CASE("the range of aggregate ids fetches pages of a usual size unless it is told another one") {
  Pages pages{{{"a"}, {"b"}}};
  ids_of(pages.range());
  CHECK(pages.requests.at(0).limit == AggregateIds::default_page_size);
  CHECK(AggregateIds::default_page_size == 100);

  pages.requests.clear();
  CHECK(ids_of(pages.range({.page_token = "1"})) == std::vector<std::string>{"b"});
  CHECK(pages.requests.at(0).limit == std::nullopt);  // the token says which
}

TEST_CASE("the range of aggregate ids can go on after a page could not be fetched") {
  Pages pages{{{"a"}, {"b"}}, {}, 2};
  AggregateIds range = pages.range();
  auto next = range.begin();
  CHECK(error_of<std::runtime_error>([&] { ++next; }).what() == std::string{"try again"});
  CHECK(error_of<std::runtime_error>([&] { ++next; }).what() == std::string{"try again"});
  ++next;
  REQUIRE_FALSE(next == range.end());
  CHECK(next->aggregate_id == "b");
  ++next;
  CHECK(next == range.end());
}

TEST_CASE("the range of aggregate ids works with the algorithms for ranges") {
  STATIC_REQUIRE(std::ranges::input_range<AggregateIds>);
  STATIC_REQUIRE_FALSE(std::ranges::forward_range<AggregateIds>);
  Pages pages{{{"a", "b"}, {"c"}}};
  AggregateIds range = pages.range();
  CHECK(std::ranges::count_if(range, [](const auto& entry) { return entry.aggregate_id != "b"; }) == 2);
}
