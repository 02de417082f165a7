// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/run_process.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

constexpr const char* no_letters = "there are no dead letters";

struct LettersOptions {
  std::optional<std::string> action;
  std::optional<std::string> name;
  std::optional<Version> position;
  std::optional<std::string> with;
  bool all = false;

  bool wants(const KeptDeadLetter& letter) const {
    return (!name || letter.name == *name) && (!position || letter.letter.position == *position);
  }
};

std::vector<KeptDeadLetter> letters_of(Session& session, const LettersOptions& options, Access access) {
  if (!supports<operations::Transact>(session.database(access).storage())) {
    throw std::runtime_error{"this database keeps no dead letters"};
  }
  std::vector<KeptDeadLetter> letters = session.database().dead_letters();
  std::erase_if(letters, [&](const KeptDeadLetter& letter) { return !options.wants(letter); });
  return letters;
}

/// The event that was left out as JSON; empty when it is gone.
std::string event_of(Session& session, const EventDeadLetter& letter) {
  std::string json;
  session.storage().read_all_events(letter.position - 1, {.limit = 1}, [&](const SequencedEventView& next) {
    if (next.position == letter.position) json = to_sequenced_event_json(next);
  });
  return json;
}

ExitCode list_letters(Session& session, const LettersOptions& options) {
  Listing listing{session.output(),
                  {{"name", "NAME"},
                   {"version", "VERSION", true},
                   {"position", "POSITION", true},
                   {"attempts", "ATTEMPTS", true},
                   {"at", "AT"},
                   {"error", "ERROR"},
                   {"event", "EVENT"}}};
  for (const auto& [name, version, letter] : letters_of(session, options, Access::read)) {
    const std::string event = event_of(session, letter);
    listing.add({text_cell(name), number_cell(version), number_cell(letter.position), number_cell(letter.attempts),
                 time_cell(letter.at), text_cell(letter.error, Colour::red),
                 event.empty() ? no_cell() : json_cell(event)});
  }
  listing.finish(no_letters);
  return ExitCode::ok;
}

/// Whoever drops or retries says which.
void check_choice(const LettersOptions& options) {
  if (!options.position && !options.all) throw UsageError{"which dead letters? Give --position, or --all"};
}

/// What was asked for is not there: an error when it was named, and not when it was all there are.
ExitCode say_no_such_letter(const LettersOptions& options) {
  if (!options.name && !options.position) return note(no_letters), ExitCode::ok;
  throw std::runtime_error{"there is no dead letter" +
                           (options.name ? " of " + detail::in_quotes(*options.name) : std::string{}) +
                           (options.position ? " at position " + std::to_string(*options.position) : std::string{})};
}

ExitCode drop_letters(Session& session, const LettersOptions& options) {
  check_choice(options);
  const std::vector<KeptDeadLetter> letters = letters_of(session, options, Access::change);
  if (letters.empty()) return say_no_such_letter(options);
  std::size_t dropped = 0;
  for (const auto& [name, version, letter] : letters) {
    session.storage().transact(
        [&, key = name, number = version, position = letter.position](AnyTransaction& transaction) {
          if (transaction.drop_dead_letter(key, number, position)) ++dropped;
        });
  }
  note("dropped " + std::to_string(dropped));
  return ExitCode::ok;
}

/// @return What went wrong; empty when the event was handled, and its dead letter dropped.
std::string retry(Session& session, const KeptDeadLetter& kept, const std::string& command) {
  const std::string event = event_of(session, kept.letter);
  const std::string error = event.empty() ? "the event is gone" : run_process(command, event + '\n');
  session.storage().transact([&](AnyTransaction& transaction) {
    if (error.empty()) {
      transaction.drop_dead_letter(kept.name, kept.version, kept.letter.position);
    } else {
      EventDeadLetter letter = kept.letter;
      letter.error = detail::in_quotes(command) + ": " + error;
      ++letter.attempts;
      letter.at = system_timestamp();
      transaction.add_dead_letter(kept.name, kept.version, letter);
    }
  });
  return error;
}

ExitCode retry_letters(Session& session, const LettersOptions& options) {
  check_choice(options);
  if (!options.with) {
    throw UsageError{
        "--with COMMAND says what is to handle the events: it gets each as a line of JSON and ends with 0 when it has "
        "done so. The handler of a subscription is in its own program, which calls retry_dead_letters()"};
  }
  std::size_t failed = 0;
  const std::vector<KeptDeadLetter> letters = letters_of(session, options, Access::change);
  if (letters.empty()) return say_no_such_letter(options);
  for (const KeptDeadLetter& letter : letters) {
    const std::string error = retry(session, letter, *options.with);
    if (error.empty()) continue;
    ++failed;
    note("position " + std::to_string(letter.letter.position) + ": " + error);
  }
  note("handled " + std::to_string(letters.size() - failed) + " of " + std::to_string(letters.size()));
  return failed == 0 ? ExitCode::ok : ExitCode::failure;
}

ExitCode run(Session& session, const LettersOptions& options) {
  const std::string action = options.action.value_or("list");
  if (action == "list") return list_letters(session, options);
  if (action == "drop") return drop_letters(session, options);
  if (action == "retry") return retry_letters(session, options);
  throw UsageError{"dead-letters knows list, retry and drop, not " + detail::in_quotes(action)};
}

const RegisterCommand dead_letters_command{
    {.name = "dead-letters",
     .summary = "events that projections and subscriptions left out: list, retry, drop",
     .details = "Lists the events that a reader left out because it failed there, with the error; drops them, or hands "
                "them to a command that handles them, after which they are dropped.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<LettersOptions>();
       line.argument("ACTION", options->action, "list, retry or drop; list when there is none")
           .option("--of", "NAME", options->name, "only those of this reader")
           .option("--position", "N", options->position, "only the event at this position")
           .flag("--all", options->all, "retry or drop all of them")
           .option("--with", "COMMAND", options->with,
                   "a command of the shell that gets an event as a line of JSON, and ends with 0 when it was handled");
       return [options](Session& session) { return run(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
