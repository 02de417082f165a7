// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/moving.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/detail/text.hpp>
#include <castore/maintenance/json_lines.hpp>

#include <cstddef>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace castore::tool {

namespace {

struct ImportOptions {
  std::optional<std::string> file;
  std::vector<std::string> stores;
  bool dry_run = false;
  bool no_compare = false;

  bool is_from_file() const { return file && *file != "-"; }
};

CopyResult import_from(std::istream& lines, AnyEventStorageAdapter target, const ImportOptions& options, bool dry_run) {
  Progress progress{dry_run ? "events compared" : "events read"};
  return import_json_lines(lines, target,
                           {.event_store_ids = options.stores,
                            .dry_run = dry_run,
                            .on_progress = [&](const CopyResult& result) { progress.at(result.read_count); }});
}

std::ifstream open_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + detail::in_quotes(path)};
  return file;
}

ExitCode import_events(Session& session, const ImportOptions& options) {
  std::ifstream file;
  if (options.is_from_file()) file = open_file(*options.file);
  AnyEventStorageAdapter target = session.database(options.dry_run ? Access::imagine : Access::create).storage();
  try {
    const CopyResult result = import_from(options.is_from_file() ? file : std::cin, target, options, options.dry_run);
    std::optional<std::size_t> compared;
    if (options.is_from_file() && !options.dry_run && !options.no_compare) {
      std::ifstream again = open_file(*options.file);
      const CopyResult seen = import_from(again, target, options, true);
      if (seen.written_count != 0)
        throw std::runtime_error{"the file was changed while it was imported; import it again"};
      compared = seen.read_count;
    }
    print_result(session.output(), result, compared);
  } catch (const CopyInterruptedError& error) {
    throw_interrupted(error);
  }
  return ExitCode::ok;
}

const RegisterCommand import_command{
    {.name = "import",
     .summary = "put events of JSON Lines into a database",
     .details = "Reads what export wrote, or messages of Castore's, an event in each line, from a file or the standard "
                "input. Events that are there already and equal are left alone, and nothing is overwritten: after an "
                "interruption import the same file again. Afterwards the file is read once more and compared.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<ImportOptions>();
       line.argument("FILE", options->file, "what to read; the standard input when there is none, or for -")
           .option("--store", "STORE", options->stores, "only this event store; may be given several times")
           .flag("--dry-run", options->dry_run, "say what would be imported, and write nothing")
           .flag("--no-compare", options->no_compare, "do not read both sides afterwards");
       return [options](Session& session) { return import_events(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
