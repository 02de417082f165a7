// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_EVENT_PLACE_HPP
#define CASTORE_LOG_EVENT_PLACE_HPP

#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <string>
#include <string_view>

namespace castore {

/// @brief Where an event stands: in the order of all events of its storage, and in its aggregate. A view, valid during
/// the call that gets it.
struct EventPlace {
  Position position = 0;              ///< In the order of all events; rises from one event to the next, with gaps.
  std::string_view event_store_id{};  ///< The store it belongs to.
  std::string_view aggregate_id{};    ///< Its aggregate.
  Version version = 0;                ///< In its aggregate, from 1.
  std::string_view type{};            ///< The event type's name.
  Timestamp timestamp{};              ///< When it happened.

  /// @brief `store#aggregate#version`: what names the event wherever it is sent, the same at every attempt.
  std::string id() const {
    std::string text{event_store_id};
    text += '#';
    text += aggregate_id;
    text += '#';
    text += std::to_string(version);
    return text;
  }
};

}  // namespace castore

#endif
