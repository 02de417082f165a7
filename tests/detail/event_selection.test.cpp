// SPDX-License-Identifier: MIT
#include <castore/detail/event_selection.hpp>

#include <castore/core/event_storage_adapter.hpp>
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

using castore::GetEventsOptions;
using castore::Version;

namespace {

std::vector<Version> selected(const std::vector<Version>& versions, const GetEventsOptions& options) {
  const auto version_at = [&](std::size_t index) { return versions.at(index); };
  const auto selection = castore::detail::select_events(versions.size(), version_at, options);
  std::vector<Version> result;
  selection.for_each([&](std::size_t index) { result.push_back(versions.at(index)); });
  return result;
}

/// What the options mean, one after the other.
std::vector<Version> selected_step_by_step(std::vector<Version> versions, const GetEventsOptions& options) {
  if (options.min_version) std::erase_if(versions, [&](Version version) { return version < *options.min_version; });
  if (options.max_version) std::erase_if(versions, [&](Version version) { return version > *options.max_version; });
  if (options.reverse) std::reverse(versions.begin(), versions.end());
  if (options.limit && *options.limit < versions.size()) versions.resize(*options.limit);
  return versions;
}

}  // namespace

TEST_CASE("the selected events are those that the options say step by step") {
  constexpr Version largest = std::numeric_limits<Version>::max();
  const std::vector<std::vector<Version>> histories = {
      {}, {1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8}, {3}, {2, 5}, {1, 2, 5, 6, 9}, {1, largest}};
  const std::vector<std::optional<Version>> bounds = {
      std::nullopt, std::numeric_limits<Version>::min(), -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, largest - 1, largest};
  const std::vector<std::optional<std::size_t>> limits = {
      std::nullopt, 0, 1, 2, 3, 8, std::numeric_limits<std::size_t>::max()};
  int checked = 0;
  for (const auto& history : histories) {
    for (const auto& min_version : bounds) {
      for (const auto& max_version : bounds) {
        for (const auto& limit : limits) {
          for (const bool reverse : {false, true}) {
            const GetEventsOptions options{min_version, max_version, limit, reverse};
            ++checked;
            if (selected(history, options) != selected_step_by_step(history, options)) {
              FAIL_CHECK("min " << min_version.value_or(-99) << ", max " << max_version.value_or(-99) << ", limit "
                                << limit.value_or(99) << ", reverse " << reverse << " of " << history.size());
            }
          }
        }
      }
    }
  }
  CHECK(checked == 9 * 15 * 15 * 7 * 2);
}
