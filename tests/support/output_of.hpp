// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_OUTPUT_OF_HPP
#define CASTORE_TESTS_SUPPORT_OUTPUT_OF_HPP

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace castore_tests {

/// What a command of the shell prints, also when something goes wrong, and a line with its exit code.
inline std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1; echo \"exit code $?\"").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error{"the program cannot be started"};
  std::string output;
  for (std::array<char, 1000> part{}; std::fgets(part.data(), part.size(), pipe) != nullptr;) output += part.data();
  ::pclose(pipe);
  return output;
}

}  // namespace castore_tests

#endif
