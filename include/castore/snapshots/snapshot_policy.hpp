// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_SNAPSHOT_POLICY_HPP
#define CASTORE_SNAPSHOTS_SNAPSHOT_POLICY_HPP

#include <castore/fwd.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A load, as a policy sees it: what was read after the snapshot that it began with, or since the first event.
struct SnapshotTail {
  std::string_view aggregate_id{};                 ///< The aggregate.
  Version version = 0;                             ///< That of its last event.
  std::size_t events = 0;                          ///< How many events were read and applied, at least 1.
  std::optional<Timestamp> snapshot_created_at{};  ///< When the snapshot was taken; nothing when there was none.
  Timestamp now{};                                 ///< The store's clock.
};

/// @brief Says after which loads a snapshot is saved: `every(100)`, `every(std::chrono::hours{1})`, or any function
/// that takes a `SnapshotTail`. Threads may call it at the same time.
/// @code
/// const castore::SnapshotPolicy often = castore::every(100);
/// const castore::SnapshotPolicy own{[](const castore::SnapshotTail& tail) { return tail.version % 50 == 0; }};
/// @endcode
class SnapshotPolicy {
 public:
  /// @brief A function of yours. @throws std::invalid_argument when it is empty
  template <class Function>
    requires(std::predicate<const Function&, const SnapshotTail&> && !std::same_as<Function, SnapshotPolicy>)
  SnapshotPolicy(Function function)  // NOLINT(google-explicit-constructor): a policy is a function
      : wants_{std::move(function)} {
    if (!wants_) throw std::invalid_argument{"castore: the policy of snapshots is empty; give it every(100)"};
  }

  /// @brief True when a snapshot is to be saved. @throws What the function throws
  bool wants(const SnapshotTail& tail) const { return wants_(tail); }

 private:
  std::function<bool(const SnapshotTail&)> wants_;
};

/// @brief A snapshot after a load that read so many events, or more: a load then reads few more than that.
/// @throws std::invalid_argument for 0
inline SnapshotPolicy every(std::size_t events) {
  if (events == 0) throw std::invalid_argument{"castore: every(0) would save a snapshot that holds nothing new"};
  return [events](const SnapshotTail& tail) { return tail.events >= events; };
}
/// @brief A snapshot when there are new events and the last one is at least so old, or there is none, or a clock that
/// was wrong says that it was taken so long from now.
inline SnapshotPolicy every(std::chrono::milliseconds age) {
  return [age](const SnapshotTail& tail) {
    return !tail.snapshot_created_at || tail.now - *tail.snapshot_created_at >= age ||
           *tail.snapshot_created_at - tail.now > age;
  };
}

}  // namespace castore

#endif
