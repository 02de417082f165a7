// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/maintenance/each_event.hpp>
#include <castore/maintenance/event_summaries.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <memory>
#include <set>
#include <string>

namespace castore::tool {

namespace {

Cell fields_cell(const std::set<std::string>& fields) {
  std::string names;
  for (const std::string& field : fields) names += (names.empty() ? "" : " ") + field;
  Cell cell = text_cell(names);
  cell.json = nlohmann::json(fields).dump();
  return cell;
}

ExitCode list_types(Session& session, const std::string& store) {
  EventTypeSummaries summaries;
  {
    Progress progress{"events read"};
    std::size_t read = 0;
    for_each_event(session.storage(), {.event_store_ids = {store}}, [&](const SequencedEventView& next) {
      summaries(next);
      progress.at(++read);
    });
  }
  if (summaries.by_type().empty()) check_event_store(session.storage(), store);
  Listing listing{session.output(),
                  {{"type", "TYPE"},
                   {"eventCount", "EVENTS", true},
                   {"firstEvent", "FIRST EVENT"},
                   {"lastEvent", "LAST EVENT"},
                   {"fields", "FIELDS"}}};
  for (const auto& [type, summary] : summaries.by_type()) {
    listing.add({text_cell(type, Colour::bold), number_cell(summary.event_count), time_cell(summary.first),
                 time_cell(summary.last), fields_cell(summary.fields)});
  }
  listing.finish();
  return ExitCode::ok;
}

const RegisterCommand types_command{
    {.name = "types",
     .summary = "the event types of a store: how many, first, last, fields seen",
     .details = "Lists the types of a store's events with the names of the fields that their payloads had. Every event "
                "of the store is read.",
     .define = [](CommandLine& line) -> Run {
       const auto store = std::make_shared<std::string>();
       line.argument("STORE", *store, "the event store's id");
       return [store](Session& session) { return list_types(session, *store); };
     }}};

}  // namespace

}  // namespace castore::tool
