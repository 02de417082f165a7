// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/maintenance/event_data.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace castore::tool {

namespace {

struct DiffOptions {
  std::string store;
  std::string id;
  Version before = 0;
  Version after = 0;
};

/// The merged data at a version. @throws std::runtime_error when the aggregate has no such version
nlohmann::json data_at(Session& session, const DiffOptions& options, Version version) {
  if (version == 0) return nlohmann::json::object();
  AnyEventStorageAdapter storage = session.storage();
  EventData data;
  for_each_event_of(storage, options.store, options.id, {.max_version = version},
                    [&](const EventRecordView& event) { data.add(options.store, event); });
  if (data.version() == 0) throw_no_such_aggregate(storage, options.store, options.id);
  if (data.version() < version) {
    throw std::runtime_error{"the aggregate has no version " + std::to_string(version) + "; its last one is " +
                             std::to_string(data.version())};
  }
  return data.json();
}

Cell value_cell(const std::optional<nlohmann::json>& value, Colour colour) {
  return value ? json_cell(value->dump(), colour) : no_cell();
}

ExitCode diff(Session& session, const DiffOptions& options) {
  const nlohmann::json before = data_at(session, options, options.before);
  const nlohmann::json after = data_at(session, options, options.after);
  Listing listing{session.output(), {{"path", "FIELD"}, {"before", "BEFORE"}, {"after", "AFTER"}}};
  for (const DataChange& change : data_changes(before, after)) {
    listing.add(
        {text_cell(change.path), value_cell(change.before, Colour::red), value_cell(change.after, Colour::green)});
  }
  listing.finish();
  return ExitCode::ok;
}

const RegisterCommand diff_command{
    {.name = "diff",
     .summary = "what changed between two versions of an aggregate",
     .details = "Merges the payloads of an aggregate's events up to each of two versions, and lists the fields that "
                "differ. Objects are merged member by member, all other values take each other's place. Version 0 is "
                "before the first event.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<DiffOptions>();
       line.argument("STORE", options->store, "the event store's id")
           .argument("ID", options->id, "the aggregate's id")
           .argument("V1", options->before, "a version, or 0")
           .argument("V2", options->after, "a version, or 0");
       return [options](Session& session) { return diff(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
