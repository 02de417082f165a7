// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/version.hpp>

#include <cctype>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The man page and the completions are written from what the commands say of themselves.

namespace castore::tool {

namespace {

CommandLine line_of(const Command& command) {
  CommandLine line;
  const Run unused = command.define(line);
  return line;
}

/// In roff, where a line that begins with a point or quote, a backslash and a hyphen are special.
std::string roff(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\')
      result += "\\e";
    else if (letter == '-')
      result += "\\-";
    else
      result += letter;
  }
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

std::string synopsis(const Command& command, const CommandLine& line) {
  std::string text = command.has_database ? " [\\fIDATABASE\\fR]" : "";
  for (const Argument& argument : line.arguments()) {
    const std::string name = "\\fI" + roff(argument.name) + "\\fR";
    text += argument.is_optional ? " [" + name + (argument.is_many ? " ...]" : "]") : " " + name;
  }
  return text;
}

std::string man_of(const Command& command) {
  const CommandLine line = line_of(command);
  std::string page = ".SS \"castore " + roff(command.name) + "\"\n\\fBcastore " + roff(command.name) + "\\fR" +
                     synopsis(command, line) + "\n.PP\n" +
                     roff(command.details.empty() ? command.summary + '.' : command.details) + '\n';
  for (const Argument& argument : line.arguments()) {
    page += ".TP\n\\fI" + roff(argument.name) + "\\fR\n" + roff(argument.help) + '\n';
  }
  for (const Option& option : line.options()) {
    page += ".TP\n\\fB" + roff(option.name) + "\\fR" +
            (option.value.empty() ? "" : " \\fI" + roff(option.value) + "\\fR") + '\n' + roff(option.help) + '\n';
  }
  return page;
}

constexpr std::string_view man_before =
    R"(.SH NAME
castore \- look at, check and move the events of a database
.SH SYNOPSIS
\fBcastore\fR \fICOMMAND\fR [\fIDATABASE\fR] [\fIARGUMENT\fR ...] [\fIOPTION\fR ...]
.SH DESCRIPTION
\fBcastore\fR opens any SQLite file, PostgreSQL table or DynamoDB table of events, of this library or of Castore for
TypeScript, without knowing the types of its events. The database is only read, but by \fBimport\fR, \fBcopy\fR and
\fBdead\-letters\fR with retry or drop.
.PP
\fIDATABASE\fR is a file, \fIevents.db\fR, or one of
\fIpostgres://user@host/database?table=event&schema=public\fR,
\fIdynamodb://table?region=eu\-west\-1&endpoint=http://localhost:8000\fR.
It is left out when \fBCASTORE_URL\fR names it; \fB\-d\fR \fIURL\fR names another one.
.PP
On a terminal a table is printed, else a JSON object in each line; \fB\-o\fR \fBtable\fR, \fBjson\fR (one array) or
\fBjsonl\fR choose. What would change a terminal in an event is shown as an escape.
.SH COMMANDS
)";
constexpr std::string_view man_after =
    R"(.SH EXIT STATUS
0; 1 when it failed; 2 when it was called wrongly; 3 when \fBverify\fR found something.
.SH ENVIRONMENT
.TP
\fBCASTORE_URL\fR
the database, unless \fB\-d\fR names another one
.TP
\fBNO_COLOR\fR
no colours
.PP
Those of libpq (\fBPGPASSWORD\fR ...) and AWS (\fBAWS_PROFILE\fR ...) have their usual meaning.
)";

std::string man_page() {
  std::string page = ".TH CASTORE 1 \"\" \"castore " + std::to_string(CASTORE_VERSION_MAJOR) + '.' +
                     std::to_string(CASTORE_VERSION_MINOR) + '.' + std::to_string(CASTORE_VERSION_PATCH) + "\"\n";
  page += man_before;
  for (const Command& command : commands()) page += man_of(command);
  return page += man_after;
}

std::string options_of(const Command& command) {
  std::string names = "--help --output";
  if (command.has_database) names += " --database";
  const CommandLine line = line_of(command);
  for (const Option& option : line.options()) names += ' ' + option.name;
  return names;
}

std::string bash_completion() {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += "    " + command.name + ") options='" + options_of(command) + "' ;;\n";
  }
  return R"(# Completion of castore for bash.
_castore() {
  local word=${COMP_WORDS[COMP_CWORD]} options=
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W ')" +
         names + R"(' -- "$word")
    return
  fi
  case ${COMP_WORDS[1]} in
)" + cases +
         R"(  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
  esac
}
complete -o filenames -F _castore castore
)";
}

/// In single quotes of a shell.
std::string in_shell_quotes(std::string_view text) {
  std::string result{"'"};
  for (const char letter : text) result += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
  return result += '\'';
}
/// The same for a description between brackets, where a colon and a bracket are special.
std::string description(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == ':' || letter == '[' || letter == ']') result += '\\';
    result += letter;
  }
  return result;
}

std::string zsh_completion() {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += "    " + in_shell_quotes(command.name + ":" + description(command.summary)) + '\n';
    cases += "    " + command.name + ")\n      _arguments";
    const CommandLine line = line_of(command);
    for (const Option& option : line.options()) {
      cases += ' ' + in_shell_quotes(option.name + '[' + description(option.help) + ']' +
                                     (option.value.empty() ? "" : ":" + option.value + ":_files"));
    }
    if (command.has_database) cases += " '--database[the database]:URL:_files'";
    cases += " '--output[the form of the output]:FORM:(table json jsonl)' '*:file:_files' ;;\n";
  }
  return R"(#compdef castore
# Completion of castore for zsh.
_castore() {
  local -a names
  names=(
)" + names +
         R"(  )
  if (( CURRENT == 2 )); then
    _describe command names
    return
  fi
  local command=${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
)" + cases +
         R"(  esac
}
_castore "$@"
)";
}

ExitCode print_completion(Session& session, const std::string& shell) {
  if (shell != "bash" && shell != "zsh") throw UsageError{"completion is for bash or zsh"};
  session.output().write(shell == "bash" ? bash_completion() : zsh_completion());
  return ExitCode::ok;
}

const RegisterCommand completion_command{
    {.name = "completion",
     .summary = "what makes bash or zsh complete castore's commands and options",
     .details = "Prints a script: source <(castore completion bash), or put that of zsh as _castore into a folder of "
                "$fpath. An installed castore has both in their places.",
     .has_database = false,
     .define = [](CommandLine& line) -> Run {
       const auto shell = std::make_shared<std::string>();
       line.argument("SHELL", *shell, "bash or zsh");
       return [shell](Session& session) { return print_completion(session, *shell); };
     }}};

const RegisterCommand man_command{{.name = "man",
                                   .summary = "the man page",
                                   .details = "Prints the man page: castore man | man -l -",
                                   .has_database = false,
                                   .define = [](CommandLine&) -> Run {
                                     return [](Session& session) {
                                       session.output().write(man_page());
                                       return ExitCode::ok;
                                     };
                                   }}};

}  // namespace

}  // namespace castore::tool
