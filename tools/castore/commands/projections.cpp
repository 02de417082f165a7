// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/reader_states.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

using Key = std::pair<std::string, int>;

Position head_of(AnyEventStorageAdapter storage) {
  if (!supports<operations::ReadAllEvents>(storage)) {
    throw std::runtime_error{
        "this database keeps no checkpoints, as it has no order of all its events; those of a DynamoDB table are where "
        "a DynamoDbStreamRelay copies it"};
  }
  return storage.read_all_events(0, {.limit = 0}, [](const SequencedEventView&) {}).head;
}

Cell state_cell(const std::string& state) {
  const Colour colour = state == "beyond the end" ? Colour::red : state == "behind" ? Colour::yellow : Colour::green;
  return text_cell(state, colour);
}

ExitCode list_projections(Session& session) {
  const Position head = head_of(session.storage());
  const ReaderStates states{session.database().readers()};
  std::map<Key, std::int64_t> dead_letters;
  for (const KeptDeadLetter& letter : session.database().dead_letters()) ++dead_letters[{letter.name, letter.version}];

  Listing listing{session.output(),
                  {{"name", "NAME"},
                   {"version", "VERSION", true},
                   {"position", "POSITION", true},
                   {"lag", "LAG", true},
                   {"state", "STATE"},
                   {"isActive", "ACTIVE"},
                   {"deadLetterCount", "DEAD LETTERS", true},
                   {"updatedAt", "MOVED AT"}}};
  for (const ReaderState& reader : states.readers()) {
    const bool is_active = states.is_active(reader);
    listing.add({text_cell(reader.name), number_cell(reader.version), number_cell(reader.position),
                 number_cell((std::max)(head - reader.position, Position{0})), state_cell(states.state(reader, head)),
                 Cell{is_active ? "true" : "false", is_active ? "yes" : "no"},
                 number_cell(dead_letters[{reader.name, reader.version}]), text_cell(reader.updated_at, Colour::dim)});
  }
  listing.finish("no projection or subscription keeps its checkpoint in this database");
  return ExitCode::ok;
}

const RegisterCommand projections_command{
    {.name = "projections",
     .summary = "how far each projection and subscription has come, and how far it is behind",
     .details = "Lists what keeps its checkpoint in this database: its position, how many positions it is behind the "
                "newest event, and how many events it left out.",
     .define = [](CommandLine&) -> Run { return list_projections; }}};

}  // namespace

}  // namespace castore::tool
