// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_READER_STATES_HPP
#define CASTORE_TOOLS_CASTORE_READER_STATES_HPP

#include "tools/castore/database.hpp"

#include <castore/fwd.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

/// What is kept of projections and subscriptions: besides their checkpoints the library keeps notes, by names such as
/// `list#active`.
class ReaderStates {
 public:
  explicit ReaderStates(const std::vector<ReaderState>& kept);

  /// Those that are readers, without the notes.
  const std::vector<ReaderState>& readers() const noexcept { return readers_; }
  bool is_active(const ReaderState& reader) const { return note(reader.name + "#active", 0) == reader.version; }
  /// In words: `in each push`, `at the end`, `behind`, `beyond the end`.
  std::string state(const ReaderState& reader, Position head) const;

 private:
  Position note(const std::string& name, int version) const;

  std::vector<ReaderState> readers_;
  std::map<std::pair<std::string, int>, Position> positions_;
};

}  // namespace castore::tool

#endif
