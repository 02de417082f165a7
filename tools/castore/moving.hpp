// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_MOVING_HPP
#define CASTORE_TOOLS_CASTORE_MOVING_HPP

/// @file
/// What export, import and copy have in common.

#include "tools/castore/output.hpp"

#include <castore/maintenance/copy_events_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

/// How far a copy has come, in a file next to what is copied, so that it goes on after a kill.
struct MoveState {
  std::string token;
  std::uint64_t length = 0;         ///< Of the file that is written, where there is one.
  std::vector<std::string> stores;  ///< What was asked for.
};

class StateFile {
 public:
  explicit StateFile(std::string path) : path_{std::move(path)} {}

  const std::string& path() const noexcept { return path_; }
  /// @return Nothing when there is no file. @throws std::runtime_error when it cannot be read
  std::optional<MoveState> load() const;
  /// The file always holds a whole state, also when the program is killed meanwhile.
  void save(const MoveState& state) const;
  void remove() const;

 private:
  std::string path_;
};

/// True now and then, so that what is done for it costs little.
class Pace {
 public:
  bool is_due();

 private:
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
};

/// An interruption in the words of the program. What ended the output ends the program as quietly.
[[noreturn]] void throw_interrupted(const CopyInterruptedError& error);

/// Prints what was done. @param compared_count Events that were read on both sides afterwards; nothing when none were.
void print_result(Output& output, const CopyResult& result, std::optional<std::size_t> compared_count);

}  // namespace castore::tool

#endif
