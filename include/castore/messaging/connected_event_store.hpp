// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_CONNECTED_EVENT_STORE_HPP
#define CASTORE_MESSAGING_CONNECTED_EVENT_STORE_HPP

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/event_store_concepts.hpp>
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

/// @brief An event store that publishes every event after storing it. It is used like the store that it was made from,
/// also in commands and event groups. To publish to a second channel, connect the result once more.
///
/// @code
/// castore::ConnectedEventStore connected{pokemons, queue, [&](const auto& message, std::exception_ptr) {
///   unpublished.push_back(message);                                   // later: connected.publish_again(message)
/// }};
/// connected.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});  // stored, then published
/// @endcode
///
/// **Guarantees:**
/// - An event is published once, after it was stored and after the store's own `on_event_pushed`, even if that threw.
/// - The events of a group are published in the order of the group.
/// - The messages of one aggregate are published in the order of versions, also when several threads push through this
///   object or its copies. A push may then return before its message is published: the thread that publishes the
///   message before it publishes this one, too. Other objects and processes are not waited for.
/// - A state-carrying message has the `next_aggregate` of the push. If there is none, the aggregate is loaded as it was
///   after the event.
///
/// **Errors:** those of the store. When only publishing fails, the push has not failed, because the event is stored:
/// `on_publish_failed` is called. A process that dies between storing and publishing loses the message; pour it later.
///
/// It shares its storage with the store it was made from: setting the storage of one sets it for both.
template <class Store, class Channel>
class ConnectedEventStore : public Store {
  static_assert(DerivableStore<Store>);
  using Pushed = castore::PushedEvent<typename Store::Events, typename Store::Aggregate>;
  class Publisher;

 public:
  using NotificationMessage = castore::NotificationMessage<typename Store::Events>;  ///< What `on_publish_failed` gets.
  /// @brief Keeps a message that could not be published; the second parameter is what the channel threw. Called by the
  /// thread that published. It must not throw: the program then ends.
  using OnPublishFailed = std::function<void(const NotificationMessage& message, std::exception_ptr error)>;

  /// @brief Connects a store to a channel of notification or state-carrying messages.
  /// @param event_store and `message_channel` must outlive it and its copies.
  /// @throws std::invalid_argument when `on_publish_failed` is empty.
  ConnectedEventStore(Store& event_store, Channel& message_channel, OnPublishFailed on_publish_failed)
      : ConnectedEventStore{std::make_shared<Publisher>(event_store, message_channel, std::move(on_publish_failed))} {
    detail::check_event_channel<Channel, Store>();
  }
  /// @brief Does not compile: it says that `on_publish_failed` is missing.
  template <class... Nothing>
    requires(sizeof...(Nothing) == 0)
  ConnectedEventStore(Store& event_store, Channel& message_channel, Nothing...)
      : ConnectedEventStore{event_store, message_channel, OnPublishFailed{}} {
    static_assert(sizeof...(Nothing) > 0,
                  "castore: say what becomes of a message that cannot be published, as its event is stored all the "
                  "same: ConnectedEventStore{store, channel, [](const auto& message, std::exception_ptr error) { "
                  "... }}");
  }

  /// @brief A store derived from another one, see `DerivableStore`.
  ConnectedEventStore(const ConnectedEventStore& original, std::shared_ptr<typename Store::StoreExtension> extension)
      : Store(original, std::move(extension)), publisher_{original.publisher_} {}

  /// @brief A copy that publishes to the same channel, in one order with the original.
  ConnectedEventStore(const ConnectedEventStore& other) : ConnectedEventStore{other, nullptr} {}
  /// @brief Becomes a copy of the other.
  ConnectedEventStore& operator=(const ConnectedEventStore& other) {
    this->share_adapter_of(other);
    Store::operator=(other);
    publisher_ = other.publisher_;
    return *this;
  }
  ~ConnectedEventStore() = default;

  /// @brief The store it was made from.
  const Store& event_store() const noexcept { return publisher_->event_store; }
  Store& event_store() noexcept { return publisher_->event_store; }
  /// @brief The channel it publishes to.
  Channel& message_channel() const noexcept { return publisher_->message_channel; }

  /// @brief Publishes an event that is stored: one that `on_publish_failed` has kept. @throws What the channel throws.
  void publish_again(const NotificationMessage& message, PublishMessageOptions options = {}) const {
    detail::publish_event(publisher_->message_channel, publisher_->event_store, message.event, std::nullopt, options);
  }

 private:
  /// What all copies share. It announces every push, as `PublicationOrder` wants it.
  class Publisher final : public Store::StoreExtension, public detail::PublicationOrder<Pushed> {
   public:
    Publisher(Store& event_store_, Channel& message_channel_, OnPublishFailed on_publish_failed)
        : detail::PublicationOrder<Pushed>{[this](const Pushed& pushed) { publish_now(pushed); }},
          event_store{event_store_},
          message_channel{message_channel_},
          on_publish_failed_{std::move(on_publish_failed)} {
      if (!on_publish_failed_) throw std::invalid_argument{"castore: on_publish_failed is empty"};
    }

    std::shared_ptr<void> begin_push(std::string_view aggregate_id, Version version, PushOptions&) override {
      return this->announce(aggregate_id, version);
    }
    void event_pushed(const Pushed& pushed) override {
      this->publish(pushed.event.aggregate_id(), pushed.event.version(), pushed);
    }

    Store& event_store;
    Channel& message_channel;

   private:
    void publish_now(const Pushed& pushed) const noexcept {
      try {
        detail::publish_event(message_channel, event_store, pushed.event, pushed.next_aggregate, {});
      } catch (...) {
        on_publish_failed_({std::string{event_store.event_store_id()}, pushed.event}, std::current_exception());
      }
    }

    OnPublishFailed on_publish_failed_;
  };

  explicit ConnectedEventStore(std::shared_ptr<Publisher> publisher)
      : Store(static_cast<const Store&>(publisher->event_store), publisher), publisher_{std::move(publisher)} {}

  std::shared_ptr<Publisher> publisher_;
};

template <class Store, class Channel>
ConnectedEventStore(Store&, Channel&) -> ConnectedEventStore<Store, Channel>;

}  // namespace castore

#endif
