// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/errors.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/detail/text.hpp>
#include <castore/maintenance/inspect_events.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

nlohmann::json read_lock(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read the schema lock " + detail::in_quotes(path)};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  nlohmann::json lock = nlohmann::json::parse(text, nullptr, false);
  if (!lock.is_object() || !lock.contains("$defs") || !lock["$defs"].is_object()) {
    throw std::runtime_error{detail::in_quotes(path) + " is not a schema lock, which check_event_schema writes"};
  }
  return lock;
}

/// A lock of a store that is not there would allow everything. @throws NoSuchStore
void check_store_of_lock(Session& session, const std::string& store) {
  try {
    check_event_store(session.storage(), store);
  } catch (const StorageError&) {
    // A damaged database may be refused, of which inspect_checkpoints tells.
  }
}

/// `FILE`, or `STORE=FILE`.
void add_lock(Session& session, EventInspector& inspector, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || std::filesystem::exists(text)) {
    inspector.add_schema_lock({}, read_lock(text));
  } else {
    const std::string store = text.substr(0, equals);
    check_store_of_lock(session, store);
    inspector.add_schema_lock(store, read_lock(text.substr(equals + 1)));
  }
}

template <class Value, class MakeCell>
Cell optional_cell(const std::optional<Value>& value, const MakeCell& make) {
  return value ? make(*value) : no_cell();
}

/// @return False when the storage refuses the database, whose rows can be looked at though: so damaged may it be.
bool inspect_checkpoints(Session& session, EventInspector& inspector) {
  try {
    AnyEventStorageAdapter storage = session.storage();
    if (!supports<operations::ReadAllEvents>(storage)) return true;
    const Position head = storage.read_all_events(0, {.limit = 0}, [](const SequencedEventView&) {}).head;
    for (const ReaderState& reader : session.database().readers()) {
      // What stands behind a # is not a place in the order: whether a projection was created, which version is active.
      if (reader.name.find('#') == std::string::npos) {
        inspector.add_checkpoint(reader.name, reader.version, reader.position, head);
      }
    }
    return true;
  } catch (const StorageError& error) {
    note(error.what());
    return false;
  }
}

/// @param code What is known so far of how it ends. @throws OutputClosed
void inspect(Session& session, const std::vector<std::string>& locks, ExitCode& code) {
  Listing listing{session.output(),
                  {{"fault", "FAULT"},
                   {"eventStoreId", "STORE"},
                   {"aggregateId", "AGGREGATE"},
                   {"version", "VERSION", true},
                   {"what", "WHAT"},
                   {"remedy", "REMEDY"}}};
  std::size_t found = 0;
  EventInspector inspector{[&](const Finding& finding) {
    ++found;
    code = ExitCode::findings;
    listing.add({text_cell(name_of(finding.fault), Colour::yellow),
                 optional_cell(finding.event_store_id, [](const std::string& id) { return text_cell(id); }),
                 optional_cell(finding.aggregate_id, [](const std::string& id) { return text_cell(id); }),
                 optional_cell(finding.version, number_cell), text_cell(finding.what), text_cell(finding.remedy)});
  }};
  for (const std::string& lock : locks) add_lock(session, inspector, lock);
  std::size_t rows = 0;
  {
    Progress progress{"rows looked at"};
    session.database().for_each_row([&](const StoredRow& row) {
      inspector.add(row);
      progress.at(++rows);
    });
  }
  const bool is_usable = inspect_checkpoints(session, inspector);
  if (!is_usable && found == 0) code = ExitCode::failure;
  listing.finish();
  note("looked at " + std::to_string(rows) + " events: " +
       (found > 0   ? std::to_string(found) + (found == 1 ? " finding" : " findings")
        : is_usable ? "nothing is wrong"
                    : "nothing is wrong with them, but their database cannot be used"));
}

/// A reader that goes away does not make right what was found.
ExitCode verify(Session& session, const std::vector<std::string>& locks) {
  ExitCode code = ExitCode::ok;
  try {
    inspect(session, locks, code);
  } catch (const OutputClosed&) {
    return code;
  }
  return code;
}

const RegisterCommand verify_command{
    {.name = "verify",
     .summary = "find what is wrong with stored events; exit code 3 when there is something",
     .details =
         "Reads every row and tells of each finding the store, the aggregate, the version and what to do: versions "
         "that are missing or there twice, positions that go back, rows that are not events, text that is not "
         "JSON, timestamps of another form, types and payloads that a schema lock does not allow, checkpoints "
         "after the newest event. Nothing is changed.",
     .define = [](CommandLine& line) -> Run {
       const auto locks = std::make_shared<std::vector<std::string>>();
       line.option("--schema", "FILE", *locks,
                   "compare with a schema lock, FILE for all stores or STORE=FILE for one; may be given several times");
       return [locks](Session& session) { return verify(session, *locks); };
     }}};

}  // namespace

}  // namespace castore::tool
