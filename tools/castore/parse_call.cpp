// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/suggest.hpp"

#include <castore/detail/text.hpp>
#include <castore/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace castore::tool {

namespace {

[[noreturn]] void throw_unknown(const std::string& what, const std::string& word,
                                const std::vector<std::string>& words) {
  throw UsageError{"there is no " + what + ' ' + detail::in_quotes(word) + did_you_mean(word, words)};
}

const char* database_of_environment() {
  const char* const url = std::getenv("CASTORE_URL");
  return url == nullptr || *url == '\0' ? nullptr : url;
}

/// Whether -d is given, after which the first argument is not the database. What is behind -- is not an option.
bool names_database(const std::vector<std::string>& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return (argument.starts_with("-d") && !argument.starts_with("--")) || argument == "--database" ||
           argument.starts_with("--database=");
  });
}

constexpr const char* database_help =
    "events.db, postgres://user@host/database?table=event or dynamodb://table?region=eu-west-1&endpoint=http://...";

void add_argument(CLI::App& app, const Argument& argument) {
  CLI::Option* const option = app.add_option_function<std::string>(argument.name, argument.set, argument.help);
  option->type_name("");
  if (argument.is_many) {
    // CLI11 would make several values of [A,B], so this one is for help only and takes none: they are what is left.
    option->expected(0, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    app.allow_extras();
  }
  if (!argument.is_optional) option->required();
}

void add_option(CLI::App& app, const Option& option) {
  if (option.value.empty()) {
    app.add_flag_callback(
        option.name, [set = option.set] { set({}); }, option.help);
  } else {
    app.add_option_function<std::vector<std::string>>(
           option.name,
           [set = option.set](const std::vector<std::string>& values) { std::ranges::for_each(values, set); },
           option.help)
        ->type_name(option.value)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);  // or [A,B] were two values, and what follows a value another one
  }
}

std::vector<std::string> names_of_commands() {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.push_back(command.name);
  return names;
}

const Command& find_command(const std::string& name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  if (found == commands().end()) throw_unknown("command", name, names_of_commands());
  return *found;
}

std::string program_help() {
  std::string text =
      "castore looks at, checks and moves the events of any SQLite file, PostgreSQL table or DynamoDB table.\n\n"
      "usage: castore COMMAND [DATABASE] [ARGUMENT...] [OPTION...]\n\n"
      "DATABASE is " +
      std::string{database_help} +
      "\nIt is left out when the environment variable CASTORE_URL names it. It is only read, but by import, copy and\n"
      "dead-letters retry or drop.\n\ncommands:\n";
  for (const Command& command : commands()) {
    text += "  " + command.name + std::string(16 - command.name.size(), ' ') + command.summary + '\n';
  }
  return text +
         "\ncastore COMMAND --help says what a command takes. On a terminal it prints tables, else a JSON object in "
         "each "
         "line;\n-o table, -o json or -o jsonl choose. Exit codes: 0; 1 it failed; 2 it was called wrongly; 3 verify "
         "found "
         "something.\n";
}

/// The arguments that were not taken yet. @throws UsageError when there is an unknown option among them
std::vector<std::string> rest_of(const CLI::App& app) {
  std::vector<std::string> rest = app.remaining();
  const auto end = std::ranges::find(rest, "--");
  const auto unknown =
      std::find_if(rest.begin(), end, [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); });
  if (unknown != end) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    throw_unknown("option", unknown->substr(0, unknown->find('=')), names);
  }
  if (end != rest.end()) rest.erase(end);
  return rest;
}

/// A mistake of the command line in our words.
[[noreturn]] void throw_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> rest = rest_of(app);
    throw UsageError{
        "there is one argument too many: " + detail::in_quotes(rest.empty() ? std::string{} : rest.front()) +
        (database_of_environment() != nullptr ? "; CASTORE_URL names the database already, -d names another one" : "")};
  }
  throw UsageError{detail::safe_text(error.what())};
}

}  // namespace

Call parse_call(const std::vector<std::string>& arguments) {
  Call call;
  const std::string first = arguments.empty() ? "--help" : arguments.front();
  if (first == "--help" || first == "-h" || (first == "help" && arguments.size() == 1)) {
    call.help = program_help();
    return call;
  }
  if (first == "--version" || first == "-V") {
    call.help = "castore " + std::to_string(CASTORE_VERSION_MAJOR) + '.' + std::to_string(CASTORE_VERSION_MINOR) + '.' +
                std::to_string(CASTORE_VERSION_PATCH) + '\n';
    return call;
  }
  const bool asks_help = first == "help";
  call.command = &find_command(asks_help ? arguments[1] : first);

  CommandLine line;
  call.run = call.command->define(line);
  CLI::App app{call.command->details.empty() ? call.command->summary + '.' : call.command->details,
               "castore " + call.command->name};
  app.get_formatter()->column_width(30);
  if (call.command->has_database) {
    const char* const known = database_of_environment();
    if (known != nullptr) call.database = known;
    if (known == nullptr && !names_database(arguments)) {
      app.add_option("DATABASE", call.database, database_help)->type_name("");
    }
    app.add_option("-d,--database", call.database, "the database, instead of the argument or CASTORE_URL")
        ->type_name("URL");
  }
  for (const Argument& argument : line.arguments()) add_argument(app, argument);
  for (const Option& option : line.options()) add_option(app, option);
  app.add_option("-o,--output", call.format, "table, json (one array) or jsonl (an object in each line)")
      ->type_name("FORM");

  if (asks_help) {
    call.help = app.help();
    return call;
  }
  try {
    std::vector<std::string> rest(arguments.rbegin(), arguments.rend() - 1);
    app.parse(rest);
    for (const Argument& argument : line.arguments()) {
      if (argument.is_many) std::ranges::for_each(rest_of(app), argument.set);
    }
  } catch (const CLI::CallForHelp&) {
    call.help = app.help();
    return call;
  } catch (const CLI::ParseError& error) {
    throw_usage(app, error);
  }
  if (call.command->has_database && call.database.empty()) {
    throw UsageError{"which database? Name it as the first argument, or in CASTORE_URL"};
  }
  return call;
}

}  // namespace castore::tool
