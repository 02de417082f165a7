// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_storage_adapter.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace castore::tool {

namespace {

struct EventsOptions {
  std::string store;
  std::string id;
  std::optional<Version> from;
  std::optional<Version> to;
  std::optional<std::string> at;
  std::optional<std::size_t> limit;
  bool reverse = false;
};

ExitCode list_events(Session& session, const EventsOptions& options) {
  const Moment at = Moment::parse(options.at);
  GetEventsOptions which{.min_version = options.from, .max_version = options.to, .reverse = options.reverse};
  if (at.version()) which.max_version = (std::min)(*at.version(), which.max_version.value_or(*at.version()));
  if (!has_aggregate(session.storage(), options.store, options.id)) {
    throw_no_such_aggregate(session.storage(), options.store, options.id);
  }
  EventListing listing{session.output()};
  std::size_t listed = 0;
  // A time bounds by what events say, so how many of them are wanted is counted here.
  if (!options.at || at.version()) which.limit = options.limit;
  for_each_event_of(session.storage(), options.store, options.id, which, [&](const EventRecordView& event) {
    if (!at.has(event) || (options.limit && listed == *options.limit)) return;
    ++listed;
    listing.add(event);
  });
  listing.finish();
  return ExitCode::ok;
}

const RegisterCommand events_command{
    {.name = "events",
     .summary = "the events of an aggregate",
     .details = "Lists the events of an aggregate in the order of their versions.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<EventsOptions>();
       line.argument("STORE", options->store, "the event store's id")
           .argument("ID", options->id, "the aggregate's id")
           .option("--from", "VERSION", options->from, "this version and later ones")
           .option("--to", "VERSION", options->to, "this version and earlier ones")
           .option("--at", "MOMENT", options->at, "what was there at a version, or at a time")
           .option("--limit", "N", options->limit, "at most so many, counted after --reverse")
           .flag("--reverse", options->reverse, "the newest first");
       return [options](Session& session) { return list_events(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
