// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_ENVIRONMENT_HPP
#define CASTORE_AWS_ENVIRONMENT_HPP

/// @file
/// The settings that all AWS tools share: environment variables and profiles.
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files" and "Environment variables".

#include <castore/aws/credentials.hpp>
#include <castore/config.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace castore::detail {

/// A variable of the environment; nothing when it is unset or empty.
using AwsEnvironment = std::function<std::optional<std::string>(const char*)>;

inline std::optional<std::string> process_environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

/// The most bytes of a file with settings or a token.
inline constexpr std::size_t max_aws_file_size = 1024 * 1024;

/// Reads a file with settings or a token; nothing when there is none.
/// @param what How an error names it. Its path is in no error: it comes from a variable that may hold, by mistake, what
/// should stand in the file.
/// @throws AwsCredentialsError
inline std::optional<std::string> read_aws_file(const std::string& path, const std::string& what) {
  const auto refuse = [&what](const std::string& why) { throw AwsCredentialsError{what + " " + why}; };
  std::error_code error;
  const auto type = path.find('\0') == std::string::npos ? std::filesystem::status(path, error).type()
                                                         : std::filesystem::file_type::none;
  if (type == std::filesystem::file_type::not_found) return std::nullopt;
  if (type == std::filesystem::file_type::none || error)
    refuse("cannot be read: " + (error ? error.message() : "a wrong path"));
  // Reading a pipe could wait forever. The character device is /dev/null, with which people say that there is none.
  if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::character) {
    refuse(type == std::filesystem::file_type::directory ? "is a directory, not a file" : "is not a file");
  }
  std::ifstream file{path, std::ios::binary};
  if (!file) refuse("cannot be read: " + std::generic_category().message(errno));
  std::string text(max_aws_file_size + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) refuse("cannot be read: " + std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > max_aws_file_size) refuse("has more than " + std::to_string(max_aws_file_size) + " bytes");
  if (text.find('\0') != std::string::npos) refuse("is not text in UTF-8: it holds a NUL");
  return text;
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
/// @param what How an error names the file. It says at which line, not what stands there: it may be a key.
/// @throws AwsCredentialsError
inline void read_profile(AwsProfile& profile, std::string_view text, std::string_view name, std::string_view prefix,
                         const std::string& what) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  bool inside = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = (std::min)(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix((std::min)(end + 1, text.size()));
    const std::string_view line = trimmed(whole);
    const auto demand = [&](bool condition, const char* wanted) {
      if (!condition) throw AwsCredentialsError{what + " is damaged: line " + std::to_string(number) + wanted};
    };
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      demand(close != std::string_view::npos, " begins a profile with '[' but has no ']'");
      const std::string_view section = trimmed(line.substr(1, close - 1));
      inside = section == name && (prefix.empty() || name == "default");
      if (!prefix.empty() && section.starts_with(prefix)) inside = trimmed(section.substr(prefix.size())) == name;
      continue;
    }
    const bool is_nested = whole.front() == ' ' || whole.front() == '\t';
    if (!inside || is_nested) continue;
    const std::size_t equals = line.find('=');
    demand(equals != std::string_view::npos, " has no '=' between a name and a value");
    std::string_view value = trimmed(line.substr(equals + 1));
    if (const std::size_t comment = (std::min)(value.find(" #"), value.find(" ;")); comment < value.size()) {
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
/// @throws AwsCredentialsError
inline AwsProfile load_aws_profile(const AwsEnvironment& environment, const std::string& name) {
  auto home = environment("HOME");
  if (!home) home = environment("USERPROFILE");  // Windows
  const std::string folder = home.value_or("") + "/.aws/";
  AwsProfile profile;
  const auto read = [&](const char* variable, const char* file, const char* prefix) {
    const std::string what = "the shared " + std::string{file} + " file (" + variable + ", else ~/.aws/" + file + ")";
    const auto text = read_aws_file(environment(variable).value_or(folder + file), what);
    if (text) read_profile(profile, *text, name, prefix, what);
  };
  read("AWS_SHARED_CREDENTIALS_FILE", "credentials", "");
  read("AWS_CONFIG_FILE", "config", "profile ");
  return profile;
}

inline std::optional<std::string> setting(const AwsProfile& profile, std::string_view name) {
  const auto found = profile.find(name);
  if (found == profile.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace castore::detail

#endif
