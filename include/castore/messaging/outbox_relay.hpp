// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_OUTBOX_RELAY_HPP
#define CASTORE_MESSAGING_OUTBOX_RELAY_HPP

#include <castore/core/event.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>
#include <castore/log/event_place.hpp>
#include <castore/log/subscription.hpp>
#include <castore/log/subscription_options.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/publish_event.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace castore {

namespace detail {

/// Queues and buses, which take messages in batches.
template <class Channel>
concept TakesBatches = requires(Channel& channel, const std::vector<typename Channel::Message>& messages) {
  channel.publish_messages(messages);
};

/// Publishes events, as the handler of a subscription.
template <class Channel, class... Stores>
class RelayHandler {
  using Message = typename Channel::Message;

 public:
  static constexpr bool leaves_nothing_out = true;

  RelayHandler(Channel& channel, const std::tuple<Stores&...>& stores) : channel_{channel}, stores_{stores} {}

  /// It takes every event of its stores.
  template <class Payload>
  void operator()(const EventDetail<Payload>& event, const EventPlace& place) {
    channel_.publish_messages(std::vector<Message>{message_of(event, place)});
  }

  static bool may_pass(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const MessagesNotPublishedError& not_published) {
      return not_published.retryable();
    } catch (...) {
      return false;
    }
  }

  /// Publishes a batch from `first` on, which becomes the place of the first event that is not taken.
  /// @return Why it is not.
  template <class Batch>
  std::exception_ptr handle_batch(const Batch& batch, std::size_t& first) {
    std::vector<Outgoing> outgoing;
    std::size_t end = first;
    std::exception_ptr error;
    for (; end < batch.size() && !error; end += error ? 0U : 1U) {
      const EventPlace place = batch.place(end);
      if (taken_.contains(place.position)) continue;
      try {
        batch.visit(end, [&](const auto& event) { outgoing.push_back({end, place, message_of(event, place)}); });
      } catch (...) {
        error = std::current_exception();
      }
    }
    if (std::exception_ptr refused = publish(outgoing)) error = std::move(refused);
    first = outgoing.empty() ? end : outgoing.front().index;
    if (first == batch.size()) taken_.clear();
    return error;
  }

 private:
  struct Outgoing {
    std::size_t index;
    EventPlace place;
    Message message;
  };

  /// Publishes messages, again from the first refused one of each aggregate as long as some are taken; keeps the
  /// others.
  std::exception_ptr publish(std::vector<Outgoing>& outgoing) {
    while (!outgoing.empty()) {
      std::vector<Message> messages;
      for (const Outgoing& one : outgoing) messages.push_back(one.message);
      try {
        channel_.publish_messages(messages);
        for (const Outgoing& one : outgoing) taken_.insert(one.place.position);
        outgoing.clear();
      } catch (const MessagesNotPublishedError& error) {
        const std::size_t before = outgoing.size();
        keep_refused(outgoing, error.indices());
        if (outgoing.size() == before) return std::current_exception();
      } catch (...) {
        return std::current_exception();
      }
    }
    return nullptr;
  }

  void keep_refused(std::vector<Outgoing>& outgoing, const std::vector<std::size_t>& refused) {
    std::set<std::pair<std::string_view, std::string_view>> held;
    std::vector<Outgoing> kept;
    for (std::size_t index = 0; index < outgoing.size(); ++index) {
      const std::pair aggregate{outgoing[index].place.event_store_id, outgoing[index].place.aggregate_id};
      if (std::find(refused.begin(), refused.end(), index) != refused.end()) held.insert(aggregate);
      if (held.contains(aggregate)) {
        kept.push_back(std::move(outgoing[index]));
      } else {
        taken_.insert(outgoing[index].place.position);
      }
    }
    outgoing = std::move(kept);
  }

  template <class Payload>
  Message message_of(const EventDetail<Payload>& event, const EventPlace& place) const {
    std::optional<Message> message;
    std::apply([&](const auto&... store) { (make_message(message, store, event, place), ...); }, stores_);
    return *std::move(message);
  }
  template <class Store, class Payload>
  static void make_message(std::optional<Message>& message, const Store& store, const EventDetail<Payload>& event,
                           const EventPlace& place) {
    if constexpr (Store::Events::template contains<Payload>) {
      if (message || store.event_store_id() != place.event_store_id) return;
      using Events = typename Store::Events;
      if constexpr (CarriesNotifications<Channel, Store>) {
        message.emplace(NotificationMessage<Events>{std::string{place.event_store_id}, event});
      } else {
        message.emplace(StateCarryingMessage<Events, typename Store::Aggregate>{
            std::string{place.event_store_id}, event,
            store.get_existing_aggregate(event.aggregate_id, whole_aggregate(store, event.version))});
      }
    }
  }

  Channel& channel_;
  std::tuple<Stores&...> stores_;
  std::set<Position> taken_;  // of the batch, past the first one that was not
};

/// In the place of a handler that would not compile.
struct NoRelayHandler {
  NoRelayHandler(const auto&, const auto&) {}
};
template <bool is_valid, class Channel, class... Stores>
struct RelayHandlerOf {
  using Type = RelayHandler<Channel, Stores...>;
};
template <class Channel, class... Stores>
struct RelayHandlerOf<false, Channel, Stores...> {
  using Type = NoRelayHandler;
};

}  // namespace detail

/// @brief Publishes every stored event: what a program that died between push and publish would have lost. The
/// storage's events are the outbox, so pushes cost nothing more.
///
/// @code
/// castore::OutboxRelay relay{"pokemons_to_queue", storage, std::tie(pokemons), queue};   // any queue or bus
/// std::jthread thread{[&](std::stop_token stop) { relay.run(stop); }};
/// @endcode
///
/// **Guarantees:** each event is published at least once, those of an aggregate in the order of versions, also when a
/// broker refuses some of a batch: then it is published again from the first refused message of each aggregate on. The
/// checkpoint moves past what was taken. A message is the same at every attempt, and so is its `message_id`, by which a
/// broker or an `Inbox` can drop doubles. An event of a type that its store does not know stops it, also where the
/// store skips such events: the next release is to publish it. A `ConnectedEventStore` is faster to tell, and may lose
/// a message.
///
/// **Errors:** those of `Subscription`. `run` tries again after a `MessagesNotPublishedError` that is retryable, and
/// what else a channel throws is asked of `on_error`, with the event's place.
template <class Storage, class Channel, class... Stores>
class OutboxRelay : private Subscription<Storage, Stores...> {
  using Base = Subscription<Storage, Stores...>;
  static constexpr bool is_channel = detail::TakesBatches<Channel>;
  static constexpr bool is_valid =
      is_channel && ((CarriesNotifications<Channel, Stores> || CarriesState<Channel, Stores>)&&...);
  static_assert(is_channel,
                "castore: a relay publishes to a queue or bus, and this is not one; pass e.g. a "
                "castore::NotificationMessageQueue{\"QUEUE\", the_store, the_broker}, whose broker may be any object "
                "with `publish_messages`");
  static_assert(
      is_valid || !is_channel,
      "castore: this queue or bus cannot carry the events of these stores: it takes messages of another kind, or "
      "a store is not among its source stores; use one of NotificationMessage or StateCarryingMessage, made "
      "with every store of std::tie(...)");

 public:
  /// @brief A relay, whose name is its checkpoint's. @param storage Where the stores keep their events. It, the stores
  /// and the channel must outlive the relay. @throws std::invalid_argument
  OutboxRelay(std::string relay_name, Storage& storage, std::tuple<Stores&...> stores, Channel& message_channel)
      : Base{std::move(relay_name), storage, stores}, handler_{message_channel, stores} {}
  /// @brief The same with options.
  OutboxRelay(std::string relay_name, Storage& storage, std::tuple<Stores&...> stores, Channel& message_channel,
              SubscriptionOptions options)
      : Base{std::move(relay_name), storage, stores, std::move(options)}, handler_{message_channel, stores} {}

  using Base::dead_letters;
  using Base::drop_dead_letter;
  using Base::lag;
  using Base::name;
  using Base::position;
  using Base::version;
  using Base::wait_until;
  using Base::wait_until_caught_up;

  /// @brief Publishes at most one batch of events.
  PollResult poll() {
    if constexpr (is_valid) return Base::poll(handler_);
    return {};
  }
  /// @brief Publishes events until there is nothing more. @return How many in all.
  PollResult catch_up() {
    if constexpr (is_valid) return Base::catch_up(handler_);
    return {};
  }
  /// @brief Publishes events as they come, until it is asked to stop, see `Subscription::run`.
  void run(detail::StopToken stop) {
    if constexpr (is_valid) Base::run(handler_, std::move(stop));
  }
  /// @brief See `Subscription::retry_dead_letters`.
  std::size_t retry_dead_letters() {
    if constexpr (is_valid) return Base::retry_dead_letters(handler_);
    return 0;
  }

 private:
  typename detail::RelayHandlerOf<is_valid, Channel, Stores...>::Type handler_;
};

}  // namespace castore

#endif
