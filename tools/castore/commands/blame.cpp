// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/maintenance/event_data.hpp>

#include <memory>
#include <optional>
#include <string>

namespace castore::tool {

namespace {

struct BlameOptions {
  std::string store;
  std::string id;
  std::optional<std::string> at;
};

EventData data_at(Session& session, const BlameOptions& options, const Moment& at) {
  EventData data;
  bool has_events = false;
  for_each_event_of(session.storage(), options.store, options.id, {.max_version = at.version()},
                    [&](const EventRecordView& event) {
                      has_events = true;
                      if (at.has(event)) data.add(options.store, event);
                    });
  // Before its first version there is an aggregate without data.
  if (!has_events && !has_aggregate(session.storage(), options.store, options.id)) {
    throw_no_such_aggregate(session.storage(), options.store, options.id);
  }
  return data;
}

ExitCode blame(Session& session, const BlameOptions& options) {
  const EventData data = data_at(session, options, Moment::parse(options.at));
  Listing listing{session.output(),
                  {{"path", "FIELD"},
                   {"value", "VALUE"},
                   {"version", "VERSION", true},
                   {"type", "TYPE"},
                   {"timestamp", "TIMESTAMP"}}};
  for (const DataOrigin& field : data.origins()) {
    listing.add({text_cell(field.path), json_cell(field.value.dump()), number_cell(field.version),
                 text_cell(field.type, Colour::bold), time_cell(field.timestamp)});
  }
  listing.finish();
  return ExitCode::ok;
}

const RegisterCommand blame_command{
    {.name = "blame",
     .summary = "which event last set each field of an aggregate",
     .details =
         "Merges the payloads of an aggregate's events, and tells of each field its value and the event that last "
         "set it. Objects are merged member by member, all other values take each other's place.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<BlameOptions>();
       line.argument("STORE", options->store, "the event store's id")
           .argument("ID", options->id, "the aggregate's id")
           .option("--at", "MOMENT", options->at, "as it was at a version, or at a time");
       return [options](Session& session) { return blame(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
