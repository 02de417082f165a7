// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/maintenance/each_event.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace castore::tool {

namespace {

struct StoreSummary {
  std::int64_t aggregates = 0;
  std::int64_t events = 0;
  Timestamp first{};
  Timestamp last{};
};
using Summaries = std::map<std::string, StoreSummary, std::less<>>;

void count(Summaries& summaries, const SequencedEventView& next) {
  auto found = summaries.find(next.event_store_id);
  if (found == summaries.end()) {
    found = summaries.emplace(next.event_store_id, StoreSummary{}).first;
    found->second.first = found->second.last = next.event.timestamp;
  }
  StoreSummary& summary = found->second;
  ++summary.events;
  if (next.event.version == 1) ++summary.aggregates;
  summary.first = (std::min)(summary.first, next.event.timestamp);
  summary.last = (std::max)(summary.last, next.event.timestamp);
}

ExitCode list_stores(Session& session) {
  Summaries summaries;
  {
    Progress progress{"events read"};
    std::size_t read = 0;
    for_each_event(session.storage(), {}, [&](const SequencedEventView& next) {
      count(summaries, next);
      progress.at(++read);
    });
  }
  Listing listing{session.output(),
                  {{"eventStoreId", "STORE"},
                   {"aggregateCount", "AGGREGATES", true},
                   {"eventCount", "EVENTS", true},
                   {"firstEvent", "FIRST EVENT"},
                   {"lastEvent", "LAST EVENT"}}};
  for (const auto& [id, summary] : summaries) {
    listing.add({text_cell(id), number_cell(summary.aggregates), number_cell(summary.events), time_cell(summary.first),
                 time_cell(summary.last)});
  }
  listing.finish("there are no events");
  return ExitCode::ok;
}

const RegisterCommand stores{
    {.name = "stores",
     .summary = "event stores, their number of aggregates and events, first and last event",
     .details = "Lists the event stores. Every event is read, to be counted; an aggregate is one that has an event of "
                "version 1.",
     .define = [](CommandLine&) -> Run { return list_stores; }}};

}  // namespace

}  // namespace castore::tool
