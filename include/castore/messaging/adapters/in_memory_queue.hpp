// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_QUEUE_HPP
#define CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_QUEUE_HPP

#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_handling.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace castore {

/// @brief Options of an `InMemoryMessageQueueAdapter`.
template <MessageType Message>
struct InMemoryMessageQueueOptions {
  MessageHandler<Message> worker{};  ///< May be set later; until then messages wait.
  MessageRetryOptions retry{};       ///< Three attempts unless said otherwise.
  /// @brief Takes over what failed as often as it may. Unless given, `take_dead_letters` has it.
  DeadLetterHandler<Message> on_dead_letter{};
  std::function<void(const std::exception_ptr& error)> on_error{};  ///< Is told what `on_dead_letter` throws.
  std::size_t capacity = 100'000;                                   ///< How many messages may wait at most.
  WhenFull when_full = WhenFull::refuse;                            ///< Refuse or wait.
  std::optional<std::chrono::milliseconds> wait_at_most{};  ///< With `WhenFull::wait`; without a limit unless given.
};

/// @brief Keeps messages until a worker has handled them. Reach for it inside of one process; what is in it is lost
/// when the process ends, so for what must not be lost use a broker, or pour what is missing again.
///
/// @code
/// castore::InMemoryMessageQueueAdapter adapter{
///     queue, {.worker = [](const auto& message, const auto& context) { ... }}};
/// adapter.poll();                                                   // handles on this thread, or
/// const std::jthread thread = castore::run_in_background(adapter);  // on others
/// @endcode
///
/// **Guarantees:** publishing never runs the worker. A message is handled until one attempt succeeds, at most
/// `retry_attempts + 1` times; then it is a dead letter. The messages of one aggregate are handled one after the other,
/// in the order of publishing, also by several threads and after failures; with one thread and no failure all messages
/// are. A call that publishes several messages publishes all or none. Any number of threads may call everything.
///
/// **Errors:** publishing throws `MessagesNotPublishedError` when the queue is full (retryable) or stopped.
template <MessageType MessageT>
class InMemoryMessageQueueAdapter : public detail::MessageHandling<MessageT> {
  using Base = detail::MessageHandling<MessageT>;
  using Engine = detail::MessageEngine<MessageT>;

 public:
  using Message = MessageT;                              ///< What the queue carries.
  using Options = InMemoryMessageQueueOptions<Message>;  ///< What the constructor takes.

  /// @brief An empty queue.
  /// @throws std::invalid_argument for retry options that mean nothing.
  explicit InMemoryMessageQueueAdapter(Options options = {})
      : Base{std::make_shared<Engine>(Base::engine_options(options))},
        worker_{this->engine().add_recipient(std::move(options.worker))} {}

  /// @brief The same, and gives the channel this adapter; the channel must not be used after the adapter is gone.
  template <MessageKind kind, class... Stores>
  explicit InMemoryMessageQueueAdapter(detail::MessageChannel<kind, MessageChannelType::queue, Stores...>& queue,
                                       Options options = {})
      : InMemoryMessageQueueAdapter{std::move(options)} {
    queue.set_message_channel_adapter(*this);
  }

  /// @brief Sets the worker, or another one: it gets what comes from now on. Without one (`{}`) messages wait.
  void set_worker(MessageHandler<Message> worker) { this->engine().set_handler(*worker_, std::move(worker)); }

  /// @brief The operation of the adapter contract. @throws MessagesNotPublishedError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    std::vector<typename Engine::Delivery> deliveries;
    deliveries.reserve(messages.size());
    for (const MessageView& view : messages) {
      const Message* const message = view.get_if<Message>();
      if (!message) throw std::invalid_argument{"castore: this queue carries messages of another type"};
      deliveries.push_back({worker_, std::make_shared<const Message>(*message), options.replay});
    }
    this->engine().add(std::move(deliveries), messages.size());
  }

 private:
  std::shared_ptr<typename Engine::Recipient> worker_;
};

template <MessageKind kind, class... Stores>
InMemoryMessageQueueAdapter(detail::MessageChannel<kind, MessageChannelType::queue, Stores...>&)
    -> InMemoryMessageQueueAdapter<
        typename detail::MessageChannel<kind, MessageChannelType::queue, Stores...>::Message>;
template <MessageKind kind, class... Stores>
InMemoryMessageQueueAdapter(
    detail::MessageChannel<kind, MessageChannelType::queue, Stores...>&,
    InMemoryMessageQueueOptions<typename detail::MessageChannel<kind, MessageChannelType::queue, Stores...>::Message>)
    -> InMemoryMessageQueueAdapter<
        typename detail::MessageChannel<kind, MessageChannelType::queue, Stores...>::Message>;

static_assert(MessageChannelAdapter<InMemoryMessageQueueAdapter<AggregateExistsMessage>>);

}  // namespace castore

#endif
