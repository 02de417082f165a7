// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/moving.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/maintenance/copy_events.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace castore::tool {

namespace {

struct MoveOptions {
  std::string from;
  std::string to;
  std::vector<std::string> stores;
  std::optional<std::string> state;
  bool dry_run = false;
  bool no_compare = false;
};

CopyOptions options_of(const MoveOptions& options) {
  return {.event_store_ids = options.stores, .dry_run = options.dry_run};
}

/// Where a copy that was killed has ended.
std::optional<std::string> token_of(const StateFile& file, const MoveOptions& options) {
  const std::optional<MoveState> state = options.state ? file.load() : std::nullopt;
  if (!state) return std::nullopt;
  if (state->stores != options.stores) {
    throw UsageError{"the copy of " + file.path() +
                     " was one of other event stores; name the same, or delete the file"};
  }
  note("going on where the copy of " + file.path() + " has ended");
  return state->token;
}

CopyResult copy_all(AnyEventStorageAdapter source, AnyEventStorageAdapter target, const MoveOptions& options) {
  const StateFile file{options.state.value_or("")};
  Progress progress{"events read"};
  Pace pace;
  CopyOptions copy = options_of(options);
  copy.resume_token = token_of(file, options);
  copy.on_progress = [&](const CopyResult& result) {
    progress.at(result.read_count);
    if (options.state && result.resume_token && pace.is_due()) file.save({*result.resume_token, 0, options.stores});
  };
  CopyResult result = copy_events(source, target, copy);
  if (!result.is_complete) {
    throw std::runtime_error{
        "an open transaction of the source holds events back; run the copy again when it has ended"};
  }
  return result;
}

/// Reads both sides. @return How many events were compared; nothing when the target lacks some, which is so when the
/// source has grown.
std::optional<std::size_t> compare(AnyEventStorageAdapter source, AnyEventStorageAdapter target,
                                   const MoveOptions& options) {
  Progress progress{"events compared"};
  CopyOptions copy = options_of(options);
  copy.dry_run = true;
  copy.on_progress = [&](const CopyResult& result) { progress.at(result.read_count); };
  const CopyResult result = copy_events(source, target, copy);
  return result.written_count == 0 ? std::optional{result.read_count} : std::nullopt;
}

ExitCode copy(Session& session, const MoveOptions& options) {
  const auto from = open_database(options.from, Access::read);
  const auto to = open_database(options.to, options.dry_run ? Access::imagine : Access::create);
  for (const std::string& store : options.stores) check_event_store(from->storage(), store);
  CopyResult result = copy_all(from->storage(), to->storage(), options);
  if (options.dry_run || options.no_compare) {
    print_result(session.output(), result, std::nullopt);
    return ExitCode::ok;
  }
  std::optional<std::size_t> compared = compare(from->storage(), to->storage(), options);
  for (int again = 0; !compared && again < 3; ++again) {  // the source has grown, or a token was wrong
    MoveOptions from_start = options;
    from_start.state.reset();
    result.written_count += copy_all(from->storage(), to->storage(), from_start).written_count;
    compared = compare(from->storage(), to->storage(), options);
  }
  if (!compared) throw std::runtime_error{"the source grows faster than it is copied; run the copy again"};
  if (options.state) StateFile{*options.state}.remove();
  print_result(session.output(), result, compared);
  return ExitCode::ok;
}

const RegisterCommand copy_command{
    {.name = "copy",
     .summary = "copy events from one database to another, and compare both",
     .details =
         "Copies events to another database of any kind, which is created where that is possible, in the order of "
         "the source where it has one. Events that are there already and equal are left alone, and nothing is "
         "overwritten: run it again after an interruption, and for what has come since. Afterwards both sides "
         "are read and compared.",
     .has_database = false,
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<MoveOptions>();
       line.argument("FROM", options->from, "the database to read")
           .argument("TO", options->to, "the database to write to")
           .option("--store", "STORE", options->stores, "only this event store; may be given several times")
           .option("--state", "FILE", options->state,
                   "keep in a file how far it has come, so that it goes on there after a kill")
           .flag("--dry-run", options->dry_run, "say what would be copied, and write nothing")
           .flag("--no-compare", options->no_compare, "do not read both sides afterwards");
       return [options](Session& session) {
         try {
           return copy(session, *options);
         } catch (const CopyInterruptedError& error) {
           throw_interrupted(error);
         }
       };
     }}};

}  // namespace

}  // namespace castore::tool
