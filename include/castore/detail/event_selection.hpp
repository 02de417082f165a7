// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_EVENT_SELECTION_HPP
#define CASTORE_DETAIL_EVENT_SELECTION_HPP

#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>

namespace castore::detail {

/// The places that `GetEventsOptions` select in a sequence of events ordered by version, in the order asked for.
struct EventSelection {
  std::size_t first = 0;
  std::size_t last = 0;  // behind the last one
  bool reverse = false;

  std::size_t size() const noexcept { return last - first; }
  template <class Function>
  void for_each(const Function& function) const {
    const std::size_t step = reverse ? std::size_t{0} - 1 : 1;  // wraps around
    std::size_t index = reverse ? last - 1 : first;
    for (std::size_t left = size(); left > 0; --left, index += step) function(index);
  }
};

/// The first place whose version is not less than `version`.
template <class VersionAt>
std::size_t version_lower_bound(std::size_t size, const VersionAt& version_at, Version version) {
  if (size == 0 || version_at(size - 1) < version) return size;  // the usual case of a push
  std::size_t first = 0;
  std::size_t count = size;
  while (count > 0) {
    const std::size_t half = count / 2;
    if (version_at(first + half) < version) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

/// @param options `GetEventsOptions`.
template <class VersionAt, class Options>
EventSelection select_events(std::size_t size, const VersionAt& version_at, const Options& options) {
  EventSelection selection{.first = 0, .last = size, .reverse = options.reverse};
  if (options.min_version) selection.first = version_lower_bound(size, version_at, *options.min_version);
  if (options.max_version) {
    selection.last = version_lower_bound(size, version_at, *options.max_version);
    if (selection.last < size && version_at(selection.last) == *options.max_version) ++selection.last;
  }
  selection.last = (std::max)(selection.first, selection.last);
  if (options.limit && *options.limit < selection.size()) {
    if (options.reverse) {
      selection.first = selection.last - *options.limit;
    } else {
      selection.last = selection.first + *options.limit;
    }
  }
  return selection;
}

}  // namespace castore::detail

#endif
