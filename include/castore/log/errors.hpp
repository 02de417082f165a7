// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_ERRORS_HPP
#define CASTORE_LOG_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/log/event_place.hpp>

#include <string>
#include <string_view>

namespace castore {

namespace detail {

inline std::string subscription_name(std::string_view name, int version) {
  return in_quotes(name) + " (version " + std::to_string(version) + ")";
}

/// What all errors of a subscription or projection have in common.
class CASTORE_DETAIL_THROWN SubscriptionError : public Error {
 public:
  /// @brief An error of a subscription; `what` is the whole message.
  SubscriptionError(std::string_view name, int version, Position position, const std::string& what)
      : Error{what}, name_{name}, version_{version}, position_{position} {}

  /// @brief The name of the subscription or projection.
  const std::string& name() const noexcept { return name_; }
  /// @brief Its version.
  int version() const noexcept { return version_; }
  /// @brief Its checkpoint; of an error about an event the event's position.
  Position position() const noexcept { return position_; }

 private:
  std::string name_;
  int version_;
  Position position_;
};

/// The same for errors about one event.
class CASTORE_DETAIL_THROWN PlacedEventError : public SubscriptionError {
 public:
  /// @brief An error about the event at a place; `what` is the whole message.
  PlacedEventError(std::string_view name, int version, const EventPlace& place, const std::string& what)
      : SubscriptionError{name, version, place.position, what},
        event_store_id_{place.event_store_id},
        aggregate_id_{place.aggregate_id},
        event_version_{place.version},
        type_{place.type} {}

  /// @brief The id of the event store the event belongs to.
  const std::string& event_store_id() const noexcept { return event_store_id_; }
  /// @brief The id of the aggregate the event belongs to.
  const std::string& aggregate_id() const noexcept { return aggregate_id_; }
  /// @brief The event's version in its aggregate.
  Version event_version() const noexcept { return event_version_; }
  /// @brief The event's type.
  const std::string& type() const noexcept { return type_; }

 private:
  std::string event_store_id_;
  std::string aggregate_id_;
  Version event_version_;
  std::string type_;
};

}  // namespace detail

/// @brief Another runner moved the checkpoint of this subscription or projection meanwhile. Nothing of the batch was
/// written, as far as it was to be written in the transaction of the checkpoint.
/// **Handling:** report: two programs run what one should run. Let one of them end, or give each a partition.
class CASTORE_DETAIL_THROWN ProjectionTakenOverError : public detail::SubscriptionError {
 public:
  /// @brief What a runner throws that finds its checkpoint moved. @param position Where it expected the checkpoint.
  ProjectionTakenOverError(std::string_view name, int version, Position position)
      : SubscriptionError{name, version, position,
                          "castore: the checkpoint of " + detail::subscription_name(name, version) +
                              " is not at position " + std::to_string(position) +
                              " any more: another runner has moved it; let only one run, or give each a partition"} {}
};

/// @brief The storage holds fewer events than this subscription or projection has read: it was set back, as when a
/// backup was restored. Nothing was read.
/// **Handling:** report; then rebuild the read model as a new version, as it may hold what did not happen.
class CASTORE_DETAIL_THROWN FeedWentBackError : public detail::SubscriptionError {
 public:
  /// @brief What a reader throws whose checkpoint is past the newest event. @param position The checkpoint.
  FeedWentBackError(std::string_view name, int version, Position position, Position head)
      : SubscriptionError{name, version, position,
                          "castore: " + detail::subscription_name(name, version) + " has read up to position " +
                              std::to_string(position) + ", but the newest event is at " + std::to_string(head) +
                              ": the storage was set back; rebuild what was made of its events as a new version"},
        head_{head} {}

  /// @brief The position of the newest event.
  Position head() const noexcept { return head_; }

 private:
  Position head_;
};

/// @brief A subscription or projection stopped before an event: it could not be decoded, has an unknown type, or its
/// handler threw. All events before it were handled, and the checkpoint is there.
/// **Handling:** fix the cause, which is nested, and run again; or let `on_error` leave the event out.
class CASTORE_DETAIL_THROWN SubscriptionStoppedError : public detail::PlacedEventError {
 public:
  /// @brief What a reader makes of what a handler or a codec threw, which it nests. @param reason What that said.
  SubscriptionStoppedError(std::string_view name, int version, const EventPlace& place, int attempts,
                           std::string_view reason)
      : PlacedEventError{name, version, place,
                         "castore: " + detail::subscription_name(name, version) + " stopped before position " +
                             std::to_string(place.position) + ", " +
                             detail::event_name(place.event_store_id, place.aggregate_id, place.version, place.type) +
                             ": " + detail::safe_text(detail::without_prefix(reason)) +
                             "; mend that and run again, or let on_error answer Skip{}"},
        attempts_{attempts} {}

  /// @brief How often the event was tried, from 1.
  int attempts() const noexcept { return attempts_; }

 private:
  int attempts_;
};

/// @brief A version of a projection was to become the active one while it is behind the one that is. Nothing changed.
/// **Handling:** retry after it has caught up: run it, and wait for `wait_until_caught_up`.
class CASTORE_DETAIL_THROWN ProjectionBehindError : public detail::SubscriptionError {
 public:
  /// @brief What `ProjectionVersions::activate` throws. @param position How far the new version is.
  ProjectionBehindError(std::string_view name, int version, Position position, int active_version,
                        Position active_position)
      : SubscriptionError{name, version, position,
                          "castore: " + detail::subscription_name(name, version) + " is at position " +
                              std::to_string(position) + ", behind the active version " +
                              std::to_string(active_version) + " at " + std::to_string(active_position) +
                              "; run it until it has caught up"},
        active_version_{active_version},
        active_position_{active_position} {}

  /// @brief The version that stays the active one.
  int active_version() const noexcept { return active_version_; }
  /// @brief How far that is.
  Position active_position() const noexcept { return active_position_; }

 private:
  int active_version_;
  Position active_position_;
};

/// @brief An inline projection threw, so the push of its events was undone: neither event nor row was written.
/// **Handling:** fix or retry as the cause says, which is nested.
class CASTORE_DETAIL_THROWN ProjectionError : public detail::PlacedEventError {
 public:
  /// @brief What a store with inline projections makes of what one of them threw, which it nests.
  ProjectionError(std::string_view name, int version, const EventPlace& place, std::string_view reason)
      : PlacedEventError{name, version, place,
                         "castore: inline projection " + detail::subscription_name(name, version) + " failed at " +
                             detail::event_name(place.event_store_id, place.aggregate_id, place.version, place.type) +
                             ", so nothing was pushed: " + detail::safe_text(detail::without_prefix(reason))} {}
};

}  // namespace castore

#endif
