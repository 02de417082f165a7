// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"

#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

std::vector<Command>& registry() {
  static std::vector<Command> commands;
  return commands;
}

std::size_t parse_count(const std::string& name, const std::string& text) {
  const auto count = detail::parse_integer<std::size_t>(text);
  if (!count) throw UsageError{name + " takes a number from 0, not " + detail::in_quotes(text)};
  return *count;
}

void set_value(const std::string&, const std::string& text, std::optional<std::string>& target) { target = text; }
void set_value(const std::string&, const std::string& text, std::vector<std::string>& targets) {
  targets.push_back(text);
}
void set_value(const std::string& name, const std::string& text, std::optional<std::size_t>& target) {
  target = parse_count(name, text);
}
void set_value(const std::string& name, const std::string& text, std::optional<Version>& target) {
  target = parse_version(name, text);
}
void set_value(const std::string& name, const std::string& text, std::optional<Timestamp>& target) {
  target = parse_time(name, text);
}

}  // namespace

Version parse_version(const std::string& name, const std::string& text) {
  const auto version = detail::parse_integer<Version>(text);
  if (!version || *version < 0) throw UsageError{name + " takes a number from 0, not " + detail::in_quotes(text)};
  return *version;
}

Timestamp parse_time(const std::string& name, const std::string& text) {
  const auto time = parse_timestamp(text);
  if (!time) {
    throw UsageError{name + " takes a time such as 2022-01-01 or 2022-01-01T12:00:00.000Z, not " +
                     detail::in_quotes(text)};
  }
  return *time;
}

CommandLine& CommandLine::argument(const std::string& name, std::string& target, const std::string& help) {
  arguments_.push_back({name, help, false, false, [&target](const std::string& text) { target = text; }});
  return *this;
}
CommandLine& CommandLine::argument(const std::string& name, Version& target, const std::string& help) {
  arguments_.push_back(
      {name, help, false, false, [&target, name](const std::string& text) { target = parse_version(name, text); }});
  return *this;
}
CommandLine& CommandLine::argument(const std::string& name, std::optional<std::string>& target,
                                   const std::string& help) {
  arguments_.push_back({name, help, true, false, [&target](const std::string& text) { target = text; }});
  return *this;
}
CommandLine& CommandLine::arguments(const std::string& name, std::vector<std::string>& targets,
                                    const std::string& help) {
  arguments_.push_back({name, help, true, true, [&targets](const std::string& text) { targets.push_back(text); }});
  return *this;
}

template <class Target>
CommandLine& CommandLine::add_option(const std::string& name, const std::string& value, Target& target,
                                     const std::string& help) {
  options_.push_back({name, value, help, [&target, name](const std::string& text) { set_value(name, text, target); }});
  return *this;
}
CommandLine& CommandLine::option(const std::string& name, const std::string& value, std::optional<std::string>& target,
                                 const std::string& help) {
  return add_option(name, value, target, help);
}
CommandLine& CommandLine::option(const std::string& name, const std::string& value, std::vector<std::string>& targets,
                                 const std::string& help) {
  return add_option(name, value, targets, help);
}
CommandLine& CommandLine::option(const std::string& name, const std::string& value, std::optional<std::size_t>& target,
                                 const std::string& help) {
  return add_option(name, value, target, help);
}
CommandLine& CommandLine::option(const std::string& name, const std::string& value, std::optional<Version>& target,
                                 const std::string& help) {
  return add_option(name, value, target, help);
}
CommandLine& CommandLine::option(const std::string& name, const std::string& value, std::optional<Timestamp>& target,
                                 const std::string& help) {
  return add_option(name, value, target, help);
}
CommandLine& CommandLine::flag(const std::string& name, bool& target, const std::string& help) {
  options_.push_back({name, {}, help, [&target](const std::string&) { target = true; }});
  return *this;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> sorted = [] {
    std::vector<Command> all = registry();
    std::ranges::sort(all, {}, &Command::name);
    return all;
  }();
  return sorted;
}

bool is_command(const std::string& name) {
  return std::ranges::find(commands(), name, &Command::name) != commands().end();
}

RegisterCommand::RegisterCommand(Command command) { registry().push_back(std::move(command)); }

}  // namespace castore::tool
