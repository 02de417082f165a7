// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_VERSION_SEQUENCE_HPP
#define CASTORE_CORE_DETAIL_VERSION_SEQUENCE_HPP

/// @file
/// Notices versions that are missing among the events of a load.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace castore::detail {

/// Without overflow, whatever a storage hands out.
constexpr std::uint64_t distance(Version from, Version to) noexcept {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

inline Version first_version(const GetEventsOptions& options) noexcept {
  return (std::max)(Version{1}, options.min_version.value_or(1));
}

/// For events that come one by one.
class VersionSequence {
 public:
  VersionSequence(const GetEventsOptions& options, bool is_checked) noexcept
      : first_{first_version(options)},
        before_{options.reverse ? 0 : first_ - 1},
        is_reverse_{options.reverse},
        has_limit_{options.limit.has_value()},
        is_checked_{is_checked} {}

  /// @return False when a version is missing before this one.
  bool takes(Version version) noexcept {
    if (!is_checked_) return true;
    const bool is_next =
        is_reverse_ ? before_ == 0 || distance(version, before_) == 1 : distance(before_, version) == 1;
    if (is_next) before_ = version;
    return is_next;
  }
  /// @return False when the last event of a walk back is not the first that there must be.
  bool is_complete() const noexcept {
    return !is_checked_ || !is_reverse_ || has_limit_ || before_ == 0 || before_ == first_;
  }

  /// @param version What `takes` refused. @throws MissingEventError
  [[noreturn]] void throw_missing(std::string_view event_store_id, std::string_view aggregate_id,
                                  Version version) const {
    throw MissingEventError{event_store_id, aggregate_id, (std::min)(before_, version) + 1,
                            (std::max)(before_, version)};
  }
  /// After `is_complete` said no. @throws MissingEventError
  [[noreturn]] void throw_incomplete(std::string_view event_store_id, std::string_view aggregate_id) const {
    throw MissingEventError{event_store_id, aggregate_id, first_, before_};
  }

 private:
  Version first_;
  Version before_;
  bool is_reverse_;
  bool has_limit_;
  bool is_checked_;
};

/// For events that lie side by side, ordered by their versions: looks at the first and the last only.
/// @throws MissingEventError
template <class VersionAt>
void check_no_version_missing(std::string_view event_store_id, std::string_view aggregate_id,
                              const GetEventsOptions& options, const VersionAt& version_at,
                              const EventSelection& selection) {
  if (selection.size() == 0) return;
  const bool may_begin_anywhere = options.reverse && options.limit;
  const Version first = may_begin_anywhere ? version_at(selection.first) : first_version(options);
  if (distance(first, version_at(selection.last - 1)) == selection.size() - 1) return;
  Version before = first - 1;
  for (std::size_t index = selection.first; index < selection.last; ++index) {
    const Version version = version_at(index);
    if (distance(before, version) != 1) {
      throw MissingEventError{event_store_id, aggregate_id, before + 1, version};
    }
    before = version;
  }
}

}  // namespace castore::detail

#endif
