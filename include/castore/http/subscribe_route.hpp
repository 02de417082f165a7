// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_SUBSCRIBE_ROUTE_HPP
#define CASTORE_HTTP_SUBSCRIBE_ROUTE_HPP

/// @file
/// The route that sends events as they happen. Source: HTML Standard, Server-sent events.

#include <castore/core/event_log.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/http/message.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/read_routes.hpp>
#include <castore/http/route.hpp>
#include <castore/http/state.hpp>
#include <castore/json/flat_event.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// Sends the events of some stores after a position until nobody listens any more.
class EventSubscription {
 public:
  EventSubscription(HttpApiState& state, Position after, std::vector<std::string> stores,
                    std::vector<std::string> types)
      : state_{state}, place_{state}, after_{after}, stores_{std::move(stores)}, types_{std::move(types)} {}

  void run(const HttpStreamTarget& target) {
    using Clock = std::chrono::steady_clock;
    auto next_heartbeat = Clock::now();  // at once, by which the client sees that it is connected
    while (!target.stop_token.stop_requested()) {
      if (Clock::now() >= next_heartbeat) {
        if (!target.write(":\n\n")) return;
        next_heartbeat = Clock::now() + state_.options.heartbeat;
      }
      const Position before = after_;
      has_sent_ = false;
      const ReadAllEventsResult read = send_page(target);
      if (is_closed_) return;
      if (has_sent_) next_heartbeat = Clock::now() + state_.options.heartbeat;
      if (after_ != before && !read.is_caught_up) {
        if (!target.write({})) return;  // among many events of others
        continue;
      }
      // Not for long, to see soon that the client has gone.
      constexpr std::chrono::milliseconds longest{500};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_heartbeat - Clock::now());
      state_.storage.wait_for_events((std::max)(after_, read.head),
                                     std::clamp(left, std::chrono::milliseconds{1}, longest), target.stop_token);
      if (!target.write({})) return;
    }
  }

 private:
  ReadAllEventsResult send_page(const HttpStreamTarget& target) {
    constexpr std::size_t page_size = 100;
    const std::vector<std::string_view> stores = views_of(stores_);
    const std::vector<std::string_view> types = views_of(types_);
    const ReadAllEventsResult read = read_page(
        state_, after_, {.limit = page_size, .event_store_ids = stores, .types = types},
        [&](const SequencedEventView& next) {
          has_sent_ = true;
          is_closed_ = !target.write("id: " + std::to_string(next.position) + "\nevent: event\ndata: " +
                                     to_flat_event_json(next.event_store_id, next.event, next.position) + "\n\n");
          return !is_closed_;
        });
    after_ = read.next;
    return read;
  }

  HttpApiState& state_;
  HttpStreamPlace place_;
  Position after_;
  std::vector<std::string> stores_;
  std::vector<std::string> types_;
  bool has_sent_ = false;  // in the last page
  bool is_closed_ = false;
};

inline HttpApiResponse subscribe(HttpApiState& state, const HttpCall& call) {
  // A browser that connects again says what it has got.
  const std::string_view last = call.request().header("Last-Event-ID");
  const auto seen = parse_integer<Position>(last);
  if (!last.empty() && (!seen || *seen < 0)) {
    throw HttpProblem{400, "invalid_parameter", "the header Last-Event-ID must be the id of an event"};
  }
  const Position head = state.head();
  const Position after = seen ? *seen : call.integer("after").value_or(head);
  const auto subscription = std::make_shared<EventSubscription>(state, after, call.all("store"), call.all("type"));
  return {.headers = {{"Content-Type", "text/event-stream"}, {"X-Accel-Buffering", "no"}},
          .stream = [subscription](const HttpStreamTarget& target) { subscription->run(target); }};
}

inline HttpRoute subscribe_route(HttpApiState& state) {
  return {.method = "GET",
          .path = "/v1/subscribe",
          .summary = "Sends events as they are stored, as server-sent events whose ids are positions",
          .parameters = {{"after", "integer",
                          "After this position; from now on unless given. The header Last-Event-ID comes before it"},
                         {"store", "string", "Only events of this store", false, true},
                         {"type", "string", "Only events of this type", false, true}},
          .gives = "Event",
          .types = {"text/event-stream"},
          .handle = [&state](const HttpCall& call) { return subscribe(state, call); }};
}

}  // namespace castore::detail

#endif
