// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_BUS_HPP
#define CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_BUS_HPP

#include <castore/core/events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_handling.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Which messages a listener wants; what is not given does not matter.
struct MessageFilter {
  std::optional<std::string> event_store_id{};  ///< Messages of this store only.
  /// @brief Messages of events of this type only, which may be one of an older form. Not for messages that say that
  /// aggregates exist.
  std::optional<std::string> event_type{};
  bool on_replay = false;                       ///< Those of the past too.
};

/// @brief Options of an `InMemoryMessageBusAdapter`.
template <MessageType Message>
struct InMemoryMessageBusOptions {
  MessageRetryOptions retry{};  ///< Of each listener.
  /// @brief Takes over what failed at a listener as often as it may. Unless given, `take_dead_letters` has it.
  DeadLetterHandler<Message> on_dead_letter{};
  std::function<void(const std::exception_ptr& error)> on_error{};  ///< Is told what `on_dead_letter` throws.
  std::size_t capacity = 100'000;         ///< How many messages may wait at most, counted once per listener.
  WhenFull when_full = WhenFull::refuse;  ///< Refuse or wait.
  std::optional<std::chrono::milliseconds> wait_at_most{};  ///< With `WhenFull::wait`; without a limit unless given.
};

namespace detail {

/// A listener and its filters.
template <class Message>
struct MessageListener {
  std::vector<MessageFilter> filters{};
  std::shared_ptr<MessageRecipient<Message>> recipient{};
};

/// The stores that messages can be of, and whether a message of one can have an event type; none while no channel has
/// told.
using MessageSources = std::map<std::string, bool (*)(std::string_view event_type), std::less<>>;

template <class Message>
struct MessageBusState {
  explicit MessageBusState(MessageEngineOptions<Message> options) : engine{std::move(options)} {}

  MessageEngine<Message> engine;
  std::mutex mutex;
  // Both are guarded by the mutex.
  std::vector<MessageListener<Message>> listeners;
  MessageSources sources;
};

/// Whether the event of such a message can have this type, or be stored under it; and whether one that has a type may
/// be stored under another.
template <class Message>
struct EventTypesOfMessage {
  static bool contain(std::string_view) { return false; }
  static bool are_one(std::string_view, std::string_view) { return false; }
};
template <class... Payloads>
struct EventTypesOfMessage<NotificationMessage<Events<Payloads...>>> {
  static bool contain(std::string_view type) { return (is_stored_as<Payloads>(type) || ...); }
  static bool are_one(std::string_view type, std::string_view stored) {
    return ((Payloads::type == type && is_stored_as<Payloads>(stored)) || ...);
  }
};
template <class Events, class Aggregate>
struct EventTypesOfMessage<StateCarryingMessage<Events, Aggregate>> : EventTypesOfMessage<NotificationMessage<Events>> {
};
template <class... Messages>
struct EventTypesOfMessage<AnyOfMessages<Messages...>> {
  static bool contain(std::string_view type) { return (EventTypesOfMessage<Messages>::contain(type) || ...); }
  static bool are_one(std::string_view type, std::string_view stored) {
    return (EventTypesOfMessage<Messages>::are_one(type, stored) || ...);
  }
};

template <class Message>
bool matches(const MessageFilter& filter, const MessageHeader& header, bool replay) {
  if (replay && !filter.on_replay) return false;
  if (filter.event_store_id && *filter.event_store_id != header.event_store_id) return false;
  if (!filter.event_type) return true;
  return header.event_type && (*filter.event_type == *header.event_type ||
                               EventTypesOfMessage<Message>::are_one(*header.event_type, *filter.event_type));
}

/// @throws InvalidMessageFilterError when no message can match.
template <class Message>
void check_filter(const MessageFilter& filter, const MessageSources& sources) {
  constexpr std::string_view why = "; the listener would never hear of a message";
  if (filter.event_store_id && !sources.empty() && !sources.contains(*filter.event_store_id)) {
    std::string what = "this bus has no source " + in_quotes(*filter.event_store_id) + " but";
    for (const auto& [id, has_type] : sources) what += (id == sources.begin()->first ? " " : ", ") + in_quotes(id);
    throw InvalidMessageFilterError{"event_store_id", what + std::string{why}};
  }
  if (!filter.event_type) return;
  const auto source = filter.event_store_id ? sources.find(*filter.event_store_id) : sources.end();
  if (source != sources.end() ? !source->second(*filter.event_type)
                              : !EventTypesOfMessage<Message>::contain(*filter.event_type)) {
    throw InvalidMessageFilterError{"event_type",
                                    "no message of this " + std::string{source != sources.end() ? "store" : "bus"} +
                                        " has the event type " + in_quotes(*filter.event_type) + std::string{why}};
  }
}

}  // namespace detail

/// @brief A listener's stay at a bus: it ends with this object, or earlier by `unsubscribe`.
template <MessageType Message>
class BusSubscription {
 public:
  BusSubscription() = default;
  /// @brief For the library itself: a bus's `on` makes them.
  BusSubscription(std::weak_ptr<detail::MessageBusState<Message>> bus,
               std::shared_ptr<detail::MessageRecipient<Message>> recipient)
      : bus_{std::move(bus)}, recipient_{std::move(recipient)} {}
  BusSubscription(BusSubscription&& other) noexcept = default;
  /// @brief Ends its own stay and takes over the other's.
  BusSubscription& operator=(BusSubscription&& other) noexcept {
    if (this != &other) {
      unsubscribe();
      bus_ = std::move(other.bus_);
      recipient_ = std::move(other.recipient_);
    }
    return *this;
  }
  ~BusSubscription() { unsubscribe(); }

  /// @brief Drops what waits for the listener, and returns when no other thread is inside it: what it refers to may be
  /// destroyed then. A listener may end its own subscription, on several threads at once too, and while another thread
  /// destroys it. Two listeners that end each other's at the same time wait for each other forever.
  void unsubscribe() noexcept {
    const auto bus = bus_.lock();
    if (!recipient_ || !bus) return;
    {
      const std::scoped_lock lock{bus->mutex};
      std::erase_if(bus->listeners, [this](const auto& listener) { return listener.recipient == recipient_; });
    }
    bus->engine.remove_recipient(*recipient_);
  }

 private:
  std::weak_ptr<detail::MessageBusState<Message>> bus_;
  std::shared_ptr<detail::MessageRecipient<Message>> recipient_;
};

/// @brief Hands every message to all listeners that want it. Reach for it inside of one process.
///
/// @code
/// castore::InMemoryMessageBusAdapter adapter{bus};
/// const auto all = adapter.on([](const auto& message, const auto& context) { ... });
/// const auto some = adapter.on({{.event_type = "POKEMON_APPEARED"}},
///                              [](const auto& message, const auto& context) { ... });
/// adapter.poll();                                                   // handles on this thread, or
/// const std::jthread thread = castore::run_in_background(adapter);  // on others
/// @endcode
///
/// **Guarantees:** publishing never runs a listener. A listener gets a message once, however many of its filters match,
/// and again only when it failed, with the same `replay`. Listeners know nothing of each other: one that fails delays
/// only its own later messages of that aggregate; for each the messages of one aggregate come in the order of
/// publishing. With several threads one listener may get messages of several aggregates at the same time. A call that
/// publishes several messages publishes all or none. Any number of threads may call everything.
///
/// **Errors:** publishing throws `MessagesNotPublishedError` when the bus is full (retryable) or stopped.
template <MessageType MessageT>
class InMemoryMessageBusAdapter : public detail::MessageHandling<MessageT> {
  using Base = detail::MessageHandling<MessageT>;
  using State = detail::MessageBusState<MessageT>;

 public:
  using Message = MessageT;                            ///< What the bus carries.
  using Options = InMemoryMessageBusOptions<Message>;  ///< What the constructor takes.

  /// @brief A bus without listeners; messages that nobody wants are dropped.
  /// @throws std::invalid_argument for retry options that mean nothing.
  explicit InMemoryMessageBusAdapter(Options options = {})
      : InMemoryMessageBusAdapter{std::make_shared<State>(Base::engine_options(options)), std::in_place} {}

  /// @brief The same, and gives the channel this adapter; the channel must not be used after the adapter is gone.
  template <MessageKind kind, class... Stores>
  explicit InMemoryMessageBusAdapter(detail::MessageChannel<kind, MessageChannelType::bus, Stores...>& bus,
                                     Options options = {})
      : InMemoryMessageBusAdapter{std::move(options)} {
    bus.set_message_channel_adapter(*this);
  }

  /// @brief Adds a listener for all messages that are published from now on, but for replays.
  /// @return Its stay; keep it, the listener leaves with it.
  /// @throws std::invalid_argument when there is no listener.
  [[nodiscard]] BusSubscription<Message> on(MessageHandler<Message> listener) {
    return on({MessageFilter{}}, std::move(listener));
  }

  /// @brief Adds a listener for some of the messages that are published from now on.
  /// @param filters It gets what matches one of them; `{{.on_replay = true}}` is all, also what is poured.
  /// @return Its stay; keep it, the listener leaves with it.
  /// @throws InvalidMessageFilterError (fix) when there is no filter, an event type that no message of this bus has, or
  /// a store that is not a source of its channels; std::invalid_argument when there is no listener.
  [[nodiscard]] BusSubscription<Message> on(std::vector<MessageFilter> filters, MessageHandler<Message> listener) {
    if (!listener) throw std::invalid_argument{"castore: a listener needs a function"};
    if (filters.empty()) {
      throw InvalidMessageFilterError{"filters", "there is none, so that the listener would never hear of a message"};
    }
    {
      const std::scoped_lock lock{state_->mutex};
      for (const MessageFilter& filter : filters) detail::check_filter<Message>(filter, state_->sources);
    }
    auto recipient = state_->engine.add_recipient(std::move(listener));
    BusSubscription<Message> subscription{state_, recipient};
    const std::scoped_lock lock{state_->mutex};
    state_->listeners.push_back({std::move(filters), std::move(recipient)});
    return subscription;
  }

  /// @brief For the library itself: a channel that gets this adapter tells it whose messages it carries.
  template <MessageType OfStore>
  void add_source_event_store(std::string_view event_store_id) {
    const std::scoped_lock lock{state_->mutex};
    state_->sources.insert_or_assign(std::string{event_store_id}, &detail::EventTypesOfMessage<OfStore>::contain);
  }

  /// @brief The operation of the adapter contract. @throws MessagesNotPublishedError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    std::vector<typename detail::MessageEngine<Message>::Delivery> deliveries;
    {
      const std::scoped_lock lock{state_->mutex};
      for (const MessageView& view : messages) {
        const Message* const message = view.get_if<Message>();
        if (!message) throw std::invalid_argument{"castore: this bus carries messages of another type"};
        std::shared_ptr<const Message> shared;
        for (const auto& [filters, recipient] : state_->listeners) {
          const bool is_wanted = std::ranges::any_of(filters, [&](const MessageFilter& filter) {
            return detail::matches<Message>(filter, view.header(), options.replay);
          });
          if (!is_wanted) continue;
          if (!shared) shared = std::make_shared<const Message>(*message);
          deliveries.push_back({recipient, shared, options.replay});
        }
      }
    }
    state_->engine.add(std::move(deliveries), messages.size());
  }

 private:
  InMemoryMessageBusAdapter(std::shared_ptr<State> state, std::in_place_t)
      : Base{{state, &state->engine}}, state_{std::move(state)} {}

  std::shared_ptr<State> state_;
};

template <MessageKind kind, class... Stores>
InMemoryMessageBusAdapter(detail::MessageChannel<kind, MessageChannelType::bus, Stores...>&)
    -> InMemoryMessageBusAdapter<typename detail::MessageChannel<kind, MessageChannelType::bus, Stores...>::Message>;
template <MessageKind kind, class... Stores>
InMemoryMessageBusAdapter(
    detail::MessageChannel<kind, MessageChannelType::bus, Stores...>&,
    InMemoryMessageBusOptions<typename detail::MessageChannel<kind, MessageChannelType::bus, Stores...>::Message>)
    -> InMemoryMessageBusAdapter<typename detail::MessageChannel<kind, MessageChannelType::bus, Stores...>::Message>;

static_assert(MessageChannelAdapter<InMemoryMessageBusAdapter<AggregateExistsMessage>>);

}  // namespace castore

#endif
