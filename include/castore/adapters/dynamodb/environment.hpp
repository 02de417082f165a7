// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_ENVIRONMENT_HPP
#define CASTORE_ADAPTERS_DYNAMODB_ENVIRONMENT_HPP

/// @file
/// The settings that all AWS tools share: environment variables and profiles.
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files" and "Environment variables".

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// A variable of the environment; nothing when it is unset or empty.
using AwsEnvironment = std::function<std::optional<std::string>(const char*)>;

inline std::optional<std::string> process_environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

inline std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

inline std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view spaces = " \t\r\n";
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

using AwsProfile = std::map<std::string, std::string, std::less<>>;

/// Adds the settings of one profile in a file to those it already has, which stay.
/// @param prefix What stands before a profile's name: `profile ` in the config file, except for `default`.
inline void read_profile(AwsProfile& profile, std::string_view text, std::string_view name, std::string_view prefix) {
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = trimmed(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      std::string_view section = trimmed(line.substr(1, std::min(line.find(']'), line.size()) - 1));
      inside = section == name && (prefix.empty() || name == "default");
      if (!prefix.empty() && section.starts_with(prefix)) inside = trimmed(section.substr(prefix.size())) == name;
      continue;
    }
    const std::size_t equals = line.find('=');
    const bool is_nested = whole.front() == ' ' || whole.front() == '\t';
    if (!inside || is_nested || equals == std::string_view::npos) continue;
    std::string_view value = trimmed(line.substr(equals + 1));
    if (const std::size_t comment = std::min(value.find(" #"), value.find(" ;")); comment < value.size()) {
      value = trimmed(value.substr(0, comment));
    }
    profile.emplace(trimmed(line.substr(0, equals)), value);
  }
}

inline std::string aws_profile_name(const AwsEnvironment& environment, const std::string& explicit_name) {
  if (!explicit_name.empty()) return explicit_name;
  return environment("AWS_PROFILE").value_or("default");
}

/// The settings of a profile in both shared files; none when there is no such file or profile.
inline AwsProfile load_aws_profile(const AwsEnvironment& environment, const std::string& name) {
  const std::string folder = environment("HOME").value_or("") + "/.aws/";
  AwsProfile profile;
  const std::string credentials = environment("AWS_SHARED_CREDENTIALS_FILE").value_or(folder + "credentials");
  if (const auto text = read_file(credentials)) read_profile(profile, *text, name, {});
  const std::string config = environment("AWS_CONFIG_FILE").value_or(folder + "config");
  if (const auto text = read_file(config)) read_profile(profile, *text, name, "profile ");
  return profile;
}

inline std::optional<std::string> setting(const AwsProfile& profile, std::string_view name) {
  const auto found = profile.find(name);
  if (found == profile.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace castore::detail

#endif
