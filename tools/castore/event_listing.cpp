// SPDX-License-Identifier: MIT
#include "tools/castore/event_listing.hpp"

#include "tools/castore/command.hpp"
#include "tools/castore/suggest.hpp"

#include <castore/detail/page_size.hpp>
#include <castore/detail/text.hpp>
#include <castore/maintenance/event_line.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

Cell data_cell(std::string_view json) { return json.empty() ? no_cell() : json_cell(json); }

}  // namespace

void check_event_store(AnyEventStorageAdapter storage, const std::string& event_store_id) {
  if (!storage.list_aggregate_ids(event_store_id, {.limit = 1}).aggregate_ids.empty()) return;
  const std::vector<std::string> stores = storage.list_event_stores();
  if (std::ranges::find(stores, event_store_id) != stores.end()) return;
  throw NoSuchStore{"there is no event store " + detail::in_quotes(event_store_id) +
                    did_you_mean(event_store_id, stores)};
}

bool has_aggregate(AnyEventStorageAdapter storage, const std::string& event_store_id, const std::string& aggregate_id) {
  bool has_events = false;
  storage.get_events(event_store_id, aggregate_id, {.limit = 1},
                     [&has_events](const EventRecordView&) { has_events = true; });
  return has_events;
}

void throw_no_such_aggregate(AnyEventStorageAdapter storage, const std::string& event_store_id,
                             std::string_view aggregate_id) {
  check_event_store(std::move(storage), event_store_id);
  throw std::runtime_error{"there is no aggregate " + detail::in_quotes(aggregate_id) + " in event store " +
                           detail::in_quotes(event_store_id)};
}

void for_each_event_of(AnyEventStorageAdapter storage, const std::string& event_store_id,
                       const std::string& aggregate_id, GetEventsOptions which,
                       const std::function<void(const EventRecordView&)>& function) {
  detail::PageSize page_size{500};
  std::size_t left = which.limit.value_or((std::numeric_limits<std::size_t>::max)());
  for (bool is_full = true; is_full && left > 0;) {
    const std::size_t limit = (std::min)(page_size.next(), left);
    which.limit = limit;
    std::size_t count = 0;
    Version last = 0;
    storage.get_events(event_store_id, aggregate_id, which, [&](const EventRecordView& event) {
      ++count;
      last = event.version;
      page_size.add(event.payload.size() + event.metadata.size());
      function(event);
    });
    page_size.turn();
    if (which.reverse)
      which.max_version = last - 1;
    else
      which.min_version = last + 1;
    is_full = count == limit;
    left -= count;
  }
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
