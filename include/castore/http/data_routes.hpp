// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_DATA_ROUTES_HPP
#define CASTORE_HTTP_DATA_ROUTES_HPP

/// @file
/// The routes that tell what events say together: stores, types, merged data, projections.

#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/read_routes.hpp>
#include <castore/http/route.hpp>
#include <castore/http/state.hpp>
#include <castore/json/flat_event.hpp>
#include <castore/maintenance/each_event.hpp>
#include <castore/maintenance/event_data.hpp>
#include <castore/maintenance/event_summaries.hpp>
#include <castore/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace castore::detail {

inline std::string version_text() {
  return std::to_string(CASTORE_VERSION_MAJOR) + '.' + std::to_string(CASTORE_VERSION_MINOR) + '.' +
         std::to_string(CASTORE_VERSION_PATCH);
}

inline HttpRoute info_route(HttpApiState& state, std::function<bool()> has_explorer) {
  return {.method = "GET",
          .path = "/v1/info",
          .summary = "Tells what this server can do",
          .gives = "Info",
          .handle = [&state, has_explorer = std::move(has_explorer)](const HttpCall&) {
            const bool is_writable = state.options.authorize || !state.options.token.empty();
            return json_answer(200, json_text_of({{"name", "castore"},
                                                  {"version", version_text()},
                                                  {"database", state.options.database},
                                                  {"writable", is_writable},
                                                  {"ordered", state.is_ordered()},
                                                  {"stores", supports<operations::ListEventStores>(state.storage)},
                                                  {"explorer", has_explorer()}}));
          }};
}

inline HttpApiResponse get_stores(HttpApiState& state, const HttpCall& call) {
  nlohmann::json stores = nlohmann::json::array();
  if (call.flag("counts")) {
    StoreSummaries summaries;
    for_each_event(state.storage, {}, std::ref(summaries));
    for (const auto& [id, summary] : summaries.by_id()) {
      stores.push_back({{"store", id},
                        {"aggregates", summary.aggregate_count},
                        {"events", summary.event_count},
                        {"firstTimestamp", format_timestamp(summary.first)},
                        {"lastTimestamp", format_timestamp(summary.last)}});
    }
  } else {
    for (const std::string& id : state.storage.list_event_stores()) stores.push_back({{"store", id}});
  }
  return json_answer(200, json_text_of({{"stores", stores}}));
}

inline HttpRoute stores_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/stores",
          .summary = "Lists the event stores",
          .parameters = {{"counts", "boolean", "Counts their aggregates and events, for which every event is read"}},
          .gives = "Stores",
          .handle = [&state](const HttpCall& call) { return get_stores(state, call); }};
}

inline HttpApiResponse get_types(HttpApiState& state, const HttpCall& call) {
  EventTypeSummaries summaries;
  for_each_event(state.storage, {.event_store_ids = {call.required("store")}}, std::ref(summaries));
  nlohmann::json types = nlohmann::json::array();
  for (const auto& [type, summary] : summaries.by_type()) {
    types.push_back({{"type", type},
                     {"count", summary.event_count},
                     {"first", format_timestamp(summary.first)},
                     {"last", format_timestamp(summary.last)},
                     {"fields", summary.fields}});
  }
  return json_answer(200, json_text_of({{"types", types}}));
}

inline HttpRoute types_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/types",
          .summary = "Lists the event types of a store, for which every event of it is read",
          .parameters = {store_parameter()},
          .gives = "Types",
          .handle = [&state](const HttpCall& call) { return get_types(state, call); }};
}

inline HttpApiResponse get_data(HttpApiState& state, const HttpCall& call) {
  const EventData data = load_event_data(state.storage, call.required("store"), call.required("id"),
                                         {.max_version = call.integer("version")});
  nlohmann::json set_by = nlohmann::json::object();
  for (const DataOrigin& field : data.origins()) set_by[field.path] = field.version;
  return json_answer(200, json_text_of({{"version", data.version()}, {"data", data.json()}, {"setBy", set_by}}));
}

inline HttpRoute data_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/data",
          .summary = "Merges the payloads of an aggregate's events, and tells which event last set each field",
          .parameters = {store_parameter(),
                         id_parameter(),
                         {"version", "integer", "As it was at this version; the last unless given"}},
          .gives = "Data",
          .handle = [&state](const HttpCall& call) { return get_data(state, call); }};
}

inline HttpApiResponse get_projections(HttpApiState& state) {
  nlohmann::json projections = nlohmann::json::array();
  if (state.options.projections && state.is_ordered()) {
    const Position head = state.head();
    for (const HttpProjection& each : state.options.projections()) {
      nlohmann::json json{{"name", each.name},
                          {"version", each.version},
                          {"position", each.position},
                          {"lag", (std::max)(head - each.position, Position{0})}};
      if (!each.state.empty()) json["state"] = each.state;
      if (!each.updated_at.empty()) json["updated"] = each.updated_at;
      projections.push_back(std::move(json));
    }
  }
  return json_answer(200, json_text_of({{"projections", projections}}));
}

inline HttpRoute projections_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/projections",
          .summary = "Lists how far projections and subscriptions have come, and how far they are behind",
          .gives = "Projections",
          .handle = [&state](const HttpCall&) { return get_projections(state); }};
}

inline HttpApiResponse get_dead_letters(HttpApiState& state) {
  std::string letters;
  if (state.options.dead_letters) {
    for (const HttpDeadLetter& each : state.options.dead_letters()) {
      const EventDeadLetter& letter = each.letter;
      std::string json = json_text_of({{"name", each.name},
                                       {"version", each.version},
                                       {"position", letter.position},
                                       {"attempts", letter.attempts},
                                       {"at", format_timestamp(letter.at)},
                                       {"error", letter.error}});
      state.storage.read_all_events(letter.position - 1, {.limit = 1}, [&](const SequencedEventView& next) {
        if (next.position != letter.position) return;
        json.pop_back();
        append_json_member(json, "event", to_flat_event_json(next.event_store_id, next.event, next.position));
        json += '}';
      });
      letters += (letters.empty() ? "" : ",") + json;
    }
  }
  return json_answer(200, R"({"deadLetters":[)" + letters + "]}");
}

inline HttpRoute dead_letters_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/dead-letters",
          .summary = "Lists the events that projections and subscriptions left out, with the errors",
          .gives = "DeadLetters",
          .handle = [&state](const HttpCall&) { return get_dead_letters(state); }};
}

}  // namespace castore::detail

#endif
