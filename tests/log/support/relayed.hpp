// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_LOG_SUPPORT_RELAYED_HPP
#define CASTORE_TESTS_LOG_SUPPORT_RELAYED_HPP

#include <castore/core/event.hpp>
#include <castore/fwd.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace log_tests {

/// The last version of each aggregate that a receiver has come to which leaves out what it had, and what is too early.
inline std::map<std::string, castore::Version> received_in_order(
    const std::vector<std::pair<std::string, castore::Version>>& taken) {
  std::map<std::string, castore::Version> last;
  for (const auto& [id, version] : taken) {
    if (version == last[id] + 1) last[id] = version;
  }
  return last;
}

}  // namespace log_tests

#endif
