// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_STREAM_ERRORS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_STREAM_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief Events may be missing in the feed that the stream does not have any more, or never had: it keeps them for 24
/// hours. Nothing was read.
/// **Handling:** call `reconcile()` of the relay, which compares the feed with the table; then poll or run again.
class CASTORE_DETAIL_THROWN DynamoDbStreamGapError : public Error {
 public:
  /// @brief What a relay throws that cannot go on where it was. @param reason What it found.
  DynamoDbStreamGapError(std::string relay_name, std::string stream_arn, std::string_view reason)
      : Error{"castore: relay " + detail::in_quotes(relay_name) + " may lack events that are not in the stream " +
              detail::in_quotes(stream_arn) + ": " + detail::safe_text(reason) +
              "; call reconcile(), which compares the feed with the table, and go on"},
        relay_name_{std::move(relay_name)},
        stream_arn_{std::move(stream_arn)} {}

  /// @brief The relay's name.
  const std::string& relay_name() const noexcept { return relay_name_; }
  /// @brief The stream's ARN.
  const std::string& stream_arn() const noexcept { return stream_arn_; }

 private:
  std::string relay_name_;
  std::string stream_arn_;
};

/// @brief The table has a version of an aggregate, but not the one before it. Other events of the same records are in
/// the feed; those of this aggregate are not, from the missing version on.
/// **Handling:** fix: push the missing version, or let the relay's option `force_past_gaps` take what is there; then
/// poll or run again.
class CASTORE_DETAIL_THROWN DynamoDbMissingVersionError : public detail::EventError {
 public:
  /// @brief What a relay throws that has waited for a version. @param version The one that is missing.
  DynamoDbMissingVersionError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                              Version found)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: the table has version " + std::to_string(found) + " of aggregate " +
                       detail::in_quotes(aggregate_id) + " in event store " + detail::in_quotes(event_store_id) +
                       ", but not version " + std::to_string(version) +
                       "; push that one, or set force_past_gaps, and go on"},
        found_{found} {}

  /// @brief The version that is there.
  Version found_version() const noexcept { return found_; }

 private:
  Version found_;
};

/// @brief Another relay of this name moved its place in the stream. What this one read is in the feed.
/// **Handling:** report: two programs run what one should run. Let one of them end.
class CASTORE_DETAIL_THROWN DynamoDbRelayTakenOverError : public Error {
 public:
  /// @brief What a relay throws that finds its place moved.
  explicit DynamoDbRelayTakenOverError(std::string relay_name)
      : Error{"castore: another runner has moved the place of relay " + detail::in_quotes(relay_name) +
              " in its stream; let only one run"},
        relay_name_{std::move(relay_name)} {}

  /// @brief The relay's name.
  const std::string& relay_name() const noexcept { return relay_name_; }

 private:
  std::string relay_name_;
};

}  // namespace castore

#endif
