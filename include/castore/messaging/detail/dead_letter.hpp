// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_DETAIL_DEAD_LETTER_HPP
#define CASTORE_MESSAGING_DETAIL_DEAD_LETTER_HPP

/// @file
/// Dead letters that a consumer publishes itself, and what it tells of those that do not go as they are.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/messaging/errors.hpp>

#include <exception>
#include <functional>
#include <string>

namespace castore::detail {

/// What a dead letter leaves out so that it is not too large.
enum class LeftOut { nothing, origin, body };

/// A message can be so large that its dead letter, which also says where it comes from, is too large for the broker;
/// and where dead letters are less may be allowed than where messages are. Tried again as it is, it would never be
/// taken.
/// @param publish Publishes a dead letter without that. It returns false where the letter is too large, and throws
/// where it may be taken later.
/// @throws MessagesNotPublishedError, and what `publish` throws
template <class Publish>
LeftOut publish_what_fits(const Publish& publish) {
  for (const LeftOut left_out : {LeftOut::nothing, LeftOut::origin, LeftOut::body}) {
    if (publish(left_out)) return left_out;
  }
  throw MessagesNotPublishedError{{0}, "the dead letter is too large, even without its body", false};
}

using ErrorListener = std::function<void(const std::exception_ptr&)>;

/// What a listener throws has nowhere to go: the message's way must not depend on it.
inline void tell_listener(const ErrorListener& listener, const std::exception_ptr& error) noexcept {
  if (!listener) return;
  try {
    listener(error);
  } catch (...) {
  }
}

/// @param message As an error calls it.
inline void tell_what_was_left_out(const ErrorListener& listener, const std::string& message, LeftOut left_out) noexcept
    try {
  if (!listener || left_out == LeftOut::nothing) return;
  const char* const what = left_out == LeftOut::origin ? "the headers that say where it comes from" : "its body";
  tell_listener(
      listener,
      std::make_exception_ptr(MessageSourceError{
          "the dead letter of " + message + " was published without " + what + ", as it is too large", false}));
} catch (const std::exception&) {  // no memory was left for its text
}

/// @param cause The exception that is being handled. @param message As an error calls it.
inline void tell_of_delayed_letter(const ErrorListener& listener, const std::string& message,
                                   const std::exception& cause) noexcept try {
  if (!listener) return;
  try {
    std::throw_with_nested(
        MessageSourceError{"the dead letter of " + message +
                               " cannot be published, so the message comes again: " + without_prefix(cause.what()),
                           true});
  } catch (const MessageSourceError&) {
    tell_listener(listener, std::current_exception());
  }
} catch (const std::exception&) {  // likewise
}

}  // namespace castore::detail

#endif
