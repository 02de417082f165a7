// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_STREAM_RELAY_OPTIONS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_STREAM_RELAY_OPTIONS_HPP

/// @file
/// What goes into a `DynamoDbStreamRelay` and what comes out.

#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace castore {

/// @brief How a `DynamoDbStreamRelay` behaves.
struct DynamoDbStreamRelayOptions {
  std::string name = "dynamodb_stream";        ///< Of its checkpoints in the feed, without `#`.
  std::vector<std::string> event_store_ids{};  ///< Whose events to relay; all unless given. `reconcile` needs them.
  std::chrono::milliseconds max_wait{1000};    ///< How long `run` waits when there was nothing new.
  /// @brief How long to wait for a version that the table does not show although it shows a later one.
  std::chrono::milliseconds wait_for_version{5000};
  /// @brief Take what the table has past a missing version, by a forced push. Else that is a
  /// `DynamoDbMissingVersionError`.
  bool force_past_gaps = false;
  std::function<Timestamp()> clock{system_timestamp};  ///< Now.
};

/// @brief What one look at a stream did.
struct DynamoDbStreamPollResult {
  std::size_t events = 0;     ///< How many events are new in the feed.
  std::size_t doubles = 0;    ///< How many were there already.
  std::size_t removed = 0;    ///< How many items were deleted from the table; the feed keeps their events.
  std::size_t others = 0;     ///< How many were of other event stores, or not of Castore.
  bool is_caught_up = false;  ///< No shard had anything more.

  friend bool operator==(const DynamoDbStreamPollResult&, const DynamoDbStreamPollResult&) = default;
};

}  // namespace castore

#endif
