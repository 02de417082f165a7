// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_PUSH_ROUTE_HPP
#define CASTORE_HTTP_PUSH_ROUTE_HPP

/// @file
/// The route that pushes events.

#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/http/access.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/route.hpp>
#include <castore/http/state.hpp>
#include <castore/json/flat_event.hpp>
#include <castore/json/object_text.hpp>
#include <castore/maintenance/different_field.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

/// @throws HttpProblem where it is not JSON, InvalidEventError where that is not an event or a list of events
inline std::vector<FlatEvent> parse_pushed_events(const std::string& body) {
  JsonTextCheck<max_json_depth + levels_around_payload> json{body};
  if (!json.is_value()) throw HttpProblem{400, "invalid_json", "the body is not JSON: " + json.fault()};
  std::vector<FlatEvent> events;
  if (const auto elements = JsonMembers::elements_of(body)) {
    for (const std::string_view element : *elements) events.push_back(parse_flat_event(element));
  } else {
    events.push_back(parse_flat_event(body));
  }
  if (events.empty()) throw HttpProblem{422, "invalid_event", "there is no event in the body"};
  return events;
}

/// Events without a timestamp get that of the others, or else this one.
inline std::vector<PushRecord> records_of(const std::vector<FlatEvent>& events, Timestamp otherwise) {
  const auto told = std::ranges::find(events, true, &FlatEvent::has_timestamp);
  const Timestamp timestamp = told == events.end() ? otherwise : told->event.timestamp;
  std::vector<PushRecord> records;
  records.reserve(events.size());
  for (const FlatEvent& each : events) {
    records.push_back({each.event_store_id, each.event});
    if (!each.has_timestamp) records.back().record.timestamp = timestamp;
  }
  return records;
}

/// Whether a push is stored already, as one whose answer was lost.
inline bool is_stored(HttpApiState& state, const std::vector<FlatEvent>& events,
                      const std::vector<PushRecord>& records) {
  for (std::size_t index = 0; index < records.size(); ++index) {
    EventRecord expected = records[index].record;
    const GetEventsOptions which{.min_version = expected.version, .max_version = expected.version};
    bool is_there = false;
    state.storage.get_events(records[index].event_store_id, expected.aggregate_id, which,
                             [&](const EventRecordView& there) {
                               if (!events[index].has_timestamp) expected.timestamp = there.timestamp;
                               is_there = different_field(expected, there).empty();
                             });
    if (!is_there) return false;
  }
  return true;
}

inline HttpApiResponse pushed_answer(int status, const std::vector<PushRecord>& records,
                                     std::span<const Position> positions) {
  nlohmann::json events = nlohmann::json::array();
  for (std::size_t index = 0; index < records.size(); ++index) {
    const auto& [store, record] = records[index];
    events.push_back({{"store", store}, {"aggregateId", record.aggregate_id}, {"version", record.version}});
    if (!positions.empty() && positions[index] > 0) events.back()["position"] = positions[index];
  }
  return json_answer(status, json_text_of({{"events", events}}));
}

inline Version next_version(HttpApiState& state, const PushRecord& push) {
  Version last = 0;
  state.storage.get_events(push.event_store_id, push.record.aggregate_id, {.limit = 1, .reverse = true},
                           [&](const EventRecordView& event) { last = event.version; });
  return last + 1;
}

[[noreturn]] inline void throw_conflict(HttpApiState& state, const PushOutcome& outcome, const PushRecord& push) {
  const EventRecord& record = push.record;
  nlohmann::json members{{"index", outcome.index},
                         {"store", push.event_store_id},
                         {"aggregateId", record.aggregate_id},
                         {"version", record.version}};
  if (outcome.status == PushStatus::already_exists) {
    const EventAlreadyExistsError error{push.event_store_id, record.aggregate_id, record.version};
    throw HttpProblem{409, "event_already_exists", without_prefix(error.what()), members};
  }
  const VersionGapError error{push.event_store_id, record.aggregate_id, record.version, next_version(state, push)};
  members["expectedVersion"] = error.expected_version();
  throw HttpProblem{409, "version_gap", without_prefix(error.what()), members};
}

inline HttpApiResponse push_events(HttpApiState& state, const HttpCall& call) {
  const bool force = call.flag("force");
  if (force) authorize(call.request(), HttpOperation::force, state.options);
  const std::vector<FlatEvent> events = parse_pushed_events(call.request().body);
  const std::vector<PushRecord> records = records_of(events, state.options.clock());
  check_records(records);
  std::vector<Position> positions(records.size());
  const PushOutcome outcome = state.storage.push_events(records, {.force = force, .positions = positions});
  if (outcome.status == PushStatus::pushed) return pushed_answer(201, records, positions);
  if (call.flag("repeated") && is_stored(state, events, records)) return pushed_answer(200, records, {});
  throw_conflict(state, outcome, records.at(outcome.index));
}

inline HttpRoute push_route(HttpApiState& state) {
  return {.method = "POST",
          .path = "/v1/events",
          .operation = HttpOperation::write,
          .summary = "Pushes an event, or several of which all are stored or none",
          .parameters = {{"force", "boolean", "Overwrites events and leaves versions out; a permission of its own"},
                         {"repeated", "boolean",
                          "The push is a repetition, as no answer came: when its events are stored, and equal, that is "
                          "answered by 200"}},
          .takes = "PushedEvents",
          .gives = "Pushed",
          .status = 201,
          .handle = [&state](const HttpCall& call) { return push_events(state, call); }};
}

}  // namespace castore::detail

#endif
