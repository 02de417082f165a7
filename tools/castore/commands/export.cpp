// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/moving.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/storage_operations.hpp>
#include <castore/detail/text.hpp>
#include <castore/maintenance/copy_events.hpp>
#include <castore/maintenance/json_lines.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

struct ExportOptions {
  std::optional<std::string> file;
  std::vector<std::string> stores;
  bool no_compare = false;
};

/// A stream buffer that writes to the program's output.
class OutputBuffer final : public std::streambuf {
 public:
  explicit OutputBuffer(Output& output) noexcept : output_{output} {}

 protected:
  int overflow(int letter) override {
    const char byte = traits_type::to_char_type(letter);
    return xsputn(&byte, 1) == 1 ? letter : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::string_view bytes{text, static_cast<std::size_t>(size)};
    output_.write(output_.is_terminal() ? terminal_json_lines(bytes) : std::string{bytes});
    return size;
  }

 private:
  static std::string terminal_json_lines(std::string_view text) {
    return text == "\n" ? std::string{text} : terminal_json(text);
  }

  Output& output_;
};

[[noreturn]] void throw_held_back() {
  throw std::runtime_error{"an open transaction holds events back; export again when it has ended"};
}

void export_to_output(Session& session, const ExportOptions& options) {
  OutputBuffer buffer{session.output()};
  std::ostream lines{&buffer};
  lines.exceptions(std::ios::badbit);  // what the output throws comes through
  JsonLinesWriter writer{lines};
  AnyEventStorageAdapter source = session.storage();
  try {
    if (!copy_events(source, writer, {.event_store_ids = options.stores}).is_complete) throw_held_back();
  } catch (const CopyInterruptedError& error) {
    throw_interrupted(error);
  }
}

/// An export into a file, which goes on after a kill: where it was is in a file next to it until it is done.
class FileExport {
 public:
  FileExport(AnyEventStorageAdapter source, const ExportOptions& options)
      : source_{std::move(source)},
        options_{options},
        path_{*options.file},
        state_file_{path_ + ".unfinished"},
        is_in_order_{supports<operations::ReadAllEvents>(source_)} {}

  CopyResult run() {
    open();
    Progress progress{"events read"};
    JsonLinesWriter writer{lines_};
    CopyOptions copy{.event_store_ids = options_.stores};
    if (!state_.token.empty()) copy.resume_token = state_.token;
    copy.on_progress = [&](const CopyResult& result) {
      progress.at(result.read_count);
      reached(result);
    };
    CopyResult result = copy_events(source_, writer, copy);
    lines_.close();
    if (!lines_) throw std::runtime_error{"cannot write " + detail::in_quotes(path_)};
    if (!result.is_complete) throw_held_back();
    return result;
  }

  /// Reads the file and the source. @return How many events were compared.
  std::size_t compare() {
    Progress progress{"events compared"};
    std::ifstream lines{path_, std::ios::binary};
    const CopyResult result = import_json_lines(
        lines, source_,
        {.dry_run = true, .on_progress = [&](const CopyResult& seen) { progress.at(seen.read_count); }});
    if (result.written_count != 0) {
      throw std::runtime_error{detail::in_quotes(path_) + " has events that the database does not have; export again"};
    }
    return result.read_count;
  }
  void finish() const { state_file_.remove(); }

 private:
  void open() {
    const std::optional<MoveState> state = state_file_.load();
    if (!state && std::filesystem::exists(path_)) {
      throw std::runtime_error{detail::in_quotes(path_) + " is there already; export into another file, or delete it"};
    }
    state_ = state.value_or(MoveState{{}, 0, options_.stores});
    if (state_.stores != options_.stores) {
      throw UsageError{"the unfinished export is one of other event stores; name the same, or delete " +
                       detail::in_quotes(state_file_.path())};
    }
    if (state) go_on();
    // From now on a file that is there is one of an export that is not done.
    state_file_.save(state_);
    lines_.open(path_, std::ios::binary | std::ios::app);
    if (!lines_) throw std::runtime_error{"cannot write " + detail::in_quotes(path_)};
    length_ = state_.length;
  }
  void go_on() {
    note("going on where the export into " + path_ + " has ended");
    if (!std::filesystem::exists(path_)) {
      state_ = {{}, 0, options_.stores};
    } else if (std::filesystem::file_size(path_) < state_.length) {
      throw std::runtime_error{detail::in_quotes(path_) + " is shorter than it was; delete it and " +
                               detail::in_quotes(state_file_.path()) + " and export again"};
    } else {
      std::filesystem::resize_file(path_, state_.length);  // what was written since is written again
    }
  }

  /// Called after every push. A token of an order stands for all that is written; one of a list for what was written
  /// before its page began.
  void reached(const CopyResult& result) {
    const std::uint64_t length = static_cast<std::uint64_t>(lines_.tellp());
    if (result.resume_token && (is_in_order_ || *result.resume_token != state_.token)) {
      state_.token = *result.resume_token;
      state_.length = is_in_order_ ? length : length_;
    }
    length_ = length;
    if (!pace_.is_due()) return;
    lines_.flush();
    state_file_.save(state_);
  }

  AnyEventStorageAdapter source_;
  const ExportOptions& options_;
  std::string path_;
  StateFile state_file_;
  bool is_in_order_;
  MoveState state_;
  std::ofstream lines_;
  std::uint64_t length_ = 0;
  Pace pace_;
};

ExitCode export_events(Session& session, const ExportOptions& options) {
  for (const std::string& store : options.stores) check_event_store(session.storage(), store);
  if (!options.file || *options.file == "-") {
    export_to_output(session, options);
    return ExitCode::ok;
  }
  try {
    FileExport job{session.storage(), options};
    const CopyResult result = job.run();
    std::optional<std::size_t> compared;
    if (!options.no_compare) compared = job.compare();
    job.finish();
    print_result(session.output(), result, compared);
  } catch (const CopyInterruptedError& error) {
    throw_interrupted(error);
  }
  return ExitCode::ok;
}

const RegisterCommand export_command{
    {.name = "export",
     .summary = "write events as JSON Lines",
     .details = "Writes an event in each line, in Castore's shape, in the order of the database where it has one: to a "
                "file, or to the standard output. Into a file it goes on where it was after a kill, when it is called "
                "again, and afterwards the file is read and compared with the database.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<ExportOptions>();
       line.argument("FILE", options->file, "a new file; the standard output when there is none, or for -")
           .option("--store", "STORE", options->stores, "only this event store; may be given several times")
           .flag("--no-compare", options->no_compare, "do not read both sides afterwards");
       return [options](Session& session) { return export_events(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
