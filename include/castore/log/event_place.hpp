// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_EVENT_PLACE_HPP
#define CASTORE_LOG_EVENT_PLACE_HPP

#include <castore/core/context.hpp>
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
    return detail::event_id(event_store_id, aggregate_id, version);
  }
};

/// @brief The context of what an event leads to, from its handler or projection.
/// @code
/// reactions.run([&](const castore::EventDetail<OrderPlaced>& event, const castore::EventPlace& place) {
///   stock.push_event(event.payload.article, next, ArticleReserved{}, {.context = castore::next_context(event, place)});
/// }, stop);
/// @endcode
template <class HandledEvent>
Context next_context(const HandledEvent& event, const EventPlace& place) {
  return next_context(event, place.event_store_id);
}

}  // namespace castore

#endif
