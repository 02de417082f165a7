// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ERRORS_HPP
#define CASTORE_MESSAGING_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief A message channel was used before it had an adapter.
/// **Handling:** fix: give the channel an adapter, in its constructor or by `set_message_channel_adapter`.
class CASTORE_DETAIL_THROWN UndefinedMessageChannelAdapterError : public Error {
 public:
  /// @brief What a channel throws that has no adapter.
  explicit UndefinedMessageChannelAdapterError(std::string_view message_channel_id)
      : Error{"castore: message channel " + detail::in_quotes(message_channel_id) +
              " has no adapter; give it one in its constructor or by set_message_channel_adapter"},
        message_channel_id_{message_channel_id} {}

  /// @brief The id of the queue or bus without an adapter.
  const std::string& message_channel_id() const noexcept { return message_channel_id_; }

 private:
  std::string message_channel_id_;
};

/// @brief A message is of a store that is not among the channel's source stores. Nothing was sent.
/// **Handling:** fix: name the store in the channel's constructor, or publish to the channel the message belongs to.
class CASTORE_DETAIL_THROWN MessageChannelEventStoreNotFoundError : public Error {
 public:
  /// @brief What a channel throws for a store it does not know.
  MessageChannelEventStoreNotFoundError(std::string_view message_channel_id, std::string_view event_store_id)
      : Error{"castore: event store " + detail::in_quotes(event_store_id) + " is not a source of message channel " +
              detail::in_quotes(message_channel_id) + " with messages of this type; name it in the constructor"},
        message_channel_id_{message_channel_id},
        event_store_id_{event_store_id} {}

  /// @brief The id of the queue or bus.
  const std::string& message_channel_id() const noexcept { return message_channel_id_; }
  /// @brief The id of the store that is not a source.
  const std::string& event_store_id() const noexcept { return event_store_id_; }

 private:
  std::string message_channel_id_;
  std::string event_store_id_;
};

/// @brief Some messages of a call were not published, those at `indices()`; all others of the call were.
/// **Handling:** keep these messages, and publish them again: soon when `retryable()`, else after whatever the message
/// says was put right. What caused it is nested, where something did.
class CASTORE_DETAIL_THROWN MessagesNotPublishedError : public Error {
 public:
  /// @brief What an adapter throws; it nests what caused it, where something did. @param indices Which messages of the
  /// call, from 0, ascending. @param what The reason.
  MessagesNotPublishedError(std::vector<std::size_t> indices, const std::string& what, bool retryable = false)
      : Error{"castore: " + std::to_string(indices.size()) + " message(s) were not published: " + what},
        indices_{std::move(indices)},
        retryable_{retryable} {}

  /// @brief Which messages of the call, from 0, ascending.
  const std::vector<std::size_t>& indices() const noexcept { return indices_; }
  /// @brief True when the same call may succeed a little later without anybody's help.
  bool retryable() const noexcept { return retryable_; }

 private:
  std::vector<std::size_t> indices_;
  bool retryable_;
};

/// @brief A broker could not be asked for messages, or not be told what became of them. Those that were not
/// acknowledged come again.
/// **Handling:** call again, soon when `retryable()`, else after whatever the message says was put right. What the
/// broker or its client said is nested.
class CASTORE_DETAIL_THROWN MessageSourceError : public Error {
 public:
  /// @brief What a consumer throws; it nests what caused it. @param what The reason.
  explicit MessageSourceError(const std::string& what, bool retryable = false)
      : Error{"castore: " + what}, retryable_{retryable} {}

  /// @brief True when the same call may succeed a little later without anybody's help.
  bool retryable() const noexcept { return retryable_; }

 private:
  bool retryable_;
};

/// @brief A listener asks for messages that its bus never carries. It was not added.
/// **Handling:** fix: spell the store or the event type as it is called, or name the store in the bus's constructor.
class CASTORE_DETAIL_THROWN InvalidMessageFilterError : public Error {
 public:
  /// @brief Refuses a filter. @param field As it is called in `MessageFilter`. @param what What is wrong with it.
  InvalidMessageFilterError(std::string_view field, const std::string& what)
      : Error{"castore: message filter: " + detail::safe_text(field, 200) + ": " + what}, field_{field} {}

  /// @brief The wrong field: `event_store_id`, `event_type`, or `filters` when there is none.
  const std::string& field() const noexcept { return field_; }

 private:
  std::string field_;
};

/// @brief JSON or a stream image is not a message of the stores it should be of.
/// **Handling:** report: somebody else wrote to the channel, or a store or an event type is missing in this program.
class CASTORE_DETAIL_THROWN InvalidMessageError : public Error {
 public:
  /// @brief What parsing throws. @param field As it is called in the JSON; `message` for all of it.
  /// @param what What is wrong with it.
  InvalidMessageError(std::string_view field, const std::string& what)
      : Error{"castore: message: " + (field == "message" ? "" : detail::safe_text(field, 200) + ": ") +
              detail::safe_text(what)},
        field_{field} {}

  /// @brief The missing or wrong field, as it is called in the JSON: `eventStoreId`, `event`, `aggregate` ...;
  /// `message` when all of it is wrong.
  const std::string& field() const noexcept { return field_; }

 private:
  std::string field_;
};

}  // namespace castore

#endif
