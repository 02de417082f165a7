// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_CONNECTED_EVENT_STORE_HPP
#define CASTORE_MESSAGING_CONNECTED_EVENT_STORE_HPP

#include <castore/core/event_store.hpp>
#include <castore/fwd.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/publication_order.hpp>
#include <castore/messaging/publish_event.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief An event store that publishes every event after it was stored: a store's whole interface, also in commands
/// and event groups. It is the store it was made from, with a hook of its own; connect it again to publish to a second
/// channel.
///
/// @code
/// castore::ConnectedEventStore connected{pokemons, queue, [&](const auto& message, std::exception_ptr) {
///   unpublished.push_back(message);                                   // later: connected.publish_again(message)
/// }};
/// connected.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});  // stored, then published
/// @endcode
///
/// **Guarantees:** an event is published once, after it was stored and after the store's own `on_event_pushed`,
/// whatever that did; a group's events in the order of the group. The messages of one aggregate are published in the
/// order of versions, also when threads push to it through this object or copies of it: then a push may return before
/// its message is published, which is done by the thread that publishes the one before it. Other objects and processes
/// are not waited for. A channel of state-carrying messages gets the push's `next_aggregate`, else the aggregate is
/// loaded as it was after the event.
///
/// **Errors:** those of the store. A publication that fails is none of a push, as the event is stored: it is told to
/// `on_publish_failed`. A process that dies between the two loses the message; pour what is missing.
///
/// Its storage is always that of the store it was made from: to set it for one of them is to set it for both.
template <class Store, class Channel>
class ConnectedEventStore : public Store {
  using Pushed = castore::PushedEvent<typename Store::Events, typename Store::Aggregate>;

 public:
  using NotificationMessage = castore::NotificationMessage<typename Store::Events>;  ///< What `on_publish_failed` gets.
  /// @brief Keeps a message that could not be published; the second parameter is what the channel threw. Called by the
  /// thread that published. It must not throw: the program then ends.
  using OnPublishFailed = std::function<void(const NotificationMessage& message, std::exception_ptr error)>;

  /// @brief Connects a store to a channel of notification or state-carrying messages.
  /// @param event_store and `message_channel` must outlive it and its copies.
  /// @throws std::invalid_argument when `on_publish_failed` is empty.
  ConnectedEventStore(Store& event_store, Channel& message_channel, OnPublishFailed on_publish_failed)
      : Store(static_cast<const Store&>(event_store)),
        shared_{std::make_shared<Shared>(event_store, message_channel, std::move(on_publish_failed))} {
    follow_adapter();
    if (!shared_->on_publish_failed) throw std::invalid_argument{"castore: on_publish_failed is empty"};
    if constexpr (detail::check_event_channel<Channel, Store>()) publish_pushed_events();
  }
  /// @brief Does not compile: it says that `on_publish_failed` is missing.
  template <class... None>
    requires(sizeof...(None) == 0)
  ConnectedEventStore(Store& event_store, Channel& message_channel, None...)
      : ConnectedEventStore{event_store, message_channel, OnPublishFailed{}} {
    static_assert(sizeof...(None) > 0,
                  "castore: say what becomes of a message that cannot be published, as its event is stored all the "
                  "same: ConnectedEventStore{store, channel, [](const auto& message, std::exception_ptr error) { "
                  "... }}");
  }

  /// @brief A copy that publishes to the same channel, in one order with the original.
  ConnectedEventStore(const ConnectedEventStore& other) : Store(other), shared_{other.shared_} { follow_adapter(); }
  /// @brief Becomes a copy of the other.
  ConnectedEventStore& operator=(const ConnectedEventStore& other) {
    Store::operator=(other);
    shared_ = other.shared_;
    follow_adapter();
    return *this;
  }
  ~ConnectedEventStore() = default;

  /// @brief The store it was made from.
  const Store& event_store() const noexcept { return shared_->event_store; }
  Store& event_store() noexcept { return shared_->event_store; }
  /// @brief The channel it publishes to.
  Channel& message_channel() const noexcept { return shared_->message_channel; }

  /// @brief Publishes an event that is stored: one that `on_publish_failed` has kept. @throws What the channel throws.
  void publish_again(const NotificationMessage& message, PublishMessageOptions options = {}) const {
    detail::publish_event(shared_->message_channel, shared_->event_store, message.event, std::nullopt, options);
  }

 private:
  struct Shared {
    Shared(Store& event_store_, Channel& message_channel_, OnPublishFailed on_publish_failed_)
        : event_store{event_store_},
          message_channel{message_channel_},
          on_publish_failed{std::move(on_publish_failed_)} {}

    Store& event_store;
    Channel& message_channel;
    OnPublishFailed on_publish_failed;
  };

  /// Through a pointer to member, as the original is an object of its own and its adapter protected.
  void follow_adapter() noexcept {
    constexpr auto adapter = &ConnectedEventStore::adapter_;
    this->adapter_.follow(shared_->event_store.*adapter);
  }

  void publish_pushed_events() {
    const auto order = std::make_shared<detail::PublicationOrder<Pushed>>(
        [shared = shared_](const Pushed& pushed) { publish(*shared, pushed); });
    this->options_.on_event_pushed = [hook = std::move(this->options_.on_event_pushed), order](const Pushed& pushed) {
      std::exception_ptr error;
      try {
        if (hook) hook(pushed);
      } catch (...) {
        error = std::current_exception();
      }
      order->publish(pushed.event.aggregate_id(), pushed.event.version(), pushed);
      if (error) std::rethrow_exception(error);
    };
    this->push_scope_ = [inner = std::move(this->push_scope_), order](std::string_view aggregate_id,
                                                                      Version version) -> std::shared_ptr<void> {
      if (!inner) return order->announce(aggregate_id, version);
      using Both = std::pair<std::shared_ptr<void>, std::shared_ptr<void>>;
      return std::make_shared<Both>(inner(aggregate_id, version), order->announce(aggregate_id, version));
    };
  }

  static void publish(const Shared& shared, const Pushed& pushed) noexcept {
    try {
      detail::publish_event(shared.message_channel, shared.event_store, pushed.event, pushed.next_aggregate, {});
    } catch (...) {
      shared.on_publish_failed({std::string{shared.event_store.event_store_id()}, pushed.event},
                               std::current_exception());
    }
  }

  std::shared_ptr<Shared> shared_;
};

template <class Store, class Channel>
ConnectedEventStore(Store&, Channel&) -> ConnectedEventStore<Store, Channel>;

}  // namespace castore

#endif
