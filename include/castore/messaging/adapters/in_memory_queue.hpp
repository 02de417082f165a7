// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_QUEUE_HPP
#define CASTORE_MESSAGING_ADAPTERS_IN_MEMORY_QUEUE_HPP

#include <castore/detail/stop_token.hpp>
#include <castore/messaging/adapters/in_memory/message_dispatcher.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
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
  std::size_t capacity = 100'000;                           ///< How many messages may wait at most.
  WhenFull when_full = WhenFull::refuse;                    ///< Refuse or wait.
  std::optional<std::chrono::milliseconds> wait_at_most{};  ///< With `WhenFull::wait`; for ever unless given.
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
class InMemoryMessageQueueAdapter {
  using Dispatcher = detail::MessageDispatcher<MessageT>;

 public:
  using Message = MessageT;                              ///< What the queue carries.
  using Options = InMemoryMessageQueueOptions<Message>;  ///< What the constructor takes.

  /// @brief An empty queue.
  /// @throws std::invalid_argument for retry options that mean nothing.
  explicit InMemoryMessageQueueAdapter(Options options = {})
      : dispatcher_{{.retry = options.retry,
                     .on_dead_letter = std::move(options.on_dead_letter),
                     .capacity = options.capacity,
                     .when_full = options.when_full,
                     .wait_at_most = options.wait_at_most}},
        worker_{dispatcher_.add_recipient(std::move(options.worker))} {}

  /// @brief The same, and gives the channel this adapter; the channel must not be used after the adapter is gone.
  template <MessageKind kind, class... Stores>
  explicit InMemoryMessageQueueAdapter(detail::MessageChannel<kind, MessageChannelType::queue, Stores...>& queue,
                                       Options options = {})
      : InMemoryMessageQueueAdapter{std::move(options)} {
    queue.set_message_channel_adapter(*this);
  }

  InMemoryMessageQueueAdapter(const InMemoryMessageQueueAdapter&) = delete;
  InMemoryMessageQueueAdapter& operator=(const InMemoryMessageQueueAdapter&) = delete;
  ~InMemoryMessageQueueAdapter() = default;

  /// @brief Sets the worker, or another one: it gets what comes from now on. Without one (`{}`) messages wait.
  void set_worker(MessageHandler<Message> worker) { dispatcher_.set_handler(*worker_, std::move(worker)); }

  /// @brief The operation of the adapter contract. @throws MessagesNotPublishedError
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    std::vector<typename Dispatcher::Delivery> deliveries;
    deliveries.reserve(messages.size());
    for (const MessageView& view : messages) {
      const Message* const message = view.get_if<Message>();
      if (!message) throw std::invalid_argument{"castore: this queue carries messages of another type"};
      deliveries.push_back({worker_, std::make_shared<const Message>(*message), options.replay});
    }
    dispatcher_.add(std::move(deliveries), messages.size());
  }

  /// @brief Handles what is due on the calling thread. A worker may not call it.
  /// @return How many attempts were made.
  std::size_t poll(std::size_t max_attempts = (std::numeric_limits<std::size_t>::max)()) {
    return dispatcher_.poll(max_attempts);
  }

  /// @brief Handles messages on the calling thread until it is told to stop, or `stop` ends; the message at hand is
  /// finished. Call it on several threads for several workers.
  void run(const std::stop_token& stop_token) { dispatcher_.run(stop_token); }

  /// @brief Waits until every message is handled or dead, with its retries. The calling thread works itself when none
  /// is inside `run`. A worker may not call it.
  /// @return Whether nothing is left; false after `timeout`, which an attempt at work may exceed.
  bool drain(std::chrono::milliseconds timeout) { return dispatcher_.drain(detail::time_after(timeout)); }

  /// @brief Ends the queue: refuses new messages, waits as `drain` does, then ends every `run`. A message that is still
  /// in hand afterwards is handled to its end, and is a dead letter when it fails.
  /// @return What was not handled, in the order of publishing, to be kept or published elsewhere.
  std::vector<UnhandledMessage<Message>> stop(std::chrono::milliseconds timeout) {
    return dispatcher_.stop(detail::time_after(timeout));
  }

  /// @brief What failed as often as it may, and no handler took.
  std::vector<DeadLetter<Message>> take_dead_letters() { return dispatcher_.take_dead_letters(); }

  /// @brief What became of the messages so far.
  MessageStatistics statistics() const { return dispatcher_.statistics(); }

 private:
  Dispatcher dispatcher_;
  std::shared_ptr<typename Dispatcher::Recipient> worker_;
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
