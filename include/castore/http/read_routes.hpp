// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_READ_ROUTES_HPP
#define CASTORE_HTTP_READ_ROUTES_HPP

/// @file
/// The routes that read events.

#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/http/event_pages.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/route.hpp>
#include <castore/http/state.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

inline constexpr std::size_t max_page_limit = 1000;

inline HttpParameter store_parameter() { return {"store", "string", "The event store's id", true}; }
inline HttpParameter id_parameter() { return {"id", "string", "The aggregate's id", true}; }

/// Pages of aggregates whose ids begin with a text. A page ends with the last one that there is room for, so that the
/// next page goes on after it.
inline AggregateIdsPage aggregates_with_prefix(HttpApiState& state, const std::string& store,
                                               const ListAggregateIdsOptions& options, const std::string& prefix) {
  AggregateIdsPage found;
  ListAggregateIdsOptions next = options;
  const std::size_t limit = options.limit.value_or(max_page_limit);
  next.limit = max_page_limit;
  do {
    AggregateIdsPage page = state.storage.list_aggregate_ids(store, next);
    for (std::size_t place = 0; place < page.aggregate_ids.size(); ++place) {
      if (!page.aggregate_ids[place].aggregate_id.starts_with(prefix)) continue;
      found.aggregate_ids.push_back(page.aggregate_ids[place]);
      if (found.aggregate_ids.size() < limit) continue;
      next.limit = place + 1;
      found.next_page_token = state.storage.list_aggregate_ids(store, next).next_page_token;
      return found;
    }
    next.page_token = page.next_page_token;
  } while (next.page_token);
  return found;
}

inline HttpApiResponse get_aggregates(HttpApiState& state, const HttpCall& call) {
  ListAggregateIdsOptions options{.page_token = call.text("page"),
                                  .initial_event_after = call.time("after"),
                                  .initial_event_before = call.time("before")};
  if (call.text("limit") || !options.page_token) options.limit = call.count("limit", 50, max_page_limit);
  if (call.text("reverse")) options.reverse = call.flag("reverse");
  const std::string store = call.required("store");
  const std::string prefix = call.text("prefix").value_or("");
  const AggregateIdsPage page = prefix.empty() || options.limit == 0U
                                    ? state.storage.list_aggregate_ids(store, options)
                                    : aggregates_with_prefix(state, store, options, prefix);
  nlohmann::json json{{"aggregates", nlohmann::json::array()}};
  for (const AggregateIdEntry& entry : page.aggregate_ids) {
    json["aggregates"].push_back(
        {{"aggregateId", entry.aggregate_id}, {"initialTimestamp", format_timestamp(entry.initial_event_timestamp)}});
  }
  if (page.next_page_token) json["nextPage"] = *page.next_page_token;
  return json_answer(200, json_text_of(json));
}

inline HttpRoute aggregates_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/aggregates",
          .summary = "Lists the aggregates of a store in the order of their first events, page by page",
          .parameters = {store_parameter(),
                         {"limit", "integer", "At most so many, up to 1000; as before, or 50, unless given"},
                         {"page", "string", "nextPage of the page before"},
                         {"reverse", "boolean", "The newest first"},
                         {"after", "date-time", "Those whose first event is at this time or later"},
                         {"before", "date-time", "Those whose first event is at this time or earlier"},
                         {"prefix", "string", "Those whose id begins with this"}},
          .gives = "Aggregates",
          .handle = [&state](const HttpCall& call) { return get_aggregates(state, call); }};
}

inline HttpApiResponse get_events(HttpApiState& state, const HttpCall& call) {
  const std::string store = call.required("store");
  const std::size_t limit = call.count("limit", 500, max_page_limit);
  // One more than asked for tells where the next page begins.
  const GetEventsOptions options{.min_version = call.integer("minVersion"),
                                 .max_version = call.integer("maxVersion"),
                                 .limit = limit == 0 ? 0 : limit + 1,
                                 .reverse = call.flag("reverse")};
  EventPage page{call, state.options.max_answer_size};
  std::optional<Version> next;
  try {
    state.storage.get_events(store, call.required("id"), options, [&](const EventRecordView& event) {
      if (page.count() < limit && page.add(store, event)) return;
      next = event.version;
      throw PageIsFull{};
    });
  } catch (const PageIsFull&) {
  }
  HttpApiResponse answer = std::move(page).answer(next ? ",\"nextVersion\":" + std::to_string(*next) : "");
  if (next) answer.headers.emplace_back("Castore-Next-Version", std::to_string(*next));
  return answer;
}

inline HttpRoute events_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/events",
          .summary = "Gets the events of an aggregate in the order of their versions, page by page",
          .parameters = {store_parameter(),
                         id_parameter(),
                         {"minVersion", "integer", "From this version on; nextVersion of the page before"},
                         {"maxVersion", "integer", "Up to this version; with reverse, nextVersion of the page before"},
                         {"limit", "integer", "At most so many, up to 1000; 500 unless given"},
                         {"reverse", "boolean", "The last version first"}},
          .gives = "Events",
          .types = {"application/json", std::string{json_lines_type}, std::string{cloud_events_type}},
          .handle = [&state](const HttpCall& call) { return get_events(state, call); }};
}

/// The views of texts, for options that take views.
inline std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// Reads events in their one order into a function that returns false when it can take no more.
template <class Function>
ReadAllEventsResult read_page(HttpApiState& state, Position after, const ReadAllEventsOptions& options,
                              const Function& take) {
  ReadAllEventsResult read{.next = after};
  try {
    read = state.storage.read_all_events(after, options, [&](const SequencedEventView& next) {
      if (!take(next)) throw PageIsFull{};
      read.next = next.position;
    });
  } catch (const PageIsFull&) {
    read.head = state.head();
  }
  return read;
}

inline void wait_for_events(HttpApiState& state, Position after, std::chrono::milliseconds wait,
                            const HttpApiRequest& request) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + wait;
  // Not for long where it can be seen that the client has gone; each part begins with a look more at the storage.
  const std::chrono::milliseconds longest = request.is_gone ? std::chrono::seconds{1} : wait;
  for (auto left = wait; left.count() > 0 && !request.stop_token.stop_requested();
       left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now())) {
    if (request.is_gone && request.is_gone()) return;
    if (state.storage.wait_for_events(after, (std::min)(left, longest), request.stop_token)) return;
  }
}

inline HttpApiResponse get_all(HttpApiState& state, const HttpCall& call) {
  const std::vector<std::string> stores = call.all("store");
  const std::vector<std::string> types = call.all("type");
  const std::vector<std::string_view> store_views = views_of(stores);
  const std::vector<std::string_view> type_views = views_of(types);
  const Position after = call.integer("after").value_or(0);
  const ReadAllEventsOptions options{
      .limit = call.count("limit", 500, max_page_limit), .event_store_ids = store_views, .types = type_views};
  constexpr std::size_t longest_wait = 20'000;
  if (const auto wait = std::chrono::milliseconds{call.count("wait", 0, longest_wait)}; wait.count() > 0) {
    const HttpStreamPlace place{state};
    wait_for_events(state, after, wait, call.request());
  }
  EventPage page{call, state.options.max_answer_size};
  const ReadAllEventsResult read = read_page(state, after, options, [&](const SequencedEventView& next) {
    return page.add(next.event_store_id, next.event, next.position);
  });
  HttpApiResponse answer =
      std::move(page).answer(",\"position\":" + std::to_string(read.next) + ",\"head\":" + std::to_string(read.head) +
                             ",\"lag\":" + std::to_string((std::max)(read.head - read.next, Position{0})) +
                             ",\"isCaughtUp\":" + (read.is_caught_up ? "true" : "false"));
  answer.headers.emplace_back("Castore-Position", std::to_string(read.next));
  return answer;
}

inline HttpRoute all_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/all",
          .summary = "Gets the events of all stores in the order in which they were stored, page by page",
          .parameters = {{"after", "integer", "After this position, the position of the page before; 0 unless given"},
                         {"limit", "integer", "At most so many, up to 1000; 500 unless given"},
                         {"store", "string", "Only events of this store", false, true},
                         {"type", "string", "Only events of this type", false, true},
                         {"wait", "integer", "Waits so many milliseconds for an event, up to 20000"}},
          .gives = "AllEvents",
          .types = {"application/json", std::string{json_lines_type}, std::string{cloud_events_type}},
          .handle = [&state](const HttpCall& call) { return get_all(state, call); }};
}

}  // namespace castore::detail

#endif
