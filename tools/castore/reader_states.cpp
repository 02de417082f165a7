// SPDX-License-Identifier: MIT
#include "tools/castore/reader_states.hpp"

#include <string>
#include <vector>

namespace castore::tool {

ReaderStates::ReaderStates(const std::vector<ReaderState>& kept) {
  for (const ReaderState& each : kept) {
    positions_[{each.name, each.version}] = each.position;
    if (each.name.find('#') == std::string::npos) readers_.push_back(each);
  }
}

std::string ReaderStates::state(const ReaderState& reader, Position head) const {
  if (reader.position > head) return "beyond the end";
  if (note(reader.name + "#inline", reader.version) > 0) return "in each push";
  return reader.position == head ? "at the end" : "behind";
}

Position ReaderStates::note(const std::string& name, int version) const {
  const auto found = positions_.find({name, version});
  return found == positions_.end() ? -1 : found->second;
}

}  // namespace castore::tool
