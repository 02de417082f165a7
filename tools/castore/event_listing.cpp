// SPDX-License-Identifier: MIT
#include "tools/castore/event_listing.hpp"

#include "tools/castore/command.hpp"

#include <castore/detail/text.hpp>
#include <castore/maintenance/event_line.hpp>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace castore::tool {

namespace {

Cell data_cell(std::string_view json) { return json.empty() ? no_cell() : json_cell(json); }

}  // namespace

std::runtime_error no_such_aggregate(std::string_view event_store_id, std::string_view aggregate_id) {
  return std::runtime_error{"there is no aggregate " + detail::in_quotes(aggregate_id) + " in event store " +
                            detail::in_quotes(event_store_id)};
}

EventListing::EventListing(Output& output)
    : listing_{output,
               {{"version", "VERSION", true},
                {"timestamp", "TIMESTAMP"},
                {"type", "TYPE"},
                {"payload", "PAYLOAD"},
                {"metadata", "METADATA"}}} {}

void EventListing::add(const EventRecordView& event) {
  listing_.add({number_cell(event.version), time_cell(event.timestamp), text_cell(event.type, Colour::bold),
                data_cell(event.payload), data_cell(event.metadata)},
               to_event_json(event));
}

SequencedEventListing::SequencedEventListing(Output& output)
    : listing_{output,
               {{"position", "POSITION", true},
                {"eventStoreId", "STORE"},
                {"aggregateId", "AGGREGATE"},
                {"version", "VERSION", true},
                {"timestamp", "TIMESTAMP"},
                {"type", "TYPE"},
                {"payload", "PAYLOAD"}}} {}

void SequencedEventListing::add(const SequencedEventView& next) {
  listing_.add({next.position > 0 ? number_cell(next.position) : no_cell(), text_cell(next.event_store_id),
                text_cell(next.event.aggregate_id), number_cell(next.event.version), time_cell(next.event.timestamp),
                text_cell(next.event.type, Colour::bold), data_cell(next.event.payload)},
               to_sequenced_event_json(next));
}

std::string to_sequenced_event_json(const SequencedEventView& next) {
  std::string json = to_event_line(next.event_store_id, next.event);
  if (next.position > 0) json.insert(1, "\"position\":" + std::to_string(next.position) + ',');
  return json;
}

Moment Moment::parse(const std::optional<std::string>& text) {
  Moment moment;
  if (!text) return moment;
  const bool is_number =
      !text->empty() && std::ranges::all_of(*text, [](unsigned char letter) { return std::isdigit(letter); });
  if (is_number)
    moment.version_ = parse_version("--at", *text);
  else
    moment.time_ = parse_time("--at", *text);
  return moment;
}

}  // namespace castore::tool
