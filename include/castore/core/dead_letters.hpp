// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DEAD_LETTERS_HPP
#define CASTORE_CORE_DEAD_LETTERS_HPP

#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

/// @brief An event that a reader left out because it failed there.
struct EventDeadLetter {
  Position position = 0;  ///< The event's, by which it can be read again.
  std::string error{};    ///< What the last attempt threw, in words.
  int attempts = 0;       ///< How many there were, from 1.
  Timestamp at{};         ///< When the event was left out.

  friend bool operator==(const EventDeadLetter&, const EventDeadLetter&) = default;
};

/// @brief Optional, of a transaction. Keeps the events that a reader of a name and version left out: `add_dead_letter`
/// keeps one, in place of one with the same position; `dead_letters` gives all in the order of positions;
/// `drop_dead_letter` forgets one, and returns whether there was one.
template <class Transaction>
concept KeepsDeadLetters = requires(Transaction& transaction, std::string_view name, int version,
                                    const EventDeadLetter& letter, Position position) {
  { transaction.add_dead_letter(name, version, letter) } -> std::same_as<void>;
  { transaction.dead_letters(name, version) } -> std::same_as<std::vector<EventDeadLetter>>;
  { transaction.drop_dead_letter(name, version, position) } -> std::same_as<bool>;
};

namespace detail {

/// @throws UnsupportedOperationError where they cannot be kept: an event is never left out without a trace.
template <class Keeper>
void add_dead_letter(Keeper& keeper, std::string_view name, int version, const EventDeadLetter& letter) {
  if constexpr (KeepsDeadLetters<Keeper>) {
    keeper.add_dead_letter(name, version, letter);
  } else {
    throw UnsupportedOperationError{"add_dead_letter"};
  }
}
/// None where they cannot be kept.
template <class Keeper>
std::vector<EventDeadLetter> dead_letters_of(Keeper& keeper, std::string_view name, int version) {
  if constexpr (KeepsDeadLetters<Keeper>) return keeper.dead_letters(name, version);
  return {};
}
template <class Keeper>
bool drop_dead_letter(Keeper& keeper, std::string_view name, int version, Position position) {
  if constexpr (KeepsDeadLetters<Keeper>) return keeper.drop_dead_letter(name, version, position);
  return false;
}

}  // namespace detail

}  // namespace castore

#endif
