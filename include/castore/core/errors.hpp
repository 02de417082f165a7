// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_ERRORS_HPP
#define CASTORE_CORE_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief The base of every error of this library. Its `what()` is one line of UTF-8 of bounded length, whatever ids,
/// types and servers' words went into it: a terminal or a log may show it. The accessors give such values as they are.
/// **Handling:** catch a derived type where you can do something about it; at the top of a program report `what()`.
/// An error that was caused by another one carries it: see `std::rethrow_if_nested`.
class CASTORE_DETAIL_THROWN Error : public std::runtime_error {
 public:
  /// @brief An error with this message, in which whatever a terminal would obey is written as `\xNN`.
  explicit Error(const std::string& what) : std::runtime_error{detail::safe_text(what, 8000)} {}

 protected:
  /// @brief Says that a message is a report of several lines, made of safe text.
  struct Report {};
  /// @brief An error with this report.
  Error(Report, const std::string& report) : std::runtime_error{report} {}
};

namespace detail {

/// What all errors about one event have in common.
class CASTORE_DETAIL_THROWN EventError : public Error {
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
class CASTORE_DETAIL_THROWN EventTypeError : public EventError {
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

/// Why an error happened, as far as it is the cause of a failed operation: its message without the library's name.
inline std::string without_prefix(std::string_view what) {
  constexpr std::string_view prefix = "castore: ";
  return std::string{what.starts_with(prefix) ? what.substr(prefix.size()) : what};
}

}  // namespace detail

/// @brief A push met an event that already has this version: somebody else was faster. Nothing was written.
/// **Handling:** retry: load the aggregate again, decide again, push the next version; a `Command` does it by itself.
class CASTORE_DETAIL_THROWN EventAlreadyExistsError : public detail::EventError {
 public:
  /// @brief What a store makes of an adapter's `PushOutcome::already_exists`.
  EventAlreadyExistsError(std::string_view event_store_id, std::string_view aggregate_id, Version version)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " already exists; load the aggregate again and decide again (a Command does this)"} {}
};

/// @brief A push would leave a gap: its version is more than one after the aggregate's last. Nothing was written.
/// **Handling:** fix: push the version after the one that was loaded; it is a programming error, not a race.
class CASTORE_DETAIL_THROWN VersionGapError : public detail::EventError {
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
class CASTORE_DETAIL_THROWN AggregateNotFoundError : public Error {
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
class CASTORE_DETAIL_THROWN UndefinedEventStorageAdapterError : public Error {
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
class CASTORE_DETAIL_THROWN InvalidEventError : public Error {
 public:
  /// @brief Refuses an event; adapters throw it too, before they write. @param field What is wrong, as it is called in
  /// the API.
  InvalidEventError(std::string_view field, const std::string& what) : InvalidEventError{field, what, {}} {}

  /// @brief The wrong field, as it is called in the API: `version`, `aggregate_id`, `timestamp`, `prev_aggregate` ...
  const std::string& field() const noexcept { return field_; }
  /// @brief What is wrong with it.
  const std::string& reason() const noexcept { return reason_; }

 protected:
  /// @brief The same with a text before the field.
  InvalidEventError(std::string_view field, const std::string& what, const std::string& before)
      : Error{"castore: " + before + detail::safe_text(field, 200) + ": " + detail::safe_text(what)},
        field_{field},
        reason_{what} {}

 private:
  std::string field_;
  std::string reason_;
};

/// @brief A payload, or its metadata, was refused by its own `static void validate(const ThePayload&)`. Nothing was
/// written.
/// **Handling:** fix, or report to whoever sent the values: the message says which event and field is wrong and what is
/// allowed.
class CASTORE_DETAIL_THROWN InvalidPayloadError : public InvalidEventError {
 public:
  /// @brief What a store makes of the `InvalidEventError` that `validate` throws, which it nests. @param what What that
  /// error said of the field.
  InvalidPayloadError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                      std::string_view type, std::string_view field, const std::string& what)
      : InvalidEventError{field, what, detail::event_name(event_store_id, aggregate_id, version, type) + ": field "},
        event_store_id_{event_store_id},
        aggregate_id_{aggregate_id},
        version_{version},
        type_{type} {}

  /// @brief The id of the event store the event was pushed to.
  const std::string& event_store_id() const noexcept { return event_store_id_; }
  /// @brief The id of the aggregate the event belongs to.
  const std::string& aggregate_id() const noexcept { return aggregate_id_; }
  /// @brief The version it would have had.
  Version version() const noexcept { return version_; }
  /// @brief The event's type.
  const std::string& type() const noexcept { return type_; }

 private:
  std::string event_store_id_;
  std::string aggregate_id_;
  Version version_;
  std::string type_;
};

/// @brief The input of a command, given as JSON to `call_json`, is not what the command takes. Nothing was decided.
/// **Handling:** report to whoever sent it, as `400 Bad Request` over HTTP: the message says which field is wrong. The
/// codec's error, or that of `validate`, is nested.
class CASTORE_DETAIL_THROWN InvalidInputError : public Error {
 public:
  /// @brief What a command makes of a failed conversion. @param field The way to the wrong field, empty when it is the
  /// whole input or not known. @param reason What is wrong.
  InvalidInputError(std::string_view command_id, std::string_view field, std::string_view reason)
      : Error{"castore: the input of command " + detail::in_quotes(command_id) + " is not valid: " +
              (field.empty() ? "" : "field " + detail::in_quotes(field) + ": ") + detail::safe_text(reason)},
        command_id_{command_id},
        field_{field} {}

  /// @brief The id of the command.
  const std::string& command_id() const noexcept { return command_id_; }
  /// @brief The way to the wrong field, e.g. `moves[2].name`; empty when the whole input is wrong, or the codec does
  /// not say.
  const std::string& field() const noexcept { return field_; }

 private:
  std::string command_id_;
  std::string field_;
};

/// @brief A page token was not made by this library, or was cut or changed on its way.
/// **Handling:** fix or report: start again at the first page; a token that came from outside is bad input.
class CASTORE_DETAIL_THROWN InvalidPageTokenError : public Error {
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
class CASTORE_DETAIL_THROWN EventEncodeError : public detail::EventTypeError {
 public:
  /// @brief What a store makes of a codec's exception, which it nests. @param reason What the codec said.
  EventEncodeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                   std::string_view type, std::string_view reason)
      : EventTypeError{event_store_id, aggregate_id, version, type,
                       "castore: cannot encode " + detail::event_name(event_store_id, aggregate_id, version, type) +
                           ": " + detail::safe_text(reason)} {}
};

/// @brief A stored event cannot be turned back into its C++ type.
/// **Handling:** report: the stored JSON and the payload's type disagree; make the type accept what is stored (a field
/// that came later needs a default), the history itself is not to be changed. The codec's error is nested.
class CASTORE_DETAIL_THROWN EventDecodeError : public detail::EventTypeError {
 public:
  /// @brief What a store makes of a codec's exception, which it nests. @param reason What the codec said.
  EventDecodeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                   std::string_view type, std::string_view reason)
      : EventTypeError{event_store_id, aggregate_id, version, type,
                       "castore: cannot decode " + detail::event_name(event_store_id, aggregate_id, version, type) +
                           ": " + detail::safe_text(reason)} {}
};

/// @brief A stored event has a type that is not among the store's `Events`.
/// **Handling:** fix: add its payload type to the store's `Events`; an event is never skipped silently.
class CASTORE_DETAIL_THROWN UnknownEventTypeError : public detail::EventTypeError {
 public:
  /// @brief What a store throws for a type it does not know.
  UnknownEventTypeError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                        std::string_view type)
      : EventTypeError{event_store_id, aggregate_id, version, type,
                       "castore: " + detail::event_name(event_store_id, aggregate_id, version, type) +
                           " has a type that is not among the store's Events; add its payload type to them"} {}
};

/// @brief An aggregate's history lacks a version that must be there, as a later one is: an event was lost.
/// **Handling:** report: restore the event, e.g. from a backup. Where versions were left out on purpose, by a forced push,
/// let the store accept that by `EventStoreOptions::missing_versions`.
class CASTORE_DETAIL_THROWN MissingEventError : public detail::EventError {
 public:
  /// @brief What a store throws that loads `next_version` instead of `version`.
  MissingEventError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                    Version next_version)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " is missing, though event " + std::to_string(next_version) +
                       " exists; restore it, or, where versions were left out on purpose, set the store's option "
                       "missing_versions"},
        next_version_{next_version} {}

  /// @brief The next version that exists.
  Version next_version() const noexcept { return next_version_; }

 private:
  Version next_version_;
};

/// @brief An event was stored, but `on_event_pushed` failed afterwards.
/// **Handling:** report or repair what the hook does, and do not push again: the event exists. The hook's exception is
/// nested.
class CASTORE_DETAIL_THROWN OnEventPushedError : public detail::EventError {
 public:
  /// @brief What a store makes of a hook's exception, which it nests.
  OnEventPushedError(std::string_view event_store_id, std::string_view aggregate_id, Version version)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       " is stored, but on_event_pushed failed afterwards; do not push it again"} {}
};

/// @brief The storage failed. Nothing of the operation was written, unless `outcome()` says that this is unknown.
/// **Handling:** when the outcome of a push is unknown, load the aggregate to see; else retry when `retryable()`, and
/// report when not: the message says which file or server and what to do. The native error of the storage is nested.
class CASTORE_DETAIL_THROWN StorageError : public Error {
 public:
  /// @brief What became of the operation that failed.
  enum class Outcome {
    not_done,  ///< Nothing was written.
    unknown    ///< Of a push: all of its events may be stored, or none. A later load tells.
  };

  /// @brief What an adapter throws; it nests the native error by `std::throw_with_nested`. @param what Which file,
  /// table or server, and what to do; the library's name is put before it.
  explicit StorageError(const std::string& what, bool retryable = false, Outcome outcome = Outcome::not_done)
      : Error{"castore: " + what}, retryable_{retryable}, outcome_{outcome} {}

  /// @brief True when the same call may succeed a little later without anybody's help. A push whose outcome is unknown
  /// may then find its own events: `EventAlreadyExistsError`.
  bool retryable() const noexcept { return retryable_; }
  /// @brief Whether a push that failed may nevertheless have been done.
  Outcome outcome() const noexcept { return outcome_; }

 private:
  bool retryable_;
  Outcome outcome_;
};

/// @brief A storage was asked for an operation that its adapter does not have. Nothing happened.
/// **Handling:** fix: take an adapter that has the operation, or ask `castore::supports` before.
class CASTORE_DETAIL_THROWN UnsupportedOperationError : public Error {
 public:
  /// @brief What an `AnyEventStorageAdapter` throws. @param operation The name of the operation's function.
  explicit UnsupportedOperationError(std::string_view operation)
      : Error{"castore: this event storage adapter has no operation " + std::string{operation} +
              "; take an adapter that has it, or ask castore::supports before"},
        operation_{operation} {}

  /// @brief The name of the operation's function, e.g. `list_event_stores`.
  const std::string& operation() const noexcept { return operation_; }

 private:
  std::string operation_;
};

}  // namespace castore

#endif
