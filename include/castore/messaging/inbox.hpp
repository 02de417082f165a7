// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_INBOX_HPP
#define CASTORE_MESSAGING_INBOX_HPP

#include <castore/core/event_log.hpp>
#include <castore/messaging/message.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

namespace detail {

/// A part of a message's id that others follow.
inline void append_id_part(std::string& id, std::string_view part) {
  for (const char letter : part) {
    if (letter == '#') {
      id += "%23";
    } else if (letter == '%') {
      id += "%25";
    } else {
      id += letter;
    }
  }
}

}  // namespace detail

/// @brief `store#aggregate#version`, or `store#aggregate` of a message that an aggregate exists: what names a message
/// the same at every attempt to publish it.
///
/// **Guarantees:** two events have two ids, whatever their stores and aggregates are called: `#` and `%` in the store's
/// name are written `%23` and `%25`, and so they are in the aggregate's id where no version follows.
inline std::string message_id(const MessageHeader& header) {
  std::string id;
  detail::append_id_part(id, header.event_store_id);
  id += '#';
  if (header.version) {
    id += header.aggregate_id;
    id += '#' + std::to_string(*header.version);
  } else {
    detail::append_id_part(id, header.aggregate_id);
  }
  return id;
}
/// @brief The same of a message.
template <MessageType Message>
std::string message_id(const Message& message) {
  return message_id(message_header(message));
}

/// @brief What was received, remembered in the receiver's transaction: a message that comes twice takes effect once.
///
/// @code
/// storage.transact([&](castore::SqliteTransaction& tx) {
///   if (!inbox.is_new(tx, castore::message_id(message))) return;   // it came before
///   tx.execute("INSERT INTO parcel VALUES (?)", message.event.aggregate_id());
/// });
/// @endcode
/// A push, or a command, that a message leads to is a transaction of the storage's own, which an inbox cannot share: a
/// program that dies between the two would lose the push, or do it twice. Let the push be its own memory instead. Push
/// an event whose aggregate is named after the message, with version 1, or take the version from what the message says:
/// what comes again is then an `EventAlreadyExistsError`, which means that it was done. Or let the aggregate keep the
/// ids of the messages that it has handled, and decide nothing for one that it knows.
///
/// **Guarantees:** in any order; with the transaction it is remembered, or forgotten. It keeps an entry for each
/// message until `forget`. **Errors:** those of the transaction.
class Inbox {
 public:
  /// @brief An inbox. @param name Of the receiver; another one receives the same messages by itself, under its own
  /// name.
  /// @throws std::invalid_argument when it is empty
  explicit Inbox(std::string name) : name_{std::move(name)} {
    if (name_.empty()) throw std::invalid_argument{"castore: the name of an inbox is empty"};
  }

  /// @brief Remembers a message. @return False when it came before: leave it alone.
  template <KeepsCheckpoints Transaction>
  [[nodiscard("castore: false says that the message came before, and is to be left alone")]] bool is_new(
      Transaction& transaction, std::string_view id) const {
    return transaction.move_checkpoint(key_of(id), 0, 0, 1);
  }
  /// @brief Forgets a message that will not come again.
  template <KeepsCheckpoints Transaction>
  void forget(Transaction& transaction, std::string_view id) const {
    (void)transaction.move_checkpoint(key_of(id), 0, 1, 0);
  }

 private:
  std::string key_of(std::string_view id) const {
    std::string key = name_;
    key += "#inbox#";
    key += id;
    return key;
  }

  std::string name_;
};

}  // namespace castore

#endif
