// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_ERRORS_HPP
#define CASTORE_CORE_ERRORS_HPP

#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief The base of every error of this library.
/// **Handling:** catch a derived type where you can do something about it; at the top of a program report `what()`.
/// An error that was caused by another one carries it: see `std::rethrow_if_nested`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// What all errors about one event have in common.
class EventError : public Error {
 public:
  /// @brief An error about one event; `what` is the whole message.
  EventError(std::string_view event_store_id, std::string_view aggregate_id, Version version, const std::string& what)
      : Error{what}, event_store_id_{event_store_id}, aggregate_id_{aggregate_id}, version_{version} {}

  /// @brief The id of the event store the event belongs to.
  const std::string& event_store_id() const noexcept { return event_store_id_; }
  /// @brief The id of the aggregate the event belongs to.
  const std::string& aggregate_id() const noexcept { return aggregate_id_; }
  /// @brief The event's version.
  Version version() const noexcept { return version_; }

 private:
  std::string event_store_id_;
  std::string aggregate_id_;
  Version version_;
};

/// The same for errors that concern the event's type.
class EventTypeError : public EventError {
 public:
  /// @brief An error about one event's type; `what` is the whole message.
  EventTypeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                 std::string_view type, const std::string& what)
      : EventError{event_store_id, aggregate_id, version, what}, type_{type} {}

  /// @brief The event's type.
  const std::string& type() const noexcept { return type_; }

 private:
  std::string type_;
};

inline std::string event_name(std::string_view event_store_id, std::string_view aggregate_id, Version version) {
  std::string name = "event " + std::to_string(version) + " of aggregate " + in_quotes(aggregate_id);
  if (!event_store_id.empty()) name += " in event store " + in_quotes(event_store_id);  // an event alone knows none
  return name;
}

inline std::string event_name(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                              std::string_view type) {
  return event_name(event_store_id, aggregate_id, version) + " (type " + in_quotes(type) + ")";
}

}  // namespace detail

/// @brief A push met an event that already has this version: somebody else was faster. Nothing was written.
/// **Handling:** retry: load the aggregate again, decide again, push the next version; a `Command` does it by itself.
class EventAlreadyExistsError : public detail::EventError {
 public:
  /// @brief What a store makes of an adapter's `PushOutcome::already_exists`.
  EventAlreadyExistsError(std::string_view event_store_id, std::string_view aggregate_id, Version version)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " already exists; load the aggregate again and decide again (a Command does this)"} {}
};

/// @brief A push would leave a gap: its version is more than one after the aggregate's last. Nothing was written.
/// **Handling:** fix: push the version after the one that was loaded; it is a programming error, not a race.
class VersionGapError : public detail::EventError {
 public:
  /// @brief What a store makes of an adapter's `PushOutcome::version_gap`.
  VersionGapError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                  Version expected_version)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " would leave a gap; push version " + std::to_string(expected_version) + " next"},
        expected_version_{expected_version} {}

  /// @brief The version that would have been accepted when the storage was asked, right after the failed push.
  Version expected_version() const noexcept { return expected_version_; }

 private:
  Version expected_version_;
};

/// @brief An aggregate that must exist has no event (up to the version asked for).
/// **Handling:** report: the id is wrong or its first event has yet to come; `get_aggregate` asks without throwing.
class AggregateNotFoundError : public Error {
 public:
  /// @brief What a store throws for an id without events.
  AggregateNotFoundError(std::string_view event_store_id, std::string_view aggregate_id)
      : Error{"castore: there is no aggregate " + detail::in_quotes(aggregate_id) + " in event store " +
              detail::in_quotes(event_store_id)},
        event_store_id_{event_store_id},
        aggregate_id_{aggregate_id} {}

  /// @brief The id of the event store that was asked.
  const std::string& event_store_id() const noexcept { return event_store_id_; }
  /// @brief The id of the aggregate that was not found.
  const std::string& aggregate_id() const noexcept { return aggregate_id_; }

 private:
  std::string event_store_id_;
  std::string aggregate_id_;
};

/// @brief An event store was used before it had a storage.
/// **Handling:** fix: give the store an adapter, in its constructor or by `set_event_storage_adapter`.
class UndefinedEventStorageAdapterError : public Error {
 public:
  /// @brief What a store throws that has no adapter.
  explicit UndefinedEventStorageAdapterError(std::string_view event_store_id)
      : Error{"castore: event store " + detail::in_quotes(event_store_id) +
              " has no event storage adapter; give it one in its constructor or by set_event_storage_adapter"},
        event_store_id_{event_store_id} {}

  /// @brief The id of the event store without a storage.
  const std::string& event_store_id() const noexcept { return event_store_id_; }

 private:
  std::string event_store_id_;
};

/// @brief Something about an event or a group of events can never be stored. Nothing was written.
/// **Handling:** fix: the message says which field is wrong and what is allowed.
class InvalidEventError : public Error {
 public:
  /// @brief Refuses an event; adapters throw it too, before they write. @param field What is wrong, as it is called in
  /// the API.
  InvalidEventError(std::string_view field, const std::string& what)
      : Error{"castore: " + std::string{field} + ": " + what}, field_{field} {}

  /// @brief The wrong field, as it is called in the API: `version`, `aggregate_id`, `timestamp`, `prev_aggregate` ...
  const std::string& field() const noexcept { return field_; }

 private:
  std::string field_;
};

/// @brief A page token was not made by this library, or was cut or changed on its way.
/// **Handling:** fix or report: start again at the first page; a token that came from outside is bad input.
class InvalidPageTokenError : public Error {
 public:
  /// @brief Refuses a token; the message repeats it.
  explicit InvalidPageTokenError(std::string_view page_token)
      : Error{"castore: " + detail::in_quotes(page_token) +
              " is not a page token of list_aggregate_ids; pass next_page_token of the previous page unchanged"},
        page_token_{page_token} {}

  /// @brief The token as it was received.
  const std::string& page_token() const noexcept { return page_token_; }

 private:
  std::string page_token_;
};

/// @brief A payload or metadata has no JSON form (NaN, infinity, text that is not UTF-8). Nothing was written.
/// **Handling:** fix: validate the input before it becomes an event. The codec's error is nested.
class EventEncodeError : public detail::EventTypeError {
 public:
  /// @brief What a store makes of a codec's exception, which it nests. @param reason What the codec said.
  EventEncodeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                   std::string_view type, std::string_view reason)
      : EventTypeError{event_store_id, aggregate_id, version, type,
                       "castore: cannot encode " + detail::event_name(event_store_id, aggregate_id, version, type) +
                           ": " + std::string{reason}} {}
};

/// @brief A stored event cannot be turned back into its C++ type.
/// **Handling:** report: the stored JSON and the payload's type disagree; make the type accept what is stored (a field
/// that came later needs a default), the history itself is not to be changed. The codec's error is nested.
class EventDecodeError : public detail::EventTypeError {
 public:
  /// @brief What a store makes of a codec's exception, which it nests. @param reason What the codec said.
  EventDecodeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                   std::string_view type, std::string_view reason)
      : EventTypeError{event_store_id, aggregate_id, version, type,
                       "castore: cannot decode " + detail::event_name(event_store_id, aggregate_id, version, type) +
                           ": " + std::string{reason}} {}
};

/// @brief A stored event has a type that is not among the store's `Events`.
/// **Handling:** fix: add its payload type to the store's `Events`; an event is never skipped silently.
class UnknownEventTypeError : public detail::EventTypeError {
 public:
  /// @brief What a store throws for a type it does not know.
  UnknownEventTypeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                        std::string_view type)
      : EventTypeError{event_store_id, aggregate_id, version, type,
                       "castore: " + detail::event_name(event_store_id, aggregate_id, version, type) +
                           " has a type that is not among the store's Events; add its payload type to them"} {}
};

/// @brief An event was stored, but `on_event_pushed` failed afterwards.
/// **Handling:** report or repair what the hook does, and do not push again: the event exists. The hook's exception is
/// nested.
class OnEventPushedError : public detail::EventError {
 public:
  /// @brief What a store makes of a hook's exception, which it nests.
  OnEventPushedError(std::string_view event_store_id, std::string_view aggregate_id, Version version)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " is stored, but on_event_pushed failed afterwards; do not push it again"} {}
};

/// @brief The storage failed. Nothing of the operation was written, unless the message says that this is unknown.
/// **Handling:** retry when `retryable()`, else report: the message says which file or server and what to do. The
/// native error of the storage is nested.
class StorageError : public Error {
 public:
  /// @brief What an adapter throws; it nests the native error by `std::throw_with_nested`. @param what Which file,
  /// table or server, and what to do; the library's name is put before it.
  explicit StorageError(const std::string& what, bool retryable = false)
      : Error{"castore: " + what}, retryable_{retryable} {}

  /// @brief True when the same call may succeed a little later without anybody's help.
  bool retryable() const noexcept { return retryable_; }

 private:
  bool retryable_;
};

}  // namespace castore

#endif
