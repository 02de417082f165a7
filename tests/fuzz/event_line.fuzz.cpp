// SPDX-License-Identifier: MIT
// A line of an event is read or refused, and what was read is written and read again as the same.
#include "fuzz/fuzz.hpp"

#include <castore/core/errors.hpp>
#include <castore/maintenance/event_line.hpp>

#include <optional>
#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  std::optional<castore::EventLine> line;
  if (!is_taken<castore::InvalidEventError>([&] { line = castore::parse_event_line(input); })) return;
  const std::string text = castore::to_event_line(line->event_store_id, line->event);
  require(text.find_first_of("\r\n") == std::string::npos, "a line has no line break");
  // Line breaks within the payload have become spaces, which are of the same size.
  const castore::EventLine again = castore::parse_event_line(text);
  require(again.event_store_id == line->event_store_id && again.event.aggregate_id == line->event.aggregate_id &&
              again.event.version == line->event.version && again.event.type == line->event.type &&
              again.event.timestamp == line->event.timestamp &&
              again.event.payload.size() == line->event.payload.size(),
          "an event comes back as it was");
}
