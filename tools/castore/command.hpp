// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_COMMAND_HPP
#define CASTORE_TOOLS_CASTORE_COMMAND_HPP

/// @file
/// What a command is: a name, what it takes, and what it does. A file in commands/ makes one known by a
/// RegisterCommand.

#include <castore/fwd.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace castore::tool {

class Session;

enum class ExitCode { ok = 0, failure = 1, usage = 2, findings = 3 };

/// The program was called in a way that means nothing.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What is given by its place.
struct Argument {
  std::string name;
  std::string help;
  bool is_optional = false;
  bool is_many = false;
  std::function<void(const std::string&)> set;
};

/// What is given by its name.
struct Option {
  std::string name;   ///< `--limit`
  std::string value;  ///< What it takes, as help says it: `N`. Empty for a flag.
  std::string help;
  std::function<void(const std::string&)> set;
};

/// What a command takes. Values go to variables, which must outlive the parsing.
class CommandLine {
 public:
  CommandLine& argument(const std::string& name, std::string& target, const std::string& help);
  CommandLine& argument(const std::string& name, Version& target, const std::string& help);
  CommandLine& argument(const std::string& name, std::optional<std::string>& target, const std::string& help);
  CommandLine& arguments(const std::string& name, std::vector<std::string>& targets, const std::string& help);
  CommandLine& option(const std::string& name, const std::string& value, std::optional<std::string>& target,
                      const std::string& help);
  CommandLine& option(const std::string& name, const std::string& value, std::vector<std::string>& targets,
                      const std::string& help);
  CommandLine& option(const std::string& name, const std::string& value, std::optional<std::size_t>& target,
                      const std::string& help);
  CommandLine& option(const std::string& name, const std::string& value, std::optional<Version>& target,
                      const std::string& help);
  CommandLine& option(const std::string& name, const std::string& value, std::optional<Timestamp>& target,
                      const std::string& help);
  CommandLine& flag(const std::string& name, bool& target, const std::string& help);

  const std::vector<Argument>& arguments() const noexcept { return arguments_; }
  const std::vector<Option>& options() const noexcept { return options_; }

 private:
  template <class Target>
  CommandLine& add_option(const std::string& name, const std::string& value, Target& target, const std::string& help);

  std::vector<Argument> arguments_;
  std::vector<Option> options_;
};

using Run = std::function<ExitCode(Session&)>;

struct Command {
  std::string name;
  std::string summary;                      ///< One line.
  std::string details;                      ///< Sentences, for its own help and the man page; may be empty.
  bool has_database = true;                 ///< Its first argument is a database, unless CASTORE_URL names it.
  std::function<Run(CommandLine&)> define;  ///< Says what it takes, and gives what it does.
};

/// All commands, in the order of their names.
const std::vector<Command>& commands();

bool is_command(const std::string& name);

/// Makes a command known, when the program starts.
struct RegisterCommand {
  explicit RegisterCommand(Command command);
};

/// An integer in a text, or a UsageError that names what it is for.
Version parse_version(const std::string& name, const std::string& text);
/// A time in a text, or a UsageError that names what it is for.
Timestamp parse_time(const std::string& name, const std::string& text);

/// The command line as it was called. `usage_of` tells which command an error is about.
struct Call {
  const Command* command = nullptr;  ///< Null when only help was asked for.
  Run run;
  std::string database;
  std::string format;
  std::string help;  ///< What to print instead of running anything.
};
Call parse_call(const std::vector<std::string>& arguments);

}  // namespace castore::tool

#endif
