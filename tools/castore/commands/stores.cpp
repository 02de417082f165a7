// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/maintenance/each_event.hpp>
#include <castore/maintenance/event_summaries.hpp>

#include <cstddef>

namespace castore::tool {

namespace {

ExitCode list_stores(Session& session) {
  StoreSummaries summaries;
  {
    Progress progress{"events read"};
    std::size_t read = 0;
    for_each_event(session.storage(), {}, [&](const SequencedEventView& next) {
      summaries(next);
      progress.at(++read);
    });
  }
  Listing listing{session.output(),
                  {{"eventStoreId", "STORE"},
                   {"aggregateCount", "AGGREGATES", true},
                   {"eventCount", "EVENTS", true},
                   {"firstEvent", "FIRST EVENT"},
                   {"lastEvent", "LAST EVENT"}}};
  for (const auto& [id, summary] : summaries.by_id()) {
    listing.add({text_cell(id), number_cell(summary.aggregate_count), number_cell(summary.event_count),
                 time_cell(summary.first), time_cell(summary.last)});
  }
  listing.finish("there are no events");
  return ExitCode::ok;
}

const RegisterCommand stores_command{
    {.name = "stores",
     .summary = "event stores, their number of aggregates and events, first and last event",
     .details = "Lists the event stores. Every event is read, to be counted; an aggregate is one that has an event of "
                "version 1.",
     .define = [](CommandLine&) -> Run { return list_stores; }}};

}  // namespace

}  // namespace castore::tool
